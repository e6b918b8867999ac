/* SPDX-License-Identifier: MIT */
/*
 * add-exports MODULE SUPPLEMENT OUTPUT [NAME...]: OUTPUT is MODULE, one of Wine's, with those
 * exports of SUPPLEMENT that MODULE lacks, or has as unfinished ones, as forwarders to SUPPLEMENT;
 * and with another mark than the one by which Wine prefers its own file. What MODULE has, stays,
 * but for each NAME: it becomes SUPPLEMENT's if MODULE lacks any, and its own is called Wine<NAME>
 * then. Microsoft, "PE Format", has the structures.
 *
 * A new section at the end has a whole export directory: forwarders are known by lying in it. Exit
 * status 1, with a message: OUTPUT has not been made.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PE_HEADER_AT          60
#define PE_SECTIONS           6  /* from "PE" on: the number of sections, */
#define PE_OPTIONAL_SIZE      20 /* size of the optional header, */
#define PE_OPTIONAL           24 /* and its start */
#define OPTIONAL_ALIGNMENT    32 /* of sections in memory; behind it that in the file, */
#define OPTIONAL_IMAGE_SIZE   56 /* the size of the image, */
#define OPTIONAL_CHECKSUM     64
#define SECTION_SIZE          40
#define SECTION_FLAGS         0x40000040u /* initialised data, readable */
#define EXPORT_FIRST_ORDINAL  16
#define EXPORT_FUNCTIONS      20 /* numbers of functions and names, then where they are, and the */
#define EXPORT_NAMES          24 /* indexes of names' functions */
#define EXPORT_DIRECTORY_SIZE 40

#define MAX_SIZE    (256u << 20)
#define MAX_EXPORTS 0x8000u

typedef struct _IMAGE
{
    const char *Path;
    uint8_t *Data;
    size_t Size;
    size_t Header;    /* where "PE" is */
    size_t Directory; /* where the RVA of the export directory is */
    uint32_t Rva;     /* of the export directory */
    uint32_t Length;  /* and its size */
    uint32_t Functions, Names;
    bool Is64;
} IMAGE;

typedef struct _EXPORT
{
    const char *Name;
    uint32_t NameRva; /* in the module, or 0 */
    uint32_t Index;
} EXPORT;

static void ExportsFail(const char *Path, const char *Message)
{
    fprintf(stderr, "add-exports: %s: %s\n", Path, Message);
    exit(1);
}

static void *ExportsAllocate(size_t Size)
{
    void *Memory = calloc(1, Size);
    if (Memory == NULL)
        ExportsFail("memory", "there is not enough");
    return Memory;
}

static void ExportsRead(IMAGE *Image, const char *Path)
{
    FILE *File = fopen(Path, "rb");
    long Size;
    Image->Path = Path;
    if (File == NULL || fseek(File, 0, SEEK_END) != 0 || (Size = ftell(File)) < 0)
        ExportsFail(Path, "it cannot be read");
    if ((size_t)Size > MAX_SIZE)
        ExportsFail(Path, "it is larger than 256 MiB");
    rewind(File);
    Image->Size = (size_t)Size;
    Image->Data = ExportsAllocate(Image->Size + 1); /* with a terminator for its last string */
    if (fread(Image->Data, 1, Image->Size, File) != Image->Size)
        ExportsFail(Path, "it cannot be read");
    fclose(File);
}

static uint8_t *ExportsAt(const IMAGE *Image, size_t Offset, size_t Size)
{
    if (Offset > Image->Size || Size > Image->Size - Offset)
        ExportsFail(Image->Path, "something in it lies outside of it");
    return Image->Data + Offset;
}

static uint32_t ExportsGet16(const IMAGE *Image, size_t Offset)
{
    uint16_t Value;
    memcpy(&Value, ExportsAt(Image, Offset, sizeof(Value)), sizeof(Value));
    return Value;
}

static uint32_t ExportsGet32(const IMAGE *Image, size_t Offset)
{
    uint32_t Value;
    memcpy(&Value, ExportsAt(Image, Offset, sizeof(Value)), sizeof(Value));
    return Value;
}

static void ExportsPut16(uint8_t *Target, uint32_t Value)
{
    uint16_t Short = (uint16_t)Value;
    memcpy(Target, &Short, sizeof(Short));
}

