/* SPDX-License-Identifier: MIT */
/* Device objects: names, NDIS' own control code, a driver's and a host's, and after the end. */
#include "fixture.h"

#include <stdio.h>

static const GUID NetInterface = {
    0xCAC88484, 0x7515, 0x4C03, {0x82, 0xE6, 0x71, 0xA8, 0x7A, 0xBA, 0xC3, 0x61}};

#define DRIVER_CODE CTL_CODE(FILE_DEVICE_NETWORK, 0x801, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define HOST_CODE   CTL_CODE(FILE_DEVICE_NETWORK, 0x802, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define NO_CODE     CTL_CODE(FILE_DEVICE_NETWORK, 0x803, METHOD_BUFFERED, FILE_ANY_ACCESS)

static PEPROCESS Process;

static int DeviceSetup(void **State)
{
    FixtureSetup(State);
    Process = NativeProcessCreate(NativeLocalSystem, FALSE);
    return Process == NULL;
}

static int DeviceTeardown(void **State)
{
    NdisHostSetDeviceControl(NULL);
    NativeProcessExit(Process);
    return FixtureTeardown(State);
}

static HANDLE OpenInterface(VOID)
{
    HANDLE File = NULL;
    PCWSTR Path = NativeDeviceInterface(Fixture.Pdo, &NetInterface);
    assert_non_null(Path);
    assert_int_equal(NativeUserOpen(Process, Path, FILE_READ_DATA, &File), STATUS_SUCCESS);
    return File;
}

/* IOCTL_NDIS_QUERY_GLOBAL_STATS with so many bytes in and out. */
static NTSTATUS
Query(HANDLE File, NDIS_OID Oid, ULONG InputLength, PVOID Output, ULONG Length, PULONG Returned)
{
    ULONG Input[2] = {Oid, 0};
    PVOID Memory = NativeUserAllocate(Process, 64, 100);
    NTSTATUS Status;
    assert_non_null(Memory);
    *Returned = 0;
    Status = NativeUserDeviceIoControl(
        Process, File, IOCTL_NDIS_QUERY_GLOBAL_STATS, Input, InputLength,
        Length != 0 ? Memory : NULL, Length, Returned);
    memcpy(Output, Memory, Length);
    NativeUserFree(Process, Memory);
    return Status;
}

static void QueriesComeFromUserMode(void **State)
{
    ULONG Value = 0, Returned;
    ULONG64 Counter = 0;
    HANDLE File;
    UNREFERENCED_PARAMETER(State);
    FixtureStart();
    File = OpenInterface();
    assert_int_equal(Query(File, OID_GEN_VENDOR_ID, 4, &Value, 4, &Returned), STATUS_SUCCESS);
    assert_int_equal(Returned, 4);
    assert_int_equal(Value, 0x12345678);
    assert_int_equal(Query(File, OID_GEN_BYTES_RCV, 8, &Counter, 8, &Returned), STATUS_SUCCESS);
    assert_true(Counter == 0x500000006 && Returned == 8);
    Value = 0;
    assert_int_equal(
        Query(File, OID_GEN_VENDOR_ID, 4, &Value, 3, &Returned), STATUS_BUFFER_TOO_SMALL);
    assert_int_equal(
        Query(File, OID_GEN_STATISTICS, 4, &Value, 4, &Returned), STATUS_BUFFER_TOO_SMALL);
    assert_int_equal(
        Query(File, OID_GEN_VENDOR_ID, 4, &Value, 0, &Returned), STATUS_BUFFER_TOO_SMALL);
    assert_int_equal(
        Query(File, OID_GEN_VENDOR_ID, 3, &Value, 4, &Returned), STATUS_INVALID_PARAMETER);
    assert_int_equal(Value, 0);
    Toy.OidStatus = NDIS_STATUS_NOT_SUPPORTED;
    assert_int_equal(Query(File, OID_GEN_VENDOR_ID, 4, &Value, 4, &Returned), STATUS_NOT_SUPPORTED);
    assert_int_equal(NdisHostSetPower(Fixture.Adapter, PowerDeviceD3), STATUS_SUCCESS);
    assert_int_equal(
        Query(File, OID_GEN_VENDOR_ID, 4, &Value, 4, &Returned), STATUS_DEVICE_NOT_READY);
    NativeUserClose(Process, File);
}

