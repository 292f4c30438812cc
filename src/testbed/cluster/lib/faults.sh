# What can be done to the nodes and the control plane, and undone; sourced by cluster.

cut_node() {
  ip link set "$(veth_of "$1")" down
  say "$1 is cut off: its containers keep running, and no other machine reaches them"
}

is_cut() { ! ip link show up "$(veth_of "$1")" 2> /dev/null | grep -q .; }

kill_node() {
  # The link first: its network namespace outlives the node, and would tell everybody that the connections are gone.
  ip link set "$(veth_of "$1")" down
  stop "$1" KILL
  say "$1 is dead: all its processes ended at once, and its network is silent"
}

# The API server is all that has this machine's own address. Behind the translation of its Service's address, and before that of Pods' own.
deaf_node() {
  ! is_deaf "$1" || return 0
  in_network_of "$1" nft -f - << RULES
table inet rwop-deaf {
  chain from { type filter hook prerouting priority raw; ip saddr $HOST_ADDRESS drop; }
  chain to { type filter hook postrouting priority filter; ip daddr $HOST_ADDRESS drop; }
}
RULES
  say "$1 and its Pods hear nothing of the API server, and it nothing of them; the other nodes reach them"
}

is_deaf() { in_network_of "$1" nft list table inet rwop-deaf > /dev/null 2>&1; }

in_network_of() {
  local node=$1
  shift
  nsenter "--net=/run/netns/$(netns_of "$node")" "$@"
}

heal_node() {
  local part
  ip link set "$(veth_of "$1")" up
  ! is_deaf "$1" || in_network_of "$1" nft delete table inet rwop-deaf
  if is_running "$1"; then
    for part in $(stopped_parts "$1"); do start_part "$1" "$part"; done
  else
    # the namespace outlives the node, and links that Pods had in it would be in the way
    start_node "$1"
  fi
  say "$1 is whole again"
}

# See lib/node. A part that does not end when it is asked to is killed after 5 s.
stop_part() {
  # shellcheck disable=SC2016
  on_node "$1" sh -c '
    touch /run/parts/$1.stopped
    tries=0
    while pid=$(cat /run/parts/$1.pid 2> /dev/null); do
      signal=TERM; [ $tries -lt 100 ] || signal=KILL
      [ $((tries % 100)) -ne 0 ] || kill -$signal $pid 2> /dev/null
      tries=$((tries + 1)); sleep 0.05
    done' sh "$2"
  say "$2 of $1 is stopped"
}

start_part() {
  on_node "$1" rm -f "/run/parts/$2.stopped"
  await 10 "$2 of $1" on_node "$1" test -e "/run/parts/$2.pid"
  say "$2 of $1 is started"
}

stopped_parts() { on_node "$1" find /run/parts -name '*.stopped' -printf '%f\n' | sed 's/\.stopped$//'; }

# Its clients see at once that it is gone: no connection is drained.
stop_api() {
  stop kube-apiserver KILL
  # its first thread may be gone before its sockets are
  while (: < "/dev/tcp/$HOST_ADDRESS/6443") 2> /dev/null; do sleep 0.05; done
  say "the API server is gone"
}

start_api() {
  is_running kube-apiserver || start_api_server
  say "the API server is there"
}

# For two minutes at most, so that a test that forgets it does no harm.
slow_etcd() {
  normal_etcd
  start etcd-slow "$here/lib/slow" "$(pid_of etcd)" 120 "$STATE/pids/etcd-slow"
  say "etcd answers slowly"
}

normal_etcd() {
  stop etcd-slow
  ! is_running etcd || kill -CONT "$(pid_of etcd)"
}

# What the storage of the class network does when a NetworkFence names an address; see csi-driver/clients.go.
block_storage() { "$BIN/csi-driver" block --data "$STATE/data" --address "$1"; }
unblock_storage() { "$BIN/csi-driver" unblock --data "$STATE/data" --address "$1"; }

# No request to a volume of the classes fenced and network is answered for that long; see csi-driver/stall.go.
stall_storage() { "$BIN/csi-driver" stall --data "$STATE/data" --seconds "$1"; }
resume_storage() { "$BIN/csi-driver" resume --data "$STATE/data"; }

is_stalled() { [ -e "$STATE/data/stalled" ] && [ "$(cat "$STATE/data/stalled")" -gt "$(date +%s%3N)" ]; }

is_blocked() { [ ! -e "$STATE/data/clients/attached/$(address_of "$1")" ]; }

# A line for each fault that is in effect.
faults() {
  local node part
  ! is_stalled || echo "the storage hangs"
  for node in $NODES; do
    ! is_blocked "$node" || echo "the storage blocks $node"
    if ! is_running "$node"; then
      echo "$node is killed"
      continue
    fi
    ! is_cut "$node" || echo "$node is cut off"
    ! is_deaf "$node" || echo "$node is deaf to the API server"
    for part in $(stopped_parts "$node"); do echo "$part of $node is stopped"; done
  done
  is_running kube-apiserver || echo "the API server is stopped"
  ! is_running etcd-slow || echo "etcd is slow"
}
