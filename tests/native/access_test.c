/* SPDX-License-Identifier: MIT */
/*
 * SeAccessCheck over self-relative security descriptors, for each simulated user.
 */
#include "outcome.h"

#define READ_AND_WRITE (FILE_READ_DATA | FILE_WRITE_DATA)
#define FILE_ALL       0x001F01FFu

/* Builds a descriptor; entries are appended to one list at a time, SACL first. */
typedef struct _BUILDER
{
    _Alignas(4) UCHAR Bytes[512];
    ULONG Size;
    ULONG List; /* offset of the open list */
} BUILDER;

static void Put16(BUILDER *Builder, ULONG Offset, USHORT Value)
{
    memcpy(Builder->Bytes + Offset, &Value, sizeof(Value));
}

static void Put32(BUILDER *Builder, ULONG Offset, ULONG Value)
{
    memcpy(Builder->Bytes + Offset, &Value, sizeof(Value));
}

static void Begin(BUILDER *Builder)
{
    memset(Builder, 0, sizeof(*Builder));
    Builder->Bytes[0] = 1;
    Put16(Builder, 2, 0x8000);
    Builder->Size = 20;
}

static ULONG PutSid(BUILDER *Builder, UCHAR Authority, UCHAR Count, ULONG First, ULONG Second)
{
    ULONG Offset = Builder->Size;
    Builder->Bytes[Offset] = 1;
    Builder->Bytes[Offset + 1] = Count;
    Builder->Bytes[Offset + 7] = Authority;
    Put32(Builder, Offset + 8, First);
    if (Count > 1)
    {
        Put32(Builder, Offset + 12, Second);
    }
    Builder->Size += 8 + 4u * Count;
    return Offset;
}

static void BeginList(BUILDER *Builder, BOOLEAN Discretionary)
{
    USHORT Control;
    memcpy(&Control, Builder->Bytes + 2, sizeof(Control));
    Put16(Builder, 2, (USHORT)(Control | (Discretionary ? 0x0004 : 0x0010)));
    Builder->List = Builder->Size;
    Put32(Builder, Discretionary ? 16 : 12, Builder->List);
    Builder->Bytes[Builder->List] = 2;
    Builder->Size += 8;
    Put16(Builder, Builder->List + 2, 8);
}

static void PutAce(
    BUILDER *Builder,
    UCHAR Type,
    UCHAR Flags,
    ACCESS_MASK Mask,
    UCHAR Authority,
    UCHAR Count,
    ULONG First,
    ULONG Second)
{
    ULONG Offset = Builder->Size;
    USHORT Aces;
    Builder->Bytes[Offset] = Type;
    Builder->Bytes[Offset + 1] = Flags;
    Put32(Builder, Offset + 4, Mask);
    Builder->Size += 8;
    PutSid(Builder, Authority, Count, First, Second);
    Put16(Builder, Offset + 2, (USHORT)(Builder->Size - Offset));
    memcpy(&Aces, Builder->Bytes + Builder->List + 4, sizeof(Aces));
    Put16(Builder, Builder->List + 4, (USHORT)(Aces + 1));
    Put16(Builder, Builder->List + 2, (USHORT)(Builder->Size - Builder->List));
}

#define ALLOW 0x00
#define DENY  0x01
#define LABEL 0x11

typedef struct _CHECK
{
    PVOID Descriptor;
    ACCESS_MASK Desired;
    KPROCESSOR_MODE Mode;
    BOOLEAN Granted;
    ACCESS_MASK GrantedAccess;
    NTSTATUS Status;
} CHECK;

static void CheckInProcess(void *Context)
{
    CHECK *Check = Context;
    SECURITY_SUBJECT_CONTEXT Subject;
    SeCaptureSubjectContext(&Subject);
    SeLockSubjectContext(&Subject);
    Check->Granted = SeAccessCheck(
        Check->Descriptor, &Subject, TRUE, Check->Desired, 0, NULL, IoGetFileObjectGenericMapping(),
        Check->Mode, &Check->GrantedAccess, &Check->Status);
    SeUnlockSubjectContext(&Subject);
    SeReleaseSubjectContext(&Subject);
}

