/* SPDX-License-Identifier: MIT */
/*
 * OID requests, with buffers of exactly the length that the request names: the miniport reads and
 * writes nothing beyond it, says how much it wrote or needs, and answers no more than it was asked.
 */
#include "fuzz.h"
#include "grammar.h"

#include <stdlib.h>
#include <string.h>

#include "../../driver/oid.h"

#define OID_FILL 0xA7

int LLVMFuzzerInitialize(int *Count, char ***Arguments);
int LLVMFuzzerTestOneInput(const uint8_t *Data, size_t Size);

typedef struct _OID_STEP
{
    OID_WAY Way;
    NDIS_REQUEST_TYPE Type;
    NDIS_OID Oid;
    ULONG Length;
    ULONG OutputLength; /* of a method */
    ULONG Allocated;
    PUCHAR Buffer;
    PUCHAR Before; /* its contents */
} OID_STEP;

int LLVMFuzzerInitialize(int *Count, char ***Arguments)
{
    UNREFERENCED_PARAMETER(Count);
    UNREFERENCED_PARAMETER(Arguments);
    FuzzStart(NULL);
    return 0;
}

static NDIS_OID OidRead(FUZZ_INPUT *Input)
{
    ULONG Count = OidSupportedListBytes / sizeof(NDIS_OID);
    NDIS_OID Oid;
    switch (FuzzU8(Input) % OidKinds)
    {
    case OidKindSupported:
        return OidSupportedList[FuzzU8(Input) % Count];
    case OidKindNear:
        Oid = OidSupportedList[FuzzU8(Input) % Count];
        return Oid + (ULONG)(int8_t)FuzzU8(Input);
    default:
        return FuzzU32(Input);
    }
}

static void OidReadStep(FUZZ_INPUT *Input, OID_STEP *Step)
{
    static const NDIS_REQUEST_TYPE Types[] = {
        [OidWayQuery] = NdisRequestQueryInformation,
        [OidWayStatistics] = NdisRequestQueryStatistics,
        [OidWaySet] = NdisRequestSetInformation,
        [OidWayMethod] = NdisRequestMethod,
        [OidWayNdis] = NdisRequestQueryInformation,
        [OidWayCancel] = NdisRequestQueryInformation,
    };
    UCHAR Start[255];
    ULONG Count;

    memset(Step, 0, sizeof(*Step));
    Step->Way = FuzzU8(Input) % OidWays;
    Step->Type = Step->Way == OidWayOther ? (NDIS_REQUEST_TYPE)FuzzU32(Input) : Types[Step->Way];
    Step->Oid = OidRead(Input);
    Step->Length = FuzzU16(Input) % (OID_MAX_BUFFER + 1);
    Step->OutputLength = FuzzU16(Input) % (OID_MAX_BUFFER + 1);
    Step->Allocated = Step->Length;
    if (Step->Type == NdisRequestMethod && Step->OutputLength > Step->Allocated)
    {
        Step->Allocated = Step->OutputLength;
    }
    Count = FuzzU8(Input);
    FuzzBytes(Input, Start, Count);
    if (Step->Allocated)
    {
        Step->Buffer = malloc(Step->Allocated);
        Step->Before = malloc(Step->Allocated);
        FUZZ_ASSERT(Step->Buffer && Step->Before, "no memory");
        memset(Step->Buffer, OID_FILL, Step->Allocated);
        memcpy(Step->Buffer, Start, Count < Step->Allocated ? Count : Step->Allocated);
        memcpy(Step->Before, Step->Buffer, Step->Allocated);
    }
}

static NDIS_OID_REQUEST OidMakeRequest(const OID_STEP *Step)
{
    NDIS_OID_REQUEST Request = {
        .Header =
            {.Type = NDIS_OBJECT_TYPE_OID_REQUEST,
             .Revision = NDIS_OID_REQUEST_REVISION_1,
             .Size = NDIS_SIZEOF_OID_REQUEST_REVISION_1},
        .RequestType = Step->Type,
    };
    if (Step->Type == NdisRequestMethod)
    {
        Request.DATA.METHOD_INFORMATION.Oid = Step->Oid;
        Request.DATA.METHOD_INFORMATION.InformationBuffer = Step->Buffer;
        Request.DATA.METHOD_INFORMATION.InputBufferLength = Step->Length;
        Request.DATA.METHOD_INFORMATION.OutputBufferLength = Step->OutputLength;
        return Request;
    }
    /* Query and set information are laid out alike. */
    Request.DATA.QUERY_INFORMATION.Oid = Step->Oid;
    Request.DATA.QUERY_INFORMATION.InformationBuffer = Step->Buffer;
    Request.DATA.QUERY_INFORMATION.InformationBufferLength = Step->Length;
    return Request;
}

static BOOLEAN OidIsSupported(NDIS_OID Oid)
{
    for (ULONG Index = 0; Index < OidSupportedListBytes / sizeof(NDIS_OID); Index++)
    {
        if (OidSupportedList[Index] == Oid)
        {
            return TRUE;
        }
    }
    return FALSE;
}

/* Written bytes may differ, the rest of the buffer must not. */
static void OidCheckBuffer(const OID_STEP *Step, ULONG Written)
{
    FUZZ_ASSERT(
        Written <= Step->Allocated, "%u bytes written of %u", (unsigned)Written,
        (unsigned)Step->Allocated);
    FUZZ_ASSERT(
        Step->Allocated == Written ||
            memcmp(Step->Buffer + Written, Step->Before + Written, Step->Allocated - Written) == 0,
        "OID %08X says %u bytes written, and wrote behind them", (unsigned)Step->Oid,
        (unsigned)Written);
}

