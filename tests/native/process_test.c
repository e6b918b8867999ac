/* SPDX-License-Identifier: MIT */
/*
 * Processes, threads, handles and references.
 */
#include "outcome.h"

typedef struct _REFERENCE
{
    HANDLE Handle;
    ACCESS_MASK Access;
    POBJECT_TYPE Type;
    KPROCESSOR_MODE Mode;
    NTSTATUS Status;
} REFERENCE;

static void ReferenceInProcess(void *Context)
{
    REFERENCE *Reference = Context;
    PVOID Object;
    Reference->Status = ObReferenceObjectByHandle(
        Reference->Handle, Reference->Access, Reference->Type, Reference->Mode, &Object, NULL);
    if (NT_SUCCESS(Reference->Status))
    {
        ObDereferenceObject(Object);
    }
}

static NTSTATUS TryReference(PEPROCESS Process, REFERENCE Reference)
{
    NativeInProcess(Process, ReferenceInProcess, &Reference);
    return Reference.Status;
}

static void HandlesByProcess(void **State)
{
    (void)State;
    PEPROCESS One = NativeProcessCreate(NativeLocalSystem, FALSE);
    PEPROCESS Two = NativeProcessCreate(NativeLocalSystem, FALSE);
    HANDLE Event = NativeUserCreateEvent(One, FALSE, FALSE), Weak;
    HANDLE Semaphore = NativeUserCreateSemaphore(One, 0, 1);
    assert_int_equal(NativeUserDuplicate(One, Event, One, SYNCHRONIZE, &Weak), STATUS_SUCCESS);
    const struct
    {
        PEPROCESS Process;
        REFERENCE Reference;
        NTSTATUS Expected;
    } Cases[] = {
        {One, {Event, EVENT_MODIFY_STATE, *ExEventObjectType, UserMode, 0}, STATUS_SUCCESS},
        {One, {Event, EVENT_MODIFY_STATE, NULL, UserMode, 0}, STATUS_SUCCESS},
        {Two, {Event, EVENT_MODIFY_STATE, NULL, UserMode, 0}, STATUS_INVALID_HANDLE},
        {One, {NULL, 0, NULL, UserMode, 0}, STATUS_INVALID_HANDLE},
        {One, {(HANDLE)2, 0, NULL, UserMode, 0}, STATUS_INVALID_HANDLE},
        {One, {Semaphore, 0, *ExEventObjectType, UserMode, 0}, STATUS_OBJECT_TYPE_MISMATCH},
        {One, {Weak, SYNCHRONIZE, *ExEventObjectType, UserMode, 0}, STATUS_SUCCESS},
        {One, {Weak, EVENT_MODIFY_STATE, *ExEventObjectType, UserMode, 0}, STATUS_ACCESS_DENIED},
        {One, {Weak, EVENT_MODIFY_STATE, *ExEventObjectType, KernelMode, 0}, STATUS_SUCCESS},
    };
    for (size_t Index = 0; Index < ARRAYSIZE(Cases); Index++)
    {
        assert_int_equal(
            TryReference(Cases[Index].Process, Cases[Index].Reference), Cases[Index].Expected);
    }
    assert_int_equal(NativeUserClose(One, Event), STATUS_SUCCESS);
    assert_int_equal(NativeUserClose(One, Event), STATUS_INVALID_HANDLE);
    NativeProcessExit(One);
    NativeProcessExit(Two);
    assert_int_equal(NativeReportLeaks(), 0);
}

static void EventsOfUserMode(void **State)
{
    (void)State;
    PEPROCESS Process = NativeProcessCreate(NativeStandardUser, FALSE);
    HANDLE Auto = NativeUserCreateEvent(Process, FALSE, FALSE);
    HANDLE Manual = NativeUserCreateEvent(Process, TRUE, TRUE);
    assert_int_equal(NativeUserWait(Process, Auto, 1), STATUS_TIMEOUT);
    assert_int_equal(NativeUserSetEvent(Process, Auto), STATUS_SUCCESS);
    assert_int_equal(NativeUserWait(Process, Auto, 1), STATUS_WAIT_0);
    assert_int_equal(NativeUserWait(Process, Auto, 0), STATUS_TIMEOUT);
    assert_int_equal(NativeUserWait(Process, Manual, 0), STATUS_WAIT_0);
    assert_int_equal(NativeUserWait(Process, Manual, 0), STATUS_WAIT_0);
    assert_int_equal(NativeUserResetEvent(Process, Manual), STATUS_SUCCESS);
    assert_int_equal(NativeUserWait(Process, Manual, 0), STATUS_TIMEOUT);
    NativeProcessExit(Process);
    assert_int_equal(NativeReportLeaks(), 0);
}

static ULONG Created, Exited;
static HANDLE LastExited;

static VOID NTAPI Notify(HANDLE ParentId, HANDLE ProcessId, BOOLEAN Create)
{
    (void)ParentId;
    Created += Create;
    Exited += !Create;
    if (!Create)
    {
        /* In the context of the process, while its handles are still open. */
        assert_ptr_equal(PsGetCurrentProcessId(), ProcessId);
        LastExited = ProcessId;
    }
}

static VOID NTAPI RemoveItself(HANDLE ParentId, HANDLE ProcessId, BOOLEAN Create)
{
    (void)ParentId;
    (void)ProcessId;
    (void)Create;
    PsSetCreateProcessNotifyRoutine(RemoveItself, TRUE);
}

static void CreateProcess(void *Context)
{
    (void)Context;
    NativeProcessCreate(NativeLocalSystem, FALSE);
}

