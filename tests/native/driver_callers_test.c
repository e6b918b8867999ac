/* SPDX-License-Identifier: MIT */
/*
 * Wrong drivers: over one device, what they do to drivers, devices and IRPs that no other test of a
 * rule does.
 */
#include "callers.h"

#define TAG 0x6C6C6143u

NTSTATUS NTAPI IofCallDriver(PDEVICE_OBJECT DeviceObject, PIRP Irp);

/* ---- A driver over one device, whose routines a case changes ---- */

static struct
{
    PDRIVER_OBJECT Driver;
    PDEVICE_OBJECT Pdo, Fdo, Lower;
    PEPROCESS Process;
    HANDLE File;
    UNICODE_STRING Link;
    PVOID volatile Pointer;
} Toy;

static const GUID Interface = {9, 2, 3, {4, 5, 6, 7, 8, 9, 10, 11}};

static NTSTATUS Complete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static NTSTATUS NTAPI Succeed(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    (void)DeviceObject;
    return Complete(Irp, STATUS_SUCCESS, 0);
}

static NTSTATUS NTAPI PassDown(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    (void)DeviceObject;
    IoSkipCurrentIrpStackLocation(Irp);
    return IoCallDriver(Toy.Lower, Irp);
}

static NTSTATUS NTAPI AddDevice(PDRIVER_OBJECT DriverObject, PDEVICE_OBJECT Pdo)
{
    NTSTATUS Status =
        IoCreateDevice(DriverObject, 8, NULL, FILE_DEVICE_NETWORK, 0, FALSE, &Toy.Fdo);
    assert_int_equal(Status, STATUS_SUCCESS);
    Toy.Lower = IoAttachDeviceToDeviceStack(Toy.Fdo, Pdo);
    Toy.Fdo->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI AddDeviceFails(PDRIVER_OBJECT DriverObject, PDEVICE_OBJECT Pdo)
{
    AddDevice(DriverObject, Pdo);
    return STATUS_UNSUCCESSFUL;
}

static NTSTATUS NTAPI AddDeviceInitializing(PDRIVER_OBJECT DriverObject, PDEVICE_OBJECT Pdo)
{
    AddDevice(DriverObject, Pdo);
    Toy.Fdo->Flags |= DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;
}

static VOID NTAPI Unload(PDRIVER_OBJECT DriverObject)
{
    (void)DriverObject;
}

static NTSTATUS NTAPI Entry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    (void)RegistryPath;
    DriverObject->DriverUnload = Unload;
    DriverObject->DriverExtension->AddDevice = AddDevice;
    for (ULONG Major = 0; Major <= IRP_MJ_MAXIMUM_FUNCTION; Major++)
    {
        DriverObject->MajorFunction[Major] = Succeed;
    }
    DriverObject->MajorFunction[IRP_MJ_PNP] = PassDown;
    return STATUS_SUCCESS;
}

static void Load(void)
{
    assert_int_equal(NativeDriverLoad(L"Toy", Entry, &Toy.Driver), STATUS_SUCCESS);
}

static void Add(void)
{
    Load();
    assert_int_equal(NativeDeviceAdd(Toy.Driver, L"Toy", &Toy.Pdo), STATUS_SUCCESS);
    assert_int_equal(NativeDeviceStart(Toy.Pdo), STATUS_SUCCESS);
}

/* One control request to the driver, whose dispatch routine is that. */
static void Control(PDRIVER_DISPATCH Dispatch)
{
    UCHAR Byte = 0;
    ULONG Code = CTL_CODE(0x22, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS);
    Add();
    IoRegisterDeviceInterface(Toy.Pdo, &Interface, NULL, &Toy.Link);
    IoSetDeviceInterfaceState(&Toy.Link, TRUE);
    Toy.Process = NativeProcessCreate(NativeStandardUser, FALSE);
    assert_int_equal(
        NativeUserOpen(
            Toy.Process, NativeDeviceInterface(Toy.Pdo, &Interface), FILE_READ_DATA, &Toy.File),
        STATUS_SUCCESS);
    Toy.Driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = Dispatch;
    NativeUserDeviceIoControl(Toy.Process, Toy.File, Code, &Byte, 1, &Byte, 1, NULL);
}

/* ---- Drivers and devices ---- */

static NTSTATUS NTAPI EntryFails(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    (void)RegistryPath;
    IoCreateDevice(DriverObject, 8, NULL, FILE_DEVICE_NETWORK, 0, FALSE, &Toy.Fdo);
    return STATUS_UNSUCCESSFUL;
}

CASE(EntryLeavesDevice)
{
    NativeDriverLoad(L"Toy", EntryFails, &Toy.Driver);
}

