/* SPDX-License-Identifier: MIT */
/*
 * Addresses, routes and the MTU of an adapter's interface, by rtnetlink(7) and netdevice(7).
 */
#include "unix_lib.h"
#include "unix_tun.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

typedef struct _CONFIGURE_REQUEST
{
    struct nlmsghdr Header;
    union
    {
        struct ifaddrmsg Address;
        struct rtmsg Route;
    } Message;
    char Attributes[96];
} CONFIGURE_REQUEST;

static void
ConfigureAppend(CONFIGURE_REQUEST *Request, unsigned short Type, const void *Data, size_t Size)
{
    struct rtattr Attribute = {.rta_len = (unsigned short)RTA_LENGTH(Size), .rta_type = Type};
    char *Place = (char *)Request + NLMSG_ALIGN(Request->Header.nlmsg_len);
    memcpy(Place, &Attribute, sizeof(Attribute));
    memcpy(Place + RTA_LENGTH(0), Data, Size);
    Request->Header.nlmsg_len =
        (unsigned)(NLMSG_ALIGN(Request->Header.nlmsg_len) + RTA_ALIGN(Attribute.rta_len));
}

static unsigned char ConfigureFamily(const HOST_CONFIGURATION *Configuration)
{
    return Configuration->IpVersion == 4 ? AF_INET : AF_INET6;
}

static size_t ConfigureAddressSize(const HOST_CONFIGURATION *Configuration)
{
    return Configuration->IpVersion == 4 ? 4 : 16;
}

/* Of IPv6, nobody else is on the link: addresses need not be looked for. */
static int ConfigureAddress(int IfIndex, const HOST_CONFIGURATION *Configuration, int Add)
{
    CONFIGURE_REQUEST Request = {
        .Header =
            {.nlmsg_len = NLMSG_LENGTH(sizeof(struct ifaddrmsg)),
             .nlmsg_type = Add ? RTM_NEWADDR : RTM_DELADDR,
             .nlmsg_flags = (unsigned short)(NLM_F_REQUEST | NLM_F_ACK |
                                             (Add ? NLM_F_CREATE | NLM_F_EXCL : 0))},
        .Message.Address = {
            .ifa_family = ConfigureFamily(Configuration),
            .ifa_prefixlen = (unsigned char)Configuration->PrefixLength,
            .ifa_flags = Add && Configuration->IpVersion == 6 ? IFA_F_NODAD : 0,
            .ifa_index = (unsigned)IfIndex}};
    size_t Size = ConfigureAddressSize(Configuration);
    ConfigureAppend(&Request, IFA_LOCAL, Configuration->Address, Size);
    ConfigureAppend(&Request, IFA_ADDRESS, Configuration->Address, Size);
    return UnixNetlinkAsk(&Request, Request.Header.nlmsg_len);
}

/* A next hop need not be on the link by another route: whatever it is, the client gets the packet.
 */
static int ConfigureRoute(int IfIndex, const HOST_CONFIGURATION *Configuration, int Add)
{
    static const unsigned char Zero[sizeof(Configuration->NextHop)];
    CONFIGURE_REQUEST Request = {
        .Header =
            {.nlmsg_len = NLMSG_LENGTH(sizeof(struct rtmsg)),
             .nlmsg_type = Add ? RTM_NEWROUTE : RTM_DELROUTE,
             .nlmsg_flags = (unsigned short)(NLM_F_REQUEST | NLM_F_ACK |
                                             (Add ? NLM_F_CREATE | NLM_F_EXCL : 0))},
        .Message.Route = {
            .rtm_family = ConfigureFamily(Configuration),
            .rtm_dst_len = (unsigned char)Configuration->PrefixLength,
            .rtm_table = RT_TABLE_MAIN,
            .rtm_protocol = Add ? RTPROT_STATIC : RTPROT_UNSPEC,
            .rtm_scope = Add ? RT_SCOPE_LINK : RT_SCOPE_NOWHERE,
            .rtm_type = Add ? RTN_UNICAST : RTN_UNSPEC}};
    size_t Size = ConfigureAddressSize(Configuration);
    ConfigureAppend(&Request, RTA_DST, Configuration->Address, Size);
    ConfigureAppend(&Request, RTA_OIF, &IfIndex, sizeof(IfIndex));
    if (memcmp(Configuration->NextHop, Zero, Size) != 0)
    {
        ConfigureAppend(&Request, RTA_GATEWAY, Configuration->NextHop, Size);
        Request.Message.Route.rtm_flags = RTNH_F_ONLINK;
        if (Add)
            Request.Message.Route.rtm_scope = RT_SCOPE_UNIVERSE;
    }
    if (Add && Configuration->Metric != 0)
        ConfigureAppend(
            &Request, RTA_PRIORITY, &Configuration->Metric, sizeof(Configuration->Metric));
    return UnixNetlinkAsk(&Request, Request.Header.nlmsg_len);
}

static int ConfigureSetMtu(const UNIX_TUN *Tun, uint32_t Mtu)
{
    struct ifreq Request = {.ifr_ifindex = Tun->IfIndex};
    if (ioctl(Tun->Socket, SIOCGIFNAME, &Request) < 0)
        return errno;
    Request.ifr_mtu = (int)Mtu;
    return ioctl(Tun->Socket, SIOCSIFMTU, &Request) < 0 ? errno : 0;
}

static int ConfigureUp(const UNIX_TUN *Tun)
{
    struct ifreq Request = {.ifr_ifindex = Tun->IfIndex};
    if (ioctl(Tun->Socket, SIOCGIFNAME, &Request) < 0 ||
        ioctl(Tun->Socket, SIOCGIFFLAGS, &Request) < 0)
        return errno;
    if ((Request.ifr_flags & IFF_UP) != 0)
        return 0;
    Request.ifr_flags |= IFF_UP;
    return ioctl(Tun->Socket, SIOCSIFFLAGS, &Request) < 0 ? errno : 0;
}

static int ConfigureDo(const UNIX_TUN *Tun, const HOST_CONFIGURATION *Configuration)
{
    int Error;
    if (Configuration->Action == HostConfigureSetMtu)
        return ConfigureSetMtu(Tun, Configuration->Mtu);
    if ((Configuration->IpVersion != 4 && Configuration->IpVersion != 6) ||
        Configuration->PrefixLength > 8 * ConfigureAddressSize(Configuration))
        return EINVAL;
    switch (Configuration->Action)
    {
    case HostConfigureAddAddress:
        Error = ConfigureAddress(Tun->IfIndex, Configuration, 1);
        return Error != 0 ? Error : ConfigureUp(Tun);
    case HostConfigureDeleteAddress:
        return ConfigureAddress(Tun->IfIndex, Configuration, 0);
    case HostConfigureAddRoute:
        Error = ConfigureUp(Tun);
        return Error != 0 ? Error : ConfigureRoute(Tun->IfIndex, Configuration, 1);
    case HostConfigureDeleteRoute:
        return ConfigureRoute(Tun->IfIndex, Configuration, 0);
    default:
        return EINVAL;
    }
}

int UnixTunConfigure(void *Arguments)
{
    HOST_TUN_CONFIGURE *Call = Arguments;
    UNIX_TUN *Tun = UnixTunOf(Call->Tun);
    pthread_mutex_lock(&Tun->ControlLock);
    Call->Error = ConfigureDo(Tun, &Call->Configuration);
    pthread_mutex_unlock(&Tun->ControlLock);
    return 0;
}
