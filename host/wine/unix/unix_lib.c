/* SPDX-License-Identifier: MIT */
/*
 * aditlink.so: the table of calls that Wine finds by its name, and that ndis.sys indexes with
 * HOST_UNIX_CALL. Calls come on the thread that made them, with Linux signals as Wine sets them.
 */
#include "unix_lib.h"

#include <stdio.h>
#include <stdlib.h>

static int UnixSetting(void *Arguments)
{
    HOST_SETTING *Setting = Arguments;
    const char *Value = getenv(Setting->Name);
    snprintf(Setting->Value, sizeof(Setting->Value), "%s", Value != NULL ? Value : "");
    return 0;
}

__attribute__((visibility("default"))) int (*const __wine_unix_call_funcs[HostUnixCallCount])(
    void *) = {
    [HostUnixSetting] = UnixSetting,
    [HostUnixTunOpen] = UnixTunOpen,
    [HostUnixTunClose] = UnixTunClose,
    [HostUnixTunRename] = UnixTunRename,
    [HostUnixTunSetCarrier] = UnixTunSetCarrier,
    [HostUnixTunLimitMtu] = UnixTunLimitMtu,
    [HostUnixTunConfigure] = UnixTunConfigure,
    [HostUnixTunRead] = UnixTunRead,
    [HostUnixTunStop] = UnixTunStop,
    [HostUnixTunStart] = UnixTunStart,
    [HostUnixTunWrite] = UnixTunWrite,
    [HostUnixShareCreate] = UnixShareCreate,
    [HostUnixShareWait] = UnixShareWait,
    [HostUnixShareSignal] = UnixShareSignal,
    [HostUnixSharePlan] = UnixSharePlan,
    [HostUnixSharePlanView] = UnixSharePlanView,
    [HostUnixProbe] = UnixProbe,
    [HostUnixShareMap] = UnixShareMap,
    [HostUnixShareClose] = UnixShareClose,
    [HostUnixViewCreate] = UnixViewCreate,
    [HostUnixViewUnmap] = UnixViewUnmap,
};
