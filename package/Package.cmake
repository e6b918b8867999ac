# SPDX-License-Identifier: MIT
#
# Signing, resources and programs of the build machine; include() it before package/ and whatever
# signs. What it needs: openssl, osslsigncode, llvm-rc, a C compiler for this machine, libcrypto.
#
# Cache variables, the same for all architectures of one build:
#   SIGN_CERT            PEM file of the certificate or chain, the signer's first
#   SIGN_KEY             PEM file of its key, or with SIGN_PKCS11_MODULE the key's PKCS #11 URI
#                        (both empty: a test certificate, made once in build/certificate)
#   SIGN_PIN_FILE        file with the key's password or the token's PIN; empty: none
#   SIGN_PKCS11_MODULE   library of the token that holds the key; needs libengine-pkcs11-openssl
#   SIGN_CA              PEM file of the roots that tests verify signatures with; empty: SIGN_CERT
#   SIGN_TIMESTAMP_URL   RFC 3161 time stamp server; empty: no time stamp
#   SIGNED_PACKAGES      folder with <architecture>/adit.sys, adit.inf and adit.cat as Microsoft signed
#                        them, which are then taken as they are; empty: packages are built
#   ADIT_PACKAGE_TIME    Unix time that signatures, catalogue and DriverVer carry
#
# Sets ADIT_SIGN_CERT, ADIT_SIGN_OPTIONS for osslsigncode, ADIT_SIGN_DEPENDS (the certificate's file
# and the key's, if it is one) and ADIT_SIGN_CA; ADIT_PACKAGE_DIR,
# where this architecture's package comes to lie, and ADIT_PACKAGE_ARCHITECTURES, those whose
# packages adit.dll carries; ADIT_BUILD_TOOLS_DIR, for programs of the build machine.

set(SIGN_CERT "" CACHE FILEPATH "Certificate to sign with (PEM); empty: a test certificate")
set(SIGN_KEY "" CACHE STRING "Private key of SIGN_CERT: PEM file or PKCS #11 URI")
set(SIGN_CA "" CACHE FILEPATH "Root certificates of SIGN_CERT (PEM)")
set(SIGN_PIN_FILE "" CACHE FILEPATH "File with the password of SIGN_KEY")
set(SIGN_PKCS11_MODULE "" CACHE FILEPATH "PKCS #11 library of the token that has SIGN_KEY")
set(SIGNED_PACKAGES "" CACHE PATH "Folder of driver packages that were signed elsewhere")
set(SIGN_TIMESTAMP_URL "" CACHE STRING "RFC 3161 time stamp server")

# Fixed, so that two builds of one commit are the same. "make dist" gives the commit's own time.
set(ADIT_PACKAGE_TIME 1795219200 CACHE STRING "Unix time of signatures and DriverVer")
if(NOT ADIT_PACKAGE_TIME MATCHES "^[0-9]+$")
  message(FATAL_ERROR "ADIT_PACKAGE_TIME is \"${ADIT_PACKAGE_TIME}\", not a number of seconds")
endif()
set(ADIT_PACKAGE_SETTINGS
    SIGN_CERT SIGN_KEY SIGN_CA SIGN_PIN_FILE SIGN_PKCS11_MODULE SIGN_TIMESTAMP_URL
    SIGNED_PACKAGES ADIT_PACKAGE_TIME)

set(ADIT_PACKAGE_SOURCE_DIR "${CMAKE_CURRENT_LIST_DIR}")
set(ADIT_PACKAGE_DIR "${CMAKE_BINARY_DIR}/package")
set(ADIT_BUILD_TOOLS_DIR "${CMAKE_BINARY_DIR}/build-tools")
file(MAKE_DIRECTORY "${ADIT_BUILD_TOOLS_DIR}")

find_program(ADIT_OPENSSL openssl REQUIRED)
find_program(ADIT_OSSLSIGNCODE osslsigncode REQUIRED)
find_program(ADIT_LLVM_RC llvm-rc-19 REQUIRED)
find_program(ADIT_HOST_CC NAMES cc gcc clang-19 clang REQUIRED)

