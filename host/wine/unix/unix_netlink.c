/* SPDX-License-Identifier: MIT */
/*
 * A question to rtnetlink(7) and its answer.
 */
#include "unix_lib.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct _NETLINK_ANSWER
{
    struct nlmsghdr Header;
    struct nlmsgerr Error;
    char More[64];
} NETLINK_ANSWER;

int UnixNetlinkAsk(const void *Request, size_t Size)
{
    NETLINK_ANSWER Answer;
    int Error = EPROTO, Socket = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    ssize_t Length;
    if (Socket < 0)
        return errno;
    Length = send(Socket, Request, Size, 0);
    if (Length == (ssize_t)Size)
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
