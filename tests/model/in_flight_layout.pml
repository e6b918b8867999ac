/* SPDX-License-Identifier: MIT */
/* Where the private words of ring/in_flight.h and of a shared cursor lie: behind the ring. */
#define ENTRY(Offset) (DATA_END + WRAP(Offset))
#define OLDEST        (DATA_END + CAPACITY)
#define NEXT          (OLDEST + 1) /* of the cursor: a position that only grows */

#define ADVANCING 64
#define COMPLETE  64
#define UNUSED    32
