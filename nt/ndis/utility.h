/* SPDX-License-Identifier: MIT */
/*
 * What NDIS offers under names of its own though it is no network's: strings, counters and lists
 * under a lock, entries of the event log, functions by name, names and numbers of interfaces.
 */
#ifndef ADIT_NT_NDIS_UTILITY_H
#define ADIT_NT_NDIS_UTILITY_H

#define NDIS_STATUS_INTERFACE_NOT_FOUND ((NDIS_STATUS)STATUS_NDIS_INTERFACE_NOT_FOUND)

/* Strings (nf-ndis-ndisinitializestring and others) */

NDISEXPORT VOID NDISAPI
NdisInitAnsiString(_Out_ PANSI_STRING DestinationString, _In_opt_ PCSTR SourceString);
NDISEXPORT VOID NDISAPI
NdisInitUnicodeString(_Out_ PUNICODE_STRING DestinationString, _In_opt_ PCWSTR SourceString);
/* A copy, which NdisFreeString frees; its Buffer is NULL without memory. PASSIVE_LEVEL. */
NDISEXPORT VOID NDISAPI NdisInitializeString(_Out_ PNDIS_STRING Destination, _In_z_ PUCHAR Source);
#define NdisFreeString(String) NdisFreeMemory((String).Buffer, (String).MaximumLength, 0)
/* Into the destination's buffer: STATUS_BUFFER_OVERFLOW if it is too small. PASSIVE_LEVEL. */
NDISEXPORT NDIS_STATUS NDISAPI NdisAnsiStringToUnicodeString(
    _Inout_ PUNICODE_STRING DestinationString, _In_ PANSI_STRING SourceString);
NDISEXPORT NDIS_STATUS NDISAPI NdisUnicodeStringToAnsiString(
    _Inout_ PANSI_STRING DestinationString, _In_ PUNICODE_STRING SourceString);
NDISEXPORT NDIS_STATUS NDISAPI NdisUpcaseUnicodeString(
    _Inout_ PUNICODE_STRING DestinationString, _In_ PUNICODE_STRING SourceString);
NDISEXPORT BOOLEAN NDISAPI
NdisEqualString(_In_ PNDIS_STRING String1, _In_ PNDIS_STRING String2, BOOLEAN CaseInsensitive);

/* Interlocked: a number before it was added to, the first or last entry before an insertion, the
 * entry removed; NULL: the list was empty. */

NDISEXPORT LONG NDISAPI NdisInterlockedIncrement(_Inout_ PLONG Addend);
NDISEXPORT LONG NDISAPI NdisInterlockedDecrement(_Inout_ PLONG Addend);
NDISEXPORT ULONG NDISAPI
NdisInterlockedAddUlong(_Inout_ PULONG Addend, ULONG Increment, _Inout_ PNDIS_SPIN_LOCK SpinLock);
NDISEXPORT PLIST_ENTRY NDISAPI NdisInterlockedInsertHeadList(
    _Inout_ PLIST_ENTRY ListHead, _Inout_ PLIST_ENTRY ListEntry, _Inout_ PNDIS_SPIN_LOCK SpinLock);
NDISEXPORT PLIST_ENTRY NDISAPI NdisInterlockedInsertTailList(
    _Inout_ PLIST_ENTRY ListHead, _Inout_ PLIST_ENTRY ListEntry, _Inout_ PNDIS_SPIN_LOCK SpinLock);
NDISEXPORT PLIST_ENTRY NDISAPI
NdisInterlockedRemoveHeadList(_Inout_ PLIST_ENTRY ListHead, _Inout_ PNDIS_SPIN_LOCK SpinLock);
NDISEXPORT PSINGLE_LIST_ENTRY NDISAPI NdisInterlockedPushEntryList(
    _Inout_ PSINGLE_LIST_ENTRY ListHead,
    _Inout_ PSINGLE_LIST_ENTRY ListEntry,
    _Inout_ PNDIS_SPIN_LOCK SpinLock);
NDISEXPORT PSINGLE_LIST_ENTRY NDISAPI
NdisInterlockedPopEntryList(_Inout_ PSINGLE_LIST_ENTRY ListHead, _Inout_ PNDIS_SPIN_LOCK SpinLock);

/* Event log (nf-ndis-ndiswriteerrorlogentry) */

typedef ULONG NDIS_ERROR_CODE, *PNDIS_ERROR_CODE;

#define NDIS_ERROR_CODE_OUT_OF_RESOURCES ((NDIS_ERROR_CODE)0xC0001389)

/* As many ULONG values as an entry has room for. IRQL <= DISPATCH_LEVEL. */
NDISEXPORT VOID CDECL NdisWriteErrorLogEntry(
    _In_ NDIS_HANDLE NdisAdapterHandle, NDIS_ERROR_CODE ErrorCode, ULONG NumberOfErrorValues, ...);

/* Handles for those who have none (ns-ndis-_ndis_generic_object) */

typedef struct _NDIS_GENERIC_OBJECT
{
    NDIS_OBJECT_HEADER Header;
    PVOID Caller;
    PVOID CallersCaller;
    PDRIVER_OBJECT DriverObject;
} NDIS_GENERIC_OBJECT, *PNDIS_GENERIC_OBJECT;

NT_ASSERT_SIZE(NDIS_GENERIC_OBJECT, 0x20, 0x10);

#define NDIS_GENERIC_OBJECT_REVISION_1 1

/* With Size bytes of the caller's behind it, zeroed; NULL: no memory. IRQL <= DISPATCH_LEVEL. */
NDISEXPORT PNDIS_GENERIC_OBJECT NDISAPI
NdisAllocateGenericObject(_In_opt_ PDRIVER_OBJECT DriverObject, ULONG Tag, USHORT Size);
NDISEXPORT VOID NDISAPI NdisFreeGenericObject(_In_ PNDIS_GENERIC_OBJECT NdisObject);

/* An exported function; NULL: there is none of that name. PASSIVE_LEVEL. */
NDISEXPORT PVOID NDISAPI NdisGetRoutineAddress(_In_ PNDIS_STRING NdisRoutineName);
/* The high byte of cancellation identifiers that nobody else uses. */
NDISEXPORT UCHAR NDISAPI NdisGeneratePartialCancelId(VOID);

/* Interfaces: NDIS_STATUS_INTERFACE_NOT_FOUND. PASSIVE_LEVEL. */

NDISEXPORT NDIS_STATUS NDISAPI
NdisIfGetInterfaceIndexFromNetLuid(NET_LUID NetLuid, _Out_ PNET_IFINDEX IfIndex);
NDISEXPORT NDIS_STATUS NDISAPI
NdisIfGetNetLuidFromInterfaceIndex(NET_IFINDEX IfIndex, _Out_ PNET_LUID NetLuid);
/* What Plug and Play calls the device, in memory that NdisFreeMemory frees. PASSIVE_LEVEL. */
NDISEXPORT NDIS_STATUS NDISAPI NdisMQueryAdapterInstanceName(
    _Out_ PNDIS_STRING AdapterInstanceName, _In_ NDIS_HANDLE MiniportHandle);

#endif
