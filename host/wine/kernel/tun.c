/* SPDX-License-Identifier: MIT */
/*
 * The link of ../../ndis/link.h over a Linux TUN, or with a generator in its place. Identity as
 * Wine's IP Helper has it for Linux interfaces: NetLuidIndex is the interface index, IfType 1
 * (other), and the GUID holds the index and the letters NetDev.
 */
#include <ntifs.h>
#include <ndis.h>

#include "../../ndis/link.h"
#include "event_set.h"
#include "generator.h"
#include "log.h"
#include "ntdll.h"
#include "tun.h"
#include "unixcall.h"

#define TUN_TAG          'uTdA'
#define TUN_IF_TYPE      1 /* what Wine's IP Helper says of an interface it does not know better */
#define TUN_MAX_VARIANTS 99

#define LINUX_EPERM  1
#define LINUX_ENOENT 2
#define LINUX_ESRCH  3
#define LINUX_ENXIO  6
#define LINUX_EACCES 13
#define LINUX_EBUSY  16
#define LINUX_EEXIST 17
#define LINUX_ENODEV 19
#define LINUX_EINVAL 22

#define LINUX_EOPNOTSUPP    95
#define LINUX_EAFNOSUPPORT  97
#define LINUX_EADDRNOTAVAIL 99

struct _NDIS_LINK
{
    UINT64 Tun;
    BOOLEAN Gone;         /* the interface was removed from outside; only the reader writes it */
    PGENERATOR Generator; /* the interface is only a name, no packet passes it; NULL: it is not */
};

/* Packets go to Linux as they are. */
C_ASSERT(sizeof(NDIS_LINK_PACKET) == sizeof(HOST_TUN_PACKET));
C_ASSERT(FIELD_OFFSET(NDIS_LINK_PACKET, Data) == FIELD_OFFSET(HOST_TUN_PACKET, Data));
C_ASSERT(FIELD_OFFSET(NDIS_LINK_PACKET, Capacity) == FIELD_OFFSET(HOST_TUN_PACKET, Capacity));
C_ASSERT(FIELD_OFFSET(NDIS_LINK_PACKET, Length) == FIELD_OFFSET(HOST_TUN_PACKET, Length));

static NTSTATUS TunReportOpen(const HOST_TUN_OPEN *Open)
{
    PCSTR Name = Open->Pattern;
    switch (Open->Error)
    {
    case LINUX_ENOENT:
    case LINUX_ENXIO:
    case LINUX_ENODEV:
        LogError(
            "Linux has no TUN device (/dev/net/tun, error %d): run 'modprobe tun'; in a container, "
            "give it the device, as with --device /dev/net/tun",
            Open->Error);
        return STATUS_NO_SUCH_DEVICE;
    case LINUX_EPERM:
    case LINUX_EACCES:
        LogError(
            "no permission to %s (error %d): run the client as root, or give it the capability "
            "CAP_NET_ADMIN and access to /dev/net/tun",
            Open->Step == HostTunStepDevice ? "open /dev/net/tun" : "make a network interface",
            Open->Error);
        return STATUS_ACCESS_DENIED;
    case LINUX_EBUSY:
    case LINUX_EEXIST:
        LogError("the network interface name '%s' is taken (error %d)", Name, Open->Error);
        return STATUS_OBJECT_NAME_COLLISION;
    case LINUX_EINVAL:
        LogError("Linux refuses the network interface name '%s' (error %d)", Name, Open->Error);
        return STATUS_OBJECT_NAME_INVALID;
    default:
        LogError(
            "making the network interface '%s' failed at step %d with Linux error %d", Name,
            Open->Step, Open->Error);
        return STATUS_UNSUCCESSFUL;
    }
}

/*
 * Interface indices are used again, and so are the GUIDs that hold them: what nci.dll has recorded
 * under this one is the name of an interface that is gone.
 */
