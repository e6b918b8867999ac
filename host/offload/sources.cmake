# SPDX-License-Identifier: MIT
# What the Linux half of host/wine does to packets, and tests/offload tests natively.
set(ADIT_OFFLOAD_DIR ${CMAKE_CURRENT_LIST_DIR})
set(ADIT_OFFLOAD_SOURCES checksum.c coalesce.c packet.c segment.c)
list(TRANSFORM ADIT_OFFLOAD_SOURCES PREPEND ${ADIT_OFFLOAD_DIR}/)
set(ADIT_OFFLOAD_HEADERS checksum.h coalesce.h packet.h segment.h)
list(TRANSFORM ADIT_OFFLOAD_HEADERS PREPEND ${ADIT_OFFLOAD_DIR}/)
