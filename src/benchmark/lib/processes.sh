# Settings, tools, and processes that are ended by their id; sourced by compare.

say() { echo "bench: $*" >&2; }

fail() {
  local log
  say "$*"
  for log in "$tmp"/logs/{kube-apiserver,peer,ours,load}; do
    [[ -s $log ]] || continue
    say "the end of ${log##*/}'s log:"
    tail -n 5 "$log" | cut -c 1-400 >&2
  done
  exit 1
}

# setting NAME NORMALLY QUICKLY: what the environment says, or one of the two
setting() {
  local normally=$2
  [[ -z ${QUICK:-} ]] || normally=$3
  printf -v "$1" %s "${!1:-$normally}"
  [[ ${!1} =~ ^[1-9][0-9]*$ ]] || { say "$1: must be a whole number above zero, found '${!1}'" && exit 64; }
}

check_tools() {
  local tool
  [[ $EUID -eq 0 ]] || { say "the image is made and run as root: start this as root" && exit 75; }
  for tool in go java curl awk openssl unshare flock timeout base64; do
    command -v "$tool" >/dev/null || { say "$tool is missing: install it and start again" && exit 69; }
  done
  command -v h2load >/dev/null && return
  command -v apt-get >/dev/null || { say "h2load is missing: install nghttp2 and start again" && exit 69; }
  say "h2load is missing: installing nghttp2-client"
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq nghttp2-client; } >&2 ||
    { say "apt-get could not install nghttp2-client: install h2load and start again" && exit 69; }
}

# free_port LOWEST: below the ports that connections are given, so that none takes it meanwhile
free_port() {
  local port
  while port=$(($1 + RANDOM % 2000)); do
    (: <>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
  done
  echo "$port"
}

declare -A pids # of what was started here and is not ended yet

# launch NAME COMMAND...
launch() {
  local name=$1
  shift
  "$@" >"$tmp/logs/$name" 2>&1 </dev/null &
  pids[$name]=$!
}

is_running() { [[ -n ${pids[$1]:-} ]] && kill -0 "${pids[$1]}" 2>/dev/null; }

# end NAME
end() {
  local pid=${pids[$1]:-}
  [[ -n $pid ]] || return 0
  kill "$pid" 2>/dev/null || true
  timeout 20 tail --pid="$pid" -s 0.1 -f /dev/null || kill -KILL "$pid" 2>/dev/null || true
  wait "$pid" 2>/dev/null || true
  unset "pids[$1]"
}

# await SECONDS WHAT COMMAND...: tries until the command succeeds
await() {
  local until=$((SECONDS + $1)) what=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    ((SECONDS < until)) || fail "waited in vain for $what"
    sleep 0.1
  done
}

# sum_of_metric URL NAME [CURL_ARGUMENT...]: over all labels; none is 0
sum_of_metric() {
  local url=$1 name=$2
  shift 2
  curl -sS --fail --noproxy '*' --max-time 10 "$@" "$url" |
    awk -v name="$name" 'index($1, name "{") == 1 || $1 == name { sum += $NF } END { printf "%.0f\n", sum }'
}

# What a process has used of the processor, in ms: user and system, all threads.
cpu_ms() { sed 's/.*) //' "/proc/$1/stat" | awk -v tick="$(getconf CLK_TCK)" '{ print ($12 + $13) * 1000 / tick }'; }

# memory_mb PID FIELD: in millions of bytes
memory_mb() { awk -v field="$2:" '$1 == field { printf "%.1f\n", $2 * 1024 / 1000000 }' "/proc/$1/status"; }
