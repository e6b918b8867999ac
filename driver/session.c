/* SPDX-License-Identifier: MIT */
#include "session.h"

#include "event.h"
#include "pool.h"
#include "receive.h"
#include "send.h"

static VOID SessionLock(_Inout_ PADAPTER Adapter)
{
    KeEnterCriticalRegion();
    ExAcquireResourceExclusiveLite(&Adapter->SessionLock, TRUE);
}

static VOID SessionUnlock(_Inout_ PADAPTER Adapter)
{
    ExReleaseResourceLite(&Adapter->SessionLock);
    KeLeaveCriticalRegion();
}

/* Maps both rings and sets the cursors where their headers say. */
static NTSTATUS SessionMapRings(
    _Inout_ PSESSION Session, _In_ const RING_DESCRIPTOR *Send, _In_ const RING_DESCRIPTOR *Receive)
{
    NTSTATUS Status;

    Status = RingMapOpen(&Session->SendMap, Send, EVENT_MODIFY_STATE);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = RingMapOpen(&Session->ReceiveMap, Receive, SYNCHRONIZE | EVENT_MODIFY_STATE);
    if (!NT_SUCCESS(Status))
        goto CleanupSend;

    Status = STATUS_INVALID_PARAMETER;
    if (!RingProducerInitialize(
            &Session->Producer, Session->SendMap.Ring, Session->SendMap.Capacity))
        goto CleanupReceive;
    if (!RingConsumerInitialize(
            &Session->Consumer, Session->ReceiveMap.Ring, Session->ReceiveMap.Capacity))
        goto CleanupReceive;
    Session->SignalOnlyAlertable = (RingLoadRelaxedSigned(&Session->SendMap.Ring->Alertable) &
                                    TUN_RING_ALERTABLE_MAINTAINED) != 0;
    return STATUS_SUCCESS;

CleanupReceive:
    RingMapClose(&Session->ReceiveMap);
CleanupSend:
    RingMapClose(&Session->SendMap);
    return Status;
}

static VOID SessionUnmapRings(_Inout_ PSESSION Session)
{
    RingMapClose(&Session->ReceiveMap);
    RingMapClose(&Session->SendMap);
}

static NTSTATUS SessionCreate(
    _Inout_ PADAPTER Adapter,
    _In_ PFILE_OBJECT Owner,
    _In_ const RING_DESCRIPTOR *Send,
    _In_ const RING_DESCRIPTOR *Receive,
    _Outptr_ PSESSION *Created)
{
    PSESSION Session = PoolAllocate(sizeof(*Session), POOL_TAG_SESSION);
    NTSTATUS Status;

    if (!Session)
        return STATUS_INSUFFICIENT_RESOURCES;
    Session->Adapter = Adapter;
    Session->Owner = Owner;
    Session->OwnerProcess = PsGetCurrentProcessId();
    KeInitializeSpinLock(&Session->SendLock);
    KeInitializeEvent(&Session->ReceiveStop, NotificationEvent, FALSE);

    Status = SessionMapRings(Session, Send, Receive);
    if (!NT_SUCCESS(Status))
        goto CleanupSession;
    Status = ReceiveStart(Session);
    if (!NT_SUCCESS(Status))
        goto CleanupRings;
    *Created = Session;
    return STATUS_SUCCESS;

CleanupRings:
    SessionUnmapRings(Session);
CleanupSession:
    PoolFree(Session, POOL_TAG_SESSION);
    return Status;
}

_Use_decl_annotations_
NTSTATUS SessionRegister(
    PADAPTER Adapter,
    PFILE_OBJECT Owner,
    const RING_DESCRIPTOR *Send,
    const RING_DESCRIPTOR *Receive)
{
    PSESSION Session;
    NTSTATUS Status;

    SessionLock(Adapter);
    Status = STATUS_DEVICE_NOT_READY;
    if (Adapter->Removed)
        goto CleanupLock;
    Status = STATUS_ALREADY_INITIALIZED;
    if (Adapter->Session)
        goto CleanupLock;
    Status = SessionCreate(Adapter, Owner, Send, Receive, &Session);
    if (!NT_SUCCESS(Status))
        goto CleanupLock;
    Adapter->Session = Session;
    /* From here on senders find the session. */
    ExReInitializeRundownProtection(&Adapter->SendRundown);
    AdapterIndicateLink(Adapter, TRUE);

CleanupLock:
    SessionUnlock(Adapter);
    return Status;
}

/* Starts in mirrored order of SessionRegister and SessionCreate; SessionLock held. */
static VOID SessionEnd(_Inout_ PADAPTER Adapter)
{
    PSESSION Session = Adapter->Session;

    AdapterIndicateLink(Adapter, FALSE);
    ExWaitForRundownProtectionRelease(&Adapter->SendRundown);
    Adapter->Session = NULL;
    ReceiveStop(Session);
    SendTerminate(Session);
    /* Not when the send path found it, at DISPATCH_LEVEL. */
    if (Session->SendTerminated)
        EventWriteSendRingCorrupt(
            Adapter->NetLuid, Session->OwnerProcess, Session->Producer.Capacity);
    SessionUnmapRings(Session);
    PoolFree(Session, POOL_TAG_SESSION);
}

_Use_decl_annotations_
VOID SessionEndOfFile(PADAPTER Adapter, PFILE_OBJECT Owner)
{
    SessionLock(Adapter);
    if (Adapter->Session && Adapter->Session->Owner == Owner)
        SessionEnd(Adapter);
    SessionUnlock(Adapter);
}

_Use_decl_annotations_
VOID SessionEndOfProcess(PADAPTER Adapter, HANDLE ProcessId)
{
    SessionLock(Adapter);
    if (Adapter->Session && Adapter->Session->OwnerProcess == ProcessId)
        SessionEnd(Adapter);
    SessionUnlock(Adapter);
}

_Use_decl_annotations_
VOID SessionEndForGood(PADAPTER Adapter)
{
    SessionLock(Adapter);
    Adapter->Removed = TRUE;
    if (Adapter->Session)
        SessionEnd(Adapter);
    SessionUnlock(Adapter);
}
