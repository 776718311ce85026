#!/usr/bin/env bash
# env.sh [20]: what a shell needs to use the rig, to be eval'ed; with 20 the
# Docker of that shell is the classic engine. Prints paths, never a password.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

show() { printf 'export %s=%q\n' "$1" "$2"; }

engine20=unix://$RIG_RUN/docker20.sock
if [[ ${1:-29} == 20 ]]; then show DOCKER_HOST "$engine20"; else show DOCKER_HOST "unix://$RIG_RUN/docker29.sock"; fi
show RIG_DOCKER_HOST_29 "unix://$RIG_RUN/docker29.sock"
if [[ -e $RIG_STATE/engine-20 ]]; then show RIG_DOCKER_HOST_20 "$engine20"; fi
show KUBECONFIG "$RIG_STATE/cluster/pki/admin.kubeconfig"
show RIG_REGISTRY "$RIG_REGISTRY"
show RIG_REGISTRY_USER "$RIG_REGISTRY_USER"
show RIG_REGISTRY_PASSWORD_FILE "$RIG_STATE/registry/password"
show RIG_DOCKER_CONFIG "$RIG_STATE/docker-config"
show RIG_MIRROR "$RIG_MIRROR"
show RIG_NODE_IP "$RIG_NODE_IP"
show RIG_DNS "$RIG_NODE_IP"
show RIG_HELM "$RIG_STATE/bin/helm"
show RIG_KUBECTL "$RIG_STATE/bin/kubectl"
show RIG_GITLAB_RUNNER "$RIG_STATE/bin/gitlab-runner"
show RIG_GITLAB_CI_LOCAL "$GITLAB_CI_LOCAL/node_modules/.bin/gitlab-ci-local"
# shellcheck disable=SC2016 # the reader's PATH, not ours
printf 'export PATH=%q:"$PATH"\n' "$RIG_STATE/bin"
