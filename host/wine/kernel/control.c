/* SPDX-License-Identifier: MIT */
/*
 * The host's own device-control codes.
 */
#include <ntifs.h>
#include <ndis.h>

#include "../../ndis/ndis_host.h"
#include "control.h"
#include "tun.h"

C_ASSERT(
    HOST_IOCTL_SET_NAME == CTL_CODE(FILE_DEVICE_NETWORK, 0xA17, METHOD_BUFFERED, FILE_ANY_ACCESS));
C_ASSERT(
    HOST_IOCTL_GET_NAME == CTL_CODE(FILE_DEVICE_NETWORK, 0xA18, METHOD_BUFFERED, FILE_ANY_ACCESS));

C_ASSERT(
    HOST_IOCTL_CONFIGURE == CTL_CODE(FILE_DEVICE_NETWORK, 0xA19, METHOD_BUFFERED, FILE_ANY_ACCESS));

#define CONTROL_MAX_NAME (256 * sizeof(WCHAR)) /* bytes */

static const UNICODE_STRING ControlNameValue = RTL_CONSTANT_STRING(HOST_CONNECTION_NAME_VALUE);

/* O:SYG:SYD:(A;;FA;;;SY)(A;;FA;;;BA), self-relative: [MS-DTYP] 2.4.6. */
static const UCHAR ControlDescriptor[] = {
    1,    0,    0x04, 0x80, /* revision; SE_DACL_PRESENT, self-relative */
    20,   0,    0,    0,    20,   0,    0,    0,    0,  0, 0, 0,
    32,   0,    0,    0,                                         /* owner, group, SACL, DACL */
    1,    1,    0,    0,    0,    0,    0,    5,    18, 0, 0, 0, /* S-1-5-18 */
    2,    0,    52,   0,    2,    0,    0,    0,                 /* ACL of two entries */
    0,    0,    20,   0,    0xFF, 0x01, 0x1F, 0x00,              /* allowed: all */
    1,    1,    0,    0,    0,    0,    0,    5,    18, 0, 0, 0, /* S-1-5-18 */
    0,    0,    24,   0,    0xFF, 0x01, 0x1F, 0x00,              /* allowed: all */
    1,    2,    0,    0,    0,    0,    0,    5,    32, 0, 0, 0,
    0x20, 0x02, 0,    0, /* S-1-5-32-544 */
};

static BOOLEAN ControlIsAdministrator(PIRP Irp)
{
    SECURITY_SUBJECT_CONTEXT Subject;
    ACCESS_MASK Granted;
    NTSTATUS Status;
    BOOLEAN Allowed;
    SeCaptureSubjectContext(&Subject);
    Allowed = SeAccessCheck(
        (PSECURITY_DESCRIPTOR)ControlDescriptor, &Subject, FALSE, FILE_WRITE_DATA, 0, NULL,
        IoGetFileObjectGenericMapping(), Irp->RequestorMode, &Granted, &Status);
    SeReleaseSubjectContext(&Subject);
    return Allowed;
}

static NTSTATUS ControlOpenKey(PNDIS_MINIPORT_ADAPTER Adapter, PHANDLE Key)
{
    NDIS_HOST_INFORMATION Information;
    NdisHostGetInformation(Adapter, &Information);
    return IoOpenDeviceRegistryKey(
        Information.PhysicalDeviceObject, PLUGPLAY_REGKEY_DRIVER, KEY_READ | KEY_WRITE, Key);
}

static NTSTATUS ControlSetName(PNDIS_MINIPORT_ADAPTER Adapter, PNDIS_LINK Link, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    ULONG Length = Stack->Parameters.DeviceIoControl.InputBufferLength;
    HOST_SET_NAME *SetName = Irp->AssociatedIrp.SystemBuffer;
    UNICODE_STRING Name;
    NTSTATUS Status;
    HANDLE Key;
    if (!ControlIsAdministrator(Irp))
        return STATUS_ACCESS_DENIED;
    if (Length <= FIELD_OFFSET(HOST_SET_NAME, Name) || Length % sizeof(WCHAR) != 0 ||
        Length > sizeof(HOST_SET_NAME))
        return STATUS_OBJECT_NAME_INVALID;
    Name.Buffer = SetName->Name;
    Name.Length = Name.MaximumLength = (USHORT)(Length - FIELD_OFFSET(HOST_SET_NAME, Name));
    Status = NdisLinkRename(Link, &Name, SetName->Run);
    if (NT_SUCCESS(Status) && NT_SUCCESS(ControlOpenKey(Adapter, &Key)))
    {
        ZwSetValueKey(
            Key, (PUNICODE_STRING)&ControlNameValue, 0, REG_BINARY, Name.Buffer, Name.Length);
        ZwClose(Key);
    }
    return Status;
}

static NTSTATUS ControlGetName(PNDIS_MINIPORT_ADAPTER Adapter, PIRP Irp)
{
    union
    {
        KEY_VALUE_PARTIAL_INFORMATION Information;
        UCHAR Space[FIELD_OFFSET(KEY_VALUE_PARTIAL_INFORMATION, Data) + CONTROL_MAX_NAME];
    } Buffer;
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    NTSTATUS Status;
    ULONG Length;
    HANDLE Key;
    Status = ControlOpenKey(Adapter, &Key);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = ZwQueryValueKey(
        Key, (PUNICODE_STRING)&ControlNameValue, KeyValuePartialInformation, &Buffer,
        sizeof(Buffer), &Length);
    ZwClose(Key);
    if (!NT_SUCCESS(Status) || Buffer.Information.Type != REG_BINARY)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    Length = Buffer.Information.DataLength;
    if (Length > Stack->Parameters.DeviceIoControl.OutputBufferLength)
        return STATUS_BUFFER_TOO_SMALL;
    RtlCopyMemory(Irp->AssociatedIrp.SystemBuffer, Buffer.Information.Data, Length);
    Irp->IoStatus.Information = Length;
    return STATUS_SUCCESS;
}

static NTSTATUS ControlConfigure(PNDIS_LINK Link, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    if (!ControlIsAdministrator(Irp))
        return STATUS_ACCESS_DENIED;
    if (Stack->Parameters.DeviceIoControl.InputBufferLength != sizeof(HOST_CONFIGURATION))
        return STATUS_INVALID_PARAMETER;
    return TunConfigure(Link, Irp->AssociatedIrp.SystemBuffer);
}

static NTSTATUS ControlDispatch(PNDIS_MINIPORT_ADAPTER Adapter, PNDIS_LINK Link, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    switch (Stack->Parameters.DeviceIoControl.IoControlCode)
    {
    case HOST_IOCTL_SET_NAME:
        return ControlSetName(Adapter, Link, Irp);
    case HOST_IOCTL_GET_NAME:
        return ControlGetName(Adapter, Irp);
    case HOST_IOCTL_CONFIGURE:
        return ControlConfigure(Link, Irp);
    default:
        return STATUS_INVALID_DEVICE_REQUEST;
    }
}

void ControlInitialize(void)
{
    NdisHostSetDeviceControl(ControlDispatch);
}
