/* SPDX-License-Identifier: MIT */
/*
 * The data path of ../../ndis/link.h without Linux behind it: makes packets and discards those that
 * it gets, both inside this process, as the client asks it to by packets (generator_packet.h). It
 * shows what driver, rings and library do by themselves. The functions are those of link.h, with
 * their contracts.
 */
#ifndef ADIT_HOST_WINE_GENERATOR_H
#define ADIT_HOST_WINE_GENERATOR_H

#include <ntifs.h>
#include <ndis.h>

#include "../../ndis/link.h"

typedef struct _GENERATOR GENERATOR, *PGENERATOR;

/* Stopped and disconnected; NULL: no memory. The caller owns it until GeneratorDelete. */
PGENERATOR GeneratorCreate(VOID);
VOID GeneratorDelete(_In_ PGENERATOR Generator);

VOID GeneratorStop(_In_ PGENERATOR Generator);
VOID GeneratorStart(_In_ PGENERATOR Generator);

/* While it is disconnected nothing is made; the counts of the report begin anew. */
VOID GeneratorSetConnected(_In_ PGENERATOR Generator, BOOLEAN Connected);

ULONG GeneratorRead(_In_ PGENERATOR Generator, _Inout_ PNDIS_LINK_PACKET Packets, ULONG Count);
ULONG GeneratorWrite(_In_ PGENERATOR Generator, _In_ const NDIS_LINK_PACKET *Packets, ULONG Count);

#endif
