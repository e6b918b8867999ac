/* SPDX-License-Identifier: MIT */
/*
 * Debian's Wine for arm64 is Linux code, for which a va_list is what Linux has: its FormatMessageW
 * does not find the arguments in one of Windows. That points to the arguments, 8 bytes each, which
 * is what FORMAT_MESSAGE_ARGUMENT_ARRAY takes ("FormatMessage function").
 */
#include <windows.h>
#include <winternl.h>

#include <stdarg.h>
#include <string.h>

#include "arguments.h"

typedef void CALLBACK MODULE_ROUTINE(LDR_DATA_TABLE_ENTRY *Module, void *Context, BOOLEAN *Stop);
NTSYSAPI NTSTATUS NTAPI
LdrEnumerateLoadedModules(ULONG Reserved, MODULE_ROUTINE *Routine, void *Context);

/* LDR_DLL_LOADED_NOTIFICATION_DATA ("LdrDllNotification callback function"). */
typedef struct _MODULE_NOTIFICATION
{
    ULONG Flags;
    const UNICODE_STRING *FullName;
    const UNICODE_STRING *BaseName;
    BYTE *Base;
    ULONG Size;
} MODULE_NOTIFICATION;

#define MODULE_LOADED 1

typedef void CALLBACK
NOTIFICATION_ROUTINE(ULONG Reason, const MODULE_NOTIFICATION *Notification, void *Context);
NTSYSAPI NTSTATUS NTAPI LdrRegisterDllNotification(
    ULONG Flags, NOTIFICATION_ROUTINE *Routine, void *Context, void **Cookie);

static HMODULE ArgumentsOwnModule;

static DWORD WINAPI ArgumentsFormatMessageW(
    DWORD Flags,
    const void *Source,
    DWORD Id,
    DWORD Language,
    LPWSTR Buffer,
    DWORD Size,
    va_list *Arguments)
{
    if (Arguments != NULL && (Flags & FORMAT_MESSAGE_ARGUMENT_ARRAY) == 0)
    {
        Flags |= FORMAT_MESSAGE_ARGUMENT_ARRAY;
        Arguments = *(va_list **)Arguments;
    }
    return FormatMessageW(Flags, Source, Id, Language, Buffer, Size, Arguments);
}

static void ArgumentsBind(void **Import, void *Function)
{
    DWORD Protection;
    if (!VirtualProtect(Import, sizeof(*Import), PAGE_READWRITE, &Protection))
        return;
    *Import = Function;
    VirtualProtect(Import, sizeof(*Import), Protection, &Protection);
}

/* PE Format, "The .idata Section". */
static void ArgumentsBindModule(BYTE *Base, const IMAGE_IMPORT_DESCRIPTOR *Descriptor)
{
    const IMAGE_THUNK_DATA *Name = (IMAGE_THUNK_DATA *)(Base + Descriptor->OriginalFirstThunk);
    void **Import = (void **)(Base + Descriptor->FirstThunk);
    for (; Name->u1.AddressOfData != 0; Name++, Import++)
        if (!IMAGE_SNAP_BY_ORDINAL(Name->u1.Ordinal) &&
            strcmp(
                ((IMAGE_IMPORT_BY_NAME *)(Base + Name->u1.AddressOfData))->Name,
                "FormatMessageW") == 0)
            ArgumentsBind(Import, (void *)ArgumentsFormatMessageW);
}

static void ArgumentsModule(BYTE *Base)
{
    static const char Builtin[] = "Wine builtin DLL";
    const IMAGE_NT_HEADERS *Header =
        (IMAGE_NT_HEADERS *)(Base + ((IMAGE_DOS_HEADER *)Base)->e_lfanew);
    DWORD Imports =
        Header->OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_IMPORT].VirtualAddress;
    const IMAGE_IMPORT_DESCRIPTOR *Descriptor = (IMAGE_IMPORT_DESCRIPTOR *)(Base + Imports);
    if ((HMODULE)Base == ArgumentsOwnModule || Imports == 0 ||
        memcmp(Base + sizeof(IMAGE_DOS_HEADER), Builtin, sizeof(Builtin)) == 0)
        return;
    for (; Descriptor->Name != 0; Descriptor++)
        if (Descriptor->OriginalFirstThunk != 0 &&
            lstrcmpiA((char *)Base + Descriptor->Name, "kernel32.dll") == 0)
            ArgumentsBindModule(Base, Descriptor);
}

static void CALLBACK
ArgumentsLoadedModule(LDR_DATA_TABLE_ENTRY *Module, void *Context, BOOLEAN *Stop)
{
    (void)Context;
    (void)Stop;
    ArgumentsModule(Module->DllBase);
}

/* Called before the module's entry point. */
static void CALLBACK
ArgumentsNotification(ULONG Reason, const MODULE_NOTIFICATION *Notification, void *Context)
{
    (void)Context;
    if (Reason == MODULE_LOADED)
        ArgumentsModule(Notification->Base);
}

void ArgumentsRedirect(void)
{
    void *Cookie;
    /* What the imports lead to stays. */
    GetModuleHandleExW(
        GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_PIN,
        (LPCWSTR)(void *)ArgumentsRedirect, &ArgumentsOwnModule);
    LdrEnumerateLoadedModules(0, ArgumentsLoadedModule, NULL);
    LdrRegisterDllNotification(0, ArgumentsNotification, NULL, &Cookie);
}
