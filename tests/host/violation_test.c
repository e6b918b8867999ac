/* SPDX-License-Identifier: MIT */
/*
 * Broken rules: callers that misuse net buffer lists, pools and the calls that complete what NDIS
 * asked for.
 */
#include "violations.h"

static NDIS_HANDLE MakePool(VOID)
{
    NET_BUFFER_LIST_POOL_PARAMETERS Parameters = {
        .Header = {NDIS_OBJECT_TYPE_DEFAULT, 1, sizeof(Parameters)},
        .fAllocateNetBuffer = TRUE,
        .PoolTag = TOY_TAG,
    };
    return NdisAllocateNetBufferListPool(NULL, &Parameters);
}

static VOID Ignore(PVOID Context, PNET_BUFFER_LIST Lists, ULONG Flags)
{
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Lists);
    UNREFERENCED_PARAMETER(Flags);
}

/* A list that the miniport holds. */
static PNET_BUFFER_LIST SendOne(VOID)
{
    PNET_BUFFER_LIST List = ToyMakeList(MakePool(), 1, 10, 0);
    Toy.Send = ToySendHold;
    NdisHostSend(Fixture.Adapter, List, 0, 0, Ignore, NULL);
    return List;
}

/* ---- Cases ---- */

static VOID SendCompletedTwice(PVOID Context)
{
    PNET_BUFFER_LIST List = SendOne();
    UNREFERENCED_PARAMETER(Context);
    NdisMSendNetBufferListsComplete(Toy.Adapter, List, 0);
    NdisMSendNetBufferListsComplete(Toy.Adapter, List, 0);
}

static VOID SendFreedByMiniport(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    NdisFreeNetBufferList(SendOne());
}

static VOID SendWithNetBuffersTaken(PVOID Context)
{
    PNET_BUFFER_LIST List = SendOne();
    UNREFERENCED_PARAMETER(Context);
    List->FirstNetBuffer = NULL;
    NdisMSendNetBufferListsComplete(Toy.Adapter, List, 0);
}

static VOID SendCompletedPending(PVOID Context)
{
    PNET_BUFFER_LIST List = SendOne();
    UNREFERENCED_PARAMETER(Context);
    List->Status = NDIS_STATUS_PENDING;
    NdisMSendNetBufferListsComplete(Toy.Adapter, List, 0);
}

static VOID SendOutlivesPause(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    SendOne();
    NdisHostPause(Fixture.Adapter);
}

static PNET_BUFFER_LIST ReceiveList(VOID)
{
    PNET_BUFFER_LIST List = ToyMakeList(Toy.Pool, 1, 10, 0);
    List->SourceHandle = Toy.Adapter;
    NET_BUFFER_LIST_INFO(List, NetBufferListFrameType) = (PVOID)8;
    return List;
}

static VOID ReceiveWhilePaused(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    NdisHostPause(Fixture.Adapter);
    NdisMIndicateReceiveNetBufferLists(Toy.Adapter, ReceiveList(), 0, 1, 0);
}

static VOID ReceiveNotTerminated(PVOID Context)
{
    PNET_BUFFER_LIST List = ReceiveList();
    UNREFERENCED_PARAMETER(Context);
    List->Next = ReceiveList();
    NdisMIndicateReceiveNetBufferLists(Toy.Adapter, List, 0, 1, 0);
}

static VOID ReceiveWithoutSource(PVOID Context)
{
    PNET_BUFFER_LIST List = ReceiveList();
    UNREFERENCED_PARAMETER(Context);
    List->SourceHandle = NULL;
    NdisMIndicateReceiveNetBufferLists(Toy.Adapter, List, 0, 1, 0);
}

static VOID ReceiveTwice(PVOID Context)
{
    PNET_BUFFER_LIST List = SendOne();
    UNREFERENCED_PARAMETER(Context);
    List->SourceHandle = Toy.Adapter;
    NdisMIndicateReceiveNetBufferLists(Toy.Adapter, List, 0, 1, 0);
}

static VOID ForeignList(PVOID Context)
{
    static DECLSPEC_ALIGN(16) UCHAR Memory[1024];
    UNREFERENCED_PARAMETER(Context);
    NdisFreeNetBufferList((PNET_BUFFER_LIST)&Memory[512]);
}

static VOID PoolFreedTooEarly(PVOID Context)
{
    NDIS_HANDLE Pool = MakePool();
    UNREFERENCED_PARAMETER(Context);
    NdisAllocateNetBufferList(Pool, 0, 0);
    NdisFreeNetBufferListPool(Pool);
}

