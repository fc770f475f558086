package dnsx

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/miekg/dns"

	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

// An opinion is what one upstream says about the TXT records of a name.
type opinion struct {
	verify.Answer
	err      error // nil, or wraps ErrNoRecord or ErrBogus, or there is no usable answer
	upstream Upstream

	// shown says that signatures show whether a wildcard was used.
	shown bool
}

// conclusive reports whether asking another upstream would be asking for a
// nicer answer.
func (o opinion) conclusive() bool {
	return o.err == nil || errors.Is(o.err, verify.ErrNoRecord) || errors.Is(o.err, verify.ErrBogus)
}

// LookupTXT implements [verify.Resolver]. name has two labels or more, of
// letters, digits, hyphens and underscores. Of resolvers that contradict each
// other none is believed.
func (r *Resolver) LookupTXT(ctx context.Context, name string) (verify.Answer, error) {
	if err := checkName(name); err != nil {
		return verify.Answer{}, err
	}
	if !r.cfg.AllowSpecialUse && metadata.SpecialUse(name) {
		return verify.Answer{}, fmt.Errorf("%s is a special-use name, which is not looked up", quote(name))
	}
	select {
	case r.places <- struct{}{}:
		defer func() { <-r.places }()
	case <-ctx.Done():
		return verify.Answer{}, fmt.Errorf("waiting to look up %s: %w", quote(name), ctx.Err())
	}
	bounded, cancel := context.WithTimeout(ctx, r.cfg.Timeout)
	defer cancel()

	o := r.decide(bounded, name)
	if o.err == nil && (!o.Secure || !o.shown) {
		same, err := r.siblingHas(bounded, o, name)
		if err != nil {
			o.err = fmt.Errorf("finding out whether a wildcard answered: %w", err)
		}
		o.Wildcard = o.Wildcard || same
	}
	if !o.conclusive() && ctx.Err() != nil {
		o.err = ctx.Err() // the caller went away, which says nothing about servers
	}
	if o.err != nil {
		return o.Answer, fmt.Errorf("looking up the TXT records of %s: %w", quote(name), o.err)
	}
	return o.Answer, nil
}

// decide asks one operator, or two that must agree.
func (r *Resolver) decide(ctx context.Context, name string) opinion {
	if len(r.operators) == 1 {
		return r.consult(ctx, r.operators[0], name, false)
	}
	var (
		opinions [2]opinion
		mu       sync.Mutex
		next     int
		wg       sync.WaitGroup
	)
	take := func() (group []Upstream, ok bool) {
		mu.Lock()
		defer mu.Unlock()
		if next == len(r.operators) {
			return nil, false
		}
		next++
		return r.operators[next-1], true
	}
	for i := range opinions {
		group, _ := take()
		wg.Go(func() {
			for ok := true; ok; group, ok = take() {
				o := r.consult(ctx, group, name, true)
				o.err = join(opinions[i].err, o.err, o.conclusive())
				if opinions[i] = o; o.conclusive() {
					return
				}
			}
		})
	}
	wg.Wait()
	return combine(opinions[0], opinions[1])
}

// consult asks the upstreams of one operator in turn until one has a usable
// answer.
func (r *Resolver) consult(ctx context.Context, group []Upstream, name string, tcp bool) opinion {
	var o opinion
	for _, up := range group {
		before := o.err
		o = r.chase(ctx, up, name, tcp)
		o.err = join(before, o.err, o.conclusive())
		if o.conclusive() || ctx.Err() != nil {
			break
		}
	}
	return o
}

