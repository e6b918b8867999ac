/* SPDX-License-Identifier: MIT */
/* adit.dll, and its functions under their own names. */
#ifndef ADIT_TOOLS_LIBRARY_H
#define ADIT_TOOLS_LIBRARY_H

#include "device.h"

#define LIBRARY_FUNCTIONS(Function)                                                              \
    Function(WINTUN_CREATE_ADAPTER_FUNC, WintunCreateAdapter) Function(                          \
        WINTUN_OPEN_ADAPTER_FUNC,                                                                \
        WintunOpenAdapter) Function(WINTUN_CLOSE_ADAPTER_FUNC, WintunCloseAdapter)               \
        Function(WINTUN_ENUM_ADAPTERS_FUNC, WintunEnumAdapters) Function(                        \
            WINTUN_GET_ADAPTER_LUID_FUNC,                                                        \
            WintunGetAdapterLUID) Function(WINTUN_DELETE_DRIVER_FUNC, WintunDeleteDriver)        \
            Function(WINTUN_GET_RUNNING_DRIVER_VERSION_FUNC, WintunGetRunningDriverVersion)      \
                Function(WINTUN_SET_LOGGER_FUNC, WintunSetLogger) Function(                      \
                    WINTUN_START_SESSION_FUNC,                                                   \
                    WintunStartSession) Function(WINTUN_END_SESSION_FUNC, WintunEndSession)      \
                    Function(WINTUN_GET_READ_WAIT_EVENT_FUNC, WintunGetReadWaitEvent)            \
                        Function(WINTUN_RECEIVE_PACKET_FUNC, WintunReceivePacket) Function(      \
                            WINTUN_RELEASE_RECEIVE_PACKET_FUNC, WintunReleaseReceivePacket)      \
                            Function(WINTUN_ALLOCATE_SEND_PACKET_FUNC, WintunAllocateSendPacket) \
                                Function(WINTUN_SEND_PACKET_FUNC, WintunSendPacket)

/* NULL where the library is an older one. */
#define LIBRARY_OPTIONAL_FUNCTIONS(Function)                  \
    Function(ADIT_CREATE_ADAPTER_FUNC, AditCreateAdapter)     \
        Function(ADIT_DELETE_ADAPTER_FUNC, AditDeleteAdapter) \
            Function(ADIT_GET_SESSION_STATISTICS_FUNC, AditGetSessionStatistics)

#define LIBRARY_DECLARE(Type, Name) extern Type *Name;
LIBRARY_FUNCTIONS(LIBRARY_DECLARE)
LIBRARY_OPTIONAL_FUNCTIONS(LIBRARY_DECLARE)
#undef LIBRARY_DECLARE

/*
 * Loads adit.dll from the program's directory or the system's, and has it log to the report. FALSE
 * after telling the user what is wrong.
 */
_Must_inspect_result_ BOOL LibraryLoad(VOID);

/* Whether an optional function is there; FALSE after telling the user that it is not. */
#define LIBRARY_REQUIRE(Name) LibraryRequire((Name) != NULL, #Name)
_Must_inspect_result_ BOOL LibraryRequire(_In_ BOOL IsThere, _In_z_ const char *Name);

/* Unloads it: what it still holds comes to its end. */
VOID LibraryUnload(VOID);

/* "C:\...\adit.dll", valid until it is unloaded. */
LPCWSTR LibraryPath(VOID);

/* "1.2.3.0", or "unknown". */
VOID LibraryVersion(_Out_writes_z_(Count) LPWSTR Text, _In_ size_t Count);

/* Opens an adapter by name; NULL after telling the user why not. */
_Must_inspect_result_ _Ret_maybenull_ WINTUN_ADAPTER_HANDLE LibraryOpenAdapter(_In_z_ LPCWSTR Name);

/* Finds an adapter's device; FALSE after telling the user why not. */
_Must_inspect_result_ BOOL
LibraryFindDevice(_In_ WINTUN_ADAPTER_HANDLE Adapter, _Out_ ADAPTER_DEVICE *Device);

#endif
