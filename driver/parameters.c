/* SPDX-License-Identifier: MIT */
#include "parameters.h"

#include "event.h"

#pragma alloc_text(PAGE, ParametersRead)

static ULONG ParametersReadInteger(
    _In_ PADAPTER Adapter,
    _In_ NDIS_HANDLE Configuration,
    _In_ PCWSTR Keyword,
    ULONG Default,
    ULONG Minimum,
    ULONG Maximum)
{
    PNDIS_CONFIGURATION_PARAMETER Parameter;
    NDIS_STRING Name;
    NDIS_STATUS Status;
    ULONG Value;

    RtlInitUnicodeString(&Name, Keyword);
    NdisReadConfiguration(&Status, &Parameter, Configuration, &Name, NdisParameterInteger);
    if (Status != NDIS_STATUS_SUCCESS)
        return Default;
    Value = Parameter->ParameterData.IntegerData;
    if (Value >= Minimum && Value <= Maximum)
        return Value;
    EventWriteParameterOutOfRange(Adapter->NetLuid, Keyword, Value, Minimum, Maximum, Default);
    return Default;
}

_Use_decl_annotations_
VOID ParametersRead(PADAPTER Adapter)
{
    NDIS_CONFIGURATION_OBJECT Object = {
        .Header =
            {.Type = NDIS_OBJECT_TYPE_CONFIGURATION_OBJECT,
             .Revision = NDIS_CONFIGURATION_OBJECT_REVISION_1,
             .Size = NDIS_SIZEOF_CONFIGURATION_OBJECT_REVISION_1},
        .NdisHandle = Adapter->MiniportHandle,
    };
    ULONG LinkSpeed = ADAPTER_DEFAULT_LINK_SPEED;
    NDIS_HANDLE Configuration;

    Adapter->Mtu = ADAPTER_DEFAULT_MTU;
    if (NdisOpenConfigurationEx(&Object, &Configuration) == NDIS_STATUS_SUCCESS)
    {
        Adapter->Mtu = ParametersReadInteger(
            Adapter, Configuration, (PCWSTR)L"MTU", ADAPTER_DEFAULT_MTU, ADAPTER_MIN_MTU,
            ADAPTER_MAX_MTU);
        LinkSpeed = ParametersReadInteger(
            Adapter, Configuration, (PCWSTR)L"LinkSpeed", ADAPTER_DEFAULT_LINK_SPEED, 1,
            ADAPTER_MAX_LINK_SPEED);
        NdisCloseConfiguration(Configuration);
    }
    Adapter->LinkSpeed = (ULONG64)LinkSpeed * 1000000;
}
