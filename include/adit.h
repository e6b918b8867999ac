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
 * There are two ways to the functions. By name: load adit.dll from a directory that only
 * administrators can write, call GetProcAddress for each function and keep the result in a pointer
 * to the matching ..._FUNC type, as examples/ping-responder.c does; functions that begin with Adit
 * may be missing in other libraries of this interface. Or by an import library, libadit.dll.a for
 * MinGW and adit.lib for Microsoft's linker: define ADIT_LINKED before this header is included, and
 * each function is declared. Calls are WINAPI (__stdcall on x86); names are exported undecorated.
 *
 * Facts about Windows that are stated here have their source in Microsoft's documentation of the
 * function or structure named; facts about the ring in ring/abi.h, which asserts its layout.
 *
 * Conventions, unless a function says otherwise:
 * - A function that fails returns NULL, FALSE or zero and leaves the reason in GetLastError. A
 *   function that succeeds may change the last error too.
 * - Strings are UTF-16 and end in a zero. Lengths count characters, that zero not included.
 * - Sizes, capacities and positions count bytes.
 * - Pointers that are passed in need to stay valid only during the call.
 * - Adapter functions may be called from any thread, also at the same time. They may take seconds,
 *   because Windows installs and starts devices, and must not be called from DllMain.
 * - The functions of sessions may be called from any thread too; each says what it is safe against.
 *   WintunStartSession and WintunEndSession wait for the driver and must not be called from
 * DllMain.
 * - Every failure is described to the logger (WintunSetLogger) before the function returns. That a
 *   ring is empty or full is not, and that a session is over only once.
 * - A handle is what a function of this header returned, in this process, and that was not given
 *   back since; with another value, NULL where it is not said to be allowed included, anything may
 *   happen. It may be used by any thread.
 * - FreeLibrary ends the sessions that are open, as WintunEndSession does, and lets go of adapters
 *   that were not closed: Windows or a later call of this library removes them. No thread may be
 *   inside a function of the library then, or call one later.
 * - A process may be of another architecture than Windows: x86 on amd64 or arm64, amd64 on arm64.
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
 * @param RequestedGUID GUID for the network interface; with the same GUID on every run Windows
 *                      recognises the network and keeps its profile. NULL: one that is derived from
 *                      Name and TunnelType, and so the same on every run too.
 *
 * @return A handle that WintunCloseAdapter must take back, or NULL. Among the errors:
 *         ERROR_INVALID_PARAMETER  Name or TunnelType is NULL or empty
 *         ERROR_BUFFER_OVERFLOW    Name or TunnelType has 256 characters or more
 *         ERROR_ACCESS_DENIED      the caller is neither LocalSystem nor an elevated administrator
 *         ERROR_ALREADY_EXISTS     RequestedGUID belongs to an adapter in use
 *         ERROR_SERVICE_DISABLED   network setup (the service NetSetupSvc), or the driver's service
 *                                  or device is disabled
 *         ERROR_BAD_DRIVER, ERROR_DRIVER_BLOCKED, ERROR_INVALID_IMAGE_HASH, ERROR_GEN_FAILURE
 *                                  Windows does not load or start the driver; the log says why
 *         ERROR_BUSY               a driver of an earlier version is still loaded
 *         ERROR_TOO_MANY_NAMES     10000 adapters of Name and TunnelType are in use
 *         ERROR_TIMEOUT            the device did not start within 15 seconds, other processes kept
 *                                  the installation of devices busy for 60, or the program that
 *                                  installs for a process of another architecture took as long
 *         ERROR_PROCESS_ABORTED    that program has crashed
 *         ERROR_NOT_ENOUGH_MEMORY  there is no memory
 *         others                   as Windows' device installation reports them
 *         No adapter is left behind then; a driver that was installed may stay.
 */
typedef _Must_inspect_result_ _Return_type_success_(return != NULL)
    WINTUN_ADAPTER_HANDLE(WINAPI WINTUN_CREATE_ADAPTER_FUNC)(
        _In_z_ LPCWSTR Name, _In_z_ LPCWSTR TunnelType, _In_opt_ const GUID *RequestedGUID);

