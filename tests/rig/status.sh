#!/usr/bin/env bash
# status.sh: one line a part; exit code 0 when all of them run, else 1.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

code=0
row() {   # LABEL PART...
  local label=$1
  shift
  if bash "$RIG_DIR/$1.sh" "${@:2}" >/dev/null 2>&1; then
    printf '%-12s up\n' "$label"
  else
    printf '%-12s DOWN\n' "$label"
    code=1
  fi
}
row network network status
row registries registry status
row "engine 29" engine status 29
if [[ -e $RIG_STATE/engine-20 ]]; then row "engine 20" engine status 20; fi
row cluster cluster status
exit "$code"
