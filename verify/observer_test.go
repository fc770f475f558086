package verify_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fc28f635/countersign/verify"
)

// observed counts what an Observer is told.
type observed struct {
	mu      sync.Mutex
	stages  []verify.Stage
	caches  map[verify.Cache][2]int // misses, hits
	lookups []verify.Lookup
}

func (o *observed) observer() verify.Observer {
	o.caches = map[verify.Cache][2]int{}
	return verify.Observer{
		Stage: func(s verify.Stage, took time.Duration) {
			o.mu.Lock()
			defer o.mu.Unlock()
			o.stages = append(o.stages, s)
		},
		Cache: func(c verify.Cache, hit bool) {
			o.mu.Lock()
			defer o.mu.Unlock()
			n := o.caches[c]
			if hit {
				n[1]++
			} else {
				n[0]++
			}
			o.caches[c] = n
		},
		Lookup: func(l verify.Lookup) {
			o.mu.Lock()
			defer o.mu.Unlock()
			o.lookups = append(o.lookups, l)
		},
	}
}

func TestObserver(t *testing.T) {
	var o observed
	p := newPlace(t, []string{"dns: secure"}, liveZone, func(cfg *verify.Config) { cfg.Observer = o.observer() })
	presented := verify.Presentation{Statement: statement(t, nil)}
	want(t, p.verify(t, presented), verify.Verified, "")
	want(t, p.verify(t, presented), verify.Verified, "")
	if diff := cmp.Diff(slices.Concat(verify.Stages(), verify.Stages()), o.stages); diff != "" {
		t.Errorf("stages, -want +got:\n%s", diff)
	}
	if got := o.caches[verify.CacheStatements]; got != [2]int{1, 1} {
		t.Errorf("misses and hits of statements: %v", got)
	}
	if got := o.caches[verify.CacheDNS]; got != [2]int{1, 1} {
		t.Errorf("misses and hits of key records: %v", got)
	}
	if len(o.lookups) != 2 { // the document is not there
		t.Errorf("look-ups: %v", o.lookups)
	}
	for c, n := range map[verify.Cache]int{verify.CacheStatements: 1, verify.CacheDNS: 1, verify.CachePublishers: 1, verify.CacheDocuments: 0, "another": 0} {
		if got := p.verifier.Cached(c); got != n {
			t.Errorf("%s holds %d, want %d", c, got, n)
		}
	}
	stages := len(o.stages)
	want(t, p.verify(t, verify.Presentation{Statement: "a"}), verify.Rejected, "statement_malformed")
	if got := o.stages[stages:]; !slices.Equal(got, []verify.Stage{verify.StageDocument, verify.StageForm}) {
		t.Errorf("stages of what is malformed: %v", got)
	}
}

type fetcherFunc func() (verify.Resource, error)

func (f fetcherFunc) Fetch(context.Context, string, int) (verify.Resource, error) { return f() }

// Every answer has its class.
func TestObserverOfLookups(t *testing.T) {
	late := errors.New("late")
	presented := verify.Presentation{Statement: statement(t, nil)}
	for name, c := range map[string]struct {
		dns, https error
		want       [2]verify.LookupResult
	}{
		"nothing there":    {verify.ErrNoRecord, &verify.FetchError{Status: 404}, [2]verify.LookupResult{verify.LookupAbsent, verify.LookupAbsent}},
		"gone":             {verify.ErrNoRecord, &verify.FetchError{Status: 410}, [2]verify.LookupResult{verify.LookupAbsent, verify.LookupAbsent}},
		"bogus, a page":    {verify.ErrBogus, &verify.FetchError{Status: 200, Unusable: true}, [2]verify.LookupResult{verify.LookupBogus, verify.LookupUnusable}},
		"late, not dialed": {late, &verify.FetchError{Refused: true, Err: late}, [2]verify.LookupResult{verify.LookupUnavailable, verify.LookupRefused}},
		"found, late":      {nil, late, [2]verify.LookupResult{verify.LookupFound, verify.LookupUnavailable}},
		"late, found":      {late, nil, [2]verify.LookupResult{verify.LookupUnavailable, verify.LookupFound}},
	} {
		t.Run(name, func(t *testing.T) {
			var o observed
			var p *place
			p = newPlace(t, nil, nil, func(cfg *verify.Config) {
				cfg.Observer = o.observer()
				cfg.Resolver = resolverFunc(func(context.Context, string) (verify.Answer, error) {
					p.after(time.Second)
					return verify.Answer{}, c.dns
				})
				cfg.Fetcher = fetcherFunc(func() (verify.Resource, error) { return verify.Resource{Body: []byte("{}")}, c.https })
			})
			p.verify(t, presented)
			got := map[verify.LookupOver]verify.Lookup{}
			for _, l := range o.lookups {
				got[l.Over] = l
				if !slices.Contains(verify.LookupResults(l.Over), l.Result) {
					t.Errorf("%s is no result over %s", l.Result, l.Over)
				}
			}
			if dns, https := got[verify.OverDNS], got[verify.OverHTTPS]; dns.Result != c.want[0] || https.Result != c.want[1] || dns.Took < time.Second {
				t.Errorf("got %+v and %+v, want %v", dns, https, c.want)
			}
			if bytes := got[verify.OverHTTPS].Bytes; bytes != len("{}") {
				t.Errorf("%d bytes", bytes)
			}
		})
	}
}