/**
 * Finds an adapter of this driver by the name of its network connection, without regard to case.
 * Any user may do that.
 *
 * @param Name  Name of the network connection, 1 to 255 characters.
 *
 * @return A handle that WintunCloseAdapter must take back, or NULL. Among the errors:
 *         ERROR_INVALID_PARAMETER  Name is NULL or empty
 *         ERROR_BUFFER_OVERFLOW    Name has 256 characters or more
 *         ERROR_NOT_FOUND          no adapter of this driver has that name
 *         ERROR_NOT_ENOUGH_MEMORY  there is no memory
 *         others                   as SetupAPI reports them when it lists devices
 */
typedef _Must_inspect_result_ _Return_type_success_(return != NULL)
    WINTUN_ADAPTER_HANDLE(WINAPI WINTUN_OPEN_ADAPTER_FUNC)(_In_z_ LPCWSTR Name);

/**
 * Gives a handle back. If WintunCreateAdapter returned it, the adapter is removed from Windows.
 * Its sessions come to their end then, and still have to be ended by WintunEndSession. An adapter
 * that is already gone is no error. Nothing is reported but to the logger.
 *
 * @param Adapter  Handle from WintunCreateAdapter, AditCreateAdapter or WintunOpenAdapter, which no
 *                 other call is using and none uses afterwards; or NULL, which does nothing. A
 * handle that WintunEnumAdapters passed to its callback must not be given here.
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
 * Calls a function for each adapter of this driver that exists now, in no special order. Any user
 * may do that. No lock is held meanwhile: the callback may call any function of this library.
 *
 * @param TunnelType  Only adapters created with this tunnel type, compared without regard to case;
 *                    NULL for all.
 * @param Callback    The function.
 * @param Param       Passed on to it.
 *
 * @return TRUE if every adapter was shown, or the callback ended the enumeration; else FALSE.
 *         ERROR_INVALID_PARAMETER  Callback is NULL
 *         ERROR_NOT_ENOUGH_MEMORY  there is no memory; some adapters may have been shown
 *         others                   as SetupAPI reports them when it lists devices
 */
typedef _Return_type_success_(return != FALSE) BOOL(WINAPI WINTUN_ENUM_ADAPTERS_FUNC)(
    _In_opt_z_ LPCWSTR TunnelType, _In_ WINTUN_ENUM_CALLBACK Callback, _In_ LPARAM Param);

/** The adapter stays when its creator ends and when Windows is restarted: see AditDeleteAdapter. */
#define ADIT_ADAPTER_PERSISTENT 0x00000001

/** What AditCreateAdapter is told beyond WintunCreateAdapter. Later versions may add members. */
typedef struct _ADIT_ADAPTER_PARAMETERS
{
    /** sizeof(ADIT_ADAPTER_PARAMETERS). What this library does not know must be zero. */
    DWORD Size;

    /** Zero or ADIT_ADAPTER_PERSISTENT. */
    DWORD Flags;

    /**
     * Largest packet in bytes, 1280 to 65535. Zero: what is set for the adapter of this identity,
     * by an earlier call or in Windows' properties of the adapter, else 65535.
     */
    DWORD Mtu;

    /** Speed to report, in Mbit/s, 1 to 1000000. Zero: what is set, as with Mtu, else 1000. */
    DWORD LinkSpeed;
} ADIT_ADAPTER_PARAMETERS;

/**
 * Creates an adapter like WintunCreateAdapter, with parameters.
 *
 * A persistent adapter is there until AditDeleteAdapter deletes it; WintunOpenAdapter opens it, and
 * closing a handle to it leaves it there, the one from this function included.
 *
 * @param Name          As for WintunCreateAdapter.
 * @param TunnelType    As for WintunCreateAdapter.
 * @param RequestedGUID As for WintunCreateAdapter.
 * @param Parameters    The parameters, or NULL, which makes this call WintunCreateAdapter.
 *
 * @return A handle that WintunCloseAdapter must take back, or NULL. Among the errors, beside those
 *         of WintunCreateAdapter:
 *         ERROR_INVALID_PARAMETER  a parameter is out of range, or Size too small
 *         ERROR_NOT_SUPPORTED      Parameters has members that this library does not know
 *         ERROR_ALREADY_EXISTS     a persistent adapter is to be made and one has the name
 */
