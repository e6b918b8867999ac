/* SPDX-License-Identifier: MIT */
/*
 * adit.h: the public interface of adit.dll, the library of the Adit layer-3 TUN driver.
 *
 * An *adapter* is a network interface of Windows. A *session* ties one process to an adapter: what
 * Windows sends into the adapter is received by the process, and what the process sends arrives in
 * Windows as if it came from the wire. Both directions go through rings in memory that process and
 * driver share, so a packet is handed out as a pointer into its ring and never copied by the
 * library. Packets are whole IPv4 or IPv6 packets, without a link-layer header.
 *
 * Functions are loaded by name: load adit.dll from a directory that only administrators can write,
 * call GetProcAddress for each function and keep the result in a pointer to the matching
 * WINTUN_..._FUNC type. examples/ping-responder.c shows all of it.
 *
 * Conventions, unless a function says otherwise:
 * - A function that fails returns NULL, FALSE or zero and leaves the reason in GetLastError. A
 *   function that succeeds may change the last error too.
 * - Strings are UTF-16 and end in a zero. Lengths count characters, that zero not included.
 * - Sizes, capacities and positions count bytes.
 * - Pointers that are passed in need to stay valid only during the call.
 * - Adapter functions may be called from any thread, also at the same time. They may take seconds,
 *   because Windows installs and starts devices, and must not be called from DllMain.
 * - Every failure is described to the logger (WintunSetLogger) before the function returns. That a
 *   ring is empty or full is not, and that a session is over only once.
 */
#ifndef ADIT_H
#define ADIT_H

#include <winsock2.h>
#include <windows.h>
#include <ifdef.h>

