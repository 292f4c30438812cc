# Certificates and kubeconfigs; sourced by cluster.

make_certificates() {
  say "certificates"
  new_key ca
  openssl req -x509 -new -key "$PKI/ca.key" -subj /CN=rwop-guard-cluster -days 30 -out "$PKI/ca.crt" 2> /dev/null
  new_key service-accounts
  openssl ec -in "$PKI/service-accounts.key" -pubout -out "$PKI/service-accounts.pub" 2> /dev/null
  certificate kube-apiserver /CN=kube-apiserver \
    "IP:$HOST_ADDRESS,IP:$KUBERNETES_SERVICE,IP:127.0.0.1,DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc"
  certificate kubelet-client /O=system:masters/CN=kube-apiserver-kubelet-client
  user admin /O=system:masters/CN=admin
  user kube-controller-manager /CN=system:kube-controller-manager
  user kube-scheduler /CN=system:kube-scheduler
  user kube-proxy /CN=system:kube-proxy
  # Storage's controllers may do what they like: they are no part of what is tested.
  user storage /O=system:masters/CN=storage
  for node in $NODES; do user "$node" "/O=system:nodes/CN=system:node:$node"; done
  cp "$PKI/admin.kubeconfig" "$KUBECONFIG_FILE"
}

new_key() { openssl ecparam -genkey -name prime256v1 -noout -out "$PKI/$1.key" 2> /dev/null; }

# certificate NAME SUBJECT [ALTERNATIVE NAMES]
certificate() {
  local name=$1 subject=$2 names=${3:-}
  new_key "$name"
  openssl req -new -key "$PKI/$name.key" -subj "$subject" 2> /dev/null \
    | openssl x509 -req -CA "$PKI/ca.crt" -CAkey "$PKI/ca.key" -CAcreateserial -days 30 -out "$PKI/$name.crt" \
      -extfile <(echo "extendedKeyUsage=serverAuth,clientAuth"; [ -z "$names" ] || echo "subjectAltName=$names") 2> /dev/null
}

# user NAME SUBJECT: a certificate and the kubeconfig that uses it
user() {
  certificate "$1" "$2"
  cat > "$PKI/$1.kubeconfig" << YAML
apiVersion: v1
kind: Config
current-context: rwop-guard-cluster
clusters:
  - name: rwop-guard-cluster
    cluster: {server: "$API_SERVER", certificate-authority-data: $(base64 -w0 "$PKI/ca.crt")}
users:
  - name: $1
    user: {client-certificate-data: $(base64 -w0 "$PKI/$1.crt"), client-key-data: $(base64 -w0 "$PKI/$1.key")}
contexts:
  - name: rwop-guard-cluster
    context: {cluster: rwop-guard-cluster, user: $1}
YAML
  chmod 600 "$PKI/$1.kubeconfig"
}
