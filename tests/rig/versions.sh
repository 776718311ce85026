# shellcheck shell=bash disable=SC2034 # sourced: the names are used elsewhere
# What the rig is made of. The cache of built binaries is keyed by these.

MOBY_VERSION=v2.0.0-beta.24        # Docker engine 29, containerd image store
CONTAINERD_VERSION=v2.3.5          # for engine 29 only; the cluster runs Debian's 1.6
RUNC_VERSION=v1.5.2                # Debian's 1.1 does not know the time namespace engine 29 asks for
KUBERNETES_VERSION=v1.34.4
COREDNS_VERSION=v1.15.0
HELM_VERSION=v3.22.0
RUNNER_VERSION=v1.11.1-0.20200110014830-8e5683f82927   # gitlab-runner 12.7.0
GITLAB_CI_LOCAL_VERSION=4.56.0     # reads .gitlab-ci.yml for the stand-in; newer ones need Node.js 22
NPM_VERSION=9.9.4                  # the last npm for the Node.js 18 of Debian 12
