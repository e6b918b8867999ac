# SPDX-License-Identifier: MIT
#
# The rules that make adit.inf and adit.cat and sign adit.sys; part of CMakeLists.txt.

# DriverVer: mm/dd/yyyy of ADIT_PACKAGE_TIME in UTC, and four numbers.
set(epoch "$ENV{SOURCE_DATE_EPOCH}")
set(ENV{SOURCE_DATE_EPOCH} "${ADIT_PACKAGE_TIME}")
string(TIMESTAMP ADIT_INF_DATE "%m/%d/%Y" UTC)
if(epoch STREQUAL "")
  unset(ENV{SOURCE_DATE_EPOCH})
else()
  set(ENV{SOURCE_DATE_EPOCH} "${epoch}")
endif()
adit_version(ADIT_INF_VERSION ".")
string(REGEX REPLACE "^NT[a-z0-9]+\\." "" ADIT_INF_MINIMUM "${ADIT_INF_TARGET}")
# On x86 Windows may fall back to a section without any decoration; elsewhere it does not.
set(ADIT_INF_WINE_MODELS Models)
if(ADIT_ARCH STREQUAL "x86")
  set(ADIT_INF_WINE_MODELS Models.NTx86)
endif()
configure_file("${CMAKE_CURRENT_LIST_DIR}/adit.inf.in" "${ADIT_PACKAGE_DIR}/adit.inf" @ONLY NEWLINE_STYLE CRLF)

adit_sign(
  INPUT "${CMAKE_BINARY_DIR}/driver/adit.sys"
  OUTPUT "${ADIT_PACKAGE_DIR}/adit.sys"
  PAGE_HASHES
  DESCRIPTION "Adit"
  DEPENDS adit_driver)

set(catalog "${CMAKE_BINARY_DIR}/unsigned/adit.cat")
add_custom_command(
  OUTPUT "${catalog}"
  COMMAND "${CMAKE_COMMAND}" -E make_directory "${CMAKE_BINARY_DIR}/unsigned"
  COMMAND
    "${ADIT_BUILD_TOOLS_DIR}/make_catalog" --architecture ${ADIT_ARCH} --hardware-id Adit
    --time ${ADIT_PACKAGE_TIME} --output "${catalog}" "${ADIT_PACKAGE_DIR}/adit.inf"
    "${ADIT_PACKAGE_DIR}/adit.sys"
  DEPENDS make_catalog "${ADIT_BUILD_TOOLS_DIR}/make_catalog" "${ADIT_PACKAGE_DIR}/adit.inf"
          "${ADIT_PACKAGE_DIR}/adit.sys"
  COMMENT "Making adit.cat"
  VERBATIM)
adit_sign(INPUT "${catalog}" OUTPUT "${ADIT_PACKAGE_DIR}/adit.cat" DESCRIPTION "Adit")
