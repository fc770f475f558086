package verify

import "context"

type meterKey struct{}

// WithMeter returns a context in which [Verifier.Verify] calls count once for
// each look-up that it begins: a publisher's DNS, a publisher document, a
// metadata document, a client's jwks_uri. What is remembered, or looked up for somebody else already,
// costs nothing. Count is called from several goroutines, perhaps after Verify
// has returned, and must not block.
func WithMeter(ctx context.Context, count func()) context.Context {
	return context.WithValue(ctx, meterKey{}, count)
}

func meter(ctx context.Context) {
	if count, ok := ctx.Value(meterKey{}).(func()); ok {
		count()
	}
}
