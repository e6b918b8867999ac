/* SPDX-License-Identifier: MIT */
/* What the linker puts between driver and NDIS library (--wrap), to measure one without the other.
 */
#include "driver_time.h"

#include <ndis.h>

#include "sample.h"

MINIPORT_SEND_NET_BUFFER_LISTS __real_SendNetBufferLists, __wrap_SendNetBufferLists;
MINIPORT_RETURN_NET_BUFFER_LISTS __real_ReceiveReturnNetBufferLists,
    __wrap_ReceiveReturnNetBufferLists;
VOID NDISAPI __real_NdisMSendNetBufferListsComplete(NDIS_HANDLE, PNET_BUFFER_LIST, ULONG);
VOID NDISAPI __wrap_NdisMSendNetBufferListsComplete(NDIS_HANDLE, PNET_BUFFER_LIST, ULONG);
VOID NDISAPI __real_NdisMIndicateReceiveNetBufferLists(
    NDIS_HANDLE, PNET_BUFFER_LIST, NDIS_PORT_NUMBER, ULONG, ULONG);
VOID NDISAPI __wrap_NdisMIndicateReceiveNetBufferLists(
    NDIS_HANDLE, PNET_BUFFER_LIST, NDIS_PORT_NUMBER, ULONG, ULONG);

volatile ULONG64 DriverTime;
volatile ULONG64 DriverIdleUntil;

VOID NDISAPI __wrap_SendNetBufferLists(
    NDIS_HANDLE Context, PNET_BUFFER_LIST Lists, NDIS_PORT_NUMBER Port, ULONG Flags)
{
    ULONG64 Start = SampleNow();

    __real_SendNetBufferLists(Context, Lists, Port, Flags);
    DriverTime += SampleNow() - Start;
}

VOID NDISAPI
__wrap_NdisMSendNetBufferListsComplete(NDIS_HANDLE Adapter, PNET_BUFFER_LIST Lists, ULONG Flags)
{
    ULONG64 Start = SampleNow();

    __real_NdisMSendNetBufferListsComplete(Adapter, Lists, Flags);
    DriverTime -= SampleNow() - Start;
}

VOID NDISAPI __wrap_NdisMIndicateReceiveNetBufferLists(
    NDIS_HANDLE Adapter, PNET_BUFFER_LIST Lists, NDIS_PORT_NUMBER Port, ULONG Count, ULONG Flags)
{
    DriverTime += SampleNow() - DriverIdleUntil;
    __real_NdisMIndicateReceiveNetBufferLists(Adapter, Lists, Port, Count, Flags);
    DriverIdleUntil = SampleNow();
}

VOID NDISAPI
__wrap_ReceiveReturnNetBufferLists(NDIS_HANDLE Context, PNET_BUFFER_LIST Lists, ULONG Flags)
{
    ULONG64 Start = SampleNow();

    __real_ReceiveReturnNetBufferLists(Context, Lists, Flags);
    DriverTime += SampleNow() - Start;
}
