/* SPDX-License-Identifier: MIT */
/*
 * Renaming a network interface. qemu's user emulation, in which this library runs as arm64 code,
 * does not know SIOCSIFNAME, but rtnetlink(7).
 *
 * Wine's IP Helper remembers what an interface was called when it was first asked for, and asks
 * Linux for its MTU and state by that name from then on. So an interface keeps the first of its
 * names, which no connection name led to, as an alternative name (ip-link(8), altname; Linux 5.5).
 */
#include "unix_lib.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#define RENAME_FIRST_PREFIX "adit"

typedef struct _RENAME_REQUEST
{
    struct nlmsghdr Header;
    struct ifinfomsg Link;
    char Attributes[RTA_LENGTH(RTA_LENGTH(IFNAMSIZ))];
} RENAME_REQUEST;

/* Name must have IFNAMSIZ bytes. List, unless 0, is an attribute that the one of the name is in. */
static int RenameByNetlink(
    unsigned short Type,
    unsigned Index,
    unsigned short List,
    unsigned short Attribute,
    const char *Name)
{
    RENAME_REQUEST Request = {
        .Header = {.nlmsg_type = Type, .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK},
        .Link = {.ifi_family = AF_UNSPEC, .ifi_index = (int)Index}};
    struct rtattr Inner = {.rta_len = RTA_LENGTH(IFNAMSIZ), .rta_type = Attribute};
    struct rtattr Outer = {.rta_len = RTA_LENGTH(Inner.rta_len), .rta_type = List};
    char *Next = Request.Attributes;
    if (List != 0)
        Next = (char *)memcpy(Next, &Outer, sizeof(Outer)) + sizeof(Outer);
    Next = (char *)memcpy(Next, &Inner, sizeof(Inner)) + sizeof(Inner);
    Next = (char *)memcpy(Next, Name, IFNAMSIZ) + IFNAMSIZ;
    Request.Header.nlmsg_len = (unsigned)(Next - (char *)&Request);
    return UnixNetlinkAsk(&Request, Request.Header.nlmsg_len);
}

static int RenameIsFirst(const char *Name)
{
    size_t Prefix = strlen(RENAME_FIRST_PREFIX), Digits;
    if (strncmp(Name, RENAME_FIRST_PREFIX, Prefix) != 0)
        return 0;
    Digits = strspn(Name + Prefix, "0123456789");
    return Digits != 0 && Name[Prefix + Digits] == 0;
}

int UnixRenameInterface(int Socket, struct ifreq *Request)
{
    unsigned Index = if_nametoindex(Request->ifr_name);
    char Former[IFNAMSIZ] = {0};
    int Error = 0;
    memcpy(Former, Request->ifr_name, IFNAMSIZ - 1);
    if (ioctl(Socket, SIOCSIFNAME, Request) < 0)
        Error = errno;
    if (Error == ENOSYS)
        Error = RenameByNetlink(RTM_NEWLINK, Index, 0, IFLA_IFNAME, Request->ifr_newname);
    /* An older Linux has no alternative names. */
    if (Error == 0 && RenameIsFirst(Former))
        RenameByNetlink(
            RTM_NEWLINKPROP, Index, IFLA_PROP_LIST | NLA_F_NESTED, IFLA_ALT_IFNAME, Former);
    return Error;
}
