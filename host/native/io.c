/* SPDX-License-Identifier: MIT */
/*
 * Driver and device objects, and stacks of them.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "io_internal.h"

#define IOP_DRIVER_TYPE 4
#define IOP_DEVICE_TYPE 3

KI_MUTEX IopLock = KI_MUTEX_INITIALIZER;

static VOID IopDeleteDeviceObject(PVOID Object)
{
    PDEVICE_OBJECT Device = Object;
    IopDeleteNode(IopDevice(Device)->Node);
    free(Device->DeviceExtension);
    free(Device->DeviceObjectExtension);
}

static VOID IopDeleteDriverObject(PVOID Object)
{
    PDRIVER_OBJECT Driver = Object;
    free(Driver->DriverName.Buffer);
    free(Driver->DriverExtension->ServiceKeyName.Buffer);
    free(Driver->DriverExtension);
}

static BOOLEAN IopIsPermanentDriver(PVOID Object)
{
    /* The bus driver has no entry of its own. */
    return !((PDRIVER_OBJECT)Object)->DriverInit;
}

struct _OBJECT_TYPE IopDeviceType = {.Name = "Device", .Delete = IopDeleteDeviceObject};
struct _OBJECT_TYPE IopDriverType = {
    .Name = "Driver", .Delete = IopDeleteDriverObject, .IsPermanent = IopIsPermanentDriver};

PCSTR IopNarrow(PCWSTR Text, CHAR *Buffer, SIZE_T Size)
{
    SIZE_T Index = 0;
    for (; Text[Index] && Index + 1 < Size; Index++)
    {
        Buffer[Index] = (CHAR)Text[Index];
    }
    Buffer[Index] = '\0';
    return Buffer;
}

VOID IopFormat(PUNICODE_STRING String, PWSTR Buffer, SIZE_T Size, PCSTR Format, ...)
{
    CHAR Text[512];
    va_list Arguments;
    va_start(Arguments, Format);
    int Length = vsnprintf(Text, sizeof(Text), Format, Arguments);
    va_end(Arguments);
    if (Length < 0 || (SIZE_T)Length >= Size / sizeof(WCHAR) || (SIZE_T)Length >= sizeof(Text))
    {
        fprintf(stderr, "a name of %d characters is longer than %zu\n", Length, (size_t)Size / 2);
        abort();
    }
    for (int Index = 0; Index <= Length; Index++)
    {
        Buffer[Index] = (WCHAR)Text[Index];
    }
    RtlInitUnicodeString(String, Buffer);
}

static NTSTATUS NTAPI IopInvalidDeviceRequest(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    Irp->IoStatus.Status = STATUS_INVALID_DEVICE_REQUEST;
    Irp->IoStatus.Information = 0;
    IofCompleteRequest(Irp, IO_NO_INCREMENT);
    return STATUS_INVALID_DEVICE_REQUEST;
}

PDRIVER_OBJECT IopCreateDriver(PCSTR Name)
{
    PDRIVER_OBJECT Driver = ObpCreateObject(&IopDriverType, sizeof(*Driver));
    PWSTR DriverName = calloc(64, sizeof(WCHAR)), Service = calloc(64, sizeof(WCHAR));
    PDRIVER_EXTENSION Extension = calloc(1, sizeof(*Extension));
    if (!Driver || !DriverName || !Service || !Extension)
    {
        abort();
    }
    IopFormat(&Driver->DriverName, DriverName, 64 * sizeof(WCHAR), "\\Driver\\%s", Name);
    IopFormat(&Extension->ServiceKeyName, Service, 64 * sizeof(WCHAR), "%s", Name);
    Extension->DriverObject = Driver;
    Driver->Type = IOP_DRIVER_TYPE;
    Driver->Size = sizeof(*Driver);
    Driver->DriverExtension = Extension;
    for (ULONG Index = 0; Index <= IRP_MJ_MAXIMUM_FUNCTION; Index++)
    {
        Driver->MajorFunction[Index] = IopInvalidDeviceRequest;
    }
    return Driver;
}

/* What was in use before the only driver that is loaded was; Driver NULL: there are none, or
 * several, whose memory cannot be told apart. */
static struct
{
    PDRIVER_OBJECT Driver;
    ULONG Loaded;
    NATIVE_USAGE Before;
} IopOnly;

static VOID IopDriverLoaded(PDRIVER_OBJECT Driver, const NATIVE_USAGE *Before)
{
    IopOnly.Driver = IopOnly.Loaded++ ? NULL : Driver;
    IopOnly.Before = *Before;
}