static void
OidCheckQuery(const OID_STEP *Step, NDIS_STATUS Status, ULONG Written, ULONG Needed, ULONG Short)
{
    OidCheckBuffer(Step, Written);
    if (Status == NDIS_STATUS_SUCCESS)
    {
        FUZZ_ASSERT(
            Written <= Step->Length, "OID %08X: %u bytes written of %u", (unsigned)Step->Oid,
            (unsigned)Written, (unsigned)Step->Length);
        return;
    }
    FUZZ_ASSERT(Written == 0, "failed, and %u bytes written", (unsigned)Written);
    FUZZ_ASSERT(
        Status == NDIS_STATUS_NOT_SUPPORTED || ((ULONG)Status == Short && Needed > Step->Length),
        "OID %08X of %u bytes: status %08X, %u needed", (unsigned)Step->Oid, (unsigned)Step->Length,
        (unsigned)Status, (unsigned)Needed);
}

static void OidCheckSet(const OID_STEP *Step, const NDIS_OID_REQUEST *Request, NDIS_STATUS Status)
{
    ULONG Read = Request->DATA.SET_INFORMATION.BytesRead;
    OidCheckBuffer(Step, 0);
    FUZZ_ASSERT(
        Read <= Step->Length, "%u bytes read of %u", (unsigned)Read, (unsigned)Step->Length);
    FUZZ_ASSERT(
        Status == NDIS_STATUS_SUCCESS || Status == NDIS_STATUS_NOT_SUPPORTED ||
            Status == NDIS_STATUS_INVALID_DATA ||
            /* A capability is to be enabled that the adapter has not ("OID_PM_PARAMETERS"). */
            (Status == NDIS_STATUS_INVALID_PARAMETER && Step->Oid == OID_PM_PARAMETERS) ||
            (Status == NDIS_STATUS_INVALID_LENGTH &&
             Request->DATA.SET_INFORMATION.BytesNeeded > Step->Length),
        "OID %08X of %u bytes: status %08X, %u needed", (unsigned)Step->Oid, (unsigned)Step->Length,
        (unsigned)Status, (unsigned)Request->DATA.SET_INFORMATION.BytesNeeded);
    if (Status == NDIS_STATUS_SUCCESS &&
        (Step->Oid == OID_GEN_CURRENT_PACKET_FILTER || Step->Oid == OID_GEN_CURRENT_LOOKAHEAD))
    {
        /* What was set is what a query gives. */
        OID_STEP Query = {.Type = NdisRequestQueryInformation, .Oid = Step->Oid, .Length = 4};
        ULONG Value = 0, Set;
        Query.Buffer = (PUCHAR)&Value;
        NDIS_OID_REQUEST Again = OidMakeRequest(&Query);
        FUZZ_ASSERT(
            NdisHostOidRequest(FuzzAdapter.Adapter, &Again) == NDIS_STATUS_SUCCESS, "query");
        memcpy(&Set, Step->Before, sizeof(Set));
        FUZZ_ASSERT(Value == Set, "set %X, queried %X", (unsigned)Set, (unsigned)Value);
    }
}

static void OidRunRequest(const OID_STEP *Step)
{
    NDIS_OID_REQUEST Request = OidMakeRequest(Step);
    NDIS_STATUS Status = NdisHostOidRequest(FuzzAdapter.Adapter, &Request);

    FUZZ_ASSERT(Status != NDIS_STATUS_PENDING, "pending");
    if (!OidIsSupported(Step->Oid))
    {
        FUZZ_ASSERT(
            Status == NDIS_STATUS_NOT_SUPPORTED, "OID %08X is not supported: status %08X",
            (unsigned)Step->Oid, (unsigned)Status);
    }
    switch (Step->Type)
    {
    case NdisRequestQueryInformation:
    case NdisRequestQueryStatistics:
        OidCheckQuery(
            Step, Status, Request.DATA.QUERY_INFORMATION.BytesWritten,
            Request.DATA.QUERY_INFORMATION.BytesNeeded, (ULONG)NDIS_STATUS_BUFFER_TOO_SHORT);
        break;
    case NdisRequestSetInformation:
        OidCheckSet(Step, &Request, Status);
        break;
    default:
        FUZZ_ASSERT(
            Status == NDIS_STATUS_NOT_SUPPORTED, "request type %u: status %08X",
            (unsigned)Step->Type, (unsigned)Status);
        OidCheckBuffer(Step, 0);
        break;
    }
}

static void OidRun(const OID_STEP *Step)
{
    ULONG Written, Needed;
    NDIS_STATUS Status;
    switch (Step->Way)
    {
    case OidWayNdis:
        Status = NdisHostQuery(
            FuzzAdapter.Adapter, Step->Oid, Step->Buffer, Step->Length, &Written, &Needed);
        /* NDIS' own answers name a short buffer in another way than the miniport's. */
        OidCheckQuery(
            Step, Status, Written, Needed,
            (ULONG)(Status == NDIS_STATUS_INVALID_LENGTH ? NDIS_STATUS_INVALID_LENGTH
                                                         : NDIS_STATUS_BUFFER_TOO_SHORT));
        break;
    case OidWayCancel:
        FUZZ_ASSERT(
            NdisHostCancelOidRequest(FuzzAdapter.Adapter, (PVOID)(ULONG_PTR)(Step->Oid | 1)) ==
                STATUS_SUCCESS,
            "cancel");
        break;
    default:
        OidRunRequest(Step);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *Data, size_t Size)
{
    FUZZ_INPUT Input = {Data, Size};

    FuzzBegin();
    for (ULONG Number = 0; Number < OID_MAX_STEPS && Input.Left; Number++)
    {
        OID_STEP Step;
        OidReadStep(&Input, &Step);
        OidRun(&Step);
        free(Step.Buffer);
        free(Step.Before);
    }
    FuzzEnd();
    return 0;
}
