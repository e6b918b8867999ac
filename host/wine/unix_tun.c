/* SPDX-License-Identifier: MIT */
/*
 * A Linux TUN interface. Packets are bare IP (IFF_NO_PI), one system call each; the descriptor
 * does not block, an event descriptor ends a waiting reader.
 * Facts: Linux Documentation/networking/tuntap.rst, netdevice(7).
 */
#define _GNU_SOURCE
#include "unix_lib.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct _UNIX_TUN
{
    int Device;
    int StopEvent;               /* readable, as at first: UnixTunRead returns nothing */
    int Socket;                  /* for requests about the interface */
    int IfIndex;                 /* survives renames, by whomever */
    pthread_mutex_t ControlLock; /* guards nothing of the data path */
} UNIX_TUN;

static UNIX_TUN *TunOf(uint64_t Value)
{
    return (UNIX_TUN *)(uintptr_t)Value;
}

/* The interface's name now; it may have been renamed from outside. */
static int TunName(const UNIX_TUN *Tun, struct ifreq *Request)
{
    memset(Request, 0, sizeof(*Request));
    Request->ifr_ifindex = Tun->IfIndex;
    return ioctl(Tun->Socket, SIOCGIFNAME, Request) < 0 ? errno : 0;
}

static int TunSetUp(UNIX_TUN *Tun, HOST_TUN_OPEN *Open)
{
    struct ifreq Request = {0};
    int Off = 0;
    memcpy(Request.ifr_name, Open->Name, sizeof(Open->Name));
    if (ioctl(Tun->Device, TUNSETCARRIER, &Off) < 0)
        return errno;
    Tun->StopEvent = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
    if (Tun->StopEvent < 0)
        return errno;
    Tun->Socket = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (Tun->Socket < 0)
        return errno;
    if (ioctl(Tun->Socket, SIOCGIFINDEX, &Request) < 0)
        return errno;
    Tun->IfIndex = Request.ifr_ifindex;
    Open->IfIndex = (uint32_t)Request.ifr_ifindex;
    return 0;
}

static void TunFree(UNIX_TUN *Tun)
{
    if (Tun->Socket >= 0)
        close(Tun->Socket);
    if (Tun->StopEvent >= 0)
        close(Tun->StopEvent);
    if (Tun->Device >= 0)
        close(Tun->Device);
    pthread_mutex_destroy(&Tun->ControlLock);
    free(Tun);
}

int UnixTunOpen(void *Arguments)
{
    HOST_TUN_OPEN *Open = Arguments;
    struct ifreq Request = {.ifr_flags = IFF_TUN | IFF_NO_PI};
    UNIX_TUN *Tun = calloc(1, sizeof(*Tun));
    Open->Step = HostTunStepSetup;
    Open->Error = ENOMEM;
    if (Tun == NULL)
        return 0;
    Tun->StopEvent = Tun->Socket = -1;
    pthread_mutex_init(&Tun->ControlLock, NULL);
    Open->Step = HostTunStepDevice;
    Tun->Device = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (Tun->Device < 0)
        goto Fail;
    Open->Step = HostTunStepCreate;
    memcpy(Request.ifr_name, Open->Pattern, sizeof(Open->Pattern));
    if (ioctl(Tun->Device, TUNSETIFF, &Request) < 0)
        goto Fail;
    memcpy(Open->Name, Request.ifr_name, sizeof(Open->Name));
    Open->Step = HostTunStepSetup;
    Open->Error = TunSetUp(Tun, Open);
    if (Open->Error != 0)
    {
        TunFree(Tun);
        return 0;
    }
    Open->Tun = (uintptr_t)Tun;
    return 0;
Fail:
    Open->Error = errno;
    TunFree(Tun);
    return 0;
}

int UnixTunClose(void *Arguments)
{
    HOST_TUN_CALL *Call = Arguments;
    TunFree(TunOf(Call->Tun));
    Call->Error = 0;
    return 0;
}

/* Takes the interface down, renames it, takes it up again: kernels before 6.3 rename no interface
 * that is up. Addresses of IPv4 survive; routes and IPv6 addresses do not. */
static int TunRenameWhileUp(UNIX_TUN *Tun, struct ifreq *Rename, const char *Name)
{
    struct ifreq Flags = {0};
    int Error = 0;
    memcpy(Flags.ifr_name, Rename->ifr_name, IFNAMSIZ);
    if (ioctl(Tun->Socket, SIOCGIFFLAGS, &Flags) < 0)
        return errno;
    Flags.ifr_flags &= ~IFF_UP;
    if (ioctl(Tun->Socket, SIOCSIFFLAGS, &Flags) < 0)
        return errno;
    Error = UnixRenameInterface(Tun->Socket, Rename);
    if (Error == 0)
        memcpy(Flags.ifr_name, Name, IFNAMSIZ);
    Flags.ifr_flags |= IFF_UP;
    if (ioctl(Tun->Socket, SIOCSIFFLAGS, &Flags) < 0 && Error == 0)
        Error = errno;
    return Error;
}

