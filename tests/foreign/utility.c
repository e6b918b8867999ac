/* SPDX-License-Identifier: MIT */
/*
 * foreign.sys: what a miniport may ask of NDIS beside its packets' way. Each part that does not
 * behave is a word in the log.
 */
#include "driver.h"

#define UTILITY_DATA 200

static VOID UtilityExpect(BOOLEAN Holds, PCSTR Word)
{
    if (!Holds)
    {
        ForeignLog(Word);
    }
}

static VOID UtilityStrings(VOID)
{
    CHAR Bytes[16] = {0};
    WCHAR Characters[16] = {0};
    ANSI_STRING Ansi = {0, sizeof(Bytes), Bytes};
    UNICODE_STRING Upper = {0, sizeof(Characters), Characters}, Lower, Expected;
    NDIS_STRING Copy;

    NdisInitUnicodeString(&Lower, L"adit");
    NdisInitUnicodeString(&Expected, L"ADIT");
    UtilityExpect(
        NdisUpcaseUnicodeString(&Upper, &Lower) == NDIS_STATUS_SUCCESS &&
            NdisEqualString(&Upper, &Expected, FALSE) && NdisEqualString(&Upper, &Lower, TRUE),
        "Upcase");
    UtilityExpect(
        NdisUnicodeStringToAnsiString(&Ansi, &Lower) == NDIS_STATUS_SUCCESS && Ansi.Length == 4 &&
            Bytes[0] == 'a' && Bytes[3] == 't',
        "ToAnsi");
    NdisInitializeString(&Copy, (PUCHAR) "adit");
    UtilityExpect(Copy.Buffer != NULL && NdisEqualString(&Copy, &Lower, FALSE), "String");
    if (Copy.Buffer != NULL)
    {
        NdisFreeString(Copy);
    }
}

/* Fragments of a net buffer with data of its pool's, put together again. */
static VOID UtilityFragments(PNET_BUFFER_LIST List)
{
    UCHAR Storage[UTILITY_DATA];
    PUCHAR Data = NdisGetDataBuffer(NET_BUFFER_LIST_FIRST_NB(List), UTILITY_DATA, NULL, 1, 0);
    PNET_BUFFER_LIST Parts =
        NdisAllocateFragmentNetBufferList(List, NULL, NULL, 0, UTILITY_DATA / 3, 20, 0, 0);
    PNET_BUFFER_LIST Whole = NULL;

    for (ULONG i = 0; Data != NULL && i < UTILITY_DATA; i++)
    {
        Data[i] = (UCHAR)i;
    }
    if (Parts != NULL)
    {
        Whole = NdisAllocateReassembledNetBufferList(Parts, NULL, 20, 0, 0, 0);
    }
    Data = NULL;
    if (Whole != NULL)
    {
        Data = NdisGetDataBuffer(NET_BUFFER_LIST_FIRST_NB(Whole), UTILITY_DATA, Storage, 1, 0);
    }
    UtilityExpect(
        Data != NULL && Data[0] == 0 && Data[UTILITY_DATA - 1] == UTILITY_DATA - 1, "Fragments");
    if (Whole != NULL)
    {
        NdisFreeReassembledNetBufferList(Whole, 0, 0);
    }
    if (Parts != NULL)
    {
        NdisFreeFragmentNetBufferList(Parts, 20, 0);
    }
}

static VOID UtilityBuffers(NDIS_HANDLE Adapter)
{
    NET_BUFFER_POOL_PARAMETERS Buffers = {
        .Header =
            {NDIS_OBJECT_TYPE_DEFAULT, NET_BUFFER_POOL_PARAMETERS_REVISION_1,
             NDIS_SIZEOF_NET_BUFFER_POOL_PARAMETERS_REVISION_1},
        .PoolTag = FOREIGN_TAG,
        .DataSize = UTILITY_DATA,
    };
    NET_BUFFER_LIST_POOL_PARAMETERS Lists = {
        .Header =
            {NDIS_OBJECT_TYPE_DEFAULT, NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1,
             NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1},
        .PoolTag = FOREIGN_TAG,
    };
    NDIS_HANDLE BufferPool = NdisAllocateNetBufferPool(Adapter, &Buffers);
    NDIS_HANDLE ListPool = NdisAllocateNetBufferListPool(Adapter, &Lists);
    PNET_BUFFER Buffer = BufferPool != NULL ? NdisAllocateNetBufferMdlAndData(BufferPool) : NULL;
    PNET_BUFFER_LIST List = ListPool != NULL ? NdisAllocateNetBufferList(ListPool, 0, 0) : NULL;

    UtilityExpect(Buffer != NULL && List != NULL, "Pools");
    if (Buffer != NULL && List != NULL)
    {
        NET_BUFFER_DATA_LENGTH(Buffer) = UTILITY_DATA;
        NET_BUFFER_LIST_FIRST_NB(List) = Buffer;
        UtilityFragments(List);
        NET_BUFFER_LIST_FIRST_NB(List) = NULL;
    }
    if (List != NULL)
    {
        NdisFreeNetBufferList(List);
    }
    if (Buffer != NULL)
    {
        NdisFreeNetBuffer(Buffer);
    }
    if (ListPool != NULL)
    {
        NdisFreeNetBufferListPool(ListPool);
    }
    if (BufferPool != NULL)
    {
        NdisFreeNetBufferPool(BufferPool);
    }
}

