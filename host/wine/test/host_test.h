/* SPDX-License-Identifier: MIT */
/*
 * What host_test.exe asks of host_test.sys through \\.\AditHostTest: the functions that the Wine
 * host supplies to drivers, called in the client's context. Codes are METHOD_BUFFERED where not
 * said otherwise.
 */
#ifndef ADIT_HOST_TEST_H
#define ADIT_HOST_TEST_H

#include <stdint.h>

#define HOST_TEST_CODE(Function) ((0x22u << 16) | ((0x800u + (Function)) << 2))

#define HOST_TEST_LOCK      HOST_TEST_CODE(0) /* Address, Length, Access; a new list takes Slot */
#define HOST_TEST_UNLOCK    HOST_TEST_CODE(1) /* Slot */
#define HOST_TEST_READ      HOST_TEST_CODE(2) /* Slot, Offset: Value out */
#define HOST_TEST_WRITE     HOST_TEST_CODE(3) /* Slot, Offset, Value */
#define HOST_TEST_FILL      HOST_TEST_CODE(4) /* Slot, Value: every byte */
#define HOST_TEST_REFERENCE HOST_TEST_CODE(5) /* Handle, Access: an event takes Slot */
#define HOST_TEST_RELEASE   HOST_TEST_CODE(6) /* Slot */
#define HOST_TEST_SET       HOST_TEST_CODE(7) /* Slot: KeSetEvent */
#define HOST_TEST_WAIT      HOST_TEST_CODE(8) /* Slot, Value: KeWaitForSingleObject, milliseconds */
#define HOST_TEST_ACCESS    HOST_TEST_CODE(9) /* SeAccessCheck for administrators: Status */
#define HOST_TEST_PARTIAL   HOST_TEST_CODE(10) /* Slot, Offset: Value out, read by a partial list */
#define HOST_TEST_ROUTINE   HOST_TEST_CODE(11) /* Value out: MmGetSystemRoutineAddress behaves */
#define HOST_TEST_PROCESS   HOST_TEST_CODE(12) /* Value out: id of the last process that ended */

/*
 * The process notification routine waits at its next call, until the other request, whose Status is
 * that of its wait.
 */
#define HOST_TEST_NOTIFY_WAITS HOST_TEST_CODE(14)
#define HOST_TEST_NOTIFY_GOES  HOST_TEST_CODE(15)

#define HOST_TEST_STRESS HOST_TEST_CODE(13) /* events in memory; Value out: what went wrong */
#define HOST_TEST_TIMERS HOST_TEST_CODE(16) /* timers and work items; Value out: the wrong line */
/* functions that drivers find by name; Value out: the wrong line */
#define HOST_TEST_FUNCTIONS HOST_TEST_CODE(20)

#define HOST_TEST_OWN \
    HOST_TEST_CODE(24) /* locks of the driver's memory; Value out: the wrong line */

#define HOST_TEST_SUPPLIED HOST_TEST_CODE(25) /* like HOST_TEST_FUNCTIONS */

/* Mappings of a slot's list into the client, by MmMapLockedPagesSpecifyCache */
#define HOST_TEST_MAP   HOST_TEST_CODE(26) /* Slot, Address wanted, Value: priority; Address out */
#define HOST_TEST_UNMAP HOST_TEST_CODE(27) /* Slot, Address, or the last one */
#define HOST_TEST_PAGES HOST_TEST_CODE(28) /* Length: a list of new pages takes Slot */
#define HOST_TEST_FREE  HOST_TEST_CODE(29) /* Slot: of HOST_TEST_PAGES */
#define HOST_TEST_POOL  HOST_TEST_CODE(30) /* Status: of mapping a list of pool */

/* METHOD_NEITHER; the number of bytes returned is the wrong line (host_test_neither.c) */
#define HOST_TEST_NEITHER_COPY (HOST_TEST_CODE(31) | 3)
#define HOST_TEST_NEITHER_KEEP (HOST_TEST_CODE(32) | 3) /* locks its output, which stays locked */
#define HOST_TEST_NEITHER_PEND (HOST_TEST_CODE(33) | 3) /* until HOST_TEST_NEITHER_END */

#define HOST_TEST_NEITHER_END    HOST_TEST_CODE(34) /* Value: what the output is filled with */
#define HOST_TEST_NEITHER_KEPT   HOST_TEST_CODE(35) /* Offset: Value out */
#define HOST_TEST_NEITHER_UNLOCK HOST_TEST_CODE(36)

#define HOST_TEST_BYTE 0x7E /* what is read, and must be written */

/* HOST_TEST_LOCK's Access; 0: UserMode, IoWriteAccess */
#define HOST_TEST_LOCK_READ   1
#define HOST_TEST_LOCK_MODIFY 2
#define HOST_TEST_LOCK_KERNEL 4

#define HOST_TEST_SLOTS 16

/* Input and output of every code. The request succeeds; Status says how the function did. */
typedef struct _HOST_TEST_REQUEST
{
    uint32_t Slot;
    int32_t Status;
    uint64_t Address;
    uint64_t Length;
    uint64_t Offset;
    uint64_t Handle;
    uint32_t Access;
    uint32_t Value;
} HOST_TEST_REQUEST;

#endif