# A process may be emulated: on arm64 Windows any of the three runs, on amd64 also x86.
set(architectures_x86 x86 amd64 arm64)
set(architectures_amd64 amd64 arm64)
set(architectures_arm64 arm64)
set(ADIT_PACKAGE_ARCHITECTURES ${architectures_${ADIT_ARCH}})

if(SIGN_CERT AND SIGN_KEY)
  set(ADIT_SIGN_CERT "${SIGN_CERT}")
  set(sign_key "${SIGN_KEY}")
elseif(SIGN_CERT OR SIGN_KEY)
  message(FATAL_ERROR "SIGN_CERT (\"${SIGN_CERT}\") and SIGN_KEY (\"${SIGN_KEY}\") go together")
else()
  # Not in the package's folder: the key stays out of what is handed on.
  set(ADIT_CERTIFICATE_DIR "${PROJECT_SOURCE_DIR}/build/certificate")
  set(ADIT_SIGN_CERT "${ADIT_CERTIFICATE_DIR}/test-signing.pem")
  set(sign_key "${ADIT_CERTIFICATE_DIR}/test-signing.key")
endif()
set(ADIT_SIGN_CA "${ADIT_SIGN_CERT}")
if(SIGN_CA)
  set(ADIT_SIGN_CA "${SIGN_CA}")
endif()
set(ADIT_SIGN_OPTIONS -h sha256 -time ${ADIT_PACKAGE_TIME} -certs "${ADIT_SIGN_CERT}" -key
                      "${sign_key}")
set(ADIT_SIGN_DEPENDS "${ADIT_SIGN_CERT}")
if(SIGN_PKCS11_MODULE)
  list(APPEND ADIT_SIGN_OPTIONS -pkcs11module "${SIGN_PKCS11_MODULE}")
else()
  list(APPEND ADIT_SIGN_DEPENDS "${sign_key}")
endif()
if(SIGN_PIN_FILE)
  list(APPEND ADIT_SIGN_OPTIONS -readpass "${SIGN_PIN_FILE}")
endif()
if(SIGN_TIMESTAMP_URL)
  list(APPEND ADIT_SIGN_OPTIONS -ts "${SIGN_TIMESTAMP_URL}")
endif()

# adit_version(<result> <separator>): the project's version as four numbers.
function(adit_version result separator)
  string(REPLACE "." ";" numbers "${CMAKE_PROJECT_VERSION}")
  list(APPEND numbers 0 0 0 0)
  list(SUBLIST numbers 0 4 numbers)
  list(JOIN numbers "${separator}" joined)
  set(${result} "${joined}" PARENT_SCOPE)
endfunction()

# adit_sign(INPUT <target or file> OUTPUT <file> [PAGE_HASHES] [DESCRIPTION <text>]
#           [DEPENDS <target or file>...])
#
# A rule that signs INPUT into OUTPUT. PAGE_HASHES is for drivers. The same input, certificate and
# ADIT_PACKAGE_TIME give the same bytes.
function(adit_sign)
  cmake_parse_arguments(PARSE_ARGV 0 arg "PAGE_HASHES" "INPUT;OUTPUT;DESCRIPTION" "DEPENDS")
  set(input "${arg_INPUT}")
  if(TARGET "${arg_INPUT}")
    set(input "$<TARGET_FILE:${arg_INPUT}>")
  endif()
  set(options "")
  if(arg_PAGE_HASHES)
    list(APPEND options -ph)
  endif()
  if(arg_DESCRIPTION)
    list(APPEND options -n "${arg_DESCRIPTION}")
  endif()
  cmake_path(GET arg_OUTPUT PARENT_PATH folder)
  cmake_path(GET arg_OUTPUT FILENAME name)
  # osslsigncode does not write over a file.
  add_custom_command(
    OUTPUT "${arg_OUTPUT}"
    COMMAND "${CMAKE_COMMAND}" -E make_directory "${folder}"
    COMMAND "${CMAKE_COMMAND}" -E rm -f "${arg_OUTPUT}"
    COMMAND "${ADIT_OSSLSIGNCODE}" sign ${ADIT_SIGN_OPTIONS} ${options} -in "${input}" -out
            "${arg_OUTPUT}"
    DEPENDS "${arg_INPUT}" ${arg_DEPENDS} ${ADIT_SIGN_DEPENDS}
    COMMENT "Signing ${name}"
    VERBATIM)
