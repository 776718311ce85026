#!/usr/bin/env bash
# cluster.sh up|ready|down|status: a Kubernetes cluster of one node, named "rig".
#   up     starts what does not run; returns when the API server answers
#   ready  waits until the node takes pods and DNS answers
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

DATA=$RIG_STATE/cluster
RUN=$RIG_RUN/cluster
PKI=$DATA/pki
CONTAINERD_SOCKET=$RUN/containerd.sock
KUBECONFIG=$PKI/admin.kubeconfig
PARTS=(etcd apiserver controller-manager scheduler node-containerd kubelet proxy coredns)
export KUBECONFIG
export PATH=$KUBERNETES_BIN:/usr/sbin:/usr/bin:/sbin:/bin   # Debian's containerd shim and runc

# Two kubelets or two kube-proxies on one machine fight over cgroups and rules.
alone() {
  local name pid
  for name in kubelet kube-proxy; do
    for pid in $(pgrep -x "$name"); do
      start_time "$pid" >/dev/null || continue   # dead, only nobody has reaped it
      [[ $(tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null) == *"$DATA"* ]] ||
        fail "another cluster's $name runs on this machine (pid $pid); the rig leaves it alone and does not start its own"
    done
  done
}

control_plane() {
  # an API server that has lost its etcd takes a minute to trust the new one
  alive etcd || stop apiserver 1
  start etcd etcd --name rig --data-dir "$DATA/etcd" --log-level warn --logger zap \
    --listen-client-urls http://127.0.0.1:12379 --advertise-client-urls http://127.0.0.1:12379 \
    --listen-peer-urls http://127.0.0.1:12380 --initial-advertise-peer-urls http://127.0.0.1:12380 \
    --initial-cluster rig=http://127.0.0.1:12380
  start apiserver kube-apiserver --etcd-servers http://127.0.0.1:12379 \
    --bind-address "$RIG_NODE_IP" --secure-port 6443 --advertise-address "$RIG_NODE_IP" \
    --service-cluster-ip-range "$RIG_SERVICE_CIDR" --authorization-mode Node,RBAC --allow-privileged \
    --client-ca-file "$PKI/ca.crt" --tls-cert-file "$PKI/apiserver.crt" --tls-private-key-file "$PKI/apiserver.key" \
    --kubelet-certificate-authority "$PKI/ca.crt" --kubelet-preferred-address-types InternalIP \
    --kubelet-client-certificate "$PKI/admin.crt" --kubelet-client-key "$PKI/admin.key" \
    --service-account-issuer https://kubernetes.default.svc.cluster.local \
    --service-account-key-file "$PKI/service-account.key" \
    --service-account-signing-key-file "$PKI/service-account.key"
  # one instance each: electing a leader would only cost the start some seconds
  start controller-manager kube-controller-manager --kubeconfig "$PKI/controller-manager.kubeconfig" \
    --leader-elect=false --secure-port 0 --use-service-account-credentials \
    --service-account-private-key-file "$PKI/service-account.key" --root-ca-file "$PKI/ca.crt" \
    --cluster-signing-cert-file "$PKI/ca.crt" --cluster-signing-key-file "$PKI/ca.key" \
    --enable-hostpath-provisioner
  start scheduler kube-scheduler --kubeconfig "$PKI/scheduler.kubeconfig" --leader-elect=false --secure-port 0
}

