package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/fc28f635/countersign/internal/dnsx"
	"github.com/fc28f635/countersign/internal/fetch"
	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

// initLookTime bounds what init looks up: it goes on without an answer.
const initLookTime = 10 * time.Second

// A surroundings is what init sees of a domain before there is anything to
// verify: who serves its zone, and whether its site is under another name. The
// name of the key record is never asked for, so that no resolver remembers that
// there was none.
type surroundings struct {
	zone    string             // empty where it was not found
	servers []string           // of the zone, by name
	skipped string             // why nobody was asked, or no answer came
	twin    metadata.Publisher // where https://DOMAIN/ redirects to, www taken away or put before; zero for nowhere
}

// lookAround looks at the zone and the site of a domain.
func (f *lookupFlags) lookAround(ctx context.Context, p metadata.Publisher) (surroundings, error) {
	var s surroundings
	cfg, err := f.config()
	if err != nil {
		return s, err
	}
	if p.SpecialUse() && !cfg.InsecureLoopback {
		s.skipped = p.Domain() + " is a special-use name, which is never looked up"
		return s, nil
	}
	bounded, cancel := context.WithTimeout(ctx, initLookTime)
	defer cancel()
	resolver, err := newResolver(cfg)
	var servers []dnsx.Server
	if err == nil {
		s.zone, servers, err = resolver.Authorities(bounded, p.Domain())
	}
	if ctx.Err() != nil {
		return s, fmt.Errorf("looking at %s: %w", p.Domain(), context.Cause(ctx))
	}
	if err != nil {
		s.zone, s.skipped = "", err.Error()
		return s, nil
	}
	for _, server := range servers {
		if !slices.Contains(s.servers, server.Name) {
			s.servers = append(s.servers, server.Name)
		}
	}
	fetcher := fetch.New(fetch.Config{AllowLoopback: cfg.InsecureLoopback, RootCAs: cfg.RootCAs, ConnectTo: cfg.InsecureConnectTo})
	_, err = fetcher.Fetch(bounded, p.String()+"/", limits.DocumentBytesMax)
	if ctx.Err() != nil {
		return s, fmt.Errorf("looking at %s: %w", p.Domain(), context.Cause(ctx))
	}
	var answer *verify.FetchError
	if errors.As(err, &answer) && ("www."+answer.RedirectHost == p.Domain() || answer.RedirectHost == "www."+p.Domain()) {
		if other, err := metadata.PublisherOf(answer.RedirectHost); err == nil {
			s.twin = other
		}
	}
	return s, nil
}

// formZone is the zone that the web form is for, as far as it is known.
func (s surroundings) formZone(p metadata.Publisher) string {
	if s.zone != "" {
		return s.zone
	}
	return p.RegistrableDomain()
}

// served says who serves the zone, or why that is not known.
func (s surroundings) served(p metadata.Publisher) string {
	if s.zone == "" {
		return fmt.Sprintf("Who serves the zone of %s is not known: %s.", p.Domain(), s.skipped)
	}
	var hosts []string
	for _, server := range s.servers {
		if host := dnsHostOf(server); host != "" && !slices.Contains(hosts, host) {
			hosts = append(hosts, host)
		}
	}
	names := strings.Join(s.servers, ", ")
	if len(hosts) == 0 {
		return fmt.Sprintf("The zone %s is served by %s: that is where to add them.", s.zone, names)
	}
	return fmt.Sprintf("The zone %s is served by %s (%s): that is where to add them.", s.zone, strings.Join(hosts, " and "), names)
}
