/* SPDX-License-Identifier: MIT */
/*
 * How the targets read an input: a header, then steps until the input ends. A step is one byte,
 * taken modulo the number of kinds, and its operands in the order given here. Numbers are
 * little-endian. Both the targets and the generator of the seeds (seeds/) use these names;
 * a new kind goes to the end, so that seeds keep their meaning.
 */
#ifndef ADIT_TESTS_FUZZ_GRAMMAR_H
#define ADIT_TESTS_FUZZ_GRAMMAR_H

/*
 * ring_fuzz. Header: u8 capacity (bit 0: twice the smallest), u8 page offset / 12,
 * u8 Alertable of the send ring, u32 start of the send ring, u32 start of the receive ring.
 */
typedef enum _RING_STEP
{
    RingStepPut,           /* u16 length, u8 first byte: a packet behind the ones put so far */
    RingStepPutSize,       /* u16 length, u8 first byte, u32 Size: ... with another Size */
    RingStepPoke,          /* u32 offset in Data, u8 count (to 64), bytes */
    RingStepPublish,       /* Tail behind what was put */
    RingStepPublishRaw,    /* u32 Tail */
    RingStepPublishNear,   /* i8: Tail behind what was put, and that much further */
    RingStepHead,          /* u32 Head of the receive ring, which the driver owns */
    RingStepAlertable,     /* u32 Alertable of the receive ring, likewise */
    RingStepFlood,         /* u8 count, u8 length, u8 first byte: that many packets */
    RingStepSend,          /* u16 length, u8 first byte: Windows sends a packet */
    RingStepSendFlood,     /* u8 count, u16 length, u8 first byte */
    RingStepSendHead,      /* u32 Head of the send ring */
    RingStepSendRelease,   /* Head of the send ring: all of it is read */
    RingStepSendAlertable, /* u32 Alertable of the send ring */
    RingStepPause,
    RingStepRestart,
    RingStepHold,   /* Windows keeps what is indicated from now on */
    RingStepReturn, /* ... and gives it back */
    RingSteps
} RING_STEP;
#define RING_MAX_STEPS 48u

/* ioctl_fuzz. Header: u8 user (NATIVE_USER), u8 flags. */
#define IOCTL_FLAG_WOW64    0x01 /* a 32-bit client */
#define IOCTL_FLAG_NO_READ  0x02 /* the file is opened without FILE_READ_DATA */
#define IOCTL_FLAG_NO_WRITE 0x04
typedef enum _IOCTL_STEP
{
    /* u8 code (bit 0: of 2019), u8 input length, u8 output length, two descriptors of
     * u8 IOCTL_SIZE, u8 IOCTL_RING, u8 IOCTL_EVENT, each followed by its raw value if it has one.
     * Input length 0: the one that the client's bitness calls for. */
    IoctlStepRegister,
    IoctlStepRaw,    /* u8 code kind (0: u32, 1 and 2: ours), u8 count (to 96), bytes, u8 output */
    IoctlStepHeader, /* u8 ring, u8 field (0 Head, 1 Tail, 2 Alertable), u32 value */
    IoctlStepReopen, /* closes the file, which ends the session, and opens it again */
    IoctlSteps
} IOCTL_STEP;
#define IOCTL_MAX_STEPS 12u

typedef enum _IOCTL_SIZE
{
    IoctlSizeSmall,
    IoctlSizeLarge,
    IoctlSizeOneLess,
    IoctlSizeOneMore,
    IoctlSizeHalf,
    IoctlSizeNoPower,
    IoctlSizeHuge,
    IoctlSizeWraps, /* below 12 + 0x10000: the capacity computed from it wraps */
    IoctlSizeRaw,   /* u32 */
    IoctlSizes
} IOCTL_SIZE;

typedef enum _IOCTL_RING
{
    IoctlRingFirst,
    IoctlRingSecond,
    IoctlRingShifted,    /* the first, four bytes further */
    IoctlRingMisaligned, /* the first, two bytes further */
    IoctlRingReadOnly,
    IoctlRingEndReadOnly,
    IoctlRingShort,
    IoctlRingFreed,
    IoctlRingForeign,
    IoctlRingKernel,
    IoctlRingNull,
    IoctlRingTop, /* wraps around the end of the address space */
    IoctlRingRaw, /* u64 */
    IoctlRings
} IOCTL_RING;

typedef enum _IOCTL_EVENT
{
    IoctlEventAuto,
    IoctlEventManual,
    IoctlEventModifyOnly,
    IoctlEventQueryOnly,
    IoctlEventSemaphore,
    IoctlEventFile,
    IoctlEventClosed,
    IoctlEventProcess, /* the pseudo handle of the process itself */
    IoctlEventNull,
    IoctlEventRaw, /* u64 */
    IoctlEvents
} IOCTL_EVENT;

/*
 * oid_fuzz. Step: u8 way, u8 kind of OID, its operand, u16 length of the buffer, u16 length of a
 * method's output, u8 count of bytes for the start of the buffer, and these bytes.
 */
typedef enum _OID_WAY
{
    OidWayQuery,
    OidWayStatistics,
    OidWaySet,
    OidWayMethod,
    OidWayOther,  /* u32 RequestType */
    OidWayNdis,   /* as NDIS answers a query: from the attributes, or by asking the miniport */
    OidWayCancel, /* a request that is not pending */
    OidWays
} OID_WAY;
typedef enum _OID_KIND
{
    OidKindSupported, /* u8 index into the miniport's list */
    OidKindNear,      /* u8 index, i8 distance */
    OidKindRaw,       /* u32 */
    OidKinds
} OID_KIND;
#define OID_MAX_STEPS  16u
#define OID_MAX_BUFFER 1024u

/*
 * nbl_fuzz. Header: u8 page offset / 12, u8 Alertable, u32 start of the ring. Then calls:
 * u8 NBL_CLIENT with its operand, u8 flags, u8 lists - 1, for each u8 packets - 1, for each a
 * shape: u8 MDLs, u8 SENDER_START, u8 NBL_LENGTH with its operand, u16 Offset, u8 first byte,
 * u8 seed, and for each MDL a size: u8, or 0xFF and u16.
 */
typedef enum _NBL_CLIENT
{
    NblClientIdle,
    NblClientReleases,
    NblClientHead,      /* u32 */
    NblClientAlertable, /* u32 */
    NblClients
} NBL_CLIENT;
#define NBL_FLAG_DISPATCH 0x01
typedef enum _NBL_LENGTH
{
    NblLengthExact, /* up to the end of the chain */
    NblLengthLess,  /* u8 less */
    NblLengthMore,  /* u8 more, which the chain does not hold */
    NblLengthRaw,   /* u32, modulo 0x20000 */
    NblLengthNear,  /* i8: 0xFFFF and that much more */
    NblLengths
} NBL_LENGTH;
#define NBL_MAX_CALLS 8u

#endif
