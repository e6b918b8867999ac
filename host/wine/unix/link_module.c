/* SPDX-License-Identifier: MIT */
/*
 * aditlink.dll: nothing but a name for the Linux library to be found by (unixcall.c).
 */
const char AditLink = 1;
