/* SPDX-License-Identifier: MIT */
/*
 * Scenes of the driver's life in which the calls that it makes fail. A scene starts from a known
 * state, does its part while one call fails, and then asserts what the failure may have done: a
 * clear status, or a packet that is missing and counted, and nothing else.
 */
#ifndef ADIT_TESTS_DRIVER_SCENE_H
#define ADIT_TESTS_DRIVER_SCENE_H

#include "fixture.h"
#include "counters.h"

typedef enum _SCENE_START
{
    SceneNothing, /* the driver is not loaded */
    SceneLoaded,  /* no adapter */
    SceneStarted, /* one adapter */
    SceneSession  /* one adapter, on which Client has registered */
} SCENE_START;

typedef struct _SCENE
{
    FIXTURE Fixture; /* Driver NULL: not loaded; Pdo NULL: no adapter */
    CLIENT Client;   /* Process NULL: none */

    /* Set by SceneEndFaults. */
    BOOLEAN Ended;
    ULONG Injected;
    PCSTR Function; /* the call that failed */

    ULONG Refused;  /* steps that ended with a status of failure */
    ULONG Unlinked; /* the adapter's link was not there, its interface was */
} SCENE;

typedef struct _SCENE_KIND
{
    PCSTR Name;
    SCENE_START Start;
    VOID (*Play)(SCENE *Scene);
    BOOLEAN Repeats; /* makes calls more than once in one place */
} SCENE_KIND;

extern const SCENE_KIND SceneKinds[];
extern const ULONG SceneKindCount;

/* Nothing can be written to the event log, whatever else fails. */
extern BOOLEAN SceneWithoutEventLog;

/* From nothing to where the scene starts, without faults. */
VOID SceneBegin(SCENE *Scene, SCENE_START Start);
/* A process with the device open, through its link, or through its interface if there is none. */
VOID SceneOpen(SCENE *Scene, CLIENT *Client, BOOLEAN Wow64);
/* Nothing fails from here on. Each scene does this once, before it looks at what came of it. */
VOID SceneEndFaults(SCENE *Scene);
/*
 * What is missing is made, without faults: driver, adapter. A new session then passes packets both
 * ways. Everything ends, and nothing is left.
 */
VOID SceneFinish(SCENE *Scene);

#endif
