# SPDX-License-Identifier: MIT
#
# adit_add_library(NAME DEF FILE SOURCES... [LIBS...])   NAME.dll without a C run-time library
# adit_add_program(NAME SOURCES... [LIBS...])            NAME.exe with msvcrt.dll
#   User-mode PE files with Control Flow Guard and a PDB beside them. -municode among LIBS: the
#   program has wmain.

set(ADIT_USER_COMPILE_OPTIONS
  -std=c17 -O2 -mguard=cf -ffunction-sections -fdata-sections -Wall -Wextra -Werror
  -g -gcodeview -gno-codeview-command-line -mno-incremental-linker-compatible
  -ffile-prefix-map=${PROJECT_SOURCE_DIR}=. -fdebug-compilation-dir=.)
set(ADIT_USER_LINK_OPTIONS
  -fuse-ld=lld-19 -Wl,--guard-cf -Wl,--no-insert-timestamp -Wl,--gc-sections
  -Wl,--dynamicbase -Wl,--nxcompat -Wl,--high-entropy-va -Wl,-Xlink=/pdbsourcepath:.)
if(ADIT_ARCH STREQUAL "x86")
  # There is no such address space, and no handler of structured exceptions to list.
  list(REMOVE_ITEM ADIT_USER_LINK_OPTIONS -Wl,--high-entropy-va)
  list(APPEND ADIT_USER_LINK_OPTIONS -Wl,--no-seh)
endif()
if(ADIT_ARCH STREQUAL "arm64")
  list(APPEND ADIT_USER_LINK_OPTIONS
    -Wl,--major-subsystem-version=10 -Wl,--minor-subsystem-version=0)
else()
  list(APPEND ADIT_USER_LINK_OPTIONS
    -Wl,--major-subsystem-version=6 -Wl,--minor-subsystem-version=1)
endif()

# Debian has MinGW-w64's headers and libraries for x86 and amd64. The headers serve arm64 as well;
# import libraries are made here, and nt/user has what programs need of a C run-time library.
# PDBs have the linker's options in them: paths from the build folder, where it runs.
set(ADIT_USER_LIBRARY_DIR ${CMAKE_BINARY_DIR}/import-libraries)
if(ADIT_ARCH STREQUAL "arm64")
  set(ADIT_MINGW_DIR /usr/x86_64-w64-mingw32)
  list(APPEND ADIT_USER_COMPILE_OPTIONS
    "SHELL:-isystem ${ADIT_MINGW_DIR}/include" -D__USE_MINGW_ANSI_STDIO=0)
  list(APPEND ADIT_USER_LINK_OPTIONS -Limport-libraries)
endif()

# The linker runs in the build folder; with a path from there, the PDB does not say where that lies.
set(ADIT_USER_PDB
  "$<TARGET_FILE_DIR:TARGET>/$<TARGET_FILE_BASE_NAME:TARGET>.pdb")
set(ADIT_USER_PDB_OPTIONS
  "-Wl,--pdb=$<PATH:RELATIVE_PATH,${ADIT_USER_PDB},${CMAKE_BINARY_DIR}>"
  "-Wl,-Xlink=/pdbaltpath:$<TARGET_FILE_BASE_NAME:TARGET>.pdb")

function(adit_need_import_libraries)
  if(NOT ADIT_ARCH STREQUAL "arm64")
    return()
  endif()
  file(MAKE_DIRECTORY ${ADIT_USER_LIBRARY_DIR})
  foreach(name IN LISTS ARGN)
    set(library ${ADIT_USER_LIBRARY_DIR}/lib${name}.a)
    if(NOT name MATCHES "^-" AND NOT EXISTS ${library})
      execute_process(
        COMMAND ${PROJECT_SOURCE_DIR}/nt/user/import-library
                ${ADIT_MINGW_DIR}/lib/lib${name}.a ${name}.dll ${library}
        COMMAND_ERROR_IS_FATAL ANY)
    endif()
  endforeach()
endfunction()

function(adit_add_library NAME)
  cmake_parse_arguments(ARG "" "DEF" "SOURCES;LIBS" ${ARGN})
  adit_need_import_libraries(${ARG_LIBS})
  # Copied, so that the linker gets a path from the build folder.
  cmake_path(GET ARG_DEF FILENAME def)
  configure_file(${ARG_DEF} ${CMAKE_CURRENT_BINARY_DIR}/${def} COPYONLY)
  add_library(${NAME} SHARED ${ARG_SOURCES} ${CMAKE_CURRENT_BINARY_DIR}/${def})
  set_target_properties(${NAME} PROPERTIES PREFIX "" SUFFIX .dll)
  target_compile_options(${NAME} PRIVATE ${ADIT_USER_COMPILE_OPTIONS} -fno-builtin -mno-stack-arg-probe)
  if(ADIT_ARCH STREQUAL "x86")
    set(entry _DllMainCRTStartup@12)
  else()
    set(entry DllMainCRTStartup)
  endif()
  string(REPLACE ":TARGET>" ":${NAME}>" pdb_options "${ADIT_USER_PDB_OPTIONS}")
  target_link_options(${NAME} PRIVATE ${ADIT_USER_LINK_OPTIONS} -nostdlib -Wl,-e,${entry}
    ${pdb_options})
  target_link_libraries(${NAME} PRIVATE ${ARG_LIBS})
endfunction()

function(adit_add_program NAME)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBS" ${ARGN})
  add_executable(${NAME} ${ARG_SOURCES})
  set_target_properties(${NAME} PROPERTIES SUFFIX .exe)
  target_compile_options(${NAME} PRIVATE ${ADIT_USER_COMPILE_OPTIONS})
  string(REPLACE ":TARGET>" ":${NAME}>" pdb_options "${ADIT_USER_PDB_OPTIONS}")
  target_link_options(${NAME} PRIVATE ${ADIT_USER_LINK_OPTIONS}
    ${pdb_options})
  if(ADIT_ARCH STREQUAL "arm64")
    list(APPEND ARG_LIBS kernel32 msvcrt)
    set(start main)
    if("-municode" IN_LIST ARG_LIBS)
      set(start wmain)
    endif()
    target_sources(${NAME} PRIVATE $<TARGET_OBJECTS:adit_user_${start}>)
    target_link_options(${NAME} PRIVATE -nostdlib -Wl,-e,${start}CRTStartup)
    adit_need_import_libraries(${ARG_LIBS})
  endif()
  target_link_libraries(${NAME} PRIVATE ${ARG_LIBS})
endfunction()