static void NotifyRoutines(void **State)
{
    (void)State;
    assert_int_equal(PsSetCreateProcessNotifyRoutine(Notify, FALSE), STATUS_SUCCESS);
    PEPROCESS Process = NativeProcessCreate(NativeLocalSystem, FALSE);
    HANDLE Id = PsGetProcessId(Process);
    assert_int_equal(Created, 1);
    assert_int_equal(NativeReportLeaks() >= 1, 1);
    NativeProcessExit(Process);
    assert_int_equal(Exited, 1);
    assert_ptr_equal(LastExited, Id);
    assert_int_equal(PsSetCreateProcessNotifyRoutine(Notify, TRUE), STATUS_SUCCESS);
    NativeProcessExit(NativeProcessCreate(NativeLocalSystem, FALSE));
    assert_int_equal(Created, 1);
    assert_true(!NT_SUCCESS(PsSetCreateProcessNotifyRoutine(Notify, TRUE)));
    assert_int_equal(NativeReportLeaks(), 0);
}

static VOID NTAPI SetAndEnd(PVOID Context)
{
    KeSetEvent(Context, 0, FALSE);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static void SystemThreads(void **State)
{
    (void)State;
    KEVENT Event;
    HANDLE Handle;
    PVOID Thread;
    CLIENT_ID Id;
    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    assert_int_equal(
        PsCreateSystemThread(&Handle, THREAD_ALL_ACCESS, NULL, NULL, &Id, SetAndEnd, &Event),
        STATUS_SUCCESS);
    assert_int_equal((uintptr_t)Id.UniqueProcess, 4);
    assert_int_equal(
        ObReferenceObjectByHandle(Handle, SYNCHRONIZE, NULL, KernelMode, &Thread, NULL),
        STATUS_SUCCESS);
    assert_int_equal(ZwWaitForSingleObject(Handle, FALSE, NULL), STATUS_WAIT_0);
    ZwClose(Handle);
    assert_int_equal(KeReadStateEvent(&Event), 1);
    assert_int_equal(
        KeWaitForSingleObject(Thread, Executive, KernelMode, FALSE, NULL), STATUS_WAIT_0);
    assert_int_equal(NativeReportLeaks(), 1); /* the reference */
    ObDereferenceObject(Thread);
    assert_int_equal(NativeReportLeaks(), 0);
}

static void EndTestThread(void *Context)
{
    (void)Context;
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static void CloseGarbage(void *Context)
{
    (void)Context;
    ZwClose((HANDLE)0x4440);
}

static void UserThreadHandle(void *Context)
{
    HANDLE Handle;
    PsCreateSystemThread(&Handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, SetAndEnd, Context);
}

static void AttemptUserThreadHandle(void *Context)
{
    AssertRuleBroken(UserThreadHandle, Context, "KernelHandle", "PsCreateSystemThread");
}

static void WrongCallers(void **State)
{
    (void)State;
    PEPROCESS Process = NativeProcessCreate(NativeLocalSystem, FALSE);
    AssertRuleBroken(EndTestThread, NULL, "SystemThread", "PsTerminateSystemThread");
    AssertRuleBroken(CloseGarbage, NULL, "Handle", "ZwClose");
    NativeInProcess(Process, AttemptUserThreadHandle, NULL);
    NativeProcessExit(Process);
    assert_int_equal(NativeReportLeaks(), 0);
}

static void NotifyRoutineRemovesItself(void **State)
{
    (void)State;
    assert_int_equal(PsSetCreateProcessNotifyRoutine(RemoveItself, FALSE), STATUS_SUCCESS);
    AssertRuleBroken(CreateProcess, NULL, "NotifyRemove", "PsSetCreateProcessNotifyRoutine");
}

#if !defined(__has_feature)
#define __has_feature(Feature) 0
#endif
#if !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer)
static void DereferenceTwice(void *Context)
{
    PVOID Object = NULL;
    REFERENCE *Reference = Context;
    ObReferenceObjectByHandle(Reference->Handle, 0, NULL, UserMode, &Object, NULL);
    ObDereferenceObject(Object);
    ObDereferenceObject(Object); /* the handle's */
    ObDereferenceObject(Object);
}

static void AttemptDereferenceTwice(void *Context)
{
    NATIVE_OUTCOME Outcome;
    NativeAttempt(DereferenceTwice, Context, &Outcome);
    assert_int_equal(Outcome.Kind, NativeRuleBroken);
}

/* The third one touches freed memory, which a sanitizer reports by itself. */
static void TooManyDereferences(void **State)
{
    (void)State;
    PEPROCESS Process = NativeProcessCreate(NativeLocalSystem, FALSE);
    REFERENCE Reference = {.Handle = NativeUserCreateEvent(Process, FALSE, FALSE)};
    NativeInProcess(Process, AttemptDereferenceTwice, &Reference);
}
#endif

int main(void)
{
    const struct CMUnitTest Tests[] = {
        cmocka_unit_test(HandlesByProcess),
        cmocka_unit_test(EventsOfUserMode),
        cmocka_unit_test(NotifyRoutines),
        cmocka_unit_test(SystemThreads),
        cmocka_unit_test(WrongCallers),
#if !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer)
        cmocka_unit_test(TooManyDereferences),
#endif
        /* Last: the routine stays, for it never returned. */
        cmocka_unit_test(NotifyRoutineRemovesItself),
    };
    return cmocka_run_group_tests(Tests, NULL, NULL);
}