typedef _Must_inspect_result_ _Return_type_success_(return != NULL)
    WINTUN_ADAPTER_HANDLE(WINAPI ADIT_CREATE_ADAPTER_FUNC)(
        _In_z_ LPCWSTR Name,
        _In_z_ LPCWSTR TunnelType,
        _In_opt_ const GUID *RequestedGUID,
        _In_opt_ const ADIT_ADAPTER_PARAMETERS *Parameters);

/**
 * Deletes a persistent adapter, or one that this handle created, and gives the handle back.
 * Sessions of the adapter end. An adapter that is already gone is no error.
 *
 * @param Adapter  Handle from AditCreateAdapter, WintunCreateAdapter or WintunOpenAdapter. If the
 *                 function fails, WintunCloseAdapter must still take it back.
 *
 * @return TRUE, else FALSE. Among the errors:
 *         ERROR_INVALID_PARAMETER  Adapter is NULL
 *         ERROR_ACCESS_DENIED      the caller is neither LocalSystem nor an elevated administrator
 *         ERROR_DEVICE_IN_USE      the adapter is not persistent and another handle created it
 *         ERROR_TIMEOUT            other processes kept the installation of devices busy for 60
 *                                  seconds, or the program that installs for a process of another
 *                                  architecture took as long
 *         ERROR_PROCESS_ABORTED    that program has crashed
 *         others                   as Windows' device installation reports them
 */
typedef _Return_type_success_(return != FALSE)
    BOOL(WINAPI ADIT_DELETE_ADAPTER_FUNC)(_In_ WINTUN_ADAPTER_HANDLE Adapter);

/**
 * Stops the driver and removes it from this computer, with what is left of its adapters.
 *
 * @return TRUE, also if the driver was not installed; else FALSE. Among the errors:
 *         ERROR_ACCESS_DENIED   the caller is neither LocalSystem nor an elevated administrator
 *         ERROR_DEVICE_IN_USE   adapters of this driver exist
 *         ERROR_SERVICE_REQUEST_TIMEOUT  the driver did not stop within 10 seconds
 *         ERROR_TIMEOUT, ERROR_PROCESS_ABORTED  as for AditDeleteAdapter
 *         others                as SetupAPI and the service manager report them
 */
typedef _Return_type_success_(return != FALSE) BOOL(WINAPI WINTUN_DELETE_DRIVER_FUNC)(VOID);

/**
 * Tells an adapter's LUID, by which the functions of IP Helper know it. Exported twice: as
 * WintunGetAdapterLUID and as WintunGetAdapterLuid.
 *
 * Never fails; of an adapter that is gone it tells what it was.
 *
 * @param Adapter  The adapter, of a callback of WintunEnumAdapters too.
 * @param Luid     Receives the LUID.
 */
typedef VOID(WINAPI WINTUN_GET_ADAPTER_LUID_FUNC)(
    _In_ WINTUN_ADAPTER_HANDLE Adapter, _Out_ NET_LUID *Luid);

/**
 * Tells the version of the driver that is loaded.
 *
 * @return (major << 16) | minor, or zero. Among the errors:
 *         ERROR_FILE_NOT_FOUND  the driver is not loaded
 *         ERROR_RESOURCE_DATA_NOT_FOUND  its file names no version
 *         others                as the service manager reports them
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
 * Two rings of Capacity bytes are allocated, locked in memory by the driver, and beside each half
 * as much for the library's own records.
 *
 * @param Adapter   The adapter. It may be closed during the session, which ends the session if that
 *                  removes the adapter.
 * @param Capacity  Capacity of each of the two rings in bytes: a power of two from
 *                  WINTUN_MIN_RING_CAPACITY to WINTUN_MAX_RING_CAPACITY.
 *
 * @return A handle that WintunEndSession must take back, or NULL. Among the errors:
 *         ERROR_INVALID_PARAMETER    Capacity is out of range or not a power of two
 *         ERROR_ALREADY_INITIALIZED  the adapter has a session
 *         ERROR_ACCESS_DENIED        the caller is neither LocalSystem nor an elevated
 * administrator ERROR_NOT_ENOUGH_MEMORY, ERROR_COMMITMENT_LIMIT, ERROR_NO_SYSTEM_RESOURCES there is
 * no memory for the rings ERROR_INVALID_USER_BUFFER  Windows cannot lock the rings in memory
 *         ERROR_FILE_NOT_FOUND       the adapter is gone, or disabled
 *         ERROR_NOT_READY            the adapter is being removed
 */
