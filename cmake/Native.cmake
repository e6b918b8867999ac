# SPDX-License-Identifier: MIT
#
# Flags of the native presets, in which kernel code runs in one Linux process.
# ADIT_SANITIZE: a list for -fsanitize, for example "address,undefined" or "thread".

set(ADIT_SANITIZE "" CACHE STRING "Sanitizers of the native build")

find_package(Threads REQUIRED)

# Compiles kernel code: 16-bit wide characters, Windows' structure extensions.
add_library(adit_native_kernel INTERFACE)
target_compile_options(adit_native_kernel INTERFACE
  -std=gnu17 -fshort-wchar -fms-extensions -fno-strict-aliasing -fno-omit-frame-pointer
  -Wall -Wextra -Wno-microsoft-anon-tag -Werror)
target_compile_definitions(adit_native_kernel INTERFACE _GNU_SOURCE NDIS_VERIFY=1)
target_include_directories(adit_native_kernel INTERFACE ${PROJECT_SOURCE_DIR}/nt)
target_link_libraries(adit_native_kernel INTERFACE Threads::Threads)

# adit_trace(TARGET): host/native sees each basic block of the target's code run, and checks what
# the documents say of it (host/native/rules_code.c).
function(adit_trace target)
  target_compile_options(${target} PRIVATE -fsanitize-coverage=trace-pc)
endfunction()

if(ADIT_SANITIZE)
  add_compile_options(-fsanitize=${ADIT_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${ADIT_SANITIZE})
endif()
