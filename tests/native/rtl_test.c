/* SPDX-License-Identifier: MIT */
/*
 * Strings, GUIDs, and the registry.
 */
#include "outcome.h"

static void Strings(void **State)
{
    (void)State;
    WCHAR Buffer[8];
    UNICODE_STRING String = {0, sizeof(Buffer), Buffer}, Other, Tiny = {0, 4, Buffer};
    assert_int_equal(RtlAppendUnicodeToString(&String, L"Tun"), STATUS_SUCCESS);
    assert_int_equal(String.Length, 6);
    assert_int_equal(RtlAppendUnicodeToString(&String, L"nelTun"), STATUS_BUFFER_TOO_SMALL);
    assert_int_equal(String.Length, 6);
    RtlInitUnicodeString(&Other, L"TUN");
    assert_true(RtlEqualUnicodeString(&String, &Other, TRUE));
    assert_false(RtlEqualUnicodeString(&String, &Other, FALSE));
    assert_int_equal(RtlIntegerToUnicodeString(4711, 10, &String), STATUS_SUCCESS);
    RtlInitUnicodeString(&Other, L"4711");
    assert_true(RtlEqualUnicodeString(&String, &Other, FALSE));
    assert_int_equal(RtlIntegerToUnicodeString(0xBEEF, 16, &String), STATUS_SUCCESS);
    RtlInitUnicodeString(&Other, L"BEEF");
    assert_true(RtlEqualUnicodeString(&String, &Other, FALSE));
    assert_int_equal(RtlIntegerToUnicodeString(4711, 10, &Tiny), STATUS_BUFFER_OVERFLOW);
    RtlInitUnicodeString(&Other, NULL);
    assert_int_equal(Other.Length, 0);
}

static void Guids(void **State)
{
    (void)State;
    const GUID Guid = {
        0xCAC88484, 0x7515, 0x4C03, {0x82, 0xE6, 0x71, 0xA8, 0x7A, 0xBA, 0xC3, 0x61}};
    GUID Back;
    UNICODE_STRING Text, Expected;
    RtlInitUnicodeString(&Expected, L"{CAC88484-7515-4C03-82E6-71A87ABAC361}");
    assert_int_equal(RtlStringFromGUID(&Guid, &Text), STATUS_SUCCESS);
    assert_true(RtlEqualUnicodeString(&Text, &Expected, FALSE));
    assert_int_equal(RtlGUIDFromString(&Text, &Back), STATUS_SUCCESS);
    assert_memory_equal(&Back, &Guid, sizeof(Guid));
    Text.Buffer[5] = 'x';
    assert_int_equal(RtlGUIDFromString(&Text, &Back), STATUS_INVALID_PARAMETER);
    RtlFreeUnicodeString(&Text);
    assert_int_equal(NativeReportLeaks(), 0);
}

static HANDLE OpenKey(HANDLE Root, PCWSTR Path, ACCESS_MASK Access, BOOLEAN Create)
{
    OBJECT_ATTRIBUTES Attributes;
    UNICODE_STRING Name;
    HANDLE Key = NULL;
    RtlInitUnicodeString(&Name, Path);
    InitializeObjectAttributes(
        &Attributes, &Name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, Root, NULL);
    if (Create)
    {
        ZwCreateKey(&Key, Access, &Attributes, 0, NULL, REG_OPTION_NON_VOLATILE, NULL);
    }
    else
    {
        ZwOpenKey(&Key, Access, &Attributes);
    }
    return Key;
}

static void Registry(void **State)
{
    (void)State;
    union
    {
        KEY_VALUE_PARTIAL_INFORMATION Partial;
        UCHAR Bytes[64];
    } Buffer;
    UNICODE_STRING Name;
    ULONG Value = 1500, Length;
    RtlInitUnicodeString(&Name, L"Mtu");
    assert_null(OpenKey(NULL, L"\\Registry\\Machine\\Test", KEY_READ, FALSE));
    HANDLE Key = OpenKey(NULL, L"\\Registry\\Machine\\Test", KEY_ALL_ACCESS, TRUE);
    assert_non_null(Key);
    assert_int_equal(
        ZwQueryValueKey(Key, &Name, KeyValuePartialInformation, &Buffer, sizeof(Buffer), &Length),
        STATUS_OBJECT_NAME_NOT_FOUND);
    assert_int_equal(
        ZwSetValueKey(Key, &Name, 0, REG_DWORD, &Value, sizeof(Value)), STATUS_SUCCESS);
    RtlInitUnicodeString(&Name, L"MTU");
    assert_int_equal(
        ZwQueryValueKey(Key, &Name, KeyValuePartialInformation, &Buffer, sizeof(Buffer), &Length),
        STATUS_SUCCESS);
    assert_int_equal(Length, 16);
    assert_int_equal(Buffer.Partial.Type, REG_DWORD);
    assert_int_equal(Buffer.Partial.DataLength, sizeof(Value));
    assert_memory_equal(Buffer.Partial.Data, &Value, sizeof(Value));
    assert_int_equal(
        ZwQueryValueKey(Key, &Name, KeyValuePartialInformation, &Buffer, 13, &Length),
        STATUS_BUFFER_OVERFLOW);
    assert_int_equal(
        ZwQueryValueKey(Key, &Name, KeyValuePartialInformation, &Buffer, 4, &Length),
        STATUS_BUFFER_TOO_SMALL);

    /* Relative to a key; without the access; deleted. */
    HANDLE Child = OpenKey(Key, L"Child", KEY_READ, TRUE);
    HANDLE Again = OpenKey(NULL, L"\\registry\\machine\\TEST\\child", KEY_READ, FALSE);
    assert_true(Child && Again);
    assert_int_equal(
        ZwSetValueKey(Child, &Name, 0, REG_DWORD, &Value, sizeof(Value)), STATUS_ACCESS_DENIED);
    assert_int_equal(ZwDeleteValueKey(Key, &Name), STATUS_SUCCESS);
    assert_int_equal(ZwDeleteValueKey(Key, &Name), STATUS_OBJECT_NAME_NOT_FOUND);
    assert_int_equal(NativeReportLeaks(), 3);
    ZwClose(Again);
    ZwClose(Child);
    ZwClose(Key);
    assert_int_equal(NativeReportLeaks(), 0);
}

static void OpenAtApc(void *Context)
{
    (void)Context;
    NativeRaiseIrql(APC_LEVEL);
    OpenKey(NULL, L"\\Registry\\Machine\\Test", KEY_READ, FALSE);
}

static void WrongCallers(void **State)
{
    (void)State;
    AssertRuleBroken(OpenAtApc, NULL, "Irql", "ZwOpenKey");
}

int main(void)
{
    const struct CMUnitTest Tests[] = {
        cmocka_unit_test(Strings),
        cmocka_unit_test(Guids),
        cmocka_unit_test(Registry),
        cmocka_unit_test(WrongCallers),
    };
    return cmocka_run_group_tests(Tests, NULL, NULL);
}
