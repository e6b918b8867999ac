/* SPDX-License-Identifier: MIT */
/* What the scenes of scene.h share, but for the scenes themselves. */
#include <string.h>

#include "scene.h"

DRIVER_INITIALIZE DriverEntry;

BOOLEAN SceneWithoutEventLog;

VOID SceneBegin(SCENE *Scene, SCENE_START Start)
{
    memset(Scene, 0, sizeof(*Scene));
    if (Start >= SceneLoaded)
    {
        assert_int_equal(
            NativeDriverLoad(L"Adit", DriverEntry, &Scene->Fixture.Driver), STATUS_SUCCESS);
    }
    if (Start >= SceneStarted)
    {
        assert_int_equal(FixtureAdd(&Scene->Fixture), STATUS_SUCCESS);
    }
    if (Start >= SceneSession)
    {
        ClientStart(&Scene->Client, &Scene->Fixture);
    }
}

VOID SceneOpen(SCENE *Scene, CLIENT *Client, BOOLEAN Wow64)
{
    static const GUID NetInterface = {
        0xCAC88484, 0x7515, 0x4C03, {0x82, 0xE6, 0x71, 0xA8, 0x7A, 0xBA, 0xC3, 0x61}};
    ACCESS_MASK Access = FILE_READ_DATA | FILE_WRITE_DATA;
    NTSTATUS Status;

    *Client = (CLIENT){.Process = NativeProcessCreate(NativeLocalSystem, Wow64)};
    assert_non_null(Client->Process);
    Status = NativeUserOpen(Client->Process, Scene->Fixture.Path, Access, &Client->File);
    if (!NT_SUCCESS(Status))
    {
        assert_int_equal(Status, STATUS_OBJECT_NAME_NOT_FOUND);
        Scene->Unlinked++;
        Status = NativeUserOpen(
            Client->Process, NativeDeviceInterface(Scene->Fixture.Pdo, &NetInterface), Access,
            &Client->File);
    }
    assert_int_equal(Status, STATUS_SUCCESS);
    ClientMakeRings(Client, FIXTURE_CAPACITY, 0);
}

VOID SceneEndFaults(SCENE *Scene)
{
    assert_false(Scene->Ended);
    Scene->Injected = NativeFaultsStop(&Scene->Function);
    Scene->Ended = TRUE;
}

static VOID ScenePassPacket(SCENE *Scene, CLIENT *Client, ULONG Length, ULONG Number)
{
    static UCHAR Packet[PACKET_MAX], Got[PACKET_MAX];
    const UCHAR *Data;

    PacketMake(Packet, Length, 4, Number);
    NativeLinkPush(Scene->Fixture.Link, Packet, Length);
    assert_int_equal(ClientReceive(Client, &Data, FIXTURE_TIMEOUT), Length);
    assert_memory_equal(Data, Packet, Length);
    ClientRelease(Client, (int)Length);

    PacketMake(Packet, Length, 4, Number + 1);
    assert_true(ClientPut(Client, Packet, Length));
    ClientPublish(Client);
    assert_int_equal(
        NativeLinkCollect(Scene->Fixture.Link, Got, sizeof(Got), FIXTURE_TIMEOUT), Length);
    assert_memory_equal(Got, Packet, Length);
}

static VOID SceneCleanSession(SCENE *Scene)
{
    CLIENT Client;

    SceneOpen(Scene, &Client, FALSE);
    TUN_REGISTER_RINGS64 Rings = ClientRegistration(&Client);
    assert_int_equal(ClientRegister(&Client, TUN_IOCTL_REGISTER_RINGS, &Rings), 0);
    assert_true(NativeLinkWaitConnected(Scene->Fixture.Link, TRUE, 0));
    ScenePassPacket(Scene, &Client, 80, 1);
    ScenePassPacket(Scene, &Client, PACKET_MAX, 3);
    ClientExit(&Client);
    assert_true(NativeLinkWaitConnected(Scene->Fixture.Link, FALSE, 0));
}

VOID SceneFinish(SCENE *Scene)
{
    FIXTURE *Fixture = &Scene->Fixture;
    UCHAR Rest;

    assert_true(Scene->Ended);
    ClientExit(&Scene->Client);
    if (!Fixture->Driver)
    {
        assert_int_equal(NativeDriverLoad(L"Adit", DriverEntry, &Fixture->Driver), STATUS_SUCCESS);
    }
    if (!Fixture->Pdo)
    {
        assert_int_equal(FixtureAdd(Fixture), STATUS_SUCCESS);
    }
    while (NativeLinkCollect(Fixture->Link, &Rest, sizeof(Rest), 0) >= 0)
    {
    }
    SceneCleanSession(Scene);
    /* An adapter does without its link only if that call failed. */
    assert_true(
        !Scene->Unlinked || strcmp(Scene->Function, "IoCreateSymbolicLink") == 0 ||
        strcmp(Scene->Function, "IoGetDeviceProperty") == 0);
    assert_int_equal(NativeDeviceRemove(Fixture->Pdo), STATUS_SUCCESS);
    NativeDriverUnload(Fixture->Driver);
    assert_int_equal(NativeReportLeaks(), 0);
    assert_int_equal(NativeLinkCount(), 0);
}
