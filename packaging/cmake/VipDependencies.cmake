# What we use of others, found on the system; nothing is downloaded. The agent links statically what it can,
# because a small resident size is a promise.
find_package(PkgConfig REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(spdlog 1.10 REQUIRED)
find_package(fmt 9 REQUIRED)
find_package(CLI11 2.1 REQUIRED)
find_package(CURL 7.88 REQUIRED)
pkg_check_modules(LIBNL REQUIRED libnl-route-3.0)
pkg_check_modules(LIBEVENT REQUIRED libevent_core libevent_extra)
pkg_check_modules(NETTLE REQUIRED nettle)

# A static archive as an imported target `name`: vip_static_library(name HEADERS dirs... ARCHIVES files...).
# Include paths are SYSTEM, so that our warnings stay ours.
function(vip_static_library name)
  cmake_parse_arguments(ARG "" "" "HEADERS;ARCHIVES;LINKS" ${ARGN})
  add_library(${name} INTERFACE IMPORTED GLOBAL)
  target_include_directories(${name} SYSTEM INTERFACE ${ARG_HEADERS})
  foreach(archive IN LISTS ARG_ARCHIVES)
    find_library(VIP_ARCHIVE_${archive} NAMES lib${archive}.a REQUIRED)
    target_link_libraries(${name} INTERFACE ${VIP_ARCHIVE_${archive}})
  endforeach()
  target_link_libraries(${name} INTERFACE ${ARG_LINKS})
endfunction()

find_package(Threads REQUIRED)
vip_static_library(vip::libnl HEADERS ${LIBNL_INCLUDE_DIRS} ARCHIVES nl-route-3 nl-3 LINKS Threads::Threads)
vip_static_library(vip::libevent HEADERS ${LIBEVENT_INCLUDE_DIRS} ARCHIVES event_extra event_core)
vip_static_library(vip::nettle HEADERS ${NETTLE_INCLUDE_DIRS} ARCHIVES nettle)

# spdlog and fmt from their headers alone: as shared libraries they would bring a shared libstdc++ with them.
get_target_property(SPDLOG_INCLUDES spdlog::spdlog_header_only INTERFACE_INCLUDE_DIRECTORIES)
vip_static_library(vip::spdlog HEADERS ${SPDLOG_INCLUDES} LINKS fmt::fmt-header-only Threads::Threads)
target_compile_definitions(vip::spdlog INTERFACE SPDLOG_FMT_EXTERNAL)
