/* SPDX-License-Identifier: MIT */
/*
 * Wrong callers of the executive and wrong drivers, one for each rule that no other test breaks.
 * Each runs in a process of its own, which ends with what it leaves behind.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "outcome.h"

#define TAG 0x6C6C6143u

NTSTATUS NTAPI IofCallDriver(PDEVICE_OBJECT DeviceObject, PIRP Irp);

/* ---- A driver over one device, whose routines a case changes ---- */

static struct
{
    PDRIVER_OBJECT Driver;
    PDEVICE_OBJECT Pdo, Fdo, Lower;
    PEPROCESS Process;
    HANDLE File;
    UNICODE_STRING Link;
    PVOID volatile Pointer;
} Toy;

static const GUID Interface = {9, 2, 3, {4, 5, 6, 7, 8, 9, 10, 11}};

static NTSTATUS Complete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static NTSTATUS NTAPI Succeed(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    (void)DeviceObject;
    return Complete(Irp, STATUS_SUCCESS, 0);
}

static NTSTATUS NTAPI PassDown(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    (void)DeviceObject;
    IoSkipCurrentIrpStackLocation(Irp);
    return IoCallDriver(Toy.Lower, Irp);
}

static NTSTATUS NTAPI AddDevice(PDRIVER_OBJECT DriverObject, PDEVICE_OBJECT Pdo)
{
    NTSTATUS Status =
        IoCreateDevice(DriverObject, 8, NULL, FILE_DEVICE_NETWORK, 0, FALSE, &Toy.Fdo);
    assert_int_equal(Status, STATUS_SUCCESS);
    Toy.Lower = IoAttachDeviceToDeviceStack(Toy.Fdo, Pdo);
    Toy.Fdo->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI AddDeviceFails(PDRIVER_OBJECT DriverObject, PDEVICE_OBJECT Pdo)
{
    AddDevice(DriverObject, Pdo);
    return STATUS_UNSUCCESSFUL;
}

static NTSTATUS NTAPI AddDeviceInitializing(PDRIVER_OBJECT DriverObject, PDEVICE_OBJECT Pdo)
{
    AddDevice(DriverObject, Pdo);
    Toy.Fdo->Flags |= DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;
}

static VOID NTAPI Unload(PDRIVER_OBJECT DriverObject)
{
    (void)DriverObject;
}

static NTSTATUS NTAPI Entry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    (void)RegistryPath;
    DriverObject->DriverUnload = Unload;
    DriverObject->DriverExtension->AddDevice = AddDevice;
    for (ULONG Major = 0; Major <= IRP_MJ_MAXIMUM_FUNCTION; Major++)
    {
        DriverObject->MajorFunction[Major] = Succeed;
    }
    DriverObject->MajorFunction[IRP_MJ_PNP] = PassDown;
    return STATUS_SUCCESS;
}

static void Load(void)
{
    assert_int_equal(NativeDriverLoad(L"Toy", Entry, &Toy.Driver), STATUS_SUCCESS);
}

static void Add(void)
{
    Load();
    assert_int_equal(NativeDeviceAdd(Toy.Driver, L"Toy", &Toy.Pdo), STATUS_SUCCESS);
    assert_int_equal(NativeDeviceStart(Toy.Pdo), STATUS_SUCCESS);
}

/* One control request to the driver, whose dispatch routine is that. */
static void Control(PDRIVER_DISPATCH Dispatch)
{
    UCHAR Byte = 0;
    ULONG Code = CTL_CODE(0x22, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS);
    Add();
    IoRegisterDeviceInterface(Toy.Pdo, &Interface, NULL, &Toy.Link);
    IoSetDeviceInterfaceState(&Toy.Link, TRUE);
    Toy.Process = NativeProcessCreate(NativeStandardUser, FALSE);
    assert_int_equal(
        NativeUserOpen(
            Toy.Process, NativeDeviceInterface(Toy.Pdo, &Interface), FILE_READ_DATA, &Toy.File),
        STATUS_SUCCESS);
    Toy.Driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = Dispatch;
    NativeUserDeviceIoControl(Toy.Process, Toy.File, Code, &Byte, 1, &Byte, 1, NULL);
}

#define CASE(Name) static void Name(void *Context __attribute__((unused)))

/* ---- Drivers and devices ---- */

