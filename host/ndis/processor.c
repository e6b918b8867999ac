/* SPDX-License-Identifier: MIT */
/* Processors: all of them are in group 0, and as many as are active can be. */
#include "internal.h"

CCHAR NDISAPI NdisSystemProcessorCount(VOID)
{
    return (CCHAR)KeQueryActiveProcessorCount(NULL);
}

ULONG NDISAPI NdisSystemActiveProcessorCount(KAFFINITY *ActiveProcessors)
{
    return KeQueryActiveProcessorCount(ActiveProcessors);
}

ULONG NDISAPI NdisGroupActiveProcessorCount(USHORT Group)
{
    return Group == 0 || Group == ALL_PROCESSOR_GROUPS ? KeQueryActiveProcessorCount(NULL) : 0;
}

ULONG NDISAPI NdisGroupMaxProcessorCount(USHORT Group)
{
    return NdisGroupActiveProcessorCount(Group);
}

KAFFINITY NDISAPI NdisGroupActiveProcessorMask(USHORT Group)
{
    KAFFINITY Mask = 0;
    KeQueryActiveProcessorCount(&Mask);
    return Group == 0 ? Mask : 0;
}

USHORT NDISAPI NdisActiveGroupCount(VOID)
{
    return 1;
}

USHORT NDISAPI NdisMaxGroupCount(VOID)
{
    return 1;
}

/* Where some processors are offline, the number of the current one may be above their count, by
 * which drivers size what they have for each processor. */
ULONG NDISAPI NdisCurrentProcessorIndex(VOID)
{
    return KeGetCurrentProcessorNumberEx(NULL) % KeQueryActiveProcessorCount(NULL);
}

PROCESSOR_NUMBER NDISAPI NdisCurrentGroupAndProcessor(VOID)
{
    return (PROCESSOR_NUMBER){.Number = (UCHAR)NdisCurrentProcessorIndex()};
}

/* All, and none of them nearer than another. */
NDIS_STATUS NDISAPI NdisGetRssProcessorInformation(
    NDIS_HANDLE NdisHandle, PNDIS_RSS_PROCESSOR_INFO RssProcessorInfo, PSIZE_T Size)
{
    NDISP_IRQL(
        "NdisGetRssProcessorInformation", "nf-ndis-ndisgetrssprocessorinformation", DISPATCH_LEVEL);
    PNDIS_MINIPORT_ADAPTER Adapter =
        NdispAdapterFromHandle(NdisHandle, "NdisGetRssProcessorInformation");
    BOOLEAN Newer = Adapter->Driver->Characteristics.MinorNdisVersion >= 30;
    ULONG Count = KeQueryActiveProcessorCount(NULL);
    ULONG Offset = Newer ? NDIS_SIZEOF_RSS_PROCESSOR_INFO_REVISION_2
                         : NDIS_SIZEOF_RSS_PROCESSOR_INFO_REVISION_1;
    SIZE_T Needed = Offset + Count * sizeof(NDIS_RSS_PROCESSOR), Given = *Size;
    PNDIS_RSS_PROCESSOR Processors;

    *Size = Needed;
    if (RssProcessorInfo == NULL || Given < Needed)
    {
        return NDIS_STATUS_BUFFER_TOO_SHORT;
    }
    RtlZeroMemory(RssProcessorInfo, Needed);
    RssProcessorInfo->Header.Type = NDIS_OBJECT_TYPE_RSS_PROCESSOR_INFO;
    RssProcessorInfo->Header.Revision =
        Newer ? NDIS_RSS_PROCESSOR_INFO_REVISION_2 : NDIS_RSS_PROCESSOR_INFO_REVISION_1;
    RssProcessorInfo->Header.Size = (USHORT)Offset;
    RssProcessorInfo->MaxNumRssProcessors = Count;
    RssProcessorInfo->RssProcessorArrayOffset = Offset;
    RssProcessorInfo->RssProcessorCount = Count;
    RssProcessorInfo->RssProcessorEntrySize = sizeof(NDIS_RSS_PROCESSOR);
    if (Newer)
    {
        RssProcessorInfo->RssMaxProcessor.Number = (UCHAR)(Count - 1);
        RssProcessorInfo->RssProfile = NdisRssProfileClosest;
    }
    Processors = Add2Ptr(RssProcessorInfo, Offset);
    for (ULONG i = 0; i < Count; i++)
    {
        Processors[i].ProcNum.Number = (UCHAR)i;
    }
    return NDIS_STATUS_SUCCESS;
}
