/* SPDX-License-Identifier: MIT */
/*
 * Writing seeds: bytes are appended to the one seed under construction, which SeedWrite writes to a
 * file and empties. grammar.h says how the targets read them.
 */
#ifndef ADIT_TESTS_FUZZ_SEED_H
#define ADIT_TESTS_FUZZ_SEED_H

#include <stdint.h>
#include <stdio.h>

#include <ntifs.h>

#include "../grammar.h"

void SeedU8(unsigned Value);
void SeedU16(unsigned Value);
void SeedU32(uint32_t Value);
void SeedU64(uint64_t Value);
void SeedWrite(const char *Name);

/* Each writes the seeds of one target. */
void RingSeeds(void);
void IoctlSeeds(void);
void OidSeeds(void);
void NblSeeds(void);

#endif
