package main

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"
)

// webhookTimeout is what the service's chart sets: after that an API server goes on without an answer, or refuses.
const webhookTimeout = 2 * time.Second

// pace says how requests follow each other: each of the workers at once after its last answer, or all together at a constant rate. They are
// of so many kinds, which take turns.
type pace struct {
	workers int
	count   int
	kinds   int
	rate    float64
}

// latencies are sorted.
type latencies struct {
	took    [][]time.Duration // by kind
	late    []time.Duration
	seconds float64
}

type request struct {
	due  time.Time
	kind int
}

// run makes the requests and ends with the first that fails. At a constant rate a request's time runs from when it was due, whether or not
// a worker was free by then: who is slow to answer does not get fewer requests to be slow on.
func (p pace) run(do func(worker, kind int) error) (latencies, error) {
	requests := make(chan request, p.count)
	ctx, stop := context.WithCancelCause(context.Background())
	defer stop(nil)
	took := make([][][]time.Duration, p.workers)
	begun := time.Now()
	var workers sync.WaitGroup
	for worker := range p.workers {
		took[worker] = make([][]time.Duration, p.kinds)
		workers.Go(func() {
			for request := range requests {
				if p.rate == 0 {
					request.due = time.Now()
				}
				if err := do(worker, request.kind); err != nil {
					stop(err)
				}
				if ctx.Err() != nil {
					return
				}
				took[worker][request.kind] = append(took[worker][request.kind], time.Since(request.due))
			}
		})
	}
	result := latencies{late: p.schedule(ctx, begun, requests)}
	workers.Wait()
	result.seconds = time.Since(begun).Seconds()
	if err := context.Cause(ctx); err != nil {
		return result, err
	}
	answered := 0
	for kind := range p.kinds {
		var all []time.Duration
		for worker := range took {
			all = append(all, took[worker][kind]...)
		}
		slices.Sort(all)
		result.took = append(result.took, all)
		answered += len(all)
	}
	if answered != p.count {
		return result, fmt.Errorf("%d requests of %d were answered", answered, p.count)
	}
	return result, nil
}

// schedule returns by how much later each request was handed out than it was due.
func (p pace) schedule(ctx context.Context, begun time.Time, requests chan<- request) []time.Duration {
	defer close(requests)
	var late []time.Duration
	for i := range p.count {
		due := begun
		if p.rate > 0 {
			due = begun.Add(time.Duration(float64(i) / p.rate * float64(time.Second)))
			time.Sleep(time.Until(due))
			late = append(late, max(0, time.Since(due)))
		}
		if ctx.Err() != nil {
			break
		}
		requests <- request{due: due, kind: i % p.kinds}
	}
	slices.Sort(late)
	return late
}

func percentile(sorted []time.Duration, p int) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[(len(sorted)*p+99)/100-1]
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// print has late in it, the generator's own delay, which is part of the others: it tells whether the machine was too busy to measure.
func (l latencies) print() {
	count, beyond := 0, 0
	for kind, took := range l.took {
		suffix := ""
		if len(l.took) > 1 {
			suffix = fmt.Sprintf("_%d", kind+1)
		}
		fmt.Printf("p50%[1]s=%.3[2]f p99%[1]s=%.3[3]f max%[1]s=%.3[4]f ",
			suffix, milliseconds(percentile(took, 50)), milliseconds(percentile(took, 99)), milliseconds(percentile(took, 100)))
		count += len(took)
		first, _ := slices.BinarySearch(took, webhookTimeout)
		beyond += len(took) - first
	}
	fmt.Printf("count=%d beyond=%d seconds=%.3f rate=%.1f late=%.3f\n", count, beyond, l.seconds, float64(count)/l.seconds, milliseconds(percentile(l.late, 99)))
}