static void ExportsPut32(uint8_t *Target, uint32_t Value)
{
    memcpy(Target, &Value, sizeof(Value));
}

static uint32_t ExportsAlign(uint32_t Value, uint32_t To)
{
    return (Value + To - 1) & ~(To - 1);
}

static size_t ExportsSectionAt(const IMAGE *Image, uint32_t Number)
{
    return Image->Header + PE_OPTIONAL + ExportsGet16(Image, Image->Header + PE_OPTIONAL_SIZE) +
           (size_t)Number * SECTION_SIZE;
}

/* Where in the file that address is. */
static size_t ExportsOffset(const IMAGE *Image, uint32_t Rva)
{
    uint32_t Sections = ExportsGet16(Image, Image->Header + PE_SECTIONS);
    for (uint32_t i = 0; i < Sections; i++)
    {
        size_t Section = ExportsSectionAt(Image, i);
        uint32_t First = ExportsGet32(Image, Section + 12),
                 Size = ExportsGet32(Image, Section + 16);
        if (Rva >= First && Rva - First < Size)
            return (size_t)ExportsGet32(Image, Section + 20) + (Rva - First);
    }
    ExportsFail(Image->Path, "an address in it is in none of its sections");
    return 0;
}

static const char *ExportsString(const IMAGE *Image, uint32_t Rva)
{
    return (const char *)ExportsAt(Image, ExportsOffset(Image, Rva), 1);
}

static uint32_t ExportsField(const IMAGE *Image, unsigned Field)
{
    return ExportsGet32(Image, ExportsOffset(Image, Image->Rva) + Field);
}

static void ExportsParse(IMAGE *Image, const char *Path)
{
    uint32_t Magic;
    ExportsRead(Image, Path);
    if (ExportsGet16(Image, 0) != 0x5a4d)
        ExportsFail(Path, "it is no PE file");
    Image->Header = ExportsGet32(Image, PE_HEADER_AT);
    Magic = ExportsGet16(Image, Image->Header + PE_OPTIONAL);
    if (ExportsGet32(Image, Image->Header) != 0x4550 || (Magic != 0x10b && Magic != 0x20b))
        ExportsFail(Path, "it is no PE file");
    Image->Is64 = Magic == 0x20b;
    Image->Directory = Image->Header + PE_OPTIONAL + (Image->Is64 ? 112 : 96);
    Image->Rva = ExportsGet32(Image, Image->Directory);
    Image->Length = ExportsGet32(Image, Image->Directory + 4);
    if (Image->Rva == 0 || Image->Length < EXPORT_DIRECTORY_SIZE)
        ExportsFail(Path, "it exports nothing");
    Image->Functions = ExportsField(Image, EXPORT_FUNCTIONS);
    Image->Names = ExportsField(Image, EXPORT_NAMES);
    if (Image->Functions > MAX_EXPORTS || Image->Names > MAX_EXPORTS)
        ExportsFail(Path, "it exports more than 32768 functions");
}

static uint32_t ExportsFunction(const IMAGE *Image, uint32_t Index)
{
    if (Index >= Image->Functions)
        ExportsFail(Image->Path, "a name in it has no function");
    return ExportsGet32(
        Image, ExportsOffset(Image, ExportsField(Image, EXPORT_FUNCTIONS + 8)) + 4ul * Index);
}

static bool ExportsIsForwarder(const IMAGE *Image, uint32_t Rva)
{
    return Rva >= Image->Rva && Rva - Image->Rva < Image->Length;
}

/*
 * Wine's build tool makes code for an unfinished function that names the module and the function
 * and raises an exception: on amd64 "sub $0x28,%rsp; lea MODULE(%rip),%rcx; lea NAME(%rip),%rdx;
 * call", on x86 "nop...; sub $12,%esp; movl $NAME,4(%esp); movl $MODULE,(%esp); call".
 */