#ifdef __cplusplus
extern "C" {
#endif

/** An adapter, as one call of this library made or found it. Opaque; see WintunCloseAdapter. */
typedef struct _WINTUN_ADAPTER *WINTUN_ADAPTER_HANDLE;

/** A session. Opaque; see WintunEndSession. */
typedef struct _WINTUN_SESSION *WINTUN_SESSION_HANDLE;

/** Smallest capacity of a ring, in bytes: 128 KiB. */
#define WINTUN_MIN_RING_CAPACITY 0x20000

/** Largest capacity of a ring, in bytes: 64 MiB. */
#define WINTUN_MAX_RING_CAPACITY 0x4000000

/** Largest packet, in bytes. */
#define WINTUN_MAX_IP_PACKET_SIZE 0xFFFF

/** Size of an adapter's name or tunnel type in characters, the terminating zero included. */
#define WINTUN_MAX_POOL 256

/* ---------------------------------------------------------------------------------------------- */
/* Adapters                                                                                       */
/* ---------------------------------------------------------------------------------------------- */

/**
 * Creates an adapter and installs the driver if it is not there yet.
 *
 * The adapter lives no longer than the calling process: WintunCloseAdapter removes it, and should
 * the process end without that call, Windows or a later call of this library does. An adapter that
 * such a process has left behind is removed first.
 *
 * @param Name          Name of the network connection, 1 to 255 characters. Names of connections
 *                      are unique without regard to case: if another connection has this one, the
 *                      adapter becomes "Name 1", or "Name 2" and so on, and the logger is told.
 * @param TunnelType    What kind of tunnel this is, usually the product's name; 1 to 255
 *                      characters. It shows in the adapter's description and selects adapters in
 *                      WintunEnumAdapters.
 * @param RequestedGUID GUID of the network interface, or NULL for one that Windows picks. With the
 *                      same GUID on every run Windows recognises the network and keeps its profile.
 *
 * @return A handle that WintunCloseAdapter must take back, or NULL. Among the errors:
 *         ERROR_INVALID_PARAMETER  Name or TunnelType is NULL or empty
 *         ERROR_BUFFER_OVERFLOW    Name or TunnelType has 256 characters or more
 *         ERROR_ACCESS_DENIED      the caller is neither LocalSystem nor an elevated administrator
 *         ERROR_ALREADY_EXISTS     RequestedGUID belongs to an adapter in use
 *         ERROR_TIMEOUT            the device did not start within 15 seconds, or other processes
 *                                  kept the installation of devices busy for 60
 *         others                   as Windows' device installation reports them
 */
typedef _Must_inspect_result_ _Return_type_success_(return != NULL)
    WINTUN_ADAPTER_HANDLE(WINAPI WINTUN_CREATE_ADAPTER_FUNC)(
        _In_z_ LPCWSTR Name, _In_z_ LPCWSTR TunnelType, _In_opt_ const GUID *RequestedGUID);

/**
 * Finds an adapter of this driver by the name of its network connection, without regard to case.
 *
 * @param Name  Name of the network connection, 1 to 255 characters.
 *
 * @return A handle that WintunCloseAdapter must take back, or NULL. Among the errors:
 *         ERROR_INVALID_PARAMETER  Name is NULL or empty
 *         ERROR_BUFFER_OVERFLOW    Name has 256 characters or more
 *         ERROR_NOT_FOUND          no adapter of this driver has that name
 */
typedef _Must_inspect_result_ _Return_type_success_(return != NULL)
    WINTUN_ADAPTER_HANDLE(WINAPI WINTUN_OPEN_ADAPTER_FUNC)(_In_z_ LPCWSTR Name);

/**
 * Gives a handle back. If WintunCreateAdapter returned it, the adapter is removed from Windows.
 * The adapter's sessions must have been ended. An adapter that is already gone is no error.
 *
 * @param Adapter  Handle from WintunCreateAdapter or WintunOpenAdapter, not used any more after the
 *                 call; or NULL, which does nothing. A handle that WintunEnumAdapters passed to its
 *                 callback must not be given here.
 */
typedef VOID(WINAPI WINTUN_CLOSE_ADAPTER_FUNC)(_In_opt_ WINTUN_ADAPTER_HANDLE Adapter);

/**
 * Receives one adapter from WintunEnumAdapters, on the thread that called it.
 *
 * @param Adapter  The adapter; valid until the callback returns, and not to be closed.
 * @param Param    What the caller passed.
 *
 * @return TRUE to go on, FALSE to end the enumeration.
 */
typedef BOOL(CALLBACK *WINTUN_ENUM_CALLBACK)(_In_ WINTUN_ADAPTER_HANDLE Adapter, _In_ LPARAM Param);

/**
 * Calls a function for each adapter of this driver that exists now, in no special order. No lock is
 * held meanwhile: the callback may call any function of this library.
 *
 * @param TunnelType  Only adapters created with this tunnel type, compared without regard to case;
 *                    NULL for all.
 * @param Callback    The function.
 * @param Param       Passed on to it.
 *
 * @return TRUE if every adapter was shown, or the callback ended the enumeration; else FALSE.
 *         ERROR_INVALID_PARAMETER  Callback is NULL
 */
typedef _Return_type_success_(return != FALSE) BOOL(WINAPI WINTUN_ENUM_ADAPTERS_FUNC)(
    _In_opt_z_ LPCWSTR TunnelType, _In_ WINTUN_ENUM_CALLBACK Callback, _In_ LPARAM Param);

/**
 * Stops the driver and removes it from this computer. Needs an elevated administrator.
 *
 * @return TRUE, also if the driver was not installed; else FALSE. Among the errors:
 *         ERROR_ACCESS_DENIED   the caller is neither LocalSystem nor an elevated administrator
 *         ERROR_DEVICE_IN_USE   adapters of this driver exist
 */
typedef _Return_type_success_(return != FALSE) BOOL(WINAPI WINTUN_DELETE_DRIVER_FUNC)(VOID);

/**
 * Tells an adapter's LUID, by which the functions of IP Helper know it. Exported twice: as
 * WintunGetAdapterLUID and as WintunGetAdapterLuid.
 *
 * @param Adapter  The adapter.
 * @param Luid     Receives the LUID.
 */
typedef VOID(WINAPI WINTUN_GET_ADAPTER_LUID_FUNC)(
    _In_ WINTUN_ADAPTER_HANDLE Adapter, _Out_ NET_LUID *Luid);

/**
 * Tells the version of the driver that is loaded.
 *
 * @return (major << 16) | minor, or zero. Among the errors:
 *         ERROR_FILE_NOT_FOUND  the driver is not loaded
 */
typedef _Must_inspect_result_ _Return_type_success_(return != 0)
    DWORD(WINAPI WINTUN_GET_RUNNING_DRIVER_VERSION_FUNC)(VOID);

/* ---------------------------------------------------------------------------------------------- */
/* Logger                                                                                         */
/* ---------------------------------------------------------------------------------------------- */

/** How grave a message is. */
typedef enum _WINTUN_LOGGER_LEVEL
{
    WINTUN_LOG_INFO, /**< what the library does */
    WINTUN_LOG_WARN, /**< something was not as wanted; the call goes on */
    WINTUN_LOG_ERR   /**< why the call fails */
} WINTUN_LOGGER_LEVEL;

/**
 * Receives one message, on the thread whose call caused it. No lock of the library is held, and
 * several threads may be in the logger at once.
 *
 * @param Level      How grave it is.
 * @param Timestamp  When it was written, in units of 100 ns since 1601-01-01 UTC.
 * @param Message    One line without line ending, valid until the logger returns.
 */
typedef VOID(CALLBACK *WINTUN_LOGGER_CALLBACK)(
    _In_ WINTUN_LOGGER_LEVEL Level, _In_ DWORD64 Timestamp, _In_z_ LPCWSTR Message);

/**
 * Sets the logger of this process; there is none at first. When the function returns, no other
 * thread is in the former logger and none will enter it. The logger itself may call this function,
 * and is then the only one that can still be running. The caller must hold nothing that the
 * former logger waits for.
 *
 * @param NewLogger  The logger, or NULL for none.
 */
typedef VOID(WINAPI WINTUN_SET_LOGGER_FUNC)(_In_opt_ WINTUN_LOGGER_CALLBACK NewLogger);

/* ---------------------------------------------------------------------------------------------- */
/* Sessions                                                                                       */
/* ---------------------------------------------------------------------------------------------- */

/**
 * Starts a session: the adapter becomes connected and packets flow. An adapter has one session at
 * a time, among all processes.
 *
 * @param Adapter   The adapter. It must not be closed before the session has been ended.
 * @param Capacity  Capacity of each of the two rings in bytes: a power of two from
 *                  WINTUN_MIN_RING_CAPACITY to WINTUN_MAX_RING_CAPACITY.
 *
 * @return A handle that WintunEndSession must take back, or NULL. Among the errors:
 *         ERROR_INVALID_PARAMETER    Capacity is out of range or not a power of two
 *         ERROR_ALREADY_INITIALIZED  the adapter has a session
 *         ERROR_ACCESS_DENIED        the caller is neither LocalSystem nor an elevated
 * administrator ERROR_NOT_ENOUGH_MEMORY, ERROR_COMMITMENT_LIMIT  no memory for the rings
 *         ERROR_NOT_READY, ERROR_FILE_NOT_FOUND  the adapter is being removed, is disabled, or gone
 */
typedef _Must_inspect_result_ _Return_type_success_(return != NULL) WINTUN_SESSION_HANDLE(
    WINAPI WINTUN_START_SESSION_FUNC)(_In_ WINTUN_ADAPTER_HANDLE Adapter, _In_ DWORD Capacity);

/**
 * Ends a session and frees its memory, packets included that were not released or sent. A thread
 * that waits on the read event is woken first. Calls that are under way in other threads are waited
 * for, and late ones return ERROR_HANDLE_EOF or do nothing; but a thread that still touches a
 * packet touches freed memory.
 *
 * @param Session  The session.
 */
typedef VOID(WINAPI WINTUN_END_SESSION_FUNC)(_In_ WINTUN_SESSION_HANDLE Session);

/**
 * Tells the event to wait on when WintunReceivePacket has returned ERROR_NO_MORE_ITEMS. It is set
 * when packets have arrived and when the adapter terminates, and resets itself when a wait on it
 * ends. A wait may end although there is nothing to receive.
 *
 * @param Session  The session.
 *
 * @return The event. It belongs to the session and must not be closed.
 */
typedef HANDLE(WINAPI WINTUN_GET_READ_WAIT_EVENT_FUNC)(_In_ WINTUN_SESSION_HANDLE Session);

/**
 * Takes the next packet that Windows has sent into the adapter. Never waits for one. Safe against
 * all packet functions in other threads.
 *
 * @param Session     The session.
 * @param PacketSize  Receives the packet's length.
 *
 * @return The packet, in the ring; it may be changed in place and belongs to the caller until
 *         WintunReleaseReceivePacket. Or NULL:
 *         ERROR_NO_MORE_ITEMS  there is none now; wait on the read event
 *         ERROR_HANDLE_EOF     the adapter is terminating: end the session
 *         ERROR_INVALID_DATA   the ring is corrupt: end the session
 */
typedef _Must_inspect_result_ _Return_type_success_(return != NULL)
    _Post_writable_byte_size_(*PacketSize) BYTE *(WINAPI WINTUN_RECEIVE_PACKET_FUNC)(
        _In_ WINTUN_SESSION_HANDLE Session, _Out_ DWORD *PacketSize);

/**
 * Gives a received packet back. Packets may be released in any order and from any thread; their
 * space is used again once all packets received before them are released too.
 *
 * @param Session  The session.
 * @param Packet   What WintunReceivePacket returned.
 */
typedef VOID(WINAPI WINTUN_RELEASE_RECEIVE_PACKET_FUNC)(
    _In_ WINTUN_SESSION_HANDLE Session, _In_ const BYTE *Packet);

/**
 * Reserves space for a packet to be delivered to Windows. Packets are delivered in the order of
 * these calls. Safe against all packet functions in other threads.
 *
 * @param Session     The session.
 * @param PacketSize  The packet's length, 0 to WINTUN_MAX_IP_PACKET_SIZE.
 *
 * @return PacketSize bytes of the ring, to be filled and passed to WintunSendPacket: what is
 *         reserved must be sent, for later packets wait behind it. Or NULL:
 *         ERROR_INVALID_PARAMETER  PacketSize is above WINTUN_MAX_IP_PACKET_SIZE
 *         ERROR_BUFFER_OVERFLOW    the ring is full
 *         ERROR_HANDLE_EOF         the adapter is terminating: end the session
 *         ERROR_INVALID_DATA       the ring is corrupt: end the session
 */
typedef _Must_inspect_result_ _Return_type_success_(return != NULL)
    _Post_writable_byte_size_(PacketSize) BYTE *(WINAPI WINTUN_ALLOCATE_SEND_PACKET_FUNC)(
        _In_ WINTUN_SESSION_HANDLE Session, _In_ DWORD PacketSize);

/**
 * Delivers a packet. It may be called in any order and from any thread; a packet leaves once all
 * packets reserved before it have been sent too.
 *
 * @param Session  The session.
 * @param Packet   What WintunAllocateSendPacket returned; not to be touched after the call.
 */
typedef VOID(WINAPI WINTUN_SEND_PACKET_FUNC)(
    _In_ WINTUN_SESSION_HANDLE Session, _In_ const BYTE *Packet);

#ifdef __cplusplus
}
#endif

#endif
