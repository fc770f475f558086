package badgerstore

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/fc28f635/countersign/internal/store/storetest"
)

// P4 rests on these. Decisions are of the size of real ones, and every commit
// is synced.

func BenchmarkCommit(b *testing.B) {
	for _, writers := range []int{1, 4, 16, 64} {
		b.Run(fmt.Sprintf("writers=%d", writers), func(b *testing.B) {
			s := open(b, Config{Dir: b.TempDir()})
			d := storetest.Decision(b, "")
			var next atomic.Int64
			var group sync.WaitGroup
			b.ResetTimer()
			for range writers {
				group.Go(func() {
					for i := next.Add(1); i <= int64(b.N); i = next.Add(1) {
						d := d
						d.ID = fmt.Sprint(i)
						if err := s.Commit(b.Context(), d); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			group.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "decisions/s")
			b.ReportMetric(float64(b.N)/float64(s.seq), "decisions/sync")
		})
	}
}

func BenchmarkDecision(b *testing.B) {
	s := open(b, Config{Dir: b.TempDir()})
	if err := s.Commit(b.Context(), storetest.Decision(b, "one")); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := s.Decision(b.Context(), "one"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOpen(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		dir := b.TempDir()
		b.StartTimer()
		s := open(b, Config{Dir: dir})
		b.StopTimer()
		closeStore(b, s)
		b.StartTimer()
	}
}