typedef _Must_inspect_result_ _Return_type_success_(return != NULL) WINTUN_SESSION_HANDLE(
    WINAPI WINTUN_START_SESSION_FUNC)(_In_ WINTUN_ADAPTER_HANDLE Adapter, _In_ DWORD Capacity);

/**
 * Ends a session and frees its memory, packets included that were not released or sent. Never
 * fails.
 *
 * Other threads may be inside functions of the session, or wait for its events:
 * - A thread that waits for the read event or the write event is woken. It should then call
 *   WintunReceivePacket or WintunAllocateSendPacket, which fail with ERROR_HANDLE_EOF; that also
 *   wakes the next thread that waits for the read event.
 * - Calls under way are waited for; they are short and wait for nobody. The logger is not waited
 *   for.
 * - A call that comes later fails with ERROR_HANDLE_EOF, or does nothing, as long as not more than
 *   15 other sessions of the process have been ended since. A client must have its threads out of
 *   a session by then.
 * A thread that still touches a packet of the session touches freed memory.
 *
 * @param Session  The session; or NULL, which does nothing. Ending it again does nothing, under the
 *                 same condition, but is an error in the log.
 */
typedef VOID(WINAPI WINTUN_END_SESSION_FUNC)(_In_opt_ WINTUN_SESSION_HANDLE Session);

/**
 * Tells the event to wait for when WintunReceivePacket has returned ERROR_NO_MORE_ITEMS. It is set
 * when packets have arrived and when the session ends in whatever way, and resets itself when a
 * wait for it ends. A wait may end although there is nothing to receive. Any number of threads may
 * wait; one packet, or several that arrive together, wake one of them.
 *
 * A client that never calls this function, but polls, spares the driver setting the event.
 *
 * @param Session  The session.
 *
 * @return The event, never NULL. It belongs to the session, must not be closed, and stays as long
 *         as WintunEndSession says that late calls are allowed. All calls return the same one.
 */
typedef HANDLE(WINAPI WINTUN_GET_READ_WAIT_EVENT_FUNC)(_In_ WINTUN_SESSION_HANDLE Session);

/*
 * The end of a session. A session runs until one of these happens, and stays ended: the adapter is
 * removed or disabled; the driver finds what the client has written to a ring's header
 * invalid; this library finds the same of what it reads there. From the first call that notices,
 * every call of WintunReceivePacket and WintunAllocateSendPacket fails, in both directions,
 * whatever the rings still hold, and threads that wait for events are woken. It is in the log once.
 * Only WintunEndSession, then WintunStartSession, brings packets again.
 *
 * Packet functions make no system call and take no lock unless a thread has to be woken or a
 * failure is logged. They are safe against each other and themselves in any number of threads, and
 * no thread waits for another one: a packet that a thread has released or sent counts for the other
 * side as soon as those before it are, and the thread that completes these passes on all.
 */

/**
 * Takes the next packet that Windows has sent into the adapter. Never waits for one.
 *
 * @param Session     The session.
 * @param PacketSize  Receives the packet's length, 0 to WINTUN_MAX_IP_PACKET_SIZE; is left alone
 *                    on failure.
 *
 * @return The packet, in the ring, at a multiple of 4 bytes; it may be changed in place and belongs
 *         to the caller until WintunReleaseReceivePacket. Or NULL:
 *         ERROR_NO_MORE_ITEMS  there is none now: wait for the read event
 *         ERROR_HANDLE_EOF     the session has ended, see above: call WintunEndSession
 *         ERROR_INVALID_DATA   the same, because a ring's header is corrupt
 */
typedef _Must_inspect_result_ _Return_type_success_(return != NULL)
    _Post_writable_byte_size_(*PacketSize) BYTE *(WINAPI WINTUN_RECEIVE_PACKET_FUNC)(
        _In_ WINTUN_SESSION_HANDLE Session, _Out_ DWORD *PacketSize);

/**
 * Gives a received packet back. Packets may be released in any order and from any thread; their
 * space is used again once all packets received before them are released too, so that a packet
 * which is kept fills the ring.
 *
 * @param Session  The session.
 * @param Packet   What WintunReceivePacket or AditReceivePackets returned, once. Anything else
 *                 changes nothing and is an error in the log, unless two threads release one packet
 *                 at the same time.
 */
