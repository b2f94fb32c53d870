# Files as text in a program, with no tool but CMake.

# vip_embed(operator/page/embedded.h NAMESPACE vip::swarm::embedded FILES index.html ...) makes a header that is included
# under that name: each file is a std::string_view, `index_html`. It is made when CMake configures, because clang-tidy
# reads the sources of a tree that nobody has built; a file that changes makes the next build configure again.
function(vip_embed header)
  cmake_parse_arguments(ARG "" "NAMESPACE" "FILES" ${ARGN})
  set(delimiter "vip_embed")  # of raw strings: what no file may hold
  cmake_path(RELATIVE_PATH CMAKE_CURRENT_SOURCE_DIR BASE_DIRECTORY "${PROJECT_SOURCE_DIR}" OUTPUT_VARIABLE folder)
  set(text "// Made by CMake out of files in ${folder}: change those.\n#pragma once\n\n#include <string_view>\n\n")
  string(APPEND text "// NOLINTBEGIN(readability-identifier-naming): named after the files\n")
  string(APPEND text "namespace ${ARG_NAMESPACE} {\n\n")
  foreach(file IN LISTS ARG_FILES)
    cmake_path(ABSOLUTE_PATH file BASE_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}" OUTPUT_VARIABLE path)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${path}")
    file(READ "${path}" content)
    string(FIND "${content}" ")${delimiter}\"" position)
    if(NOT position EQUAL -1)
      message(FATAL_ERROR "${file} holds what ends a raw string: )${delimiter}\"")
    endif()
    cmake_path(GET file FILENAME name)
    string(MAKE_C_IDENTIFIER "${name}" name)
    string(APPEND text "inline constexpr std::string_view ${name} = R\"${delimiter}(${content})${delimiter}\";\n\n")
  endforeach()
  string(APPEND text "}  // namespace ${ARG_NAMESPACE}\n// NOLINTEND(readability-identifier-naming)\n")
  # Written only where it differs, or every configuring would compile again.
  set(path "${VIP_EMBEDDED_DIR}/${header}")
  file(WRITE "${path}.new" "${text}")
  file(COPY_FILE "${path}.new" "${path}" ONLY_IF_DIFFERENT)
endfunction()

set(VIP_EMBEDDED_DIR "${PROJECT_BINARY_DIR}/embedded")
