/* SPDX-License-Identifier: MIT */
/* Pings: ICMP echo requests and their replies. */
#ifndef ADIT_EXAMPLES_ECHO_H
#define ADIT_EXAMPLES_ECHO_H

#include <winsock2.h>
#include <windows.h>

/* Turns an IPv4 or IPv6 packet with an echo request into its reply, in place and as long as before;
 * FALSE, with nothing changed, for any other packet. */
BOOL EchoAnswer(BYTE *Packet, DWORD Size);

#endif