// combine makes one opinion of those of two operators.
func combine(a, b opinion) opinion {
	for _, o := range []opinion{a, b} { // bogus is never outweighed
		if errors.Is(o.err, verify.ErrBogus) {
			return o
		}
	}
	switch {
	case !a.conclusive() && !b.conclusive():
		a.err = join(a.err, b.err, false)
		return a
	case !a.conclusive():
		return b
	case !b.conclusive():
		return a
	}
	if !slices.Equal(sorted(a.Texts), sorted(b.Texts)) {
		return opinion{
			Answer: verify.Answer{Name: a.Name, Server: a.Server + ", " + b.Server},
			err:    fmt.Errorf("resolvers disagree: %s has %s, %s has %s", a.Server, a.found(), b.Server, b.found()),
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

// found says what there is, for people.
func (o opinion) found() string {
	if o.err != nil {
		return "no record"
	}
	return fmt.Sprintf("%d other records", len(o.Texts))
}

// chase asks one upstream for name and for the targets of aliases that the
// answers end with.
func (r *Resolver) chase(ctx context.Context, up Upstream, name string, tcp bool) opinion {
	o := opinion{upstream: up, shown: true}
	o.Name, o.Secure = name, true
	o.TTL = seconds(ttlMax)
	asked := name
	var links []string
	for {
		rep, err := r.ask(ctx, up, asked, dns.TypeTXT, tcp)
		o.Server = rep.server
		if err != nil {
			o.Secure, o.TTL, o.err = false, 0, err
			return o
		}
		got, err := read(rep.Msg, asked)
		if err == nil {
			links = append(links, got.links...)
			err = r.checkLinks(links, got.name)
		}
		if err != nil {
			o.Secure, o.TTL, o.err = false, 0, &serverError{rep.server, err}
			return o
		}
		o.Name = strings.TrimSuffix(got.name, ".")
		o.TTL = min(o.TTL, seconds(got.ttl))
		o.Secure = o.Secure && rep.secure
		o.Wildcard = o.Wildcard || got.synthesised
		o.shown = o.shown && got.signed
		switch {
		case got.absent:
			o.err = &serverError{rep.server, verify.ErrNoRecord}
			return o
		case len(got.texts) > 0:
			o.Texts = got.texts
			return o
		}
		asked = o.Name
	}
}

// checkLinks checks the whole chain, over all messages, and where it ends.
func (r *Resolver) checkLinks(links []string, end string) error {
	if err := checkChain(links, end); err != nil {
		return err
	}
	for _, name := range append(slices.Clone(links), end) {
		if !r.cfg.AllowSpecialUse && metadata.SpecialUse(strings.TrimSuffix(name, ".")) {
			return fmt.Errorf("an alias leads to the special-use name %s", quote(name))
		}
	}
	return nil
}

// siblingHas reports whether a name beside name that nobody can have made has
// the same records: then a wildcard answered for both. It asks whoever answered.
func (r *Resolver) siblingHas(ctx context.Context, o opinion, name string) (bool, error) {
	_, rest, _ := strings.Cut(name, ".")
	sibling := "_" + strings.ToLower(rand.Text()[:10]) + "." + rest
	s := r.chase(ctx, o.upstream, sibling, len(r.operators) > 1)
	if errors.Is(s.err, verify.ErrNoRecord) {
		return false, nil
	}
	return s.err == nil && slices.Equal(sorted(o.Texts), sorted(s.Texts)), s.err
}

func sorted(texts []string) []string { return slices.Sorted(slices.Values(texts)) }

// checkName accepts the names that key records may have.
func checkName(name string) error {
	labels := strings.Split(name, ".")
	if len(name) > 253 || len(labels) < 2 {
		return fmt.Errorf("%s is no fully qualified name", quote(name))
	}
	for _, label := range labels {
		if label == "" || len(label) > 63 || strings.Trim(label, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") != "" {
			return fmt.Errorf("%s is no fully qualified name", quote(name))
		}
	}
	return nil
}

// An unansweredError lists why nobody gave a usable answer.
type unansweredError []error

// join adds err to those before it, unless it settles the matter.
func join(before, err error, settled bool) error {
	if before == nil || settled {
		return err
	}
	return unansweredError{before, err}
}

// Error implements error.
func (e unansweredError) Error() string {
	texts := make([]string, len(e))
	for i, err := range e {
		texts[i] = err.Error()
	}
	return strings.Join(texts, "; ")
}

// Unwrap returns the errors.
func (e unansweredError) Unwrap() []error { return e }