endfunction()

# adit_sign_target(<target> <description>): the library or program is signed each time it is linked.
function(adit_sign_target target description)
  set(file "$<TARGET_FILE:${target}>")
  add_custom_command(
    TARGET ${target} POST_BUILD
    COMMAND "${CMAKE_COMMAND}" -E rm -f "${file}.signed"
    COMMAND "${ADIT_OSSLSIGNCODE}" sign ${ADIT_SIGN_OPTIONS} -n "${description}" -in "${file}" -out
            "${file}.signed"
    COMMAND "${CMAKE_COMMAND}" -E rename "${file}.signed" "${file}"
    COMMENT "Signing ${target}"
    VERBATIM)
  add_dependencies(${target} adit_certificate)
  set_property(TARGET ${target} APPEND PROPERTY LINK_DEPENDS ${ADIT_SIGN_DEPENDS})
endfunction()

# adit_compile_resource(<result> <script> [DEPENDS <file>...]): a rule that compiles a resource
# script; <result> is the .res file, the same for all architectures. The linker takes any number.
function(adit_compile_resource result script)
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "" "DEPENDS")
  cmake_path(REPLACE_EXTENSION script LAST_ONLY res OUTPUT_VARIABLE output)
  # llvm-rc takes an absolute path for an option when it begins like one (/c, /d, /l...).
  cmake_path(GET output PARENT_PATH folder)
  cmake_path(RELATIVE_PATH output BASE_DIRECTORY "${folder}" OUTPUT_VARIABLE relative_output)
  cmake_path(RELATIVE_PATH script BASE_DIRECTORY "${folder}" OUTPUT_VARIABLE relative_script)
  add_custom_command(
    OUTPUT "${output}"
    COMMAND "${ADIT_LLVM_RC}" /FO "${relative_output}" "${relative_script}"
    WORKING_DIRECTORY "${folder}"
    DEPENDS "${script}" ${arg_DEPENDS}
    COMMENT "Compiling ${script}"
    VERBATIM)
  set(${result} "${output}" PARENT_SCOPE)
endfunction()

# adit_version_resource(<result> NAME <file name> KIND <DRIVER|LIBRARY|PROGRAM>
#                       DESCRIPTION <text>)
#
# Sets <result> to a .res file, made in this folder, with the version information of that file: for
# RESOURCES of adit_add_driver, or for adit_target_resources.
function(adit_version_resource result)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "NAME;KIND;DESCRIPTION" "")
  set(ADIT_RC_SUBTYPE "0")
  if(arg_KIND STREQUAL "DRIVER")
    set(ADIT_RC_TYPE "3 // VFT_DRV")
    set(ADIT_RC_SUBTYPE "6 // VFT2_DRV_NETWORK")
  elseif(arg_KIND STREQUAL "LIBRARY")
    set(ADIT_RC_TYPE "2 // VFT_DLL")
  elseif(arg_KIND STREQUAL "PROGRAM")
    set(ADIT_RC_TYPE "1 // VFT_APP")
  else()
    message(FATAL_ERROR "KIND ${arg_KIND} of ${arg_NAME} is not DRIVER, LIBRARY or PROGRAM")
  endif()
  set(ADIT_RC_NAME "${arg_NAME}")
  set(ADIT_RC_DESCRIPTION "${arg_DESCRIPTION}")
  adit_version(ADIT_RC_VERSION ",")
  adit_version(ADIT_RC_VERSION_TEXT ".")
  set(script "${CMAKE_CURRENT_BINARY_DIR}/${arg_NAME}.version.rc")
  configure_file("${ADIT_PACKAGE_SOURCE_DIR}/version.rc.in" "${script}" @ONLY)
  adit_compile_resource(compiled "${script}")
  set(${result} "${compiled}" PARENT_SCOPE)
endfunction()

