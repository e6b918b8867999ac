/* SPDX-License-Identifier: MIT */
/*
 * What the I/O manager's files share.
 */
#ifndef ADIT_HOST_NATIVE_IO_INTERNAL_H
#define ADIT_HOST_NATIVE_IO_INTERNAL_H

#include "executive.h"

#ifndef STATUS_MORE_PROCESSING_REQUIRED
#define STATUS_MORE_PROCESSING_REQUIRED ((NTSTATUS)0xC0000016)
#endif

/* Guards names, device stacks, driver's device lists and Plug and Play nodes. */
extern KI_MUTEX IopLock;

typedef enum _IOP_NODE_STATE
{
    IopAdded,
    IopStarted,
    IopSurpriseRemoved, /* REMOVE is due when the last file is closed */
    IopRemoved,
} IOP_NODE_STATE;

typedef struct _IOP_NODE IOP_NODE;

/* DEVICE_OBJECT.DeviceObjectExtension */
typedef struct _IOP_DEVICE
{
    PDEVICE_OBJECT AttachedTo;
    BOOLEAN DeletePending;
    IOP_NODE *Node; /* of a physical device object */
} IOP_DEVICE;

static inline IOP_DEVICE *IopDevice(PDEVICE_OBJECT Device)
{
    return Device->DeviceObjectExtension;
}

PDEVICE_OBJECT IopTopOfStack(PDEVICE_OBJECT Device);
PDEVICE_OBJECT IopBottomOfStack(PDEVICE_OBJECT Device);
/* Open files of all devices in the stack. */
LONG IopCountFiles(PDEVICE_OBJECT Device);
/* A file on the device is gone; deletes the device if that was waited for. */
VOID IopReleaseDevice(PDEVICE_OBJECT Device);

PDRIVER_OBJECT IopCreateDriver(PCSTR Name);

/* Names. Symbolic links of all spellings of \??\ are one. */
NTSTATUS IopInsertName(PCUNICODE_STRING Name, PDEVICE_OBJECT Device, PCUNICODE_STRING Target);
NTSTATUS IopRemoveName(PCUNICODE_STRING Name);
VOID IopRemoveDeviceNames(PDEVICE_OBJECT Device);
/* The device, referenced, and what of Path comes behind its name. */
NTSTATUS IopLookupName(PCUNICODE_STRING Path, PDEVICE_OBJECT *Device, PUNICODE_STRING Rest);

/* A request: an IRP that its sender waits for. */
typedef struct _IOP_REQUEST
{
    PIRP Irp;
    PEPROCESS Process;
    KEVENT Done;
    IO_STATUS_BLOCK Result;
} IOP_REQUEST;

/* With one stack location for each device of the stack; Irp is NULL if there is no memory. */
VOID IopStartRequest(
    IOP_REQUEST *Request, PDEVICE_OBJECT Top, UCHAR Major, UCHAR Minor, PFILE_OBJECT File);
static inline PIO_STACK_LOCATION IopRequestStack(const IOP_REQUEST *Request)
{
    return IoGetNextIrpStackLocation(Request->Irp);
}
/* Sends it and waits for its end; the IRP is gone then. */
NTSTATUS IopSendRequest(IOP_REQUEST *Request, PDEVICE_OBJECT Top);

/* Plug and Play's part when the last file of a surprise-removed device is closed. */
VOID IopFilesClosed(PDEVICE_OBJECT Device);
VOID IopDeleteNode(IOP_NODE *Node);
/* No request reaches the drivers of that device any more. */
BOOLEAN IopIsGone(PDEVICE_OBJECT Device);

/* ASCII, formatted, into a string with a terminator behind it; the size is the caller's matter. */
VOID IopFormat(PUNICODE_STRING String, PWSTR Buffer, SIZE_T Size, PCSTR Format, ...)
    __attribute__((format(printf, 4, 5)));
/* Likewise the other way. */
PCSTR IopNarrow(PCWSTR Text, CHAR *Buffer, SIZE_T Size);

#endif
