#!/usr/bin/env bash
# No two types of one name in one namespace: the linker would take one's functions for the other's and say nothing.
# Usage: one_definition.sh SOURCE_ROOT
set -euo pipefail
cd "$1"

# "NAMESPACE::NAME FILE" of each type that is defined outside of others; in an unnamed namespace it is its file's own.
types() {
  find common vrrp operator -name '*.h' -o -name '*.cc' | sort | xargs awk '
    FNR == 1 { depth = 0 }
    /^namespace \{/ { space[++depth] = FILENAME; next }
    /^namespace [a-z_:]+ \{/ { space[++depth] = $2; next }
    /^}  \/\/ namespace/ { --depth; next }
    /^(struct|class|enum class) [A-Z][A-Za-z]*( final| :[^:].*)? \{/ {
      path = ""
      for (i = 1; i <= depth; ++i) path = path space[i] "::"
      print path ($1 == "enum" ? $3 : $2), FILENAME
    }'
}

twice=$(types | awk '{ files[$1] = files[$1] " " $2; ++count[$1] } END { for (name in count) if (count[name] > 1) print name ":" files[name] }')
[ "$(types | wc -l)" -gt 300 ] || { echo "hardly any type was found"; exit 1; }
if [ -n "$twice" ]; then
  printf 'defined twice:\n%s\n' "$twice"
  exit 1
fi
