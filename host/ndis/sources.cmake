# SPDX-License-Identifier: MIT
# ADIT_NDIS_SOURCES: the files of the NDIS library, for whoever builds it into something. They
# define the functions that nt/ declares as imports of NDIS: compile with NDIS_WRAPPER defined.

set(ADIT_NDIS_DIR ${CMAKE_CURRENT_LIST_DIR})
set(ADIT_NDIS_SOURCES
  adapter.c attributes.c buffer.c clone.c configuration.c context.c data.c device.c driver.c fragment.c host.c
  memory.c miniport.c oid.c pnp.c query.c receive.c rwlock.c send.c stack.c status.c sync.c timer.c
  transmit.c violation.c work_item.c)
list(TRANSFORM ADIT_NDIS_SOURCES PREPEND ${ADIT_NDIS_DIR}/)