static bool ExportsIsUnfinished(const IMAGE *Image, uint32_t Rva, const char *Name)
{
    static const uint8_t First64[] = {0x48, 0x83, 0xec, 0x28, 0x48, 0x8d, 0x0d};
    static const uint8_t Second64[] = {0x48, 0x8d, 0x15};
    static const uint8_t First32[] = {0x83, 0xec, 0x0c, 0xc7, 0x44, 0x24, 0x04};
    static const uint8_t Second32[] = {0xc7, 0x04, 0x24};
    const uint8_t *Code;
    uint32_t NameRva, i;
    if (ExportsIsForwarder(Image, Rva))
        return false;
    for (i = 0; i < 16 && *ExportsAt(Image, ExportsOffset(Image, Rva), 1) == 0x90; i++)
        Rva++;
    Code = ExportsAt(Image, ExportsOffset(Image, Rva), 19);
    if (memcmp(Code, Image->Is64 ? First64 : First32, sizeof(First64)) != 0 ||
        memcmp(Code + 11, Image->Is64 ? Second64 : Second32, sizeof(Second64)) != 0 ||
        Code[18] != 0xe8)
        return false;
    if (Image->Is64)
        NameRva = Rva + 18 + ExportsGet32(Image, ExportsOffset(Image, Rva) + 14);
    else
        NameRva = ExportsGet32(Image, ExportsOffset(Image, Rva) + 7) -
                  ExportsGet32(Image, Image->Header + PE_OPTIONAL + 28); /* the base */
    return strcmp(ExportsString(Image, NameRva), Name) == 0;
}

static EXPORT *ExportsList(const IMAGE *Image, uint32_t Room)
{
    EXPORT *Exports = ExportsAllocate(((size_t)Image->Names + Room) * sizeof(*Exports));
    size_t Names = ExportsOffset(Image, ExportsField(Image, EXPORT_FUNCTIONS + 12)),
           Indexes = ExportsOffset(Image, ExportsField(Image, EXPORT_FUNCTIONS + 16));
    for (uint32_t i = 0; i < Image->Names; i++)
    {
        Exports[i].NameRva = ExportsGet32(Image, Names + 4ul * i);
        Exports[i].Name = ExportsString(Image, Exports[i].NameRva);
        Exports[i].Index = ExportsGet16(Image, Indexes + 2ul * i);
    }
    return Exports;
}

static int ExportsCompare(const void *Left, const void *Right)
{
    return strcmp(((const EXPORT *)Left)->Name, ((const EXPORT *)Right)->Name);
}

/* What the new section is made of. */
typedef struct _DIRECTORY
{
    uint8_t *Data;
    uint32_t Rva, Used;
    EXPORT *Exports; /* sorted, as those who look for a name expect */
    uint32_t Names, Functions;
    uint32_t *Addresses;
} DIRECTORY;

static uint32_t ExportsAddString(DIRECTORY *Directory, const char *First, const char *Second)
{
    uint32_t Rva = Directory->Rva + Directory->Used;
    Directory->Used +=
        (uint32_t)sprintf((char *)Directory->Data + Directory->Used, "%s%s", First, Second) + 1;
    return Rva;
}

/* A new name, which is not in the module's own. */
static EXPORT *ExportsAddName(DIRECTORY *Directory, const char *First, const char *Second)
{
    EXPORT *New = &Directory->Exports[Directory->Names++];
    New->NameRva = ExportsAddString(Directory, First, Second);
    New->Name = (const char *)Directory->Data + (New->NameRva - Directory->Rva);
    New->Index = Directory->Functions++;
    return New;
}

/* The supplement's in the place of the module's, which is called Wine<NAME> then. */
static void ExportsReplace(
    const IMAGE *Module,
    const EXPORT *Wanted,
    uint32_t WantedNames,
    const char *Prefix,
    const char *Name,
    DIRECTORY *Directory)
{
    EXPORT Key = {Name, 0, 0};
    const EXPORT *Found =
        bsearch(&Key, Directory->Exports, Module->Names, sizeof(EXPORT), ExportsCompare);
    if (Found == NULL || bsearch(&Key, Wanted, WantedNames, sizeof(EXPORT), ExportsCompare) == NULL)
        return;
    Directory->Addresses[ExportsAddName(Directory, "Wine", Name)->Index] =
        Directory->Addresses[Found->Index];
    Directory->Addresses[Found->Index] = ExportsAddString(Directory, Prefix, Name);
}

