/* SPDX-License-Identifier: MIT */
/*
 * What NDIS offers to miniport drivers beside registration and data path: memory, configuration
 * writes, device objects, and operations on whole net buffer lists.
 */
#ifndef ADIT_NT_NDIS_SUPPORT_H
#define ADIT_NT_NDIS_SUPPORT_H

/* Flags of NDIS_MINIPORT_DRIVER_CHARACTERISTICS */
#define NDIS_INTERMEDIATE_DRIVER 0x00000001
#define NDIS_WDM_DRIVER          0x00000002

/* InformationBuffer of NdisDevicePnPEventPowerProfileChanged */
typedef enum _NDIS_POWER_PROFILE
{
    NdisPowerProfileBattery,
    NdisPowerProfileAcOnLine
} NDIS_POWER_PROFILE;

/* Memory */

typedef enum _EX_POOL_PRIORITY
{
    LowPoolPriority = 0,
    NormalPoolPriority = 16,
    HighPoolPriority = 32
} EX_POOL_PRIORITY;

NDISEXPORT PVOID NDISAPI NdisAllocateMemoryWithTagPriority(
    _In_ NDIS_HANDLE NdisHandle, UINT Length, ULONG Tag, EX_POOL_PRIORITY Priority);
NDISEXPORT VOID NDISAPI NdisFreeMemory(_In_ PVOID VirtualAddress, UINT Length, UINT MemoryFlags);
NDISEXPORT VOID NDISAPI
NdisFreeMemoryWithTagPriority(_In_ NDIS_HANDLE NdisHandle, _In_ PVOID VirtualAddress, ULONG Tag);
NDISEXPORT VOID NDISAPI NdisFreeMemoryWithTag(_In_ PVOID VirtualAddress, ULONG Tag);

/* Configuration */

NDISEXPORT VOID NDISAPI NdisWriteConfiguration(
    _Out_ PNDIS_STATUS Status,
    _In_ NDIS_HANDLE ConfigurationHandle,
    _In_ PNDIS_STRING Keyword,
    _In_ PNDIS_CONFIGURATION_PARAMETER ParameterValue);

NDISEXPORT VOID NDISAPI NdisOpenConfigurationKeyByName(
    _Out_ PNDIS_STATUS Status,
    _In_ NDIS_HANDLE ConfigurationHandle,
    _In_ PNDIS_STRING SubKeyName,
    _Out_ PNDIS_HANDLE SubKeyHandle);
/* Copies the name of the subkey of that number to KeyName's buffer. NDIS_STATUS_FAILURE: there is
 * none, or its name is longer. */
NDISEXPORT VOID NDISAPI NdisOpenConfigurationKeyByIndex(
    _Out_ PNDIS_STATUS Status,
    _In_ NDIS_HANDLE ConfigurationHandle,
    ULONG Index,
    _Inout_ PNDIS_STRING KeyName,
    _Out_ PNDIS_HANDLE KeyHandle);
/* The address is valid until the configuration is closed. */
NDISEXPORT VOID NDISAPI NdisReadNetworkAddress(
    _Out_ PNDIS_STATUS Status,
    _Outptr_result_maybenull_ PVOID *NetworkAddress,
    _Out_ PUINT NetworkAddressLength,
    _In_ NDIS_HANDLE ConfigurationHandle);

/* Data of all net buffers of a list; copies */

NDISEXPORT VOID NDISAPI NdisAdvanceNetBufferListDataStart(
    _In_ PNET_BUFFER_LIST NetBufferList,
    ULONG DataOffsetDelta,
    BOOLEAN FreeMdl,
    _In_opt_ NET_BUFFER_FREE_MDL_HANDLER FreeMdlHandler);
NDISEXPORT NDIS_STATUS NDISAPI NdisRetreatNetBufferListDataStart(
    _In_ PNET_BUFFER_LIST NetBufferList,
    ULONG DataOffsetDelta,
    ULONG DataBackFill,
    _In_opt_ NET_BUFFER_ALLOCATE_MDL_HANDLER AllocateMdlHandler,
    _In_opt_ NET_BUFFER_FREE_MDL_HANDLER FreeMdlHandler);