static BOOLEAN Allows(BUILDER *Builder, NATIVE_USER User, ACCESS_MASK Desired)
{
    CHECK Check = {.Descriptor = Builder->Bytes, .Desired = Desired, .Mode = UserMode};
    PEPROCESS Process = NativeProcessCreate(User, FALSE);
    NativeInProcess(Process, CheckInProcess, &Check);
    NativeProcessExit(Process);
    assert_int_equal(Check.Status, Check.Granted ? STATUS_SUCCESS : STATUS_ACCESS_DENIED);
    assert_int_equal(NativeReportLeaks(), 0);
    return Check.Granted;
}

/* O:SYD:(A;;FA;;;SY)(A;;FA;;;BA) with a label of that level and policy; Level 0: no label. */
static void MakeAdministrative(BUILDER *Builder, ULONG Level, ULONG Policy)
{
    Begin(Builder);
    Put32(Builder, 4, PutSid(Builder, 5, 1, 18, 0));
    if (Level)
    {
        BeginList(Builder, FALSE);
        PutAce(Builder, LABEL, 0, Policy, 16, 1, Level, 0);
    }
    BeginList(Builder, TRUE);
    PutAce(Builder, ALLOW, 0, FILE_ALL, 5, 1, 18, 0);
    PutAce(Builder, ALLOW, 0, FILE_ALL, 5, 2, 32, 544);
}

static void DiscretionaryList(void **State)
{
    (void)State;
    BUILDER Builder;
    MakeAdministrative(&Builder, 0, 0);
    assert_true(Allows(&Builder, NativeLocalSystem, READ_AND_WRITE));
    assert_true(Allows(&Builder, NativeAdministrator, READ_AND_WRITE));
    assert_false(Allows(&Builder, NativeFilteredAdministrator, FILE_READ_DATA));
    assert_false(Allows(&Builder, NativeStandardUser, FILE_READ_DATA));
    assert_false(Allows(&Builder, NativeAdministrator, 0x01000000));
}

static void OrderOfEntries(void **State)
{
    (void)State;
    BUILDER Builder;
    Begin(&Builder);
    BeginList(&Builder, TRUE);
    PutAce(&Builder, ALLOW, 0, FILE_READ_DATA, 1, 1, 0, 0);
    PutAce(&Builder, DENY, 0, READ_AND_WRITE, 5, 2, 32, 544);
    PutAce(&Builder, ALLOW, 0, READ_AND_WRITE, 1, 1, 0, 0);
    assert_true(Allows(&Builder, NativeAdministrator, FILE_READ_DATA));
    assert_false(Allows(&Builder, NativeAdministrator, FILE_WRITE_DATA));
    /* A group for deny only still denies. */
    assert_false(Allows(&Builder, NativeFilteredAdministrator, FILE_WRITE_DATA));
    assert_true(Allows(&Builder, NativeStandardUser, READ_AND_WRITE));
}

static void EmptyAndAbsentLists(void **State)
{
    (void)State;
    BUILDER Builder;
    Begin(&Builder);
    assert_true(Allows(&Builder, NativeStandardUser, READ_AND_WRITE));
    BeginList(&Builder, TRUE);
    assert_false(Allows(&Builder, NativeLocalSystem, FILE_READ_DATA));
    PutAce(&Builder, ALLOW, 0x08, FILE_ALL, 1, 1, 0, 0); /* inherit only */
    assert_false(Allows(&Builder, NativeLocalSystem, FILE_READ_DATA));
}

static void GenericRights(void **State)
{
    (void)State;
    BUILDER Builder;
    Begin(&Builder);
    BeginList(&Builder, TRUE);
    PutAce(&Builder, ALLOW, 0, 0x80000000, 1, 1, 0, 0);
    assert_true(Allows(&Builder, NativeStandardUser, FILE_READ_DATA));
    assert_true(Allows(&Builder, NativeStandardUser, 0x80000000));
    assert_false(Allows(&Builder, NativeStandardUser, FILE_WRITE_DATA));
}

