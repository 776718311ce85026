# shellcheck shell=bash disable=SC2034 # sourced: the names are used elsewhere
# Shared by every part of the rig: where things live, how to speak, and how to
# start, prove alive, and end a daemon that is ours.

RIG_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$RIG_DIR/versions.sh"

RIG_CACHE=${RIG_CACHE:-${HOME:-/root}/.cache/gitlab-werf-rig}
RIG_STATE=${RIG_STATE:-/var/lib/gitlab-werf-rig}
RIG_RUN=$RIG_STATE/run            # pid files and sockets: void after a restart
RIG_LOGS=$RIG_STATE/logs

# ---- speaking ---------------------------------------------------------------

say()  { printf '%s\n' "$*"; }
fail() { printf 'rig: %s\n' "$*" >&2; exit 1; }

# timed LABEL COMMAND...: one line when it is done, with its seconds.
timed() {
  local label=$1 start=$EPOCHREALTIME
  shift
  "$@" || fail "$label failed; logs: $RIG_LOGS"
  say "  $label $(seconds_since "$start") s"
}

seconds_since() {
  local micros=$(( ${EPOCHREALTIME/./} - ${1/./} ))
  printf '%d.%d' $((micros / 1000000)) $((micros / 100000 % 10))
}

# wait_for SECONDS COMMAND...: try every 0.1 s until the command succeeds.
wait_for() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    ((SECONDS < deadline)) || return 1
    sleep 0.1
  done
}

# ---- addresses --------------------------------------------------------------
# One /16 holds all that the rig makes, so that three firewall rules serve it
# and anything with an address in it is known to be ours.

# What a rig was started with holds until it is down, whatever a later call says.
# shellcheck source=/dev/null
if [[ -e $RIG_STATE/settings ]]; then . "$RIG_STATE/settings"; fi
RIG_NET=${RIG_NET:-10.10}
RIG_CIDR=$RIG_NET.0.0/16
RIG_NODE_IP=$RIG_NET.0.2
RIG_POD_CIDR=$RIG_NET.1.0/24
RIG_SERVICE_CIDR=$RIG_NET.64.0/20
RIG_API=https://$RIG_NODE_IP:6443
RIG_REGISTRY_PORT=${RIG_REGISTRY_PORT:-5000}
RIG_MIRROR_PORT=${RIG_MIRROR_PORT:-5001}
RIG_REGISTRY=localhost:$RIG_REGISTRY_PORT
RIG_MIRROR=localhost:$RIG_MIRROR_PORT
RIG_REGISTRY_USER=gitlab-ci-token   # as whom jobs log in: htpasswd has one password a user

# ---- what is built, and where it is -----------------------------------------

go_dir() { printf '%s/go/%s@%s' "$RIG_CACHE" "$1" "$2"; }

ENGINE_BIN=$(go_dir engine "$MOBY_VERSION")/bin
CONTAINERD_BIN=$(go_dir containerd "$CONTAINERD_VERSION")/bin
RUNC_BIN=$(go_dir runc "$RUNC_VERSION")/bin
KUBERNETES_BIN=$(go_dir kubernetes "$KUBERNETES_VERSION")/bin
COREDNS_BIN=$(go_dir coredns "$COREDNS_VERSION")/bin
HELM_BIN=$(go_dir helm "$HELM_VERSION")/bin
RUNNER_BIN=$(go_dir runner "$RUNNER_VERSION")/bin
GITLAB_CI_LOCAL=$RIG_CACHE/npm/gitlab-ci-local@$GITLAB_CI_LOCAL_VERSION

# ---- daemons ----------------------------------------------------------------
# A pid file holds "pid start-time" and the command line: a pid alone may have
# been given to a stranger since.

start_time() {   # PID -> clock ticks since boot, or nothing when it is gone or a zombie
  local stat
  stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
  read -ra stat <<<"${stat##*) }"
  [[ ${stat[0]} != Z ]] && printf '%s' "${stat[19]}"
}

daemon_pid() {   # NAME -> its pid when it is alive and ours
  local pid started
  { read -r pid started <"$RIG_RUN/$1.pid"; } 2>/dev/null || return 1
  [[ $(start_time "$pid") == "$started" ]] && printf '%s' "$pid"
}

alive() { daemon_pid "$1" >/dev/null; }

# start NAME COMMAND...: nothing when it runs with this very command already;
# a new start when it runs with another one.
start() {
  local name=$1
  shift
  if alive "$name"; then
    [[ $(tail -n +2 "$RIG_RUN/$name.pid") == "$*" ]] && return 0
    stop "$name"
  fi
  setsid "$@" >>"$RIG_LOGS/$name.log" 2>&1 </dev/null 9>&- &
  local pid=$!
  printf '%s %s\n%s\n' "$pid" "$(start_time "$pid")" "$*" >"$RIG_RUN/$name.pid"
}

# stop NAME [SECONDS]: TERM, then KILL after the seconds (5).
stop() {
  local pid
  if pid=$(daemon_pid "$1"); then
    kill -TERM "$pid" 2>/dev/null || true
    wait_for "${2:-5}" daemon_gone "$1" || kill -KILL "$pid" 2>/dev/null || true
    wait_for 5 daemon_gone "$1" || true
  fi
  rm -f "$RIG_RUN/$1.pid"
}

daemon_gone() { ! alive "$1"; }

# end_strays: daemons of ours that no pid file knows any more (its directory was
# removed, or a kill came between start and writing it): each one's command
# line names a file below $RIG_STATE.
end_strays() {
  local daemon='(dockerd|containerd|docker-registry|etcd|kube[a-z-]+|rig)' pid
  for pid in $(pgrep -f -- "^([^ ]*/)?$daemon .*$RIG_STATE/" || true); do
    kill -KILL "$pid" 2>/dev/null || true
  done
  kill_shims "$RIG_RUN/"
}

# kill_shims SOCKET: end the containers that a containerd of ours has left
# behind: every shim that was told this socket, and what runs below it.
kill_shims() {
  local pid pids
  pids=$(pgrep -f -- "containerd-shim.* -address $1" || true)
  for pid in $pids; do
    [[ -n $pid ]] && kill_below "$pid"
  done
}

kill_below() {
  local child
  for child in $(pgrep -P "$1" || true); do kill_below "$child"; done
  kill -KILL "$1" 2>/dev/null || true
}

# firewall ARGUMENTS: iptables without its remark, at every call, that somebody
# once listed the legacy tables.
firewall() { iptables -w "$@" 2> >(grep -v 'legacy tables present' >&2); }

# unmount_below DIR: every mount at or under it, the innermost first.
unmount_below() {
  awk -v dir="$1" '$5 == dir || index($5, dir "/") == 1 { print $5 }' /proc/self/mountinfo |
    tac | while read -r mount; do umount -l "$mount" 2>/dev/null || true; done
}

# remove_cgroups NAME: the cgroup of that name, in v1's hierarchies or in v2's one.
remove_cgroups() {
  local dir
  for dir in /sys/fs/cgroup/"$1" /sys/fs/cgroup/*/"$1"; do
    [[ -d $dir ]] && find "$dir" -depth -type d -exec rmdir {} + 2>/dev/null
  done
  return 0
}