NDISEXPORT NDIS_STATUS NDISAPI NdisCopyFromNetBufferToNetBuffer(
    _In_ PNET_BUFFER Destination,
    ULONG DestinationOffset,
    ULONG BytesToCopy,
    _In_ const NET_BUFFER *Source,
    ULONG SourceOffset,
    _Out_ PULONG BytesCopied);

/* Reset (nf-ndis-ndismresetcomplete): of a MiniportResetEx that returned NDIS_STATUS_PENDING; and
 * a call of it, soon. IRQL <= DISPATCH_LEVEL. */

NDISEXPORT VOID NDISAPI NdisMResetComplete(
    _In_ NDIS_HANDLE MiniportAdapterHandle, NDIS_STATUS Status, BOOLEAN AddressingReset);
NDISEXPORT VOID NDISAPI NdisMResetMiniport(_In_ NDIS_HANDLE MiniportAdapterHandle);

/* Of a MiniportDirectOidRequest that returned NDIS_STATUS_PENDING. IRQL <= DISPATCH_LEVEL. */
NDISEXPORT VOID NDISAPI NdisMDirectOidRequestComplete(
    _In_ NDIS_HANDLE MiniportAdapterHandle, _In_ PNDIS_OID_REQUEST OidRequest, NDIS_STATUS Status);

/* From MiniportSetOptions; the structure begins so. NDIS_STATUS_FAILURE: not of that type. */

typedef struct _NDIS_DRIVER_OPTIONAL_HANDLERS
{
    NDIS_OBJECT_HEADER Header;
} NDIS_DRIVER_OPTIONAL_HANDLERS, *PNDIS_DRIVER_OPTIONAL_HANDLERS;

NDISEXPORT NDIS_STATUS NDISAPI NdisSetOptionalHandlers(
    _In_ NDIS_HANDLE NdisHandle, _In_ PNDIS_DRIVER_OPTIONAL_HANDLERS OptionalHandlers);

/* Device objects of a driver */

typedef struct _NDIS_DEVICE_OBJECT_ATTRIBUTES
{
    NDIS_OBJECT_HEADER Header;
    PNDIS_STRING DeviceName;
    PNDIS_STRING SymbolicName;
    PDRIVER_DISPATCH *MajorFunctions; /* IRP_MJ_MAXIMUM_FUNCTION + 1 of them */
    ULONG ExtensionSize;
    PCUNICODE_STRING DefaultSDDLString;
    const GUID *DeviceClassGuid;
} NDIS_DEVICE_OBJECT_ATTRIBUTES, *PNDIS_DEVICE_OBJECT_ATTRIBUTES;

NT_ASSERT_SIZE(NDIS_DEVICE_OBJECT_ATTRIBUTES, 0x38, 0x1C);
NT_ASSERT_OFFSET(NDIS_DEVICE_OBJECT_ATTRIBUTES, DefaultSDDLString, 0x28, 0x14);

#define NDIS_DEVICE_OBJECT_ATTRIBUTES_REVISION_1 1
#define NDIS_SIZEOF_DEVICE_OBJECT_ATTRIBUTES_REVISION_1 \
    RTL_SIZEOF_THROUGH_FIELD(NDIS_DEVICE_OBJECT_ATTRIBUTES, DeviceClassGuid)

NDISEXPORT NDIS_STATUS NDISAPI NdisRegisterDeviceEx(
    _In_ NDIS_HANDLE NdisHandle,
    _In_ PNDIS_DEVICE_OBJECT_ATTRIBUTES DeviceObjectAttributes,
    _Outptr_ PDEVICE_OBJECT *DeviceObject,
    _Out_ PNDIS_HANDLE NdisDeviceHandle);
NDISEXPORT VOID NDISAPI NdisDeregisterDeviceEx(_In_ NDIS_HANDLE NdisDeviceHandle);
NDISEXPORT PVOID NDISAPI NdisGetDeviceReservedExtension(_In_ PDEVICE_OBJECT DeviceObject);

#endif
