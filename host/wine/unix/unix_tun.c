/* SPDX-License-Identifier: MIT */
/*
 * A Linux TUN interface: making, naming, limits and end of it. Packets are bare IP (IFF_NO_PI)
 * behind a description (IFF_VNET_HDR), where Linux gives such; the descriptor does not block, an
 * event descriptor ends a waiting reader. Facts: Linux Documentation/networking/tuntap.rst,
 * linux/if_tun.h, netdevice(7).
 */
#define _GNU_SOURCE
#include "unix_lib.h"
#include "unix_tun.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* Linux 6.2, linux/if_tun.h. */
#ifndef TUN_F_USO4
#define TUN_F_USO4 0x20
#define TUN_F_USO6 0x40
#endif

/* The interface's name now; it may have been renamed from outside. */
static int TunName(const UNIX_TUN *Tun, struct ifreq *Request)
{
    memset(Request, 0, sizeof(*Request));
    Request->ifr_ifindex = Tun->IfIndex;
    return ioctl(Tun->Socket, SIOCGIFNAME, Request) < 0 ? errno : 0;
}

/* By their number. */
static const char TunOffloadNames[][HOST_TUN_NAME_SIZE] = {
    "none", "description", "checksum", "tcp", "udp"};

/* The most that is wanted: all, unless the environment says less, to go round a faulty kernel. */
static enum UNIX_TUN_OFFLOAD TunWantedOffload(void)
{
    const char *Wanted = getenv("ADIT_TUN_OFFLOAD");
    for (int i = 0; Wanted != NULL && i < UnixTunOffloadUdp; i++)
        if (strcmp(Wanted, TunOffloadNames[i]) == 0)
            return (enum UNIX_TUN_OFFLOAD)i;
    return UnixTunOffloadUdp;
}

/* Takes what Linux gives: kernels before 6.2 have no TUN_F_USO4. */
static void TunSetOffload(UNIX_TUN *Tun, enum UNIX_TUN_OFFLOAD Wanted)
{
    static const unsigned long Flags[] = {
        [UnixTunOffloadChecksum] = TUN_F_CSUM,
        [UnixTunOffloadTcp] = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN,
        [UnixTunOffloadUdp] =
            TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN | TUN_F_USO4 | TUN_F_USO6};
    Tun->Offload = Wanted;
    while (Tun->Offload > UnixTunOffloadDescription &&
           ioctl(Tun->Device, TUNSETOFFLOAD, Flags[Tun->Offload]) < 0)
        Tun->Offload--;
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
    enum UNIX_TUN_OFFLOAD Offload = TunWantedOffload();
    unsigned Features = 0;
    UNIX_TUN *Tun = calloc(1, sizeof(*Tun));
    Open->Step = HostTunStepSetup;
    Open->Error = ENOMEM;
    if (Tun == NULL)
        return 0;
    Tun->StopEvent = Tun->Socket = -1;
    Tun->Stopped = true;
    pthread_mutex_init(&Tun->ControlLock, NULL);
    Open->Step = HostTunStepDevice;
    Tun->Device = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (Tun->Device < 0)
        goto Fail;
    Open->Step = HostTunStepCreate;
    if (ioctl(Tun->Device, TUNGETFEATURES, &Features) < 0 || (Features & IFF_VNET_HDR) == 0)
        Offload = UnixTunOffloadNone;
    if (Offload != UnixTunOffloadNone)
        Request.ifr_flags |= IFF_VNET_HDR;
    memcpy(Request.ifr_name, Open->Pattern, sizeof(Open->Pattern));
    if (ioctl(Tun->Device, TUNSETIFF, &Request) < 0)
        goto Fail;
    memcpy(Open->Name, Request.ifr_name, sizeof(Open->Name));
    TunSetOffload(Tun, Offload);
    memcpy(Open->Offload, TunOffloadNames[Tun->Offload], sizeof(Open->Offload));
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
    HOST_TUN_CLOSE *Call = Arguments;
    UNIX_TUN *Tun = UnixTunOf(Call->Tun);
    Call->Malformed = Tun->Malformed;
    Call->TooLong = Tun->TooLong;
    TunFree(Tun);
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
    UNIX_TUN *Tun = UnixTunOf(Call->Tun);
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
    Call->Error = ioctl(UnixTunOf(Call->Tun)->Device, TUNSETCARRIER, &Carrier) < 0 ? errno : 0;
    return 0;
}

int UnixTunLimitMtu(void *Arguments)
{
    HOST_TUN_CALL *Call = Arguments;
    UNIX_TUN *Tun = UnixTunOf(Call->Tun);
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
