/* SPDX-License-Identifier: MIT */
/*
 * Wine keeps a request that it dispatches in the CurrentIrp of its device, the top one of its
 * stack, until the dispatch routine has returned; the request is not freed before. So the devices
 * of this host's drivers tell which request it is.
 *
 * Wine frees a request's copies when it is completed. A driver may keep its pages locked for
 * longer: Wine then gets another copy to give back to the client and to free.
 */
#define _NTSYSTEM_
#include <ntifs.h>

#include "executive.h"
#include "log.h"
#include "ntdll.h"
#include "user_buffer.h"
#include "wine_kernel.h"

#define USER_BUFFER_TAG 'bUdA'

/* IRP.Flags */
#define USER_BUFFER_WRITE 0x00000100 /* IRP_WRITE_OPERATION */

typedef struct _USER_BUFFER_DEVICE
{
    struct _USER_BUFFER_DEVICE *Next;
    PDEVICE_OBJECT DeviceObject;
} USER_BUFFER_DEVICE;

typedef struct _USER_BUFFER_HOLD
{
    struct _USER_BUFFER_HOLD *Next;
    PMDL Mdl;
    PIRP Irp;
    PVOID Block;   /* of Wine's heap */
    BOOLEAN Taken; /* out of the request, which was completed */
} USER_BUFFER_HOLD;

/* Guards both lists. */
static RTL_CRITICAL_SECTION UserBufferGuard = RTL_CRITICAL_SECTION_INITIALIZER;
static USER_BUFFER_DEVICE *UserBufferDevices;
static USER_BUFFER_HOLD *UserBufferHolds;

