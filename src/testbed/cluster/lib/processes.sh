# Processes that outlive the command that starts them, and are ended by their id; sourced by cluster.

# start NAME COMMAND...
start() {
  local name=$1
  shift
  setsid "$@" > "$STATE/logs/$name.log" 2>&1 < /dev/null &
  echo "$! $(started_at $!)" > "$STATE/pids/$name"
}

# An id may be another process's by now; with the time of its start it is not. A zombie only waits for its parent to notice.
started_at() { sed 's/.*) //' "/proc/$1/stat" 2> /dev/null | awk '$1 != "Z" { print $20 }'; }

is_running() {
  local pid start
  read -r pid start 2> /dev/null < "$STATE/pids/$1" && [ "$(started_at "$pid")" = "$start" ]
}

pid_of() { cut -d' ' -f1 "$STATE/pids/$1"; }

# stop NAME [SIGNAL]: returns once it has ended
stop() {
  local name=$1 signal=${2:-TERM} waited=0 pid
  is_running "$name" || return 0
  pid=$(pid_of "$name")
  kill "-$signal" "$pid"
  while is_running "$name"; do
    sleep 0.05
    waited=$((waited + 1))
    [ $waited -ne 100 ] || kill -KILL "$pid" 2> /dev/null || true
  done
}

# await SECONDS WHAT COMMAND...: tries until the command succeeds
await() {
  local end=$((SECONDS + $1)) what=$2
  shift 2
  until "$@" > /dev/null 2>&1; do
    [ $SECONDS -lt $end ] || { say "waited in vain for $what; the logs are in $STATE/logs"; exit 1; }
    sleep 0.2
  done
}

remove_everything() {
  if [ -d "$STATE/pids" ]; then
    # who is held does not end
    normal_etcd
    # the watch for the owner may be who calls this
    is_running owner-watch && [ "$(pid_of owner-watch)" != $$ ] && stop owner-watch
    for node in $NODES; do stop "$node" KILL; done
    for name in csi-attacher-fenced csi-attacher-attached csi-controller kube-scheduler kube-controller-manager kube-apiserver etcd; do stop "$name"; done
  fi
  remove_network
  remove_cgroups
  rm -rf "$STATE"
}

# A killed node's containers leave empty control groups: remove_cgroups [/CONTAINER].
remove_cgroups() {
  local group
  for group in /sys/fs/cgroup/k8s.io"${1:-}" /sys/fs/cgroup/*/k8s.io"${1:-}"; do
    [ ! -d "$group" ] || find "$group" -depth -type d -exec rmdir {} + 2> /dev/null || true
  done
}
