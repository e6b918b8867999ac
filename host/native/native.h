/* SPDX-License-Identifier: MIT */
/*
 * The executive as tests see it: simulated processes and their user-mode calls, drivers and
 * devices, the far end of a link, and what a test may ask afterwards (leaks, broken rules).
 *
 * Everything runs in one Linux process. A simulated process has its own handles, user memory and
 * token; its threads are the test's threads, for the time of a NativeUser call. User memory is
 * mapped at addresses that are valid for the test too: the test is the client.
 */
#ifndef ADIT_HOST_NATIVE_NATIVE_H
#define ADIT_HOST_NATIVE_NATIVE_H

#include <ntifs.h>

/* ---- Outcomes ---- */

typedef enum _NATIVE_OUTCOME_KIND
{
    NativeReturned,
    NativeRuleBroken,
    NativeBugCheck,
} NATIVE_OUTCOME_KIND;

typedef struct _NATIVE_OUTCOME
{
    NATIVE_OUTCOME_KIND Kind;
    CHAR Rule[160];     /* "Irql", or a sentence of NDIS' */
    CHAR Function[64];  /* e.g. "IoCreateSymbolicLink" */
    CHAR Document[160]; /* where the rule is written */
    CHAR Detail[512];
    ULONG BugCheckCode;
    ULONG_PTR BugCheckParameters[4];
} NATIVE_OUTCOME, *PNATIVE_OUTCOME;

/*
 * Runs Body on this thread until it returns, breaks a rule or bug-checks. IRQL, critical regions
 * and held locks of the thread are then what they were before; a lock that Body took stays taken.
 */
VOID NativeAttempt(VOID (*Body)(PVOID), PVOID Context, _Out_ PNATIVE_OUTCOME Outcome);

/* KeRaiseIrql and KeLowerIrql, to call a function as a wrong caller would. */
KIRQL NativeRaiseIrql(KIRQL NewIrql);
VOID NativeLowerIrql(KIRQL NewIrql);

/* Prints what is left and returns how many things that is: pool, objects, device and link names,
 * system threads, mappings, locked pages, IRPs, resources, notify routines. */
ULONG NativeReportLeaks(VOID);

/* What is in use now; two of these are equal if nothing was left or lost in between. */
typedef struct _NATIVE_USAGE
{
    SIZE_T PoolBytes;
    ULONG PoolAllocations;
    ULONG Objects;
    ULONG References;
    ULONG Mappings;
    ULONG LockedPages;
} NATIVE_USAGE, *PNATIVE_USAGE;
VOID NativeGetUsage(_Out_ PNATIVE_USAGE Usage);

/* Allocations with that tag, or all if it is 0. */
VOID NativePoolUsage(ULONG Tag, _Out_ PULONG Allocations, _Out_ PSIZE_T Bytes);

/* ---- Faults ---- */

VOID NativeFaultsFailNth(ULONG Nth);  /* the Nth fallible call from now on fails, once */
VOID NativeFaultsFailEachStack(VOID); /* the next call with a call stack not seen before fails */
ULONG NativeFaultsStop(_Out_opt_ PCSTR *Function); /* how many failed; the last one's name */
VOID NativeFaultsForget(VOID);                     /* all call stacks are new again */
/* Only calls that code in [Start, End) makes, itself or through others, count and fail from now on;
 * frames further out do not tell call stacks apart. NULL, NULL: all calls again. */
VOID NativeFaultsOnlyFrom(const VOID *Start, const VOID *End);
VOID NativeFaultsPrintLast(VOID); /* the call stack that failed last, to stderr */

/* ---- Processes ---- */

typedef enum _NATIVE_USER
{
    NativeLocalSystem,
    NativeAdministrator,         /* elevated: high integrity */
    NativeFilteredAdministrator, /* not elevated: Administrators for deny only, medium */
    NativeLoweredAdministrator,  /* elevated, integrity lowered to medium */
    NativeStandardUser,          /* medium integrity */
    NativeLowUser,               /* low integrity */
} NATIVE_USER;

/* Calls the create notify routines. NULL: no memory. */
PEPROCESS NativeProcessCreate(NATIVE_USER User, BOOLEAN Wow64);
/*
 * The end of a process, as abrupt as it may be: waits for requests under way, then the notify
 * routines are called, its handles closed and its memory freed, in this order. Bug check 0x76 if
 * pages of it are still locked then. The pointer is gone.
 */
VOID NativeProcessExit(_Post_ptr_invalid_ PEPROCESS Process);

/* ---- User mode of a process ---- */

/* Runs Body as a driver runs that the process called: in its context, at PASSIVE_LEVEL. */
VOID NativeInProcess(PEPROCESS Process, VOID (*Body)(PVOID), PVOID Context);

/* Memory of the process, zeroed; Offset bytes behind the start of a page. NULL: no memory. */
PVOID NativeUserAllocate(PEPROCESS Process, SIZE_T Size, ULONG Offset);
/* From the page of Address to the page of Address + Size - 1. */
VOID NativeUserProtectRead(PEPROCESS Process, PVOID Address, SIZE_T Size);
VOID NativeUserFree(PEPROCESS Process, PVOID Address);

