# What is measured of one side; sourced by compare.

# record FIGURE VALUE: for the side that is running
record() { echo "$2" >>"$figures/$side.$1"; }

# figures_of COMMAND...: sets what it prints as NAME=VALUE: count, beyond, seconds, rate, late, and p50, p99 and max, or of two kinds p50_1, p50_2 and so on
figures_of() {
  local printed name
  printed=$("$@" 2>"$tmp/logs/load") || return 1
  for name in $printed; do
    [[ $name =~ ^(count|beyond|seconds|rate|late|(p50|p99|max)(_[12])?)=[0-9.]+$ ]] || return 1
    printf -v "${name%%=*}" %s "${name#*=}"
  done
}

# h2load_on ENDPOINT LIMIT_SECONDS ARGUMENT...: h2load's report is left in $tmp/report, its log in $tmp/log.
h2load_on() {
  local endpoint=$1 limit=$2
  shift 2
  rm -f "$tmp/log"
  timeout --foreground "$limit" h2load -c 4 -m 4 --connect-to="127.0.0.1:$port" --log-file="$tmp/log" -H 'Content-Type: application/json' \
    -d "$tmp/$endpoint.json" "$@" "https://localhost:$port/$endpoint" >"$tmp/report" 2>&1 ||
    fail "h2load failed or took longer than $limit s: $(tail -n 3 "$tmp/report")"
  awk '$2 != 200 { bad++ } END { exit bad > 0 || NR == 0 }' "$tmp/log" || fail "$side: not every status on /$endpoint was 200"
}

# throughput ENDPOINT cold|warm COUNT
throughput() {
  local endpoint=$1 count=$3 rate p99
  h2load_on "$endpoint" $((60 + count / 200)) -n "$count"
  (($(wc -l <"$tmp/log") == count)) || fail "$side: not every request on /$endpoint was answered"
  # as long as the answer that was checked, each of them
  grep -q "($((count * bytes[$side-$endpoint]))) data" "$tmp/report" || fail "$side: answers on /$endpoint differ from the checked one"
  rate=$(sed -n 's|^finished in .*, \([0-9.]*\) req/s.*|\1|p' "$tmp/report")
  p99=$(cut -f 3 "$tmp/log" | sort -n | awk -v rank=$(((count * 99 + 99) / 100)) 'NR == rank { printf "%.3f", $1 / 1000 }')
  record "$endpoint-$2-rate" "$rate"
  record "$endpoint-$2-p99" "$p99"
  say "$side, $2, /$endpoint: $rate requests/s, p99 $p99 ms"
}

# Says so where the second half of a measurement was much quicker than the first.
check_warm() {
  awk -v half=$((REQUESTS / 2)) 'NR == 1 { a = $1 } { c = $1 + $3 } NR == half { b = c } END { exit b - a > 1.2 * (c - b) }' "$tmp/log" ||
    say "$side was still warming up on /$1: set WARM_UP_SECONDS above $WARM_UP_SECONDS"
}

warm_up() {
  local endpoint
  for endpoint in validate mutate; do h2load_on "$endpoint" $((WARM_UP_SECONDS + 30)) -D "$WARM_UP_SECONDS"; done
}

# steady ENDPOINT: at half of what the peer could do at its best in this round
steady() {
  local half
  half=$(tail -n 1 "$figures/peer.$1-warm-rate" | awk '{ printf "%.0f", $1 / 2 }')
  figures_of timeout --foreground $((RATE_SECONDS + 60)) "$peer_module/load" ask -url "https://localhost:$port/$1" -ca "$tmp/pki/ca.crt" -body "$tmp/$1.json" \
    -answer "$tmp/$side-$1" -rate "$half" -seconds "$RATE_SECONDS" || fail "$side did not stand $half requests/s on /$1"
  record "$1-steady-p99" "$p99"
  say "$side, $half requests/s, /$1: p50 $p50 ms, p99 $p99 ms; sent late by up to $late ms (p99)"
}

# asked "OBJECT..." COUNT ARGUMENT...: creates by dry runs, and the running side has to be asked about each as often as it should be
asked() {
  local objects=$1 count=$2 before after object expected=0 kinds=0
  shift 2
  before=$(settled)
  create "$objects" "$count" "$@" || fail "$side: not every create went as it should"
  after=$(answered)
  for object in $objects; do kinds=$((kinds + 1)); done
  # load creates one more of each, which opens its connection
  for object in $objects; do expected=$((expected + (count / kinds + 1) * reviews[$object])); done
  ((after - before == expected)) || fail "$side answered $((after - before)) reviews of $count creates ($objects), and not $expected"
}

