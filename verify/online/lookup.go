package online

import (
	"net"
	"net/netip"

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
		up := dnsx.Upstream{Address: r.Address, Operator: r.Operator}
		if host, _, err := net.SplitHostPort(r.Address); err == nil {
			addr, err := netip.ParseAddr(host)
			up.Validating = err == nil && addr.IsLoopback() && !r.Unvalidated
			if up.Operator == "" {
				up.Operator = host
			}
		}
		list = append(list, up)
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
