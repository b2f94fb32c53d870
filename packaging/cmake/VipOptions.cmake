# How every target of ours is compiled and linked: vip::options.
include(CheckCXXSourceRuns)

add_library(vip_options INTERFACE)
add_library(vip::options ALIAS vip_options)

target_include_directories(vip_options INTERFACE "${PROJECT_SOURCE_DIR}")
target_compile_definitions(vip_options INTERFACE VIP_VERSION="${PROJECT_VERSION}")
target_compile_options(vip_options INTERFACE
  -ffile-prefix-map=${PROJECT_SOURCE_DIR}=.
  -Wall -Wextra -Wpedantic -Wshadow -Wformat=2 -Wnull-dereference
  -Wno-missing-field-initializers  # designated initializers name what matters; the rest has defaults
  $<$<COMPILE_LANGUAGE:CXX>:-Wconversion -Wsign-conversion -Wold-style-cast -Wnon-virtual-dtor
    -Woverloaded-virtual -Wswitch-enum>
  # GCC 12 sees an overlap in every `"text" + std::string` (its bug 105651).
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>
  # Clang warns of what libstdc++ 12 itself uses in std::stable_sort.
  $<$<CXX_COMPILER_ID:Clang>:-Wno-deprecated-declarations>
  $<$<BOOL:${SWARM_VIP_WERROR}>:-Werror>)

if(SWARM_VIP_SANITIZE)
  target_compile_options(vip_options INTERFACE
    -fsanitize=${SWARM_VIP_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(vip_options INTERFACE -fsanitize=${SWARM_VIP_SANITIZE})
  # A fence is there against a process that dies, which tsan does not look at, and not against threads.
  if(SWARM_VIP_SANITIZE STREQUAL "thread")
    target_compile_options(vip_options INTERFACE -Wno-tsan)
  endif()
else()
  # Hardening; the assertions of the standard library stay on in release, as our own do.
  target_compile_options(vip_options INTERFACE
    -fstack-protector-strong $<$<CONFIG:Release>:-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3>
    -ffunction-sections -fdata-sections)
  target_compile_definitions(vip_options INTERFACE _GLIBCXX_ASSERTIONS)
  target_link_options(vip_options INTERFACE
    -pie -Wl,-z,relro,-z,now -Wl,-z,noexecstack -Wl,--gc-sections -Wl,--as-needed
    $<$<CONFIG:Release>:-s>)
  # What the loader has to move, in a few bits each: 0.1 MB of the agent, 0.5 MB of an operator with its own TLS. Run,
  # because a linker can know more than the C library.
  set(CMAKE_REQUIRED_LINK_OPTIONS -pie -Wl,-z,pack-relative-relocs)
  check_cxx_source_runs("int main() { return 0; }" VIP_HAS_RELATIVE_RELOCATIONS)
  unset(CMAKE_REQUIRED_LINK_OPTIONS)
  if(VIP_HAS_RELATIVE_RELOCATIONS)
    target_link_options(vip_options INTERFACE -Wl,-z,pack-relative-relocs)
  endif()
endif()