typedef VOID(WINAPI WINTUN_RELEASE_RECEIVE_PACKET_FUNC)(
    _In_ WINTUN_SESSION_HANDLE Session, _In_ const BYTE *Packet);

/**
 * Reserves space for a packet to be delivered to Windows. Packets are delivered in the order of
 * these calls. Never waits for space.
 *
 * @param Session     The session.
 * @param PacketSize  The packet's length, 0 to WINTUN_MAX_IP_PACKET_SIZE. Windows gets only what is
 *                    an IPv4 or IPv6 packet; the driver counts and drops the rest.
 *
 * @return PacketSize bytes of the ring at a multiple of 4, to be filled and passed to
 * WintunSendPacket: what is reserved must be sent, for later packets wait behind it. Or NULL:
 *         ERROR_INVALID_PARAMETER  PacketSize is above WINTUN_MAX_IP_PACKET_SIZE
 *         ERROR_BUFFER_OVERFLOW    the ring is full: drop the packet, or wait for the write event
 *         ERROR_HANDLE_EOF         the session has ended, see above: call WintunEndSession
 */
typedef _Must_inspect_result_ _Return_type_success_(return != NULL)
    _Post_writable_byte_size_(PacketSize) BYTE *(WINAPI WINTUN_ALLOCATE_SEND_PACKET_FUNC)(
        _In_ WINTUN_SESSION_HANDLE Session, _In_ DWORD PacketSize);

/**
 * Delivers a packet. It may be called in any order and from any thread; a packet leaves once all
 * packets reserved before it have been sent too. That it leaves does not mean that Windows keeps
 * it; AditGetSessionStatistics tells what the driver dropped.
 *
 * @param Session  The session.
 * @param Packet   What WintunAllocateSendPacket or AditAllocateSendPackets returned, once; not to
 *                 be touched after the call. Anything else changes nothing and is an error in the
 *                 log, unless two threads send one packet at the same time.
 */
typedef VOID(WINAPI WINTUN_SEND_PACKET_FUNC)(
    _In_ WINTUN_SESSION_HANDLE Session, _In_ const BYTE *Packet);

/* ---------------------------------------------------------------------------------------------- */
/* Sessions: additions. Optional, and free to be mixed with the functions above.                  */
/* ---------------------------------------------------------------------------------------------- */

/** A packet of a batch. */
typedef struct _ADIT_PACKET
{
    BYTE *Data; /**< in the ring */
    DWORD Size; /**< bytes of Data */
} ADIT_PACKET;

/**
 * Takes several packets in one operation, in their order. As WintunReceivePacket otherwise.
 *
 * @param Session  The session.
 * @param Packets  Receives the packets.
 * @param Count    How many at most.
 *
 * @return How many packets were taken, at least one; or 0: the errors of WintunReceivePacket, and
 *         ERROR_INVALID_PARAMETER  Count is 0
 */
typedef _Must_inspect_result_ _Return_type_success_(return != 0) _Ret_range_(0, Count)
    DWORD(WINAPI ADIT_RECEIVE_PACKETS_FUNC)(
        _In_ WINTUN_SESSION_HANDLE Session,
        _Out_writes_to_(Count, return) ADIT_PACKET *Packets,
        _In_ DWORD Count);

/**
 * Gives several received packets back: their space returns to the driver in one step. As
 * WintunReleaseReceivePacket otherwise; only Data of each packet is looked at.
 *
 * @param Session  The session.
 * @param Packets  Packets of any functions and in any order, each once.
 * @param Count    How many.
 */
typedef VOID(WINAPI ADIT_RELEASE_RECEIVE_PACKETS_FUNC)(
    _In_ WINTUN_SESSION_HANDLE Session,
    _In_reads_(Count) const ADIT_PACKET *Packets,
    _In_ DWORD Count);

/**
 * Reserves space for several packets in one operation: they follow each other, with none of another
 * call between them. If there is not room for all, the first ones get it. As
 * WintunAllocateSendPacket otherwise.
 *
 * @param Session  The session.
 * @param Packets  Size of each is given, and Data is told of those that got space.
 * @param Count    How many.
 *
 * @return How many of the packets got space; each of these must be sent. 0: the errors of
 *         WintunAllocateSendPacket, ERROR_BUFFER_OVERFLOW if there is no room for the first, and
 *         ERROR_INVALID_PARAMETER  Count is 0, or a Size is above WINTUN_MAX_IP_PACKET_SIZE
 */
