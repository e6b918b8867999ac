/* SPDX-License-Identifier: MIT */
/*
 * SetupDiSetClassInstallParamsW, which Wine 8.0 fails always (Microsoft, setupapi.h): the
 * parameters of an installation request, which SetupDiCallClassInstaller makes. Removal is the one
 * that Wine makes and that has parameters: from all hardware profiles, of which Wine has one.
 */
#define _SETUPAPI_ /* this function is ours */
#include <windows.h>

#include <setupapi.h>

static BOOL ClassInstallFail(DWORD Error)
{
    SetLastError(Error);
    return FALSE;
}

/* FALSE, ERROR_CALL_NOT_IMPLEMENTED: parameters of another request, or removal from one profile. */
BOOL WINAPI SetupDiSetClassInstallParamsW(
    HDEVINFO Set, PSP_DEVINFO_DATA Device, PSP_CLASSINSTALL_HEADER Parameters, DWORD Size)
{
    SP_DEVINSTALL_PARAMS_W Install;
    const SP_REMOVEDEVICE_PARAMS *Remove = (const SP_REMOVEDEVICE_PARAMS *)Parameters;
    if (Parameters == NULL)
        return Size == 0 || ClassInstallFail(ERROR_INVALID_PARAMETER);
    if (Size < sizeof(*Parameters) || Parameters->cbSize != sizeof(*Parameters))
        return ClassInstallFail(ERROR_INVALID_USER_BUFFER);
    if (Parameters->InstallFunction != DIF_REMOVE)
        return ClassInstallFail(ERROR_CALL_NOT_IMPLEMENTED);
    if (Size < sizeof(*Remove))
        return ClassInstallFail(ERROR_INVALID_PARAMETER);
    if (Remove->Scope != DI_REMOVEDEVICE_GLOBAL)
        return ClassInstallFail(ERROR_CALL_NOT_IMPLEMENTED);
    /* Whether there is such a device. */
    Install.cbSize = sizeof(Install);
    return SetupDiGetDeviceInstallParamsW(Set, Device, &Install);
}
