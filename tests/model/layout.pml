/* SPDX-License-Identifier: MIT */
/*
 * Where things lie in the modelled memory: a ring (ring/abi.h), counted in words of
 * TUN_PACKET_ALIGNMENT bytes, and behind it EXTRA words of the model's own. A packet is its size
 * and up to PAYLOAD_MAX words, so one at the edge goes on into the trailing words.
 */
#ifndef CAPACITY
#define CAPACITY 4
#endif
#ifndef PAYLOAD_MAX
#define PAYLOAD_MAX 2
#endif

#define HEAD      0
#define TAIL      1
#define ALERTABLE 2
#define DATA      3
#define DATA_END  (DATA + CAPACITY + PAYLOAD_MAX) /* behind the trailing words */

#define TERMINATED 255

#ifndef EXTRA
#define EXTRA 0
#endif
#define LOCATIONS (DATA_END + EXTRA)
