/* SPDX-License-Identifier: MIT */
/*
 * Packets from and to a TUN, one system call each. What Linux describes as one big packet is cut
 * into those that the miniport gets, and of packets from the miniport those that follow each other
 * in a flow are one for Linux (../../offload). Packets go where they belong at once; only the
 * payload of big ones is copied once more.
 * Facts: Linux Documentation/networking/tuntap.rst, linux/if_tun.h.
 */
#include "../../offload/coalesce.h"
#include "unix_lib.h"
#include "unix_tun.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/uio.h>
#include <unistd.h>

/* Reads what Linux has next: its bytes; 0: none now; -1: the interface is gone. What does not fit
 * into the packet's memory goes to Spill, behind as many bytes as did. */
static ssize_t
TransferReadOne(UNIX_TUN *Tun, const HOST_TUN_PACKET *Packet, struct virtio_net_hdr *Description)
{
    uint32_t Fits = Packet->Capacity < sizeof(Tun->Spill) ? Packet->Capacity : sizeof(Tun->Spill);
    struct iovec Pieces[3] = {
        {Description, sizeof(*Description)},
        {(void *)Packet->Data, Packet->Capacity},
        {Tun->Spill + Fits, sizeof(Tun->Spill) - Fits}};
    int Skip = Tun->Offload == UnixTunOffloadNone;
    ssize_t Length;
    *Description = (struct virtio_net_hdr){0};
    do
        Length = readv(Tun->Device, Pieces + Skip, 3 - Skip);
    while (Length < 0 && errno == EINTR);
    if (Length < 0)
        return errno == EAGAIN ? 0 : -1;
    return Skip ? Length : Length - (ssize_t)sizeof(*Description);
}

/* Begins to cut a big packet, of which the first bytes are in the packet's memory. */
static void TransferCut(
    UNIX_TUN *Tun,
    const HOST_TUN_PACKET *Packet,
    const struct virtio_net_hdr *Description,
    uint32_t Length)
{
    const uint8_t *Whole = (const uint8_t *)Packet->Data;
    if (Length > Packet->Capacity)
    {
        memcpy(Tun->Spill, Whole, Packet->Capacity);
        Whole = Tun->Spill;
    }
    if (!SegmentStart(&Tun->Cut, Description, Whole, Length, Packet->Capacity))
        Tun->Malformed++;
}

/* Whether a packet that need not be cut is one for the miniport. */
static bool TransferKeep(
    UNIX_TUN *Tun,
    HOST_TUN_PACKET *Packet,
    const struct virtio_net_hdr *Description,
    uint32_t Length)
{
    if (Length > Packet->Capacity)
    {
        Tun->TooLong++;
        return false;
    }
    if (!SegmentFinishChecksum(Description, (uint8_t *)Packet->Data, Length))
    {
        Tun->Malformed++;
        return false;
    }
    Packet->Length = Length;
    return true;
}

/* Reads without waiting as many packets as there are, at most Count. FALSE: the interface is gone.
 */
static bool TransferRead(UNIX_TUN *Tun, HOST_TUN_PACKET *Packets, uint32_t Count, uint32_t *Done)
{
    while (*Done < Count)
    {
        struct virtio_net_hdr Description;
        ssize_t Length;
        if (Tun->Cut.Left != 0)
        {
            HOST_TUN_PACKET *Packet = &Packets[(*Done)++];
            Packet->Length = SegmentNext(&Tun->Cut, (uint8_t *)Packet->Data);
            continue;
        }
        Length = TransferReadOne(Tun, &Packets[*Done], &Description);
        if (Length <= 0)
            return Length == 0;
        if (Description.gso_type != VIRTIO_NET_HDR_GSO_NONE)
            TransferCut(Tun, &Packets[*Done], &Description, (uint32_t)Length);
        else if (TransferKeep(Tun, &Packets[*Done], &Description, (uint32_t)Length))
            (*Done)++;
    }
    return true;
}

/* The rest of a big packet must not stay in memory that the caller gives away. */
static void TransferSaveCut(UNIX_TUN *Tun)
{
    const uint8_t *Next = Tun->Cut.Next;
    if (Tun->Cut.Left != 0 && (Next < Tun->Spill || Next >= Tun->Spill + sizeof(Tun->Spill)))
        SegmentMove(&Tun->Cut, Tun->Spill);
}

