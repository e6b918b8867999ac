/* SPDX-License-Identifier: MIT */
/*
 * NET_BUFFER and NET_BUFFER_LIST.
 */
#ifndef ADIT_NT_NDIS_NBL_H
#define ADIT_NT_NDIS_NBL_H

typedef struct _NET_BUFFER NET_BUFFER, *PNET_BUFFER;
typedef struct _NET_BUFFER_LIST NET_BUFFER_LIST, *PNET_BUFFER_LIST;

struct _NET_BUFFER
{
    PNET_BUFFER Next;
    PMDL CurrentMdl; /* MDL in which the data starts */
    ULONG CurrentMdlOffset;
    union
    {
        ULONG DataLength;
        SIZE_T stDataLength;
    };
    PMDL MdlChain;
    ULONG DataOffset; /* from the start of MdlChain */
    USHORT ChecksumBias;
    USHORT Reserved;
    NDIS_HANDLE NdisPoolHandle;
    DECLSPEC_ALIGN(MEMORY_ALLOCATION_ALIGNMENT) PVOID NdisReserved[2];
    DECLSPEC_ALIGN(MEMORY_ALLOCATION_ALIGNMENT) PVOID ProtocolReserved[6];
    DECLSPEC_ALIGN(MEMORY_ALLOCATION_ALIGNMENT) PVOID MiniportReserved[4];
    ULONG64 DataPhysicalAddress;
    union
    {
        PVOID SharedMemoryInfo;
        PVOID ScatterGatherList;
    };
};

NT_ASSERT_SIZE(NET_BUFFER, 0xB0, 0x60);
NT_ASSERT_OFFSET(NET_BUFFER, DataLength, 0x18, 0xC);
NT_ASSERT_OFFSET(NET_BUFFER, MdlChain, 0x20, 0x10);
NT_ASSERT_OFFSET(NET_BUFFER, DataOffset, 0x28, 0x14);
NT_ASSERT_OFFSET(NET_BUFFER, NdisPoolHandle, 0x30, 0x1C);
NT_ASSERT_OFFSET(NET_BUFFER, MiniportReserved, 0x80, 0x40);
NT_ASSERT_OFFSET(NET_BUFFER, DataPhysicalAddress, 0xA0, 0x50);

#define NET_BUFFER_NEXT_NB(Nb)            ((Nb)->Next)
#define NET_BUFFER_FIRST_MDL(Nb)          ((Nb)->MdlChain)
#define NET_BUFFER_DATA_LENGTH(Nb)        ((Nb)->DataLength)
#define NET_BUFFER_DATA_OFFSET(Nb)        ((Nb)->DataOffset)
#define NET_BUFFER_CURRENT_MDL(Nb)        ((Nb)->CurrentMdl)
#define NET_BUFFER_CURRENT_MDL_OFFSET(Nb) ((Nb)->CurrentMdlOffset)

typedef struct _NET_BUFFER_LIST_CONTEXT
{
    struct _NET_BUFFER_LIST_CONTEXT *Next;
    USHORT Size;
    USHORT Offset;
    DECLSPEC_ALIGN(MEMORY_ALLOCATION_ALIGNMENT) UCHAR ContextData[];
} NET_BUFFER_LIST_CONTEXT, *PNET_BUFFER_LIST_CONTEXT;

NT_ASSERT_SIZE(NET_BUFFER_LIST_CONTEXT, 0x10, 8);

/* NDIS 6.20; later versions append. Code that only uses lists never depends on the maximum. */
typedef enum _NDIS_NET_BUFFER_LIST_INFO
{
    TcpIpChecksumNetBufferListInfo,
    IPsecOffloadV1NetBufferListInfo,
    TcpLargeSendNetBufferListInfo,
    ClassificationHandleNetBufferListInfo,
    Ieee8021QNetBufferListInfo,
    NetBufferListCancelId,
    MediaSpecificInformation,
    NetBufferListFrameType, /* EtherType in network byte order */
    NetBufferListHashValue,
    NetBufferListHashInfo,
    WfpNetBufferListInfo,
    IPsecOffloadV2NetBufferListInfo,
    IPsecOffloadV2TunnelNetBufferListInfo,
    IPsecOffloadV2HeaderNetBufferListInfo,
    NetBufferListCorrelationId,
    NetBufferListFilteringInfo,
    MediaSpecificInformationEx,
    NblOriginalInterfaceIfIndex,
    NblReAuthWfpFlowContext,
    MaxNetBufferListInfo
} NDIS_NET_BUFFER_LIST_INFO;

