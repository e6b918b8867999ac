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
#include "imports.h"
#include "log.h"
#include "ntdll.h"
#include "wine_kernel.h"

#define DLL_PROCESS_ATTACH 1
/* DllMain's second argument is a reason, DriverEntry's an address. */
#define DLL_REASON_END 16

#define LDR_ADDREF_DLL_PIN 1

static VOID NTAPI
MainImageLoaded(PUNICODE_STRING FullImageName, HANDLE ProcessId, PIMAGE_INFO ImageInfo)
{
    UNREFERENCED_PARAMETER(ProcessId);
    if (!ImportsUseNdis(ImageInfo->ImageBase))
        return;
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
