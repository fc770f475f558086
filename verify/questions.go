package verify

import (
	"context"
	"sync/atomic"

	"github.com/fc28f635/countersign/internal/limits"
)

type questionsKey struct{}

// withQuestions returns a context in which [SpendQuestion] succeeds
// [limits.DNSQuestions] times.
func withQuestions(ctx context.Context) context.Context {
	left := new(atomic.Int64)
	left.Store(limits.DNSQuestions)
	return context.WithValue(ctx, questionsKey{}, left)
}

// SpendQuestion takes one DNS question off those that the look-ups of one client
// may send, and reports whether there was one left. A [Resolver] calls it before
// each message that it sends; where it returns false the look-up ends without a
// usable answer. In the context of no verification it always returns true.
func SpendQuestion(ctx context.Context) bool {
	left, ok := ctx.Value(questionsKey{}).(*atomic.Int64)
	return !ok || left.Add(-1) >= 0
}
