/* SPDX-License-Identifier: MIT */
/*
 * __chkstk of arm64: touches each page of a frame that is larger than one, so that the stack grows
 * (Microsoft, "Overview of ARM64 ABI conventions", "Stack"). x15 is the frame's size in units of 16
 * bytes; only x16 and x17 change.
 */
    .text
    .globl __chkstk
    .def __chkstk; .scl 2; .type 32; .endef
    .balign 4
__chkstk:
    lsl x16, x15, #4
    mov x17, sp
1:  sub x17, x17, #4096
    subs x16, x16, #4096
    ldr xzr, [x17]
    b.gt 1b
    ret