# Without restrict_oom_score_adj every sandbox fails here ("can't get final
# child's PID"): runc may not lower the score. The registry on localhost takes
# the pod's imagePullSecrets; public names come from the mirror.
node_configs() {
  mkdir -p "$RUN/cni" "$RUN/certs.d/docker.io" "$RUN/certs.d/localhost:$RIG_REGISTRY_PORT" \
    "$RUN/certs.d/127.0.0.1:$RIG_REGISTRY_PORT" "$RUN/certs.d/$RIG_MIRROR"
  printf 'server = "http://%s"\n[host."http://%s"]\n  capabilities = ["pull", "resolve"]\n' \
    "$RIG_MIRROR" "$RIG_MIRROR" | tee "$RUN/certs.d/$RIG_MIRROR/hosts.toml" >"$RUN/certs.d/docker.io/hosts.toml"
  printf 'server = "http://%s"\n[host."http://%s"]\n  capabilities = ["pull", "resolve"]\n' \
    "$RIG_REGISTRY" "$RIG_REGISTRY" | tee "$RUN/certs.d/localhost:$RIG_REGISTRY_PORT/hosts.toml" \
    >"$RUN/certs.d/127.0.0.1:$RIG_REGISTRY_PORT/hosts.toml"
  cat >"$RUN/containerd.toml" <<END
version = 2
root = "$DATA/containerd"
state = "$RUN/containerd"
[grpc]
  address = "$CONTAINERD_SOCKET"
[ttrpc]
  address = "$CONTAINERD_SOCKET.ttrpc"
[plugins."io.containerd.internal.v1.opt"]
  path = "$DATA/opt"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "$RIG_MIRROR/rig/pause:1"
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "$RUN/cni"
  [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = "$RUN/certs.d"
END
  # no ipMasq here: it makes chains a pod, which a killed rig would leave behind
  cat >"$RUN/cni/10-rig.conflist" <<END
{
  "cniVersion": "0.4.0", "name": "gitlab-werf-rig",
  "plugins": [
    {"type": "bridge", "bridge": "gwr-pods", "isGateway": true, "hairpinMode": true,
     "ipam": {"type": "host-local", "dataDir": "$RUN/ipam", "ranges": [[{"subnet": "$RIG_POD_CIDR"}]],
              "routes": [{"dst": "0.0.0.0/0"}]}},
    {"type": "loopback"}
  ]
}
END
  cat >"$RUN/kubelet.yaml" <<END
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: $RIG_NODE_IP
healthzPort: 0
readOnlyPort: 0
authentication: {anonymous: {enabled: false}, x509: {clientCAFile: $PKI/ca.crt}, webhook: {enabled: true}}
authorization: {mode: Webhook}
tlsCertFile: $PKI/node.crt
tlsPrivateKeyFile: $PKI/node.key
containerRuntimeEndpoint: unix://$CONTAINERD_SOCKET
clusterDNS: [$RIG_NODE_IP]
clusterDomain: cluster.local
podLogsDir: $DATA/pod-logs
volumePluginDir: $DATA/volume-plugins
cgroupDriver: cgroupfs
failCgroupV1: false
failSwapOn: false
makeIPTablesUtilChains: false
maxPods: 200
# the machine's disk is not ours to judge: no eviction, no image collection
imageGCHighThresholdPercent: 100
evictionHard: {memory.available: 100Mi, nodefs.available: 0%, nodefs.inodesFree: 0%, imagefs.available: 0%, imagefs.inodesFree: 0%}
END
  cat >"$RUN/Corefile" <<END
.:53 {
  bind $RIG_NODE_IP
  errors
  ready $RIG_NODE_IP:8181
  kubernetes cluster.local in-addr.arpa {
    kubeconfig $PKI/coredns.kubeconfig
    pods insecure
    ttl 5
  }
  forward . /etc/resolv.conf
  cache 5
}
END
}

node() {
  # kubelet survives a new containerd, but not one under a new socket file
  start node-containerd containerd --config "$RUN/containerd.toml"
  wait_for 20 test -S "$CONTAINERD_SOCKET" || fail "the node's containerd does not start: $RIG_LOGS/node-containerd.log"
  start kubelet kubelet --config "$RUN/kubelet.yaml" --kubeconfig "$PKI/node.kubeconfig" \
    --root-dir "$DATA/kubelet" --cert-dir "$PKI" --hostname-override rig --node-ip "$RIG_NODE_IP"
  # conntrack sysctls are the machine's: 0 leaves them as they are
  start proxy kube-proxy --kubeconfig "$PKI/proxy.kubeconfig" --hostname-override rig \
    --proxy-mode iptables --masquerade-all --cluster-cidr "$RIG_POD_CIDR" \
    --conntrack-max-per-core 0 --conntrack-tcp-timeout-established 0s --conntrack-tcp-timeout-close-wait 0s \
    --iptables-localhost-nodeports=false \
    --healthz-bind-address "$RIG_NODE_IP:10256" --metrics-bind-address "$RIG_NODE_IP:10249"
  start coredns "$COREDNS_BIN/rig" -conf "$RUN/Corefile"
}

api_ready() { curl -sf --cacert "$PKI/ca.crt" --cert "$PKI/admin.crt" --key "$PKI/admin.key" "$RIG_API/readyz"; }
node_ready() { kubectl get node rig -o 'jsonpath={.status.conditions[?(@.type=="Ready")].status}' | grep -qx True; }
# After a restart the node says Ready from before: only a running kubelet counts.
kubelet_ready() { alive kubelet && curl -sfk --cert "$PKI/admin.crt" --key "$PKI/admin.key" "https://$RIG_NODE_IP:10250/healthz"; }
dns_ready() { curl -sf "http://$RIG_NODE_IP:8181/ready"; }
account_ready() { kubectl -n default get serviceaccount default; }   # pods are refused before it is there

up() {
  alone
  mkdir -p "$DATA" "$RUN"
  bash "$RIG_DIR/certs.sh"
  node_configs
  control_plane
  node
  wait_for 40 api_ready || fail "the API server does not answer: $RIG_LOGS/apiserver.log"
}

ready() {
  kubectl apply -f "$RIG_DIR/cluster.yaml" >/dev/null
  wait_for 60 node_ready || fail "the node does not become ready: $RIG_LOGS/kubelet.log"
  wait_for 30 kubelet_ready || fail "kubelet does not answer: $RIG_LOGS/kubelet.log"
  wait_for 30 dns_ready || fail "CoreDNS does not answer: $RIG_LOGS/coredns.log"
  wait_for 30 account_ready || fail "no service account: $RIG_LOGS/controller-manager.log"
}

# Pods' network namespaces: ours have an address of the pod range.
remove_namespaces() {
  local name
  for name in $(ip netns list | awk '/^cni-/ { print $1 }'); do
    if ip -n "$name" -4 -o addr show 2>/dev/null | grep -q " ${RIG_POD_CIDR%.0/*}\."; then
      ip netns delete "$name"
    fi
  done
  # what the plugins noted of them; the loopback's note has only the sandbox's id
  local note
  for note in /var/lib/cni/results/gitlab-werf-rig-*-eth0; do
    [[ -e $note ]] || continue
    name=${note##*gitlab-werf-rig-}
    rm -f "$note" "/var/lib/cni/results/cni-loopback-${name%-eth0}-lo"
  done
}

# kube-proxy and kubelet make KUBE-… chains and remove only part of them. They
# are ours when it is us who started the cluster (up refuses beside another).
remove_rules() {
  local table
  [[ -e $RUN/containerd.toml ]] || return 0
  kube-proxy --cleanup >>"$RIG_LOGS/proxy.log" 2>&1 || true
  for table in filter nat mangle; do
    # jumps to them, then what is in them, then they themselves
    { firewall -t "$table" -S | sed -n '/-j KUBE-/s/^-A/-D/p'
      firewall -t "$table" -S | sed -n 's/^-N \(KUBE-.*\)/-F \1/p'
      firewall -t "$table" -S | sed -n 's/^-N \(KUBE-.*\)/-X \1/p'
    } | while read -r rule; do
      eval "firewall -t $table $rule" || true   # eval: iptables quotes comments as a shell does
    done
  done
}

down() {
  local part volume volumes
  for part in kubelet coredns proxy scheduler controller-manager; do stop "$part" & done
  wait
  # the directories behind persistent volumes are outside our own
  volumes=$(kubectl get pv -o 'jsonpath={.items[*].spec.hostPath.path}' --request-timeout 3s 2>/dev/null || true)
  stop apiserver 1
  stop etcd
  kill_shims "$CONTAINERD_SOCKET"
  stop node-containerd
  remove_namespaces
  remove_rules
  unmount_below "$DATA"
  unmount_below "$RUN"
  remove_cgroups kubepods
  for volume in $volumes; do
    [[ $volume == /tmp/hostpath_pv/* ]] && rm -rf "$volume"
  done
  rmdir /tmp/hostpath_pv 2>/dev/null || true
  rm -rf "$DATA" "$RUN"
}

status() {
  local part
  for part in "${PARTS[@]}"; do alive "$part" || return 1; done
  api_ready >/dev/null && node_ready && dns_ready >/dev/null
}

"$1"
