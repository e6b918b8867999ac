/* SPDX-License-Identifier: MIT */
/*
 * bcryptprimitives.dll, which Wine 8.0 lacks: of it the function that the run-time parts of Go and
 * Rust take random numbers from, without which their programs do not start.
 */
#include <windows.h>
#include <ntsecapi.h>

/* Fills the buffer with random bytes. Always TRUE (Microsoft, "ProcessPrng function"). */
BOOL WINAPI ProcessPrng(BYTE *Buffer, SIZE_T Size)
{
    while (Size != 0)
    {
        ULONG Part = Size < 0x10000000 ? (ULONG)Size : 0x10000000;
        if (!RtlGenRandom(Buffer, Part))
            TerminateProcess(
                GetCurrentProcess(), ERROR_GEN_FAILURE); /* callers expect no failure */
        Buffer += Part;
        Size -= Part;
    }
    return TRUE;
}

BOOL WINAPI DllMainCRTStartup(HINSTANCE Instance, DWORD Reason, void *Reserved)
{
    (void)Reserved;
    if (Reason == DLL_PROCESS_ATTACH)
        DisableThreadLibraryCalls(Instance);
    return TRUE;
}
