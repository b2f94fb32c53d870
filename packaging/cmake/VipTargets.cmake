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
    # Last of all, and before the shared libm, which libstdc++ would bring for two functions that nothing of ours
    # reaches: 0.9 MB of the image, 0.3 MB of each process.
    set(CMAKE_CXX_STANDARD_LIBRARIES "-l:libstdc++.a -l:libm.a" PARENT_SCOPE)
  endif()
  install(TARGETS ${name} DESTINATION ${CMAKE_INSTALL_SBINDIR})
  vip_add_documents(${name})
endfunction()

# vip_add_documents(swarm-vip) lets a program write its man page and what shells complete, and installs them.
function(vip_add_documents name)
  if(CMAKE_CROSSCOMPILING OR SWARM_VIP_SANITIZE)
    return()  # it cannot run here, or nobody installs it
  endif()
  set(folder "${PROJECT_BINARY_DIR}/documents")
  set(page "${folder}/${name}.8")
  set(bash "${folder}/${name}.bash")
  set(zsh "${folder}/_${name}")
  set(fish "${folder}/${name}.fish")
  add_custom_command(OUTPUT "${page}" "${bash}" "${zsh}" "${fish}"
    COMMAND "${CMAKE_COMMAND}" -E make_directory "${folder}"
    COMMAND ${name} man-page > "${page}"
    COMMAND ${name} completion bash > "${bash}"
    COMMAND ${name} completion zsh > "${zsh}"
    COMMAND ${name} completion fish > "${fish}"
    DEPENDS ${name} VERBATIM)
  add_custom_target(${name}-documents ALL DEPENDS "${page}" "${bash}" "${zsh}" "${fish}")
  install(FILES "${page}" DESTINATION "${CMAKE_INSTALL_MANDIR}/man8")
  install(FILES "${bash}" DESTINATION "${CMAKE_INSTALL_DATADIR}/bash-completion/completions" RENAME ${name})
  install(FILES "${zsh}" DESTINATION "${CMAKE_INSTALL_DATADIR}/zsh/site-functions")
  install(FILES "${fish}" DESTINATION "${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d")
endfunction()