struct _NET_BUFFER_LIST
{
    PNET_BUFFER_LIST Next;
    PNET_BUFFER FirstNetBuffer;
    PNET_BUFFER_LIST_CONTEXT Context;
    PNET_BUFFER_LIST ParentNetBufferList;
    NDIS_HANDLE NdisPoolHandle;
    DECLSPEC_ALIGN(MEMORY_ALLOCATION_ALIGNMENT) PVOID NdisReserved[2];
    DECLSPEC_ALIGN(MEMORY_ALLOCATION_ALIGNMENT) PVOID ProtocolReserved[4];
    DECLSPEC_ALIGN(MEMORY_ALLOCATION_ALIGNMENT) PVOID MiniportReserved[2];
    PVOID Scratch;
    NDIS_HANDLE SourceHandle;
    ULONG NblFlags;
    LONG ChildRefCount;
    ULONG Flags;
    NDIS_STATUS Status;
    PVOID NetBufferListInfo[MaxNetBufferListInfo];
};

NT_ASSERT_OFFSET(NET_BUFFER_LIST, NdisPoolHandle, 0x20, 0x10);
NT_ASSERT_OFFSET(NET_BUFFER_LIST, NdisReserved, 0x30, 0x18);
NT_ASSERT_OFFSET(NET_BUFFER_LIST, ProtocolReserved, 0x40, 0x20);
NT_ASSERT_OFFSET(NET_BUFFER_LIST, MiniportReserved, 0x60, 0x30);
NT_ASSERT_OFFSET(NET_BUFFER_LIST, SourceHandle, 0x78, 0x3C);
NT_ASSERT_OFFSET(NET_BUFFER_LIST, Status, 0x8C, 0x4C);
NT_ASSERT_OFFSET(NET_BUFFER_LIST, NetBufferListInfo, 0x90, 0x50);

#define NET_BUFFER_LIST_NEXT_NBL(Nbl)          ((Nbl)->Next)
#define NET_BUFFER_LIST_FIRST_NB(Nbl)          ((Nbl)->FirstNetBuffer)
#define NET_BUFFER_LIST_STATUS(Nbl)            ((Nbl)->Status)
#define NET_BUFFER_LIST_INFO(Nbl, Id)          ((Nbl)->NetBufferListInfo[(Id)])
#define NET_BUFFER_LIST_MINIPORT_RESERVED(Nbl) ((Nbl)->MiniportReserved)
#define NET_BUFFER_LIST_CONTEXT_DATA_START(Nbl) \
    ((PUCHAR)((Nbl)->Context) + sizeof(NET_BUFFER_LIST_CONTEXT) + (Nbl)->Context->Offset)

#define NDIS_ETH_TYPE_IPV4 0x0800
#define NDIS_ETH_TYPE_IPV6 0x86DD

#define NDIS_SEND_FLAGS_DISPATCH_LEVEL          0x00000001
#define NDIS_SEND_FLAGS_CHECK_FOR_LOOPBACK      0x00000002
#define NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL 0x00000001
#define NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL       0x00000001
#define NDIS_RECEIVE_FLAGS_RESOURCES            0x00000002
#define NDIS_RECEIVE_FLAGS_SINGLE_ETHER_TYPE    0x00000100
#define NDIS_RETURN_FLAGS_DISPATCH_LEVEL        0x00000001

#define NDIS_DEFAULT_PORT_NUMBER ((NDIS_PORT_NUMBER)0)

typedef struct _NET_BUFFER_LIST_POOL_PARAMETERS
{
    NDIS_OBJECT_HEADER Header;
    UCHAR ProtocolId;
    BOOLEAN fAllocateNetBuffer;
    USHORT ContextSize;
    ULONG PoolTag;
    ULONG DataSize;
} NET_BUFFER_LIST_POOL_PARAMETERS, *PNET_BUFFER_LIST_POOL_PARAMETERS;

NT_ASSERT_SIZE(NET_BUFFER_LIST_POOL_PARAMETERS, 0x10, 0x10);

#define NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1             1
#define NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1 0x10
#define NDIS_PROTOCOL_ID_DEFAULT                               0x00