# adit_package_directory(<result> <architecture>): where that architecture's package comes to lie.
function(adit_package_directory result architecture)
  set(directory "${ADIT_PACKAGE_DIR}")
  if(NOT architecture STREQUAL ADIT_ARCH)
    cmake_path(SET directory NORMALIZE "${CMAKE_BINARY_DIR}/../windows-${architecture}/package")
  endif()
  set(${result} "${directory}" PARENT_SCOPE)
endfunction()

# adit_package_files(<result>): what adit.dll carries, a list of <name>=<file>: the driver packages of
# ADIT_PACKAGE_ARCHITECTURES, and aditsetup.exe for those that can emulate this one. Names are
# <architecture>-adit.sys, ...-adit.inf, ...-adit.cat and ...-aditsetup.exe.
function(adit_package_files result)
  set(carried "")
  foreach(architecture IN LISTS ADIT_PACKAGE_ARCHITECTURES)
    adit_package_directory(directory ${architecture})
    foreach(name adit.sys adit.inf adit.cat)
      list(APPEND carried "${architecture}-${name}=${directory}/${name}")
    endforeach()
    if(NOT architecture STREQUAL ADIT_ARCH)
      cmake_path(GET directory PARENT_PATH build)
      list(APPEND carried "${architecture}-aditsetup.exe=${build}/bin/aditsetup.exe")
    endif()
  endforeach()
  set(${result} "${carried}" PARENT_SCOPE)
endfunction()

# adit_package_resource(<result>): a .res file, made in this folder, with these files as RCDATA of
# these names. It is made again whenever one of them changes.
function(adit_package_resource result)
  set(script "${CMAKE_CURRENT_BINARY_DIR}/package.rc")
  set(lines "")
  set(files "")
  adit_package_files(carried)
  foreach(pair IN LISTS carried)
    string(REGEX MATCH "^([^=]+)=(.*)$" pair "${pair}")
    string(APPEND lines "${CMAKE_MATCH_1} RCDATA \"${CMAKE_MATCH_2}\"\n")
    list(APPEND files "${CMAKE_MATCH_2}")
  endforeach()
  file(CONFIGURE OUTPUT "${script}" CONTENT "${lines}" @ONLY)
  adit_compile_resource(compiled "${script}" DEPENDS ${files})
  set(${result} "${compiled}" PARENT_SCOPE)
endfunction()

# adit_target_resources(<target> <.res file>...): links them into a library or program of the same
# folder.
function(adit_target_resources target)
  target_sources(${target} PRIVATE ${ARGN})
  target_link_libraries(${target} PRIVATE ${ARGN})
  set_property(TARGET ${target} APPEND PROPERTY LINK_DEPENDS ${ARGN})
endfunction()

# adit_add_host_program(<name> SOURCES <file>... [LIBRARIES <name>...])
#
# A program for the machine that builds, whatever the preset builds for. The target has the name;
# the program is ${ADIT_BUILD_TOOLS_DIR}/<name>.
function(adit_add_host_program name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LIBRARIES")
  list(TRANSFORM arg_LIBRARIES PREPEND -l)
  set(program "${ADIT_BUILD_TOOLS_DIR}/${name}")
  set(objects "")
  foreach(source IN LISTS arg_SOURCES)
    cmake_path(ABSOLUTE_PATH source NORMALIZE)
    cmake_path(GET source STEM stem)
    set(object "${program}.${stem}.o")
    add_custom_command(
      OUTPUT "${object}"
      COMMAND
        "${ADIT_HOST_CC}" -std=c17 -D_DEFAULT_SOURCE -O2 -g -Wall -Wextra -Wconversion -Werror
        -MMD -MF "${object}.d" -c "${source}" -o "${object}"
      DEPENDS "${source}"
      DEPFILE "${object}.d"
      COMMENT "Compiling ${stem}.c for this machine"
      VERBATIM)
    list(APPEND objects "${object}")
  endforeach()
  add_custom_command(
    OUTPUT "${program}"
    COMMAND "${ADIT_HOST_CC}" -o "${program}" ${objects} ${arg_LIBRARIES}
    DEPENDS ${objects}
    COMMENT "Linking ${name} for this machine"
    VERBATIM)
  add_custom_target(${name} DEPENDS "${program}")
endfunction()
