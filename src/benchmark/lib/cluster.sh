# A real API server with its etcd, what is in it, and its webhook configurations; sourced by compare.

# The same certificate serves both webhooks and the API server.
make_certificates() {
  local pki=$tmp/pki
  mkdir "$pki"
  {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=bench -keyout "$pki/ca.key" -out "$pki/ca.crt"
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost -keyout "$pki/tls.key" -out "$pki/tls.csr"
    openssl x509 -req -days 2 -in "$pki/tls.csr" -CA "$pki/ca.crt" -CAkey "$pki/ca.key" -CAcreateserial -out "$pki/tls.crt" \
      -extfile <(echo subjectAltName=DNS:localhost,IP:127.0.0.1)
    openssl genrsa -out "$pki/service-accounts.key" 2048
    openssl rsa -in "$pki/service-accounts.key" -pubout -out "$pki/service-accounts.pub"
  } >"$tmp/logs/openssl" 2>&1 || fail "openssl could not make the certificates"
}

start_cluster() {
  local etcd peer token
  say "starting etcd and kube-apiserver"
  etcd=http://127.0.0.1:$(free_port 18000)
  peer=http://127.0.0.1:$(free_port 16000)
  api_port=$(free_port 14000)
  token=$(openssl rand -hex 16)
  echo "$token,bench,bench,system:masters" >"$tmp/tokens"
  # what it holds is thrown away
  launch etcd "$kubernetes/etcd" --data-dir "$tmp/etcd" --unsafe-no-fsync --log-level warn --listen-client-urls "$etcd" \
    --advertise-client-urls "$etcd" --listen-peer-urls "$peer" --initial-advertise-peer-urls "$peer" --initial-cluster "default=$peer"
  # without controllers there are no service accounts for Pods
  launch kube-apiserver "$kubernetes/kube-apiserver" --etcd-servers "$etcd" --bind-address 127.0.0.1 --secure-port "$api_port" \
    --endpoint-reconciler-type none --service-cluster-ip-range 10.96.0.0/16 --authorization-mode RBAC --token-auth-file "$tmp/tokens" \
    --disable-admission-plugins ServiceAccount --tls-cert-file "$tmp/pki/tls.crt" --tls-private-key-file "$tmp/pki/tls.key" \
    --service-account-issuer https://kubernetes.default.svc --service-account-key-file "$tmp/pki/service-accounts.pub" \
    --service-account-signing-key-file "$tmp/pki/service-accounts.key"
  sed "s|PORT|$api_port|; s|TOKEN|$token|; s|CA|$(base64 -w0 "$tmp/pki/ca.crt")|" >"$tmp/kubeconfig" <<'YAML'
apiVersion: v1
kind: Config
clusters: [{name: bench, cluster: {server: "https://127.0.0.1:PORT", certificate-authority-data: "CA"}}]
users: [{name: bench, user: {token: "TOKEN"}}]
contexts: [{name: bench, context: {cluster: bench, user: bench}}]
current-context: bench
YAML
  await 120 kube-apiserver kubectl get --raw /readyz
  say "creating $CLAIMS claims and their volumes"
  timeout --foreground 600 "$peer_module/load" seed -kubeconfig "$tmp/kubeconfig" -volume "$tmp/validate.json" -claims "$CLAIMS" || fail "the claims could not be created"
}

kubectl() { timeout --foreground 30 "$kubernetes/kubectl" --kubeconfig "$tmp/kubeconfig" "$@"; }

# How often single objects of the kinds that the services know were read in the API server.
api_reads() {
  kubectl get --raw /metrics | awk '/^apiserver_request_total\{/ && /verb="GET"/ &&
    /[,{]resource="(persistentvolumes|persistentvolumeclaims|storageclasses|csidrivers|namespaces|pods)"/ { sum += $NF } END { print sum + 0 }'
}

# create "OBJECT..." COUNT ARGUMENT...: sets the figures that load prints, as variables
create() {
  local count=$2 object files=()
  for object in $1; do files+=("$tmp/$object.json"); done
  shift 2
  figures_of timeout --foreground 900 "$peer_module/load" create -kubeconfig "$tmp/kubeconfig" -count "$count" "$@" "${files[@]}"
}

# The service's own webhooks, for both sides: on this machine, and so that a request that went wrong is an error, and not let through. They
# wait longer than the chart's 2 s, so that who is slower than that is measured too.
webhooks_on() {
  sed "s|service: {.*path: \(/[a-z]*\),.*}|{url: 'https://127.0.0.1:$port\1', caBundle: $(base64 -w0 "$tmp/pki/ca.crt")}|
    s|failurePolicy: Ignore|failurePolicy: Fail|; s|timeoutSeconds: 2|timeoutSeconds: 30|" src/main/kubernetes/webhook-configurations.yaml >"$tmp/webhooks.yaml"
  kubectl apply -f "$tmp/webhooks.yaml" >/dev/null || fail "the API server did not take the webhook configurations"
  await 30 "the API server to ask the webhooks" are_asked
}

are_asked() { create mutate 1 -with "$MUTATED" && refuses_hostpath; }

refuses_hostpath() { ! kubectl create --validate=false --dry-run=server -f "$tmp/hostpath.json" >"$tmp/refusal" 2>&1 && grep -q csi-only "$tmp/refusal"; }

webhooks_off() {
  kubectl delete --ignore-not-found -f "$tmp/webhooks.yaml" >/dev/null || fail "the webhook configurations could not be deleted"
  await 30 "the API server to ask no webhook" are_not_asked
}

are_not_asked() { create mutate 1 -without "$MUTATED" && kubectl create --validate=false --dry-run=server -f "$tmp/hostpath.json"; }