int UnixTunRead(void *Arguments)
{
    HOST_TUN_TRANSFER *Call = Arguments;
    UNIX_TUN *Tun = UnixTunOf(Call->Tun);
    HOST_TUN_PACKET *Packets = (HOST_TUN_PACKET *)(uintptr_t)Call->Packets;
    /* No packets wanted: waits for the stop alone. */
    struct pollfd Wait[2] = {
        {.fd = Call->Count != 0 ? Tun->Device : -1, .events = POLLIN},
        {.fd = Tun->StopEvent, .events = POLLIN}};
    Call->Done = 0;
    Call->Error = 0;
    /* Looked at before each batch: under load there is always another packet. */
    while (!atomic_load_explicit(&Tun->Stopped, memory_order_acquire))
    {
        if (!TransferRead(Tun, Packets, Call->Count, &Call->Done))
        {
            Call->Error = errno;
            break;
        }
        if (Call->Done != 0 || !Call->Wait)
            break;
        poll(Wait, 2, -1);
    }
    TransferSaveCut(Tun);
    return 0;
}

int UnixTunStop(void *Arguments)
{
    HOST_TUN_CALL *Call = Arguments;
    UNIX_TUN *Tun = UnixTunOf(Call->Tun);
    atomic_store_explicit(&Tun->Stopped, true, memory_order_release);
    Call->Error = eventfd_write(Tun->StopEvent, 1) < 0 ? errno : 0;
    return 0;
}

int UnixTunStart(void *Arguments)
{
    HOST_TUN_CALL *Call = Arguments;
    UNIX_TUN *Tun = UnixTunOf(Call->Tun);
    uint64_t Stopped;
    eventfd_read(Tun->StopEvent, &Stopped);
    atomic_store_explicit(&Tun->Stopped, false, memory_order_release);
    Tun->Cut.Left = 0; /* as old as the last stop */
    Call->Error = 0;
    return 0;
}

static bool TransferWriteOne(const UNIX_TUN *Tun, const struct iovec *Pieces, uint32_t Count)
{
    ssize_t Written;
    do
        Written = writev(Tun->Device, Pieces, (int)Count);
    while (Written < 0 && errno == EINTR);
    return Written >= 0;
}

/* Packets as they are; how many were taken. */
static uint32_t TransferWriteEach(
    const UNIX_TUN *Tun, const HOST_TUN_PACKET *Packets, uint32_t Count, int32_t *Error)
{
    static const struct virtio_net_hdr Nothing;
    uint32_t Skip = Tun->Offload == UnixTunOffloadNone, Done = 0;
    for (uint32_t i = 0; i < Count; i++)
    {
        struct iovec Pieces[2] = {
            {(void *)(uintptr_t)&Nothing, sizeof(Nothing)},
            {(void *)Packets[i].Data, Packets[i].Length}};
        if (TransferWriteOne(Tun, Pieces + Skip, 2 - Skip))
            Done++;
        else
            *Error = errno;
    }
    return Done;
}

/* The same for at most COALESCE_MAX_PACKETS, as few big ones. */
static uint32_t TransferWriteBatch(
    const UNIX_TUN *Tun, const HOST_TUN_PACKET *Packets, uint32_t Count, int32_t *Error)
{
    struct iovec Pieces[COALESCE_MAX_PIECES];
    uint32_t Done = 0;
    COALESCE Batch;
    CoalesceStart(&Batch, Tun->Offload == UnixTunOffloadUdp);
    for (uint32_t i = 0; i < Count; i++)
        CoalesceAdd(&Batch, (const uint8_t *)Packets[i].Data, Packets[i].Length);
    for (uint32_t i = 0; i < Batch.GroupCount; i++)
    {
        uint32_t PieceCount = CoalesceGather(&Batch, i, Pieces);
        if (TransferWriteOne(Tun, Pieces, PieceCount))
            Done += Batch.Groups[i].Count;
        else
            *Error = errno;
    }
    return Done;
}

int UnixTunWrite(void *Arguments)
{
    HOST_TUN_TRANSFER *Call = Arguments;
    UNIX_TUN *Tun = UnixTunOf(Call->Tun);
    const HOST_TUN_PACKET *Packets = (const HOST_TUN_PACKET *)(uintptr_t)Call->Packets;
    Call->Done = 0;
    Call->Error = 0;
    for (uint32_t From = 0, Count; From < Call->Count; From += Count)
    {
        Count = Call->Count - From;
        if (Count > COALESCE_MAX_PACKETS)
            Count = COALESCE_MAX_PACKETS;
        if (Count == 1 || Tun->Offload == UnixTunOffloadNone)
            Call->Done += TransferWriteEach(Tun, Packets + From, Count, &Call->Error);
        else
            Call->Done += TransferWriteBatch(Tun, Packets + From, Count, &Call->Error);
    }
    return 0;
}
