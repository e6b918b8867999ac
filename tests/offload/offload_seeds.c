/* SPDX-License-Identifier: MIT */
/*
 * Writes the seeds of offload_fuzz (corpus/): offload_seeds DIRECTORY.
 */
#include "plain.h"

#include <stdio.h>

static const uint8_t Payload[64] = {1, 2, 3};

/* FALSE: said why. */
static bool Save(const char *Directory, const char *Name, const uint8_t *Data, size_t Length)
{
    char Path[4096];
    FILE *File;
    snprintf(Path, sizeof(Path), "%s/%s", Directory, Name);
    File = fopen(Path, "wb");
    if (File == NULL || fwrite(Data, 1, Length, File) != Length || fclose(File) != 0)
    {
        perror(Path);
        return false;
    }
    return true;
}

/* A big packet and its description. */
static bool SaveBig(const char *Directory, const char *Name, int Version, int Protocol)
{
    static PLAIN_PACKET Packet;
    struct virtio_net_hdr Description;
    uint8_t Seed[512] = {0, 1500 >> 8, 1500 & 0xFF};
    PLAIN_SPEC Spec = PlainSpec(Version, Protocol);
    Spec.Payload = Payload;
    Spec.PayloadLength = sizeof(Payload);
    PlainMakeBig(&Spec, 20, &Packet, &Description);
    memcpy(Seed + 3, &Description, sizeof(Description));
    memcpy(Seed + 3 + sizeof(Description), Packet.Data, Packet.Length);
    return Save(Directory, Name, Seed, 3 + sizeof(Description) + Packet.Length);
}

/* Three packets of a flow. */
static bool SavePackets(const char *Directory, const char *Name, int Version, int Protocol)
{
    static PLAIN_PACKET Packet;
    uint8_t Seed[512] = {1};
    size_t Length = 1;
    PLAIN_SPEC Spec = PlainSpec(Version, Protocol);
    for (int i = 0; i < 3; i++)
    {
        Spec.Payload = Payload;
        Spec.PayloadLength = 30;
        PlainMake(&Spec, &Packet);
        Seed[Length++] = (uint8_t)Packet.Length;
        memcpy(Seed + Length, Packet.Data, Packet.Length);
        Length += Packet.Length;
        Spec.Sequence += 30;
        Spec.Id = (Spec.Id + 1) & 0xFFFF;
    }
    return Save(Directory, Name, Seed, Length);
}

int main(int argc, char **argv)
{
    static const uint8_t Flows[1 + 8 * 12] = {2, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2};
    const int Tcp = PACKET_PROTOCOL_TCP, Udp = PACKET_PROTOCOL_UDP;
    if (argc != 2)
    {
        fprintf(stderr, "usage: offload_seeds DIRECTORY\n");
        return 1;
    }
    return !(
        SaveBig(argv[1], "cut-tcp4", 4, Tcp) && SaveBig(argv[1], "cut-tcp6", 6, Tcp) &&
        SaveBig(argv[1], "cut-udp4", 4, Udp) && SaveBig(argv[1], "cut-udp6", 6, Udp) &&
        SavePackets(argv[1], "merge-tcp4", 4, Tcp) && SavePackets(argv[1], "merge-tcp6", 6, Tcp) &&
        SavePackets(argv[1], "merge-udp4", 4, Udp) && SavePackets(argv[1], "merge-udp6", 6, Udp) &&
        Save(argv[1], "flows", Flows, sizeof(Flows)));
}
