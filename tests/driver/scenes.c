/* SPDX-License-Identifier: MIT */
/* The scenes in which calls of the driver fail (scene.h). */
#include <sched.h>
#include <string.h>

#include "mapped_lists.h"
#include "scene.h"

#define ERROR_ALREADY_INITIALIZED 1247u
#define SCENE_MTU                 9000u

static UCHAR Packet[PACKET_MAX], Got[PACKET_MAX];

/* ---- What may come of a failure ---- */

/* The error of a registration in which that call failed. */
static ULONG RegistrationError(PCSTR Function)
{
    return strcmp(Function, "MmProbeAndLockPages") == 0 ? 1784u /* ERROR_INVALID_USER_BUFFER */
                                                        : 1450u /* ERROR_NO_SYSTEM_RESOURCES */;
}

static NTSTATUS LoadStatus(PCSTR Function)
{
    if (strcmp(Function, "NdisMRegisterMiniportDriver") == 0)
    {
        return NDIS_STATUS_FAILURE;
    }
    return strcmp(Function, "PsSetCreateProcessNotifyRoutine") == 0 ? STATUS_INVALID_PARAMETER
                                                                    : STATUS_INSUFFICIENT_RESOURCES;
}

static ADIT_COUNTERS Counters(const SCENE *Scene)
{
    ADIT_COUNTERS Value;
    ULONG Written = 0, Needed = 0;
    PNDIS_MINIPORT_ADAPTER Adapter = FixtureAdapter(&Scene->Fixture);
    NDIS_STATUS Status =
        NdisHostQuery(Adapter, ADIT_OID_COUNTERS, &Value, sizeof(Value), &Written, &Needed);
    NdisHostCloseAdapter(Adapter);
    assert_int_equal(Status, NDIS_STATUS_SUCCESS);
    assert_int_equal(Written, sizeof(Value));
    return Value;
}

static ULONG64 Dropped(const ADIT_DIRECTION_COUNTERS *Direction)
{
    ULONG64 Sum = 0;
    for (ULONG Reason = 0; Reason < AditDrops; Reason++)
    {
        Sum += Direction->Dropped[Reason];
    }
    assert_int_equal(Sum, Direction->Dropped[AditDropNoMemory]);
    return Sum;
}

static BOOLEAN IsMore(const NATIVE_USAGE *Now, const NATIVE_USAGE *Then)
{
    return Now->LockedPages > Then->LockedPages || Now->Mappings > Then->Mappings ||
           Now->Objects > Then->Objects || Now->References > Then->References ||
           Now->PoolAllocations > Then->PoolAllocations || Now->PoolBytes > Then->PoolBytes;
}

/* Waits until no more is in use than was then: a thread that was told to end may take a moment. */
static VOID AwaitUsage(const NATIVE_USAGE *Then)
{
    LARGE_INTEGER Millisecond = {.QuadPart = -10000};
    NATIVE_USAGE Now;
    NativeGetUsage(&Now);
    for (ULONG Waited = 0; Waited < FIXTURE_TIMEOUT && IsMore(&Now, Then); Waited++)
    {
        KeDelayExecutionThread(KernelMode, FALSE, &Millisecond);
        NativeGetUsage(&Now);
    }
    assert_false(IsMore(&Now, Then));
}

/* ---- Driver and adapter ---- */

DRIVER_INITIALIZE DriverEntry;

static NTSTATUS Load(SCENE *Scene)
{
    NTSTATUS Status = NativeDriverLoad(L"Adit", DriverEntry, &Scene->Fixture.Driver);
    if (!NT_SUCCESS(Status))
    {
        Scene->Fixture.Driver = NULL;
        Scene->Refused++;
    }
    return Status;
}

static VOID PlayLoad(SCENE *Scene)
{
    NTSTATUS Status = Load(Scene);
    SceneEndFaults(Scene);
    assert_int_equal(
        Status, Scene->Injected ? LoadStatus(Scene->Function) : (NTSTATUS)STATUS_SUCCESS);
}

