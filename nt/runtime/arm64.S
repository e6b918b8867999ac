/* SPDX-License-Identifier: MIT */
/*
 * arm64 part of the run-time library: the cookie check, the Control Flow Guard pointer that the
 * loader replaces, and the load configuration directory (IMAGE_LOAD_CONFIG_DIRECTORY64, PE Format,
 * "The Load Configuration Structure").
 */
    .section .text,"xr",one_only,__security_check_cookie
    .globl __security_check_cookie
    .def __security_check_cookie; .scl 2; .type 32; .endef
    .balign 4
/* Takes the cookie in x0; called from epilogues. x16 and x17 are the linker's to change. */
__security_check_cookie:
    adrp x17, __security_cookie
    ldr x17, [x17, :lo12:__security_cookie]
    cmp x0, x17
    b.ne 1f
    ret
1:  b __report_gsfailure

    .section .text,"xr",one_only,_guard_check_icall_nop
    .globl _guard_check_icall_nop
    .def _guard_check_icall_nop; .scl 2; .type 32; .endef
    .balign 4
/* Takes the target in x15, which keeps its value. */
_guard_check_icall_nop:
    ret

    .section .00cfg,"dr"
    .globl __guard_check_icall_fptr
    .balign 8
__guard_check_icall_fptr:
    .quad _guard_check_icall_nop

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
    .quad 0                             /* 0x78 GuardCFDispatchFunctionPointer */
    .quad __guard_fids_table            /* 0x80 */
    .quad __guard_fids_count            /* 0x88 */
    .long __guard_flags                 /* 0x90 */
    .fill 12, 1, 0                      /* 0x94 CodeIntegrity */
    .quad __guard_iat_table             /* 0xA0 */
    .quad __guard_iat_count             /* 0xA8 */
    .quad __guard_longjmp_table         /* 0xB0 */
    .quad __guard_longjmp_count         /* 0xB8 */
