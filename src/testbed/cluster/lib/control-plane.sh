# etcd, the control plane and the storage's controllers; sourced by cluster.

start_control_plane() {
  say "control plane"
  # what it holds is thrown away with the cluster
  start etcd "$BIN/etcd" --data-dir "$STATE/etcd" --unsafe-no-fsync --log-level warn \
    --listen-client-urls http://127.0.0.1:12379 --advertise-client-urls http://127.0.0.1:12379 --listen-peer-urls http://127.0.0.1:12380
  start_api_server
  start kube-controller-manager "$BIN/kube-controller-manager" --kubeconfig "$PKI/kube-controller-manager.kubeconfig" \
    --leader-elect=false --use-service-account-credentials --root-ca-file "$PKI/ca.crt" --bind-address 127.0.0.1 \
    --service-account-private-key-file "$PKI/service-accounts.key" --service-cluster-ip-range $SERVICE_CIDR
  start kube-scheduler "$BIN/kube-scheduler" --kubeconfig "$PKI/kube-scheduler.kubeconfig" --leader-elect=false --bind-address 127.0.0.1
  start csi-controller "$BIN/csi-driver" controller --kubeconfig "$PKI/storage.kubeconfig" --data "$STATE/data" --sockets "$STATE/sockets"
  local driver
  for driver in fenced attached; do
    await 10 "the CSI controller's socket" test -S "$STATE/sockets/$driver.csi.rwop-guard.io.sock"
    start "csi-attacher-$driver" "$BIN/csi-attacher" --kubeconfig "$PKI/storage.kubeconfig" --leader-election=false \
      --csi-address "$STATE/sockets/$driver.csi.rwop-guard.io.sock"
  done
  kubectl apply -f "$here/manifests" > /dev/null
}

start_api_server() {
  # aggregator routing: webhooks are called at a Pod's own address, as there is no kube-proxy on this machine itself
  start kube-apiserver "$BIN/kube-apiserver" --etcd-servers http://127.0.0.1:12379 --bind-address $HOST_ADDRESS --advertise-address $HOST_ADDRESS \
    --service-cluster-ip-range $SERVICE_CIDR --enable-aggregator-routing --allow-privileged --authorization-mode Node,RBAC \
    --enable-admission-plugins NodeRestriction --client-ca-file "$PKI/ca.crt" \
    --tls-cert-file "$PKI/kube-apiserver.crt" --tls-private-key-file "$PKI/kube-apiserver.key" \
    --kubelet-preferred-address-types InternalIP --kubelet-client-certificate "$PKI/kubelet-client.crt" --kubelet-client-key "$PKI/kubelet-client.key" \
    --service-account-issuer https://kubernetes.default.svc --service-account-key-file "$PKI/service-accounts.pub" \
    --service-account-signing-key-file "$PKI/service-accounts.key"
  await 60 "kube-apiserver" kubectl get --raw /readyz
}
