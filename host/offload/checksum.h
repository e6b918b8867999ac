/* SPDX-License-Identifier: MIT */
/*
 * The Internet checksum (RFC 1071). Sums are of 16-bit words as they lie in memory, so they need
 * no swapping: RFC 1071, section 2 (B), byte order independence.
 */
#ifndef ADIT_HOST_OFFLOAD_CHECKSUM_H
#define ADIT_HOST_OFFLOAD_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/* Adds the bytes to a sum; an odd last one as if a zero byte followed. Any alignment. */
uint64_t ChecksumAdd(uint64_t Sum, const void *Data, size_t Length);

/* The sum in 16 bits; 0xFFFF for all that a receiver sums up, if it is intact. */
uint16_t ChecksumFold(uint64_t Sum);

/* What goes into the checksum field of TCP or UDP: never 0, which means "none" in UDP (RFC 768). */
uint16_t ChecksumFinish(uint64_t Sum);

#endif