static NTSTATUS Start(SCENE *Scene, BOOLEAN Parameters)
{
    const ULONG Mtu = SCENE_MTU, LinkSpeed = 0; /* which is out of range */
    PDEVICE_OBJECT Pdo;
    NTSTATUS Status;

    assert_int_equal(NativeDeviceAdd(Scene->Fixture.Driver, L"Adit", &Pdo), STATUS_SUCCESS);
    if (Parameters)
    {
        NativeDeviceSetValue(Pdo, L"MTU", REG_DWORD, &Mtu, sizeof(Mtu));
        NativeDeviceSetValue(Pdo, L"LinkSpeed", REG_DWORD, &LinkSpeed, sizeof(LinkSpeed));
    }
    Status = NativeDeviceStart(Pdo);
    if (NT_SUCCESS(Status))
    {
        Scene->Fixture.Pdo = Pdo;
        FixtureFind(&Scene->Fixture);
    }
    else
    {
        Scene->Refused++;
    }
    return Status;
}

static VOID PlayStart(SCENE *Scene)
{
    NTSTATUS Status = Start(Scene, FALSE);
    SceneEndFaults(Scene);
    assert_true(Status == STATUS_SUCCESS || Status == STATUS_INSUFFICIENT_RESOURCES);
}

/* A parameter that cannot be read has its default. */
static VOID PlayStartWithParameters(SCENE *Scene)
{
    NTSTATUS Status = Start(Scene, TRUE);
    SceneEndFaults(Scene);
    if (Status == STATUS_SUCCESS)
    {
        ULONG64 Mtu = FixtureQuery(&Scene->Fixture, OID_GEN_MAXIMUM_TOTAL_SIZE);
        assert_true(Mtu == SCENE_MTU || (Scene->Injected && Mtu == PACKET_MAX));
        /* The packets of SceneFinish are larger than that. */
        assert_int_equal(NativeDeviceRemove(Scene->Fixture.Pdo), STATUS_SUCCESS);
        Scene->Fixture.Pdo = NULL;
        return;
    }
    assert_int_equal(Status, STATUS_INSUFFICIENT_RESOURCES);
}

/* The first adapter does not mind what the second one suffers. */
static VOID PlaySecondAdapter(SCENE *Scene)
{
    SCENE Second = {.Fixture.Driver = Scene->Fixture.Driver};
    NTSTATUS Status = Start(&Second, FALSE);
    SceneEndFaults(Scene);
    assert_true(Status == STATUS_SUCCESS || Status == STATUS_INSUFFICIENT_RESOURCES);
    Scene->Refused = Second.Refused;
    PacketMake(Packet, 100, 4, 1);
    assert_true(ClientPut(&Scene->Client, Packet, 100));
    ClientPublish(&Scene->Client);
    assert_int_equal(
        NativeLinkCollect(Scene->Fixture.Link, Got, sizeof(Got), FIXTURE_TIMEOUT), 100);
    assert_memory_equal(Got, Packet, 100);
    if (Second.Fixture.Pdo)
    {
        assert_int_equal(NativeDeviceRemove(Second.Fixture.Pdo), STATUS_SUCCESS);
    }
}

/* ---- Registration ---- */

static ULONG Register(CLIENT *Client, ULONG Code, BOOLEAN Wow64)
{
    TUN_REGISTER_RINGS64 Rings = ClientRegistration(Client);
    TUN_REGISTER_RINGS32 Rings32 = {
        .Send = {Rings.Send.RingSize, (uint32_t)Rings.Send.Ring, (uint32_t)Rings.Send.TailMoved},
        .Receive = {
            Rings.Receive.RingSize, (uint32_t)Rings.Receive.Ring,
            (uint32_t)Rings.Receive.TailMoved}};
    return Wow64
               ? NativeWin32Error(NativeUserDeviceIoControl(
                     Client->Process, Client->File, Code, &Rings32, sizeof(Rings32), NULL, 0, NULL))
               : ClientRegister(Client, Code, &Rings);
}

static VOID PlayRegistration(SCENE *Scene, ULONG Code, BOOLEAN Wow64)
{
    NATIVE_USAGE Before;
    ULONG Error;

    SceneOpen(Scene, &Scene->Client, Wow64);
    NativeGetUsage(&Before);
    Error = Register(&Scene->Client, Code, Wow64);
    SceneEndFaults(Scene);
    if (!Scene->Injected)
    {
        assert_int_equal(Error, 0);
        return;
    }
    assert_int_equal(Error, RegistrationError(Scene->Function));
    Scene->Refused++;
    AwaitUsage(&Before);
    assert_true(NativeLinkWaitConnected(Scene->Fixture.Link, FALSE, 0));
    assert_int_equal(Scene->Client.SendRing->Tail, 0);
    assert_int_equal(Scene->Client.ReceiveRing->Head, 0);
    assert_int_equal(Register(&Scene->Client, Code, Wow64), 0);
}

