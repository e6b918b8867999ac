# SPDX-License-Identifier: MIT
# ADIT_NDIS_SOURCES: the files of the NDIS library, for whoever builds it into something. They
# define the functions that nt/ declares as imports of NDIS: compile with NDIS_WRAPPER defined.

set(ADIT_NDIS_DIR ${CMAKE_CURRENT_LIST_DIR})
set(ADIT_NDIS_SOURCES
  adapter.c attributes.c buffer.c clone.c configuration.c context.c data.c device.c driver.c event_log.c
  fragment.c host.c interface.c interlocked.c memory.c miniport.c object.c oid.c pnp.c processor.c query.c
  receive.c reset.c rwlock.c send.c stack.c status.c string.c sync.c timer.c transmit.c violation.c work_item.c)
list(TRANSFORM ADIT_NDIS_SOURCES PREPEND ${ADIT_NDIS_DIR}/)

# What NdisGetRoutineAddress knows.
file(STRINGS ${ADIT_NDIS_DIR}/ndis.def routines REGEX "^    ")
list(TRANSFORM routines REPLACE "^    ([A-Za-z0-9]+)" "ROUTINE(\\1)")
list(JOIN routines "\n" routines)
file(GENERATE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/ndis/routines.inc CONTENT "${routines}\n")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${ADIT_NDIS_DIR}/ndis.def)
include_directories(${CMAKE_CURRENT_BINARY_DIR}/ndis)
