# The two services that are compared: peer and ours. Sourced by compare.

# build_ours: the image as src/image/build makes it, unpacked into $root
build_ours() {
  local archive layer jar=target/quarkus-app/quarkus-run.jar
  [[ -f $jar && -z $(find pom.xml src/main -newer "$jar" -print -quit) ]] || {
    say "building $jar"
    timeout --foreground 1200 ./mvnw -B -ntp -q package -DskipTests >&2 || fail "./mvnw package failed"
  }
  archive=$(timeout --foreground 1800 src/image/build) || fail "src/image/build could not make the image"
  root=$tmp/root
  mkdir "$tmp/image" "$root"
  tar -xf "$archive" -C "$tmp/image"
  for layer in $(tr -d ' \n' <"$tmp/image/manifest.json" | sed 's/.*"Layers":\[\([^]]*\)\].*/\1/' | tr -d '"' | tr ',' ' '); do
    tar --numeric-owner -xpf "$tmp/image/$layer" -C "$root"
  done
  rm -rf "$tmp/image"
}

# What a Pod would mount into it, and what the chart tells the JVM of a Pod with half a core.
configure_ours() {
  limited_options=$("$helm" template charts/rwop-guard --set image.pullPolicy=Never --set resources.limits.cpu=500m | sed -n 's/.*name: JDK_JAVA_OPTIONS, value: "\(.*\)"}.*/\1/p')
  [[ -n $limited_options ]] || fail "the chart has no JVM options for a Pod with half a core"
  mkdir "$root/bench"
  cp "$tmp/kubeconfig" "$tmp/pki/tls.crt" "$tmp/pki/tls.key" "$root/bench"
  chown -R 65532:65532 "$root/bench"
  # the JVM looks here for the limits of its control group
  mkdir -p "$root/proc" "$root/sys/fs/cgroup"
}

# The options are the image's own and those that the chart gives; the memory is what the chart gives it, which it would find in its control group.
run_ours() {
  QUARKUS_HTTP_HOST=127.0.0.1 QUARKUS_HTTP_SSL_PORT=$port QUARKUS_MANAGEMENT_HOST=127.0.0.1 QUARKUS_MANAGEMENT_PORT=$health_port \
    RWOP_GUARD_KUBECONFIG=/bench/kubeconfig RWOP_GUARD_TLS_CERTIFICATE=/bench/tls.crt RWOP_GUARD_TLS_KEY=/bench/tls.key \
    JAVA_TOOL_OPTIONS="-XX:MaxRAM=$MEMORY ${JAVA_OPTS:-}" exec unshare --mount sh -c \
    'mount --rbind /proc "$0/proc" && mount --rbind /sys/fs/cgroup "$0/sys/fs/cgroup" && exec unshare --root="$0" --wd=/app --setgid 65532 --setuid 65532 "$@"' \
    "$root" /opt/java/bin/java -XX:AOTCache=/app/app.aot -jar /app/quarkus-run.jar
}

run_peer() {
  exec "$peer_module/webhook" -kubeconfig "$tmp/kubeconfig" -port "$port" -certificates "$tmp/pki" \
    -probes "127.0.0.1:$health_port" -metrics "127.0.0.1:$metrics_port"
}

# run_side: in a separate process, in the limited control group if one is given
run_side() {
  env_without_cluster
  [[ -z $1 ]] || { echo "$BASHPID" >"$1/cgroup.procs" && export JDK_JAVA_OPTIONS=$limited_options; }
  "run_$side"
}

env_without_cluster() { unset KUBERNETES_SERVICE_HOST KUBERNETES_SERVICE_PORT RWOP_GUARD_KUBECONFIG KUBECONFIG; }

# start SIDE [CGROUP]: a fresh process; returns when it is ready. Sets side, port, health_port, metrics_port, pid and start_ms.
start() {
  local began path
  side=$1
  port=$(free_port 20000)
  health_port=$(free_port 24000)
  metrics_port=$(free_port 28000)
  path=/readyz
  [[ $side == peer ]] || path=/q/health/ready
  began=${EPOCHREALTIME/./}
  launch "$side" run_side "${2:-}"
  pid=${pids[$side]}
  until is_ready "$path"; do
    is_running "$side" || fail "$side ended instead of starting"
    ((${EPOCHREALTIME/./} - began < 120000000)) || fail "$side was not ready after 120 s"
    sleep 0.02
  done
  start_ms=$(((${EPOCHREALTIME/./} - began) / 1000))
}