static VOID PlayRegister(SCENE *Scene)
{
    PlayRegistration(Scene, TUN_IOCTL_REGISTER_RINGS, FALSE);
}

static VOID PlayRegister2019(SCENE *Scene)
{
    PlayRegistration(Scene, TUN_IOCTL_REGISTER_RINGS_2019, FALSE);
}

static VOID PlayRegister32(SCENE *Scene)
{
    PlayRegistration(Scene, TUN_IOCTL_REGISTER_RINGS, TRUE);
}

static VOID PlayRegister2019And32(SCENE *Scene)
{
    PlayRegistration(Scene, TUN_IOCTL_REGISTER_RINGS_2019, TRUE);
}

static VOID PlayRegisterAsleep(SCENE *Scene)
{
    assert_int_equal(NativeDeviceSetPower(Scene->Fixture.Pdo, PowerDeviceD3), STATUS_SUCCESS);
    PlayRegistration(Scene, TUN_IOCTL_REGISTER_RINGS, FALSE);
    assert_int_equal(NativeDeviceSetPower(Scene->Fixture.Pdo, PowerDeviceD0), STATUS_SUCCESS);
}

/* ---- Packets in ---- */

static VOID PutPackets(SCENE *Scene, ULONG Count, ULONG Length, ULONG Burst)
{
    for (ULONG Number = 0; Number < Count; Number++)
    {
        PacketMake(Packet, Length, 4, Number);
        while (!ClientPut(&Scene->Client, Packet, Length))
        {
            ClientPublish(&Scene->Client);
            sched_yield();
        }
        if (Number % Burst == Burst - 1 || Number == Count - 1)
        {
            ClientPublish(&Scene->Client);
        }
    }
}

/* All that were put have arrived, in order, but for those that are counted as dropped. */
static VOID CollectPackets(SCENE *Scene, ULONG Count, ULONG Length, ULONG Missing)
{
    for (ULONG Number = 0; Number < Count; Number++)
    {
        LONG Arrived = NativeLinkCollect(Scene->Fixture.Link, Got, sizeof(Got), FIXTURE_TIMEOUT);
        assert_int_equal(Arrived, Length);
        PacketMake(Packet, Length, 4, Number);
        while (Missing && memcmp(Got, Packet, Length) != 0)
        {
            Missing--;
            assert_true(++Number < Count);
            PacketMake(Packet, Length, 4, Number);
        }
        assert_memory_equal(Got, Packet, Length);
        if (Number + 1 + Missing == Count)
        {
            break; /* the last ones are missing */
        }
    }
    assert_int_equal(NativeLinkCollect(Scene->Fixture.Link, Got, sizeof(Got), 0), -1);
}

/* Waits until the driver has taken that many packets from the ring. */
static ADIT_COUNTERS AwaitTaken(const SCENE *Scene, ULONG Count)
{
    LARGE_INTEGER Millisecond = {.QuadPart = -10000};
    ADIT_COUNTERS Now = Counters(Scene);
    for (ULONG Waited = 0;
         Waited < FIXTURE_TIMEOUT && Now.In.Packets[AditUnicast] + Dropped(&Now.In) < Count;
         Waited++)
    {
        KeDelayExecutionThread(KernelMode, FALSE, &Millisecond);
        Now = Counters(Scene);
    }
    assert_true(Now.In.Packets[AditUnicast] + Dropped(&Now.In) >= Count);
    return Now;
}

static VOID PlayIn(SCENE *Scene, ULONG Count, ULONG Length, ULONG Burst)
{
    ADIT_COUNTERS Now;

    PutPackets(Scene, Count, Length, Burst);
    Now = AwaitTaken(Scene, Count);
    SceneEndFaults(Scene);
    assert_int_equal(Now.In.Packets[AditUnicast] + Dropped(&Now.In), Count);
    assert_int_equal(Dropped(&Now.In), Scene->Injected);
    CollectPackets(Scene, Count, Length, Scene->Injected);
}

static VOID PlayInSmall(SCENE *Scene)
{
    PlayIn(Scene, 200, 100, 40);
}

static VOID PlayInOneByOne(SCENE *Scene)
{
    PlayIn(Scene, 20, 1400, 1);
}