CASE(UnloadWithDevice)
{
    Add();
    NativeDriverUnload(Toy.Driver);
}

CASE(UnloadWithoutRoutine)
{
    Load();
    Toy.Driver->DriverUnload = NULL;
    NativeDriverUnload(Toy.Driver);
}

static VOID NTAPI UnloadMakingDevice(PDRIVER_OBJECT DriverObject)
{
    IoCreateDevice(DriverObject, 8, NULL, FILE_DEVICE_NETWORK, 0, FALSE, &Toy.Fdo);
}

CASE(UnloadMakesDevice)
{
    Load();
    Toy.Driver->DriverUnload = UnloadMakingDevice;
    NativeDriverUnload(Toy.Driver);
}

static VOID NTAPI UnloadLeaking(PDRIVER_OBJECT DriverObject)
{
    (void)DriverObject;
    Toy.Pointer = ExAllocatePoolWithTag(NonPagedPool, 100, TAG);
}

CASE(UnloadLeavesPool)
{
    Load();
    Toy.Driver->DriverUnload = UnloadLeaking;
    NativeDriverUnload(Toy.Driver);
}

static PDEVICE_OBJECT MakeDevice(void)
{
    PDEVICE_OBJECT Device = NULL;
    IoCreateDevice(Toy.Driver, 8, NULL, FILE_DEVICE_NETWORK, 0, FALSE, &Device);
    return Device;
}

CASE(DeleteTwice)
{
    Load();
    PDEVICE_OBJECT Device = MakeDevice();
    ObfReferenceObject(Device);
    IoDeleteDevice(Device);
    IoDeleteDevice(Device);
}

CASE(DeleteAttached)
{
    Add();
    IoDeleteDevice(Toy.Fdo);
}

CASE(AttachTwice)
{
    Add();
    IoAttachDeviceToDeviceStack(Toy.Fdo, Toy.Pdo);
}

CASE(DetachUnattached)
{
    Load();
    IoDetachDevice(MakeDevice());
}

CASE(NoAddDevice)
{
    Load();
    Toy.Driver->DriverExtension->AddDevice = NULL;
    NativeDeviceAdd(Toy.Driver, L"Toy", &Toy.Pdo);
}

CASE(AddDeviceLeavesDevice)
{
    Load();
    Toy.Driver->DriverExtension->AddDevice = AddDeviceFails;
    NativeDeviceAdd(Toy.Driver, L"Toy", &Toy.Pdo);
}

CASE(AddDeviceLeavesFlag)
{
    Load();
    Toy.Driver->DriverExtension->AddDevice = AddDeviceInitializing;
    NativeDeviceAdd(Toy.Driver, L"Toy", &Toy.Pdo);
}

CASE(InterfaceOfFdo)
{
    Add();
    IoRegisterDeviceInterface(Toy.Fdo, &Interface, NULL, &Toy.Link);
}

CASE(InterfaceWithReference)
{
    UNICODE_STRING Reference;
    RtlInitUnicodeString(&Reference, L"x");
    Add();
    IoRegisterDeviceInterface(Toy.Pdo, &Interface, &Reference, &Toy.Link);
}

CASE(KeyOfFdo)
{
    HANDLE Key;
    Add();
    IoOpenDeviceRegistryKey(Toy.Fdo, PLUGPLAY_REGKEY_DRIVER, KEY_READ, &Key);
}

/* ---- IRPs ---- */

static NTSTATUS NTAPI ReturnTooMuch(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    (void)DeviceObject;
    return Complete(Irp, STATUS_SUCCESS, 2);
}

CASE(InformationTooLong)
{
    Control(ReturnTooMuch);
}

static NTSTATUS NTAPI ReturnOnly(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    (void)DeviceObject;
    (void)Irp;
    return STATUS_SUCCESS;
}

CASE(NotCompleted)
{
    Control(ReturnOnly);
}

static NTSTATUS NTAPI CallItself(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    IoCopyCurrentIrpStackLocationToNext(Irp);
    return IoCallDriver(DeviceObject, Irp);
}

CASE(TooManyLocations)
{
    Control(CallItself);
}

static NTSTATUS NTAPI CallCompleted(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    Complete(Irp, STATUS_SUCCESS, 0);
    return IofCallDriver(DeviceObject, Irp);
}

CASE(PassedDownCompleted)
{
    Control(CallCompleted);
}

