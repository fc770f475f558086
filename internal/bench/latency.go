package main

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"
)

// slowest asks rate times a second for the time, whether or not earlier requests
// were answered by then, and returns the latency in milliseconds that one in a
// hundred exceeds. Each request has an instant at which it is due, and its
// latency counts from there: a server that stalls is not spared.
func (l load) slowest(ctx context.Context, rate float64, d time.Duration) (float64, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var mu sync.Mutex
	var all []time.Duration
	var group sync.WaitGroup
	start := time.Now()
	every := time.Duration(float64(connections) / rate * float64(time.Second))
	for i := range connections {
		group.Go(func() {
			seen, err := l.onTime(ctx, start.Add(every*time.Duration(i)/connections), start.Add(d), every)
			if err != nil {
				cancel(err)
			}
			mu.Lock()
			defer mu.Unlock()
			all = append(all, seen...)
		})
	}
	group.Wait()
	if ctx.Err() != nil {
		return 0, fmt.Errorf("asking a server: %w", context.Cause(ctx))
	}
	slices.Sort(all)
	return float64(all[len(all)*99/100].Microseconds()) / 1000, nil
}

// onTime asks on one connection at due and then every so often until end, and
// returns how long after its instant each request was answered.
func (l load) onTime(ctx context.Context, due, end time.Time, every time.Duration) (seen []time.Duration, err error) {
	c, err := l.dial(ctx, end)
	if err != nil {
		return nil, err
	}
	defer c.close()
	for ; due.Before(end) && ctx.Err() == nil; due = due.Add(every) {
		time.Sleep(time.Until(due))
		if err := c.ask(); err != nil {
			return seen, err
		}
		seen = append(seen, time.Since(due))
	}
	return seen, nil
}