typedef struct _NET_BUFFER_POOL_PARAMETERS
{
    NDIS_OBJECT_HEADER Header;
    ULONG PoolTag;
    ULONG DataSize;
} NET_BUFFER_POOL_PARAMETERS, *PNET_BUFFER_POOL_PARAMETERS;

#define NET_BUFFER_POOL_PARAMETERS_REVISION_1             1
#define NDIS_SIZEOF_NET_BUFFER_POOL_PARAMETERS_REVISION_1 12

typedef VOID NET_BUFFER_FREE_MDL(PMDL Mdl);
typedef NET_BUFFER_FREE_MDL *NET_BUFFER_FREE_MDL_HANDLER;
typedef PMDL NET_BUFFER_ALLOCATE_MDL(PULONG BufferSize);
typedef NET_BUFFER_ALLOCATE_MDL *NET_BUFFER_ALLOCATE_MDL_HANDLER;

NDISEXPORT NDIS_HANDLE NDISAPI NdisAllocateNetBufferListPool(
    _In_opt_ NDIS_HANDLE NdisHandle, _In_ const NET_BUFFER_LIST_POOL_PARAMETERS *Parameters);
NDISEXPORT VOID NDISAPI NdisFreeNetBufferListPool(_In_ NDIS_HANDLE PoolHandle);
NDISEXPORT PNET_BUFFER_LIST NDISAPI
NdisAllocateNetBufferList(_In_ NDIS_HANDLE PoolHandle, USHORT ContextSize, USHORT ContextBackFill);
NDISEXPORT PNET_BUFFER_LIST NDISAPI NdisAllocateNetBufferAndNetBufferList(
    _In_ NDIS_HANDLE PoolHandle,
    USHORT ContextSize,
    USHORT ContextBackFill,
    _In_opt_ PMDL MdlChain,
    ULONG DataOffset,
    SIZE_T DataLength);
NDISEXPORT VOID NDISAPI NdisFreeNetBufferList(_In_ PNET_BUFFER_LIST NetBufferList);
NDISEXPORT NDIS_HANDLE NDISAPI NdisAllocateNetBufferPool(
    _In_opt_ NDIS_HANDLE NdisHandle, _In_ const NET_BUFFER_POOL_PARAMETERS *Parameters);
NDISEXPORT VOID NDISAPI NdisFreeNetBufferPool(_In_ NDIS_HANDLE PoolHandle);
NDISEXPORT PNET_BUFFER NDISAPI NdisAllocateNetBuffer(
    _In_ NDIS_HANDLE PoolHandle, _In_opt_ PMDL MdlChain, ULONG DataOffset, SIZE_T DataLength);
/* With an MDL over DataSize bytes of its pool's, data offset and length 0. */
NDISEXPORT PNET_BUFFER NDISAPI NdisAllocateNetBufferMdlAndData(_In_ NDIS_HANDLE PoolHandle);
NDISEXPORT VOID NDISAPI NdisFreeNetBuffer(_In_ PNET_BUFFER NetBuffer);
NDISEXPORT NDIS_HANDLE NDISAPI NdisGetPoolFromNetBuffer(_In_ PNET_BUFFER NetBuffer);
NDISEXPORT NDIS_HANDLE NDISAPI NdisGetPoolFromNetBufferList(_In_ PNET_BUFFER_LIST NetBufferList);
NDISEXPORT PMDL NDISAPI NdisAllocateMdl(
    _In_ NDIS_HANDLE NdisHandle, _In_reads_bytes_(Length) PVOID VirtualAddress, UINT Length);
NDISEXPORT VOID NDISAPI NdisFreeMdl(_In_ PMDL Mdl);
NDISEXPORT PVOID NDISAPI NdisGetDataBuffer(
    _In_ PNET_BUFFER NetBuffer,
    ULONG BytesNeeded,
    _Out_writes_bytes_opt_(BytesNeeded) PVOID Storage,
    UINT AlignMultiple,
    UINT AlignOffset);
NDISEXPORT VOID NDISAPI NdisAdvanceNetBufferDataStart(
    _In_ PNET_BUFFER NetBuffer,
    ULONG DataOffsetDelta,
    BOOLEAN FreeMdl,
    _In_opt_ NET_BUFFER_FREE_MDL_HANDLER FreeMdlHandler);
