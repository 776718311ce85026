#!/usr/bin/env bash
# down.sh [20]: ends all that is ours and removes its state (the logs and the
# cache stay); with 20 only the classic engine.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

[[ $EUID == 0 ]] || fail "needs root"
part() { bash "$RIG_DIR/$1.sh" "${@:2}"; }
BEGUN=$EPOCHREALTIME
exec 9>/run/lock/gitlab-werf-rig.lock
flock -w 1800 9 || fail "another scripts/rig is at work"
mkdir -p "$RIG_RUN" "$RIG_LOGS"

rm -f "$RIG_STATE/engine-20"
if [[ ${1:-} == 20 ]]; then
  part engine down 20
  say "engine 20 is down"
  exit 0
fi
part engine down 20 &
part engine down 29 &
part cluster down &
wait
part registry down
part network down
end_strays
unmount_below "$RIG_STATE"
find "$RIG_STATE" -mindepth 1 -maxdepth 1 ! -name logs -exec rm -rf {} +
say "rig is down after $(seconds_since "$BEGUN") s; logs: $RIG_LOGS"
