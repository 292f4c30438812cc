package main

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"
)

// pace says how requests follow each other: each of the workers at once after its last answer, or all together at a constant rate.
type pace struct {
	workers int
	count   int
	rate    float64
}

// latencies are sorted.
type latencies struct {
	took  []time.Duration
	late  []time.Duration
	begun time.Time
	ended time.Time
}

// run makes the requests and ends with the first that fails. At a constant rate a request's time runs from when it was due, whether or not
// a worker was free by then: who is slow to answer does not get fewer requests to be slow on.
func (p pace) run(do func(worker int) error) (latencies, error) {
	// whoever is further behind than this is overloaded
	due := make(chan time.Time, 10_000)
	ctx, stop := context.WithCancelCause(context.Background())
	defer stop(nil)
	took := make([][]time.Duration, p.workers)
	var workers sync.WaitGroup
	for worker := range p.workers {
		workers.Go(func() {
			for begun := range due {
				if p.rate == 0 {
					begun = time.Now()
				}
				if err := do(worker); err != nil {
					stop(err)
					return
				}
				took[worker] = append(took[worker], time.Since(begun))
				if ctx.Err() != nil {
					return
				}
			}
		})
	}
	result := latencies{begun: time.Now()}
	p.schedule(ctx, stop, due, &result)
	close(due)
	workers.Wait()
	result.ended = time.Now()
	if err := context.Cause(ctx); err != nil {
		return result, err
	}
	result.took = slices.Concat(took...)
	slices.Sort(result.took)
	slices.Sort(result.late)
	if len(result.took) != p.count {
		return result, fmt.Errorf("%d requests of %d were answered", len(result.took), p.count)
	}
	return result, nil
}

func (p pace) schedule(ctx context.Context, stop context.CancelCauseFunc, due chan<- time.Time, result *latencies) {
	for i := range p.count {
		if p.rate == 0 {
			select {
			case due <- time.Time{}:
			case <-ctx.Done():
				return
			}
			continue
		}
		at := result.begun.Add(time.Duration(float64(i) / p.rate * float64(time.Second)))
		time.Sleep(time.Until(at))
		result.late = append(result.late, max(0, time.Since(at)))
		select {
		case due <- at:
		case <-ctx.Done():
			return
		default:
			stop(fmt.Errorf("%d requests are waiting: %.0f requests/s are more than it can answer", cap(due), p.rate))
			return
		}
	}
}

func (l latencies) percentile(p int) time.Duration { return percentile(l.took, p) }

func percentile(sorted []time.Duration, p int) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[(len(sorted)*p+99)/100-1]
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func (l latencies) print() {
	// late is the generator's own delay, which is in the others: it tells whether the machine was too busy to measure
	fmt.Printf("count=%d seconds=%.3f rate=%.1f p50=%.3f p99=%.3f max=%.3f late=%.3f\n",
		len(l.took), l.ended.Sub(l.begun).Seconds(), float64(len(l.took))/l.ended.Sub(l.begun).Seconds(),
		milliseconds(l.percentile(50)), milliseconds(l.percentile(99)), milliseconds(l.percentile(100)), milliseconds(percentile(l.late, 99)))
}
