# The nodes; sourced by cluster.

# A node's disk outlives its processes; what is in memory does not.
start_node() {
  local node=$1 disk=$STATE/nodes/$1 container
  # after a kill; the kubelet's cAdvisor would wait 3 s for each of these containers to come back, and does nothing else meanwhile
  for container in "$disk"/var/lib/containerd/io.containerd.runtime.v2.task/k8s.io/*; do remove_cgroups "/${container##*/}"; done
  mkdir -p "$disk"/{var/lib/kubelet,var/lib/containerd,var/lib/cni,var/log,etc/cni}
  node_configuration "$node" "$disk"
  # When unshare is killed, so is the first process of the node's process namespace, and with it the whole node.
  start "$node" nsenter "--net=/run/netns/$(netns_of "$node")" \
    unshare --mount --propagation slave --pid --fork --kill-child=KILL --mount-proc --uts "$here/lib/node" "$node" "$disk" "$BIN"
}

node_configuration() {
  local node=$1 disk=$2
  : > "$disk/etc/resolv.conf"
  cp "$PKI/ca.crt" "$PKI/$node.kubeconfig" "$PKI/kube-proxy.kubeconfig" "$disk/etc/"
  cat > "$disk/etc/cni/10-pods.conflist" << JSON
{"cniVersion": "1.0.0", "name": "pods", "plugins": [
  {"type": "ptp", "ipam": {"type": "host-local", "ranges": [[{"subnet": "$(pods_of "$node")"}]], "routes": [{"dst": "0.0.0.0/0"}]}},
  {"type": "portmap", "capabilities": {"portMappings": true}, "backend": "nftables"}]}
JSON
  cat > "$disk/etc/containerd.toml" << TOML
version = 3
[plugins."io.containerd.internal.v1.opt"]
  path = "/var/lib/containerd/opt"
[plugins."io.containerd.cri.v1.images".pinned_images]
  sandbox = "registry.invalid/pause:1"
[plugins."io.containerd.cri.v1.runtime"]
  # a machine that may not lower oom_score_adj starts no container otherwise: "can't get final child's PID from pipe: EOF"
  restrict_oom_score_adj = true
  [plugins."io.containerd.cri.v1.runtime".cni]
    bin_dirs = ["/usr/lib/cni"]
    conf_dir = "$disk/etc/cni"
TOML
  cat > "$disk/etc/kubelet.yaml" << YAML
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: $(address_of "$node")
authentication: {anonymous: {enabled: false}, webhook: {enabled: true}, x509: {clientCAFile: "$disk/etc/ca.crt"}}
authorization: {mode: Webhook}
containerRuntimeEndpoint: unix:///run/containerd/containerd.sock
resolvConf: $disk/etc/resolv.conf
volumePluginDir: /var/lib/kubelet/volume-plugins
# this machine is not the kubelet's own
cgroupDriver: cgroupfs
cgroupsPerQOS: false
enforceNodeAllocatable: []
failCgroupV1: false
failSwapOn: false
localStorageCapacityIsolation: false
evictionHard: {memory.available: "0%", nodefs.available: "0%", imagefs.available: "0%", nodefs.inodesFree: "0%"}
imageGCHighThresholdPercent: 100
YAML
  cat "$STATE/kubelet-extra.yaml" >> "$disk/etc/kubelet.yaml"
  cat > "$disk/etc/kube-proxy.yaml" << YAML
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: nftables
clientConnection: {kubeconfig: "$disk/etc/kube-proxy.kubeconfig"}
clusterCIDR: $CLUSTER_CIDR
hostnameOverride: $node
# connection tracking is set up for the whole machine
conntrack: {maxPerCore: 0, min: 0, tcpEstablishedTimeout: 0s, tcpCloseWaitTimeout: 0s}
YAML
}

# on_node NODE COMMAND...: with the node's own files, processes and network
on_node() {
  local node=$1 first
  shift
  is_running "$node" || { say "$node does not run"; return 3; }
  first=$(cat "/proc/$(pid_of "$node")/task/$(pid_of "$node")/children")
  nsenter --target "${first%% *}" --mount --net --pid --uts -- env "PATH=$BIN:/usr/sbin:/usr/bin:/sbin:/bin" "$@"
}

await_nodes() {
  say "nodes"
  await 60 "nodes to register" has_nodes
  kubectl wait --for condition=Ready nodes --all --timeout 90s > /dev/null || { say "a node does not become ready; the logs are in $STATE/logs"; exit 1; }
  await 60 "CSI drivers on all nodes" has_drivers
  # no Pod can be made before
  await 60 "a service account" kubectl get serviceaccount default
}

has_nodes() { [ "$(kubectl get nodes -o name | wc -l)" -eq "$(wc -w <<< "$NODES")" ]; }

has_drivers() { [ "$(kubectl get csinodes -o jsonpath='{.items[*].spec.drivers[*].name}' | wc -w)" -eq $(($(wc -w <<< "$NODES") * $(wc -w <<< "$DRIVERS"))) ]; }
