/* SPDX-License-Identifier: MIT */
/*
 * What Control Flow Guard needs in a user-mode PE file that no C run-time library provides it for:
 * the pointers through which indirect calls are checked, which the loader of Windows 8.1 and later
 * replaces, and the load configuration directory (PE Format, "The Load Configuration Structure").
 * DependentLoadFlags makes the loader of Windows 10 look for imported libraries in the system
 * directory only.
 */
#define LOAD_LIBRARY_SEARCH_SYSTEM32 0x800

#if defined(__i386__)
#define POINTER          .long
#define NAME(Identifier) _##Identifier
#else
#define POINTER          .quad
#define NAME(Identifier) Identifier
#endif

    .text
    .balign 16
    .def NAME(GuardCheckNothing); .scl 3; .type 32; .endef
NAME(GuardCheckNothing):
    ret

#if defined(__x86_64__)
    .balign 16
    .def NAME(GuardDispatchAnything); .scl 3; .type 32; .endef
NAME(GuardDispatchAnything):
    jmp *%rax
#endif

    .section .00cfg, "dr"
    .balign 8
    .globl NAME(__guard_check_icall_fptr)
NAME(__guard_check_icall_fptr):
    POINTER NAME(GuardCheckNothing)
#if defined(__x86_64__)
    .globl NAME(__guard_dispatch_icall_fptr)
NAME(__guard_dispatch_icall_fptr):
    POINTER NAME(GuardDispatchAnything)
#endif

    .section .rdata, "dr"
    .balign 8
    .globl NAME(_load_config_used)
NAME(_load_config_used):
    .long NAME(LoadConfigEnd) - NAME(_load_config_used) /* Size */
    .long 0                                     /* TimeDateStamp */
    .short 0, 0                                 /* MajorVersion, MinorVersion */
    .long 0, 0                                  /* GlobalFlagsClear, GlobalFlagsSet */
    .long 0                                     /* CriticalSectionDefaultTimeout */
    POINTER 0, 0                                /* DeCommitFreeBlockThreshold, ...TotalFree... */
    POINTER 0                                   /* LockPrefixTable */
    POINTER 0, 0                                /* MaximumAllocationSize, VirtualMemoryThreshold */
#if defined(__i386__)
    .long 0                                     /* ProcessHeapFlags */
    .long 0                                     /* ProcessAffinityMask */
#else
    .quad 0                                     /* ProcessAffinityMask */
    .long 0                                     /* ProcessHeapFlags */
#endif
    .short 0                                    /* CSDVersion */
    .short LOAD_LIBRARY_SEARCH_SYSTEM32         /* DependentLoadFlags */
    POINTER 0                                   /* EditList */
    POINTER 0                                   /* SecurityCookie */
    POINTER 0, 0                                /* SEHandlerTable, SEHandlerCount */
    POINTER NAME(__guard_check_icall_fptr)      /* GuardCFCheckFunctionPointer */
#if defined(__x86_64__)
    POINTER NAME(__guard_dispatch_icall_fptr)   /* GuardCFDispatchFunctionPointer */
#else
    POINTER 0
#endif
    POINTER NAME(__guard_fids_table)            /* GuardCFFunctionTable */
    POINTER NAME(__guard_fids_count)            /* GuardCFFunctionCount */
    .long NAME(__guard_flags)                   /* GuardFlags */
    .fill 12, 1, 0                              /* CodeIntegrity */
    POINTER NAME(__guard_iat_table)             /* GuardAddressTakenIatEntryTable */
    POINTER NAME(__guard_iat_count)             /* GuardAddressTakenIatEntryCount */
    POINTER NAME(__guard_longjmp_table)         /* GuardLongJumpTargetTable */
    POINTER NAME(__guard_longjmp_count)         /* GuardLongJumpTargetCount */
NAME(LoadConfigEnd):
