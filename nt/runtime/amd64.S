/* SPDX-License-Identifier: MIT */
/*
 * amd64 part of the run-time library: the cookie check, the Control Flow Guard pointers that the
 * loader of Windows 8.1 and later replaces, and the load configuration directory
 * (IMAGE_LOAD_CONFIG_DIRECTORY64, PE Format, "The Load Configuration Structure").
 */
    .intel_syntax noprefix

    .section .text,"xr",one_only,__security_check_cookie
    .globl __security_check_cookie
    .def __security_check_cookie; .scl 2; .type 32; .endef
/* Takes the cookie in rcx; called from epilogues, so every other register keeps its value. */
__security_check_cookie:
    cmp rcx, qword ptr [rip + __security_cookie]
    jne 1f
    rol rcx, 16
    test cx, 0xFFFF
    jne 0f
    ret
0:  ror rcx, 16
1:  jmp __report_gsfailure

    .section .text,"xr",one_only,_guard_check_icall_nop
    .globl _guard_check_icall_nop
    .def _guard_check_icall_nop; .scl 2; .type 32; .endef
_guard_check_icall_nop:
    ret

    .section .text,"xr",one_only,_guard_dispatch_icall_nop
    .globl _guard_dispatch_icall_nop
    .def _guard_dispatch_icall_nop; .scl 2; .type 32; .endef
_guard_dispatch_icall_nop:
    jmp rax

    .section .00cfg,"dr"
    .globl __guard_check_icall_fptr
    .balign 8
__guard_check_icall_fptr:
    .quad _guard_check_icall_nop
    .globl __guard_dispatch_icall_fptr
__guard_dispatch_icall_fptr:
    .quad _guard_dispatch_icall_nop

    .section .rdata,"dr"
    .globl _load_config_used
    .balign 8
_load_config_used:
    .long 0xC0                          /* Size */
    .fill 0x54, 1, 0
    .quad __security_cookie             /* 0x58 */
    .quad 0                             /* 0x60 SEHandlerTable */
    .quad 0                             /* 0x68 SEHandlerCount */
    .quad __guard_check_icall_fptr      /* 0x70 */
    .quad __guard_dispatch_icall_fptr   /* 0x78 */
    .quad __guard_fids_table            /* 0x80 */
    .quad __guard_fids_count            /* 0x88 */
    .long __guard_flags                 /* 0x90 */
    .fill 12, 1, 0                      /* 0x94 CodeIntegrity */
    .quad __guard_iat_table             /* 0xA0 */
    .quad __guard_iat_count             /* 0xA8 */
    .quad __guard_longjmp_table         /* 0xB0 */
    .quad __guard_longjmp_count         /* 0xB8 */
