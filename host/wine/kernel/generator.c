/* SPDX-License-Identifier: MIT */
/*
 * The link that makes and discards packets.
 */
#include "generator.h"
#include "generator_packet.h"

#define GENERATOR_TAG 'gOdA'

struct _GENERATOR
{
    KSPIN_LOCK Lock; /* guards all up to Pattern */
    BOOLEAN Stopped;
    BOOLEAN Connected;
    BOOLEAN Waiting; /* GeneratorRead does, or is about to */
    BOOLEAN ReportWanted;
    BOOLEAN First; /* no data packet came since the last request */
    ULONG Size;    /* of the packets to make */
    ULONG64 Left;  /* how many are still to be made */
    ULONG64 Next;  /* the next one's counter */
    ULONG64 LastTaken;
    GENERATOR_REPORT Report;

    KEVENT Wake; /* there may be something to do for who is Waiting */

    /* GeneratorRead's own: a packet of that size, 0 for none yet. */
    ULONG PatternSize;
    UCHAR Pattern[GENERATOR_MAX_SIZE];
};

/* What one GeneratorRead does. */
typedef struct _GENERATOR_WORK
{
    BOOLEAN Stopped;
    BOOLEAN ReportWanted;
    ULONG Size;
    ULONG Count;
    ULONG64 First; /* the first one's counter */
    GENERATOR_REPORT Report;
} GENERATOR_WORK;

PGENERATOR GeneratorCreate(VOID)
{
    PGENERATOR Generator = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Generator), GENERATOR_TAG);
    if (Generator == NULL)
        return NULL;
    RtlZeroMemory(Generator, sizeof(*Generator));
    Generator->Stopped = TRUE;
    KeInitializeSpinLock(&Generator->Lock);
    KeInitializeEvent(&Generator->Wake, SynchronizationEvent, FALSE);
    return Generator;
}

VOID GeneratorDelete(PGENERATOR Generator)
{
    ExFreePoolWithTag(Generator, GENERATOR_TAG);
}

/* Called with the lock held. */
static VOID GeneratorWakeReader(PGENERATOR Generator)
{
    if (Generator->Waiting)
    {
        Generator->Waiting = FALSE;
        KeSetEvent(&Generator->Wake, IO_NO_INCREMENT, FALSE);
    }
}

VOID GeneratorStop(PGENERATOR Generator)
{
    KLOCK_QUEUE_HANDLE Lock;
    KeAcquireInStackQueuedSpinLock(&Generator->Lock, &Lock);
    Generator->Stopped = TRUE;
    GeneratorWakeReader(Generator);
    KeReleaseInStackQueuedSpinLock(&Lock);
}

VOID GeneratorStart(PGENERATOR Generator)
{
    KLOCK_QUEUE_HANDLE Lock;
    KeAcquireInStackQueuedSpinLock(&Generator->Lock, &Lock);
    Generator->Stopped = FALSE;
    KeReleaseInStackQueuedSpinLock(&Lock);
}

VOID GeneratorSetConnected(PGENERATOR Generator, BOOLEAN Connected)
{
    KLOCK_QUEUE_HANDLE Lock;
    KeAcquireInStackQueuedSpinLock(&Generator->Lock, &Lock);
    Generator->Connected = Connected;
    Generator->ReportWanted = FALSE;
    Generator->First = TRUE;
    Generator->Left = 0;
    RtlZeroMemory(&Generator->Report, sizeof(Generator->Report));
    KeReleaseInStackQueuedSpinLock(&Lock);
}

