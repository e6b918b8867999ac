/* SPDX-License-Identifier: MIT */
/* The public header alone: it compiles without anything before it, as C and as C++. */
#include "adit.h"

/* Twice is once. */
#include "adit.h"

#if WINTUN_MIN_RING_CAPACITY != 0x20000 || WINTUN_MAX_RING_CAPACITY != 0x4000000 || \
    WINTUN_MAX_IP_PACKET_SIZE != 0xFFFF || WINTUN_MAX_POOL != 256
#error "a constant of the interface has changed"
#endif

#ifdef __cplusplus
#define ASSERT static_assert
#else
#define ASSERT _Static_assert
#endif

ASSERT(WINTUN_LOG_INFO == 0 && WINTUN_LOG_WARN == 1 && WINTUN_LOG_ERR == 2, "logger levels");

/* Every function type, used as clients use it. */
typedef struct FUNCTIONS
{
    WINTUN_CREATE_ADAPTER_FUNC *CreateAdapter;
    WINTUN_OPEN_ADAPTER_FUNC *OpenAdapter;
    WINTUN_CLOSE_ADAPTER_FUNC *CloseAdapter;
    WINTUN_ENUM_ADAPTERS_FUNC *EnumAdapters;
    WINTUN_DELETE_DRIVER_FUNC *DeleteDriver;
    WINTUN_GET_ADAPTER_LUID_FUNC *GetAdapterLuid;
    WINTUN_GET_RUNNING_DRIVER_VERSION_FUNC *GetRunningDriverVersion;
    WINTUN_SET_LOGGER_FUNC *SetLogger;
    WINTUN_START_SESSION_FUNC *StartSession;
    WINTUN_END_SESSION_FUNC *EndSession;
    WINTUN_GET_READ_WAIT_EVENT_FUNC *GetReadWaitEvent;
    WINTUN_RECEIVE_PACKET_FUNC *ReceivePacket;
    WINTUN_RELEASE_RECEIVE_PACKET_FUNC *ReleaseReceivePacket;
    WINTUN_ALLOCATE_SEND_PACKET_FUNC *AllocateSendPacket;
    WINTUN_SEND_PACKET_FUNC *SendPacket;
} FUNCTIONS;

BOOL CALLBACK EnumCallback(WINTUN_ADAPTER_HANDLE Adapter, LPARAM Param);
VOID CALLBACK LoggerCallback(WINTUN_LOGGER_LEVEL Level, DWORD64 Timestamp, LPCWSTR Message);
DWORD Use(const FUNCTIONS *Functions);

DWORD Use(const FUNCTIONS *Functions)
{
    NET_LUID Luid;
    DWORD Size;
    GUID Guid = {0, 0, 0, {0}};

    WINTUN_LOGGER_CALLBACK Logger = LoggerCallback;
    Functions->SetLogger(Logger);
    WINTUN_ENUM_CALLBACK Callback = EnumCallback;
    BOOL Listed = Functions->EnumAdapters(L"Type", Callback, 0);
    WINTUN_ADAPTER_HANDLE Adapter = Functions->CreateAdapter(L"Name", L"Type", &Guid);
    WINTUN_ADAPTER_HANDLE Other = Functions->OpenAdapter(L"Name");
    Functions->GetAdapterLuid(Adapter, &Luid);
    WINTUN_SESSION_HANDLE Session = Functions->StartSession(Adapter, WINTUN_MIN_RING_CAPACITY);
    HANDLE Event = Functions->GetReadWaitEvent(Session);
    BYTE *Packet = Functions->ReceivePacket(Session, &Size);
    Functions->ReleaseReceivePacket(Session, Packet);
    const BYTE *Sent = Functions->AllocateSendPacket(Session, Size);
    Functions->SendPacket(Session, Sent);
    Functions->EndSession(Session);
    Functions->CloseAdapter(Adapter);
    Functions->CloseAdapter(Other);
    return Functions->GetRunningDriverVersion() + (DWORD)Functions->DeleteDriver() + (DWORD)Listed +
           (DWORD)(Event != NULL);
}
