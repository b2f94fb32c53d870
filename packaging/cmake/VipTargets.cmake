# One way to declare a library, a program, a unit test; the layering is the link graph.

# vip_add_library(vrrp_core [PURE] [HOT] SOURCES a.cc ... [ALONE b.cc ...] [LINKS public...] [PRIVATE private...])
# makes target vip_vrrp_core and alias vip::vrrp_core. PURE adds a test that the archive calls no socket,
# clock or log. HOT is what the simulation steps through millions of times: optimized under sanitizers, too.
# ALONE are sources, too: compiled by themselves also where the others are compiled together (CMAKE_UNITY_BUILD),
# because names of theirs are others', too.
function(vip_add_library name)
  cmake_parse_arguments(ARG "PURE;HOT" "" "SOURCES;ALONE;LINKS;PRIVATE" ${ARGN})
  add_library(vip_${name} STATIC ${ARG_SOURCES} ${ARG_ALONE})
  set_source_files_properties(${ARG_ALONE} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  add_library(vip::${name} ALIAS vip_${name})
  target_link_libraries(vip_${name} PUBLIC vip::options ${ARG_LINKS} PRIVATE ${ARG_PRIVATE})
  if(ARG_HOT AND SWARM_VIP_SANITIZE)
    target_compile_options(vip_${name} PRIVATE -O1)
  endif()
  if(ARG_PURE AND SWARM_VIP_TESTS)
    add_test(NAME core_is_pure.${name}
      COMMAND "${PROJECT_SOURCE_DIR}/tests/tidy/core_is_pure.sh" $<TARGET_FILE:vip_${name}>)
    set_tests_properties(core_is_pure.${name} PROPERTIES LABELS tidy)
  endif()
endfunction()

# vip_add_program(swarm-vip-agent SOURCES main.cc LINKS ...)
function(vip_add_program name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE vip::options ${ARG_LINKS})
  if(NOT SWARM_VIP_SANITIZE)
    target_link_options(${name} PRIVATE -static-libstdc++ -static-libgcc)
  endif()
  install(TARGETS ${name} DESTINATION ${CMAKE_INSTALL_SBINDIR})
endfunction()