# processor_time: for creates through the API server, by four at a time
processor_time() {
  local object before after
  for object in validate mutate; do asked "$object" $((API_REQUESTS / 4)) -with "$MUTATED"; done
  for object in validate mutate; do
    before=$(cpu_ms "$pid")
    asked "$object" "$API_REQUESTS" -with "$MUTATED"
    after=$(cpu_ms "$pid")
    record "$object-cpu" "$(awk -v a="$before" -v b="$after" -v n="$API_REQUESTS" 'BEGIN { printf "%.4f", (b - a) / n }')"
    say "$side, through the API server, $object.json: $(tail -n 1 "$figures/$side.$object-cpu") s of processor time for 1,000 creates, $rate creates/s"
  done
}

# At 50/s, both objects in turn. A request that finds all workers busy waits, and that time counts.
STEADILY=(-rate 50 -workers 64)

# added FRESH_OR_WARM: what creates take beyond those without any webhook
added() {
  local name=$1 figure
  asked "validate mutate" $((50 * LIMITED_SECONDS)) "${STEADILY[@]}" -with "$MUTATED"
  for figure in p50 p99; do
    record "validate-$name-added-$figure" "$(beyond "validate-$figure" "${figure}_1")"
    record "mutate-$name-added-$figure" "$(beyond "mutate-$figure" "${figure}_2")"
  done
  record "$name-beyond" "$beyond"
  say "$side, half a core, $name: $beyond beyond 2 s; volume p50 $p50_1 ms, p99 $p99_1 ms, most $max_1 ms; StatefulSet p50 $p50_2 ms, p99 $p99_2 ms, most $max_2 ms"
}

# beyond FIGURE VARIABLE: the difference from this round's figure without webhooks
beyond() { awk -v a="${!2}" -v b="$(tail -n 1 "$figures/none.$1")" 'BEGIN { printf "%.3f", a - b }'; }

baseline() {
  local side=none
  create "validate mutate" $((10 * LIMITED_SECONDS)) && create "validate mutate" $((50 * LIMITED_SECONDS)) "${STEADILY[@]}" ||
    fail "not every create without webhooks went well"
  record validate-p50 "$p50_1"
  record validate-p99 "$p99_1"
  record mutate-p50 "$p50_2"
  record mutate-p99 "$p99_2"
  say "no webhooks: volume p50 $p50_1 ms, p99 $p99_1 ms; StatefulSet p50 $p50_2 ms, p99 $p99_2 ms"
}

# A Pod without claims: with the service's webhooks in place, and then without.
pod_without_claims() {
  asked pod "$API_REQUESTS" -workers 1
  record pod-p50 "$p50"
  say "$side, a Pod without claims: p50 $p50 ms, and not one review"
  webhooks_off
  create pod "$API_REQUESTS" -workers 1 || fail "not every Pod could be created"
  side=none record pod-p50 "$p50"
}

# measure SIDE
measure() {
  local endpoint reads
  for endpoint in validate mutate; do
    [[ $endpoint == validate ]] || stop
    start "$1"
    say "$side is ready after $start_ms ms"
    record start "$start_ms"
    throughput "$endpoint" cold "$FIRST"
  done
  # the second process stays; both endpoints are warmed before either is measured
  reads=$(api_reads)
  warm_up
  for endpoint in validate mutate; do
    throughput "$endpoint" warm "$REQUESTS"
    check_warm "$endpoint"
  done
  for endpoint in validate mutate; do steady "$endpoint"; done
  # a few are the API server's own
  (($(api_reads) - reads < 100)) || fail "$side read objects in the API server to answer, which is not what is to be measured"
  webhooks_on
  processor_time
  record resident "$(memory_mb "$pid" VmRSS)"
  record anonymous "$(memory_mb "$pid" RssAnon)"
  if [[ $side == ours ]]; then pod_without_claims; else webhooks_off; fi
  stop
  [[ -z $limited ]] || measure_limited "$1"
}

measure_limited() {
  start "$1" "$limited"
  say "$side, half a core, is ready after $start_ms ms"
  record limited-start "$start_ms"
  webhooks_on
  added fresh
  warm_up
  added warm
  webhooks_off
  stop
}
