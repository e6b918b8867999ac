/* SPDX-License-Identifier: MIT */
/*
 * Renaming a network interface. qemu's user emulation, in which this library runs as arm64 code,
 * does not know SIOCSIFNAME, but rtnetlink(7).
 */
#include "unix_lib.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct _RENAME_REQUEST
{
    struct nlmsghdr Header;
    struct ifinfomsg Link;
    struct rtattr Attribute;
    char Name[IFNAMSIZ];
} RENAME_REQUEST;

typedef struct _RENAME_ANSWER
{
    struct nlmsghdr Header;
    struct nlmsgerr Error;
    char More[64];
} RENAME_ANSWER;

/* Returns 0 or a Linux error. */
static int RenameByNetlink(unsigned Index, const char *Name)
{
    RENAME_REQUEST Request = {
        .Header =
            {.nlmsg_len = sizeof(Request),
             .nlmsg_type = RTM_NEWLINK,
             .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK},
        .Link = {.ifi_family = AF_UNSPEC, .ifi_index = (int)Index},
        .Attribute = {.rta_len = RTA_LENGTH(IFNAMSIZ), .rta_type = IFLA_IFNAME}};
    RENAME_ANSWER Answer;
    int Error = EPROTO, Socket = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    ssize_t Length;
    if (Socket < 0)
        return errno;
    memcpy(Request.Name, Name, strnlen(Name, IFNAMSIZ - 1));
    Length = send(Socket, &Request, sizeof(Request), 0);
    if (Length == sizeof(Request))
        Length = recv(Socket, &Answer, sizeof(Answer), 0);
    if (Length < 0)
        Error = errno;
    else if (
        (size_t)Length >= NLMSG_LENGTH(sizeof(Answer.Error)) &&
        Answer.Header.nlmsg_type == NLMSG_ERROR)
        Error = -Answer.Error.error;
    close(Socket);
    return Error;
}

int UnixRenameInterface(int Socket, struct ifreq *Request)
{
    if (ioctl(Socket, SIOCSIFNAME, Request) == 0)
        return 0;
    if (errno != ENOSYS)
        return errno;
    return RenameByNetlink(if_nametoindex(Request->ifr_name), Request->ifr_newname);
}