HANDLE NativeUserCreateEvent(PEPROCESS Process, BOOLEAN Manual, BOOLEAN Signalled);
HANDLE NativeUserCreateSemaphore(PEPROCESS Process, LONG Count, LONG Limit);
NTSTATUS NativeUserSetEvent(PEPROCESS Process, HANDLE Event);
NTSTATUS NativeUserResetEvent(PEPROCESS Process, HANDLE Event);
/* STATUS_WAIT_0, STATUS_TIMEOUT, or why the handle cannot be waited on. */
NTSTATUS NativeUserWait(PEPROCESS Process, HANDLE Handle, ULONG Milliseconds);
NTSTATUS NativeUserClose(PEPROCESS Process, HANDLE Handle);
/* DUPLICATE_SAME_ACCESS if Access is 0. */
NTSTATUS NativeUserDuplicate(
    PEPROCESS Source, HANDLE Handle, PEPROCESS Target, ACCESS_MASK Access, PHANDLE Duplicate);

/* Path: as CreateFile takes it, L"\\\\.\\WINTUN1" or the name of a device interface. */
NTSTATUS NativeUserOpen(PEPROCESS Process, PCWSTR Path, ACCESS_MASK Access, PHANDLE File);
/*
 * Waits for the request to end. With a direct method, Output is memory from NativeUserAllocate.
 * STATUS_NOT_SUPPORTED: METHOD_NEITHER.
 */
NTSTATUS NativeUserDeviceIoControl(
    PEPROCESS Process,
    HANDLE File,
    ULONG Code,
    PVOID Input,
    ULONG InputLength,
    PVOID Output,
    ULONG OutputLength,
    _Out_opt_ PULONG Returned);

/* GetLastError for that status, as RtlNtStatusToDosError says; ERROR_MR_MID_NOT_FOUND (317): none.
 */
ULONG NativeWin32Error(NTSTATUS Status);

/* ---- Event log ---- */

/*
 * Called for each entry that a driver writes: behind the packet, at StringOffset, NumberOfStrings
 * strings one after the other, each with its terminator. Valid during the call. IRQL <=
 * DISPATCH_LEVEL.
 */
typedef VOID
NATIVE_EVENT_LOG(_In_ PDRIVER_OBJECT DriverObject, _In_ const IO_ERROR_LOG_PACKET *Entry);
/* NULL: entries are lost, as at first. While no driver runs. */
VOID NativeSetEventLog(_In_opt_ NATIVE_EVENT_LOG *EventLog);

/* ---- Drivers and devices ---- */

/* Calls DriverEntry; Name is the service's. On failure there is no driver. */
NTSTATUS NativeDriverLoad(PCWSTR Name, PDRIVER_INITIALIZE Entry, PDRIVER_OBJECT *Driver);
/* Calls DriverUnload; none of its devices may be left. */
VOID NativeDriverUnload(_Post_ptr_invalid_ PDRIVER_OBJECT Driver);

/* A root-enumerated device that the driver is for: bus device object, then AddDevice. */
NTSTATUS NativeDeviceAdd(PDRIVER_OBJECT Driver, PCWSTR HardwareId, PDEVICE_OBJECT *Pdo);
NTSTATUS NativeDeviceStart(PDEVICE_OBJECT Pdo);
/*
 * An orderly removal (disable, uninstall, update): QUERY_REMOVE, then REMOVE. When a driver or an
 * open handle stands against it, CANCEL_REMOVE instead, and the device goes on:
 * STATUS_DEVICE_BUSY or the driver's status.
 */
NTSTATUS NativeDeviceRemove(PDEVICE_OBJECT Pdo);
/* QUERY_STOP and STOP, as before resources are shared out anew; open handles do not matter. Then
 * NativeDeviceStart, or a removal. The driver's status if it refuses. */
NTSTATUS NativeDeviceStop(PDEVICE_OBJECT Pdo);
/* SURPRISE_REMOVAL now; REMOVE when the last handle to the device is closed, maybe now. */
VOID NativeDeviceSurpriseRemove(PDEVICE_OBJECT Pdo);
/* SURPRISE_REMOVAL and REMOVE, whatever handles are open; they get no CLOSE later (Wine). */
VOID NativeDeviceSurpriseRemoveNow(PDEVICE_OBJECT Pdo);
/* IRP_MN_SET_POWER of the device: PowerDeviceD0 or PowerDeviceD3. */
NTSTATUS NativeDeviceSetPower(PDEVICE_OBJECT Pdo, DEVICE_POWER_STATE State);
/* Values of the driver key. */
NTSTATUS
NativeDeviceSetValue(PDEVICE_OBJECT Pdo, PCWSTR Value, ULONG Type, const void *Data, ULONG Size);
NTSTATUS NativeDeviceGetDword(PDEVICE_OBJECT Pdo, PCWSTR Value, PULONG Data);
/* The name of a device interface, for NativeUserOpen; NULL: none that is enabled. */
PCWSTR NativeDeviceInterface(PDEVICE_OBJECT Pdo, const GUID *Class);

#endif
