# SPDX-License-Identifier: MIT
#
# adit_add_driver(NAME SOURCES... [DEF FILE] [ENTRY SYMBOL] [IMPORTS LIB...] [DEFINES D...]
#                 [INCLUDES DIR...] [LIBRARIES TARGET...] [RESOURCES FILE.res...])
#   Builds a kernel-mode PE with the msvc triple: object library NAME_objects, target NAME, file
#   ${CMAKE_CURRENT_BINARY_DIR}/<name>.sys in the target property DRIVER_FILE, with its PDB.
#   OUTPUT names the file when it is not NAME.sys. LIBRARIES are interface libraries.
# adit_add_import_library(TARGET DEF)
#   Import library ${CMAKE_CURRENT_BINARY_DIR}/TARGET.lib from a module definition file.

execute_process(
  COMMAND ${CMAKE_C_COMPILER} -print-resource-dir
  OUTPUT_VARIABLE ADIT_CLANG_RESOURCE_DIR OUTPUT_STRIP_TRAILING_WHITESPACE
  COMMAND_ERROR_IS_FATAL ANY)

# Flags of every object that runs as Windows kernel code. -g -gcodeview writes a PDB; the rest of
# the last lines keeps paths and times of the building machine out of the result.
set(ADIT_KERNEL_COMPILE_OPTIONS
  --target=${ADIT_CPU}-pc-windows-msvc -nostdinc -isystem ${ADIT_CLANG_RESOURCE_DIR}/include
  -std=c17 -fms-extensions -fno-strict-aliasing "SHELL:-Xclang -fms-kernel" -fno-exceptions
  -O2 -fno-omit-frame-pointer -ffunction-sections -fdata-sections
  -fstack-protector-strong "SHELL:-Xclang -cfguard"
  -Wall -Wextra -Wno-microsoft-anon-tag -Wno-pragma-pack -Werror
  -g -gcodeview -gno-codeview-command-line -mno-incremental-linker-compatible
  -ffile-prefix-map=${PROJECT_SOURCE_DIR}=. -fdebug-compilation-dir=.)
if(ADIT_ARCH STREQUAL "x86")
  # Kernel code on x86 may not touch the floating-point state.
  list(APPEND ADIT_KERNEL_COMPILE_OPTIONS -mgeneral-regs-only)
endif()

if(ADIT_ARCH STREQUAL "arm64")
  set(ADIT_SUBSYSTEM_VERSION 10.00)
else()
  set(ADIT_SUBSYSTEM_VERSION 6.01)
endif()

function(adit_add_import_library TARGET DEF)
  set(lib ${CMAKE_CURRENT_BINARY_DIR}/${TARGET}.lib)
  add_custom_command(
    OUTPUT ${lib}
    COMMAND llvm-dlltool-19 -m ${ADIT_DLLTOOL_MACHINE} -k -d ${DEF} -l ${lib}
    DEPENDS ${DEF} VERBATIM)
  add_custom_target(${TARGET}_import_library DEPENDS ${lib})
  set_property(GLOBAL PROPERTY ADIT_IMPORT_LIBRARY_${TARGET} ${lib})
endfunction()

# The object that TARGET makes of a source, relative to this folder's build folder.
function(adit_relative_object RESULT TARGET SOURCE)
  string(REPLACE "." "[.]" pattern "/${SOURCE}.obj$")
  set(object "$<FILTER:$<TARGET_OBJECTS:${TARGET}>,INCLUDE,${pattern}>")
  set(${RESULT} "$<PATH:RELATIVE_PATH,${object},${CMAKE_CURRENT_BINARY_DIR}>" PARENT_SCOPE)
endfunction()

