/* SPDX-License-Identifier: MIT */
/*
 * Functions of Wine's ntoskrnl.exe that this host replaces and still needs itself, under names of
 * their own (wine_kernel.def), and functions of the NT executive that <ntifs.h> does not declare.
 */
#ifndef ADIT_HOST_WINE_WINE_KERNEL_H
#define ADIT_HOST_WINE_WINE_KERNEL_H

#include <ntifs.h>

DECLSPEC_IMPORT NTSTATUS NTAPI WineObReferenceObjectByHandle(
    HANDLE Handle,
    ACCESS_MASK DesiredAccess,
    POBJECT_TYPE ObjectType,
    KPROCESSOR_MODE AccessMode,
    PVOID *Object,
    PVOID HandleInformation);
DECLSPEC_IMPORT LONG_PTR FASTCALL WineObfReferenceObject(PVOID Object);
DECLSPEC_IMPORT LONG_PTR FASTCALL WineObfDereferenceObject(PVOID Object);
DECLSPEC_IMPORT LONG NTAPI WineKeSetEvent(PRKEVENT Event, KPRIORITY Increment, BOOLEAN Wait);
DECLSPEC_IMPORT LONG NTAPI WineKeResetEvent(PRKEVENT Event);
DECLSPEC_IMPORT LONG NTAPI WineKeReadStateEvent(PRKEVENT Event);
DECLSPEC_IMPORT NTSTATUS NTAPI WineKeWaitForMultipleObjects(
    ULONG Count,
    PVOID Object[],
    WAIT_TYPE WaitType,
    KWAIT_REASON WaitReason,
    KPROCESSOR_MODE WaitMode,
    BOOLEAN Alertable,
    PLARGE_INTEGER Timeout,
    PKWAIT_BLOCK WaitBlockArray);
DECLSPEC_IMPORT PDEVICE_OBJECT NTAPI
WineIoAttachDeviceToDeviceStack(PDEVICE_OBJECT Source, PDEVICE_OBJECT Target);
DECLSPEC_IMPORT NTSTATUS NTAPI WineIoCreateDevice(
    PDRIVER_OBJECT DriverObject,
    ULONG DeviceExtensionSize,
    PUNICODE_STRING DeviceName,
    DEVICE_TYPE DeviceType,
    ULONG DeviceCharacteristics,
    BOOLEAN Exclusive,
    PDEVICE_OBJECT *DeviceObject);
DECLSPEC_IMPORT VOID NTAPI WineIoDeleteDevice(PDEVICE_OBJECT DeviceObject);
DECLSPEC_IMPORT VOID NTAPI WineIoDetachDevice(PDEVICE_OBJECT Target);
DECLSPEC_IMPORT VOID FASTCALL WineIofCompleteRequest(PIRP Irp, CCHAR PriorityBoost);
DECLSPEC_IMPORT NTSTATUS NTAPI WinePsTerminateSystemThread(NTSTATUS ExitStatus);
DECLSPEC_IMPORT PVOID NTAPI WineMmGetSystemRoutineAddress(PUNICODE_STRING Name);

typedef struct _IMAGE_INFO
{
    ULONG Properties;
    PVOID ImageBase;
    ULONG ImageSelector;
    SIZE_T ImageSize;
    ULONG ImageSectionNumber;
} IMAGE_INFO, *PIMAGE_INFO;

NT_ASSERT_OFFSET(IMAGE_INFO, ImageBase, 8, 4);

typedef VOID NTAPI
LOAD_IMAGE_NOTIFY_ROUTINE(PUNICODE_STRING FullImageName, HANDLE ProcessId, PIMAGE_INFO ImageInfo);

DECLSPEC_IMPORT NTSTATUS NTAPI PsSetLoadImageNotifyRoutine(LOAD_IMAGE_NOTIFY_ROUTINE *Routine);
/* Finds driver objects only. */
DECLSPEC_IMPORT NTSTATUS NTAPI ObReferenceObjectByName(
    PUNICODE_STRING Name,
    ULONG Attributes,
    PVOID AccessState,
    ACCESS_MASK DesiredAccess,
    POBJECT_TYPE ObjectType,
    KPROCESSOR_MODE AccessMode,
    PVOID ParseContext,
    PVOID *Object);
DECLSPEC_IMPORT NTSTATUS NTAPI ObOpenObjectByPointer(
    PVOID Object,
    ULONG Attributes,
    PVOID AccessState,
    ACCESS_MASK DesiredAccess,
    POBJECT_TYPE ObjectType,
    KPROCESSOR_MODE AccessMode,
    PHANDLE Handle);
DECLSPEC_IMPORT POBJECT_TYPE NTAPI ObGetObjectType(PVOID Object);
DECLSPEC_IMPORT ULONG NTAPI KeQueryActiveProcessorCountEx(USHORT GroupNumber);
DECLSPEC_IMPORT KAFFINITY NTAPI KeSetSystemAffinityThreadEx(KAFFINITY Affinity);
DECLSPEC_IMPORT VOID NTAPI KeRevertToUserAffinityThreadEx(KAFFINITY Affinity);
DECLSPEC_IMPORT NTSTATUS NTAPI ExUuidCreate(GUID *Uuid);
DECLSPEC_IMPORT HANDLE NTAPI PsGetCurrentThreadId(VOID);
DECLSPEC_IMPORT PIRP NTAPI IoAllocateIrp(CCHAR StackSize, BOOLEAN ChargeQuota);
DECLSPEC_IMPORT VOID NTAPI IoFreeIrp(PIRP Irp);
#ifndef STATUS_MORE_PROCESSING_REQUIRED
#define STATUS_MORE_PROCESSING_REQUIRED ((NTSTATUS)0xC0000016)
#endif

#endif
