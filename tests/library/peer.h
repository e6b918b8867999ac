/* SPDX-License-Identifier: MIT */
/*
 * The driver's end of a session's rings in memory, for tests of the packet calls that need no
 * driver: the test produces the send ring and consumes the receive ring.
 */
#ifndef ADIT_TESTS_LIBRARY_PEER_H
#define ADIT_TESTS_LIBRARY_PEER_H

#include "client.h"
#include "library/log.h"
#include "library/session.h"

#define CAPACITY WINTUN_MIN_RING_CAPACITY

/* The driver's end of a session. */
typedef struct _PEER
{
    WINTUN_SESSION_HANDLE Session;
    RING_PRODUCER Producer; /* of the send ring */
    RING_CONSUMER Consumer; /* of the receive ring */
} PEER;

static inline PEER PeerStart(void)
{
    PEER Peer = {.Session = SessionAllocate(CAPACITY)};

    if (CHECK(Peer.Session != NULL))
    {
        CHECK(RingProducerInitialize(&Peer.Producer, Peer.Session->Receive.Ring, CAPACITY));
        CHECK(RingConsumerInitialize(&Peer.Consumer, Peer.Session->Send.Ring, CAPACITY));
    }
    return Peer;
}

static inline BYTE PatternByte(uint32_t Seed, uint32_t Index)
{
    return (BYTE)(Seed * 31 + Index * 7 + (Index >> 8));
}

/* Puts a packet into the send ring; zero if it is full. */
static inline int PeerSend(PEER *Peer, uint32_t Length, uint32_t Seed)
{
    uint32_t Offset;

    if (RingProducerReserve(&Peer->Producer, Length, &Offset) != RingReserved)
    {
        return 0;
    }
    TUN_PACKET *Packet = RingProducerPacket(&Peer->Producer, Offset);
    Packet->Size = Length;
    for (uint32_t Index = 0; Index < Length; ++Index)
    {
        Packet->Data[Index] = PatternByte(Seed, Index);
    }
    RingProducerPublish(&Peer->Producer, Peer->Producer.Next);
    return 1;
}

static inline int IsPattern(const BYTE *Data, uint32_t Length, uint32_t Seed)
{
    for (uint32_t Index = 0; Index < Length; ++Index)
    {
        if (Data[Index] != PatternByte(Seed, Index))
        {
            return 0;
        }
    }
    return 1;
}

#endif
