/* SPDX-License-Identifier: MIT */
/*
 * Plug and Play: root-enumerated devices and what the PnP manager sends to their stacks.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io_internal.h"

#define IOP_NET_CLASS            "{4D36E972-E325-11CE-BFC1-08002BE10318}"
#define IOP_CONTROL_SET          "\\Registry\\Machine\\System\\CurrentControlSet"
#define IOP_NAME_LENGTH          160
#define IOP_INTERFACES           4
#define PNP_DETECTED_FATAL_ERROR 0xCAu

typedef struct _IOP_INTERFACE
{
    GUID Class;
    WCHAR Link[IOP_NAME_LENGTH]; /* \??\ROOT#...#{class}; empty: none */
    BOOLEAN Enabled;
} IOP_INTERFACE;

struct _IOP_NODE
{
    PDEVICE_OBJECT Pdo;
    ULONG Number;
    IOP_NODE_STATE State;
    BOOLEAN Gone; /* REMOVE was sent with files open: they get nothing any more */
    CHAR HardwareId[48];
    WCHAR DeviceName[IOP_NAME_LENGTH];
    IOP_INTERFACE Interfaces[IOP_INTERFACES];
    LIST_ENTRY Link; /* in IopNodes, under IopLock */
};

static PDRIVER_OBJECT IopBusDriver;
static ULONG IopNextNumber;
static LIST_ENTRY IopNodes = {&IopNodes, &IopNodes};

