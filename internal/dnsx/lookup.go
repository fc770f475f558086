package dnsx

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/miekg/dns"

	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

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
	leave, err := r.domains.enter(ctx, name)
	if err != nil {
		return verify.Answer{}, fmt.Errorf("waiting to look up %s: %w", quote(name), err)
	}
	defer leave()
	select {
	case r.places <- struct{}{}:
		defer func() { <-r.places }()
	case <-ctx.Done():
		return verify.Answer{}, fmt.Errorf("waiting to look up %s: %w", quote(name), ctx.Err())
	}
	bounded, cancel := context.WithTimeout(ctx, r.cfg.Timeout)
	defer cancel()

	v := r.decide(bounded, name)
	if v.Err == nil && (!v.Secure || !v.Judged) {
		same, err := r.siblingHas(bounded, v, name)
		if err != nil {
			v.Err = fmt.Errorf("finding out whether a wildcard answered: %w", err)
		}
		v.Wildcard = v.Wildcard || same
	}
	if !v.conclusive() && ctx.Err() != nil {
		v.Err = ctx.Err() // the caller went away, which says nothing about servers
	}
	if v.Err != nil {
		return v.Answer, fmt.Errorf("looking up the TXT records of %s: %w", quote(name), v.Err)
	}
	return v.Answer, nil
}

// chase asks one upstream for name and for the targets of aliases that the
// answers end with.
func (r *Resolver) chase(ctx context.Context, up *upstream, name string, reliable bool) View {
	v := View{Judged: true}
	v.Name, v.Secure = name, true
	v.TTL = seconds(ttlMax)
	asked := name
	var links []string
	for {
		rep, err := r.ask(ctx, up, asked, dns.TypeTXT, reliable)
		v.Server = rep.server
		if err != nil {
			v.Secure, v.TTL, v.Err = false, 0, err
			return v
		}
		got, err := read(rep.Msg, asked)
		if err == nil {
			links = append(links, got.links...)
			err = r.checkLinks(links, got.name)
		}
		if err != nil {
			v.Secure, v.TTL, v.Err = false, 0, &serverError{rep.server, err}
			return v
		}
		v.Name = strings.TrimSuffix(got.name, ".")
		v.TTL = min(v.TTL, seconds(got.ttl))
		v.Secure = v.Secure && rep.secure
		v.Wildcard = v.Wildcard || got.synthesised
		v.Judged = v.Judged && got.signed
		switch {
		case got.absent:
			v.Err = &serverError{rep.server, verify.ErrNoRecord}
			return v
		case len(got.texts) > 0:
			v.Texts = got.texts
			return v
		}
		asked = v.Name
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
func (r *Resolver) siblingHas(ctx context.Context, v View, name string) (bool, error) {
	_, rest, _ := strings.Cut(name, ".")
	sibling := "_" + strings.ToLower(rand.Text()[:10]) + "." + rest
	s := look(ctx, v.from, sibling, len(r.perspectives) > 1)
	if errors.Is(s.Err, verify.ErrNoRecord) {
		return false, nil
	}
	return s.Err == nil && slices.Equal(sorted(v.Texts), sorted(s.Texts)), s.Err
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