NTSTATUS NTAPI IoCreateDevice(
    PDRIVER_OBJECT DriverObject,
    ULONG DeviceExtensionSize,
    PUNICODE_STRING DeviceName,
    DEVICE_TYPE DeviceType,
    ULONG DeviceCharacteristics,
    BOOLEAN Exclusive,
    PDEVICE_OBJECT *DeviceObject)
{
    USER_BUFFER_DEVICE *Device =
        ExAllocatePoolWithTag(NonPagedPool, sizeof(*Device), USER_BUFFER_TAG);
    NTSTATUS Status;
    if (Device == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Status = WineIoCreateDevice(
        DriverObject, DeviceExtensionSize, DeviceName, DeviceType, DeviceCharacteristics, Exclusive,
        DeviceObject);
    if (!NT_SUCCESS(Status))
    {
        ExFreePoolWithTag(Device, USER_BUFFER_TAG);
        return Status;
    }
    Device->DeviceObject = *DeviceObject;
    RtlEnterCriticalSection(&UserBufferGuard);
    Device->Next = UserBufferDevices;
    UserBufferDevices = Device;
    RtlLeaveCriticalSection(&UserBufferGuard);
    return Status;
}

VOID NTAPI IoDeleteDevice(PDEVICE_OBJECT DeviceObject)
{
    USER_BUFFER_DEVICE **Link = &UserBufferDevices, *Device;
    RtlEnterCriticalSection(&UserBufferGuard);
    while ((Device = *Link) != NULL && Device->DeviceObject != DeviceObject)
        Link = &Device->Next;
    if (Device != NULL)
        *Link = Device->Next;
    RtlLeaveCriticalSection(&UserBufferGuard);
    if (Device != NULL)
        ExFreePoolWithTag(Device, USER_BUFFER_TAG);
    WineIoDeleteDevice(DeviceObject);
}

static BOOLEAN UserBufferIsIn(PMDL Mdl, PVOID Buffer, SIZE_T Length)
{
    ULONG_PTR Start = (ULONG_PTR)MmGetMdlVirtualAddress(Mdl), First = (ULONG_PTR)Buffer;
    return Buffer != NULL && Start >= First && Mdl->ByteCount <= Length &&
           Start - First <= Length - Mdl->ByteCount;
}

/* The buffer of the device's current request that the list is in; NULL: none. */
static PVOID UserBufferFind(PDEVICE_OBJECT DeviceObject, PMDL Mdl)
{
    PIRP Irp = DeviceObject->CurrentIrp;
    PIO_STACK_LOCATION Stack;
    if (Irp == NULL || Irp->RequestorMode != UserMode || Irp->CurrentLocation > Irp->StackCount)
        return NULL;
    Stack = IoGetCurrentIrpStackLocation(Irp);
    switch (Stack->MajorFunction)
    {
    case IRP_MJ_DEVICE_CONTROL:
        if ((Stack->Parameters.DeviceIoControl.IoControlCode & 3) != METHOD_NEITHER)
            return NULL;
        if (UserBufferIsIn(
                Mdl, Stack->Parameters.DeviceIoControl.Type3InputBuffer,
                Stack->Parameters.DeviceIoControl.InputBufferLength))
            return Stack->Parameters.DeviceIoControl.Type3InputBuffer;
        return UserBufferIsIn(
                   Mdl, Irp->UserBuffer, Stack->Parameters.DeviceIoControl.OutputBufferLength)
                   ? Irp->UserBuffer
                   : NULL;
    case IRP_MJ_READ:
    case IRP_MJ_WRITE:
        return (DeviceObject->Flags & (DO_BUFFERED_IO | DO_DIRECT_IO)) == 0 &&
                       UserBufferIsIn(Mdl, Irp->UserBuffer, Stack->Parameters.Read.Length)
                   ? Irp->UserBuffer
                   : NULL;
    default:
        return NULL;
    }
}

BOOLEAN UserBufferHold(PMDL Mdl)
{
    USER_BUFFER_DEVICE *Device;
    USER_BUFFER_HOLD *Hold;
    PVOID Block = NULL;
    RtlEnterCriticalSection(&UserBufferGuard);
    for (Device = UserBufferDevices; Device != NULL && Block == NULL; Device = Device->Next)
    {
        Block = UserBufferFind(Device->DeviceObject, Mdl);
        if (Block == NULL)
            continue;
        Hold = ExAllocatePoolWithTag(NonPagedPool, sizeof(*Hold), USER_BUFFER_TAG);
        if (Hold == NULL)
        {
            LogError("no memory to keep a request's buffer");
            break;
        }
        *Hold = (USER_BUFFER_HOLD){.Next = UserBufferHolds,
                                   .Mdl = Mdl,
                                   .Irp = Device->DeviceObject->CurrentIrp,
                                   .Block = Block};
        UserBufferHolds = Hold;
    }
    RtlLeaveCriticalSection(&UserBufferGuard);
    return Block != NULL;
}

static BOOLEAN UserBufferIsHeld(PVOID Block)
{
    USER_BUFFER_HOLD *Hold = UserBufferHolds;
    while (Hold != NULL && Hold->Block != Block)
        Hold = Hold->Next;
    return Hold != NULL;
}

VOID UserBufferRelease(PMDL Mdl)
{
    USER_BUFFER_HOLD **Link = &UserBufferHolds, *Hold;
    RtlEnterCriticalSection(&UserBufferGuard);
    while ((Hold = *Link) != NULL && Hold->Mdl != Mdl)
        Link = &Hold->Next;
    if (Hold != NULL)
        *Link = Hold->Next;
    if (Hold != NULL && Hold->Taken && !UserBufferIsHeld(Hold->Block))
        RtlFreeHeap(NtCurrentProcessHeap(), 0, Hold->Block);
    RtlLeaveCriticalSection(&UserBufferGuard);
    if (Hold != NULL)
        ExFreePoolWithTag(Hold, USER_BUFFER_TAG);
}

/* Without memory for another copy, the client gets nothing back. */
static BOOLEAN UserBufferTake(PIRP Irp, PVOID Block)
{
    PVOID Copy = NULL;
    if (Block == Irp->UserBuffer && (Irp->Flags & USER_BUFFER_WRITE) == 0)
    {
        SIZE_T Size = RtlSizeHeap(NtCurrentProcessHeap(), 0, Block);
        Copy = RtlAllocateHeap(NtCurrentProcessHeap(), 0, Size);
        if (Copy != NULL)
            RtlCopyMemory(Copy, Block, Size);
    }
    else if (Block != Irp->UserBuffer && Block != Irp->AssociatedIrp.SystemBuffer)
        return FALSE;
    if (Irp->AssociatedIrp.SystemBuffer == Block)
        Irp->AssociatedIrp.SystemBuffer = Copy;
    if (Irp->UserBuffer == Block)
        Irp->UserBuffer = Copy;
    return TRUE;
}

VOID UserBufferComplete(PIRP Irp)
{
    /* A hold for this request was made before the request came to whom completes it. */
    if (UserBufferHolds == NULL)
        return;
    RtlEnterCriticalSection(&UserBufferGuard);
    for (USER_BUFFER_HOLD *Hold = UserBufferHolds; Hold != NULL; Hold = Hold->Next)
    {
        if (Hold->Irp != Irp || Hold->Taken || !UserBufferTake(Irp, Hold->Block))
            continue;
        for (USER_BUFFER_HOLD *Same = UserBufferHolds; Same != NULL; Same = Same->Next)
            Same->Taken |= Same->Irp == Irp && Same->Block == Hold->Block;
    }
    RtlLeaveCriticalSection(&UserBufferGuard);
}
