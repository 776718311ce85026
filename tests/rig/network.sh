#!/usr/bin/env bash
# network.sh up|down|status: bridges, forwarding and the rig's three firewall rules.
#
# The engines run with --iptables=false: two engines (or ours and a stranger's)
# would otherwise rewrite each other's DOCKER chains, and nobody could tell
# afterwards whose rules are whose. These rules do instead; published ports go
# through docker-proxy.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

COMMENT=gitlab-werf-rig

# bridge NAME ADDRESS: kubelet and the engines need an address that is not
# loopback; this kernel has no dummy driver, a bridge does as well.
bridge() {
  ip link show "$1" >/dev/null 2>&1 || ip link add "$1" type bridge
  ip addr replace "$2" dev "$1"
  ip link set "$1" up
}

rules() {   # one a line: table, chain, match and target
  printf '%s\n' \
    "nat POSTROUTING -s $RIG_CIDR ! -d $RIG_CIDR -j MASQUERADE" \
    "filter FORWARD -s $RIG_CIDR -j ACCEPT" \
    "filter FORWARD -d $RIG_CIDR -j ACCEPT"
}

# rule ACTION TABLE CHAIN WORDS...: iptables with that action: -C, -I or -D.
rule() { firewall -t "$2" "$1" "$3" "${@:4}" -m comment --comment "$COMMENT"; }

# each_rule COMMAND: that command with the words of each rule, until one fails.
each_rule() {
  local words
  rules | while read -ra words; do "$1" "${words[@]}" || return 1; done
}
check_rule()  { rule -C "$@" 2>/dev/null; }
add_rule()    { check_rule "$@" || rule -I "$@"; }
remove_rule() { while rule -D "$@" 2>/dev/null; do :; done; }   # however often it is there

ours_only() {   # refuse when the machine routes into our range already
  local foreign
  foreign=$(ip -4 route show root "$RIG_CIDR" | grep -v ' dev gwr-' | grep -v ' dev br-' || true)
  [[ -z $foreign ]] || fail "this machine already routes $RIG_CIDR ($foreign); choose another range, e.g. RIG_NET=10.77"
}

up() {
  ours_only
  # Forwarding is put back by down, but only if it was us who turned it on.
  if [[ $(sysctl -n net.ipv4.ip_forward) == 0 ]]; then
    cp /proc/sys/kernel/random/boot_id "$RIG_STATE/ip_forward-was-off"
    sysctl -qw net.ipv4.ip_forward=1
  fi
  bridge gwr-node "$RIG_NODE_IP/24"
  bridge gwr-d29 "$RIG_NET.8.1/24"
  bridge gwr-d20 "$RIG_NET.9.1/24"
  each_rule add_rule
}

down() {
  local link address
  each_rule remove_rule
  # Ours by name, and the engines' user networks (br-…) by their address.
  ip -4 -o addr show | while read -r _ link _ address _; do
    [[ $address == "$RIG_NET".* && ( $link == gwr-* || $link == br-* ) ]] && ip link delete "$link"
  done || true
  if cmp -s /proc/sys/kernel/random/boot_id "$RIG_STATE/ip_forward-was-off"; then
    sysctl -qw net.ipv4.ip_forward=0
  fi
}

status() { each_rule check_rule && ip link show gwr-node >/dev/null 2>&1; }

"$1"