typedef _Must_inspect_result_ _Return_type_success_(return != 0) _Ret_range_(0, Count)
    DWORD(WINAPI ADIT_ALLOCATE_SEND_PACKETS_FUNC)(
        _In_ WINTUN_SESSION_HANDLE Session,
        _Inout_updates_(Count) ADIT_PACKET *Packets,
        _In_ DWORD Count);

/**
 * Delivers several packets: the driver sees them in one step, and is woken once at most. As
 * WintunSendPacket otherwise; only Data of each packet is looked at, and its length is what was
 * reserved.
 *
 * @param Session  The session.
 * @param Packets  Packets of any functions and in any order, each once.
 * @param Count    How many.
 */
typedef VOID(WINAPI ADIT_SEND_PACKETS_FUNC)(
    _In_ WINTUN_SESSION_HANDLE Session,
    _In_reads_(Count) const ADIT_PACKET *Packets,
    _In_ DWORD Count);

/**
 * Tells what to wait for when the ring is full: after WintunAllocateSendPacket or
 * AditAllocateSendPackets has returned ERROR_BUFFER_OVERFLOW, a wait ends when there may be room,
 * or the session has ended, and the call should be made again. All threads that wait are woken.
 *
 * The ring has no word by which the driver could say that it has made room. The object is therefore
 * a waitable timer: it costs nothing, and no thread runs, until a call finds the ring full, which
 * sets it to expire after 0.5 ms. That time doubles, up to 16 ms, while the driver takes nothing at
 * all. Before Windows 10, version 1803, it may be longer by the system's clock interval, 15.6 ms at
 * most.
 *
 * @param Session  The session.
 *
 * @return The timer. It belongs to the session, must not be closed, set or cancelled, and is to be
 *         waited for like an event. All calls return the same one. Or NULL:
 *         ERROR_NO_SYSTEM_RESOURCES  or as CreateWaitableTimerEx reports it
 */
typedef _Must_inspect_result_ _Return_type_success_(return != NULL)
    HANDLE(WINAPI ADIT_GET_WRITE_WAIT_EVENT_FUNC)(_In_ WINTUN_SESSION_HANDLE Session);

/** Why the driver did not deliver a packet; an index of ADIT_SESSION_STATISTICS. */
typedef enum _ADIT_DROP_REASON
{
    ADIT_DROP_NO_SESSION,   /**< between the adapter's sessions, or at their ends */
    ADIT_DROP_PAUSED,       /**< Windows had paused the adapter */
    ADIT_DROP_RING_FULL,    /**< the client did not receive fast enough */
    ADIT_DROP_NO_MEMORY,    /**< Windows had no memory for the packet */
    ADIT_DROP_MALFORMED,    /**< it was neither an IPv4 nor an IPv6 packet */
    ADIT_DROP_TOO_LONG,     /**< it was longer than WINTUN_MAX_IP_PACKET_SIZE */
    ADIT_DROP_RING_CORRUPT, /**< not packets: rings that ended because of their content */
    ADIT_DROP_RESERVED,     /**< zero */
    ADIT_DROP_REASONS
} ADIT_DROP_REASON;

/** Flags: the driver has answered; else ReceiveDropped and SendDropped are zero. */
#define ADIT_STATISTICS_DRIVER 0x00000001

/** What a session has done since its start. "Receive" is what Windows sends into the adapter. */
typedef struct _ADIT_SESSION_STATISTICS
{
    DWORD Size;              /**< of this structure, in bytes; set by the caller */
    DWORD Flags;             /**< ADIT_STATISTICS_... */
    DWORD64 ReceivedPackets; /**< received, released, and those before them released too */
    DWORD64 ReceivedBytes;   /**< the same in bytes of IP packets */
    DWORD64 SentPackets;     /**< sent, and those before them sent too */
    DWORD64 SentBytes;       /**< the same in bytes of IP packets */
    DWORD64 ReceiveEmpty;    /**< calls that found nothing to receive */
    DWORD64 SendFull;        /**< calls that found no room for their first packet */
    DWORD64 DriverWakeUps;   /**< times that the driver slept and was woken for sent packets */
    DWORD Capacity;          /**< of each ring, in bytes */
    DWORD ReceiveHighWater;  /**< most bytes of the ring in use that a call receiving has seen */
    DWORD SendHighWater;     /**< most bytes of the ring in use after a call reserving */
    DWORD Reserved;          /**< zero */
    DWORD64 ReceiveDropped[ADIT_DROP_REASONS]; /**< packets that the client did not get */
    DWORD64 SendDropped[ADIT_DROP_REASONS];    /**< packets that Windows did not get */
} ADIT_SESSION_STATISTICS;

