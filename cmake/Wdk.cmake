# SPDX-License-Identifier: MIT
#
# The driver with Microsoft's Windows Driver Kit, on Windows. NOT TRIED: no such machine was at hand.
# Needs an "x64 Native Tools" prompt of Visual Studio with the WDK and its clang-cl, which sets
# WindowsSdkDir and WindowsSDKVersion. The same functions as in Driver.cmake, Messages.cmake and
# Package.cmake, as far as driver/ calls them, so that driver/CMakeLists.txt is the same everywhere.

set(wdk_machine_amd64 x64)
set(wdk_machine_x86 x86)
set(wdk_machine_arm64 arm64)
set(ADIT_WDK_MACHINE ${wdk_machine_${ADIT_ARCH}})
set(ADIT_WDK_VERSION "$ENV{WindowsSDKVersion}")
find_path(ADIT_WDK_INCLUDE ntifs.h
  PATHS "$ENV{WindowsSdkDir}/Include/${ADIT_WDK_VERSION}/km" NO_DEFAULT_PATH REQUIRED)
find_path(ADIT_WDK_LIB ntoskrnl.lib
  PATHS "$ENV{WindowsSdkDir}/Lib/${ADIT_WDK_VERSION}/km/${ADIT_WDK_MACHINE}" NO_DEFAULT_PATH REQUIRED)
find_program(ADIT_MC mc REQUIRED)

# CMake's defaults are for programs.
set(CMAKE_C_STANDARD_LIBRARIES "")
set(CMAKE_MSVC_RUNTIME_LIBRARY "")

function(adit_add_messages NAME SOURCE)
  set(dir ${CMAKE_CURRENT_BINARY_DIR})
  # The file's LanguageNames name messages.bin ("Message Text Files"); the source has to be in the
  # current folder ("Message Compiler (MC.exe)").
  add_custom_command(
    OUTPUT ${dir}/messages.h ${dir}/messages.bin
    COMMAND ${ADIT_MC} -c -n -U -h ${dir} -r ${dir} ${SOURCE}
    WORKING_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR}
    DEPENDS ${SOURCE} VERBATIM)
  file(CONFIGURE OUTPUT ${dir}/message_table.rc CONTENT "LANGUAGE 9, 1\n1 11 \"messages.bin\"\n")
  add_custom_target(${NAME}_files DEPENDS ${dir}/messages.h ${dir}/messages.bin)
  add_library(${NAME} INTERFACE)
  add_dependencies(${NAME} ${NAME}_files)
  target_include_directories(${NAME} INTERFACE ${dir})
endfunction()

function(adit_compile_resource RESULT SCRIPT)
  set(${RESULT} ${SCRIPT} PARENT_SCOPE)
endfunction()

function(adit_version_resource RESULT)
  cmake_parse_arguments(PARSE_ARGV 1 ARG "" "NAME;KIND;DESCRIPTION" "")
  set(ADIT_RC_TYPE "3 // VFT_DRV")
  set(ADIT_RC_SUBTYPE "6 // VFT2_DRV_NETWORK")
  set(ADIT_RC_NAME ${ARG_NAME})
  set(ADIT_RC_DESCRIPTION ${ARG_DESCRIPTION})
  set(ADIT_RC_VERSION_TEXT ${PROJECT_VERSION}.0)
  string(REPLACE "." "," ADIT_RC_VERSION ${ADIT_RC_VERSION_TEXT})
  set(script ${CMAKE_CURRENT_BINARY_DIR}/${ARG_NAME}.version.rc)
  configure_file(${PROJECT_SOURCE_DIR}/package/version.rc.in ${script} @ONLY)
  set(${RESULT} ${script} PARENT_SCOPE)
endfunction()

function(adit_add_driver NAME)
  cmake_parse_arguments(ARG "" "OUTPUT" "IMPORTS;LIBRARIES;RESOURCES;SOURCES" ${ARGN})
  cmake_path(GET ARG_OUTPUT STEM base)
  add_executable(${NAME} ${ARG_SOURCES} ${ARG_RESOURCES})
  set_target_properties(${NAME} PROPERTIES OUTPUT_NAME ${base} SUFFIX .sys)
  # WIN9X_COMPAT_SPINLOCK: KeInitializeSpinLock inline, since Windows 7 on amd64 does not export it.
  target_compile_definitions(${NAME} PRIVATE
    _WIN32_WINNT=0x0601 NTDDI_VERSION=0x06010000 NDIS_MINIPORT_DRIVER NDIS620_MINIPORT=1
    WIN9X_COMPAT_SPINLOCK $<IF:$<STREQUAL:${ADIT_ARCH},amd64>,_AMD64_,$<IF:$<STREQUAL:${ADIT_ARCH},x86>,_X86_,_ARM64_>>)
  target_compile_options(${NAME} PRIVATE /kernel /W4 /GS /guard:cf /Zi /O2 /Oy- /clang:-std=c17
    $<$<STREQUAL:${ADIT_ARCH},x86>:/Gz>)
  target_include_directories(${NAME} PRIVATE ${ADIT_WDK_INCLUDE})
  target_link_libraries(${NAME} PRIVATE ${ARG_LIBRARIES})
  set(subsystem 6.01)
  if(ADIT_ARCH STREQUAL "arm64")
    set(subsystem 10.00)
  endif()
  set(imports ${ARG_IMPORTS} hal BufferOverflowFastFailK wdmsec)
  list(TRANSFORM imports REPLACE "(.+)" "${ADIT_WDK_LIB}/\\1.lib")
  target_link_options(${NAME} PRIVATE /driver /subsystem:native,${subsystem} /nodefaultlib /guard:cf
    /incremental:no /manifest:no /entry:GsDriverEntry$<$<STREQUAL:${ADIT_ARCH},x86>:@8> /release /debug /opt:ref,icf
    /section:INIT,D /merge:_TEXT=.text /merge:_PAGE=PAGE ${imports})
endfunction()
