/* SPDX-License-Identifier: MIT */
/*
 * The data of net buffers: MDLs, contiguous access, advance and retreat, copies.
 *
 * NdisReserved[0] of a net buffer counts the MDLs at the head of its chain that a retreat
 * allocated; an advance may free only those.
 */
#include "internal.h"

PMDL NDISAPI NdisAllocateMdl(NDIS_HANDLE NdisHandle, PVOID VirtualAddress, UINT Length)
{
    NDISP_IRQL("NdisAllocateMdl", "nf-mdlapi-ndisallocatemdl", DISPATCH_LEVEL);
    PMDL Mdl;
    UNREFERENCED_PARAMETER(NdisHandle);
    Mdl = IoAllocateMdl(VirtualAddress, Length, FALSE, FALSE, NULL);
    if (Mdl != NULL)
    {
        MmBuildMdlForNonPagedPool(Mdl);
    }
    return Mdl;
}

VOID NDISAPI NdisFreeMdl(PMDL Mdl)
{
    NDISP_IRQL("NdisFreeMdl", "nf-mdlapi-ndisfreemdl", DISPATCH_LEVEL);
    IoFreeMdl(Mdl);
}

/* Bytes of an MDL, mapped; NULL: no memory to map it. */
static PUCHAR DataMap(PMDL Mdl)
{
    return MmGetSystemAddressForMdlSafe(Mdl, LowPagePriority);
}

/* Moves *Mdl and *Offset forward to where byte *Offset of the chain lies. */
static VOID DataSeek(PMDL *Mdl, PULONG Offset)
{
    while (*Mdl != NULL && *Offset >= MmGetMdlByteCount(*Mdl))
    {
        *Offset -= MmGetMdlByteCount(*Mdl);
        *Mdl = (*Mdl)->Next;
    }
}

/* Copies from a chain to memory; FALSE: it ends before, or cannot be mapped. */
static BOOLEAN DataGather(PMDL Mdl, ULONG Offset, PUCHAR Target, ULONG Length)
{
    while (Length > 0)
    {
        ULONG Part;
        PUCHAR Source;
        DataSeek(&Mdl, &Offset);
        if (Mdl == NULL || (Source = DataMap(Mdl)) == NULL)
        {
            return FALSE;
        }
        Part = MmGetMdlByteCount(Mdl) - Offset;
        Part = Part < Length ? Part : Length;
        RtlCopyMemory(Target, Source + Offset, Part);
        Target += Part;
        Offset += Part;
        Length -= Part;
    }
    return TRUE;
}

PVOID NDISAPI NdisGetDataBuffer(
    PNET_BUFFER NetBuffer, ULONG BytesNeeded, PVOID Storage, UINT AlignMultiple, UINT AlignOffset)
{
    NDISP_IRQL("NdisGetDataBuffer", "nf-nblapi-ndisgetdatabuffer", DISPATCH_LEVEL);
    PMDL Mdl = NetBuffer->CurrentMdl;
    ULONG Offset = NetBuffer->CurrentMdlOffset;

    if (BytesNeeded == 0 || NetBuffer->DataLength < BytesNeeded)
    {
        return NULL;
    }
    DataSeek(&Mdl, &Offset);
    if (Mdl == NULL)
    {
        return NULL;
    }
    if (MmGetMdlByteCount(Mdl) - Offset >= BytesNeeded)
    {
        PUCHAR Data = DataMap(Mdl);
        if (Data == NULL)
        {
            return NULL;
        }
        if (AlignMultiple <= 1 ||
            ((ULONG_PTR)(Data + Offset) & (AlignMultiple - 1)) == AlignOffset % AlignMultiple)
        {
            return Data + Offset;
        }
    }
    if (Storage == NULL || !DataGather(Mdl, Offset, Storage, BytesNeeded))
    {
        return NULL;
    }
    return Storage;
}

