/* SPDX-License-Identifier: MIT */
/*
 * Configuration: the registry keys of adapters and drivers, as NDIS drivers read and write them.
 */
#include "internal.h"

#define CONFIGURATION_KEY_NAME \
    512 /* bytes of the longest name of a key, 255 characters, and more */

/* What NdisOpenConfigurationEx returns. */
typedef struct _NDIS_CONFIGURATION
{
    ULONG Signature;
    HANDLE Key;
    SINGLE_LIST_ENTRY Values; /* NDIS_CONFIGURATION_VALUE, freed on close */
} NDIS_CONFIGURATION, *PNDIS_CONFIGURATION;

typedef struct _NDIS_CONFIGURATION_VALUE
{
    SINGLE_LIST_ENTRY Link;
    NDIS_CONFIGURATION_PARAMETER Parameter;
    DECLSPEC_ALIGN(MEMORY_ALLOCATION_ALIGNMENT) UCHAR Data[]; /* KEY_VALUE_PARTIAL_INFORMATION */
} NDIS_CONFIGURATION_VALUE, *PNDIS_CONFIGURATION_VALUE;

/* ---- Values of an open key ---- */

NTSTATUS NdispConfigurationReadDword(HANDLE Key, PCWSTR Name, PULONG Value)
{
    union
    {
        KEY_VALUE_PARTIAL_INFORMATION Information;
        UCHAR Space[FIELD_OFFSET(KEY_VALUE_PARTIAL_INFORMATION, Data) + sizeof(ULONG)];
    } Buffer;
    UNICODE_STRING NameString;
    ULONG Length;
    NTSTATUS Status;

    RtlInitUnicodeString(&NameString, Name);
    Status = ZwQueryValueKey(
        Key, &NameString, KeyValuePartialInformation, &Buffer, sizeof(Buffer), &Length);
    if (Status == STATUS_BUFFER_OVERFLOW)
    {
        return STATUS_OBJECT_TYPE_MISMATCH;
    }
    if (!NT_SUCCESS(Status))
    {
        return Status;
    }
    if (Buffer.Information.Type != REG_DWORD || Buffer.Information.DataLength != sizeof(ULONG))
    {
        return STATUS_OBJECT_TYPE_MISMATCH;
    }
    RtlCopyMemory(Value, Buffer.Information.Data, sizeof(ULONG));
    return STATUS_SUCCESS;
}

NTSTATUS NdispConfigurationWriteDword(HANDLE Key, PCWSTR Name, ULONG Value)
{
    UNICODE_STRING NameString;
    RtlInitUnicodeString(&NameString, Name);
    return ZwSetValueKey(Key, &NameString, 0, REG_DWORD, &Value, sizeof(Value));
}

NTSTATUS NdispConfigurationWriteString(HANDLE Key, PCWSTR Name, PCUNICODE_STRING Value)
{
    UNICODE_STRING NameString;
    RtlInitUnicodeString(&NameString, Name);
    return ZwSetValueKey(
        Key, &NameString, 0, REG_SZ, Value->Buffer, Value->Length + (ULONG)sizeof(WCHAR));
}

/* ---- Handles ---- */

static PNDIS_CONFIGURATION ConfigurationFromHandle(NDIS_HANDLE Handle, PCSTR Function)
{
    PNDIS_CONFIGURATION Configuration = Handle;
    if (Configuration == NULL || Configuration->Signature != NDISP_CONFIGURATION_SIGNATURE)
    {
        NdisHostViolation(
            "The configuration handle is one that NdisOpenConfigurationEx returned.", Function,
            "nf-ndis-ndisopenconfigurationex");
    }
    return Configuration;
}