is_ready() {
  local line
  { exec 4<>"/dev/tcp/127.0.0.1/$health_port"; } 2>/dev/null || return 1
  printf 'GET %s HTTP/1.0\r\n\r\n' "$1" >&4
  read -r -t 5 line <&4 || line=
  exec 4>&-
  [[ $line == *" 200 "* ]]
}

stop() { end "$side"; }

# How many reviews it has answered.
answered() {
  case $side in
    peer) sum_of_metric "http://127.0.0.1:$metrics_port/metrics" controller_runtime_webhook_requests_total ;;
    ours) sum_of_metric "http://127.0.0.1:$health_port/q/metrics" rwop_guard_admission_duration_seconds_count ;;
  esac
}

# The same once it answers nothing more: h2load leaves requests behind when its time is up.
settled() {
  local before=- now
  now=$(answered)
  until [[ $now == "$before" ]]; do
    sleep 0.3
    before=$now
    now=$(answered)
  done
  echo "$now"
}

# post PATH FILE: the answer. Fails unless the HTTP status is 200.
post() {
  curl -sS --fail -4 --noproxy '*' --max-time 10 --cacert "$tmp/pki/ca.crt" -H 'Content-Type: application/json' \
    --data-binary "@$2" "https://localhost:$port/$1"
}

# Sees to it that both do the same; called once for each side, and compares with the peer's answers the second time. The Deployment names
# a claim that has to be known.
check_answers() {
  local endpoint
  for endpoint in validate mutate; do
    post "$endpoint" "$tmp/$endpoint.json" >"$tmp/$side-$endpoint" || fail "$side did not answer on /$endpoint"
    grep -q '"allowed":true' "$tmp/$side-$endpoint" || fail "$side refused on /$endpoint: $(<"$tmp/$side-$endpoint")"
    bytes[$side-$endpoint]=$(wc -c <"$tmp/$side-$endpoint")
  done
  post mutate "$tmp/deployment.json" >"$tmp/$side-deployment" || fail "$side did not answer on /mutate"
  check_refusal mixed sole-access-mode
  check_refusal hostpath-review csi-only
  [[ $side == ours ]] || return 0
  for endpoint in mutate deployment; do
    "$peer_module/load" equal -review "$tmp/$endpoint.json" "$tmp/peer-$endpoint" "$tmp/ours-$endpoint" ||
      fail "the peer and ours answer differently to $endpoint.json, so that there is nothing to compare"
  done
  say "peer and ours do the same on both requests and to a Deployment, and refuse the same"
}

# check_refusal REVIEW RULE
check_refusal() {
  local answer
  answer=$(post validate "$tmp/$1.json")
  [[ $answer == *'"allowed":false'*"$2"* ]] || fail "$side did not refuse by $2: $answer"
}

# limit_cpu: a control group of half a core, for one process at a time. Sets limited, which stays empty where that cannot be.
limit_cpu() {
  limited=
  if [[ -e /sys/fs/cgroup/cpu/cpu.cfs_quota_us ]]; then
    limited=/sys/fs/cgroup/cpu/rwop-guard-bench-$$
    mkdir "$limited" && echo 100000 >"$limited/cpu.cfs_period_us" && echo 50000 >"$limited/cpu.cfs_quota_us" && return
  elif [[ -e /sys/fs/cgroup/cgroup.controllers ]]; then
    limited=/sys/fs/cgroup/rwop-guard-bench-$$
    grep -qw cpu /sys/fs/cgroup/cgroup.subtree_control || echo +cpu >/sys/fs/cgroup/cgroup.subtree_control || true
    mkdir "$limited" && echo "50000 100000" >"$limited/cpu.max" && return
  fi
  [[ -z $limited ]] || rmdir "$limited" 2>/dev/null || true
  limited=
  say "no control group with a CPU limit can be made here, so nothing is measured at half a core: run this where /sys/fs/cgroup can be written"
}

# Its process is no longer counted in it a moment after it has ended.
unlimit_cpu() { [[ -z ${limited:-} ]] || timeout 5 sh -c 'until rmdir "$0" 2> /dev/null; do sleep 0.1; done' "$limited" || true; }
