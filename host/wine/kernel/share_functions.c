/* SPDX-License-Identifier: MIT */
/*
 * Finding functions of another process's ntdll.dll. Wine maps it first of all, so it lies at its
 * preferred address in every process: the 64-bit one where this process has it, the 32-bit one
 * where its header says (Wine 8.0). Executables are as in Microsoft, "PE Format".
 */
#include "share_functions.h"
#include "ntdll.h"

#define FUNCTIONS_NTDLL32 ((PUCHAR)0x7BC00000)

/* Offsets from the PE signature, PE32. */
#define PE32_EXPORT_DIRECTORY 0x78

typedef struct _IMAGE_EXPORT_DIRECTORY
{
    ULONG Characteristics;
    ULONG TimeDateStamp;
    USHORT MajorVersion;
    USHORT MinorVersion;
    ULONG Name;
    ULONG Base;
    ULONG NumberOfFunctions;
    ULONG NumberOfNames;
    ULONG AddressOfFunctions;
    ULONG AddressOfNames;
    ULONG AddressOfNameOrdinals;
} IMAGE_EXPORT_DIRECTORY;

/* A module's export directory with all that it points to; addresses are relative to the module. */
typedef struct _FUNCTIONS_EXPORTS
{
    ULONG Address;
    ULONG Size;
    DECLSPEC_ALIGN(8) UCHAR Data[0x20000];
} FUNCTIONS_EXPORTS;

static BOOLEAN FunctionsRead(HANDLE Process, const VOID *Address, PVOID Buffer, SIZE_T Size)
{
    SIZE_T Read = 0;
    return NT_SUCCESS(NtReadVirtualMemory(Process, Address, Buffer, Size, &Read)) && Read == Size;
}

static BOOLEAN FunctionsReadExports(HANDLE Process, const UCHAR *Module, FUNCTIONS_EXPORTS *Exports)
{
    ULONG Header, Directory[2];
    if (!FunctionsRead(Process, Module + 0x3C, &Header, sizeof(Header)) || Header > PAGE_SIZE ||
        !FunctionsRead(
            Process, Module + Header + PE32_EXPORT_DIRECTORY, Directory, sizeof(Directory)))
        return FALSE;
    Exports->Address = Directory[0];
    Exports->Size = Directory[1];
    return Exports->Size >= sizeof(IMAGE_EXPORT_DIRECTORY) &&
           Exports->Size < sizeof(Exports->Data) &&
           FunctionsRead(Process, Module + Exports->Address, Exports->Data, Exports->Size);
}

/* What lies at that address of the module, if Size bytes from there are in the directory. */
static const VOID *FunctionsAt(const FUNCTIONS_EXPORTS *Exports, ULONG Address, ULONG64 Size)
{
    ULONG64 Offset = (ULONG64)Address - Exports->Address;
    return Address >= Exports->Address && Offset + Size <= Exports->Size ? Exports->Data + Offset
                                                                         : NULL;
}

/* The address of an export, relative to the module; 0: there is none of that name. */
static ULONG FunctionsFind(const FUNCTIONS_EXPORTS *Exports, PCSTR Name)
{
    const IMAGE_EXPORT_DIRECTORY *Directory = (const VOID *)Exports->Data;
    const ULONG *Names = FunctionsAt(
        Exports, Directory->AddressOfNames, (ULONG64)Directory->NumberOfNames * sizeof(ULONG));
    const USHORT *Ordinals = FunctionsAt(
        Exports, Directory->AddressOfNameOrdinals,
        (ULONG64)Directory->NumberOfNames * sizeof(USHORT));
    const ULONG *Functions = FunctionsAt(
        Exports, Directory->AddressOfFunctions,
        (ULONG64)Directory->NumberOfFunctions * sizeof(ULONG));
    SIZE_T Length = strlen(Name) + 1;
    if (Names == NULL || Ordinals == NULL || Functions == NULL)
        return 0;
    for (ULONG i = 0; i < Directory->NumberOfNames; i++)
    {
        const VOID *Other = FunctionsAt(Exports, Names[i], Length);
        if (Other != NULL && RtlEqualMemory(Other, Name, Length))
            return Ordinals[i] < Directory->NumberOfFunctions ? Functions[Ordinals[i]] : 0;
    }
    return 0;
}

static VOID FunctionsFind32(HANDLE Process, SHARE_REMOTE_ARGUMENTS *Arguments)
{
    static FUNCTIONS_EXPORTS Exports; /* one call at a time */
    ULONG Open, Resume, Close;
    if (!FunctionsReadExports(Process, FUNCTIONS_NTDLL32, &Exports))
        return;
    Open = FunctionsFind(&Exports, "NtOpenThread");
    Resume = FunctionsFind(&Exports, "NtResumeThread");
    Close = FunctionsFind(&Exports, "NtClose");
    if (Open == 0 || Resume == 0 || Close == 0)
        return;
    Arguments->OpenThread = (ULONG_PTR)(FUNCTIONS_NTDLL32 + Open);
    Arguments->ResumeThread = (ULONG_PTR)(FUNCTIONS_NTDLL32 + Resume);
    Arguments->Close = (ULONG_PTR)(FUNCTIONS_NTDLL32 + Close);
}

VOID ShareFindFunctions(HANDLE Process, BOOLEAN Is32Bit, SHARE_REMOTE_ARGUMENTS *Arguments)
{
    UCHAR Code[16];
    if (Is32Bit)
    {
        FunctionsFind32(Process, Arguments);
        return;
    }
    if (!FunctionsRead(Process, (const VOID *)NtResumeThread, Code, sizeof(Code)) ||
        !RtlEqualMemory(Code, (const VOID *)NtResumeThread, sizeof(Code)))
        return;
    Arguments->OpenThread = (ULONG_PTR)NtOpenThread;
    Arguments->ResumeThread = (ULONG_PTR)NtResumeThread;
    Arguments->Close = (ULONG_PTR)NtClose;
}