/* All exports of the module, and those of the supplement that it lacks. */
static void ExportsMerge(
    const IMAGE *Module,
    const IMAGE *Supplement,
    const char *Prefix,
    char **Whole,
    DIRECTORY *Directory)
{
    EXPORT *Wanted = ExportsList(Supplement, 0), *Found;
    bool Added = false;
    Directory->Exports = ExportsList(Module, 2 * Supplement->Names);
    Directory->Names = Module->Names;
    Directory->Functions = Module->Functions;
    for (uint32_t i = 0; i < Module->Functions; i++)
    {
        uint32_t Rva = ExportsFunction(Module, i);
        Directory->Addresses[i] = Rva != 0 && ExportsIsForwarder(Module, Rva)
                                      ? ExportsAddString(Directory, ExportsString(Module, Rva), "")
                                      : Rva;
    }
    for (uint32_t i = 0; i < Supplement->Names; i++)
    {
        uint32_t Index = Directory->Functions;
        Found =
            bsearch(&Wanted[i], Directory->Exports, Module->Names, sizeof(EXPORT), ExportsCompare);
        if (Found != NULL)
        {
            Index = Found->Index;
            if (!ExportsIsUnfinished(Module, ExportsFunction(Module, Index), Found->Name))
                continue;
        }
        else
        {
            ExportsAddName(Directory, Wanted[i].Name, "");
        }
        Directory->Addresses[Index] = ExportsAddString(Directory, Prefix, Wanted[i].Name);
        Added = true;
    }
    for (; Added && *Whole != NULL; Whole++)
        ExportsReplace(Module, Wanted, Supplement->Names, Prefix, *Whole, Directory);
    qsort(Directory->Exports, Directory->Names, sizeof(EXPORT), ExportsCompare);
    free(Wanted);
}

static void ExportsFinish(const IMAGE *Module, DIRECTORY *Directory)
{
    uint8_t *Header = Directory->Data;
    uint32_t Used = ExportsAlign(Directory->Used, 4);
    memcpy(Header, Module->Data + ExportsOffset(Module, Module->Rva), EXPORT_DIRECTORY_SIZE);
    ExportsPut32(Header + EXPORT_FUNCTIONS, Directory->Functions);
    ExportsPut32(Header + EXPORT_NAMES, Directory->Names);
    ExportsPut32(Header + EXPORT_FUNCTIONS + 8, Directory->Rva + Used);
    for (uint32_t i = 0; i < Directory->Functions; i++, Used += 4)
        ExportsPut32(Header + Used, Directory->Addresses[i]);
    ExportsPut32(Header + EXPORT_FUNCTIONS + 12, Directory->Rva + Used);
    for (uint32_t i = 0; i < Directory->Names; i++, Used += 4)
        ExportsPut32(Header + Used, Directory->Exports[i].NameRva);
    ExportsPut32(Header + EXPORT_FUNCTIONS + 16, Directory->Rva + Used);
    for (uint32_t i = 0; i < Directory->Names; i++, Used += 2)
        ExportsPut16(Header + Used, Directory->Exports[i].Index);
    Directory->Used = Used;
}

/* An upper bound of what the new section takes. */
static size_t ExportsBound(const IMAGE *Module, const IMAGE *Supplement, const char *Prefix)
{
    size_t Functions = (size_t)Module->Functions + 2ul * Supplement->Names;
    return EXPORT_DIRECTORY_SIZE + Module->Length + Functions * 12 + 3ul * Supplement->Length +
           Supplement->Names * (strlen(Prefix) + 1 + sizeof("Wine")) + 16;
}

