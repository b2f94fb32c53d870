#!/usr/bin/env bash
# Includes follow the layers only: what a folder may include of the project's own headers, as a pattern.
# Usage: include_direction.sh SOURCE_ROOT
set -euo pipefail
cd "$1"
status=0

allow() {  # allow FOLDER PATTERN: every project include in FOLDER must match PATTERN
  local folder=$1 pattern=$2 found
  found=$(grep -rHnE '^#include "' --include='*.h' --include='*.cc' "$folder" | grep -vE "#include \"($pattern)/" || true)
  if [ -n "$found" ]; then
    printf '%s may include only %s:\n%s\n' "$folder" "$pattern" "$found"
    status=1
  fi
}

allow common/base 'common/base'
allow common/json 'common/(base|json)'
allow common/plan 'common/(base|plan)'
allow common/report 'common/(base|report)'
allow common/settings 'common/(base|settings)'
allow common/sys 'common/(base|sys)'
allow common/metrics 'common/(base|metrics)'
allow common/http 'common/(base|http|sys)'
allow common/cli 'common/(base|cli|settings|sys)'
allow vrrp/core 'common/base|vrrp/core'
allow vrrp/settings 'common/(base|plan|settings)|vrrp/(core|settings)'
allow vrrp/doctor 'common/(base|report)|vrrp/(core|doctor)'
allow vrrp/sys 'common/(base|sys)|vrrp/(core|doctor|sys)'
allow vrrp 'common/(base|cli|http|json|metrics|plan|report|settings|sys)|vrrp(/core|/doctor|/sys|/settings)?'
allow operator/core 'common/(base|plan|report)|operator/core'
allow operator/watch 'common/(base|plan)|operator/(core|watch)'
allow operator/view 'common/(base|metrics|plan)|operator/(core|view|watch)'
allow operator/page 'common/(base|http|metrics|sys)|operator/(core|page|status|view|watch)'
allow operator/webhook 'common/(base|sys)|operator/(core|docker|watch|webhook)'
allow operator/docker 'common/(base|plan|sys)|operator/(core|docker)'
allow operator 'common/(base|cli|http|metrics|plan|report|settings|sys)|operator(/core|/docker|/page|/settings|/status|/view|/watch|/webhook|/cli)?'
exit $status