function(adit_add_driver NAME)
  cmake_parse_arguments(
    ARG "" "OUTPUT;DEF;ENTRY" "IMPORTS;DEFINES;INCLUDES;LIBRARIES;RESOURCES;SOURCES" ${ARGN})
  if(NOT ARG_OUTPUT)
    set(ARG_OUTPUT ${NAME}.sys)
  endif()
  if(NOT ARG_ENTRY)
    set(ARG_ENTRY GsDriverEntry)
  endif()
  if(ADIT_ARCH STREQUAL "x86" AND NOT ARG_ENTRY MATCHES "@")
    string(APPEND ARG_ENTRY "@8")
  endif()

  add_library(${NAME}_objects OBJECT ${ARG_SOURCES})
  target_compile_options(${NAME}_objects PRIVATE ${ADIT_KERNEL_COMPILE_OPTIONS})
  target_include_directories(${NAME}_objects PRIVATE ${PROJECT_SOURCE_DIR}/nt ${ARG_INCLUDES})
  target_compile_definitions(${NAME}_objects PRIVATE ${ARG_DEFINES})
  target_link_libraries(${NAME}_objects PRIVATE ${ARG_LIBRARIES})

  # A part of the kernel's functions is in hal.dll.
  if("ntoskrnl" IN_LIST ARG_IMPORTS)
    list(APPEND ARG_IMPORTS hal)
  endif()
  set(libraries)
  set(dependencies)
  foreach(import IN LISTS ARG_IMPORTS)
    get_property(lib GLOBAL PROPERTY ADIT_IMPORT_LIBRARY_${import})
    list(APPEND libraries ${lib})
    list(APPEND dependencies ${import}_import_library)
  endforeach()

  set(file ${CMAKE_CURRENT_BINARY_DIR}/${ARG_OUTPUT})
  get_filename_component(base ${ARG_OUTPUT} NAME_WE)
  set(options
    /nologo /machine:${ADIT_MACHINE} /driver /subsystem:native,${ADIT_SUBSYSTEM_VERSION}
    /entry:${ARG_ENTRY} /nodefaultlib /guard:cf
    /debug /pdb:${base}.pdb /pdbaltpath:${base}.pdb /pdbsourcepath:.
    /Brepro /release /version:10.0 /osversion:10.0 /opt:ref,icf /tsaware:no
    /merge:.00cfg=.rdata /section:INIT,ERD /section:.text,ERP /section:.rdata,RP /section:.data,RWP)
  if(ADIT_ARCH STREQUAL "x86")
    list(APPEND options /safeseh)
  endif()
  if(ARG_DEF)
    list(APPEND options /def:${ARG_DEF} /implib:${CMAKE_CURRENT_BINARY_DIR}/${base}.exports.lib)
  endif()
  # Relative, so that the PDB does not say where this build lies. One by one, since CMake 3.25 makes
  # only the first path of a list relative.
  set(inputs)
  foreach(source IN LISTS ARG_SOURCES)
    adit_relative_object(object ${NAME}_objects ${source})
    list(APPEND inputs ${object})
  endforeach()
  foreach(source cookie.c ${ADIT_ARCH}.S)
    adit_relative_object(object adit_kernel_runtime ${source})
    list(APPEND inputs ${object})
  endforeach()
  foreach(input IN LISTS libraries ARG_RESOURCES)
    cmake_path(RELATIVE_PATH input BASE_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR})
    list(APPEND inputs ${input})
  endforeach()
  add_custom_command(
    OUTPUT ${file}
    COMMAND lld-link-19 ${options} /out:${ARG_OUTPUT} ${inputs}
    WORKING_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}
    DEPENDS ${NAME}_objects "$<TARGET_OBJECTS:${NAME}_objects>" adit_kernel_runtime
            "$<TARGET_OBJECTS:adit_kernel_runtime>" ${libraries} ${dependencies} ${ARG_DEF}
            ${ARG_RESOURCES}
    COMMAND_EXPAND_LISTS VERBATIM)
  add_custom_target(${NAME} ALL DEPENDS ${file})
  set_target_properties(${NAME} PROPERTIES DRIVER_FILE ${file})
endfunction()