NDISEXPORT NDIS_STATUS NDISAPI NdisRetreatNetBufferDataStart(
    _In_ PNET_BUFFER NetBuffer,
    ULONG DataOffsetDelta,
    ULONG DataBackFill,
    _In_opt_ NET_BUFFER_ALLOCATE_MDL_HANDLER AllocateMdlHandler);

/* CurrentMdl and CurrentMdlOffset, from DataOffset. */
NDISEXPORT VOID NDISAPI NdisAdjustNetBufferCurrentMdl(_Inout_ PNET_BUFFER NetBuffer);
/* Pages of all its MDLs. */
NDISEXPORT ULONG NDISAPI NdisQueryNetBufferPhysicalCount(_In_ PNET_BUFFER NetBuffer);

/* Contexts: space at the start of the list's, of which NdisFreeNetBufferListContext gives back as
 * much. Sizes are multiples of a pointer's. */
NDISEXPORT NDIS_STATUS NDISAPI NdisAllocateNetBufferListContext(
    _Inout_ PNET_BUFFER_LIST NetBufferList,
    USHORT ContextSize,
    USHORT ContextBackFill,
    ULONG PoolTag);
NDISEXPORT VOID NDISAPI
NdisFreeNetBufferListContext(_Inout_ PNET_BUFFER_LIST NetBufferList, USHORT ContextSize);

/* Clones: lists of net buffers of their own over the data of another one's. Whoever makes one sets
 * ParentNetBufferList and counts in ChildRefCount. */
#define NDIS_CLONE_FLAGS_RESERVED          0x00000001
#define NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS 0x00000002

NDISEXPORT PNET_BUFFER_LIST NDISAPI NdisAllocateCloneNetBufferList(
    _In_ PNET_BUFFER_LIST OriginalNetBufferList,
    _In_opt_ NDIS_HANDLE NetBufferListPoolHandle,
    _In_opt_ NDIS_HANDLE NetBufferPoolHandle,
    ULONG AllocateCloneFlags);
NDISEXPORT VOID NDISAPI
NdisFreeCloneNetBufferList(_In_ PNET_BUFFER_LIST CloneNetBufferList, ULONG FreeCloneFlags);
NDISEXPORT VOID NDISAPI NdisCopySendNetBufferListInfo(
    _Inout_ PNET_BUFFER_LIST DestNetBufferList, _In_ PNET_BUFFER_LIST SrcNetBufferList);
NDISEXPORT VOID NDISAPI NdisCopyReceiveNetBufferListInfo(
    _Inout_ PNET_BUFFER_LIST DestNetBufferList, _In_ PNET_BUFFER_LIST SrcNetBufferList);

/* Fragments: the data of each net buffer, from StartOffset on, in net buffers of at most
 * MaximumLength bytes, each with DataOffsetDelta bytes of used data space of its own in front. A
 * reassembled list has one net buffer, with the data of all those of another. Flags are 0. */
NDISEXPORT PNET_BUFFER_LIST NDISAPI NdisAllocateFragmentNetBufferList(
    _In_ PNET_BUFFER_LIST OriginalNetBufferList,
    _In_opt_ NDIS_HANDLE NetBufferListPool,
    _In_opt_ NDIS_HANDLE NetBufferPool,
    ULONG StartOffset,
    ULONG MaximumLength,
    ULONG DataOffsetDelta,
    ULONG DataBackFill,
    ULONG AllocateFragmentFlags);
NDISEXPORT VOID NDISAPI NdisFreeFragmentNetBufferList(
    _In_ PNET_BUFFER_LIST FragmentNetBufferList, ULONG DataOffsetDelta, ULONG FreeFragmentFlags);
NDISEXPORT PNET_BUFFER_LIST NDISAPI NdisAllocateReassembledNetBufferList(
    _In_ PNET_BUFFER_LIST FragmentNetBufferList,
    _In_opt_ NDIS_HANDLE NetBufferAndNetBufferListPoolHandle,
    ULONG StartOffset,
    ULONG DataOffsetDelta,
    ULONG DataBackFill,
    ULONG AllocateReassembleFlags);
NDISEXPORT VOID NDISAPI NdisFreeReassembledNetBufferList(
    _In_ PNET_BUFFER_LIST ReassembledNetBufferList,
    ULONG DataOffsetDelta,
    ULONG FreeReassembleFlags);

#endif
