# A bridge, and a network namespace for each node; sourced by cluster.

make_network() {
  say "network"
  local node other
  ip link add $BRIDGE type bridge
  ip address add $HOST_ADDRESS/24 dev $BRIDGE
  ip link set $BRIDGE up
  for node in $NODES; do
    local namespace
    namespace=$(netns_of "$node")
    ip netns add "$namespace"
    ip link add "$(veth_of "$node")" type veth peer name eth0 netns "$namespace"
    ip link set "$(veth_of "$node")" master $BRIDGE up
    ip -n "$namespace" address add "$(address_of "$node")/24" dev eth0
    ip -n "$namespace" link set lo up
    ip -n "$namespace" link set eth0 up
    ip netns exec "$namespace" sh -c 'echo 1 > /proc/sys/net/ipv4/ip_forward'
    # Pods of other nodes, and the way back to Pods from this machine
    ip route add "$(pods_of "$node")" via "$(address_of "$node")" dev $BRIDGE
    for other in $NODES; do
      [ "$node" = "$other" ] || ip -n "$namespace" route add "$(pods_of "$other")" via "$(address_of "$other")"
    done
    ip -n "$namespace" route add default via $HOST_ADDRESS
  done
}

remove_network() {
  local node
  for node in $NODES; do
    ip netns delete "$(netns_of "$node")" 2> /dev/null || true
    ip link delete "$(veth_of "$node")" 2> /dev/null || true
  done
  ip link delete $BRIDGE 2> /dev/null || true
}