/* <driver's registry path>\Parameters */
static NTSTATUS ConfigurationOpenDriverKey(PNDIS_MINIPORT_DRIVER Driver, PHANDLE Key)
{
    OBJECT_ATTRIBUTES Attributes;
    UNICODE_STRING Path = {0};
    NTSTATUS Status;

    Path.MaximumLength = Driver->RegistryPath.Length + (USHORT)sizeof(L"\\Parameters");
    if (Path.MaximumLength < Driver->RegistryPath.Length)
    {
        return STATUS_OBJECT_NAME_INVALID;
    }
    Path.Buffer = ExAllocatePoolWithTag(PagedPool, Path.MaximumLength, NDISP_TAG);
    if (Path.Buffer == NULL)
    {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    RtlAppendUnicodeStringToString(&Path, &Driver->RegistryPath);
    RtlAppendUnicodeToString(&Path, L"\\Parameters");
    InitializeObjectAttributes(
        &Attributes, &Path, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    Status = ZwOpenKey(Key, KEY_READ | KEY_WRITE, &Attributes);
    ExFreePoolWithTag(Path.Buffer, NDISP_TAG);
    return Status;
}

NDIS_STATUS NDISAPI
NdisOpenConfigurationEx(PNDIS_CONFIGURATION_OBJECT ConfigObject, PNDIS_HANDLE ConfigurationHandle)
{
    NDISP_IRQL("NdisOpenConfigurationEx", "nf-ndis-ndisopenconfigurationex", PASSIVE_LEVEL);
    const ULONG *Signature = ConfigObject->NdisHandle;
    PNDIS_CONFIGURATION Configuration;
    NTSTATUS Status;

    *ConfigurationHandle = NULL;
    if (ConfigObject->Header.Type != NDIS_OBJECT_TYPE_CONFIGURATION_OBJECT ||
        ConfigObject->Header.Revision < NDIS_CONFIGURATION_OBJECT_REVISION_1 ||
        ConfigObject->Header.Size < NDIS_SIZEOF_CONFIGURATION_OBJECT_REVISION_1 ||
        Signature == NULL)
    {
        return NDIS_STATUS_FAILURE;
    }
    Configuration = ExAllocatePoolWithTag(PagedPool, sizeof(*Configuration), NDISP_TAG);
    if (Configuration == NULL)
    {
        return NDIS_STATUS_RESOURCES;
    }
    Configuration->Signature = NDISP_CONFIGURATION_SIGNATURE;
    Configuration->Values.Next = NULL;
    if (*Signature == NDISP_DRIVER_SIGNATURE)
    {
        Status = ConfigurationOpenDriverKey(ConfigObject->NdisHandle, &Configuration->Key);
    }
    else
    {
        PNDIS_MINIPORT_ADAPTER Adapter =
            NdispAdapterFromHandle(ConfigObject->NdisHandle, "NdisOpenConfigurationEx");
        Status = IoOpenDeviceRegistryKey(
            Adapter->Pdo, PLUGPLAY_REGKEY_DRIVER, KEY_READ | KEY_WRITE, &Configuration->Key);
    }
    if (!NT_SUCCESS(Status))
    {
        ExFreePoolWithTag(Configuration, NDISP_TAG);
        return NDIS_STATUS_FAILURE;
    }
    *ConfigurationHandle = Configuration;
    return NDIS_STATUS_SUCCESS;
}

VOID NDISAPI NdisCloseConfiguration(NDIS_HANDLE ConfigurationHandle)
{
    NDISP_IRQL("NdisCloseConfiguration", "nf-ndis-ndiscloseconfiguration", PASSIVE_LEVEL);
    PNDIS_CONFIGURATION Configuration =
        ConfigurationFromHandle(ConfigurationHandle, "NdisCloseConfiguration");
    while (Configuration->Values.Next != NULL)
    {
        PSINGLE_LIST_ENTRY Entry = Configuration->Values.Next;
        Configuration->Values.Next = Entry->Next;
        ExFreePoolWithTag(CONTAINING_RECORD(Entry, NDIS_CONFIGURATION_VALUE, Link), NDISP_TAG);
    }
    ZwClose(Configuration->Key);
    Configuration->Signature = NDISP_FREED_SIGNATURE;
    ExFreePoolWithTag(Configuration, NDISP_TAG);
}

/* A subkey, as NdisOpenConfigurationEx's handle; NULL: no memory, or there is none. */
static PNDIS_CONFIGURATION ConfigurationOpenSubkey(PNDIS_CONFIGURATION Parent, PUNICODE_STRING Name)
{
    PNDIS_CONFIGURATION Configuration =
        ExAllocatePoolWithTag(PagedPool, sizeof(*Configuration), NDISP_TAG);
    OBJECT_ATTRIBUTES Attributes;

    if (Configuration == NULL)
    {
        return NULL;
    }
    Configuration->Signature = NDISP_CONFIGURATION_SIGNATURE;
    Configuration->Values.Next = NULL;
    InitializeObjectAttributes(
        &Attributes, Name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, Parent->Key, NULL);
    if (!NT_SUCCESS(ZwOpenKey(&Configuration->Key, KEY_READ | KEY_WRITE, &Attributes)))
    {
        ExFreePoolWithTag(Configuration, NDISP_TAG);
        return NULL;
    }
    return Configuration;
}

VOID NDISAPI NdisOpenConfigurationKeyByName(
    PNDIS_STATUS Status,
    NDIS_HANDLE ConfigurationHandle,
    PNDIS_STRING SubKeyName,
    PNDIS_HANDLE SubKeyHandle)
{
    NDISP_IRQL(
        "NdisOpenConfigurationKeyByName", "nf-ndis-ndisopenconfigurationkeybyname", APC_LEVEL);
    PNDIS_CONFIGURATION Parent =
        ConfigurationFromHandle(ConfigurationHandle, "NdisOpenConfigurationKeyByName");

    *SubKeyHandle = ConfigurationOpenSubkey(Parent, SubKeyName);
    *Status = *SubKeyHandle != NULL ? NDIS_STATUS_SUCCESS : NDIS_STATUS_FAILURE;
}

VOID NDISAPI NdisOpenConfigurationKeyByIndex(
    PNDIS_STATUS Status,
    NDIS_HANDLE ConfigurationHandle,
    ULONG Index,
    PNDIS_STRING KeyName,
    PNDIS_HANDLE KeyHandle)
{
    NDISP_IRQL(
        "NdisOpenConfigurationKeyByIndex", "nf-ndis-ndisopenconfigurationkeybyindex", APC_LEVEL);
    PNDIS_CONFIGURATION Parent =
        ConfigurationFromHandle(ConfigurationHandle, "NdisOpenConfigurationKeyByIndex");
    ULONG Length = FIELD_OFFSET(KEY_BASIC_INFORMATION, Name) + CONFIGURATION_KEY_NAME, Needed;
    PKEY_BASIC_INFORMATION Information = ExAllocatePoolWithTag(PagedPool, Length, NDISP_TAG);

    *KeyHandle = NULL;
    *Status = NDIS_STATUS_FAILURE;
    if (Information == NULL)
    {
        return;
    }
    if (NT_SUCCESS(ZwEnumerateKey(
            Parent->Key, Index, KeyBasicInformation, Information, Length, &Needed)) &&
        Information->NameLength <= KeyName->MaximumLength)
    {
        KeyName->Length = (USHORT)Information->NameLength;
        RtlCopyMemory(KeyName->Buffer, Information->Name, Information->NameLength);
        *KeyHandle = ConfigurationOpenSubkey(Parent, KeyName);
        *Status = *KeyHandle != NULL ? NDIS_STATUS_SUCCESS : NDIS_STATUS_FAILURE;
    }
    ExFreePoolWithTag(Information, NDISP_TAG);
}

/* ---- Reading ---- */

/* A value of the key with its data; its memory is the handle's. */
static NTSTATUS ConfigurationQuery(
    PNDIS_CONFIGURATION Configuration, PUNICODE_STRING Keyword, PNDIS_CONFIGURATION_VALUE *Found)
{
    PNDIS_CONFIGURATION_VALUE Value;
    ULONG Length = 0;
    NTSTATUS Status =
        ZwQueryValueKey(Configuration->Key, Keyword, KeyValuePartialInformation, NULL, 0, &Length);

    if (Status != STATUS_BUFFER_TOO_SMALL && Status != STATUS_BUFFER_OVERFLOW)
    {
        return NT_SUCCESS(Status) ? STATUS_UNSUCCESSFUL : Status;
    }
    Value = ExAllocatePoolWithTag(PagedPool, sizeof(*Value) + Length, NDISP_TAG);
    if (Value == NULL)
    {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Status = ZwQueryValueKey(
        Configuration->Key, Keyword, KeyValuePartialInformation, Value->Data, Length, &Length);
    if (!NT_SUCCESS(Status))
    {
        ExFreePoolWithTag(Value, NDISP_TAG);
        return Status;
    }
    RtlZeroMemory(&Value->Parameter, sizeof(Value->Parameter));
    Value->Link.Next = Configuration->Values.Next;
    Configuration->Values.Next = &Value->Link;
    *Found = Value;
    return STATUS_SUCCESS;
}

/* A counted string over registry data, without its terminators. */
static VOID ConfigurationString(PNDIS_STRING String, PVOID Data, ULONG Length, BOOLEAN Multiple)
{
    const WCHAR *Text = Data;
    Length = Length > 0xFFFE ? 0xFFFE : Length & ~1u;
    String->Buffer = Data;
    String->MaximumLength = (USHORT)Length;
    while (!Multiple && Length != 0 && Text[Length / sizeof(WCHAR) - 1] == 0)
    {
        Length -= sizeof(WCHAR);
    }
    String->Length = (USHORT)Length;
}

/* Of a hexadecimal digit; MAXULONG: it is none. */
static ULONG ConfigurationDigit(WCHAR Digit)
{
    if (Digit >= L'0' && Digit <= L'9')
    {
        return Digit - L'0';
    }
    if ((Digit | 0x20) >= L'a' && (Digit | 0x20) <= L'f')
    {
        return (Digit | 0x20) - L'a' + 10;
    }
    return MAXULONG;
}

/* An unsigned number in that base, nothing around it, at most 32 bits. */
static NDIS_STATUS ConfigurationParseInteger(const NDIS_STRING *Text, ULONG Base, PULONG Value)
{
    ULONG64 Sum = 0;
    ULONG i;
    for (i = 0; i < Text->Length / sizeof(WCHAR); i++)
    {
        ULONG Number = ConfigurationDigit(Text->Buffer[i]);
        Sum = Sum * Base + Number;
        if (Number >= Base || Sum > MAXULONG)
        {
            return NDIS_STATUS_FAILURE;
        }
    }
    *Value = (ULONG)Sum;
    return Text->Length != 0 ? NDIS_STATUS_SUCCESS : NDIS_STATUS_FAILURE;
}

/* The registry's type decides; an integer may also be written as text. */
static NDIS_STATUS ConfigurationConvert(PNDIS_CONFIGURATION_VALUE Value, NDIS_PARAMETER_TYPE Wanted)
{
    PKEY_VALUE_PARTIAL_INFORMATION Information = (PKEY_VALUE_PARTIAL_INFORMATION)Value->Data;
    PNDIS_CONFIGURATION_PARAMETER Parameter = &Value->Parameter;
    NDIS_STRING Text;

    switch (Information->Type)
    {
    case REG_DWORD:
        if (Information->DataLength < sizeof(ULONG))
        {
            return NDIS_STATUS_FAILURE;
        }
        Parameter->ParameterType = NdisParameterInteger;
        RtlCopyMemory(&Parameter->ParameterData.IntegerData, Information->Data, sizeof(ULONG));
        return NDIS_STATUS_SUCCESS;
    case REG_SZ:
        ConfigurationString(&Text, Information->Data, Information->DataLength, FALSE);
        if (Wanted == NdisParameterInteger || Wanted == NdisParameterHexInteger)
        {
            Parameter->ParameterType = NdisParameterInteger;
            return ConfigurationParseInteger(
                &Text, Wanted == NdisParameterInteger ? 10 : 16,
                &Parameter->ParameterData.IntegerData);
        }
        Parameter->ParameterType = NdisParameterString;
        Parameter->ParameterData.StringData = Text;
        return NDIS_STATUS_SUCCESS;
    case REG_MULTI_SZ:
        Parameter->ParameterType = NdisParameterMultiString;
        ConfigurationString(
            &Parameter->ParameterData.StringData, Information->Data, Information->DataLength, TRUE);
        return NDIS_STATUS_SUCCESS;
    case REG_BINARY:
        Parameter->ParameterType = NdisParameterBinary;
        Parameter->ParameterData.BinaryData.Buffer = Information->Data;
        Parameter->ParameterData.BinaryData.Length =
            (USHORT)(Information->DataLength > 0xFFFF ? 0xFFFF : Information->DataLength);
        return NDIS_STATUS_SUCCESS;
    default:
        return NDIS_STATUS_FAILURE;
    }
}

VOID NDISAPI NdisReadConfiguration(
    PNDIS_STATUS Status,
    PNDIS_CONFIGURATION_PARAMETER *ParameterValue,
    NDIS_HANDLE ConfigurationHandle,
    PNDIS_STRING Keyword,
    NDIS_PARAMETER_TYPE ParameterType)
{
    NDISP_IRQL("NdisReadConfiguration", "nf-ndis-ndisreadconfiguration", PASSIVE_LEVEL);
    PNDIS_CONFIGURATION Configuration =
        ConfigurationFromHandle(ConfigurationHandle, "NdisReadConfiguration");
    PNDIS_CONFIGURATION_VALUE Value;
    NTSTATUS Found = ConfigurationQuery(Configuration, Keyword, &Value);

    *ParameterValue = NULL;
    if (!NT_SUCCESS(Found))
    {
        *Status =
            Found == STATUS_INSUFFICIENT_RESOURCES ? NDIS_STATUS_RESOURCES : NDIS_STATUS_FAILURE;
        return;
    }
    *Status = NT_SUCCESS(ConfigurationConvert(Value, ParameterType)) ? NDIS_STATUS_SUCCESS
                                                                     : NDIS_STATUS_FAILURE;
    if (*Status == NDIS_STATUS_SUCCESS)
    {
        *ParameterValue = &Value->Parameter;
    }
}

/* Pairs of hexadecimal digits, hyphens left out; over the text itself, which is longer. */
static NDIS_STATUS ConfigurationParseAddress(const NDIS_STRING *Text, PUCHAR Bytes, PUINT Count)
{
    ULONG Digits = 0, Byte = 0;
    for (ULONG i = 0; i < Text->Length / sizeof(WCHAR); i++)
    {
        WCHAR Character = Text->Buffer[i];
        ULONG Number = ConfigurationDigit(Character);
        if (Character == L'-')
        {
            continue;
        }
        if (Number == MAXULONG)
        {
            return NDIS_STATUS_FAILURE;
        }
        Byte = Byte * 16 + Number;
        if (++Digits % 2 == 0)
        {
            Bytes[Digits / 2 - 1] = (UCHAR)Byte;
            Byte = 0;
        }
    }
    *Count = Digits / 2;
    return Digits != 0 && Digits % 2 == 0 ? NDIS_STATUS_SUCCESS : NDIS_STATUS_FAILURE;
}

VOID NDISAPI NdisReadNetworkAddress(
    PNDIS_STATUS Status,
    PVOID *NetworkAddress,
    PUINT NetworkAddressLength,
    NDIS_HANDLE ConfigurationHandle)
{
    NDISP_IRQL("NdisReadNetworkAddress", "nf-ndis-ndisreadnetworkaddress", PASSIVE_LEVEL);
    PNDIS_CONFIGURATION Configuration =
        ConfigurationFromHandle(ConfigurationHandle, "NdisReadNetworkAddress");
    UNICODE_STRING Keyword = RTL_CONSTANT_STRING(L"NetworkAddress");
    PNDIS_CONFIGURATION_VALUE Value;
    PKEY_VALUE_PARTIAL_INFORMATION Information;
    NDIS_STRING Text;

    *Status = NDIS_STATUS_FAILURE;
    *NetworkAddress = NULL;
    *NetworkAddressLength = 0;
    if (!NT_SUCCESS(ConfigurationQuery(Configuration, &Keyword, &Value)))
    {
        return;
    }
    Information = (PKEY_VALUE_PARTIAL_INFORMATION)Value->Data;
    if (Information->Type != REG_SZ)
    {
        return;
    }
    ConfigurationString(&Text, Information->Data, Information->DataLength, FALSE);
    *Status = ConfigurationParseAddress(&Text, Information->Data, NetworkAddressLength);
    if (*Status == NDIS_STATUS_SUCCESS)
    {
        *NetworkAddress = Information->Data;
    }
}

/* ---- Writing ---- */

VOID NDISAPI NdisWriteConfiguration(
    PNDIS_STATUS Status,
    NDIS_HANDLE ConfigurationHandle,
    PNDIS_STRING Keyword,
    PNDIS_CONFIGURATION_PARAMETER ParameterValue)
{
    NDISP_IRQL("NdisWriteConfiguration", "nf-ndis-ndiswriteconfiguration", PASSIVE_LEVEL);
    PNDIS_CONFIGURATION Configuration =
        ConfigurationFromHandle(ConfigurationHandle, "NdisWriteConfiguration");
    PVOID Data, Terminated = NULL;
    ULONG Type, Length;
    NTSTATUS Result;

    switch (ParameterValue->ParameterType)
    {
    case NdisParameterInteger:
    case NdisParameterHexInteger:
        Type = REG_DWORD;
        Data = &ParameterValue->ParameterData.IntegerData;
        Length = sizeof(ULONG);
        break;
    case NdisParameterString:
    case NdisParameterMultiString:
        Type = ParameterValue->ParameterType == NdisParameterString ? REG_SZ : REG_MULTI_SZ;
        Length = ParameterValue->ParameterData.StringData.Length;
        Terminated = ExAllocatePoolWithTag(PagedPool, Length + sizeof(WCHAR), NDISP_TAG);
        if (Terminated == NULL)
        {
            *Status = NDIS_STATUS_RESOURCES;
            return;
        }
        Data = Terminated;
        RtlCopyMemory(Data, ParameterValue->ParameterData.StringData.Buffer, Length);
        RtlZeroMemory((PUCHAR)Data + Length, sizeof(WCHAR));
        Length += sizeof(WCHAR);
        break;
    case NdisParameterBinary:
        Type = REG_BINARY;
        Data = ParameterValue->ParameterData.BinaryData.Buffer;
        Length = ParameterValue->ParameterData.BinaryData.Length;
        break;
    default:
        *Status = NDIS_STATUS_NOT_SUPPORTED;
        return;
    }
    Result = ZwSetValueKey(Configuration->Key, Keyword, 0, Type, Data, Length);
    if (Terminated != NULL)
    {
        ExFreePoolWithTag(Terminated, NDISP_TAG);
    }
    *Status = NT_SUCCESS(Result) ? NDIS_STATUS_SUCCESS : NDIS_STATUS_FAILURE;
}