/* Driver Verifier stops a driver that is unloaded and has not freed all of its memory. */
static VOID IopDriverUnloaded(PDRIVER_OBJECT Driver)
{
    NATIVE_USAGE After;
    BOOLEAN Only = IopOnly.Driver == Driver;
    IopOnly.Loaded--;
    IopOnly.Driver = NULL;
    NativeGetUsage(&After);
    if (Only && (After.PoolAllocations > IopOnly.Before.PoolAllocations ||
                 After.LockedPages > IopOnly.Before.LockedPages ||
                 After.Mappings > IopOnly.Before.Mappings))
    {
        NativeReportLeaks();
        RULES_VIOLATED(
            "UnloadLeak", "DriverUnload",
            "debugger/bug-check-0xc4--driver-verifier-detected-violation",
            "%u allocations of pool, %u locked pages and %u mapped MDLs were left",
            After.PoolAllocations - IopOnly.Before.PoolAllocations,
            After.LockedPages - IopOnly.Before.LockedPages,
            After.Mappings - IopOnly.Before.Mappings);
    }
}

NTSTATUS NativeDriverLoad(PCWSTR Name, PDRIVER_INITIALIZE Entry, PDRIVER_OBJECT *Created)
{
    NATIVE_USAGE Before;
    NativeGetUsage(&Before);
    CHAR Text[48];
    WCHAR Buffer[128];
    UNICODE_STRING Path;
    BOOLEAN NewKey;
    PVOID Key;
    PDRIVER_OBJECT Driver = IopCreateDriver(IopNarrow(Name, Text, sizeof(Text)));
    IopFormat(
        &Path, Buffer, sizeof(Buffer),
        "\\Registry\\Machine\\System\\CurrentControlSet\\Services\\%s", Text);
    NTSTATUS Status = CmpOpenKey(&Path, TRUE, &NewKey, &Key);
    if (!NT_SUCCESS(Status))
    {
        ObfDereferenceObject(Driver);
        return Status;
    }
    ObfDereferenceObject(Key);

    /* Exactly as long as the path, and gone when DriverEntry has returned. */
    UNICODE_STRING RegistryPath = {Path.Length, Path.Length, malloc(Path.Length)};
    RtlCopyMemory(RegistryPath.Buffer, Path.Buffer, Path.Length);
    Driver->DriverInit = Entry;
    KI_CURRENT()->InDriverEntry = TRUE;
    KI_CALLBACK(
        "DriverEntry", "ddi/wdm/nc-wdm-driver_initialize", Status = Entry(Driver, &RegistryPath));
    KI_CURRENT()->InDriverEntry = FALSE;
    free(RegistryPath.Buffer);
    for (PDEVICE_OBJECT Device = Driver->DeviceObject; Device; Device = Device->NextDevice)
    {
        Device->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    }
    if (!NT_SUCCESS(Status))
    {
        RULE(
            !Driver->DeviceObject, "DriverEntryFailed", "ddi/wdm/nc-wdm-driver_initialize",
            "DriverEntry failed with %08X and left a device object", (ULONG)Status);
        ObfDereferenceObject(Driver);
        return Status;
    }
    IopDriverLoaded(Driver, &Before);
    *Created = Driver;
    return Status;
}

VOID NativeDriverUnload(PDRIVER_OBJECT Driver)
{
    RULE(
        !Driver->DeviceObject, "UnloadDevices", "ddi/wdm/nc-wdm-driver_unload",
        "device objects of the driver are left");
    RULE(
        Driver->DriverUnload, "UnloadRoutine", "ddi/wdm/nc-wdm-driver_unload",
        "the driver has no unload routine");
    KI_CALLBACK("DriverUnload", "ddi/wdm/nc-wdm-driver_unload", Driver->DriverUnload(Driver));
    RULE(
        !Driver->DeviceObject, "UnloadDevices", "ddi/wdm/nc-wdm-driver_unload",
        "a device object was created or left by DriverUnload");
    IopDriverUnloaded(Driver);
    ObfDereferenceObject(Driver);
}

