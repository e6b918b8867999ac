# SPDX-License-Identifier: MIT
#
# wine_x86.*: adit.sys for x86 run by the host for x86, with clients for x86, under 32-bit Wine in a
# prefix of its own, build/wine-x86-prefix. In make check-all only.

# The host is no part of the ordinary build, since its Linux half takes gcc-multilib.
add_test(NAME wine_x86.build CONFIGURATIONS All
  COMMAND ${CMAKE_COMMAND} --build ${CMAKE_BINARY_DIR} --target adit_wine_host)
set_tests_properties(wine_x86.build PROPERTIES TIMEOUT 600 FIXTURES_SETUP wine_x86)

function(adit_add_x86_test NAME)
  add_test(NAME wine_x86.${NAME} CONFIGURATIONS All
    COMMAND ${ARGN}
    WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  set_tests_properties(wine_x86.${NAME} PROPERTIES
    TIMEOUT 600 RESOURCE_LOCK wine FIXTURES_REQUIRED wine_x86 ENVIRONMENT ADIT_TEST_ARCHITECTURE=x86)
endfunction()

set(host_test build/windows-x86/host/wine/test)
adit_add_x86_test(host scripts/sandbox --wine32 build/windows-x86/wine/adit-wine
  --prefix ${host_test}/prefix ${host_test}/host_test.exe)
adit_add_x86_test(device ${CMAKE_CURRENT_SOURCE_DIR}/device_test)
adit_add_x86_test(data ${CMAKE_CURRENT_SOURCE_DIR}/data_test)
adit_add_x86_test(session ${CMAKE_CURRENT_SOURCE_DIR}/session_test)

# Adapters are software devices; with ORDER "b", made by SetupAPI, as in CMakeLists.txt.
function(adit_add_x86_library_test NAME ORDER PROGRAM)
  adit_add_x86_test(${NAME} scripts/sandbox --wine32 env WINEDLLOVERRIDES=cfgmgr32=${ORDER}
    tests/wine/passed "${PROGRAM}_test: passed"
    build/windows-x86/wine/adit-wine --prefix build/wine-x86-prefix
    build/windows-x86/tests/library/library_${PROGRAM}_test.exe ${ARGN})
endfunction()
adit_add_x86_library_test(library n,b adapter)
adit_add_x86_library_test(library_setupapi b adapter)
adit_add_x86_library_test(library_install n,b install)
adit_add_x86_library_test(library_install_setupapi b install)
adit_add_x86_library_test(library_lifetime.kill n,b lifetime kill 10)
adit_add_x86_library_test(library_lifetime.many n,b lifetime many 20)
adit_add_x86_library_test(library_lifetime.unload n,b lifetime unload)
adit_add_x86_library_test(library_lifetime_setupapi.many b lifetime many 10)