static VOID TunForgetName(ULONG IfIndex)
{
    static const WCHAR Path[] =
        L"\\Registry\\Machine\\System\\CurrentControlSet\\Control\\Network\\"
        L"{4D36E972-E325-11CE-BFC1-08002BE10318}\\"
        L"{00000000-0000-0000-0000-4E6574446576}\\Connection";
    static const WCHAR Tail[] = L"00000000-0000-0000-0000-4E6574446576}\\Connection";
    static const WCHAR Digits[] = L"0123456789ABCDEF";
    UNICODE_STRING Value = RTL_CONSTANT_STRING(L"Name");
    WCHAR Buffer[ARRAYSIZE(Path)];
    UNICODE_STRING Name = {sizeof(Path) - sizeof(WCHAR), sizeof(Path), Buffer};
    OBJECT_ATTRIBUTES Attributes;
    HANDLE Key;
    RtlCopyMemory(Buffer, Path, sizeof(Path));
    for (ULONG i = 0; i < 8; i++)
        Buffer[ARRAYSIZE(Path) - ARRAYSIZE(Tail) + 7 - i] = Digits[IfIndex >> 4 * i & 15];
    InitializeObjectAttributes(
        &Attributes, &Name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    if (!NT_SUCCESS(ZwOpenKey(&Key, KEY_SET_VALUE, &Attributes)))
        return;
    ZwDeleteValueKey(Key, &Value);
    ZwClose(Key);
}

/* A generator if the environment of the Wine session asks for one, else NULL. */
static NTSTATUS TunCreateGenerator(PGENERATOR *Generator)
{
    HOST_SETTING Setting = {.Name = "ADIT_LINK"};
    *Generator = NULL;
    UnixCall(HostUnixSetting, &Setting);
    if (Setting.Value[0] == 0 || strcmp(Setting.Value, "tun") == 0)
        return STATUS_SUCCESS;
    if (strcmp(Setting.Value, "generator") != 0)
    {
        LogError(
            "the environment variable ADIT_LINK is '%s'; it must be tun or generator",
            Setting.Value);
        return STATUS_INVALID_PARAMETER;
    }
    *Generator = GeneratorCreate();
    return *Generator != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

NTSTATUS NdisLinkOpen(ULONG IfType, PNDIS_LINK *Link, PNDIS_LINK_IDENTITY Identity)
{
    HOST_TUN_OPEN Open = {.Pattern = "adit%d"};
    PGENERATOR Generator;
    PNDIS_LINK New;
    NTSTATUS Status = UnixCallInitialize();
    UNREFERENCED_PARAMETER(IfType);
    if (!NT_SUCCESS(Status))
        return Status;
    New = ExAllocatePoolWithTag(NonPagedPool, sizeof(*New), TUN_TAG);
    if (New == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    Status = TunCreateGenerator(&Generator);
    if (!NT_SUCCESS(Status))
        goto CleanupLink;
    UnixCall(HostUnixTunOpen, &Open);
    if (Open.Error != 0)
    {
        Status = TunReportOpen(&Open);
        goto CleanupGenerator;
    }
    TunForgetName(Open.IfIndex);
    *New = (struct _NDIS_LINK){.Tun = Open.Tun, .Generator = Generator};
    Identity->IfIndex = Open.IfIndex;
    Identity->NetLuid.Value = ((ULONG64)TUN_IF_TYPE << 48) | ((ULONG64)Open.IfIndex << 24);
    Identity->InterfaceGuid = (GUID){Open.IfIndex, 0, 0, {0, 0, 'N', 'e', 't', 'D', 'e', 'v'}};
    LogNote("network interface %s, index %u, offload: %s", Open.Name, Open.IfIndex, Open.Offload);
    *Link = New;
    return STATUS_SUCCESS;
CleanupGenerator:
    if (Generator != NULL)
        GeneratorDelete(Generator);
CleanupLink:
    ExFreePoolWithTag(New, TUN_TAG);
    return Status;
}

/* Linux' own default stays unless it is too much for the miniport; the operator may raise it. */
NTSTATUS NdisLinkSetMtu(PNDIS_LINK Link, ULONG Mtu)
{
    HOST_TUN_CALL Call = {.Tun = Link->Tun, .Value = Mtu};
    UnixCall(HostUnixTunLimitMtu, &Call);
    if (Call.Error == 0)
        return STATUS_SUCCESS;
    LogError(
        "the MTU of a network interface cannot be set to %u (Linux error %d)", Mtu, Call.Error);
    return STATUS_UNSUCCESSFUL;
}

NTSTATUS TunConfigure(PNDIS_LINK Link, const HOST_CONFIGURATION *Configuration)
{
    HOST_TUN_CONFIGURE Call = {.Tun = Link->Tun, .Configuration = *Configuration};
    UnixCall(HostUnixTunConfigure, &Call);
    switch (Call.Error)
    {
    case 0:
        return STATUS_SUCCESS;
    case LINUX_EPERM:
    case LINUX_EACCES:
        return STATUS_ACCESS_DENIED;
    case LINUX_EEXIST:
        return STATUS_OBJECT_NAME_COLLISION;
    case LINUX_ENOENT:
    case LINUX_ESRCH:
    case LINUX_ENODEV:
    case LINUX_EADDRNOTAVAIL:
        return STATUS_NOT_FOUND;
    case LINUX_EOPNOTSUPP:
    case LINUX_EAFNOSUPPORT:
        return STATUS_NOT_SUPPORTED;
    default:
        LogNote(
            "Linux refuses to configure a network interface (action %u, error %d)",
            Configuration->Action, Call.Error);
        return STATUS_INVALID_PARAMETER;
    }
}

VOID NdisLinkClose(PNDIS_LINK Link)
{
    HOST_TUN_CLOSE Call = {.Tun = Link->Tun};
    UnixCall(HostUnixTunClose, &Call);
    if (Link->Generator != NULL)
        GeneratorDelete(Link->Generator);
    if (Call.Malformed != 0 || Call.TooLong != 0)
        LogNote(
            "packets from Linux that were dropped: %I64u that could not be cut, %I64u longer than "
            "the MTU",
            Call.Malformed, Call.TooLong);
    ExFreePoolWithTag(Link, TUN_TAG);
}

static BOOLEAN TunIsRefused(char Character)
{
    UCHAR Byte = (UCHAR)Character;
    return Byte <= ' ' || Byte == 0x7F || Byte == '/' || Byte == ':' || Byte == '%';
}

/*
 * The Linux interface name for a connection name in UTF-8: without what Linux refuses in it (white
 * space, '/', ':', '%', control characters; "." and ".."), which becomes '_', and at most 15 bytes
 * of whole characters. Variant, unless 0, goes behind it: "Name~2". Returns whether anything had
 * to change.
 */
static BOOLEAN TunName(const char *Connection, ULONG Variant, char Name[HOST_TUN_NAME_SIZE])
{
    char Suffix[8] = "";
    size_t Length = strlen(Connection), Limit;
    BOOLEAN Changed = Variant != 0;
    if (Variant != 0)
        _snprintf(Suffix, sizeof(Suffix), "~%u", Variant);
    Limit = HOST_TUN_NAME_SIZE - 1 - strlen(Suffix);
    if (Length > Limit)
    {
        for (Length = Limit; Length > 0 && ((UCHAR)Connection[Length] & 0xC0) == 0x80; Length--)
        {
        }
        Changed = TRUE;
    }
    for (size_t i = 0; i < Length; i++)
    {
        BOOLEAN Refused = TunIsRefused(Connection[i]);
        Name[i] = Refused ? '_' : Connection[i];
        Changed = Changed || Refused;
    }
    Name[Length] = 0;
    if (strcmp(Name, ".") == 0 || strcmp(Name, "..") == 0)
    {
        Name[0] = '_';
        Changed = TRUE;
    }
    RtlCopyMemory(Name + Length, Suffix, strlen(Suffix) + 1);
    return Changed;
}

NTSTATUS NdisLinkRename(PNDIS_LINK Link, PCUNICODE_STRING Name, ULONG Owner)
{
    HOST_TUN_RENAME Rename = {.Tun = Link->Tun};
    char Connection[3 * 256 + 1];
    ULONG Length = 0;
    BOOLEAN Changed;
    RtlUnicodeToUTF8N(Connection, sizeof(Connection) - 1, &Length, Name->Buffer, Name->Length);
    Connection[Length] = 0;
    if (Length == 0)
        return STATUS_OBJECT_NAME_INVALID;
    Changed = TunName(Connection, 0, Rename.Name);
    UnixCall(HostUnixTunRename, &Rename);
    /* Different connection names may come out the same; that does not make them taken. */
    for (ULONG i = 2; Changed && Rename.Error == LINUX_EEXIST && i <= TUN_MAX_VARIANTS; i++)
    {
        TunName(Connection, i, Rename.Name);
        UnixCall(HostUnixTunRename, &Rename);
    }
    switch (Rename.Error)
    {
    case 0:
        /* adit-wine reads this. */
        LogNote(
            "connection '%s' is network interface %s of run %u", Connection, Rename.Name, Owner);
        return STATUS_SUCCESS;
    case LINUX_EEXIST:
        LogNote("the network interface name '%s' is taken", Rename.Name);
        return STATUS_OBJECT_NAME_COLLISION;
    case LINUX_EINVAL:
        LogError("Linux refuses the network interface name '%s'", Rename.Name);
        return STATUS_OBJECT_NAME_INVALID;
    default:
        LogError(
            "renaming a network interface to '%s' failed with Linux error %d", Rename.Name,
            Rename.Error);
        return STATUS_UNSUCCESSFUL;
    }
}

VOID NdisLinkSetConnected(PNDIS_LINK Link, BOOLEAN Connected)
{
    HOST_TUN_CALL Call = {.Tun = Link->Tun, .Value = Connected};
    UnixCall(HostUnixTunSetCarrier, &Call);
    if (Link->Generator != NULL)
        GeneratorSetConnected(Link->Generator, Connected);
}

ULONG NdisLinkRead(PNDIS_LINK Link, PNDIS_LINK_PACKET Packets, ULONG Count)
{
    HOST_TUN_TRANSFER Transfer = {
        .Tun = Link->Tun, .Packets = (ULONG_PTR)Packets, .Count = Link->Gone ? 0 : Count};
    EventSetGather();
    if (Link->Generator != NULL)
        return GeneratorRead(Link->Generator, Packets, Count);
    Transfer.Wait = !EventSetIsPending();
    UnixCall(HostUnixTunRead, &Transfer);
    if (!Transfer.Wait && Transfer.Done == 0 && Transfer.Error == 0)
    {
        EventSetFlush();
        Transfer.Wait = TRUE;
        UnixCall(HostUnixTunRead, &Transfer);
    }
    if (Transfer.Error != 0)
    {
        LogError(
            "a network interface was removed from outside (Linux error %d); its adapter has no "
            "traffic until it is made anew",
            Transfer.Error);
        Link->Gone = TRUE;
        if (Transfer.Done == 0)
            return NdisLinkRead(Link, Packets, Count);
    }
    return Transfer.Done;
}

VOID NdisLinkStop(PNDIS_LINK Link)
{
    HOST_TUN_CALL Call = {.Tun = Link->Tun};
    UnixCall(HostUnixTunStop, &Call);
    if (Link->Generator != NULL)
        GeneratorStop(Link->Generator);
}

VOID NdisLinkStart(PNDIS_LINK Link)
{
    HOST_TUN_CALL Call = {.Tun = Link->Tun};
    UnixCall(HostUnixTunStart, &Call);
    if (Link->Generator != NULL)
        GeneratorStart(Link->Generator);
}

ULONG NdisLinkWrite(PNDIS_LINK Link, const NDIS_LINK_PACKET *Packets, ULONG Count)
{
    HOST_TUN_TRANSFER Transfer = {.Tun = Link->Tun, .Packets = (ULONG_PTR)Packets, .Count = Count};
    if (Link->Generator != NULL)
        return GeneratorWrite(Link->Generator, Packets, Count);
    UnixCall(HostUnixTunWrite, &Transfer);
    return Transfer.Done;
}
