#!/usr/bin/env bash
# registry.sh up|down|status: the registry with a login, and the mirror that
# stands in for the public one and serves the base images out of the cache.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$RIG_DIR/images-lib.sh"

DATA=$RIG_STATE/registry

# The password is made up here, once a rig, and is never printed or an argument.
login() {
  mkdir -p "$DATA" "$RIG_STATE/docker-config"
  chmod 700 "$DATA" "$RIG_STATE/docker-config"
  [[ -s $DATA/password ]] || (umask 077; head -c 18 /dev/urandom | base64 | tr -d '\n+/=' >"$DATA/password")
  [[ -s $DATA/htpasswd ]] || htpasswd -niB "$RIG_REGISTRY_USER" <"$DATA/password" | sed '/^$/d' >"$DATA/htpasswd"
  (umask 077
   { printf '%s:' "$RIG_REGISTRY_USER"; cat "$DATA/password"; } | base64 -w0 |
     jq -R --arg port "$RIG_REGISTRY_PORT" \
       '{auths: {("localhost:" + $port): {auth: .}, ("127.0.0.1:" + $port): {auth: .}}}' \
       >"$RIG_STATE/docker-config/config.json")
}

config() {   # PORT ROOT READONLY [AUTH]
  cat <<END
version: 0.1
log: {level: warn}
storage:
  filesystem: {rootdirectory: $2}
  delete: {enabled: true}
  maintenance:
    uploadpurging: {enabled: false}
    readonly: {enabled: $3}
http:
  addr: 127.0.0.1:$1
  secret: rig
${4:-}
END
}

up() {
  login
  # Once the images are complete nobody writes to them any more: what one test
  # pushed must not be another one's base image.
  local frozen=false
  images_complete && frozen=true
  mkdir -p "$IMAGES_STORE"
  config "$RIG_REGISTRY_PORT" "$DATA/data" false "auth: {htpasswd: {realm: rig, path: $DATA/htpasswd}}" >"$DATA/login.yml"
  config "$RIG_MIRROR_PORT" "$IMAGES_STORE" "$frozen" >"$DATA/mirror-$IMAGES_KEY-$frozen.yml"
  start_registry registry "$RIG_REGISTRY_PORT" "$DATA/login.yml"
  start_registry mirror "$RIG_MIRROR_PORT" "$DATA/mirror-$IMAGES_KEY-$frozen.yml"
}

start_registry() {   # NAME PORT CONFIG
  if ! alive "$1" && answers "$2"; then
    fail "port $2 on 127.0.0.1 is taken by a stranger; set RIG_${1^^}_PORT"
  fi
  start "$1" docker-registry serve "$3"
  { wait_for 10 answers "$2" && alive "$1"; } || fail "the $1 does not answer: $RIG_LOGS/$1.log"
}

answers() { curl -s -o /dev/null "http://127.0.0.1:$1/v2/"; }

down() {
  stop registry
  stop mirror
  rm -rf "$DATA" "$RIG_STATE/docker-config"
}

status() {
  alive registry && alive mirror && answers "$RIG_REGISTRY_PORT" && answers "$RIG_MIRROR_PORT"
}

"$1"