static VOID PreallocatedNetBufferFreed(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    NdisFreeNetBuffer(ToyMakeList(MakePool(), 1, 10, 0)->FirstNetBuffer);
}

static VOID CloneFreedAsList(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    NdisFreeNetBufferList(
        NdisAllocateCloneNetBufferList(ToyMakeList(MakePool(), 1, 10, 0), NULL, NULL, 0));
}

static VOID CloneFreedWithOtherFlags(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    NdisFreeCloneNetBufferList(
        NdisAllocateCloneNetBufferList(ToyMakeList(MakePool(), 1, 10, 0), NULL, NULL, 0),
        NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS);
}

static VOID CloneFreedWhileSent(PVOID Context)
{
    PNET_BUFFER_LIST List =
        NdisAllocateCloneNetBufferList(ToyMakeList(MakePool(), 1, 10, 0), NULL, NULL, 0);
    UNREFERENCED_PARAMETER(Context);
    Toy.Send = ToySendHold;
    NdisHostSend(Fixture.Adapter, List, 0, 0, Ignore, NULL);
    NdisFreeCloneNetBufferList(List, 0);
}

static VOID FragmentsFreedWithOtherOffset(PVOID Context)
{
    PNET_BUFFER_LIST List = NdisAllocateFragmentNetBufferList(
        ToyMakeList(MakePool(), 1, 10, 0), NULL, NULL, 0, 4, 8, 0, 0);
    UNREFERENCED_PARAMETER(Context);
    NdisFreeFragmentNetBufferList(List, 4, 0);
}

static VOID ReassembledFreedWhileSent(PVOID Context)
{
    PNET_BUFFER_LIST List =
        NdisAllocateReassembledNetBufferList(ToyMakeList(MakePool(), 1, 10, 0), NULL, 0, 0, 0, 0);
    UNREFERENCED_PARAMETER(Context);
    Toy.Send = ToySendHold;
    NdisHostSend(Fixture.Adapter, List, 0, 0, Ignore, NULL);
    NdisFreeReassembledNetBufferList(List, 0, 0);
}

static VOID ContextFreedTwice(PVOID Context)
{
    PNET_BUFFER_LIST List = ToyMakeList(MakePool(), 1, 10, 0);
    UNREFERENCED_PARAMETER(Context);
    NdisAllocateNetBufferListContext(List, sizeof(PVOID), 0, TOY_TAG);
    NdisFreeNetBufferListContext(List, sizeof(PVOID));
    NdisFreeNetBufferListContext(List, sizeof(PVOID));
}

static VOID ContextLeftOver(PVOID Context)
{
    PNET_BUFFER_LIST List = ToyMakeList(MakePool(), 1, 10, 0);
    UNREFERENCED_PARAMETER(Context);
    NdisAllocateNetBufferListContext(List, sizeof(PVOID), 0, TOY_TAG);
    NdisFreeNetBufferList(List);
}

static VOID AdvanceTooFar(PVOID Context)
{
    PNET_BUFFER_LIST List = ToyMakeList(MakePool(), 1, 10, 0);
    UNREFERENCED_PARAMETER(Context);
    NdisAdvanceNetBufferDataStart(List->FirstNetBuffer, 11, FALSE, NULL);
}

static VOID PauseCompletedUnasked(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    NdisMPauseComplete(Toy.Adapter);
}

static VOID RestartCompletedUnasked(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    NdisMRestartComplete(Toy.Adapter, NDIS_STATUS_SUCCESS);
}

static VOID OidCompletedUnasked(PVOID Context)
{
    NDIS_OID_REQUEST Request;
    UNREFERENCED_PARAMETER(Context);
    NdisMOidRequestComplete(Toy.Adapter, &Request, NDIS_STATUS_SUCCESS);
}

static NDIS_STATUS NDISAPI OidOverrun(NDIS_HANDLE Context, PNDIS_OID_REQUEST Request)
{
    UNREFERENCED_PARAMETER(Context);
    Request->DATA.QUERY_INFORMATION.BytesWritten =
        Request->DATA.QUERY_INFORMATION.InformationBufferLength + 1;
    return NDIS_STATUS_SUCCESS;
}

static VOID OidWritesTooMuch(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    Toy.Characteristics.OidRequestHandler = OidOverrun;
    FixtureAdd();
    NativeDeviceStart(Fixture.Pdo);
}

static VOID GeneralAttributesMissing(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    Toy.LeaveOutGeneral = TRUE;
    FixtureAdd();
    NativeDeviceStart(Fixture.Pdo);
}