/* A subkey of the adapter's key, which the driver makes, and none behind it. */
static VOID UtilitySubkeys(NDIS_HANDLE Adapter)
{
    NDIS_CONFIGURATION_OBJECT Object = {
        .Header =
            {NDIS_OBJECT_TYPE_CONFIGURATION_OBJECT, NDIS_CONFIGURATION_OBJECT_REVISION_1,
             NDIS_SIZEOF_CONFIGURATION_OBJECT_REVISION_1},
        .NdisHandle = Adapter,
    };
    UNICODE_STRING Text = RTL_CONSTANT_STRING(L"Foreign");
    WCHAR Characters[32];
    NDIS_STRING Found = {0, sizeof(Characters), Characters};
    OBJECT_ATTRIBUTES Attributes;
    NDIS_HANDLE Configuration, Subkey;
    PDEVICE_OBJECT Pdo, Fdo, Next;
    HANDLE Parent, Key;
    NDIS_STATUS First, Second;

    NdisMGetDeviceProperty(Adapter, &Pdo, &Fdo, &Next, NULL, NULL);
    if (!NT_SUCCESS(IoOpenDeviceRegistryKey(Pdo, PLUGPLAY_REGKEY_DRIVER, KEY_ALL_ACCESS, &Parent)))
    {
        ForeignLog("DriverKey");
        return;
    }
    InitializeObjectAttributes(&Attributes, &Text, OBJ_KERNEL_HANDLE, Parent, NULL);
    if (NT_SUCCESS(ZwCreateKey(&Key, KEY_ALL_ACCESS, &Attributes, 0, NULL, 0, NULL)))
    {
        ZwClose(Key);
    }
    ZwClose(Parent);
    if (NdisOpenConfigurationEx(&Object, &Configuration) != NDIS_STATUS_SUCCESS)
    {
        ForeignLog("Configuration");
        return;
    }
    NdisOpenConfigurationKeyByIndex(&First, Configuration, 0, &Found, &Subkey);
    UtilityExpect(
        First == NDIS_STATUS_SUCCESS && NdisEqualString(&Found, &Text, TRUE), "SubkeyFirst");
    if (First == NDIS_STATUS_SUCCESS)
    {
        NdisCloseConfiguration(Subkey);
    }
    NdisOpenConfigurationKeyByIndex(&Second, Configuration, 1, &Found, &Subkey);
    UtilityExpect(Second == NDIS_STATUS_FAILURE, "SubkeySecond");
    NdisCloseConfiguration(Configuration);
}

static VOID UtilityProcessors(NDIS_HANDLE Adapter)
{
    union
    {
        NDIS_RSS_PROCESSOR_INFO Info;
        UCHAR Space[sizeof(NDIS_RSS_PROCESSOR_INFO) + 64 * sizeof(NDIS_RSS_PROCESSOR)];
    } Rss;
    SIZE_T Size = sizeof(Rss);
    ULONG Count = NdisGroupActiveProcessorCount(0);

    UtilityExpect(Count != 0 && NdisCurrentProcessorIndex() < Count, "Processor");
    UtilityExpect(
        NdisGetRssProcessorInformation(Adapter, &Rss.Info, &Size) == NDIS_STATUS_SUCCESS &&
            Rss.Info.RssProcessorCount == Count,
        "Rss");
}

static VOID UtilityInterface(NDIS_HANDLE Adapter, PNDIS_MINIPORT_INIT_PARAMETERS Parameters)
{
    UNICODE_STRING Routine = RTL_CONSTANT_STRING(L"NdisMResetMiniport");
    UNICODE_STRING NoRoutine = RTL_CONSTANT_STRING(L"NdisMIsNotThere");
    LARGE_INTEGER UpTime = {.QuadPart = 0};
    NET_LUID Luid = {.Value = 0};
    NDIS_SPIN_LOCK Lock;
    NDIS_STRING Name;
    ULONG Sum = 1;

    UtilityExpect(
        NdisIfGetNetLuidFromInterfaceIndex(Parameters->IfIndex, &Luid) == NDIS_STATUS_SUCCESS &&
            Luid.Value == Parameters->NetLuid.Value,
        "Luid");
    if (NdisMQueryAdapterInstanceName(&Name, Adapter) == NDIS_STATUS_SUCCESS)
    {
        UtilityExpect(Name.Length != 0, "NameLength");
        NdisFreeMemory(Name.Buffer, 0, 0);
    }
    else
    {
        ForeignLog("Name");
    }
    NdisGetSystemUpTimeEx(&UpTime);
    UtilityExpect(UpTime.QuadPart > 0, "UpTime");
    UtilityExpect(
        NdisGetRoutineAddress(&Routine) != NULL && NdisGetRoutineAddress(&NoRoutine) == NULL,
        "Routine");
    NdisAllocateSpinLock(&Lock);
    UtilityExpect(NdisInterlockedAddUlong(&Sum, 2, &Lock) == 1 && Sum == 3, "Add");
    NdisFreeSpinLock(&Lock);
}

_Use_decl_annotations_
VOID UtilityCheck(NDIS_HANDLE Adapter, PNDIS_MINIPORT_INIT_PARAMETERS Parameters)
{
    UtilityStrings();
    UtilityBuffers(Adapter);
    UtilitySubkeys(Adapter);
    UtilityProcessors(Adapter);
    UtilityInterface(Adapter, Parameters);
    NdisWriteErrorLogEntry(Adapter, NDIS_ERROR_CODE_OUT_OF_RESOURCES, 2, 1, 2);
    ForeignLog("Checked");
}
