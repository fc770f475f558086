package main

import (
	"log/slog"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fc28f635/countersign/internal/config"
	"github.com/fc28f635/countersign/internal/geo"
)

// A list is read again when it changes, and a broken one leaves what it said.
func TestWatchGeo(t *testing.T) {
	file := filepath.Join(t.TempDir(), "drop.txt")
	writeFile(t, file, "# nobody\n")
	d, err := geo.Open(geoFiles(config.Geo{Lists: []config.ReputationList{{Name: "drop", File: file}}}))
	if err != nil {
		t.Fatal(err)
	}
	log := &lockedLog{}
	go watchGeo(t.Context(), d, time.Millisecond, slog.New(slog.NewTextHandler(log, nil)))
	await := func(text string) {
		t.Helper()
		for !strings.Contains(log.String(), text) {
			time.Sleep(time.Millisecond)
		}
	}
	wantListed := func(want bool) {
		t.Helper()
		o := locate(d)(netip.MustParseAddr("192.0.2.1"), time.Date(2026, 1, 15, 12, 0, 0, 0, time.UTC))
		if on, known := o.Lists["drop"]; on != want || !known || o.Addr.String() != "192.0.2.1" {
			t.Errorf("%+v", o)
		}
	}
	wantListed(false)
	writeFile(t, file, "192.0.2.0/24 2026-01-15T13:00:00Z\n")
	await(`"files on addresses reloaded"`)
	wantListed(true)
	writeFile(t, file, "192.0.2.0/24 soon\n")
	await("files on addresses not reloaded")
	await("line 1")
	wantListed(true)
}

// A service does not start with a file that is wrong, and a reload with one
// changes nothing.
func TestServeGeo(t *testing.T) {
	dir := t.TempDir()
	list, file := filepath.Join(dir, "drop.txt"), filepath.Join(dir, "countersign.yaml")
	writeFile(t, file, "data: "+filepath.ToSlash(filepath.Join(dir, "data"))+"\ngeo:\n  lists: [{name: drop, file: "+filepath.ToSlash(list)+"}]\n")
	prepared := func() (*parts, error) {
		settings, err := loadSettings(config.Sources{Flags: map[string][]string{"config": {file}}})
		if err != nil {
			t.Fatal(err)
		}
		return prepare(settings)
	}
	if _, err := prepared(); err == nil || !strings.Contains(err.Error(), "reading a reputation list") {
		t.Errorf("without the file: %v", err)
	}
	writeFile(t, list, "192.0.2.0/24 2026-01-15T13:00:00Z\n")
	p, err := prepared()
	if err != nil || p.service(slog.New(slog.DiscardHandler)).Geo == nil {
		t.Errorf("with the file: %v", err)
	}
}