int UnixTunRename(void *Arguments)
{
    HOST_TUN_RENAME *Call = Arguments;
    UNIX_TUN *Tun = TunOf(Call->Tun);
    struct ifreq Request;
    pthread_mutex_lock(&Tun->ControlLock);
    Call->Error = TunName(Tun, &Request);
    if (Call->Error == 0 && strncmp(Request.ifr_name, Call->Name, IFNAMSIZ) != 0)
    {
        memcpy(Request.ifr_newname, Call->Name, IFNAMSIZ);
        Call->Error = UnixRenameInterface(Tun->Socket, &Request);
        if (Call->Error == EBUSY)
            Call->Error = TunRenameWhileUp(Tun, &Request, Call->Name);
    }
    pthread_mutex_unlock(&Tun->ControlLock);
    return 0;
}

int UnixTunSetCarrier(void *Arguments)
{
    HOST_TUN_CALL *Call = Arguments;
    int Carrier = Call->Value != 0;
    Call->Error = ioctl(TunOf(Call->Tun)->Device, TUNSETCARRIER, &Carrier) < 0 ? errno : 0;
    return 0;
}

int UnixTunLimitMtu(void *Arguments)
{
    HOST_TUN_CALL *Call = Arguments;
    UNIX_TUN *Tun = TunOf(Call->Tun);
    struct ifreq Request;
    pthread_mutex_lock(&Tun->ControlLock);
    Call->Error = TunName(Tun, &Request);
    if (Call->Error == 0 && ioctl(Tun->Socket, SIOCGIFMTU, &Request) < 0)
        Call->Error = errno;
    if (Call->Error == 0 && (uint32_t)Request.ifr_mtu > Call->Value)
    {
        Request.ifr_mtu = (int)Call->Value;
        if (ioctl(Tun->Socket, SIOCSIFMTU, &Request) < 0)
            Call->Error = errno;
    }
    pthread_mutex_unlock(&Tun->ControlLock);
    return 0;
}

/* Reads one packet. 1: read; 0: none now; -1: the interface is gone. */
static int TunReadOne(UNIX_TUN *Tun, HOST_TUN_PACKET *Packet)
{
    ssize_t Length;
    do
        Length = read(Tun->Device, (void *)(uintptr_t)Packet->Data, Packet->Capacity);
    while (Length < 0 && errno == EINTR);
    if (Length < 0)
        return errno == EAGAIN ? 0 : -1;
    Packet->Length = (uint32_t)Length;
    return 1;
}

static int TunIsStopped(UNIX_TUN *Tun)
{
    uint64_t Stopped;
    if (eventfd_read(Tun->StopEvent, &Stopped) < 0)
        return 0;
    eventfd_write(Tun->StopEvent, 1);
    return 1;
}

int UnixTunRead(void *Arguments)
{
    HOST_TUN_TRANSFER *Call = Arguments;
    UNIX_TUN *Tun = TunOf(Call->Tun);
    HOST_TUN_PACKET *Packets = (HOST_TUN_PACKET *)(uintptr_t)Call->Packets;
    /* No packets wanted: waits for the stop alone. */
    struct pollfd Wait[2] = {
        {.fd = Call->Count != 0 ? Tun->Device : -1, .events = POLLIN},
        {.fd = Tun->StopEvent, .events = POLLIN}};
    int Read = 1;
    Call->Done = 0;
    Call->Error = 0;
    /* Looked at before each batch: under load there is always another packet. */
    while (!TunIsStopped(Tun))
    {
        while (Call->Done < Call->Count && (Read = TunReadOne(Tun, &Packets[Call->Done])) > 0)
            Call->Done++;
        if (Read < 0)
            Call->Error = errno;
        if (Call->Done != 0 || Read < 0)
            return 0;
        poll(Wait, 2, -1);
    }
    return 0;
}

int UnixTunStop(void *Arguments)
{
    HOST_TUN_CALL *Call = Arguments;
    Call->Error = eventfd_write(TunOf(Call->Tun)->StopEvent, 1) < 0 ? errno : 0;
    return 0;
}

int UnixTunStart(void *Arguments)
{
    HOST_TUN_CALL *Call = Arguments;
    uint64_t Stopped;
    eventfd_read(TunOf(Call->Tun)->StopEvent, &Stopped);
    Call->Error = 0;
    return 0;
}

int UnixTunWrite(void *Arguments)
{
    HOST_TUN_TRANSFER *Call = Arguments;
    UNIX_TUN *Tun = TunOf(Call->Tun);
    const HOST_TUN_PACKET *Packets = (const HOST_TUN_PACKET *)(uintptr_t)Call->Packets;
    Call->Done = 0;
    Call->Error = 0;
    for (uint32_t i = 0; i < Call->Count; i++)
    {
        const void *Data = (const void *)(uintptr_t)Packets[i].Data;
        ssize_t Written;
        do
            Written = write(Tun->Device, Data, Packets[i].Length);
        while (Written < 0 && errno == EINTR);
        if (Written < 0)
            Call->Error = errno;
        else
            Call->Done++;
    }
    return 0;
}