static NTSTATUS NTAPI CompleteTwice(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    (void)DeviceObject;
    Complete(Irp, STATUS_SUCCESS, 0);
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

CASE(CompletedTwice)
{
    Control(CompleteTwice);
}

static VOID NTAPI Cancel(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    (void)DeviceObject;
    (void)Irp;
}

static NTSTATUS NTAPI CompleteCancelable(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    (void)DeviceObject;
    Irp->CancelRoutine = Cancel;
    return Complete(Irp, STATUS_SUCCESS, 0);
}

CASE(CompletedCancelable)
{
    Control(CompleteCancelable);
}

CASE(NextPowerIrpUncalled)
{
    IRP Irp = {.StackCount = 1, .CurrentLocation = 2};
    PoStartNextPowerIrp(&Irp);
}

static NTSTATUS NTAPI ReturnWithResource(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    static ERESOURCE Resource;
    (void)DeviceObject;
    ExInitializeResourceLite(&Resource);
    KeEnterCriticalRegion();
    ExAcquireResourceExclusiveLite(&Resource, TRUE);
    return Complete(Irp, STATUS_SUCCESS, 0);
}

CASE(ReturnedWithLock)
{
    Control(ReturnWithResource);
}

/* A device whose references are all gone, and that is there still. */
static PDEVICE_OBJECT MakeUnreferenced(void)
{
    Load();
    PDEVICE_OBJECT Device = MakeDevice();
    LONG *References = (LONG *)Device - 6; /* PointerCount of the object's header */
    ObfReferenceObject(Device);
    assert_int_equal(*References, 2);
    *References = 0;
    return Device;
}

CASE(ReferencedWhileDeleted)
{
    ObfReferenceObject(MakeUnreferenced());
}

CASE(DereferencedTooOften)
{
    ObfDereferenceObject(MakeUnreferenced());
}

static const WRONG_CALLER Callers[] = {
    WRONG_CALLER_OF(EntryLeavesDevice, "DriverEntryFailed", "NativeDriverLoad"),
    WRONG_CALLER_OF(UnloadWithDevice, "UnloadDevices", "NativeDriverUnload"),
    WRONG_CALLER_OF(UnloadWithoutRoutine, "UnloadRoutine", "NativeDriverUnload"),
    WRONG_CALLER_OF(UnloadMakesDevice, "UnloadDevices", "NativeDriverUnload"),
    WRONG_CALLER_OF(UnloadLeavesPool, "UnloadLeak", "DriverUnload"),
    WRONG_CALLER_OF(DeleteTwice, "DeviceDeleted", "IoDeleteDevice"),
    WRONG_CALLER_OF(DeleteAttached, "DeviceAttached", "IoDeleteDevice"),
    WRONG_CALLER_OF(AttachTwice, "DeviceAttached", "IoAttachDeviceToDeviceStack"),
    WRONG_CALLER_OF(DetachUnattached, "DeviceAttached", "IoDetachDevice"),
    WRONG_CALLER_OF(NoAddDevice, "AddDevice", "NativeDeviceAdd"),
    WRONG_CALLER_OF(AddDeviceLeavesDevice, "AddDeviceFailed", "NativeDeviceAdd"),
    WRONG_CALLER_OF(AddDeviceLeavesFlag, "AddDeviceFlags", "NativeDeviceAdd"),
    WRONG_CALLER_OF(InterfaceOfFdo, "PhysicalDevice", "IoRegisterDeviceInterface"),
    WRONG_CALLER_OF(InterfaceWithReference, "ReferenceString", "IoRegisterDeviceInterface"),
    WRONG_CALLER_OF(KeyOfFdo, "PhysicalDevice", "IoOpenDeviceRegistryKey"),
    WRONG_CALLER_OF(InformationTooLong, "IrpInformation", "IopSendControl"),
    WRONG_CALLER_OF(NotCompleted, "IrpNotCompleted", "IopSendRequest"),
    WRONG_CALLER_OF(TooManyLocations, "IrpStackLocations", "IofCallDriver"),
    WRONG_CALLER_OF(PassedDownCompleted, "Irp", "IofCallDriver"),
    WRONG_CALLER_OF(CompletedTwice, "IrpCompleted", "IofCompleteRequest"),
    WRONG_CALLER_OF(CompletedCancelable, "IrpCancelRoutine", "IofCompleteRequest"),
    WRONG_CALLER_OF(NextPowerIrpUncalled, "PowerIrp", "PoStartNextPowerIrp"),
    WRONG_CALLER_OF(ReturnedWithLock, "CallbackLocks", "DRIVER_DISPATCH"),
    WRONG_CALLER_OF(ReferencedWhileDeleted, "ObjectReference", "ObfReferenceObject"),
    WRONG_CALLER_OF(DereferencedTooOften, "ObjectReference", "ObfDereferenceObject"),
};

int main(void)
{
    return CallersRun(Callers, ARRAYSIZE(Callers));
}
