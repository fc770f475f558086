package dnsx

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/fc28f635/countersign/verify"
)

// A Perspective is one party's view of the DNS. Two of them that agree
// corroborate an answer; of those that contradict each other none is believed.
// The resolvers of one operator are the first kind, which [New] makes of
// [Config.Upstreams]; others see the DNS from elsewhere. Implementations must be
// safe for concurrent use and must call [verify.SpendQuestion] as a
// [verify.Resolver] does.
type Perspective interface {
	// Operator names the party. Two views of one party would count twice, so New
	// refuses a second perspective of one name.
	Operator() string

	// Look returns what the party says of the TXT records of name. With reliable
	// it takes no answer that somebody on the way could have forged blindly: none
	// that came over UDP.
	Look(ctx context.Context, name string, reliable bool) View
}

// A View is what one perspective sees. The zero View is an answer without records.
type View struct {
	verify.Answer // never Corroborated

	// Err is as [verify.Resolver] says: nil, or wrapping ErrNoRecord or ErrBogus,
	// or any other error where there is no usable answer.
	Err error

	// Judged says that signatures show whether a wildcard was used.
	Judged bool

	from Perspective // who can say more; nil means the one that was asked
}

// conclusive reports whether asking somebody else would be asking for a nicer
// answer.
func (v View) conclusive() bool {
	return v.Err == nil || errors.Is(v.Err, verify.ErrNoRecord) || errors.Is(v.Err, verify.ErrBogus)
}

// found says what there is, for people.
func (v View) found() string {
	if v.Err != nil {
		return "no record"
	}
	return fmt.Sprintf("%d other records", len(v.Texts))
}

// An operator is the perspective of the resolvers of one operator.
type operator struct {
	resolver  *Resolver
	name      string
	upstreams []*upstream
}

// Operator implements [Perspective].
func (o *operator) Operator() string { return o.name }

// Look implements [Perspective]: it asks one upstream after the other until one
// has a usable answer.
func (o *operator) Look(ctx context.Context, name string, reliable bool) View {
	var v View
	for _, up := range o.upstreams {
		before := v.Err
		v = o.resolver.chase(ctx, up, name, reliable)
		v.Err = join(before, v.Err, v.conclusive())
		v.from = &operator{o.resolver, o.name, []*upstream{up}}
		if v.conclusive() || ctx.Err() != nil {
			break
		}
	}
	return v
}

// decide asks one perspective, or two that must agree: the next one where one of
// them has no usable answer.
func (r *Resolver) decide(ctx context.Context, name string) View {
	if len(r.perspectives) == 1 {
		return look(ctx, r.perspectives[0], name, false)
	}
	var (
		views [2]View
		mu    sync.Mutex
		rest  = r.perspectives[len(views):]
		wg    sync.WaitGroup
	)
	next := func() (p Perspective, ok bool) {
		mu.Lock()
		defer mu.Unlock()
		if len(rest) == 0 {
			return nil, false
		}
		p, rest = rest[0], rest[1:]
		return p, true
	}
	for i, p := range r.perspectives[:len(views)] {
		wg.Go(func() {
			for ok := true; ok; p, ok = next() {
				v := look(ctx, p, name, true)
				v.Err = join(views[i].Err, v.Err, v.conclusive())
				if views[i] = v; v.conclusive() {
					return
				}
			}
		})
	}
	wg.Wait()
	return combine(views[0], views[1])
}

// look asks one perspective. That it is corroborated is never its own to say.
func look(ctx context.Context, p Perspective, name string, reliable bool) View {
	v := p.Look(ctx, name, reliable)
	v.Corroborated = false
	if v.from == nil {
		v.from = p
	}
	return v
}

// combine makes one view of those of two perspectives.
func combine(a, b View) View {
	for _, v := range []View{a, b} { // bogus is never outweighed
		if errors.Is(v.Err, verify.ErrBogus) {
			return v
		}
	}
	switch {
	case !a.conclusive() && !b.conclusive():
		a.Err = join(a.Err, b.Err, false)
		return a
	case !a.conclusive():
		return b
	case !b.conclusive():
		return a
	}
	if !slices.Equal(sorted(a.Texts), sorted(b.Texts)) {
		return View{
			Answer: verify.Answer{Name: a.Name, Server: a.Server + ", " + b.Server},
			Err:    fmt.Errorf("resolvers disagree: %s has %s, %s has %s", a.Server, a.found(), b.Server, b.found()),
		}
	}
	if b.Secure && !a.Secure {
		a, b = b, a
	}
	a.Corroborated = true
	a.TTL = min(a.TTL, b.TTL)
	a.Server += ", " + b.Server
	a.Wildcard = a.Wildcard || b.Wildcard
	return a
}
