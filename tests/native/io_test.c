/* SPDX-License-Identifier: MIT */
/*
 * Drivers, devices, files, IRPs and Plug and Play, with a toy driver whose routines do what each
 * test tells them.
 */
#include "outcome.h"

#define CODE_BUFFERED CTL_CODE(0x22, 0x800, METHOD_BUFFERED, FILE_READ_DATA)
#define CODE_DIRECT   CTL_CODE(0x22, 0x801, METHOD_OUT_DIRECT, FILE_ANY_ACCESS)

/* What the toy does, and what it saw. */
static struct
{
    PDEVICE_OBJECT Lower;
    UCHAR Majors[64]; /* functions, or 0x80 | minor of IRP_MJ_PNP, in order */
    ULONG Count;
    NTSTATUS Create;
    NTSTATUS QueryRemove;
    DRIVER_DISPATCH *Control;
    BOOLEAN KeepAttached;
    PEPROCESS Requestor;
    KPROCESSOR_MODE Mode;
} Toy;

static NTSTATUS Complete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static NTSTATUS NTAPI ToyPnp(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UCHAR Minor = IoGetCurrentIrpStackLocation(Irp)->MinorFunction;
    Toy.Majors[Toy.Count++] = (UCHAR)(0x80 | Minor);
    if (Minor == IRP_MN_QUERY_REMOVE_DEVICE && !NT_SUCCESS(Toy.QueryRemove))
    {
        return Complete(Irp, Toy.QueryRemove, 0);
    }
    IoSkipCurrentIrpStackLocation(Irp);
    NTSTATUS Status = IoCallDriver(Toy.Lower, Irp);
    if (Minor == IRP_MN_REMOVE_DEVICE && !Toy.KeepAttached)
    {
        IoDetachDevice(Toy.Lower);
        IoDeleteDevice(DeviceObject);
    }
    return Status;
}

static NTSTATUS NTAPI ToyDispatch(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    Toy.Majors[Toy.Count++] = Stack->MajorFunction;
    Toy.Requestor = IoGetRequestorProcess(Irp);
    Toy.Mode = Irp->RequestorMode;
    if (Stack->MajorFunction == IRP_MJ_DEVICE_CONTROL)
    {
        return Toy.Control(DeviceObject, Irp);
    }
    return Complete(Irp, Stack->MajorFunction == IRP_MJ_CREATE ? Toy.Create : STATUS_SUCCESS, 0);
}

static NTSTATUS NTAPI ToyAddDevice(PDRIVER_OBJECT DriverObject, PDEVICE_OBJECT Pdo)
{
    PDEVICE_OBJECT Device;
    NTSTATUS Status = IoCreateDevice(DriverObject, 8, NULL, FILE_DEVICE_NETWORK, 0, FALSE, &Device);
    if (!NT_SUCCESS(Status))
    {
        return Status;
    }
    Toy.Lower = IoAttachDeviceToDeviceStack(Device, Pdo);
    Device->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;
}

static VOID NTAPI ToyUnload(PDRIVER_OBJECT DriverObject)
{
    (void)DriverObject;
}

static NTSTATUS NTAPI ToyEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    assert_true(RegistryPath->Length > 0);
    DriverObject->DriverUnload = ToyUnload;
    DriverObject->DriverExtension->AddDevice = ToyAddDevice;
    DriverObject->MajorFunction[IRP_MJ_PNP] = ToyPnp;
    DriverObject->MajorFunction[IRP_MJ_CREATE] = ToyDispatch;
    DriverObject->MajorFunction[IRP_MJ_CLEANUP] = ToyDispatch;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = ToyDispatch;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = ToyDispatch;
    return STATUS_SUCCESS;
}

typedef struct _SCENE
{
    PDRIVER_OBJECT Driver;
    PDEVICE_OBJECT Pdo;
    UNICODE_STRING Link;
    PEPROCESS Process;
    HANDLE File;
} SCENE;

static const GUID Interface = {1, 2, 3, {4, 5, 6, 7, 8, 9, 10, 11}};
static SCENE Scene;

