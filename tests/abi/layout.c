/* SPDX-License-Identifier: MIT */
/*
 * Sizes and offsets of the NT structures that cross the driver's boundary, and sizes of the types
 * of <ifdef.h> that NDIS 6 structures are made of, as a table in a section of its own. See
 * CMakeLists.txt.
 */
#if defined(ADIT_REFERENCE_WINE)
#include <stdarg.h>
#include <ntstatus.h>
#define WIN32_NO_STATUS
#include <windef.h>
#include <winternl.h>
#include <ddk/wdm.h>
#else
#include <ntifs.h>
#endif
#if __has_include(<ifdef.h>)
#include <ifdef.h>
#else
#include <ndis.h>
#endif

#define SIZE(Type)          sizeof(Type)
#define OFFSET(Type, Field) __builtin_offsetof(Type, Field)

__attribute__((section("layout"), used)) const unsigned Layout[] = {
    SIZE(DISPATCHER_HEADER),
    OFFSET(DISPATCHER_HEADER, SignalState),
    OFFSET(DISPATCHER_HEADER, WaitListHead),
    SIZE(KEVENT),
    SIZE(KSEMAPHORE),
    SIZE(KMUTANT),
    SIZE(KDPC),
    OFFSET(KDPC, DeferredRoutine),
    OFFSET(KDPC, SystemArgument2),
    SIZE(KTIMER),
    OFFSET(KTIMER, Dpc),
    SIZE(ERESOURCE),
    SIZE(KLOCK_QUEUE_HANDLE),
    SIZE(LIST_ENTRY),
    SIZE(UNICODE_STRING),
    SIZE(OBJECT_ATTRIBUTES),
    SIZE(IO_STATUS_BLOCK),
    SIZE(MDL),
    OFFSET(MDL, MdlFlags),
    OFFSET(MDL, MappedSystemVa),
    OFFSET(MDL, StartVa),
    OFFSET(MDL, ByteCount),
    OFFSET(MDL, ByteOffset),
    SIZE(DRIVER_OBJECT),
    OFFSET(DRIVER_OBJECT, DriverExtension),
    OFFSET(DRIVER_OBJECT, DriverUnload),
    OFFSET(DRIVER_OBJECT, MajorFunction),
    OFFSET(DRIVER_EXTENSION, AddDevice),
    OFFSET(DEVICE_OBJECT, Flags),
    OFFSET(DEVICE_OBJECT, Characteristics),
    OFFSET(DEVICE_OBJECT, DeviceExtension),
    OFFSET(DEVICE_OBJECT, DeviceType),
    OFFSET(DEVICE_OBJECT, StackSize),
    OFFSET(DEVICE_OBJECT, AlignmentRequirement),
    OFFSET(DEVICE_OBJECT, SecurityDescriptor),
    OFFSET(DEVICE_OBJECT, DeviceLock),
    OFFSET(DEVICE_OBJECT, Reserved),
    OFFSET(FILE_OBJECT, FsContext),
    OFFSET(FILE_OBJECT, FileName),
    OFFSET(FILE_OBJECT, Event),
    SIZE(IO_STACK_LOCATION),
    OFFSET(IO_STACK_LOCATION, Parameters.DeviceIoControl.OutputBufferLength),
    OFFSET(IO_STACK_LOCATION, Parameters.DeviceIoControl.InputBufferLength),
    OFFSET(IO_STACK_LOCATION, Parameters.DeviceIoControl.IoControlCode),
    OFFSET(IO_STACK_LOCATION, DeviceObject),
    OFFSET(IO_STACK_LOCATION, FileObject),
    OFFSET(IO_STACK_LOCATION, CompletionRoutine),
    OFFSET(IO_STACK_LOCATION, Context),
    SIZE(IRP),
    OFFSET(IRP, MdlAddress),
    OFFSET(IRP, AssociatedIrp),
    OFFSET(IRP, IoStatus),
    OFFSET(IRP, RequestorMode),
    OFFSET(IRP, CancelRoutine),
    OFFSET(IRP, UserBuffer),
    OFFSET(IRP, Tail.Overlay.CurrentStackLocation),
    SIZE(GUID),
    SIZE(CLIENT_ID),
    SIZE(GENERIC_MAPPING),
    OFFSET(KEY_VALUE_PARTIAL_INFORMATION, Data),
    SIZE(SECURITY_SUBJECT_CONTEXT),
    OFFSET(MDL, Process),
    OFFSET(IO_STACK_LOCATION, Parameters.Power.Type),
    OFFSET(IO_STACK_LOCATION, Parameters.Power.State),
    SIZE(NET_LUID),
    SIZE(NET_IFINDEX),
    SIZE(NET_IFTYPE),
    SIZE(NET_IF_ACCESS_TYPE),
    SIZE(NET_IF_DIRECTION_TYPE),
    SIZE(NET_IF_CONNECTION_TYPE),
    SIZE(NET_IF_MEDIA_CONNECT_STATE),
    SIZE(NET_IF_MEDIA_DUPLEX_STATE),
#if !defined(ADIT_COMPARED_WITH_WINE)
    /* Not in Wine's headers. */
    SIZE(IO_ERROR_LOG_PACKET),
    OFFSET(IO_ERROR_LOG_PACKET, ErrorCode),
    OFFSET(IO_ERROR_LOG_PACKET, DumpData),
    SIZE(FILE_OBJECT),
    SIZE(EX_RUNDOWN_REF),
#endif
};
