#!/usr/bin/env bash
# Certificates and kubeconfigs of the cluster, made once a rig, in
# $RIG_STATE/cluster/pki. What is there already is kept.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

PKI=$RIG_STATE/cluster/pki
mkdir -p "$PKI"
chmod 700 "$PKI"
cd "$PKI"
umask 077

key() { openssl ecparam -name prime256v1 -genkey -noout -out "$1.key"; }

# certificate NAME SUBJECT [ALTERNATIVE-NAMES]
certificate() {
  [[ -s $1.crt ]] && return 0
  key "$1"
  openssl req -new -key "$1.key" -subj "$2" |
    openssl x509 -req -CA ca.crt -CAkey ca.key -CAcreateserial -days 3650 -out "$1.part" -extfile <(
      printf 'extendedKeyUsage=clientAuth,serverAuth\n'
      [[ -z ${3:-} ]] || printf 'subjectAltName=%s\n' "$3"
    ) 2>/dev/null
  mv "$1.part" "$1.crt"
}

# kubeconfig NAME: self-contained, with that certificate.
kubeconfig() {
  [[ -s $1.kubeconfig ]] && return 0
  cat >"$1.part" <<END
apiVersion: v1
kind: Config
current-context: rig
contexts: [{name: rig, context: {cluster: rig, user: rig}}]
clusters:
- name: rig
  cluster:
    server: $RIG_API
    certificate-authority-data: $(base64 -w0 ca.crt)
users:
- name: rig
  user:
    client-certificate-data: $(base64 -w0 "$1.crt")
    client-key-data: $(base64 -w0 "$1.key")
END
  mv "$1.part" "$1.kubeconfig"
}

if [[ ! -s ca.crt ]]; then
  key ca
  openssl req -x509 -new -key ca.key -subj /CN=gitlab-werf-rig -days 3650 -out ca.part
  mv ca.part ca.crt
fi
[[ -s service-account.key ]] || key service-account

first_service_ip=${RIG_SERVICE_CIDR%0/*}1
certificate apiserver /CN=kube-apiserver \
  "IP:$RIG_NODE_IP,IP:127.0.0.1,IP:$first_service_ip,DNS:localhost,DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,DNS:kubernetes.default.svc.cluster.local"
certificate node "/O=system:nodes/CN=system:node:rig" "IP:$RIG_NODE_IP,DNS:rig"
certificate admin "/O=system:masters/CN=admin"
certificate controller-manager "/CN=system:kube-controller-manager"
certificate scheduler "/CN=system:kube-scheduler"
certificate proxy "/CN=system:kube-proxy"
certificate coredns "/CN=coredns"
for name in node admin controller-manager scheduler proxy coredns; do kubeconfig "$name"; done
