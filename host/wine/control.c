/* SPDX-License-Identifier: MIT */
/*
 * The host's own device-control code.
 */
#include <ntifs.h>
#include <ndis.h>

#include "../ndis/ndis_host.h"
#include "control.h"

C_ASSERT(
    HOST_IOCTL_SET_NAME == CTL_CODE(FILE_DEVICE_NETWORK, 0xA17, METHOD_BUFFERED, FILE_ANY_ACCESS));

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

static NTSTATUS ControlDispatch(PNDIS_MINIPORT_ADAPTER Adapter, PNDIS_LINK Link, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    ULONG Length = Stack->Parameters.DeviceIoControl.InputBufferLength;
    HOST_SET_NAME *SetName = Irp->AssociatedIrp.SystemBuffer;
    UNICODE_STRING Name;
    UNREFERENCED_PARAMETER(Adapter);
    if (Stack->Parameters.DeviceIoControl.IoControlCode != HOST_IOCTL_SET_NAME)
        return STATUS_INVALID_DEVICE_REQUEST;
    if (!ControlIsAdministrator(Irp))
        return STATUS_ACCESS_DENIED;
    if (Length <= FIELD_OFFSET(HOST_SET_NAME, Name) || Length % sizeof(WCHAR) != 0 ||
        Length > sizeof(HOST_SET_NAME))
        return STATUS_OBJECT_NAME_INVALID;
    Name.Buffer = SetName->Name;
    Name.Length = Name.MaximumLength = (USHORT)(Length - FIELD_OFFSET(HOST_SET_NAME, Name));
    return NdisLinkRename(Link, &Name, SetName->Run);
}

void ControlInitialize(void)
{
    NdisHostSetDeviceControl(ControlDispatch);
}
