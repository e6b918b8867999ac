/* SPDX-License-Identifier: MIT */
/*
 * What wine_client does, on a Linux TUN with read and write:
 *
 *   tun_client INTERFACE sink|source|echo SIZE
 *
 * It says "ready 0" and goes on until its standard input ends, then "packets COUNT" of those that
 * it received.
 */
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <pthread.h>

#include "client_packet.h"

static volatile unsigned long long Received;

static void *WaitForQuit(void *Context)
{
    (void)Context;
    while (getchar() != EOF)
    {
    }
    printf("packets %llu\n", Received);
    exit(0);
}

int main(int argc, char **argv)
{
    static uint8_t Packet[0xFFFF];
    struct ifreq Request = {.ifr_flags = IFF_TUN | IFF_NO_PI};
    int Tun = open("/dev/net/tun", O_RDWR);
    pthread_t Thread;

    if (argc < 4 || Tun < 0)
    {
        fprintf(stderr, "usage: tun_client INTERFACE sink|source|echo SIZE, as root\n");
        return 1;
    }
    snprintf(Request.ifr_name, sizeof(Request.ifr_name), "%s", argv[1]);
    if (ioctl(Tun, TUNSETIFF, &Request) != 0)
    {
        perror(argv[1]);
        return 1;
    }
    printf("ready 0\n");
    fflush(stdout);
    pthread_create(&Thread, NULL, WaitForQuit, NULL);
    if (strcmp(argv[2], "source") == 0)
    {
        uint32_t Size = (uint32_t)strtoul(argv[3], NULL, 0);
        ClientPacketMake(Packet, Size);
        for (;;)
            if (write(Tun, Packet, Size) < 0)
                usleep(1000); /* the interface is not up yet */
    }
    for (;;)
    {
        ssize_t Size = read(Tun, Packet, sizeof(Packet));
        Received += Size > 0;
        if (Size > 0 && argv[2][0] == 'e')
        {
            ClientPacketExchange(Packet, (uint32_t)Size);
            if (write(Tun, Packet, (size_t)Size) < 0)
                continue;
        }
    }
    return 0;
}
