package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"

	"github.com/spf13/cobra"

	"github.com/fc28f635/countersign/internal/access"
	"github.com/fc28f635/countersign/internal/config"
	"github.com/fc28f635/countersign/internal/gcra"
	"github.com/fc28f635/countersign/internal/httpapi"
	"github.com/fc28f635/countersign/issuer"
)

// firstKey makes the API key of the operator where none was ever made. A store
// without room for it is no reason not to start: what is recorded can be read,
// over the socket.
func firstKey(ctx context.Context, keys *access.Keyring, log *slog.Logger) (string, error) {
	key, err := keys.First(ctx)
	if errors.Is(err, issuer.ErrStorageFull) {
		log.LogAttrs(ctx, slog.LevelWarn, "no API key was made", slog.String("error", err.Error()))
		return "", nil
	}
	return key, err
}

// tellKey prints the API key that the first start made, this once. Where standard
// error is a log of JSON it goes to standard output: no log keeps a key.
func tellKey(c *cobra.Command, logFormat, key string) {
	if key == "" {
		return
	}
	w := c.ErrOrStderr()
	if logFormat == "json" {
		w = c.OutOrStdout()
	}
	fmt.Fprintf(w, "countersign: API key of the operator, shown this once: %s\n", key)
}

// ratesOf are the rates that limits say.
func ratesOf(l config.Limits) httpapi.Rates {
	return httpapi.Rates{
		Key:       gcra.Rate{PerSecond: l.KeyPerSecond, Burst: l.KeyBurst},
		Lookups:   gcra.Rate{PerSecond: l.LookupsPerSecond, Burst: l.LookupsBurst},
		Network:   gcra.Rate{PerSecond: l.NetworkPerSecond, Burst: l.NetworkBurst},
		Strangers: gcra.Rate{PerSecond: l.StrangersPerSecond, Burst: l.StrangersBurst},
	}
}

// arrivalsOf are the rates of arrivals that limits say.
func arrivalsOf(l config.Limits) issuer.ArrivalRates {
	return issuer.ArrivalRates{
		NetworkPerSecond: l.ArrivalsPerSecond, NetworkBurst: l.ArrivalsBurst,
		PublisherPerSecond: l.NewClientsPerSecond, PublisherBurst: l.NewClientsBurst,
	}
}

var errNoKeyInForce = errors.New("no API key is in force")

// checkCallers refuses an address that other machines reach where nobody there
// could be served: no API key is in force.
func checkCallers(addr net.Addr, keys *access.Keyring) error {
	if tcp, ok := addr.(*net.TCPAddr); ok && tcp.IP.IsLoopback() || keys.InForce() {
		return nil
	}
	return fmt.Errorf("%s is reached from other machines, and %w", addr, errNoKeyInForce)
}
