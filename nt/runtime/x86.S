/* SPDX-License-Identifier: MIT */
/*
 * x86 part of the run-time library: the cookie check, the Control Flow Guard pointers that the
 * loader of Windows 8.1 and later replaces, the handler of __try blocks, and the load configuration
 * directory (IMAGE_LOAD_CONFIG_DIRECTORY32, PE Format, "The Load Configuration Structure").
 */
    .intel_syntax noprefix

/* This object has SafeSEH's table of handlers (1) and Control Flow Guard's data (0x800). */
    .def @feat.00; .scl 3; .type 0; .endef
    .globl @feat.00
    .set @feat.00, 0x801

    .section .text,"xr",one_only,@__security_check_cookie@4
    .globl @__security_check_cookie@4
    .def @__security_check_cookie@4; .scl 2; .type 32; .endef
/* Takes the cookie in ecx; called from epilogues, so every register keeps its value. */
@__security_check_cookie@4:
    cmp ecx, dword ptr [___security_cookie]
    jne 1f
    ret
1:  jmp @__report_gsfailure@4

    .section .text,"xr",one_only,__guard_check_icall_nop
    .globl __guard_check_icall_nop
    .def __guard_check_icall_nop; .scl 2; .type 32; .endef
/* Takes the target in ecx, which keeps its value. */
__guard_check_icall_nop:
    ret

    .section .00cfg,"dr"
    .globl ___guard_check_icall_fptr
    .balign 4
___guard_check_icall_fptr:
    .long __guard_check_icall_nop

    .section .rdata,"dr"
    .globl __load_config_used
    .balign 4
__load_config_used:
    .long 0x78                          /* Size */
    .fill 0x38, 1, 0
    .long ___security_cookie            /* 0x3C */
    .long ___safe_se_handler_table      /* 0x40 */
    .long ___safe_se_handler_count      /* 0x44 */
    .long ___guard_check_icall_fptr     /* 0x48 */
    .long 0                             /* 0x4C GuardCFDispatchFunctionPointer */
    .long ___guard_fids_table           /* 0x50 */
    .long ___guard_fids_count           /* 0x54 */
    .long ___guard_flags                /* 0x58 */
    .fill 12, 1, 0                      /* 0x5C CodeIntegrity */
    .long ___guard_iat_table            /* 0x68 */
    .long ___guard_iat_count            /* 0x6C */
    .long ___guard_longjmp_table        /* 0x70 */
    .long ___guard_longjmp_count        /* 0x74 */

/*
 * EXCEPTION_DISPOSITION _except_handler3(EXCEPTION_RECORD *Record, REGISTRATION *Registration,
 *                                        CONTEXT *Context, PVOID Dispatcher)
 * The handler that functions with __try register in the thread's list. The compiler lays this out
 * at the end of their frame, and gives ebp the address behind it:
 *     -8 esp; -4 EXCEPTION_POINTERS *; 0 Next; 4 Handler; 8 Scopes; 12 Level; 16 (ebp)
 * Level is the innermost __try that runs, an index into Scopes, or -1. A scope is
 *     0 Level around it; 4 Filter, 0 for __finally; 8 Handler
 */
    .set RECORD_FLAGS, 4
    .set RECORD_UNWINDING, 2 | 4        /* EXCEPTION_UNWINDING, EXCEPTION_EXIT_UNWIND */
    .set POINTERS, -4
    .set SCOPES, 8
    .set LEVEL, 12
    .set FRAME, 16
    .set SCOPE_FILTER, 4
    .set SCOPE_HANDLER, 8
    .set CONTINUE_EXECUTION, 0          /* EXCEPTION_DISPOSITION */
    .set CONTINUE_SEARCH, 1

    .text
    .globl __except_handler3
    .def __except_handler3; .scl 2; .type 32; .endef
__except_handler3:
    push ebp
    mov ebp, esp
    push ebx
    push esi
    push edi
    cld
    mov eax, [ebp + 8]
    mov esi, [ebp + 12]
    test dword ptr [eax + RECORD_FLAGS], RECORD_UNWINDING
    jnz LUnwind
    push [ebp + 16]
    push eax
    mov [esi + POINTERS], esp
    mov edi, [esi + LEVEL]
LSearch:
    cmp edi, -1
    je LContinueSearch
    lea ebx, [edi + edi * 2]
    shl ebx, 2
    add ebx, [esi + SCOPES]
    mov eax, [ebx + SCOPE_FILTER]
    test eax, eax
    jz LNext
    push ebp
    lea ebp, [esi + FRAME]
    call eax
    pop ebp
    test eax, eax
    js LContinueExecution
    jnz LExecute
LNext:
    mov edi, [ebx]
    jmp LSearch

LExecute:
    /* Frames inside this one; this function's own frame is the last that goes. RtlUnwind keeps no
     * register but ebp and esp. */
    push ebx
    push esi
    push edi
    push 0
    push [ebp + 8]
    mov eax, offset LUnwound
    push eax
    push esi
    call dword ptr [__imp__RtlUnwind@16]
LUnwound:
    pop edi
    pop esi
    pop ebx
    call UnwindScopes
    mov eax, [ebx]
    mov [esi + LEVEL], eax
    mov eax, [ebx + SCOPE_HANDLER]
    lea ebp, [esi + FRAME]
    jmp eax                             /* it takes esp from the frame */

LUnwind:
    mov edi, -1
    call UnwindScopes
LContinueSearch:
    mov eax, CONTINUE_SEARCH
    jmp LReturn
LContinueExecution:
    mov eax, CONTINUE_EXECUTION
LReturn:
    lea esp, [ebp - 12]
    pop edi
    pop esi
    pop ebx
    pop ebp
    ret

/* Leaves the scopes of the registration esi down to level edi, and runs their __finally blocks. */
UnwindScopes:
    mov eax, [esi + LEVEL]
    cmp eax, edi
    je 1f
    cmp eax, -1
    je 1f
    lea ecx, [eax + eax * 2]
    shl ecx, 2
    add ecx, [esi + SCOPES]
    mov eax, [ecx]
    mov [esi + LEVEL], eax
    cmp dword ptr [ecx + SCOPE_FILTER], 0
    jne UnwindScopes
    push ebp
    lea ebp, [esi + FRAME]
    call [ecx + SCOPE_HANDLER]
    pop ebp
    jmp UnwindScopes
1:  ret

/* Behind this directive the assembler is in a section of its own. */
    .safeseh __except_handler3
    .text
