/* SPDX-License-Identifier: MIT */
/*
 * Rules: what the NDIS library has its host check where it is built with NDIS_VERIFY, as
 * host/native does, beside what it checks everywhere with NdisHostViolation. Without, only the
 * latter remain.
 */
#ifndef ADIT_HOST_NDIS_VERIFY_H
#define ADIT_HOST_NDIS_VERIFY_H

#include <ntifs.h>

/* One place that checks a rule. Those of a program lie side by side in the section adit_rules. */
typedef struct _RULES_SITE
{
    PCSTR File;
    PCSTR Place; /* the C function of the check */
    PCSTR Rule;
    ULONG Line;
    volatile LONG Broken; /* by a wrong caller, and caught */
} RULES_SITE, *PRULES_SITE;

#define RULES_SITE_OF(RuleName)                                                         \
    ({                                                                                  \
        static RULES_SITE RulesSite __attribute__((section("adit_rules"), used)) = {    \
            .File = __FILE__, .Place = __func__, .Rule = (RuleName), .Line = __LINE__}; \
        &RulesSite;                                                                     \
    })

/* What a routine of a driver must leave as it found it. */
typedef struct _RULES_STATE
{
    KIRQL Irql;
    LONG ApcDisable;
    ULONG LocksHeld;
} RULES_STATE, *PRULES_STATE;

#if NDIS_VERIFY

/* Document: a page's file name, as nf-ndis-ndismpausecomplete. */
DECLSPEC_NORETURN VOID
NdisVerifyViolated(PRULES_SITE Site, PCSTR Rule, PCSTR Function, PCSTR Document);
VOID NdisVerifyIrql(PRULES_SITE Site, PCSTR Function, PCSTR Document, KIRQL Limit);
VOID NdisVerifyEnter(PRULES_STATE State, PCSTR Routine, PCSTR Document, KIRQL Limit);
VOID NdisVerifyLeave(const RULES_STATE *State, PCSTR Routine, PCSTR Document);

/* KeRaiseIrql and KeLowerIrql. */
KIRQL NdisVerifyRaiseIrql(KIRQL NewIrql);
VOID NdisVerifyLowerIrql(KIRQL NewIrql);

#define NdisHostViolation(Rule, Function, Document) \
    NdisVerifyViolated(RULES_SITE_OF(Rule), (Rule), (Function), (Document))

#define NDISP_RAISE_TO_DISPATCH() NdisVerifyRaiseIrql(DISPATCH_LEVEL)
#define NDISP_LOWER_IRQL(NewIrql) NdisVerifyLowerIrql(NewIrql)

/* At the start of a function of NDIS'. */
#define NDISP_IRQL(Function, Document, Limit) \
    NdisVerifyIrql(RULES_SITE_OF("Irql"), (Function), (Document), (Limit))

/* Call: of a routine of the driver's that NDIS calls at Limit or below, and that leaves IRQL,
 * critical regions and locks as it found them. */
#define NDISP_CALLBACK(Routine, Document, Limit, Call)                   \
    do                                                                   \
    {                                                                    \
        RULES_STATE CallbackState;                                       \
        NdisVerifyEnter(&CallbackState, (Routine), (Document), (Limit)); \
        Call;                                                            \
        NdisVerifyLeave(&CallbackState, (Routine), (Document));          \
    } while (0)

/* What the documents require and drivers in the field do not always keep. */
#define NDISP_VERIFY(Condition, Rule, Function, Document)      \
    do                                                         \
    {                                                          \
        if (!(Condition))                                      \
        {                                                      \
            NdisHostViolation((Rule), (Function), (Document)); \
        }                                                      \
    } while (0)

#else

/* The host keeps no IRQL. */
#define NDISP_RAISE_TO_DISPATCH() ((KIRQL)PASSIVE_LEVEL)
#define NDISP_LOWER_IRQL(NewIrql) UNREFERENCED_PARAMETER(NewIrql)

#define NDISP_IRQL(Function, Document, Limit)             ((VOID)0)
#define NDISP_CALLBACK(Routine, Document, Limit, Call)    Call
#define NDISP_VERIFY(Condition, Rule, Function, Document) ((VOID)0)

#endif

#endif