static NTSTATUS NTAPI IopBusPnp(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    NTSTATUS Status = Irp->IoStatus.Status;
    switch (IoGetCurrentIrpStackLocation(Irp)->MinorFunction)
    {
    case IRP_MN_START_DEVICE:
    case IRP_MN_QUERY_REMOVE_DEVICE:
    case IRP_MN_CANCEL_REMOVE_DEVICE:
    case IRP_MN_REMOVE_DEVICE:
    case IRP_MN_SURPRISE_REMOVAL:
    case IRP_MN_QUERY_STOP_DEVICE:
    case IRP_MN_CANCEL_STOP_DEVICE:
    case IRP_MN_STOP_DEVICE:
        Status = STATUS_SUCCESS;
        break;
    default:
        break;
    }
    Irp->IoStatus.Status = Status;
    IofCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static NTSTATUS NTAPI IopBusPower(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    PoStartNextPowerIrp(Irp);
    Irp->IoStatus.Status = STATUS_SUCCESS;
    IofCompleteRequest(Irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

static IOP_NODE *IopNode(PDEVICE_OBJECT Device)
{
    return IopDevice(IopBottomOfStack(Device))->Node;
}

BOOLEAN IopIsGone(PDEVICE_OBJECT Device)
{
    IOP_NODE *Node = IopNode(Device);
    return (Node && Node->Gone) || IopDevice(Device)->DeletePending;
}

VOID IopDeleteNode(IOP_NODE *Node)
{
    if (Node)
    {
        KiLock(&IopLock);
        RemoveEntryList(&Node->Link);
        KiUnlock(&IopLock);
        free(Node);
    }
}

static NTSTATUS IopCreateNode(PCWSTR HardwareId, IOP_NODE **Created)
{
    UNICODE_STRING Name;
    IOP_NODE *Node = calloc(1, sizeof(*Node));
    if (!Node)
    {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    KiLock(&IopLock);
    if (!IopBusDriver)
    {
        IopBusDriver = IopCreateDriver("PnpManager");
        IopBusDriver->MajorFunction[IRP_MJ_PNP] = IopBusPnp;
        IopBusDriver->MajorFunction[IRP_MJ_POWER] = IopBusPower;
    }
    Node->Number = IopNextNumber++;
    InsertTailList(&IopNodes, &Node->Link);
    KiUnlock(&IopLock);
    IopNarrow(HardwareId, Node->HardwareId, sizeof(Node->HardwareId));
    IopFormat(&Name, Node->DeviceName, sizeof(Node->DeviceName), "\\Device\\%08x", Node->Number);
    NTSTATUS Status =
        IoCreateDevice(IopBusDriver, 0, &Name, FILE_DEVICE_NETWORK, 0, FALSE, &Node->Pdo);
    if (!NT_SUCCESS(Status))
    {
        IopDeleteNode(Node);
        return Status;
    }
    IopDevice(Node->Pdo)->Node = Node;
    Node->Pdo->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    *Created = Node;
    return Status;
}

static NTSTATUS IopSendPnp(PDEVICE_OBJECT Pdo, UCHAR Minor)
{
    PKTHREAD Thread = KI_CURRENT();
    PEPROCESS Attached = Thread->Attached;
    KPROCESSOR_MODE Mode = Thread->PreviousMode;
    IOP_REQUEST Request;
    /* In the context of a system thread. */
    Thread->Attached = PspSystemProcess;
    Thread->PreviousMode = KernelMode;
    PDEVICE_OBJECT Top = IopTopOfStack(Pdo);
    IopStartRequest(&Request, Top, IRP_MJ_PNP, Minor, NULL);
    if (!Request.Irp)
    {
        abort();
    }
    Request.Irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
    NTSTATUS Status = IopSendRequest(&Request, Top);
    Thread->Attached = Attached;
    Thread->PreviousMode = Mode;
    return Status;
}

static VOID IopSendRemove(PDEVICE_OBJECT Pdo)
{
    IOP_NODE *Node = IopDevice(Pdo)->Node;
    IopSendPnp(Pdo, IRP_MN_REMOVE_DEVICE);
    RULE(
        !Pdo->AttachedDevice, "RemoveDevice", "kernel/irp-mn-remove-device",
        "device object %p is still attached after IRP_MN_REMOVE_DEVICE",
        (PVOID)Pdo->AttachedDevice);
    Node->State = IopRemoved;
    for (ULONG Index = 0; Index < IOP_INTERFACES; Index++)
    {
        UNICODE_STRING Link;
        RtlInitUnicodeString(&Link, Node->Interfaces[Index].Link);
        if (Node->Interfaces[Index].Enabled)
        {
            IopRemoveName(&Link);
        }
    }
    IoDeleteDevice(Pdo);
}

NTSTATUS NativeDeviceAdd(PDRIVER_OBJECT Driver, PCWSTR HardwareId, PDEVICE_OBJECT *Pdo)
{
    IOP_NODE *Node;
    NTSTATUS Status = IopCreateNode(HardwareId, &Node);
    if (!NT_SUCCESS(Status))
    {
        return Status;
    }
    RULE(
        Driver->DriverExtension->AddDevice, "AddDevice", "ddi/wdm/nc-wdm-driver_add_device",
        "the driver has no AddDevice routine");
    KI_CALLBACK(
        "AddDevice", "ddi/wdm/nc-wdm-driver_add_device",
        Status = Driver->DriverExtension->AddDevice(Driver, Node->Pdo));
    PDEVICE_OBJECT Top = IopTopOfStack(Node->Pdo);
    if (!NT_SUCCESS(Status))
    {
        RULE(
            Top == Node->Pdo, "AddDeviceFailed", "ddi/wdm/nc-wdm-driver_add_device",
            "AddDevice failed with %08X and left a device object attached", (ULONG)Status);
        IoDeleteDevice(Node->Pdo);
        return Status;
    }
    RULE(
        Top != Node->Pdo && !(Top->Flags & DO_DEVICE_INITIALIZING), "AddDeviceFlags",
        "ddi/wdm/nc-wdm-driver_add_device",
        "AddDevice attached no device object, or left DO_DEVICE_INITIALIZING set");
    *Pdo = Node->Pdo;
    return Status;
}

NTSTATUS NativeDeviceStart(PDEVICE_OBJECT Pdo)
{
    IOP_NODE *Node = IopDevice(Pdo)->Node;
    NTSTATUS Status = IopSendPnp(Pdo, IRP_MN_START_DEVICE);
    if (!NT_SUCCESS(Status))
    {
        IopSendRemove(Pdo);
        return Status;
    }
    Node->State = IopStarted;
    IopSendPnp(Pdo, IRP_MN_QUERY_PNP_DEVICE_STATE);
    return Status;
}

NTSTATUS NativeDeviceRemove(PDEVICE_OBJECT Pdo)
{
    NTSTATUS Status = IopSendPnp(Pdo, IRP_MN_QUERY_REMOVE_DEVICE);
    if (NT_SUCCESS(Status) && IopCountFiles(Pdo))
    {
        Status = STATUS_DEVICE_BUSY;
    }
    if (Status != STATUS_SUCCESS)
    {
        IopSendPnp(Pdo, IRP_MN_CANCEL_REMOVE_DEVICE);
        return Status;
    }
    IopSendRemove(Pdo);
    return Status;
}

NTSTATUS NativeDeviceStop(PDEVICE_OBJECT Pdo)
{
    NTSTATUS Status = IopSendPnp(Pdo, IRP_MN_QUERY_STOP_DEVICE);
    if (!NT_SUCCESS(Status))
    {
        IopSendPnp(Pdo, IRP_MN_CANCEL_STOP_DEVICE);
        return Status;
    }
    return IopSendPnp(Pdo, IRP_MN_STOP_DEVICE);
}

VOID NativeDeviceSurpriseRemove(PDEVICE_OBJECT Pdo)
{
    IopSendPnp(Pdo, IRP_MN_SURPRISE_REMOVAL);
    KiLock(&IopLock);
    IopDevice(Pdo)->Node->State = IopSurpriseRemoved;
    KiUnlock(&IopLock);
    IopFilesClosed(Pdo);
}

VOID NativeDeviceSurpriseRemoveNow(PDEVICE_OBJECT Pdo)
{
    IopSendPnp(Pdo, IRP_MN_SURPRISE_REMOVAL);
    IopDevice(Pdo)->Node->Gone = TRUE;
    IopSendRemove(Pdo);
}

VOID IopFilesClosed(PDEVICE_OBJECT Device)
{
    PDEVICE_OBJECT Pdo = IopBottomOfStack(Device);
    IOP_NODE *Node = IopDevice(Pdo)->Node;
    BOOLEAN Due = FALSE;
    if (Node && IopCountFiles(Pdo) == 0)
    {
        KiLock(&IopLock);
        Due = Node->State == IopSurpriseRemoved;
        Node->State = Due ? IopRemoved : Node->State;
        KiUnlock(&IopLock);
    }
    if (Due)
    {
        IopSendRemove(Pdo);
    }
}

NTSTATUS NativeDeviceSetPower(PDEVICE_OBJECT Pdo, DEVICE_POWER_STATE State)
{
    PDEVICE_OBJECT Top = IopTopOfStack(Pdo);
    IOP_REQUEST Request;
    IopStartRequest(&Request, Top, IRP_MJ_POWER, IRP_MN_SET_POWER, NULL);
    if (!Request.Irp)
    {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    PIO_STACK_LOCATION Stack = IopRequestStack(&Request);
    Request.Irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
    Stack->Parameters.Power.Type = DevicePowerState;
    Stack->Parameters.Power.State.DeviceState = State;
    return IopSendRequest(&Request, Top);
}

static IOP_INTERFACE *IopFindInterface(IOP_NODE *Node, const GUID *Class)
{
    for (ULONG Index = 0; Index < IOP_INTERFACES; Index++)
    {
        IOP_INTERFACE *Interface = &Node->Interfaces[Index];
        if (!Interface->Link[0] || memcmp(&Interface->Class, Class, sizeof(*Class)) == 0)
        {
            return Interface;
        }
    }
    return NULL;
}

NTSTATUS IoRegisterDeviceInterface(
    PDEVICE_OBJECT PhysicalDeviceObject,
    const GUID *InterfaceClassGuid,
    PUNICODE_STRING ReferenceString,
    PUNICODE_STRING SymbolicLinkName)
{
    RULE_IRQL("wdm", PASSIVE_LEVEL);
    IOP_NODE *Node = IopDevice(PhysicalDeviceObject)->Node;
    RULE(
        Node, "PhysicalDevice", "wdm", "%p is not a physical device object",
        (PVOID)PhysicalDeviceObject);
    RULE(
        !ReferenceString || !ReferenceString->Length, "ReferenceString", "wdm",
        "reference strings are not offered here");
    IOP_INTERFACE *Interface = IopFindInterface(Node, InterfaceClassGuid);
    UNICODE_STRING Link, Guid;
    if (FAULT() || !Interface ||
        !NT_SUCCESS(RtlpAllocateString(SymbolicLinkName, sizeof(Interface->Link))))
    {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    BOOLEAN Exists = Interface->Link[0] != 0;
    if (!Exists)
    {
        CHAR Text[64];
        Interface->Class = *InterfaceClassGuid;
        if (!NT_SUCCESS(RtlStringFromGUID(InterfaceClassGuid, &Guid)))
        {
            RtlFreeUnicodeString(SymbolicLinkName);
            return STATUS_INSUFFICIENT_RESOURCES;
        }
        IopFormat(
            &Link, Interface->Link, sizeof(Interface->Link), "\\??\\ROOT#%s#%04u#%s",
            Node->HardwareId, Node->Number, IopNarrow(Guid.Buffer, Text, sizeof(Text)));
        RtlFreeUnicodeString(&Guid);
    }
    RtlAppendUnicodeToString(SymbolicLinkName, Interface->Link);
    return Exists ? STATUS_OBJECT_NAME_EXISTS : STATUS_SUCCESS;
}

/* The interface of that link, in any node. */
static IOP_INTERFACE *IopInterfaceOfLink(PCUNICODE_STRING Link, IOP_NODE **Owner)
{
    IOP_INTERFACE *Found = NULL;
    KiLock(&IopLock);
    for (PLIST_ENTRY Entry = IopNodes.Flink; Entry != &IopNodes && !Found; Entry = Entry->Flink)
    {
        IOP_NODE *Node = CONTAINING_RECORD(Entry, IOP_NODE, Link);
        for (ULONG Index = 0; Index < IOP_INTERFACES && !Found; Index++)
        {
            UNICODE_STRING Name;
            RtlInitUnicodeString(&Name, Node->Interfaces[Index].Link);
            if (Name.Length && RtlpEqual(&Name, Link, TRUE))
            {
                Found = &Node->Interfaces[Index];
                *Owner = Node;
            }
        }
    }
    KiUnlock(&IopLock);
    return Found;
}

NTSTATUS IoSetDeviceInterfaceState(PUNICODE_STRING SymbolicLinkName, BOOLEAN Enable)
{
    RULE_IRQL("wdm", PASSIVE_LEVEL);
    IOP_NODE *Node = NULL;
    UNICODE_STRING Device;
    IOP_INTERFACE *Interface = IopInterfaceOfLink(SymbolicLinkName, &Node);
    if (!Interface || (Enable && FAULT()))
    {
        return Interface ? STATUS_INSUFFICIENT_RESOURCES : STATUS_OBJECT_NAME_NOT_FOUND;
    }
    if (Interface->Enabled == Enable)
    {
        return Enable ? STATUS_OBJECT_NAME_EXISTS : STATUS_OBJECT_NAME_NOT_FOUND;
    }
    RtlInitUnicodeString(&Device, Node->DeviceName);
    NTSTATUS Status =
        Enable ? IopInsertName(SymbolicLinkName, NULL, &Device) : IopRemoveName(SymbolicLinkName);
    if (NT_SUCCESS(Status))
    {
        Interface->Enabled = Enable;
    }
    return Status;
}

PCWSTR NativeDeviceInterface(PDEVICE_OBJECT Pdo, const GUID *Class)
{
    IOP_INTERFACE *Interface = IopFindInterface(IopDevice(Pdo)->Node, Class);
    return Interface && Interface->Enabled ? Interface->Link : NULL;
}

/* The text of a property; one NUL ends it, REG_MULTI_SZ has another. NULL: none here. */
static PCSTR IopProperty(IOP_NODE *Node, DEVICE_REGISTRY_PROPERTY Property, CHAR *Text, SIZE_T Size)
{
    switch (Property)
    {
    case DevicePropertyDeviceDescription:
    case DevicePropertyHardwareID:
        snprintf(Text, Size, "%s", Node->HardwareId);
        return Text;
    case DevicePropertyClassName:
        return "Net";
    case DevicePropertyClassGuid:
        return IOP_NET_CLASS;
    case DevicePropertyDriverKeyName:
        snprintf(Text, Size, IOP_NET_CLASS "\\%04u", Node->Number);
        return Text;
    case DevicePropertyPhysicalDeviceObjectName:
        return IopNarrow(Node->DeviceName, Text, Size);
    default:
        return NULL;
    }
}

NTSTATUS IoGetDeviceProperty(
    PDEVICE_OBJECT DeviceObject,
    DEVICE_REGISTRY_PROPERTY DeviceProperty,
    ULONG BufferLength,
    PVOID PropertyBuffer,
    PULONG ResultLength)
{
    RULE_IRQL("wdm", PASSIVE_LEVEL);
    CHAR Text[IOP_NAME_LENGTH];
    IOP_NODE *Node = IopDevice(DeviceObject)->Node;
    if (!Node)
    {
        KeBugCheckEx(PNP_DETECTED_FATAL_ERROR, 2, (ULONG_PTR)DeviceObject, 0, 0);
    }
    PCSTR Value = FAULT() ? NULL : IopProperty(Node, DeviceProperty, Text, sizeof(Text));
    if (!Value)
    {
        return STATUS_OBJECT_NAME_NOT_FOUND;
    }
    ULONG Characters = (ULONG)strlen(Value) + 1 + (DeviceProperty == DevicePropertyHardwareID);
    *ResultLength = Characters * sizeof(WCHAR);
    if (BufferLength < *ResultLength)
    {
        return STATUS_BUFFER_TOO_SMALL;
    }
    RtlZeroMemory(PropertyBuffer, *ResultLength);
    for (ULONG Index = 0; Value[Index]; Index++)
    {
        ((PWCHAR)PropertyBuffer)[Index] = (WCHAR)Value[Index];
    }
    return STATUS_SUCCESS;
}

static NTSTATUS
IopOpenNodeKey(IOP_NODE *Node, ULONG DevInstKeyType, ACCESS_MASK DesiredAccess, PHANDLE Handle)
{
    WCHAR Buffer[IOP_NAME_LENGTH];
    UNICODE_STRING Path;
    BOOLEAN Created;
    PVOID Key;
    if (DevInstKeyType == PLUGPLAY_REGKEY_DRIVER)
    {
        IopFormat(
            &Path, Buffer, sizeof(Buffer),
            IOP_CONTROL_SET "\\Control\\Class\\" IOP_NET_CLASS "\\%04u", Node->Number);
    }
    else
    {
        IopFormat(
            &Path, Buffer, sizeof(Buffer),
            IOP_CONTROL_SET "\\Enum\\ROOT\\%s\\%04u\\Device Parameters", Node->HardwareId,
            Node->Number);
    }
    NTSTATUS Status = CmpOpenKey(&Path, TRUE, &Created, &Key);
    if (NT_SUCCESS(Status))
    {
        Status = ObpCreateHandle(PspCurrentProcess(), Key, DesiredAccess, TRUE, Handle);
        ObfDereferenceObject(Key);
    }
    return Status;
}

NTSTATUS IoOpenDeviceRegistryKey(
    PDEVICE_OBJECT DeviceObject,
    ULONG DevInstKeyType,
    ACCESS_MASK DesiredAccess,
    PHANDLE DeviceRegKey)
{
    RULE_IRQL("wdm", PASSIVE_LEVEL);
    IOP_NODE *Node = IopDevice(DeviceObject)->Node;
    RULE(Node, "PhysicalDevice", "wdm", "%p is not a physical device object", (PVOID)DeviceObject);
    if (FAULT())
    {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    return IopOpenNodeKey(Node, DevInstKeyType, DesiredAccess, DeviceRegKey);
}

NTSTATUS
NativeDeviceSetValue(PDEVICE_OBJECT Pdo, PCWSTR Value, ULONG Type, const void *Data, ULONG Size)
{
    HANDLE Key;
    UNICODE_STRING Name;
    RtlInitUnicodeString(&Name, Value);
    NTSTATUS Status =
        IopOpenNodeKey(IopDevice(Pdo)->Node, PLUGPLAY_REGKEY_DRIVER, KEY_ALL_ACCESS, &Key);
    if (NT_SUCCESS(Status))
    {
        Status = ZwSetValueKey(Key, &Name, 0, Type, (PVOID)Data, Size);
        ZwClose(Key);
    }
    return Status;
}

NTSTATUS NativeDeviceGetDword(PDEVICE_OBJECT Pdo, PCWSTR Value, PULONG Data)
{
    HANDLE Key;
    UNICODE_STRING Name;
    ULONG Length;
    union
    {
        KEY_VALUE_PARTIAL_INFORMATION Information;
        UCHAR Bytes[sizeof(KEY_VALUE_PARTIAL_INFORMATION) + sizeof(ULONG)];
    } Buffer;
    RtlInitUnicodeString(&Name, Value);
    NTSTATUS Status =
        IopOpenNodeKey(IopDevice(Pdo)->Node, PLUGPLAY_REGKEY_DRIVER, KEY_ALL_ACCESS, &Key);
    if (NT_SUCCESS(Status))
    {
        Status = ZwQueryValueKey(
            Key, &Name, KeyValuePartialInformation, &Buffer, sizeof(Buffer), &Length);
        ZwClose(Key);
    }
    if (NT_SUCCESS(Status) && Buffer.Information.Type != REG_DWORD)
    {
        Status = STATUS_OBJECT_TYPE_MISMATCH;
    }
    if (NT_SUCCESS(Status))
    {
        RtlCopyMemory(Data, Buffer.Information.Data, sizeof(*Data));
    }
    return Status;
}
