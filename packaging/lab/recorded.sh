#!/usr/bin/env bash
# Writes down its own pid and start time, then becomes the given command.
#
#   recorded.sh FILE COMMAND...
#
# Whoever removes a lab first moves its directory away, then kills what is written there. So a process either has been
# written down by then or finds no place to write to, and ends: none is ever forgotten, at whatever moment its starter
# was killed.
set -euo pipefail

readonly file=$1
shift
read -r stat </proc/$$/stat
read -ra fields <<<"${stat##*) }"
printf '%s %s\n' $$ "${fields[19]}" >"$file.new"
mv "$file.new" "$file"
exec "$@"
