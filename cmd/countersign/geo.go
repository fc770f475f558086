package main

import (
	"context"
	"log/slog"
	"net/netip"
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
