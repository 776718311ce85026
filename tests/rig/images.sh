#!/usr/bin/env bash
# Makes the stand-in base images, once, and pushes them to the mirror registry,
# whose store is in the cache: a later `up` finds them there and has nothing to do.
# Needs engine 29 and the mirror up (and the mirror writable, see registry.sh).
#
# How this host reaches the package registries (mirrors, proxies, certificates)
# is read from its own configuration while building, and stands in no file here.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$RIG_DIR/images-lib.sh"

export DOCKER_HOST=unix://$RIG_RUN/docker29.sock
export DOCKER_BUILDKIT=0   # the classic builder is there with every CLI; buildx is not

CA_BUNDLE=/etc/ssl/certs/ca-certificates.crt

# The host's sources that are signed with Debian's key; what else a host may
# have (a vendor's repository) is nothing that its key ring knows inside.
debian_sources() {
  grep -ls 'debian-archive-keyring\|deb.* main' /etc/apt/sources.list /etc/apt/sources.list.d/*.{sources,list} || true
}

debian_mirror() {
  # shellcheck disable=SC2046 # one path a word
  sed -nE 's/^URIs: *([^ ]+).*/\1/p; s/^deb +(\[[^]]*\] +)?([^ ]+) .*/\2/p' $(debian_sources) | head -n 1
}

# Debian, minimal, as one layer under all others.
make_debian() {
  local root=$1/root
  debootstrap --variant=minbase --include=ca-certificates bookworm "$root" "$(debian_mirror)" \
    || { tail -n 5 "$root/debootstrap/debootstrap.log" >&2; return 1; }
  rm -f "$root/etc/apt/sources.list"
  # shellcheck disable=SC2046 # one path a word
  cp -t "$root/etc/apt/sources.list.d/" $(debian_sources)
  # how to reach the mirror (proxy, dates): not what tools of the host hook in
  grep -lsE '^Acquire' /etc/apt/apt.conf.d/* | xargs -r cp -t "$root/etc/apt/apt.conf.d/"
  cp --dereference "$CA_BUNDLE" "$root$CA_BUNDLE"
  rm -rf "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/*.bin "$root"/var/cache/apt/archives/*.deb \
    "$root"/usr/share/{doc,man,info,locale}/*
  printf 'APT::Install-Recommends "false";\nDir::Cache::pkgcache "";\nDir::Cache::srcpkgcache "";\n' >"$root/etc/apt/apt.conf.d/90rig"
  tar -C "$root" -c . | docker import -c 'CMD ["bash"]' - localhost/rig-debian
}

# The settings of this host's npm and pip that decide whom they ask. No tokens.
npm_config() {
  local key value
  for key in registry cafile proxy https-proxy; do
    value=$(cd / && npm config get "$key" 2>/dev/null)
    [[ -z $value || $value == null || $value == undefined ]] || printf '%s=%s\n' "$key" "$value"
  done
  printf 'audit=false\nfund=false\nupdate-notifier=false\n'
}

pip_config() {
  printf '[global]\n'
  python3 -m pip config list 2>/dev/null | tr -d "'" |
    sed -nE 's/^(global|:env:)\.((extra-)?index-url|trusted-host|proxy|cert|timeout)=/\2 = /p' |
    sort -u -t= -k1,1
}

# context FOLDER DIR: the Dockerfile's folder and what the host adds to it.
context() {
  cp -r "$RIG_DIR/images/$1/." "$2"
  case $1 in
    busybox) cp /bin/busybox "$2/busybox" ;;
    node)
      npm_config >"$2/npmrc"
      (cd "$2" && npm pack --silent "npm@$NPM_VERSION" >/dev/null && mv npm-*.tgz npm.tgz) ;;
    python) pip_config >"$2/pip.conf" ;;
    postgres) chmod 755 "$2/entrypoint" ;;
  esac
}

make() {   # FOLDER NAME...
  local folder=$1 work started=$EPOCHREALTIME name
  shift
  work=$(mktemp -d "$RIG_STATE/image-$folder.XXXXXX")
  if [[ $folder == debian ]]; then
    make_debian "$work"
  else
    context "$folder" "$work"
    docker build -q -t "localhost/rig-$folder" "$work"
  fi >"$RIG_LOGS/image-$folder.log" 2>&1 || { tail -n 20 "$RIG_LOGS/image-$folder.log" >&2; fail "image $folder: $RIG_LOGS/image-$folder.log"; }
  rm -rf "$work"
  for name in "$@"; do
    [[ $name == */* ]] || name=library/$name
    docker tag "localhost/rig-$folder" "$RIG_MIRROR/$name"
    docker push -q "$RIG_MIRROR/$name" >>"$RIG_LOGS/image-$folder.log" 2>&1 || fail "pushing $name: $RIG_LOGS/image-$folder.log"
    docker rmi "$RIG_MIRROR/$name" >/dev/null
  done
  say "  image $folder $(seconds_since "$started") s: $*"
}

main() {
  local folder names made=() pids=() pid
  images_complete && return 0
  while read -r folder names; do
    made+=("localhost/rig-$folder")
    # shellcheck disable=SC2086 # one name a word
    case $folder in
      debian | busybox) make "$folder" $names </dev/null ;;
      *) make "$folder" $names </dev/null & pids+=($!) ;;
    esac
  done < <(grep '^[a-z]' "$RIG_DIR/images/names")
  for pid in "${pids[@]}"; do wait "$pid" || exit 1; done
  docker rmi "${made[@]}" >/dev/null
  touch "$IMAGES_STORE/complete"
}
main
