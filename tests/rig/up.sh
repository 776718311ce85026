#!/usr/bin/env bash
# up.sh [20]: brings up what is not up, repairs what is half dead; with 20 also
# the classic engine. Parts that do not need each other start side by side.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$RIG_DIR/images-lib.sh"

STEPS=6
step() { say "[$1/$STEPS] $2 (at $(seconds_since "$BEGUN") s)"; }
part() { bash "$RIG_DIR/$1.sh" "${@:2}"; }

# Pid files, sockets and runtime state of before a restart say nothing any more.
fresh_run() {
  local boot
  boot=$(cat /proc/sys/kernel/random/boot_id)
  if [[ $(cat "$RIG_RUN/boot-id" 2>/dev/null) != "$boot" ]]; then
    end_strays
    unmount_below "$RIG_RUN"
    rm -rf "$RIG_RUN"
  fi
  mkdir -p "$RIG_STATE" "$RIG_RUN" "$RIG_LOGS"
  chmod 711 "$RIG_STATE"
  printf '%s\n' "$boot" >"$RIG_RUN/boot-id"
  printf '%s=%s\n' RIG_NET "$RIG_NET" RIG_REGISTRY_PORT "$RIG_REGISTRY_PORT" RIG_MIRROR_PORT "$RIG_MIRROR_PORT" \
    >"$RIG_STATE/settings"
}

# Names under which jobs and tests call the tools.
link_tools() {
  mkdir -p "$RIG_STATE/bin"
  ln -sfn "$KUBERNETES_BIN/kubectl" "$RIG_STATE/bin/kubectl"
  ln -sfn "$HELM_BIN/helm" "$RIG_STATE/bin/helm"
  ln -sfn "$RUNNER_BIN/rig" "$RIG_STATE/bin/gitlab-runner"   # its own main: package "rig"
}

side_by_side() {   # each argument: "LABEL|WORDS OF A PART"
  local entry pid pids=() failed=0
  for entry in "$@"; do
    # shellcheck disable=SC2086 # the words of a part
    timed "${entry%%|*}" part ${entry#*|} &
    pids+=($!)
  done
  for pid in "${pids[@]}"; do wait "$pid" || failed=1; done
  ((failed == 0)) || exit 1
}

[[ $EUID == 0 ]] || fail "needs root: it starts engines and a cluster"
BEGUN=$EPOCHREALTIME
exec 9>/run/lock/gitlab-werf-rig.lock
flock -w 1800 9 || fail "another scripts/rig has been working for half an hour; see: fuser /run/lock/gitlab-werf-rig.lock"

step 1 packages
"$RIG_DIR/../../scripts/setup" --rig
step 2 binaries
part build
step 3 network
fresh_run
link_tools
part network up
[[ ${1:-} != 20 ]] || touch "$RIG_STATE/engine-20"
step 4 "registries, engines, cluster"
parts=("registries|registry up" "engine 29|engine up 29" "cluster|cluster up")
[[ ! -e $RIG_STATE/engine-20 ]] || parts+=("engine 20|engine up 20")
side_by_side "${parts[@]}"
step 5 "base images"
if ! images_complete; then
  part images
  part registry up   # anew, read-only
fi
step 6 "node and DNS"
timed "ready" part cluster ready
say "rig is up after $(seconds_since "$BEGUN") s; use it: eval \"\$(scripts/rig env)\""
