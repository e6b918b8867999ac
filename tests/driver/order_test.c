/* SPDX-License-Identifier: MIT */
/*
 * Senders that overlap, in one order that is always the same: the first is stopped in the middle of
 * its copy, on a page that it may not read, while others reserve, copy and finish behind it. They
 * must not be shown to the client before it, and all of them are as soon as it has finished.
 */
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "fixture.h"
#include "sender.h"

#define FIRST_LENGTH (4 * PAGE_SIZE)
#define LATER_LENGTH 20u
#define LATER_COUNT  4500u /* more than are shown while the lock is held once */

static struct
{
    void *Page; /* nobody may read it while the first sender is stopped */
    sem_t Stopped, Go;
} Gate;

static struct sigaction Previous;

/* In the first sender's thread, where it copies from the page. */
static void Fault(int Signal, siginfo_t *Information, void *Context)
{
    UNREFERENCED_PARAMETER(Context);
    if (Information->si_addr < Gate.Page ||
        Information->si_addr >= (void *)((PUCHAR)Gate.Page + PAGE_SIZE))
    {
        sigaction(Signal, &Previous, NULL); /* somebody else's: it faults once more */
        return;
    }
    sem_post(&Gate.Stopped);
    while (sem_wait(&Gate.Go) != 0)
    {
    }
}

typedef struct _FIRST
{
    SENDER Sender;
    PNET_BUFFER_LIST List;
} FIRST;

static void *SendFirst(void *Context)
{
    FIRST *First = Context;
    SenderSend(&First->Sender, First->List, PASSIVE_LEVEL);
    return NULL;
}

/* A page that lies wholly within the data of the list's only packet. */
static void CloseGate(PNET_BUFFER_LIST List)
{
    PUCHAR Data = MmGetMdlVirtualAddress(NET_BUFFER_CURRENT_MDL(NET_BUFFER_LIST_FIRST_NB(List)));
    Gate.Page = PAGE_ALIGN(Data + 2 * PAGE_SIZE);
    assert_int_equal(sem_init(&Gate.Stopped, 0, 0), 0);
    assert_int_equal(sem_init(&Gate.Go, 0, 0), 0);
    struct sigaction Action = {.sa_sigaction = Fault, .sa_flags = SA_SIGINFO};
    assert_int_equal(sigaction(SIGSEGV, &Action, &Previous), 0);
    assert_int_equal(mprotect(Gate.Page, PAGE_SIZE, PROT_NONE), 0);
}

static void OpenGate(void)
{
    assert_int_equal(mprotect(Gate.Page, PAGE_SIZE, PROT_READ | PROT_WRITE), 0);
    assert_int_equal(sem_post(&Gate.Go), 0);
}

static void AssertNext(CLIENT *Client, const UCHAR *Packet, ULONG Length)
{
    const UCHAR *Data;
    assert_int_equal(ClientReceive(Client, &Data, FIXTURE_TIMEOUT), Length);
    assert_memory_equal(Data, Packet, Length);
    ClientRelease(Client, (int)Length);
}

static void LaterOnesWait(void **State)
{
    FIXTURE *Fixture = *State;
    static UCHAR FirstPacket[FIRST_LENGTH], Packets[LATER_COUNT][LATER_LENGTH];
    FIRST First;
    SENDER Later;
    CLIENT Client;
    pthread_t Thread;

    ClientStart(&Client, Fixture);
    SenderOpen(&First.Sender, Fixture);
    SenderOpen(&Later, Fixture);
    PacketMake(FirstPacket, sizeof(FirstPacket), 4, 0);
    First.List = SenderPacket(&First.Sender, FirstPacket, sizeof(FirstPacket));
    CloseGate(First.List);
    assert_int_equal(pthread_create(&Thread, NULL, SendFirst, &First), 0);
    while (sem_wait(&Gate.Stopped) != 0)
    {
    }

    for (ULONG Index = 0; Index < LATER_COUNT; Index++)
    {
        PacketMake(Packets[Index], LATER_LENGTH, 4, 1 + Index);
        SenderSend(&Later, SenderPacket(&Later, Packets[Index], LATER_LENGTH), PASSIVE_LEVEL);
    }
    /* Copied, and neither shown nor complete. */
    assert_int_equal(Client.SendRing->Tail, 0);
    assert_int_equal(Later.Succeeded + Later.Failed, 0);
    assert_int_equal(NativeUserWait(Client.Process, Client.SendTailMoved, 0), STATUS_TIMEOUT);

    OpenGate();
    pthread_join(Thread, NULL);
    SenderWait(&First.Sender, 1);
    SenderWait(&Later, LATER_COUNT);
    assert_int_equal(First.Sender.Succeeded, 1);
    assert_int_equal(Later.Succeeded, LATER_COUNT);
    AssertNext(&Client, FirstPacket, sizeof(FirstPacket));
    for (ULONG Index = 0; Index < LATER_COUNT; Index++)
    {
        AssertNext(&Client, Packets[Index], LATER_LENGTH);
    }
    assert_int_equal(sigaction(SIGSEGV, &Previous, NULL), 0);
    SenderClose(&Later);
    SenderClose(&First.Sender);
    ClientExit(&Client);
}

int main(void)
{
    const struct CMUnitTest Tests[] = {
        cmocka_unit_test_setup_teardown(LaterOnesWait, FixtureStart, FixtureStop),
    };
    return cmocka_run_group_tests(Tests, NULL, NULL);
}