static VOID PlayInLarge(SCENE *Scene)
{
    PlayIn(Scene, 20, PACKET_MAX, 1);
}

/* ---- Packets out, in buffers that the driver has to map ---- */

static VOID PlayOut(SCENE *Scene)
{
    OUT_LISTS_STATE Out;
    SENDER Sender;
    const UCHAR *Data;

    SenderOpen(&Sender, &Scene->Fixture);
    OutMake(&Out, &Sender);
    ULONG Failed = OutSend(&Out, &Sender);
    SceneEndFaults(Scene);
    assert_int_equal(Failed, Scene->Injected);
    ADIT_COUNTERS Now = Counters(Scene);
    assert_int_equal(Dropped(&Now.Out), Failed * OUT_BUFFERS);
    for (ULONG Index = 0; Index < OUT_LISTS * OUT_BUFFERS; Index++)
    {
        if (NET_BUFFER_LIST_STATUS(Out.Lists[Index / OUT_BUFFERS]) == NDIS_STATUS_SUCCESS)
        {
            PacketMake(Packet, OUT_BYTES, 4, Index);
            assert_int_equal(ClientReceive(&Scene->Client, &Data, FIXTURE_TIMEOUT), OUT_BYTES);
            assert_memory_equal(Data, Packet, OUT_BYTES);
            ClientRelease(&Scene->Client, OUT_BYTES);
        }
    }
    assert_int_equal(ClientReceive(&Scene->Client, &Data, 0), -1);
    OutFree(&Out);
    SenderClose(&Sender);
}

/* ---- Ends ---- */

/* Events of every kind in a session; whatever calls they make, they succeed. */
static VOID PlayEvents(SCENE *Scene)
{
    PNDIS_MINIPORT_ADAPTER Adapter = FixtureAdapter(&Scene->Fixture);
    CLIENT Other;

    assert_int_equal(NdisHostPause(Adapter), STATUS_SUCCESS);
    assert_int_equal(NdisHostRestart(Adapter), STATUS_SUCCESS);
    NdisHostCloseAdapter(Adapter);
    assert_int_equal(NativeDeviceSetPower(Scene->Fixture.Pdo, PowerDeviceD3), STATUS_SUCCESS);
    assert_int_equal(NativeDeviceSetPower(Scene->Fixture.Pdo, PowerDeviceD0), STATUS_SUCCESS);
    assert_int_not_equal(NativeDeviceRemove(Scene->Fixture.Pdo), STATUS_SUCCESS);
    SceneOpen(Scene, &Other, FALSE);
    assert_int_equal(Register(&Other, TUN_IOCTL_REGISTER_RINGS, FALSE), ERROR_ALREADY_INITIALIZED);
    ClientExit(&Other);
    assert_true(NativeLinkWaitConnected(Scene->Fixture.Link, TRUE, 0));
    PutPackets(Scene, 20, PACKET_MAX, 1);
    ClientClose(&Scene->Client);
    assert_true(NativeLinkWaitConnected(Scene->Fixture.Link, FALSE, 0));
    SceneEndFaults(Scene);
}

static VOID PlayProcessEnd(SCENE *Scene)
{
    PutPackets(Scene, 100, 100, 10);
    AwaitTaken(Scene, 1);
    ClientExit(&Scene->Client);
    SceneEndFaults(Scene);
    assert_true(NativeLinkWaitConnected(Scene->Fixture.Link, FALSE, 0));
}

static VOID PlaySurpriseRemoval(SCENE *Scene)
{
    PutPackets(Scene, 100, 100, 10);
    AwaitTaken(Scene, 1);
    NativeDeviceSurpriseRemove(Scene->Fixture.Pdo);
    ClientClose(&Scene->Client);
    Scene->Fixture.Pdo = NULL;
    SceneEndFaults(Scene);
    assert_int_equal(NativeLinkCount(), 0);
}

