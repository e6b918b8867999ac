/* SPDX-License-Identifier: MIT */
/*
 * ndis.sys for Wine: where it starts.
 *
 * A driver that imports NDIS.SYS makes Wine load this image as a DLL of the driver's process,
 * before the driver's own entry point runs. Wine also starts it once as the service "NDIS", in
 * another process, and calls the same entry point as a DriverEntry.
 */
#include <ntifs.h>

#include "control.h"
#include "executive.h"
#include "imports.h"
#include "log.h"
#include "ntdll.h"
#include "wine_kernel.h"

#define DLL_PROCESS_ATTACH 1
/* DllMain's second argument is a reason, DriverEntry's an address. */
#define DLL_REASON_END 16

#define LDR_ADDREF_DLL_PIN 1

/* How long a driver waits for Plug and Play, in milliseconds. */
#define MAIN_PNP_MILLISECONDS 20000

/*
 * Wine's driver process may be told to load a driver before another thread of it has made the
 * driver that owns root-enumerated devices, and then crashes when it enumerates those of the
 * driver. Its object counts as made when it has a routine for IRP_MJ_PNP, the last thing it does.
 */
static BOOLEAN MainHasPnpManager(VOID)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Driver\\PnpManager");
    PDRIVER_OBJECT Driver;
    BOOLEAN Result;
    if (!NT_SUCCESS(
            ObReferenceObjectByName(&Name, 0, NULL, 0, NULL, KernelMode, NULL, (PVOID *)&Driver)))
        return FALSE;
    Result = Driver->MajorFunction[IRP_MJ_PNP] != Driver->MajorFunction[IRP_MJ_CREATE];
    WineObfDereferenceObject(Driver);
    return Result;
}

static VOID MainAwaitPnpManager(VOID)
{
    LARGE_INTEGER Interval = {.QuadPart = -10000LL};
    for (ULONG i = 0; i < MAIN_PNP_MILLISECONDS && !MainHasPnpManager(); i++)
        KeDelayExecutionThread(KernelMode, FALSE, &Interval);
}

static VOID NTAPI
MainImageLoaded(PUNICODE_STRING FullImageName, HANDLE ProcessId, PIMAGE_INFO ImageInfo)
{
    UNREFERENCED_PARAMETER(ProcessId);
    if (!ImportsUseNdis(ImageInfo->ImageBase))
        return;
    MainAwaitPnpManager();
    if (!ImportsBind(ImageInfo->ImageBase, TRUE, FullImageName))
        ImportsRefuse(ImageInfo->ImageBase, STATUS_DRIVER_ENTRYPOINT_NOT_FOUND);
}

static BOOLEAN MainAttach(PVOID ImageBase)
{
    static const UNICODE_STRING Name = RTL_CONSTANT_STRING(L"ndis.sys");
    /* Windows' NDIS is never unloaded, and the kernel keeps pointers to this one. */
    LdrAddRefDll(LDR_ADDREF_DLL_PIN, ImageBase);
    /* Its own imports are Wine's, and the linker's where this host has the function. */
    if (!ImportsBind(ImageBase, FALSE, &Name))
        return FALSE;
    ControlInitialize();
    ProcessorInitialize();
    return NT_SUCCESS(PsSetLoadImageNotifyRoutine(MainImageLoaded));
}

/*
 * DllMain(ImageBase, Reason, Reserved) and DriverEntry(DriverObject, RegistryPath). On x86 it takes
 * two arguments from the stack; Wine puts right what a DllMain leaves there.
 */
ULONG_PTR NTAPI MainEntry(PVOID First, ULONG_PTR Second)
{
    if (Second == DLL_PROCESS_ATTACH)
        return MainAttach(First);
    return Second < DLL_REASON_END ? TRUE : (ULONG_PTR)STATUS_SUCCESS;
}
