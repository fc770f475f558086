package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"time"

	"github.com/fc28f635/countersign/internal/config"
	"github.com/fc28f635/countersign/internal/geo"
	"github.com/fc28f635/countersign/issuer"
)

// geoWatch is how often the files on addresses are looked at.
const geoWatch = 10 * time.Second

// geoFiles are the files on addresses that settings name.
func geoFiles(cfg config.Geo) geo.Files {
	files := geo.Files{Country: cfg.CountryFile, ASN: cfg.ASNFile, Lists: map[string]string{}}
	for _, l := range cfg.Lists {
		files.Lists[l.Name] = l.File
	}
	return files
}

// checkSourceNeeds refuses a policy whose rules on sources ask for what no file
// says.
func checkSourceNeeds(p *issuer.Policy, cfg config.Geo) error {
	needs := p.SourceNeeds()
	switch {
	case needs.Countries && cfg.CountryFile == "":
		return errors.New("the policy has a rule on countries, and geo.country_file names no file")
	case needs.ASNs && cfg.ASNFile == "":
		return errors.New("the policy has a rule on autonomous systems, and geo.asn_file names no file")
	}
	for _, name := range needs.Lists {
		if !slices.ContainsFunc(cfg.Lists, func(l config.ReputationList) bool { return l.Name == name }) {
			return fmt.Errorf("the policy has a rule on the list %q, and geo.lists does not name it", name)
		}
	}
	return nil
}

// locate is [issuer.Config].Locate by the files; nil without.
func locate(d *geo.Directory) func(netip.Addr, time.Time) issuer.Origin {
	if d == nil {
		return nil
	}
	return func(addr netip.Addr, at time.Time) issuer.Origin {
		p := d.Lookup(addr, at)
		return issuer.Origin{Addr: addr, Country: p.Country, ASN: p.ASN, Lists: p.Lists}
	}
}

// watchGeo reads the files on addresses again when they change, until ctx is
// done. One that is wrong changes nothing and is told once.
func watchGeo(ctx context.Context, d *geo.Directory, every time.Duration, log *slog.Logger) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		switch changed, err := d.Reload(); {
		case err != nil:
			log.LogAttrs(ctx, slog.LevelError, "files on addresses not reloaded", slog.String("error", err.Error()))
		case changed:
			log.LogAttrs(ctx, slog.LevelInfo, "files on addresses reloaded")
		}
	}
}