static NTSTATUS NTAPI EntryFails(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    (void)RegistryPath;
    IoCreateDevice(DriverObject, 8, NULL, FILE_DEVICE_NETWORK, 0, FALSE, &Toy.Fdo);
    return STATUS_UNSUCCESSFUL;
}

CASE(EntryLeavesDevice)
{
    NativeDriverLoad(L"Toy", EntryFails, &Toy.Driver);
}

CASE(UnloadWithDevice)
{
    Add();
    NativeDriverUnload(Toy.Driver);
}

CASE(UnloadWithoutRoutine)
{
    Load();
    Toy.Driver->DriverUnload = NULL;
    NativeDriverUnload(Toy.Driver);
}

static VOID NTAPI UnloadMakingDevice(PDRIVER_OBJECT DriverObject)
{
    IoCreateDevice(DriverObject, 8, NULL, FILE_DEVICE_NETWORK, 0, FALSE, &Toy.Fdo);
}

CASE(UnloadMakesDevice)
{
    Load();
    Toy.Driver->DriverUnload = UnloadMakingDevice;
    NativeDriverUnload(Toy.Driver);
}

static VOID NTAPI UnloadLeaking(PDRIVER_OBJECT DriverObject)
{
    (void)DriverObject;
    Toy.Pointer = ExAllocatePoolWithTag(NonPagedPool, 100, TAG);
}

CASE(UnloadLeavesPool)
{
    Load();
    Toy.Driver->DriverUnload = UnloadLeaking;
    NativeDriverUnload(Toy.Driver);
}

static PDEVICE_OBJECT MakeDevice(void)
{
    PDEVICE_OBJECT Device = NULL;
    IoCreateDevice(Toy.Driver, 8, NULL, FILE_DEVICE_NETWORK, 0, FALSE, &Device);
    return Device;
}

CASE(DeleteTwice)
{
    Load();
    PDEVICE_OBJECT Device = MakeDevice();
    ObfReferenceObject(Device);
    IoDeleteDevice(Device);
    IoDeleteDevice(Device);
}

CASE(DeleteAttached)
{
    Add();
    IoDeleteDevice(Toy.Fdo);
}

CASE(AttachTwice)
{
    Add();
    IoAttachDeviceToDeviceStack(Toy.Fdo, Toy.Pdo);
}

CASE(DetachUnattached)
{
    Load();
    IoDetachDevice(MakeDevice());
}

CASE(NoAddDevice)
{
    Load();
    Toy.Driver->DriverExtension->AddDevice = NULL;
    NativeDeviceAdd(Toy.Driver, L"Toy", &Toy.Pdo);
}

CASE(AddDeviceLeavesDevice)
{
    Load();
    Toy.Driver->DriverExtension->AddDevice = AddDeviceFails;
    NativeDeviceAdd(Toy.Driver, L"Toy", &Toy.Pdo);
}

CASE(AddDeviceLeavesFlag)
{
    Load();
    Toy.Driver->DriverExtension->AddDevice = AddDeviceInitializing;
    NativeDeviceAdd(Toy.Driver, L"Toy", &Toy.Pdo);
}

CASE(InterfaceOfFdo)
{
    Add();
    IoRegisterDeviceInterface(Toy.Fdo, &Interface, NULL, &Toy.Link);
}

CASE(InterfaceWithReference)
{
    UNICODE_STRING Reference;
    RtlInitUnicodeString(&Reference, L"x");
    Add();
    IoRegisterDeviceInterface(Toy.Pdo, &Interface, &Reference, &Toy.Link);
}

CASE(KeyOfFdo)
{
    HANDLE Key;
    Add();
    IoOpenDeviceRegistryKey(Toy.Fdo, PLUGPLAY_REGKEY_DRIVER, KEY_READ, &Key);
}

/* ---- IRPs ---- */

static NTSTATUS NTAPI ReturnTooMuch(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    (void)DeviceObject;
    return Complete(Irp, STATUS_SUCCESS, 2);
}

CASE(InformationTooLong)
{
    Control(ReturnTooMuch);
}

static NTSTATUS NTAPI ReturnOnly(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    (void)DeviceObject;
    (void)Irp;
    return STATUS_SUCCESS;
}

CASE(NotCompleted)
{
    Control(ReturnOnly);
}

static NTSTATUS NTAPI CallItself(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    IoCopyCurrentIrpStackLocationToNext(Irp);
    return IoCallDriver(DeviceObject, Irp);
}

CASE(TooManyLocations)
{
    Control(CallItself);
}