/* Both rings are corrupt, which the event log is to be told. */
static VOID PlayCorruptRings(SCENE *Scene)
{
    LARGE_INTEGER Millisecond = {.QuadPart = -10000};
    CLIENT *Client = &Scene->Client;
    SENDER Sender;

    SenderOpen(&Sender, &Scene->Fixture);
    RingStoreRelease(&Client->SendRing->Head, 2);
    for (ULONG Number = 0; Number < 6; Number++)
    {
        PacketMake(Packet, 30000, 4, Number);
        SenderSend(&Sender, SenderPacket(&Sender, Packet, 30000), PASSIVE_LEVEL);
    }
    SenderWait(&Sender, 6);
    SenderClose(&Sender);
    RingStoreRelease(&Client->ReceiveRing->Tail, 2);
    NativeUserSetEvent(Client->Process, Client->ReceiveTailMoved);
    for (ULONG Waited = 0; Waited < FIXTURE_TIMEOUT &&
                           RingLoadAcquire(&Client->ReceiveRing->Head) != TUN_RING_TERMINATED;
         Waited++)
    {
        KeDelayExecutionThread(KernelMode, FALSE, &Millisecond);
    }
    ClientClose(Client);
    SceneEndFaults(Scene);
    assert_int_equal(RingLoadAcquire(&Client->SendRing->Tail), TUN_RING_TERMINATED);
    assert_int_equal(RingLoadAcquire(&Client->ReceiveRing->Head), TUN_RING_TERMINATED);
}

/* ---- All of it ---- */

static VOID LiveSession(SCENE *Scene)
{
    CLIENT *Client = &Scene->Client;
    BOOLEAN Wow64 = FALSE;
    OUT_LISTS_STATE Out;
    SENDER Sender;

    for (ULONG Round = 0; Round < 2; Round++, Wow64 = TRUE)
    {
        SceneOpen(Scene, Client, Wow64);
        if (Register(Client, TUN_IOCTL_REGISTER_RINGS, Wow64) != 0)
        {
            Scene->Refused++;
            assert_int_equal(Register(Client, TUN_IOCTL_REGISTER_RINGS_2019, Wow64), 0);
        }
        PutPackets(Scene, 50, 100, 10);
        PutPackets(Scene, 10, PACKET_MAX, 1);
        SenderOpen(&Sender, &Scene->Fixture);
        OutMake(&Out, &Sender);
        OutSend(&Out, &Sender);
        OutFree(&Out);
        SenderClose(&Sender);
        assert_int_equal(NativeDeviceSetPower(Scene->Fixture.Pdo, PowerDeviceD3), STATUS_SUCCESS);
        assert_int_equal(NativeDeviceSetPower(Scene->Fixture.Pdo, PowerDeviceD0), STATUS_SUCCESS);
        ClientExit(Client);
    }
}

/* From load to unload; what is refused is not insisted on. */
static VOID PlayLife(SCENE *Scene)
{
    if (NT_SUCCESS(Load(Scene)))
    {
        if (NT_SUCCESS(Start(Scene, FALSE)))
        {
            LiveSession(Scene);
            NativeDeviceSurpriseRemove(Scene->Fixture.Pdo);
            Scene->Fixture.Pdo = NULL;
        }
        NativeDriverUnload(Scene->Fixture.Driver);
        Scene->Fixture.Driver = NULL;
    }
    SceneEndFaults(Scene);
}

const SCENE_KIND SceneKinds[] = {
    {"load", SceneNothing, PlayLoad, FALSE},
    {"start", SceneLoaded, PlayStart, FALSE},
    {"start with parameters", SceneLoaded, PlayStartWithParameters, FALSE},
    {"start beside a session", SceneSession, PlaySecondAdapter, FALSE},
    {"register", SceneStarted, PlayRegister, FALSE},
    {"register with the code of 2019", SceneStarted, PlayRegister2019, FALSE},
    {"register, 32 bits", SceneStarted, PlayRegister32, FALSE},
    {"register, 32 bits, 2019", SceneStarted, PlayRegister2019And32, FALSE},
    {"register while asleep", SceneStarted, PlayRegisterAsleep, FALSE},
    {"bursts in", SceneSession, PlayInSmall, TRUE},
    {"one by one in", SceneSession, PlayInOneByOne, TRUE},
    {"large packets in", SceneSession, PlayInLarge, TRUE},
    {"lists to be mapped out", SceneSession, PlayOut, TRUE},
    {"pause, sleep, refused removal, close", SceneSession, PlayEvents, FALSE},
    {"end of the process", SceneSession, PlayProcessEnd, FALSE},
    {"surprise removal", SceneSession, PlaySurpriseRemoval, FALSE},
    {"corrupt rings", SceneSession, PlayCorruptRings, FALSE},
    {"a whole life", SceneNothing, PlayLife, TRUE},
};
const ULONG SceneKindCount = ARRAYSIZE(SceneKinds);