static void OwnerReadsControl(void **State)
{
    (void)State;
    BUILDER Builder;
    Begin(&Builder);
    Put32(&Builder, 4, PutSid(&Builder, 5, 1, 18, 0));
    BeginList(&Builder, TRUE);
    assert_true(Allows(&Builder, NativeLocalSystem, READ_CONTROL));
    assert_false(Allows(&Builder, NativeAdministrator, READ_CONTROL));
}

static void MandatoryLabel(void **State)
{
    (void)State;
    BUILDER Builder;
    const ACCESS_MASK All[] = {FILE_READ_DATA, FILE_WRITE_DATA};
    for (ULONG Policy = 0; Policy < 4; Policy++)
    {
        /* Everyone may, but for the label. */
        Begin(&Builder);
        BeginList(&Builder, FALSE);
        PutAce(&Builder, LABEL, 0, Policy, 16, 1, 0x3000, 0);
        BeginList(&Builder, TRUE);
        PutAce(&Builder, ALLOW, 0, FILE_ALL, 1, 1, 0, 0);
        for (ULONG Index = 0; Index < ARRAYSIZE(All); Index++)
        {
            BOOLEAN Forbidden = (Policy & (Index == 0 ? 2u : 1u)) != 0;
            assert_int_equal(Allows(&Builder, NativeStandardUser, All[Index]), !Forbidden);
            assert_true(Allows(&Builder, NativeAdministrator, All[Index]));
        }
    }
    /* No label: medium, no write up. */
    Begin(&Builder);
    BeginList(&Builder, TRUE);
    PutAce(&Builder, ALLOW, 0, FILE_ALL, 1, 1, 0, 0);
    assert_true(Allows(&Builder, NativeLowUser, FILE_READ_DATA));
    assert_false(Allows(&Builder, NativeLowUser, FILE_WRITE_DATA));
}

static void KernelModeIsNotChecked(void **State)
{
    (void)State;
    BUILDER Builder;
    Begin(&Builder);
    BeginList(&Builder, TRUE);
    CHECK Check = {.Descriptor = Builder.Bytes, .Desired = READ_AND_WRITE, .Mode = KernelMode};
    CheckInProcess(&Check);
    assert_true(Check.Granted);
    assert_int_equal(Check.GrantedAccess, READ_AND_WRITE);
}

static void UnlockUnlocked(void *Subject)
{
    SeUnlockSubjectContext(Subject);
}

static void CheckUnlocked(void *Subject)
{
    ACCESS_MASK Granted;
    NTSTATUS Status;
    BUILDER Builder;
    Begin(&Builder);
    SeAccessCheck(
        Builder.Bytes, Subject, TRUE, FILE_READ_DATA, 0, NULL, IoGetFileObjectGenericMapping(),
        UserMode, &Granted, &Status);
}

static void CaptureAtDispatch(void *Subject)
{
    NativeRaiseIrql(DISPATCH_LEVEL);
    SeCaptureSubjectContext(Subject);
}

static void WrongCallers(void **State)
{
    (void)State;
    SECURITY_SUBJECT_CONTEXT Subject;
    AssertRuleBroken(CaptureAtDispatch, &Subject, "Irql", "SeCaptureSubjectContext");
    SeCaptureSubjectContext(&Subject);
    AssertRuleBroken(CheckUnlocked, &Subject, "SubjectContext", "SeAccessCheck");
    assert_int_equal(NativeReportLeaks(), 1);
    SeReleaseSubjectContext(&Subject);
    assert_int_equal(NativeReportLeaks(), 0);
    SeCaptureSubjectContext(&Subject);
    AssertRuleBroken(UnlockUnlocked, &Subject, "SubjectContext", "SeUnlockSubjectContext");
    SeReleaseSubjectContext(&Subject);
}

int main(void)
{
    const struct CMUnitTest Tests[] = {
        cmocka_unit_test(DiscretionaryList),      cmocka_unit_test(OrderOfEntries),
        cmocka_unit_test(EmptyAndAbsentLists),    cmocka_unit_test(GenericRights),
        cmocka_unit_test(OwnerReadsControl),      cmocka_unit_test(MandatoryLabel),
        cmocka_unit_test(KernelModeIsNotChecked), cmocka_unit_test(WrongCallers),
    };
    return cmocka_run_group_tests(Tests, NULL, NULL);
}
