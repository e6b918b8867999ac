/* SPDX-License-Identifier: MIT */
/*
 * The ring's memory layout, shared by driver, library, tests, fuzzers and benchmarks: what lies in
 * memory that a client and the driver both map. Freestanding C11, no other header of the project.
 *
 * A ring has one producer and one consumer. Tail belongs to the producer, Head and Alertable to
 * the consumer. All fields are little-endian. Offsets count bytes from Data and wrap modulo the
 * capacity; a packet that starts below the capacity continues into the trailing bytes, so that it
 * is always contiguous.
 */
#ifndef ADIT_RING_ABI_H
#define ADIT_RING_ABI_H

#include <stddef.h>
#include <stdint.h>

/* Capacity: a power of two within these limits, in bytes, inclusive. */
#define TUN_RING_MIN_CAPACITY 0x20000u
#define TUN_RING_MAX_CAPACITY 0x4000000u

/* Bytes behind the capacity, for the packet that starts near the edge. */
#define TUN_RING_TRAILING_BYTES 0x10000u

/* Packets start at multiples of this many bytes. */
#define TUN_PACKET_ALIGNMENT 4u

/* Largest layer-3 packet, in bytes. */
#define TUN_MAX_IP_PACKET_SIZE 0xFFFFu

/* Head or Tail of a ring that its owner has left for good. */
#define TUN_RING_TERMINATED 0xFFFFFFFFu

/*
 * Value in Alertable of the send ring at registration: this client sets Alertable before it sleeps,
 * so the driver may leave out signals that nobody waits for.
 */
#define TUN_RING_ALERTABLE_MAINTAINED 2

typedef struct _TUN_PACKET
{
    uint32_t Size;  /* bytes of Data, 0 to TUN_MAX_IP_PACKET_SIZE */
    uint8_t Data[]; /* one IPv4 or IPv6 packet */
} TUN_PACKET;

typedef struct _TUN_RING
{
    volatile uint32_t Head;     /* offset of the first packet; written by the consumer */
    volatile uint32_t Tail;     /* offset of the first free byte; written by the producer */
    volatile int32_t Alertable; /* non-zero: the consumer sleeps, or is about to */
    uint8_t Data[];             /* capacity + TUN_RING_TRAILING_BYTES */
} TUN_RING;

_Static_assert(offsetof(TUN_PACKET, Data) == 4, "TUN_PACKET.Data");
_Static_assert(sizeof(TUN_PACKET) == 4, "TUN_PACKET");
_Static_assert(offsetof(TUN_RING, Head) == 0, "TUN_RING.Head");
_Static_assert(offsetof(TUN_RING, Tail) == 4, "TUN_RING.Tail");
_Static_assert(offsetof(TUN_RING, Alertable) == 8, "TUN_RING.Alertable");
_Static_assert(offsetof(TUN_RING, Data) == 12, "TUN_RING.Data");

/* Bytes of a ring of that capacity, header and trailing bytes included. */
#define TUN_RING_SIZE(Capacity) \
    ((uint32_t)offsetof(TUN_RING, Data) + (uint32_t)(Capacity) + TUN_RING_TRAILING_BYTES)

/* Capacity of a ring of that many bytes; meaningless unless TunRingIsCapacity accepts it. */
#define TUN_RING_CAPACITY(Size) \
    ((uint32_t)(Size) - (uint32_t)offsetof(TUN_RING, Data) - TUN_RING_TRAILING_BYTES)

/* Bytes that a packet of that length takes in a ring. */
#define TUN_PACKET_SPACE(Length)                                                        \
    (((uint32_t)sizeof(TUN_PACKET) + (uint32_t)(Length) + (TUN_PACKET_ALIGNMENT - 1)) & \
     ~(TUN_PACKET_ALIGNMENT - 1))

static inline int TunRingIsCapacity(uint32_t Capacity)
{
    return Capacity >= TUN_RING_MIN_CAPACITY && Capacity <= TUN_RING_MAX_CAPACITY &&
           (Capacity & (Capacity - 1)) == 0;
}

/* An offset that Head and Tail may have: aligned and below the capacity. */
static inline int TunRingIsOffset(uint32_t Offset, uint32_t Capacity)
{
    return Offset < Capacity && Offset % TUN_PACKET_ALIGNMENT == 0;
}

/*
 * Registration (METHOD_BUFFERED, read and write access). 0x0022E000 is the code of 2019,
 * 0xCA6CE5C0 = CTL_CODE(51820, 0x970, METHOD_BUFFERED, FILE_READ_DATA | FILE_WRITE_DATA) the one
 * that released clients send; both mean the same.
 */
#define TUN_IOCTL_REGISTER_RINGS_2019 0x0022E000u
#define TUN_IOCTL_REGISTER_RINGS      0xCA6CE5C0u

/* The input of both codes, as a 64-bit and as a 32-bit client lays it out. */
typedef struct _TUN_RING_DESCRIPTOR64
{
    uint32_t RingSize; /* TUN_RING_SIZE(capacity) */
    uint32_t Padding;
    uint64_t Ring;      /* TUN_RING in the client's address space, aligned to 4 */
    uint64_t TailMoved; /* handle of an event, valid in the client */
} TUN_RING_DESCRIPTOR64;

typedef struct _TUN_REGISTER_RINGS64
{
    TUN_RING_DESCRIPTOR64 Send;
    TUN_RING_DESCRIPTOR64 Receive;
} TUN_REGISTER_RINGS64;

typedef struct _TUN_RING_DESCRIPTOR32
{
    uint32_t RingSize;
    uint32_t Ring;
    uint32_t TailMoved;
} TUN_RING_DESCRIPTOR32;

typedef struct _TUN_REGISTER_RINGS32
{
    TUN_RING_DESCRIPTOR32 Send;
    TUN_RING_DESCRIPTOR32 Receive;
} TUN_REGISTER_RINGS32;

_Static_assert(offsetof(TUN_RING_DESCRIPTOR64, Ring) == 8, "TUN_RING_DESCRIPTOR64.Ring");
_Static_assert(offsetof(TUN_RING_DESCRIPTOR64, TailMoved) == 16, "TUN_RING_DESCRIPTOR64.TailMoved");
_Static_assert(sizeof(TUN_REGISTER_RINGS64) == 48, "TUN_REGISTER_RINGS64");
_Static_assert(sizeof(TUN_REGISTER_RINGS32) == 24, "TUN_REGISTER_RINGS32");

#endif