static int Start(void **State)
{
    memset(&Toy, 0, sizeof(Toy));
    memset(&Scene, 0, sizeof(Scene));
    assert_int_equal(NativeDriverLoad(L"Toy", ToyEntry, &Scene.Driver), STATUS_SUCCESS);
    assert_int_equal(NativeDeviceAdd(Scene.Driver, L"Toy", &Scene.Pdo), STATUS_SUCCESS);
    assert_int_equal(NativeDeviceStart(Scene.Pdo), STATUS_SUCCESS);
    assert_int_equal(
        IoRegisterDeviceInterface(Scene.Pdo, &Interface, NULL, &Scene.Link), STATUS_SUCCESS);
    assert_int_equal(IoSetDeviceInterfaceState(&Scene.Link, TRUE), STATUS_SUCCESS);
    Scene.Process = NativeProcessCreate(NativeStandardUser, FALSE);
    Toy.Count = 0;
    *State = &Scene;
    return 0;
}

static int Stop(void **State)
{
    (void)State;
    if (Scene.Process)
    {
        NativeProcessExit(Scene.Process);
    }
    if (Scene.Pdo)
    {
        assert_int_equal(NativeDeviceRemove(Scene.Pdo), STATUS_SUCCESS);
    }
    RtlFreeUnicodeString(&Scene.Link);
    NativeDriverUnload(Scene.Driver);
    assert_int_equal(NativeReportLeaks(), 0);
    return 0;
}

static NTSTATUS Open(void)
{
    return NativeUserOpen(
        Scene.Process, NativeDeviceInterface(Scene.Pdo, &Interface), FILE_READ_DATA, &Scene.File);
}

static void AssertSaw(const UCHAR *Expected, ULONG Count)
{
    assert_int_equal(Toy.Count, Count);
    assert_memory_equal(Toy.Majors, Expected, Count);
}

static void OpenCleanupClose(void **State)
{
    (void)State;
    HANDLE Second;
    const UCHAR Expected[] = {IRP_MJ_CREATE, IRP_MJ_CLEANUP, IRP_MJ_CLOSE};
    assert_int_equal(Open(), STATUS_SUCCESS);
    assert_ptr_equal(Toy.Requestor, Scene.Process);
    assert_int_equal(Toy.Mode, UserMode);
    assert_int_equal(
        NativeUserDuplicate(Scene.Process, Scene.File, Scene.Process, 0, &Second), STATUS_SUCCESS);
    NativeUserClose(Scene.Process, Scene.File);
    AssertSaw(Expected, 1);
    NativeUserClose(Scene.Process, Second);
    AssertSaw(Expected, 3);
}

static void OpenRefused(void **State)
{
    (void)State;
    const UCHAR Expected[] = {IRP_MJ_CREATE};
    Toy.Create = STATUS_ACCESS_DENIED;
    assert_int_equal(Open(), STATUS_ACCESS_DENIED);
    AssertSaw(Expected, 1); /* and no CLEANUP or CLOSE */
    assert_int_equal(
        NativeUserOpen(Scene.Process, L"\\\\.\\Nowhere", FILE_READ_DATA, &Scene.File),
        STATUS_OBJECT_NAME_NOT_FOUND);
}

static NTSTATUS NTAPI Reverse(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    (void)DeviceObject;
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    PUCHAR Buffer = Irp->AssociatedIrp.SystemBuffer;
    ULONG Length = Stack->Parameters.DeviceIoControl.InputBufferLength;
    for (ULONG Index = 0; Index < Length / 2; Index++)
    {
        UCHAR Byte = Buffer[Index];
        Buffer[Index] = Buffer[Length - 1 - Index];
        Buffer[Length - 1 - Index] = Byte;
    }
    return Complete(Irp, STATUS_SUCCESS, Length);
}

static NTSTATUS NTAPI FillDirect(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    (void)DeviceObject;
    PUCHAR Output = MmGetSystemAddressForMdlSafe(Irp->MdlAddress, NormalPagePriority);
    memset(Output, 0x5A, MmGetMdlByteCount(Irp->MdlAddress));
    return Complete(Irp, STATUS_SUCCESS, MmGetMdlByteCount(Irp->MdlAddress));
}

