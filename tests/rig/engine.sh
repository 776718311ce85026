#!/usr/bin/env bash
# engine.sh up|down|status 29|20: a Docker engine with containerd of its own.
#   29: built here, containerd image store        20: Debian's 20.10, classic store
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

ENGINE=$2
NAME=docker$ENGINE
DATA=$RIG_STATE/$NAME
RUN=$RIG_RUN/$NAME
SOCKET=$RIG_RUN/$NAME.sock
CONTAINERD_SOCKET=$RUN/containerd.sock

config() {
  case $ENGINE in
    29) # the new shim and runc must come first: engine 29 asks Debian's for things they do not know
      export PATH=$CONTAINERD_BIN:$RUNC_BIN:$ENGINE_BIN:/usr/sbin:/usr/bin:/sbin:/bin
      POOL=$RIG_NET.128.0/18 FEATURES='{"containerd-snapshotter": true}' ;;
    20)
      export PATH=/usr/sbin:/usr/bin:/sbin:/bin
      POOL=$RIG_NET.192.0/18 FEATURES='{}' ;;
    *) fail "no engine $ENGINE: 29 or 20" ;;
  esac
}

write_configs() {
  mkdir -p "$DATA" "$RUN"
  cat >"$RUN/containerd.toml" <<END
version = 2
root = "$DATA/containerd"
state = "$RUN/containerd"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
  address = "$CONTAINERD_SOCKET"
[ttrpc]
  address = "$CONTAINERD_SOCKET.ttrpc"
[plugins."io.containerd.internal.v1.opt"]
  path = "$DATA/opt"
END
  cat >"$RUN/daemon.json" <<END
{
  "hosts": ["unix://$SOCKET"],
  "containerd": "$CONTAINERD_SOCKET",
  "data-root": "$DATA/data",
  "exec-root": "$RUN/exec",
  "pidfile": "$RUN/dockerd.pid",
  "bridge": "gwr-d$ENGINE",
  "default-address-pools": [{"base": "$POOL", "size": 24}],
  "cgroup-parent": "/gwr-d$ENGINE",
  "iptables": false, "ip6tables": false, "ip-masq": false,
  "registry-mirrors": ["http://$RIG_MIRROR"],
  "init-path": "/usr/bin/tini-static",
  "features": $FEATURES
}
END
}

ping() { curl -sf --unix-socket "$SOCKET" http://docker/_ping; }

up() {
  config
  write_configs
  # A new containerd leaves dockerd without its containers' events: start both anew.
  alive "$NAME-containerd" || stop "$NAME"
  start "$NAME-containerd" containerd --config "$RUN/containerd.toml"
  wait_for 20 test -S "$CONTAINERD_SOCKET" || fail "engine $ENGINE: containerd does not start: $RIG_LOGS/$NAME-containerd.log"
  alive "$NAME" || rm -f "$RUN/dockerd.pid"   # else a stranger with the old pid keeps dockerd from starting
  start "$NAME" dockerd --config-file "$RUN/daemon.json"
  wait_for 40 ping || fail "engine $ENGINE does not answer: $RIG_LOGS/$NAME.log"
}

down() {
  local containers
  if ping >/dev/null 2>&1 && containers=$(docker -H "unix://$SOCKET" ps -q) && [[ -n $containers ]]; then
    # shellcheck disable=SC2086 # one id a word; dockerd alone would give each ten seconds
    docker -H "unix://$SOCKET" kill $containers >/dev/null 2>&1 || true
  fi
  stop "$NAME" 15
  kill_shims "$CONTAINERD_SOCKET"
  stop "$NAME-containerd"
  unmount_below "$DATA"
  unmount_below "$RUN"
  remove_cgroups "gwr-d$ENGINE"
  rm -rf "$DATA" "$RUN" "$SOCKET"
}

status() { alive "$NAME-containerd" && alive "$NAME" && ping >/dev/null; }

"$1"