static NTSTATUS NTAPI CallCompleted(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    Complete(Irp, STATUS_SUCCESS, 0);
    return IofCallDriver(DeviceObject, Irp);
}

CASE(PassedDownCompleted)
{
    Control(CallCompleted);
}

static NTSTATUS NTAPI CompleteTwice(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    (void)DeviceObject;
    Complete(Irp, STATUS_SUCCESS, 0);
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

CASE(CompletedTwice)
{
    Control(CompleteTwice);
}

static VOID NTAPI Cancel(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    (void)DeviceObject;
    (void)Irp;
}

static NTSTATUS NTAPI CompleteCancelable(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    (void)DeviceObject;
    Irp->CancelRoutine = Cancel;
    return Complete(Irp, STATUS_SUCCESS, 0);
}

CASE(CompletedCancelable)
{
    Control(CompleteCancelable);
}

CASE(NextPowerIrpUncalled)
{
    IRP Irp = {.StackCount = 1, .CurrentLocation = 2};
    PoStartNextPowerIrp(&Irp);
}

static NTSTATUS NTAPI ReturnWithResource(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    static ERESOURCE Resource;
    (void)DeviceObject;
    ExInitializeResourceLite(&Resource);
    KeEnterCriticalRegion();
    ExAcquireResourceExclusiveLite(&Resource, TRUE);
    return Complete(Irp, STATUS_SUCCESS, 0);
}

CASE(ReturnedWithLock)
{
    Control(ReturnWithResource);
}

/* ---- Everything else ---- */

CASE(PoolOfNoType)
{
    ExAllocatePoolWithTag((POOL_TYPE)7, 8, TAG);
}

CASE(WriteAfterFree)
{
    volatile UCHAR *Block = ExAllocatePoolWithTag(NonPagedPool, 100, TAG);
    ExFreePoolWithTag((PVOID)Block, TAG);
    Block[50] = 1;
    NativeReportLeaks();
}

CASE(DeleteOwnedResource)
{
    static ERESOURCE Resource;
    ExInitializeResourceLite(&Resource);
    KeEnterCriticalRegion();
    ExAcquireResourceExclusiveLite(&Resource, TRUE);
    ExDeleteResourceLite(&Resource);
}

CASE(RundownNotWaitedFor)
{
    EX_RUNDOWN_REF Rundown;
    ExInitializeRundownProtection(&Rundown);
    ExRundownCompleted(&Rundown);
}

static EX_RUNDOWN_REF Rundown;

static void *WaitForRundown(void *Context)
{
    ExWaitForRundownProtectionRelease(&Rundown);
    return Context;
}

/* Held once, and another thread waits for it. */
static void StartRundown(void)
{
    pthread_t Thread;
    ExInitializeRundownProtection(&Rundown);
    assert_true(ExAcquireRundownProtection(&Rundown));
    assert_int_equal(pthread_create(&Thread, NULL, WaitForRundown, NULL), 0);
    while (ExAcquireRundownProtection(&Rundown))
    {
        ExReleaseRundownProtection(&Rundown);
    }
}

CASE(RundownReleasedTooOften)
{
    StartRundown();
    ExReleaseRundownProtectionEx(&Rundown, 2);
}

CASE(RundownWaitedForTwice)
{
    StartRundown();
    ExWaitForRundownProtectionRelease(&Rundown);
}

CASE(PriorityOfNobody)
{
    KeSetPriorityThread(KeGetCurrentThread(), 0);
}

CASE(EventSetWaiting)
{
    KEVENT Event;
    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    KeSetEvent(&Event, 0, TRUE);
}

CASE(MutexReleasedWaiting)
{
    KMUTEX Mutex;
    KeInitializeMutex(&Mutex, 0);
    KeWaitForSingleObject(&Mutex, Executive, KernelMode, FALSE, NULL);
    KeReleaseMutex(&Mutex, TRUE);
}

CASE(SemaphoreReleasedWaiting)
{
    KSEMAPHORE Semaphore;
    KeInitializeSemaphore(&Semaphore, 0, 1);
    KeReleaseSemaphore(&Semaphore, 0, 1, TRUE);
}

static UCHAR Data[2 * PAGE_SIZE];

static PMDL MakeMdl(ULONG Length)
{
    PMDL Mdl = IoAllocateMdl(Data, Length, FALSE, FALSE, NULL);
    MmBuildMdlForNonPagedPool(Mdl);
    return Mdl;
}

CASE(PartialOutside)
{
    IoBuildPartialMdl(MakeMdl(100), IoAllocateMdl(Data, 100, FALSE, FALSE, NULL), Data + 50, 51);
}

CASE(PartialStillMapped)
{
    PMDL Target = IoAllocateMdl(Data, 100, FALSE, FALSE, NULL);
    Target->MdlFlags |= MDL_PARTIAL_HAS_BEEN_MAPPED;
    IoBuildPartialMdl(MakeMdl(100), Target, Data, 100);
}

CASE(BuiltFromPartial)
{
    PMDL Target = IoAllocateMdl(Data, 100, FALSE, FALSE, NULL);
    IoBuildPartialMdl(MakeMdl(100), Target, Data, 100);
    MmBuildMdlForNonPagedPool(Target);
}

CASE(MappedForUser)
{
    MmMapLockedPagesSpecifyCache(MakeMdl(100), UserMode, MmCached, NULL, FALSE, 0);
}

/* A device whose references are all gone, and that is there still. */
static PDEVICE_OBJECT MakeUnreferenced(void)
{
    Load();
    PDEVICE_OBJECT Device = MakeDevice();
    LONG *References = (LONG *)Device - 6; /* PointerCount of the object's header */
    ObfReferenceObject(Device);
    assert_int_equal(*References, 2);
    *References = 0;
    return Device;
}

CASE(ReferencedWhileDeleted)
{
    ObfReferenceObject(MakeUnreferenced());
}

CASE(DereferencedTooOften)
{
    ObfDereferenceObject(MakeUnreferenced());
}

static VOID NTAPI ThreadRoutine(PVOID Context)
{
    (void)Context;
}

CASE(ThreadOfProcess)
{
    HANDLE Thread;
    PsCreateSystemThread(
        &Thread, THREAD_ALL_ACCESS, NULL, (HANDLE)(ULONG_PTR)4, NULL, ThreadRoutine, NULL);
}

CASE(ThreadEndsInRegion)
{
    KeEnterCriticalRegion();
    PsTerminateSystemThread(STATUS_SUCCESS);
}

CASE(UserModeAtDispatch)
{
    PEPROCESS Process = NativeProcessCreate(NativeStandardUser, FALSE);
    NativeRaiseIrql(DISPATCH_LEVEL);
    NativeUserCreateEvent(Process, FALSE, FALSE);
    NativeUserClose(Process, NULL);
}

CASE(SubjectReleasedTwice)
{
    SECURITY_SUBJECT_CONTEXT Subject;
    SeCaptureSubjectContext(&Subject);
    SeReleaseSubjectContext(&Subject);
    SeReleaseSubjectContext(&Subject);
}

/* ---- The table ---- */

static const struct
{
    const char *Name;
    void (*Body)(void *);
    const char *Rule;
    const char *Function;
} Cases[] = {
#define OF(Name, Rule, Function) {#Name, Name, Rule, Function}
    OF(EntryLeavesDevice, "DriverEntryFailed", "NativeDriverLoad"),
    OF(UnloadWithDevice, "UnloadDevices", "NativeDriverUnload"),
    OF(UnloadWithoutRoutine, "UnloadRoutine", "NativeDriverUnload"),
    OF(UnloadMakesDevice, "UnloadDevices", "NativeDriverUnload"),
    OF(UnloadLeavesPool, "UnloadLeak", "DriverUnload"),
    OF(DeleteTwice, "DeviceDeleted", "IoDeleteDevice"),
    OF(DeleteAttached, "DeviceAttached", "IoDeleteDevice"),
    OF(AttachTwice, "DeviceAttached", "IoAttachDeviceToDeviceStack"),
    OF(DetachUnattached, "DeviceAttached", "IoDetachDevice"),
    OF(NoAddDevice, "AddDevice", "NativeDeviceAdd"),
    OF(AddDeviceLeavesDevice, "AddDeviceFailed", "NativeDeviceAdd"),
    OF(AddDeviceLeavesFlag, "AddDeviceFlags", "NativeDeviceAdd"),
    OF(InterfaceOfFdo, "PhysicalDevice", "IoRegisterDeviceInterface"),
    OF(InterfaceWithReference, "ReferenceString", "IoRegisterDeviceInterface"),
    OF(KeyOfFdo, "PhysicalDevice", "IoOpenDeviceRegistryKey"),
    OF(InformationTooLong, "IrpInformation", "IopSendControl"),
    OF(NotCompleted, "IrpNotCompleted", "IopSendRequest"),
    OF(TooManyLocations, "IrpStackLocations", "IofCallDriver"),
    OF(PassedDownCompleted, "Irp", "IofCallDriver"),
    OF(CompletedTwice, "IrpCompleted", "IofCompleteRequest"),
    OF(CompletedCancelable, "IrpCancelRoutine", "IofCompleteRequest"),
    OF(NextPowerIrpUncalled, "PowerIrp", "PoStartNextPowerIrp"),
    OF(ReturnedWithLock, "CallbackLocks", "DRIVER_DISPATCH"),
    OF(PoolOfNoType, "PoolType", "ExAllocatePoolWithTag"),
    OF(WriteAfterFree, "PoolUseAfterFree", "ExFreePoolWithTag"),
    OF(DeleteOwnedResource, "ResourceOwned", "ExDeleteResourceLite"),
    OF(RundownNotWaitedFor, "RundownState", "ExRundownCompleted"),
    OF(RundownReleasedTooOften, "RundownBalance", "ExReleaseRundownProtectionEx"),
    OF(RundownWaitedForTwice, "RundownState", "ExWaitForRundownProtectionRelease"),
    OF(PriorityOfNobody, "Priority", "KeSetPriorityThread"),
    OF(EventSetWaiting, "WaitTrue", "KeSetEvent"),
    OF(MutexReleasedWaiting, "WaitTrue", "KeReleaseMutex"),
    OF(SemaphoreReleasedWaiting, "WaitTrue", "KeReleaseSemaphore"),
    OF(PartialOutside, "MdlRange", "IoBuildPartialMdl"),
    OF(PartialStillMapped, "MdlReuse", "IoBuildPartialMdl"),
    OF(BuiltFromPartial, "MdlState", "MmBuildMdlForNonPagedPool"),
    OF(MappedForUser, "MdlMapping", "MmMapLockedPagesSpecifyCache"),
    OF(ReferencedWhileDeleted, "ObjectReference", "ObfReferenceObject"),
    OF(DereferencedTooOften, "ObjectReference", "ObfDereferenceObject"),
    OF(ThreadOfProcess, "SystemThread", "PsCreateSystemThread"),
    OF(ThreadEndsInRegion, "ThreadEnd", "PsTerminateSystemThread"),
    OF(UserModeAtDispatch, "UserMode", "PspEnterKernel"),
    OF(SubjectReleasedTwice, "SubjectContext", "SeReleaseSubjectContext"),
};

/* What sanitizers see themselves: AddressSanitizer ends the process at the access, ThreadSanitizer
 * gives it a status of failure when it ends. */
static BOOLEAN IsSanitizersOwn(void (*Body)(void *))
{
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
    return Body == WriteAfterFree;
#endif
#endif
    (void)Body;
    return FALSE;
}

static int Run(ULONG Index)
{
    NATIVE_OUTCOME Outcome;
    NativeAttempt(Cases[Index].Body, NULL, &Outcome);
    if (Outcome.Kind != NativeRuleBroken || strcmp(Outcome.Rule, Cases[Index].Rule) != 0 ||
        strcmp(Outcome.Function, Cases[Index].Function) != 0 || !strstr(Outcome.Document, "https:"))
    {
        printf(
            "outcome %d, rule %s in %s, %s: %s\n", Outcome.Kind, Outcome.Rule, Outcome.Function,
            Outcome.Document, Outcome.Detail);
        return 1;
    }
    return 0;
}

int main(void)
{
    int Failed = 0;
    for (ULONG Index = 0; Index < ARRAYSIZE(Cases); Index++)
    {
        int Status = 1, Own = IsSanitizersOwn(Cases[Index].Body);
        fflush(stdout);
        pid_t Child = fork();
        if (Child == 0)
        {
            if (Own)
            {
                close(STDERR_FILENO);
            }
            int Result = Own ? (Cases[Index].Body(NULL), 0) : Run(Index);
            fflush(stdout);
            if (Own)
            {
                exit(0);
            }
            _exit(Result);
        }
        waitpid(Child, &Status, 0);
        int Good = Own ? Status != 0 : Status == 0;
        printf("%s: %s\n", Good ? "ok" : "FAILED", Cases[Index].Name);
        Failed += !Good;
    }
    return Failed != 0;
}