/* The section's header, and what the image says about its exports and its size. */
static void
ExportsAnnounce(IMAGE *Module, const DIRECTORY *Directory, uint32_t FileOffset, uint32_t FileSize)
{
    size_t Optional = Module->Header + PE_OPTIONAL;
    uint32_t Number = ExportsGet16(Module, Module->Header + PE_SECTIONS);
    size_t Section = ExportsSectionAt(Module, Number);
    uint8_t *Header = ExportsAt(Module, Section, SECTION_SIZE);
    if (Section + SECTION_SIZE > ExportsGet32(Module, ExportsSectionAt(Module, 0) + 20))
        ExportsFail(Module->Path, "there is no room for the header of another section");
    memset(Header, 0, SECTION_SIZE);
    memcpy(Header, ".adit", 5);
    ExportsPut32(Header + 8, Directory->Used);
    ExportsPut32(Header + 12, Directory->Rva);
    ExportsPut32(Header + 16, FileSize);
    ExportsPut32(Header + 20, FileOffset);
    ExportsPut32(Header + 36, SECTION_FLAGS);
    ExportsPut16(Module->Data + Module->Header + PE_SECTIONS, Number + 1);
    ExportsPut32(
        Module->Data + Optional + OPTIONAL_IMAGE_SIZE,
        ExportsAlign(
            Directory->Rva + Directory->Used, ExportsGet32(Module, Optional + OPTIONAL_ALIGNMENT)));
    ExportsPut32(Module->Data + Optional + OPTIONAL_CHECKSUM, 0);
    ExportsPut32(Module->Data + Module->Directory, Directory->Rva);
    ExportsPut32(Module->Data + Module->Directory + 4, Directory->Used);
}

static void ExportsWrite(
    const char *Path,
    const IMAGE *Module,
    const DIRECTORY *Directory,
    uint32_t Start,
    uint32_t Size)
{
    FILE *File = fopen(Path, "wb");
    static const uint8_t Zero[0x10000];
    if (File == NULL || fwrite(Module->Data, 1, Module->Size, File) != Module->Size ||
        fwrite(Zero, 1, Start - Module->Size, File) != Start - Module->Size ||
        fwrite(Directory->Data, 1, Size, File) != Size || fclose(File) != 0)
        ExportsFail(Path, "it cannot be written");
}

int main(int Count, char **Arguments)
{
    static const char Mark[] = "Wine builtin DLL", NewMark[] = "Adit on Wine DLL";
    IMAGE Module = {0}, Supplement = {0};
    DIRECTORY Directory = {0};
    char Prefix[64];
    const char *Name;
    size_t Optional;
    uint32_t Alignment, FileOffset, FileSize;
    if (Count < 4)
        ExportsFail("usage", "add-exports MODULE SUPPLEMENT OUTPUT [NAME...]");
    ExportsParse(&Module, Arguments[1]);
    ExportsParse(&Supplement, Arguments[2]);
    if (Module.Is64 != Supplement.Is64)
        ExportsFail(Arguments[2], "it is for another machine than the module");
    Name = strrchr(Arguments[2], '/') != NULL ? strrchr(Arguments[2], '/') + 1 : Arguments[2];
    if (strlen(Name) < 5 || strlen(Name) >= sizeof(Prefix) ||
        strcmp(Name + strlen(Name) - 4, ".dll") != 0)
        ExportsFail(Arguments[2], "it is not called NAME.dll, with less than 64 bytes");
    snprintf(Prefix, sizeof(Prefix), "%.*s.", (int)strlen(Name) - 4, Name);
    Optional = Module.Header + PE_OPTIONAL;
    Alignment = ExportsGet32(&Module, Optional + OPTIONAL_ALIGNMENT + 4);
    if (Alignment == 0 || Alignment > 0x10000 || (Alignment & (Alignment - 1)) != 0)
        ExportsFail(Arguments[1], "its sections have no valid alignment");
    Directory.Data = ExportsAllocate(ExportsBound(&Module, &Supplement, Prefix) + Alignment);
    Directory.Addresses = ExportsAllocate(((size_t)Module.Functions + 2ul * Supplement.Names) * 4);
    Directory.Rva = ExportsGet32(&Module, Optional + OPTIONAL_IMAGE_SIZE);
    Directory.Used = EXPORT_DIRECTORY_SIZE;
    ExportsMerge(&Module, &Supplement, Prefix, Arguments + 4, &Directory);
    ExportsFinish(&Module, &Directory);
    FileOffset = ExportsAlign((uint32_t)Module.Size, Alignment);
    FileSize = ExportsAlign(Directory.Used, Alignment);
    ExportsAnnounce(&Module, &Directory, FileOffset, FileSize);
    if (memcmp(ExportsAt(&Module, 64, sizeof(Mark)), Mark, sizeof(Mark)) == 0)
        memcpy(Module.Data + 64, NewMark, sizeof(NewMark));
    ExportsWrite(Arguments[3], &Module, &Directory, FileOffset, FileSize);
    return 0;
}
