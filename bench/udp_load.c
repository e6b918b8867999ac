/* SPDX-License-Identifier: MIT */
/*
 * Sends UDP packets of SIZE bytes, headers included, from this machine to 10.9.0.2 for SECONDS, 64
 * by a system call:   udp_load SIZE SECONDS
 */
#include <arpa/inet.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "sample.h"

#define BATCH 64

int main(int argc, char **argv)
{
    static uint8_t Data[0xFFFF];
    struct sockaddr_in To = {.sin_family = AF_INET, .sin_port = htons(9)};
    struct mmsghdr Messages[BATCH];
    struct iovec Piece = {Data, argc > 1 ? strtoul(argv[1], NULL, 0) - 28 : 36};
    uint64_t End = SampleNow() + (uint64_t)(argc > 2 ? strtod(argv[2], NULL) * 1e9 : 1e9);
    int Socket = socket(AF_INET, SOCK_DGRAM, 0);

    inet_pton(AF_INET, "10.9.0.2", &To.sin_addr);
    if (Socket < 0 || connect(Socket, (struct sockaddr *)&To, sizeof(To)) != 0)
    {
        perror("udp_load: 10.9.0.2");
        return 1;
    }
    memset(Messages, 0, sizeof(Messages));
    for (int Index = 0; Index < BATCH; Index++)
    {
        Messages[Index].msg_hdr.msg_iov = &Piece;
        Messages[Index].msg_hdr.msg_iovlen = 1;
    }
    while (SampleNow() < End)
        (void)sendmmsg(Socket, Messages, BATCH, 0);
    return 0;
}
