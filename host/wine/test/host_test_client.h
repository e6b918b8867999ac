/* SPDX-License-Identifier: MIT */
/*
 * What the parts of host_test.exe have in common: requests to host_test.sys, and checks.
 */
#ifndef ADIT_HOST_TEST_CLIENT_H
#define ADIT_HOST_TEST_CLIENT_H

#include <windows.h>
#include <stdio.h>

#include "host_test.h"

#define STATUS_ACCESS_VIOLATION_VALUE ((int)0xC0000005)

#define CHECK(Condition)                                                                   \
    do                                                                                     \
    {                                                                                      \
        int Passed = (Condition) != 0;                                                     \
        printf("%s %s:%d %s\n", Passed ? "ok  " : "FAIL", __func__, __LINE__, #Condition); \
        Failures += !Passed;                                                               \
    } while (0)

extern HANDLE Device; /* host_test.sys' */
extern int Failures;

/* The request, answered; ends the program if it fails. */
HOST_TEST_REQUEST Call(DWORD Code, HOST_TEST_REQUEST Request);

void Unlock(unsigned Slot);
unsigned Read(unsigned Slot, size_t Offset);
void Write(unsigned Slot, size_t Offset, unsigned Value);

/* Locks for reading and writing, of every kind of page (host_test_memory.c). */
void TestMemory(void);

/* The driver's pages in this process (host_test_mappings.c). */
void TestMappings(void);

/* Requests with neither buffered nor direct I/O (host_test_buffers.c). */
void TestBuffers(void);

#endif
