package probe

import (
	"context"
	"fmt"

	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/verify"
)

// lookRateLimit registers a bounded number of clients one after the other.
func lookRateLimit(ctx context.Context, s *session) Finding {
	var last []Exchange
	for range limits.ProbeBurst {
		if s.limited {
			break
		}
		a := s.register(ctx, s.bearer, ordinary())
		last = a.exchanges
		if a.registered == nil && !s.limited {
			f := a.refusal("one of many registrations")
			f.Status = verify.Unavailable
			return f
		}
	}
	if s.limited {
		return passed(fmt.Sprintf("registrations are limited: 429 after %d clients", s.report.Registered), last...)
	}
	return failed(Low, fmt.Sprintf("%d clients were registered one after the other, and nothing slowed them", s.report.Registered), last...)
}