/* Takes up to Count packets of what there is to do, none of more than Mtu bytes; FALSE: wait. */
static BOOLEAN GeneratorTakeWork(PGENERATOR Generator, ULONG Mtu, ULONG Count, GENERATOR_WORK *Work)
{
    KLOCK_QUEUE_HANDLE Lock;
    KeAcquireInStackQueuedSpinLock(&Generator->Lock, &Lock);
    if (Generator->Size < GENERATOR_MIN_SIZE || Generator->Size > Mtu)
        Generator->Left = 0;
    Work->Stopped = Generator->Stopped;
    Work->ReportWanted = Generator->ReportWanted && Mtu >= GENERATOR_REPORT_SIZE;
    Work->Report = Generator->Report;
    Work->Size = Generator->Size;
    Work->First = Generator->Next;
    Work->Count = Work->ReportWanted ? Count - 1 : Count;
    if (Work->Count > Generator->Left)
        Work->Count = (ULONG)Generator->Left;
    Generator->Waiting = !Work->Stopped && !Work->ReportWanted && Work->Count == 0;
    if (!Work->Stopped)
    {
        Generator->ReportWanted = FALSE;
        Generator->Next += Work->Count;
        Generator->Left -= Work->Count;
        Generator->Report.Made += Work->Count;
    }
    KeReleaseInStackQueuedSpinLock(&Lock);
    return Work->Stopped || Work->ReportWanted || Work->Count != 0;
}

ULONG GeneratorRead(PGENERATOR Generator, PNDIS_LINK_PACKET Packets, ULONG Count)
{
    GENERATOR_WORK Work;
    ULONG Done = 0;
    while (!GeneratorTakeWork(Generator, Packets[0].Capacity, Count, &Work))
        KeWaitForSingleObject(&Generator->Wake, Executive, KernelMode, FALSE, NULL);
    if (Work.Stopped)
        return 0;
    if (Work.ReportWanted)
    {
        PUCHAR Packet = Packets[Done].Data;
        GeneratorPacketHeader(Packet, GENERATOR_REPORT_SIZE, 1, GENERATOR_REQUEST_PORT);
        RtlCopyMemory(Packet + GENERATOR_HEADER_SIZE, &Work.Report, sizeof(Work.Report));
        Packets[Done++].Length = GENERATOR_REPORT_SIZE;
    }
    if (Work.Count != 0 && Generator->PatternSize != Work.Size)
    {
        GeneratorPacketMake(Generator->Pattern, Work.Size, 1);
        Generator->PatternSize = Work.Size;
    }
    for (ULONG i = 0; i < Work.Count; i++)
    {
        RtlCopyMemory(Packets[Done].Data, Generator->Pattern, Work.Size);
        GeneratorPacketSetCounter(Packets[Done].Data, Work.First + i);
        Packets[Done++].Length = Work.Size;
    }
    return Done;
}

/* Called with the lock held. */
static VOID GeneratorRequest(PGENERATOR Generator, const UCHAR *Packet)
{
    GENERATOR_REQUEST Request;
    RtlCopyMemory(&Request, Packet + GENERATOR_HEADER_SIZE, sizeof(Request));
    Generator->Size = Request.Size;
    Generator->Left = Request.Count;
    Generator->Next = 0;
    Generator->First = TRUE;
    Generator->Report.Id = Request.Id;
    Generator->ReportWanted = TRUE;
    GeneratorWakeReader(Generator);
}

/* Called with the lock held. */
static VOID GeneratorTake(PGENERATOR Generator, const NDIS_LINK_PACKET *Packet)
{
    GENERATOR_REPORT *Report = &Generator->Report;
    ULONG Port = GeneratorPacketPort(Packet->Data, Packet->Length);
    if (Port == GENERATOR_REQUEST_PORT && Packet->Length == GENERATOR_REQUEST_SIZE)
        GeneratorRequest(Generator, Packet->Data);
    else if (Port != GENERATOR_DATA_PORT)
        Report->Other++;
    else
    {
        ULONG64 Counter = GeneratorPacketCounter(Packet->Data);
        if (Counter != (Generator->First ? 0 : Generator->LastTaken + 1))
            Report->Gaps++;
        Generator->First = FALSE;
        Generator->LastTaken = Counter;
        Report->Taken++;
        Report->TakenBytes += Packet->Length;
    }
}

ULONG GeneratorWrite(PGENERATOR Generator, const NDIS_LINK_PACKET *Packets, ULONG Count)
{
    KLOCK_QUEUE_HANDLE Lock;
    KeAcquireInStackQueuedSpinLock(&Generator->Lock, &Lock);
    for (ULONG i = 0; i < Count; i++)
        GeneratorTake(Generator, &Packets[i]);
    KeReleaseInStackQueuedSpinLock(&Lock);
    return Count;
}