NTSTATUS IoCreateDevice(
    PDRIVER_OBJECT DriverObject,
    ULONG DeviceExtensionSize,
    PUNICODE_STRING DeviceName,
    DEVICE_TYPE DeviceType,
    ULONG DeviceCharacteristics,
    BOOLEAN Exclusive,
    PDEVICE_OBJECT *DeviceObject)
{
    RULE_IRQL_AT_MOST("wdm", APC_LEVEL);
    *DeviceObject = NULL;
    PDEVICE_OBJECT Device = FAULT() ? NULL : ObpCreateObject(&IopDeviceType, sizeof(DEVICE_OBJECT));
    if (!Device)
    {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Device->DeviceObjectExtension = calloc(1, sizeof(IOP_DEVICE));
    /* Apart, so that a sanitizer sees its bounds. */
    Device->DeviceExtension = DeviceExtensionSize ? calloc(1, DeviceExtensionSize) : NULL;
    Device->Type = IOP_DEVICE_TYPE;
    Device->Size = (USHORT)(sizeof(DEVICE_OBJECT) + DeviceExtensionSize);
    Device->DriverObject = DriverObject;
    Device->Flags = DO_DEVICE_INITIALIZING | (Exclusive ? DO_EXCLUSIVE : 0);
    Device->Characteristics = DeviceCharacteristics;
    Device->DeviceType = DeviceType;
    Device->StackSize = 1;
    if (DeviceName)
    {
        NTSTATUS Status = IopInsertName(DeviceName, Device, NULL);
        if (!NT_SUCCESS(Status))
        {
            ObfDereferenceObject(Device);
            return Status;
        }
    }
    KiLock(&IopLock);
    Device->NextDevice = DriverObject->DeviceObject;
    DriverObject->DeviceObject = Device;
    KiUnlock(&IopLock);
    *DeviceObject = Device;
    return STATUS_SUCCESS;
}

VOID IoDeleteDevice(PDEVICE_OBJECT DeviceObject)
{
    RULE_IRQL_AT_MOST("wdm", APC_LEVEL);
    IOP_DEVICE *Device = IopDevice(DeviceObject);
    RULE(
        !Device->DeletePending, "DeviceDeleted", "wdm", "%p is deleted twice", (PVOID)DeviceObject);
    RULE(
        !Device->AttachedTo, "DeviceAttached", "kernel/irp-mn-remove-device",
        "%p is still attached to %p", (PVOID)DeviceObject, (PVOID)Device->AttachedTo);
    KiLock(&IopLock);
    PDEVICE_OBJECT *Link = &DeviceObject->DriverObject->DeviceObject;
    while (*Link && *Link != DeviceObject)
    {
        Link = &(*Link)->NextDevice;
    }
    if (*Link)
    {
        *Link = DeviceObject->NextDevice;
    }
    Device->DeletePending = TRUE;
    BOOLEAN Unused = DeviceObject->ReferenceCount == 0;
    KiUnlock(&IopLock);
    IopRemoveDeviceNames(DeviceObject);
    if (Unused)
    {
        ObfDereferenceObject(DeviceObject);
    }
}

VOID IopReleaseDevice(PDEVICE_OBJECT Device)
{
    KiLock(&IopLock);
    /* What was asked of the device through the file comes before a removal (IopCountFiles). */
    KiTsanRelease(Device);
    LONG Left = --Device->ReferenceCount;
    BOOLEAN Delete = Left == 0 && IopDevice(Device)->DeletePending;
    KiUnlock(&IopLock);
    if (Delete)
    {
        ObfDereferenceObject(Device);
    }
}

PDEVICE_OBJECT IopTopOfStack(PDEVICE_OBJECT Device)
{
    KiLock(&IopLock);
    while (Device->AttachedDevice)
    {
        Device = Device->AttachedDevice;
    }
    KiUnlock(&IopLock);
    return Device;
}

PDEVICE_OBJECT IopBottomOfStack(PDEVICE_OBJECT Device)
{
    KiLock(&IopLock);
    while (IopDevice(Device)->AttachedTo)
    {
        Device = IopDevice(Device)->AttachedTo;
    }
    KiUnlock(&IopLock);
    return Device;
}

LONG IopCountFiles(PDEVICE_OBJECT Device)
{
    LONG Files = 0;
    Device = IopBottomOfStack(Device);
    KiLock(&IopLock);
    for (; Device; Device = Device->AttachedDevice)
    {
        KiTsanAcquire(Device);
        Files += Device->ReferenceCount;
    }
    KiUnlock(&IopLock);
    return Files;
}

PDEVICE_OBJECT IoAttachDeviceToDeviceStack(PDEVICE_OBJECT Source, PDEVICE_OBJECT Target)
{
    RULE_IRQL_AT_MOST("wdm", DISPATCH_LEVEL);
    RULE(
        !IopDevice(Source)->AttachedTo, "DeviceAttached", "wdm", "%p is attached already",
        (PVOID)Source);
    PDEVICE_OBJECT Top = IopTopOfStack(Target);
    if (FAULT() || (Top->Flags & DO_DEVICE_INITIALIZING) || IopDevice(Top)->DeletePending)
    {
        return NULL;
    }
    KiLock(&IopLock);
    Top->AttachedDevice = Source;
    IopDevice(Source)->AttachedTo = Top;
    Source->StackSize = (CCHAR)(Top->StackSize + 1);
    Source->AlignmentRequirement = Top->AlignmentRequirement;
    KiUnlock(&IopLock);
    return Top;
}

VOID IoDetachDevice(PDEVICE_OBJECT Target)
{
    RULE_IRQL("wdm", PASSIVE_LEVEL);
    RULE(
        Target->AttachedDevice, "DeviceAttached", "wdm", "nothing is attached to %p",
        (PVOID)Target);
    KiLock(&IopLock);
    IopDevice(Target->AttachedDevice)->AttachedTo = NULL;
    Target->AttachedDevice = NULL;
    KiUnlock(&IopLock);
}
