/* SPDX-License-Identifier: MIT */
#include "device_id.h"
#include "device_node.h"
#include "log.h"

#define DEVICE_ID_PREFIX L"ROOT\\" DEVICE_NODE_HARDWARE_ID L"\\"

_Use_decl_annotations_
BOOL DeviceIdMake(const SYSTEM_PROCESS *Owner, LPWSTR InstanceId)
{
    return LogFormat(
        InstanceId, MAX_DEVICE_ID_LEN, DEVICE_ID_PREFIX L"%1!08X!%2!08X!-%3!X!-%4!X!",
        (DWORD)(Owner->Created >> 32), (DWORD)Owner->Created, Owner->Id, Owner->Serial);
}

/* From MinDigits to MaxDigits hexadecimal digits; *Text is behind them then. */
static BOOL DeviceIdReadNumber(LPCWSTR *Text, DWORD MinDigits, DWORD MaxDigits, DWORD64 *Value)
{
    DWORD Digits = 0;

    *Value = 0;
    for (; Digits < MaxDigits; ++Digits)
    {
        WCHAR Character = (*Text)[Digits];
        DWORD Digit = Character >= L'0' && Character <= L'9'   ? Character - L'0'
                      : Character >= L'A' && Character <= L'F' ? Character - L'A' + 10u
                      : Character >= L'a' && Character <= L'f' ? Character - L'a' + 10u
                                                               : 16;
        if (Digit == 16)
        {
            break;
        }
        *Value = *Value << 4 | Digit;
    }
    *Text += Digits;
    return Digits >= MinDigits;
}

_Use_decl_annotations_
BOOL DeviceIdGetOwner(LPCWSTR InstanceId, SYSTEM_PROCESS *Owner)
{
    const DWORD PrefixLength = ARRAYSIZE(DEVICE_ID_PREFIX) - 1;
    LPCWSTR Text = InstanceId;
    DWORD64 Created, Id, Serial;

    if ((DWORD)lstrlenW(Text) <= PrefixLength ||
        CompareStringOrdinal(Text, (int)PrefixLength, DEVICE_ID_PREFIX, (int)PrefixLength, TRUE) !=
            CSTR_EQUAL)
    {
        return FALSE;
    }
    Text += PrefixLength;
    if (!DeviceIdReadNumber(&Text, 16, 16, &Created) || *Text++ != L'-' ||
        !DeviceIdReadNumber(&Text, 1, 8, &Id) || *Text++ != L'-' ||
        !DeviceIdReadNumber(&Text, 1, 8, &Serial) || *Text != 0)
    {
        return FALSE;
    }
    Owner->Created = Created;
    Owner->Id = (DWORD)Id;
    Owner->Serial = (DWORD)Serial;
    return TRUE;
}