/**
 * Tells what a session has done. The numbers are read one after the other while packets flow: they
 * belong together only when nothing does. The driver is asked, by a system call; it counts for the
 * adapter, and what it had counted when the session started is taken off.
 *
 * @param Session     The session, which may have come to its end but not have been ended.
 * @param Statistics  Size is given: that of a version of the structure that the caller knows, at
 *                    least up to Capacity. Receives as much of the structure.
 *
 * @return TRUE, or FALSE:
 *         ERROR_INVALID_PARAMETER  Size is smaller
 *         ERROR_HANDLE_EOF         WintunEndSession has been called
 */
typedef _Return_type_success_(return != FALSE) BOOL(WINAPI ADIT_GET_SESSION_STATISTICS_FUNC)(
    _In_ WINTUN_SESSION_HANDLE Session, _Inout_ ADIT_SESSION_STATISTICS *Statistics);

/* ---------------------------------------------------------------------------------------------- */
/* Functions of an import library                                                                 */
/* ---------------------------------------------------------------------------------------------- */

#ifdef ADIT_LINKED
__declspec(dllimport) WINTUN_CREATE_ADAPTER_FUNC WintunCreateAdapter;
__declspec(dllimport) WINTUN_OPEN_ADAPTER_FUNC WintunOpenAdapter;
__declspec(dllimport) WINTUN_CLOSE_ADAPTER_FUNC WintunCloseAdapter;
__declspec(dllimport) WINTUN_ENUM_ADAPTERS_FUNC WintunEnumAdapters;
__declspec(dllimport) WINTUN_DELETE_DRIVER_FUNC WintunDeleteDriver;
__declspec(dllimport) WINTUN_GET_ADAPTER_LUID_FUNC WintunGetAdapterLUID;
__declspec(dllimport) WINTUN_GET_ADAPTER_LUID_FUNC WintunGetAdapterLuid;
__declspec(dllimport) WINTUN_GET_RUNNING_DRIVER_VERSION_FUNC WintunGetRunningDriverVersion;
__declspec(dllimport) WINTUN_SET_LOGGER_FUNC WintunSetLogger;
__declspec(dllimport) WINTUN_START_SESSION_FUNC WintunStartSession;
__declspec(dllimport) WINTUN_END_SESSION_FUNC WintunEndSession;
__declspec(dllimport) WINTUN_GET_READ_WAIT_EVENT_FUNC WintunGetReadWaitEvent;
__declspec(dllimport) WINTUN_RECEIVE_PACKET_FUNC WintunReceivePacket;
__declspec(dllimport) WINTUN_RELEASE_RECEIVE_PACKET_FUNC WintunReleaseReceivePacket;
__declspec(dllimport) WINTUN_ALLOCATE_SEND_PACKET_FUNC WintunAllocateSendPacket;
__declspec(dllimport) WINTUN_SEND_PACKET_FUNC WintunSendPacket;
__declspec(dllimport) ADIT_CREATE_ADAPTER_FUNC AditCreateAdapter;
__declspec(dllimport) ADIT_DELETE_ADAPTER_FUNC AditDeleteAdapter;
__declspec(dllimport) ADIT_RECEIVE_PACKETS_FUNC AditReceivePackets;
__declspec(dllimport) ADIT_RELEASE_RECEIVE_PACKETS_FUNC AditReleaseReceivePackets;
__declspec(dllimport) ADIT_ALLOCATE_SEND_PACKETS_FUNC AditAllocateSendPackets;
__declspec(dllimport) ADIT_SEND_PACKETS_FUNC AditSendPackets;
__declspec(dllimport) ADIT_GET_WRITE_WAIT_EVENT_FUNC AditGetWriteWaitEvent;
__declspec(dllimport) ADIT_GET_SESSION_STATISTICS_FUNC AditGetSessionStatistics;
#endif

#ifdef __cplusplus
}
#endif

#endif