static void Controls(void **State)
{
    (void)State;
    UCHAR Input[4] = {1, 2, 3, 4}, Output[8] = {0};
    const UCHAR Reversed[4] = {4, 3, 2, 1};
    ULONG Returned;
    Toy.Control = Reverse;
    assert_int_equal(Open(), STATUS_SUCCESS);
    assert_int_equal(
        NativeUserDeviceIoControl(
            Scene.Process, Scene.File, CODE_BUFFERED, Input, 4, Output, 8, &Returned),
        STATUS_SUCCESS);
    assert_int_equal(Returned, 4);
    assert_memory_equal(Output, Reversed, 4);

    Toy.Control = FillDirect;
    PUCHAR User = NativeUserAllocate(Scene.Process, 100, 50);
    assert_int_equal(
        NativeUserDeviceIoControl(
            Scene.Process, Scene.File, CODE_DIRECT, Input, 4, User, 100, &Returned),
        STATUS_SUCCESS);
    assert_int_equal(User[0], 0x5A);
    assert_int_equal(User[99], 0x5A);
    /* Not the process's memory. */
    assert_int_equal(
        NativeUserDeviceIoControl(
            Scene.Process, Scene.File, CODE_DIRECT, Input, 4, Output, 8, &Returned),
        STATUS_ACCESS_VIOLATION);

    /* A handle without the access that the code asks for; one that is no file. */
    HANDLE Weak, Event = NativeUserCreateEvent(Scene.Process, FALSE, FALSE);
    NativeUserDuplicate(Scene.Process, Scene.File, Scene.Process, SYNCHRONIZE, &Weak);
    assert_int_equal(
        NativeUserDeviceIoControl(Scene.Process, Weak, CODE_BUFFERED, NULL, 0, NULL, 0, NULL),
        STATUS_ACCESS_DENIED);
    assert_int_equal(
        NativeUserDeviceIoControl(Scene.Process, Event, CODE_BUFFERED, NULL, 0, NULL, 0, NULL),
        STATUS_OBJECT_TYPE_MISMATCH);
}

static NTSTATUS NTAPI CompleteTwice(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    (void)DeviceObject;
    Irp->CurrentLocation = (CHAR)(Irp->StackCount + 1); /* as after the first completion */
    return Complete(Irp, STATUS_SUCCESS, 0);
}

static NTSTATUS NTAPI CompletePending(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    (void)DeviceObject;
    return Complete(Irp, STATUS_PENDING, 0);
}

static NTSTATUS NTAPI ReturnRaised(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    (void)DeviceObject;
    NativeRaiseIrql(DISPATCH_LEVEL);
    return Complete(Irp, STATUS_SUCCESS, 0);
}

static NTSTATUS NTAPI ReturnInRegion(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    (void)DeviceObject;
    KeEnterCriticalRegion();
    return Complete(Irp, STATUS_SUCCESS, 0);
}

static NTSTATUS NTAPI OtherStatus(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    (void)DeviceObject;
    Complete(Irp, STATUS_NO_MEMORY, 0);
    return STATUS_SUCCESS;
}

static void Control(void)
{
    UCHAR Byte = 0;
    NativeUserDeviceIoControl(Scene.Process, Scene.File, CODE_BUFFERED, &Byte, 1, NULL, 0, NULL);
}

static void OrderlyRemoval(void **State)
{
    (void)State;
    const UCHAR Refused[] = {0x80 | IRP_MN_QUERY_REMOVE_DEVICE, 0x80 | IRP_MN_CANCEL_REMOVE_DEVICE};
    const UCHAR Done[] = {0x80 | IRP_MN_QUERY_REMOVE_DEVICE, 0x80 | IRP_MN_REMOVE_DEVICE};
    Toy.QueryRemove = STATUS_UNSUCCESSFUL;
    assert_int_equal(NativeDeviceRemove(Scene.Pdo), STATUS_UNSUCCESSFUL);
    AssertSaw(Refused, 2);
    Toy.QueryRemove = STATUS_SUCCESS;
    assert_int_equal(Open(), STATUS_SUCCESS);
    Toy.Count = 0;
    assert_int_not_equal(NativeDeviceRemove(Scene.Pdo), STATUS_SUCCESS);
    AssertSaw(Refused, 2);
    NativeUserClose(Scene.Process, Scene.File);
    Toy.Count = 0;
    assert_int_equal(NativeDeviceRemove(Scene.Pdo), STATUS_SUCCESS);
    AssertSaw(Done, 2);
    Scene.Pdo = NULL;
}

static void SurpriseRemoval(void **State)
{
    (void)State;
    const UCHAR Expected[] = {
        IRP_MJ_CREATE, 0x80 | IRP_MN_SURPRISE_REMOVAL, IRP_MJ_CLEANUP, IRP_MJ_CLOSE,
        0x80 | IRP_MN_REMOVE_DEVICE};
    assert_int_equal(Open(), STATUS_SUCCESS);
    NativeDeviceSurpriseRemove(Scene.Pdo);
    AssertSaw(Expected, 2);
    NativeProcessExit(Scene.Process);
    Scene.Process = NULL;
    AssertSaw(Expected, 5);
    Scene.Pdo = NULL;
}