/* Puts an MDL for Size bytes in front of the chain; *Size: how many it has. */
static NDIS_STATUS
DataPrepend(PNET_BUFFER NetBuffer, PULONG Size, NET_BUFFER_ALLOCATE_MDL_HANDLER Allocate)
{
    PMDL Mdl;
    if (Allocate != NULL)
    {
        ULONG Needed = *Size;
        Mdl = Allocate(Size);
        if (Mdl != NULL && *Size < Needed)
        {
            NdisHostViolation(
                "NetAllocateMdl allocates at least the bytes requested.",
                "NdisRetreatNetBufferDataStart", "nc-nblapi-net_buffer_allocate_mdl_handler");
        }
    }
    else
    {
        PVOID Memory = ExAllocatePoolWithTag(NonPagedPoolNx, *Size, NDISP_TAG);
        if (Memory == NULL)
        {
            return NDIS_STATUS_RESOURCES;
        }
        Mdl = NdisAllocateMdl(NULL, Memory, *Size);
        if (Mdl == NULL)
        {
            ExFreePoolWithTag(Memory, NDISP_TAG);
        }
    }
    if (Mdl == NULL)
    {
        return NDIS_STATUS_RESOURCES;
    }
    Mdl->Next = NetBuffer->MdlChain;
    NetBuffer->MdlChain = Mdl;
    NetBuffer->NdisReserved[0] = (PVOID)((ULONG_PTR)NetBuffer->NdisReserved[0] + 1);
    return NDIS_STATUS_SUCCESS;
}

NDIS_STATUS NDISAPI NdisRetreatNetBufferDataStart(
    PNET_BUFFER NetBuffer,
    ULONG DataOffsetDelta,
    ULONG DataBackFill,
    NET_BUFFER_ALLOCATE_MDL_HANDLER AllocateMdlHandler)
{
    NDISP_IRQL(
        "NdisRetreatNetBufferDataStart", "nf-nblapi-ndisretreatnetbufferdatastart", DISPATCH_LEVEL);
    ULONG Offset = NetBuffer->DataOffset;
    if (DataOffsetDelta > MAXULONG - NetBuffer->DataLength)
    {
        return NDIS_STATUS_FAILURE;
    }
    if (Offset < DataOffsetDelta)
    {
        ULONG Size = DataOffsetDelta - Offset;
        NDIS_STATUS Status;
        if (DataBackFill > MAXULONG - Size)
        {
            return NDIS_STATUS_FAILURE;
        }
        Size += DataBackFill;
        Status = DataPrepend(NetBuffer, &Size, AllocateMdlHandler);
        if (Status != NDIS_STATUS_SUCCESS)
        {
            return Status;
        }
        Offset += Size;
    }
    NdispBufferSetData(
        NetBuffer, NetBuffer->MdlChain, Offset - DataOffsetDelta,
        NetBuffer->stDataLength + DataOffsetDelta);
    return NDIS_STATUS_SUCCESS;
}

VOID NDISAPI NdisAdvanceNetBufferDataStart(
    PNET_BUFFER NetBuffer,
    ULONG DataOffsetDelta,
    BOOLEAN FreeMdl,
    NET_BUFFER_FREE_MDL_HANDLER FreeMdlHandler)
{
    NDISP_IRQL(
        "NdisAdvanceNetBufferDataStart", "nf-nblapi-ndisadvancenetbufferdatastart", DISPATCH_LEVEL);
    PMDL Mdl = NetBuffer->MdlChain;
    ULONG Offset = NetBuffer->DataOffset + DataOffsetDelta;

    if (DataOffsetDelta > NetBuffer->DataLength)
    {
        NdisHostViolation(
            "An advance is at most as long as the data.", "NdisAdvanceNetBufferDataStart",
            "nf-nblapi-ndisadvancenetbufferdatastart");
    }
    while (FreeMdl && NetBuffer->NdisReserved[0] != NULL && Mdl != NULL &&
           Offset >= MmGetMdlByteCount(Mdl))
    {
        PMDL Next = Mdl->Next;
        PVOID Memory = MmGetMdlVirtualAddress(Mdl);
        Offset -= MmGetMdlByteCount(Mdl);
        NetBuffer->NdisReserved[0] = (PVOID)((ULONG_PTR)NetBuffer->NdisReserved[0] - 1);
        if (FreeMdlHandler != NULL)
        {
            FreeMdlHandler(Mdl);
        }
        else
        {
            NdisFreeMdl(Mdl);
            ExFreePoolWithTag(Memory, NDISP_TAG);
        }
        Mdl = Next;
    }
    NdispBufferSetData(NetBuffer, Mdl, Offset, NetBuffer->stDataLength - DataOffsetDelta);
}

VOID NDISAPI NdisAdjustNetBufferCurrentMdl(PNET_BUFFER NetBuffer)
{
    NdispBufferSetData(
        NetBuffer, NetBuffer->MdlChain, NetBuffer->DataOffset, NetBuffer->stDataLength);
}

