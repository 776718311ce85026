#!/usr/bin/env bash
# Builds what no package offers (engine 29, Kubernetes, CoreDNS, Helm,
# gitlab-runner 12.7) from Go modules, once, into the cache:
#   $RIG_CACHE/go/NAME@VERSION/{bin,build.log}
# A directory there is complete: it is moved into place only when built.
# Beside them the reader of .gitlab-ci.yml, from npm: $RIG_CACHE/npm/NAME@VERSION
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# module_file MODULE VERSION [REPLACE...]: a go.mod that needs that one module,
# so that its own requirements alone choose all other versions.
module_file() {
  local module=$1 version=$2
  shift 2
  printf 'module rig\n\ngo 1.22\n\nrequire %s %s\n' "$module" "$version"
  printf 'replace %s\n' "$@" | sed '/^replace $/d'
}

# Kubernetes replaces its staging modules by folders; published as modules they
# have the same minor and patch version with major 0.
kubernetes_replaces() {
  local gomod
  gomod=$(go mod download -json "k8s.io/kubernetes@$KUBERNETES_VERSION" | jq -r .GoMod)
  sed -n "s#^\s*\(k8s.io/[^ ]*\) => ./staging/.*#\1 => \1 v0.${KUBERNETES_VERSION#v1.}#p" "$gomod"
}

# build NAME MODULE VERSION LDFLAGS TAGS PACKAGE...
# Replaces come one a line in $replaces, an own main in tests/rig/NAME/main.go.
build() {
  local name=$1 module=$2 version=$3 ldflags=$4 tags=$5 target work
  shift 5
  target=$(go_dir "$name" "$version")
  [[ -d $target ]] && return 0
  say "  building $name ${version%%-*}; log: $RIG_CACHE/go/.building-$name.*/build.log"
  work=$(mktemp -d "$RIG_CACHE/go/.building-$name.XXXXXX")
  mkdir "$work/bin"
  local replace=()
  [[ -n ${replaces:-} ]] && mapfile -t replace <<<"$replaces"
  module_file "$module" "$version" "${replace[@]}" >"$work/go.mod"
  [[ -f $RIG_DIR/$name/main.go ]] && cp "$RIG_DIR/$name/main.go" "$work/"
  if ! (cd "$work" && go build -mod=mod -buildvcs=false -trimpath -tags "$tags" \
        -ldflags "-s -w $ldflags" -o bin/ "$@") >"$work/build.log" 2>&1; then
    tail -n 20 "$work/build.log" >&2
    fail "building $name failed; whole log: $work/build.log"
  fi
  mv -T "$work" "$target" 2>/dev/null || rm -rf "$work"   # another build was first: same content
}

build_engine()     { build engine github.com/moby/moby/v2 "$MOBY_VERSION" \
                       "-X github.com/moby/moby/v2/dockerversion.Version=29.0.0-${MOBY_VERSION#v}" '' \
                       github.com/moby/moby/v2/cmd/dockerd github.com/moby/moby/v2/cmd/docker-proxy; }
build_containerd() { build containerd github.com/containerd/containerd/v2 "$CONTAINERD_VERSION" \
                       "-X github.com/containerd/containerd/v2/version.Version=$CONTAINERD_VERSION" '' \
                       github.com/containerd/containerd/v2/cmd/containerd \
                       github.com/containerd/containerd/v2/cmd/containerd-shim-runc-v2; }
build_runc()       { build runc github.com/opencontainers/runc "$RUNC_VERSION" \
                       "-X main.version=${RUNC_VERSION#v}" seccomp github.com/opencontainers/runc; }
build_kubernetes() {
  local v=k8s.io/component-base/version flags='' replaces part
  [[ -d $(go_dir kubernetes "$KUBERNETES_VERSION") ]] || replaces=$(kubernetes_replaces)
  flags="-X $v.gitVersion=$KUBERNETES_VERSION -X $v.gitMajor=1 -X $v.gitMinor=34 -X $v.gitTreeState=clean"
  local packages=()
  for part in kube-apiserver kube-controller-manager kube-scheduler kubelet kube-proxy kubectl; do
    packages+=("k8s.io/kubernetes/cmd/$part")
  done
  build kubernetes k8s.io/kubernetes "$KUBERNETES_VERSION" "$flags" '' "${packages[@]}"
}
build_coredns()    { build coredns github.com/coredns/coredns "$COREDNS_VERSION" '' '' .; }
build_helm()       {
  # The two k8sVersion values are what upstream's Makefile sets too: without
  # them Helm believes that every cluster is Kubernetes 1.20.
  local h=helm.sh/helm/v3 flags=''
  flags="-X $h/internal/version.version=$HELM_VERSION"
  flags+=" -X $h/pkg/chartutil.k8sVersionMajor=1 -X $h/pkg/chartutil.k8sVersionMinor=34"
  build helm "$h" "$HELM_VERSION" "$flags" '' "$h/cmd/helm"
}
build_runner()     {
  local replaces c=gitlab.com/gitlab-org/gitlab-runner/common
  replaces='github.com/minio/go-homedir => github.com/mitchellh/go-homedir v1.1.0
github.com/docker/docker v1.4.2-0.20190822180741-9552f2b2fdde => github.com/docker/engine v1.4.2-0.20190822180741-9552f2b2fdde'
  build runner gitlab.com/gitlab-org/gitlab-runner "$RUNNER_VERSION" \
    "-X $c.NAME=gitlab-runner -X $c.VERSION=12.7.0 -X $c.REVISION=8e5683f8 -X $c.BRANCH=12-7-stable" '' .
}

# Its regular expressions come from a native package that takes minutes to build;
# for the files of our own tests JavaScript's do.
build_gitlab_ci_local() {
  [[ -d $GITLAB_CI_LOCAL ]] && return 0
  mkdir -p "${GITLAB_CI_LOCAL%/*}"
  local work
  work=$(mktemp -d "${GITLAB_CI_LOCAL%/*}/.installing.XXXXXX")
  mkdir "$work/re2"
  printf '{"name": "re2", "version": "1.24.0"}' >"$work/re2/package.json"
  printf 'module.exports = RegExp;' >"$work/re2/index.js"
  jq -n --arg version "$GITLAB_CI_LOCAL_VERSION" \
    '{dependencies: {"gitlab-ci-local": $version}, overrides: {re2: "file:./re2"}}' >"$work/package.json"
  npm install --prefix "$work" --no-audit --no-fund --silent >&2 || fail "installing gitlab-ci-local failed"
  mv -T "$work" "$GITLAB_CI_LOCAL" 2>/dev/null || rm -rf "$work"
}

queue() {   # PART...: those that are missing, one after the other
  local part started
  for part in "$@"; do
    started=$EPOCHREALTIME
    "build_$part"
    # quiet about what was there already
    [[ $(seconds_since "$started") == 0.? ]] || say "  built $part $(seconds_since "$started") s"
  done
}

# Kubernetes is as long as all others together: two queues, side by side.
main() {
  mkdir -p "$RIG_CACHE/go"
  (($# == 0)) || { queue "$@"; return; }
  local others pid
  queue engine runner containerd runc helm coredns gitlab_ci_local &
  others=$!
  queue kubernetes &
  for pid in "$others" $!; do wait "$pid" || exit 1; done
}
main "$@"
