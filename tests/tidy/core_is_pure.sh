#!/usr/bin/env bash
# A core library is a function: its archive must not call sockets, clocks, files, logs or randomness.
# Usage: core_is_pure.sh ARCHIVE
set -euo pipefail
banned='^ *U (socket|bind|connect|send(to|msg)?|recv(from|msg)?|open(at)?(64)?|clock_gettime|gettimeofday|time|getenv|getrandom|rand|random|usleep|nanosleep|event_.*|nl_.*|rtnl_.*|curl_.*)(@.*)?$|std::chrono::.*(steady|system)_clock::now|spdlog::|std::random_device|std::basic_[io]?fstream'
found=$(nm -uC "$1" | grep -E "$banned" || true)
if [ -n "$found" ]; then
  printf 'not pure: %s calls\n%s\n' "$1" "$found"
  exit 1
fi