static void RemovalWithOpenFile(void **State)
{
    (void)State;
    const UCHAR Expected[] = {
        IRP_MJ_CREATE, 0x80 | IRP_MN_SURPRISE_REMOVAL, 0x80 | IRP_MN_REMOVE_DEVICE};
    assert_int_equal(Open(), STATUS_SUCCESS);
    NativeDeviceSurpriseRemoveNow(Scene.Pdo);
    Scene.Pdo = NULL;
    Toy.Control = Reverse;
    assert_int_equal(
        NativeUserDeviceIoControl(Scene.Process, Scene.File, CODE_BUFFERED, NULL, 0, NULL, 0, NULL),
        STATUS_DEVICE_DOES_NOT_EXIST);
    NativeUserClose(Scene.Process, Scene.File);
    AssertSaw(Expected, 3);
}

static void Names(void **State)
{
    (void)State;
    HANDLE File;
    WCHAR PdoName[64];
    ULONG Length;
    UNICODE_STRING Device, Link;
    assert_int_equal(
        IoGetDeviceProperty(
            Scene.Pdo, DevicePropertyPhysicalDeviceObjectName, sizeof(PdoName), PdoName, &Length),
        STATUS_SUCCESS);
    RtlInitUnicodeString(&Device, PdoName);
    RtlInitUnicodeString(&Link, L"\\DosDevices\\Global\\Name7");
    assert_int_equal(IoCreateSymbolicLink(&Link, &Device), STATUS_SUCCESS);
    assert_int_equal(IoCreateSymbolicLink(&Link, &Device), STATUS_OBJECT_NAME_COLLISION);
    const PCWSTR Spellings[] = {
        L"\\\\.\\Name7", L"\\\\.\\Global\\Name7", L"\\\\?\\NAME7", L"\\??\\name7"};
    for (size_t Index = 0; Index < ARRAYSIZE(Spellings); Index++)
    {
        assert_int_equal(
            NativeUserOpen(Scene.Process, Spellings[Index], FILE_READ_DATA, &File), STATUS_SUCCESS);
        NativeUserClose(Scene.Process, File);
    }
    assert_int_equal(IoDeleteSymbolicLink(&Link), STATUS_SUCCESS);
    assert_int_equal(IoDeleteSymbolicLink(&Link), STATUS_OBJECT_NAME_NOT_FOUND);
    assert_int_equal(IoSetDeviceInterfaceState(&Scene.Link, FALSE), STATUS_SUCCESS);
    assert_null(NativeDeviceInterface(Scene.Pdo, &Interface));
}

static void RemoveKeeping(void *Context)
{
    (void)Context;
    Toy.KeepAttached = TRUE;
    NativeDeviceRemove(Scene.Pdo);
}

static void CompleteWrongly(void *Context)
{
    Toy.Control = Context;
    Control();
}

/* Last, for what these leave behind. */
static void WrongDrivers(void **State)
{
    assert_int_equal(Start(State), 0);
    assert_int_equal(Open(), STATUS_SUCCESS);
    AssertRuleBroken(CompleteWrongly, (void *)ReturnRaised, "CallbackIrql", "DRIVER_DISPATCH");
    AssertRuleBroken(
        CompleteWrongly, (void *)ReturnInRegion, "CallbackCriticalRegion", "DRIVER_DISPATCH");
    AssertRuleBroken(CompleteWrongly, (void *)OtherStatus, "IrpStatus", "IopSendRequest");
    AssertRuleBroken(CompleteWrongly, (void *)CompletePending, "IrpStatus", "IofCompleteRequest");
    AssertRuleBroken(CompleteWrongly, (void *)CompleteTwice, "IrpCompleted", "IofCompleteRequest");

    /* A device of its own, for those of the first one are in use for ever now. */
    assert_int_equal(NativeDeviceAdd(Scene.Driver, L"Toy", &Scene.Pdo), STATUS_SUCCESS);
    assert_int_equal(NativeDeviceStart(Scene.Pdo), STATUS_SUCCESS);
    AssertRuleBroken(RemoveKeeping, NULL, "RemoveDevice", "IopSendRemove");
}

#define TEST(Name) cmocka_unit_test_setup_teardown(Name, Start, Stop)

int main(void)
{
    const struct CMUnitTest Tests[] = {
        TEST(OpenCleanupClose),
        TEST(OpenRefused),
        TEST(Controls),
        TEST(OrderlyRemoval),
        TEST(SurpriseRemoval),
        TEST(RemovalWithOpenFile),
        TEST(Names),
        cmocka_unit_test(WrongDrivers),
    };
    return cmocka_run_group_tests(Tests, NULL, NULL);
}
