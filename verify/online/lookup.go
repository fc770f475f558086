package online

import (
	"cmp"
	"fmt"

	"github.com/fc28f635/countersign/internal/dnsaddr"
	"github.com/fc28f635/countersign/internal/dnsx"
	"github.com/fc28f635/countersign/internal/fetch"
	"github.com/fc28f635/countersign/verify"
)

// newResolver returns the resolver of a configuration.
func newResolver(cfg Config) (*dnsx.Resolver, error) {
	upstreams, err := upstreams(cfg.Resolvers)
	if err != nil {
		return nil, err
	}
	return dnsx.New(dnsx.Config{
		Upstreams:       upstreams,
		RootCAs:         cfg.RootCAs,
		ConnectTo:       cfg.InsecureConnectTo,
		AllowSpecialUse: cfg.InsecureLoopback,
		AllowLoopback:   cfg.InsecureLoopback,
	})
}

// upstreams are the resolvers of a configuration. One on loopback counts as
// validating unless it is said not to: whoever runs it runs this machine.
func upstreams(resolvers []Resolver) ([]dnsx.Upstream, error) {
	if len(resolvers) == 0 {
		return dnsx.System()
	}
	list := make([]dnsx.Upstream, 0, len(resolvers))
	for _, r := range resolvers {
		at, err := dnsaddr.Parse(r.Address)
		if err != nil {
			return nil, fmt.Errorf("resolver %w", err)
		}
		list = append(list, dnsx.Upstream{
			Address: r.Address, Operator: cmp.Or(r.Operator, at.Operator()),
			Validating: !r.Unvalidated && (at.Loopback() || r.Validating && at.Private()),
		})
	}
	return list, nil
}

// newFetcher returns the guarded HTTPS client of a configuration.
func newFetcher(cfg Config) verify.Fetcher {
	return fetch.New(fetch.Config{
		AllowLoopback: cfg.InsecureLoopback,
		RootCAs:       cfg.RootCAs,
		ConnectTo:     cfg.InsecureConnectTo,
	})
}
