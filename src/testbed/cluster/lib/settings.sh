# Names, addresses and folders; sourced by cluster.

# Not below /var or /run: a node has its own of both.
STATE=/opt/rwop-guard-cluster
BIN=$STATE/bin
PKI=$STATE/pki
KUBECONFIG_FILE=$STATE/kubeconfig

NODES="node-1 node-2 node-3"
# of each node, as lib/node starts them
PARTS="containerd csi-driver kube-proxy kubelet"
DRIVERS="fenced attached unfenced network"
BRIDGE=rwop0
# The host has the first address of the nodes' network, node N has 10.213.0.10N, and its Pods are in 10.213.N.0/24.
HOST_ADDRESS=10.213.0.1
CLUSTER_CIDR=10.213.0.0/17
SERVICE_CIDR=10.213.128.0/24
KUBERNETES_SERVICE=10.213.128.1
API_SERVER=https://$HOST_ADDRESS:6443

number_of() { echo "${1#node-}"; }
address_of() { echo "10.213.0.10$(number_of "$1")"; }
pods_of() { echo "10.213.$(number_of "$1").0/24"; }
netns_of() { echo "rwop-$1"; }
veth_of() { echo "rwop-veth$(number_of "$1")"; }
is_node() { [[ " $NODES " == *" $1 "* ]]; }
is_part() { [[ " $PARTS " == *" $1 "* ]]; }

say() { echo "[cluster] $*" >&2; }

kubectl() { "$BIN/kubectl" --kubeconfig "$KUBECONFIG_FILE" "$@"; }

# Says why this machine cannot run it. 75 is EX_TEMPFAIL: nothing is broken, and elsewhere it works.
can_run() {
  local why=""
  if [ "$(uname -s)" != Linux ]; then
    why="it needs Linux"
  elif [ "$(id -u)" -ne 0 ]; then
    why="it needs root, for network namespaces and mounts"
  elif ! command -v go > /dev/null; then
    why="there is no Go to build it with"
  elif ! unshare --mount --pid --fork --net --uts mount -t tmpfs tmpfs /mnt 2> /dev/null; then
    why="no namespaces can be made here, or nothing mounted in one"
  elif ! { modprobe fuse; : <> /dev/fuse; } 2> /dev/null; then
    why="there is no /dev/fuse for volumes that are taken away from a node"
  elif [ -n "$(missing_packages)" ] && ! command -v apt-get > /dev/null; then
    why="there is no apt-get to install$(missing_packages) with"
  fi
  [ -z "$why" ] || { say "not on this machine: $why"; return 75; }
}

# Each package with a file that is there once it is installed.
missing_packages() {
  local package file
  while read -r package file; do
    [ -e "$file" ] || printf ' %s' "$package"
  done << 'TABLE'
runc /usr/sbin/runc
containernetworking-plugins /usr/lib/cni/ptp
busybox-static /bin/busybox
nftables /usr/sbin/nft
iproute2 /sbin/ip
openssl /usr/bin/openssl
TABLE
}

install_packages() {
  local missing
  missing=$(missing_packages)
  [ -n "$missing" ] || return 0
  say "installing Debian's$missing"
  { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends $missing; } > /tmp/rwop-guard-apt.log 2>&1 \
    || { say "apt-get failed; it says: $(tail -n 2 /tmp/rwop-guard-apt.log)"; exit 1; }
}
