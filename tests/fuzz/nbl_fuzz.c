/* SPDX-License-Identifier: MIT */
/*
 * The net buffer lists that Windows sends: any number of net buffers, MDLs of any size (also 0),
 * data that starts and ends anywhere in them, and lengths that the MDLs do not hold. Every MDL
 * describes an allocation of exactly its bytes. What the send ring holds afterwards is compared
 * with a model byte for byte, and every list completes exactly once.
 */
#include "fuzz.h"
#include "grammar.h"
#include "sender.h"

#include <string.h>

int LLVMFuzzerInitialize(int *Count, char ***Arguments);
int LLVMFuzzerTestOneInput(const uint8_t *Data, size_t Size);

int LLVMFuzzerInitialize(int *Count, char ***Arguments)
{
    UNREFERENCED_PARAMETER(Count);
    UNREFERENCED_PARAMETER(Arguments);
    FUZZ_CLIENT Client;
    FuzzStart(SenderStop);
    SenderStart();
    FuzzClientOpen(&Client, TUN_RING_MIN_CAPACITY, 0); /* makes what every input uses */
    FuzzClientRegister(&Client);
    FuzzClientClose(&Client);
    return 0;
}

static ULONG NblReadLength(FUZZ_INPUT *Input, ULONG Held)
{
    ULONG Operand;
    switch (FuzzU8(Input) % NblLengths)
    {
    case NblLengthLess:
        Operand = FuzzU8(Input);
        return Held > Operand ? Held - Operand : 0;
    case NblLengthMore:
        return Held + FuzzU8(Input);
    case NblLengthRaw:
        return FuzzU32(Input) % 0x20000;
    case NblLengthNear:
        return TUN_MAX_IP_PACKET_SIZE + (ULONG)(int8_t)FuzzU8(Input);
    default:
        return Held;
    }
}

static void NblReadPacket(FUZZ_INPUT *Input, SENDER_LIST *List)
{
    SENDER_SHAPE Shape = {.MdlCount = FuzzU8(Input) % (SENDER_MDLS + 1)};
    FUZZ_INPUT LengthInput;
    ULONG Total = 0;

    Shape.Start = FuzzU8(Input) % SenderStarts;
    LengthInput = *Input; /* read again below, when it is known what the chain holds */
    (void)NblReadLength(Input, 0);
    Shape.Offset = FuzzU16(Input);
    Shape.First = FuzzU8(Input);
    Shape.Seed = FuzzU8(Input);
    for (ULONG Index = 0; Index < Shape.MdlCount; Index++)
    {
        ULONG Size = FuzzU8(Input);
        Shape.MdlBytes[Index] = Size == 0xFF ? FuzzU16(Input) : Size;
        Total += Shape.MdlBytes[Index];
    }
    Shape.Offset %= Total + 1;
    Shape.DataLength = NblReadLength(&LengthInput, Total - Shape.Offset);
    SenderAddPacket(List, &Shape);
}

static void NblCall(FUZZ_INPUT *Input, SEND_MODEL *Model, const FUZZ_CLIENT *Client)
{
    SENDER_CALL Call = {0};
    UCHAR Flags;
    ULONG Lists;

    switch (FuzzU8(Input) % NblClients)
    {
    case NblClientReleases:
        SendModelWrite(Model, offsetof(TUN_RING, Head), Model->Next);
        break;
    case NblClientHead:
        SendModelWrite(Model, offsetof(TUN_RING, Head), FuzzU32(Input));
        break;
    case NblClientAlertable:
        SendModelWrite(Model, offsetof(TUN_RING, Alertable), FuzzU32(Input));
        break;
    default:
        break;
    }
    Flags = FuzzU8(Input);
    Lists = 1 + FuzzU8(Input) % SENDER_LISTS;
    for (ULONG Index = 0; Index < Lists; Index++)
    {
        SENDER_LIST *List = SenderAddList(&Call);
        ULONG Packets = 1 + FuzzU8(Input) % SENDER_PACKETS;
        while (Packets-- > 0)
        {
            NblReadPacket(Input, List);
        }
    }
    SenderSend(&Call, (Flags & NBL_FLAG_DISPATCH) != 0);
    BOOLEAN Signal = SendModelApply(Model, &Call, SendModelRunning);
    SenderFree(&Call);
    BOOLEAN Signalled = FuzzClientTakeEvent(Client, Client->SendTailMoved);
    FUZZ_ASSERT(Signalled == Signal, "signalled %u, must be %u", Signalled, Signal);
}

int LLVMFuzzerTestOneInput(const uint8_t *Data, size_t Size)
{
    FUZZ_INPUT Input = {Data, Size};
    FUZZ_CLIENT Client;
    SEND_MODEL Model;

    FuzzBegin();
    FuzzClientOpen(&Client, TUN_RING_MIN_CAPACITY, FuzzU8(&Input) * 12u);
    Client.SendRing->Alertable = FuzzU8(&Input);
    Client.SendRing->Head = Client.SendRing->Tail = FuzzU32(&Input) % TUN_RING_MIN_CAPACITY & ~3u;
    SendModelStart(&Model, Client.SendRing, Client.Capacity);
    FuzzClientRegister(&Client);
    for (ULONG Call = 0; Call < NBL_MAX_CALLS && Input.Left; Call++)
    {
        NblCall(&Input, &Model, &Client);
    }
    SendModelCheck(&Model);
    FuzzClientClose(&Client);
    FuzzEnd();
    return 0;
}