static void TheLinkNameIsTheGuid(void **State)
{
    NDIS_HOST_INFORMATION Information;
    UNICODE_STRING Guid;
    WCHAR Path[64] = L"\\\\.\\";
    HANDLE File;
    UNREFERENCED_PARAMETER(State);
    FixtureStart();
    NdisHostGetInformation(Fixture.Adapter, &Information);
    assert_int_equal(RtlStringFromGUID(&Information.Identity.InterfaceGuid, &Guid), STATUS_SUCCESS);
    memcpy(&Path[4], Guid.Buffer, Guid.Length);
    RtlFreeUnicodeString(&Guid);
    assert_int_equal(NativeUserOpen(Process, Path, FILE_READ_DATA, &File), STATUS_SUCCESS);
    NativeUserClose(Process, File);
}

/* ---- Codes that are not NDIS' ---- */

static PDRIVER_DISPATCH PreviousControl;

static NTSTATUS NTAPI DriverControl(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    if (Stack->Parameters.DeviceIoControl.IoControlCode != DRIVER_CODE)
    {
        return PreviousControl(DeviceObject, Irp);
    }
    Irp->IoStatus.Status = STATUS_OBJECT_NAME_EXISTS;
    Irp->IoStatus.Information = 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return STATUS_OBJECT_NAME_EXISTS;
}

static NTSTATUS NTAPI OverridingEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    NTSTATUS Status = ToyDriverEntry(DriverObject, RegistryPath);
    PreviousControl = DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL];
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = DriverControl;
    return Status;
}

static NTSTATUS HostControl(PNDIS_MINIPORT_ADAPTER Adapter, PNDIS_LINK Link, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    if (Stack->Parameters.DeviceIoControl.IoControlCode != HOST_CODE)
    {
        return STATUS_INVALID_DEVICE_REQUEST;
    }
    assert_ptr_equal(Adapter, Fixture.Adapter);
    assert_ptr_equal(Link, Fixture.Link);
    memcpy(Irp->AssociatedIrp.SystemBuffer, "host", 4);
    Irp->IoStatus.Information = 4;
    return STATUS_SUCCESS;
}

static void CodesReachTheirOwners(void **State)
{
    ULONG Value = 0, Returned;
    CHAR Text[4];
    HANDLE File;
    UNREFERENCED_PARAMETER(State);
    assert_int_equal(NativeDriverLoad(L"Toy", OverridingEntry, &Fixture.Driver), STATUS_SUCCESS);
    assert_int_equal(NativeDeviceAdd(Fixture.Driver, L"Toy", &Fixture.Pdo), STATUS_SUCCESS);
    Fixture.Adapter = NdisHostOpenAdapter(Fixture.Pdo);
    Fixture.Link = NativeLinkLast();
    assert_int_equal(NativeDeviceStart(Fixture.Pdo), STATUS_SUCCESS);
    File = OpenInterface();
    assert_int_equal(
        NativeUserDeviceIoControl(Process, File, DRIVER_CODE, "", 0, NULL, 0, &Returned),
        STATUS_OBJECT_NAME_EXISTS);
    assert_int_equal(Query(File, OID_GEN_VENDOR_ID, 4, &Value, 4, &Returned), STATUS_SUCCESS);
    assert_int_equal(
        NativeUserDeviceIoControl(Process, File, HOST_CODE, "", 0, Text, 4, &Returned),
        STATUS_INVALID_DEVICE_REQUEST);
    NdisHostSetDeviceControl(HostControl);
    assert_int_equal(
        NativeUserDeviceIoControl(Process, File, HOST_CODE, "", 0, Text, 4, &Returned),
        STATUS_SUCCESS);
    assert_memory_equal(Text, "host", 4);
    assert_int_equal(
        NativeUserDeviceIoControl(Process, File, NO_CODE, "", 0, NULL, 0, &Returned),
        STATUS_INVALID_DEVICE_REQUEST);
    NativeUserClose(Process, File);
}

/* ---- The end ---- */

