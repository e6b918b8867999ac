# SPDX-License-Identifier: MIT
#
# adit_add_library(NAME DEF FILE SOURCES... [LIBS...])   NAME.dll without a C run-time library
# adit_add_program(NAME SOURCES... [LIBS...])            NAME.exe with msvcrt.dll
#   User-mode PE files with Control Flow Guard and a PDB beside them.

set(ADIT_USER_COMPILE_OPTIONS
  -std=c17 -O2 -mguard=cf -ffunction-sections -fdata-sections -Wall -Wextra -Werror
  -g -gcodeview -gno-codeview-command-line -mno-incremental-linker-compatible
  -ffile-prefix-map=${PROJECT_SOURCE_DIR}=. -fdebug-compilation-dir=.)
set(ADIT_USER_LINK_OPTIONS
  -fuse-ld=lld-19 -Wl,--guard-cf -Wl,--no-insert-timestamp -Wl,--gc-sections
  -Wl,--dynamicbase -Wl,--nxcompat -Wl,--high-entropy-va -Wl,-Xlink=/pdbsourcepath:.)
if(NOT ADIT_ARCH STREQUAL "amd64")
  list(REMOVE_ITEM ADIT_USER_LINK_OPTIONS -Wl,--high-entropy-va)
endif()

function(adit_add_library NAME)
  cmake_parse_arguments(ARG "" "DEF" "SOURCES;LIBS" ${ARGN})
  add_library(${NAME} SHARED ${ARG_SOURCES} ${ARG_DEF})
  set_target_properties(${NAME} PROPERTIES PREFIX "" SUFFIX .dll)
  target_compile_options(${NAME} PRIVATE ${ADIT_USER_COMPILE_OPTIONS} -fno-builtin -mno-stack-arg-probe)
  if(ADIT_ARCH STREQUAL "x86")
    set(entry _DllMainCRTStartup@12)
  else()
    set(entry DllMainCRTStartup)
  endif()
  target_link_options(${NAME} PRIVATE ${ADIT_USER_LINK_OPTIONS} -nostdlib -Wl,-e,${entry}
    -Wl,--pdb=$<TARGET_FILE_DIR:${NAME}>/$<TARGET_FILE_BASE_NAME:${NAME}>.pdb)
  target_link_libraries(${NAME} PRIVATE ${ARG_LIBS})
endfunction()

function(adit_add_program NAME)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBS" ${ARGN})
  add_executable(${NAME} ${ARG_SOURCES})
  set_target_properties(${NAME} PROPERTIES SUFFIX .exe)
  target_compile_options(${NAME} PRIVATE ${ADIT_USER_COMPILE_OPTIONS})
  target_link_options(${NAME} PRIVATE ${ADIT_USER_LINK_OPTIONS}
    -Wl,--pdb=$<TARGET_FILE_DIR:${NAME}>/$<TARGET_FILE_BASE_NAME:${NAME}>.pdb)
  target_link_libraries(${NAME} PRIVATE ${ARG_LIBS})
endfunction()