ULONG NDISAPI NdisQueryNetBufferPhysicalCount(PNET_BUFFER NetBuffer)
{
    ULONG Pages = 0;
    for (PMDL Mdl = NetBuffer->MdlChain; Mdl != NULL; Mdl = Mdl->Next)
    {
        Pages +=
            ADDRESS_AND_SIZE_TO_SPAN_PAGES(MmGetMdlVirtualAddress(Mdl), MmGetMdlByteCount(Mdl));
    }
    return Pages;
}

VOID NDISAPI NdisAdvanceNetBufferListDataStart(
    PNET_BUFFER_LIST NetBufferList,
    ULONG DataOffsetDelta,
    BOOLEAN FreeMdl,
    NET_BUFFER_FREE_MDL_HANDLER FreeMdlHandler)
{
    NDISP_IRQL(
        "NdisAdvanceNetBufferListDataStart", "nf-nblapi-ndisadvancenetbufferlistdatastart",
        DISPATCH_LEVEL);
    PNET_BUFFER NetBuffer;
    for (NetBuffer = NetBufferList->FirstNetBuffer; NetBuffer != NULL; NetBuffer = NetBuffer->Next)
    {
        NdisAdvanceNetBufferDataStart(NetBuffer, DataOffsetDelta, FreeMdl, FreeMdlHandler);
    }
}

NDIS_STATUS NDISAPI NdisRetreatNetBufferListDataStart(
    PNET_BUFFER_LIST NetBufferList,
    ULONG DataOffsetDelta,
    ULONG DataBackFill,
    NET_BUFFER_ALLOCATE_MDL_HANDLER AllocateMdlHandler,
    NET_BUFFER_FREE_MDL_HANDLER FreeMdlHandler)
{
    NDISP_IRQL(
        "NdisRetreatNetBufferListDataStart", "nf-nblapi-ndisretreatnetbufferlistdatastart",
        DISPATCH_LEVEL);
    PNET_BUFFER NetBuffer, Done;
    for (NetBuffer = NetBufferList->FirstNetBuffer; NetBuffer != NULL; NetBuffer = NetBuffer->Next)
    {
        NDIS_STATUS Status = NdisRetreatNetBufferDataStart(
            NetBuffer, DataOffsetDelta, DataBackFill, AllocateMdlHandler);
        if (Status == NDIS_STATUS_SUCCESS)
        {
            continue;
        }
        for (Done = NetBufferList->FirstNetBuffer; Done != NetBuffer; Done = Done->Next)
        {
            NdisAdvanceNetBufferDataStart(Done, DataOffsetDelta, TRUE, FreeMdlHandler);
        }
        return Status;
    }
    return NDIS_STATUS_SUCCESS;
}

NDIS_STATUS NDISAPI NdisCopyFromNetBufferToNetBuffer(
    PNET_BUFFER Destination,
    ULONG DestinationOffset,
    ULONG BytesToCopy,
    const NET_BUFFER *Source,
    ULONG SourceOffset,
    PULONG BytesCopied)
{
    NDISP_IRQL(
        "NdisCopyFromNetBufferToNetBuffer", "nf-nblapi-ndiscopyfromnetbuffertonetbuffer",
        DISPATCH_LEVEL);
    PMDL To = Destination->CurrentMdl, From = Source->CurrentMdl;
    ULONG ToOffset = Destination->CurrentMdlOffset + DestinationOffset;
    ULONG FromOffset = Source->CurrentMdlOffset + SourceOffset;
    ULONG Left = SourceOffset < Source->DataLength ? Source->DataLength - SourceOffset : 0;

    *BytesCopied = 0;
    Left = Left < BytesToCopy ? Left : BytesToCopy;
    while (Left > 0)
    {
        ULONG Part, Room;
        PUCHAR Target;
        DataSeek(&To, &ToOffset);
        DataSeek(&From, &FromOffset);
        if (To == NULL || From == NULL)
        {
            break;
        }
        Room = MmGetMdlByteCount(To) - ToOffset;
        Part = MmGetMdlByteCount(From) - FromOffset;
        Part = Part < Room ? Part : Room;
        Part = Part < Left ? Part : Left;
        Target = DataMap(To);
        if (Target == NULL || !DataGather(From, FromOffset, Target + ToOffset, Part))
        {
            return NDIS_STATUS_RESOURCES;
        }
        ToOffset += Part;
        FromOffset += Part;
        Left -= Part;
        *BytesCopied += Part;
    }
    return NDIS_STATUS_SUCCESS;
}