static void AnOpenHandleOutlivesTheMiniport(void **State)
{
    ULONG Value, Returned;
    HANDLE File, Other;
    PCWSTR Path;
    WCHAR Name[256];
    UNREFERENCED_PARAMETER(State);
    FixtureStart();
    File = OpenInterface();
    Path = NativeDeviceInterface(Fixture.Pdo, &NetInterface);
    for (ULONG i = 0; (Name[i] = Path[i]) != 0; i++)
    {
    }
    NativeDeviceSurpriseRemove(Fixture.Pdo);
    Fixture.Pdo = NULL;
    assert_string_equal(Toy.Trace, "Notify(SurpriseRemoved) Pause Halt(SurpriseRemoved) ");
    assert_int_equal(
        Query(File, OID_GEN_VENDOR_ID, 4, &Value, 4, &Returned), STATUS_DEVICE_NOT_READY);
    assert_int_not_equal(NativeUserOpen(Process, Name, FILE_READ_DATA, &Other), STATUS_SUCCESS);
    assert_int_equal(NativeLinkCount(), 1);
    NativeUserClose(Process, File);
    assert_int_equal(NativeLinkCount(), 0);
}

static void RemovalWithOpenHandles(void **State)
{
    HANDLE File;
    UNREFERENCED_PARAMETER(State);
    FixtureStart();
    File = OpenInterface();
    assert_int_not_equal(NativeDeviceRemove(Fixture.Pdo), STATUS_SUCCESS);
    assert_int_equal(FixtureState(), NdisHostRunning);
    NativeDeviceSurpriseRemoveNow(Fixture.Pdo);
    Fixture.Pdo = NULL;
    assert_int_equal(NativeLinkCount(), 0);
    NativeUserClose(Process, File);
}

/* ---- NdisRegisterDeviceEx ---- */

static NTSTATUS NTAPI OwnDispatch(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    *(PULONG)NdisGetDeviceReservedExtension(DeviceObject) += 1;
    Irp->IoStatus.Status = STATUS_SUCCESS;
    Irp->IoStatus.Information = 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

static void DriversHaveDevicesOfTheirOwn(void **State)
{
    PDRIVER_DISPATCH Functions[IRP_MJ_MAXIMUM_FUNCTION + 1] = {
        [IRP_MJ_CREATE] = OwnDispatch,
        [IRP_MJ_CLEANUP] = OwnDispatch,
        [IRP_MJ_CLOSE] = OwnDispatch};
    NDIS_STRING Name, Link;
    NDIS_DEVICE_OBJECT_ATTRIBUTES Attributes = {
        .Header = {NDIS_OBJECT_TYPE_DEVICE_OBJECT_ATTRIBUTES, 1, sizeof(Attributes)},
        .DeviceName = &Name,
        .SymbolicName = &Link,
        .MajorFunctions = Functions,
        .ExtensionSize = sizeof(ULONG),
    };
    PDEVICE_OBJECT Device;
    NDIS_HANDLE Handle;
    HANDLE File;
    UNREFERENCED_PARAMETER(State);
    FixtureLoad();
    RtlInitUnicodeString(&Name, L"\\Device\\ToyControl");
    RtlInitUnicodeString(&Link, L"\\DosDevices\\ToyControl");
    assert_int_equal(
        NdisRegisterDeviceEx(Toy.Driver, &Attributes, &Device, &Handle), NDIS_STATUS_SUCCESS);
    assert_int_equal(
        NativeUserOpen(Process, L"\\\\.\\ToyControl", FILE_READ_DATA, &File), STATUS_SUCCESS);
    assert_int_equal(
        NativeUserDeviceIoControl(Process, File, NO_CODE, "", 0, NULL, 0, NULL),
        STATUS_INVALID_DEVICE_REQUEST);
    NativeUserClose(Process, File);
    assert_int_equal(*(PULONG)NdisGetDeviceReservedExtension(Device), 3);
    Attributes.Header.Revision = 0;
    assert_int_equal(
        NdisRegisterDeviceEx(Toy.Driver, &Attributes, &Device, &File),
        NDIS_STATUS_INVALID_PARAMETER);
    NdisDeregisterDeviceEx(Handle);
}

int main(void)
{
#define TEST(Function) cmocka_unit_test_setup_teardown(Function, DeviceSetup, DeviceTeardown)
    const struct CMUnitTest Tests[] = {
        TEST(QueriesComeFromUserMode), TEST(TheLinkNameIsTheGuid),
        TEST(CodesReachTheirOwners),   TEST(AnOpenHandleOutlivesTheMiniport),
        TEST(RemovalWithOpenHandles),  TEST(DriversHaveDevicesOfTheirOwn),
    };
    return cmocka_run_group_tests(Tests, NULL, NULL);
}
