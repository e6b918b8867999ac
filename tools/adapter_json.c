/* SPDX-License-Identifier: MIT */
/* An adapter as a JSON object. */
#include "adapter_json.h"
#include "json.h"

#include <ws2ipdef.h>
#include <iphlpapi.h>
#include <netioapi.h>
#include <stdio.h>

VOID AdapterPrintJson(const NET_LUID *Luid, const ADAPTER_DEVICE *Device)
{
    WCHAR Text[DEVICE_GUID_LENGTH];
    MIB_IF_ROW2 Row = {.InterfaceLuid = *Luid};

    JsonOpenObject(NULL);
    JsonString(L"name", Device->Name);
    DeviceFormatGuid(&Device->Guid, Text, ARRAYSIZE(Text));
    JsonString(L"guid", Text);
    /* Numbers of 64 bits are more than many readers of JSON keep. */
    _snwprintf(Text, ARRAYSIZE(Text), L"%016I64x", Luid->Value);
    JsonString(L"luid", Text);
    if (GetIfEntry2(&Row) == NO_ERROR)
    {
        JsonNumber(L"ifIndex", Row.InterfaceIndex);
        JsonNumber(L"mtu", Row.Mtu);
        JsonBoolean(L"connected", Row.MediaConnectState == MediaConnectStateConnected);
    }
    else
    {
        JsonNull(L"ifIndex");
        JsonNull(L"mtu");
        JsonNull(L"connected");
    }
    JsonCloseObject();
}
