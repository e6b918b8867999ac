# SPDX-License-Identifier: MIT
#
# cmake -D... -P BuildPackage.cmake: brings the driver package of another architecture up to date,
# and that architecture's aditsetup.exe.
#   SOURCE_DIR, BUILD_DIR, ADIT_ARCH
#   SETTINGS   names of cache variables that it shall have as given, each by a -D of its own

cmake_minimum_required(VERSION 3.25)

file(MAKE_DIRECTORY "${BUILD_DIR}")
# Builds of two architectures may both come here.
file(LOCK "${BUILD_DIR}/package.lock" TIMEOUT 900)

set(configure FALSE)
if(EXISTS "${BUILD_DIR}/build.ninja")
  load_cache("${BUILD_DIR}" READ_WITH_PREFIX old_ ${SETTINGS})
else()
  set(configure TRUE)
endif()
set(definitions "")
foreach(setting IN LISTS SETTINGS)
  list(APPEND definitions "-D${setting}=${${setting}}")
  if(NOT "${old_${setting}}" STREQUAL "${${setting}}")
    set(configure TRUE)
  endif()
endforeach()

if(configure)
  execute_process(
    COMMAND
      "${CMAKE_COMMAND}" -S "${SOURCE_DIR}" -B "${BUILD_DIR}" -G Ninja --toolchain
      "${SOURCE_DIR}/cmake/windows.cmake" -DADIT_ARCH=${ADIT_ARCH}
      -DCMAKE_EXPORT_COMPILE_COMMANDS=ON ${definitions}
    COMMAND_ERROR_IS_FATAL ANY)
endif()
execute_process(
  COMMAND "${CMAKE_COMMAND}" --build "${BUILD_DIR}" --target adit_package aditsetup
  COMMAND_ERROR_IS_FATAL ANY)
