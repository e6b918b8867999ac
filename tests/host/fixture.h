/* SPDX-License-Identifier: MIT */
/*
 * The toy miniport on a device, for tests of the NDIS library; and cmocka.
 */
#ifndef ADIT_TESTS_HOST_FIXTURE_H
#define ADIT_TESTS_HOST_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <ntifs.h>
#include <ndis.h>

#include "native.h"
#include "native_link.h"
#include "ndis_host.h"
#include "toy_miniport.h"

typedef struct _FIXTURE
{
    PDRIVER_OBJECT Driver;
    PDEVICE_OBJECT Pdo;
    PNDIS_MINIPORT_ADAPTER Adapter;
    PNDIS_LINK Link;
} FIXTURE, *PFIXTURE;

extern FIXTURE Fixture;

/* Each fails the test if what it does fails. */
VOID FixtureLoad(VOID);  /* the driver; call ToyReset before */
VOID FixtureAdd(VOID);   /* ... and a device */
VOID FixtureStart(VOID); /* ... which is started; its trace is empty then */

/* The device fails to start with that status, and is removed therefore. */
VOID FixtureStartFails(NTSTATUS Status);

/* Takes down what there is, the orderly way; nothing must be left over. cmocka teardown. */
int FixtureTeardown(void **State);
/* ToyReset. cmocka setup. */
int FixtureSetup(void **State);

NDIS_HOST_STATE FixtureState(VOID);
NDIS_HOST_COUNTERS FixtureCounters(VOID);

/* Polls until the condition holds; fails the test after five seconds. */
#define FIXTURE_WAIT(Condition)           \
    do                                    \
    {                                     \
        int Tries_ = 0;                   \
        while (!(Condition))              \
        {                                 \
            assert_true(Tries_++ < 5000); \
            FixtureSleep(1);              \
        }                                 \
    } while (0)

VOID FixtureSleep(ULONG Milliseconds);

#endif
