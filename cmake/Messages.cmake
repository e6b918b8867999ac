# SPDX-License-Identifier: MIT
#
# adit_add_messages(NAME FILE.mc)
#   Rules that make, in this folder's build folder, from a message file in English whose language
#   has the file name "messages": messages.h, the codes; messages.bin, the content of a message
#   table; and message_table.rc, the script of a resource with it. Target NAME is an interface
#   library: those who link it can include "messages.h".

find_program(ADIT_WINDMC NAMES x86_64-w64-mingw32-windmc windmc REQUIRED)

function(adit_add_messages NAME SOURCE)
  set(dir ${CMAKE_CURRENT_BINARY_DIR})
  set(files ${dir}/messages.h ${dir}/messages.bin)
  cmake_path(ABSOLUTE_PATH SOURCE NORMALIZE)
  # -c: the customer bit in codes; -n: texts end without a line's end; -U: they are UTF-16.
  add_custom_command(
    OUTPUT ${files}
    COMMAND ${ADIT_WINDMC} -c -n -U -h ${dir} -r ${dir} ${SOURCE}
    DEPENDS ${SOURCE}
    COMMENT "Compiling messages"
    VERBATIM)
  # 11 is RT_MESSAGETABLE. llvm-rc takes that keyword, which windmc writes, for a type of one's own.
  file(CONFIGURE OUTPUT ${dir}/message_table.rc CONTENT "LANGUAGE 9, 1\n1 11 \"messages.bin\"\n")
  add_custom_target(${NAME}_files DEPENDS ${files})
  add_library(${NAME} INTERFACE)
  add_dependencies(${NAME} ${NAME}_files)
  target_include_directories(${NAME} INTERFACE ${dir})
endfunction()
