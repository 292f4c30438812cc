# Prints what was measured; sourced by compare.

# summary SIDE FIGURE FORMAT: minimum, median and maximum
summary() {
  local file=$figures/$1.$2
  [[ -s $file ]] || { echo "|  |" && return; }
  sort -n "$file" | awk -v f="$3" '{ v[NR] = $1 } END { printf f " / " f " / " f, v[1], (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2, v[NR] }'
}

median() { sort -n "$figures/$1.$2" | awk '{ v[NR] = $1 } END { print (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2 }'; }

# row FIGURE LABEL FORMAT AIM [FIGURE_OF_THE_PEER]
# AIM is "at most N times", "at least N times" (the peer's median), "at most N", or anything else, which is only printed
row() {
  local figure=$1 label=$2 format=$3 aim=$4 left=peer a b
  [[ -z ${5:-} ]] || left=$5
  [[ -s $figures/ours.$figure && -s $figures/$left.$figure ]] || { echo "| $label | | | | $aim | not measured |" && return; }
  a=$(median "$left" "$figure")
  b=$(median ours "$figure")
  awk -v label="$label" -v left="$(summary "$left" "$figure" "$format")" -v right="$(summary ours "$figure" "$format")" -v a="$a" -v b="$b" -v aim="$aim" '
    BEGIN {
      split(aim, word, " ")
      limit = word[3] * (word[4] == "times" ? a : 1)
      met = word[2] == "most" ? (b <= limit ? "yes" : "no") : word[2] == "least" ? (b >= limit ? "yes" : "no") : word[1] == "never" ? "yes" : ""
      # what is added may be next to nothing, or less
      printf "| %s | %s | %s | %s | %s | %s |\n", label, left, right, (a > 0 && b > 0) ? sprintf("%.2f", b / a) : "", aim, met
    }'
}

print_table() {
  local endpoint name
  echo "$(nproc) cores, $ROUNDS round(s), $CLAIMS claims and volumes known, MaxRAM=$MEMORY${QUICK:+, QUICK: too short to mean anything}"
  echo
  echo "- peer: $(awk '$1 == "sigs.k8s.io/controller-runtime" { print "controller-runtime " $2 }' src/benchmark/peer/go.mod), $(go env GOVERSION)"
  echo "- ours: $(git rev-parse --short HEAD 2>/dev/null || echo unknown revision), the image with its AOT cache, JDK $(sed -n 's/^JAVA_VERSION="\(.*\)"/\1/p' "$root/opt/java/release")"
  echo "- API server: Kubernetes $(awk '$1 == "k8s.io/kubernetes" { print $2 }' src/testbed/kubernetes/go.mod)"
  printf '\n| figure | peer: min / median / max | ours: min / median / max | ratio of medians | aim | met |\n|---|---:|---:|---:|---|---|\n'
  declare -A object=([validate]="PersistentVolume" [mutate]="StatefulSet")
  for name in fresh warm; do
    for endpoint in validate mutate; do
      row "$endpoint-$name-added-p99" "added to a ${object[$endpoint]}'s create at 50/s with half a core, $name process, p99, ms" %.2f "at most 1 times"
      row "$endpoint-$name-added-p50" "the same, p50, ms" %.2f ""
    done
    row "$name-beyond" "of $((50 * LIMITED_SECONDS)) creates, those that took more than the webhooks' timeout of 2 s, $name process" %.0f ""
  done
  for endpoint in validate mutate; do
    row "$endpoint-warm-rate" "\`/$endpoint\`, warm, requests/s" %.0f "at least 1.3 times"
    row "$endpoint-warm-p99" "the same, p99, ms" %.2f ""
  done
  for endpoint in validate mutate; do
    row "$endpoint-steady-p99" "\`/$endpoint\`, warm, at half of the peer's top rate, p99, ms" %.2f "at most 1 times"
  done
  for endpoint in validate mutate; do
    row "$endpoint-cold-p99" "\`/$endpoint\`, first $FIRST requests, p99, ms" %.1f "at most 2 times"
  done
  row start "process start to ready, ms" %.0f "at most 1000"
  row limited-start "process start to ready with half a core, ms" %.0f ""
  row resident "resident memory under load, MB" %.0f "at most 110"
  row anonymous "of it not file pages, MB" %.0f ""
  row validate-cpu "processor time for 1,000 PersistentVolumes created, warm, s" %.3f "at most 1 times"
  row mutate-cpu "processor time for 1,000 StatefulSets created, warm, s" %.3f "at most 1 times"
  row pod-p50 "create of a Pod without claims, p50, ms (left: without any webhooks)" %.3f "never sent" none
  echo "| decision time with 50,000 Pods known against 50 | | | | at most 1.1 | \`InventoryScaleBenchmark\`, see below |"
  echo "| allocation for one decision | | | | under 40 KB | JMH, see below |"
  [[ ! -s $figures/ours.pod-p50 ]] || printf '\nOf %d Pods without claims created with the webhooks in place, not one was sent.\n' $((ROUNDS * (API_REQUESTS + 1)))
  cat <<'MARKDOWN'

Separate commands measure these:

```
src/benchmark/scale InventoryScaleBenchmark
src/benchmark/decisions
```
MARKDOWN
}
