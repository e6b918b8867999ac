/* SPDX-License-Identifier: MIT */
/* Rules that the NDIS library has this host check: host/ndis/verify.h. */
#include <stdio.h>
#include <string.h>

#include "executive.h"

/* The page of nf-ndis-..., nc-ndis-... is in the DDI reference; others are in the guide. */
static VOID RulesNdisDocument(PCSTR Document, CHAR *Path, SIZE_T Size)
{
    PCSTR Header = Document + 3, End = strchr(Header, '-');
    if (Document[0] == 'n' && strchr("fcse", Document[1]) && Document[2] == '-' && End)
    {
        snprintf(Path, Size, "ddi/%.*s/%s", (int)(End - Header), Header, Document);
    }
    else
    {
        snprintf(Path, Size, "network/%s", Document);
    }
}

VOID NdisVerifyViolated(PRULES_SITE Site, PCSTR Rule, PCSTR Function, PCSTR Document)
{
    CHAR Path[128];
    RulesNdisDocument(Document, Path, sizeof(Path));
    RulesViolatedAt(Site, Function, Path, "%s", Rule);
}

VOID NdisVerifyIrql(PRULES_SITE Site, PCSTR Function, PCSTR Document, KIRQL Limit)
{
    CHAR Path[128];
    RulesNdisDocument(Document, Path, sizeof(Path));
    RulesIrqlAtMost(Site, Function, Path, Limit);
}

VOID NdisVerifyEnter(PRULES_STATE State, PCSTR Routine, PCSTR Document, KIRQL Limit)
{
    NdisVerifyIrql(RULES_SITE_OF("CallbackEntryIrql"), Routine, Document, Limit);
    RulesEnterCallback(State);
}

VOID NdisVerifyLeave(const RULES_STATE *State, PCSTR Routine, PCSTR Document)
{
    CHAR Path[128];
    RulesNdisDocument(Document, Path, sizeof(Path));
    RulesLeaveCallback(State, Routine, Path);
}

KIRQL NdisVerifyRaiseIrql(KIRQL NewIrql)
{
    return NativeRaiseIrql(NewIrql);
}

VOID NdisVerifyLowerIrql(KIRQL NewIrql)
{
    NativeLowerIrql(NewIrql);
}
