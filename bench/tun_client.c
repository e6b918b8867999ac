/* SPDX-License-Identifier: MIT */
/*
 * What wine_client does, on a Linux TUN with read and write:
 *
 *   tun_client INTERFACE sink|source|echo SIZE
 *   tun_client INTERFACE forward OTHER
 *
 * It says "ready 0" and goes on until its standard input ends. On each line of input and at the end
 * it says "packets COUNT", those that it received.
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
    int Character;

    (void)Context;
    while ((Character = getchar()) != EOF)
        if (Character == '\n')
        {
            printf("packets %llu\n", Received);
            fflush(stdout);
        }
    printf("packets %llu\n", Received);
    exit(0);
}

/* The descriptor of a TUN interface of that name, which it makes. */
static int Open(const char *Name)
{
    struct ifreq Request = {.ifr_flags = IFF_TUN | IFF_NO_PI};
    int Tun = open("/dev/net/tun", O_RDWR);

    snprintf(Request.ifr_name, sizeof(Request.ifr_name), "%s", Name);
    if (Tun < 0 || ioctl(Tun, TUNSETIFF, &Request) != 0)
    {
        perror(Name);
        exit(1);
    }
    return Tun;
}

typedef struct _WAY
{
    int From, To; /* To: -1 to forget what comes */
} WAY;

static void *Receive(void *Context)
{
    const WAY *Way = Context;
    uint8_t Packet[0xFFFF];

    for (;;)
    {
        ssize_t Size = read(Way->From, Packet, sizeof(Packet));
        if (Size <= 0)
        {
            usleep(1000); /* the interface is not up yet */
            continue;
        }
        Received++;
        if (Way->From == Way->To)
            ClientPacketExchange(Packet, (uint32_t)Size);
        if (Way->To >= 0 && write(Way->To, Packet, (size_t)Size) < 0)
            continue;
    }
    return NULL;
}

static void Source(int Tun, uint32_t Size)
{
    static uint8_t Packet[0xFFFF];

    ClientPacketMake(Packet, Size);
    for (;;)
        if (write(Tun, Packet, Size) < 0)
            usleep(1000); /* the interface is not up yet */
}

int main(int argc, char **argv)
{
    pthread_t Thread;

    if (argc < 4)
    {
        fprintf(
            stderr,
            "usage: tun_client INTERFACE sink|source|echo SIZE, or forward OTHER, as root\n");
        return 1;
    }
    int Tun = Open(argv[1]);
    int Forwards = argv[2][0] == 'f';
    WAY There = {Tun, argv[2][0] == 'e' ? Tun : -1}, Back;
    if (Forwards)
        There.To = Open(argv[3]);
    Back = (WAY){There.To, Tun};
    printf("ready 0\n");
    fflush(stdout);
    pthread_create(&Thread, NULL, WaitForQuit, NULL);
    if (argv[2][0] == 's' && argv[2][1] == 'o')
        Source(Tun, (uint32_t)strtoul(argv[3], NULL, 0));
    if (Forwards)
        pthread_create(&Thread, NULL, Receive, &Back);
    (void)Receive(&There);
    return 0;
}