static VOID AttributesTooLate(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    NdisMSetMiniportAttributes(Toy.Adapter, (PNDIS_MINIPORT_ADAPTER_ATTRIBUTES)&Toy.General);
}

static VOID UnloadWithoutDeregister(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    Toy.LeaveOutDeregister = TRUE;
    FixtureLoad();
    NativeDriverUnload(Fixture.Driver);
}

static VOID StatusAfterHalt(PVOID Context)
{
    NDIS_HANDLE Adapter = Toy.Adapter;
    UNREFERENCED_PARAMETER(Context);
    NdisHostSetPower(Fixture.Adapter, PowerDeviceD3);
    Toy.Adapter = Adapter;
    ToyIndicateLinkState(MediaConnectStateConnected);
}

#define COMPLETE "NdisMSendNetBufferListsComplete"
#define INDICATE "NdisMIndicateReceiveNetBufferLists"

static const VIOLATION Cases[] = {
#define CASE_OF(Body, Started, Function, Rule) {#Body, Body, Started, Function, Rule}
    CASE_OF(SendCompletedTwice, TRUE, COMPLETE, "completed once"),
    CASE_OF(SendFreedByMiniport, TRUE, "NdisFreeNetBufferList", "freed by its owner"),
    CASE_OF(SendWithNetBuffersTaken, TRUE, COMPLETE, "does not modify the NET_BUFFER"),
    CASE_OF(SendCompletedPending, TRUE, COMPLETE, "final status"),
    CASE_OF(SendOutlivesPause, TRUE, "MiniportPause", "all outstanding sends"),
    CASE_OF(ReceiveWhilePaused, TRUE, INDICATE, "only from MiniportRestart"),
    CASE_OF(ReceiveNotTerminated, TRUE, INDICATE, "the last one's Next is NULL"),
    CASE_OF(ReceiveWithoutSource, TRUE, INDICATE, "SourceHandle"),
    CASE_OF(ReceiveTwice, TRUE, INDICATE, "indicated by its owner"),
    CASE_OF(ForeignList, FALSE, "NdisFreeNetBufferList", "come from an NDIS pool"),
    CASE_OF(PoolFreedTooEarly, FALSE, "NdisFreeNetBufferListPool", "freed before the pool"),
    CASE_OF(PreallocatedNetBufferFreed, FALSE, "NdisFreeNetBuffer", "pool handle"),
    CASE_OF(CloneFreedAsList, FALSE, "NdisFreeNetBufferList", "with the function for them"),
    CASE_OF(CloneFreedWithOtherFlags, FALSE, "NdisFreeCloneNetBufferList", "with the flags"),
    CASE_OF(CloneFreedWhileSent, TRUE, "NdisFreeCloneNetBufferList", "freed by its owner"),
    CASE_OF(
        FragmentsFreedWithOtherOffset, FALSE, "NdisFreeFragmentNetBufferList", "that belong to"),
    CASE_OF(ReassembledFreedWhileSent, TRUE, "NdisFreeReassembledNetBufferList", "by their owner"),
    CASE_OF(ContextFreedTwice, FALSE, "NdisFreeNetBufferListContext", "As much context space"),
    CASE_OF(ContextLeftOver, FALSE, "NdisFreeNetBufferList", "released before the list"),
    CASE_OF(AdvanceTooFar, FALSE, "NdisAdvanceNetBufferDataStart", "as long as the data"),
    CASE_OF(PauseCompletedUnasked, TRUE, "NdisMPauseComplete", "completed once"),
    CASE_OF(RestartCompletedUnasked, TRUE, "NdisMRestartComplete", "completed once"),
    CASE_OF(OidCompletedUnasked, TRUE, "NdisMOidRequestComplete", "Only the pending"),
    CASE_OF(OidWritesTooMuch, FALSE, "MiniportOidRequest", "BytesWritten"),
    CASE_OF(GeneralAttributesMissing, FALSE, "MiniportInitializeEx", "general attributes are set"),
    CASE_OF(AttributesTooLate, TRUE, "NdisMSetMiniportAttributes", "MiniportInitializeEx"),
    CASE_OF(UnloadWithoutDeregister, FALSE, "MiniportDriverUnload", "NdisMDeregister"),
    CASE_OF(StatusAfterHalt, TRUE, "NdisMIndicateStatusEx", "before MiniportHaltEx"),
};

int main(void)
{
    return ViolationsRun(Cases, ARRAYSIZE(Cases));
}
