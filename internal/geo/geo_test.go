package geo_test

import (
	"bytes"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/maxmind/mmdbwriter"
	"github.com/maxmind/mmdbwriter/mmdbtype"

	"github.com/fc28f635/countersign/internal/geo"
)

var noon = time.Date(2026, 1, 15, 12, 0, 0, 0, time.UTC)

// database returns a file of a type, with an entry for each network.
func database(t *testing.T, kind string, entries map[string]mmdbtype.Map) []byte {
	t.Helper()
	tree, err := mmdbwriter.New(mmdbwriter.Options{DatabaseType: kind, IncludeReservedNetworks: true, BuildEpoch: noon.Unix()})
	if err != nil {
		t.Fatal(err)
	}
	for text, entry := range entries {
		_, network, err := net.ParseCIDR(text)
		if err != nil {
			t.Fatal(err)
		}
		if err := tree.Insert(network, entry); err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	if _, err := tree.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func country(code string) mmdbtype.Map {
	return mmdbtype.Map{"country": mmdbtype.Map{"iso_code": mmdbtype.String(code)}}
}

func asn(number uint32) mmdbtype.Map {
	return mmdbtype.Map{"autonomous_system_number": mmdbtype.Uint32(number)}
}

// write writes a file, and has it look changed.
func write(t *testing.T, name string, data []byte) {
	t.Helper()
	var changed time.Time
	if info, err := os.Stat(name); err == nil {
		changed = info.ModTime().Add(time.Second)
	}
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if !changed.IsZero() {
		if err := os.Chtimes(name, changed, changed); err != nil {
			t.Fatal(err)
		}
	}
}

// files writes one file of each kind.
func files(t *testing.T) geo.Files {
	t.Helper()
	dir := t.TempDir()
	f := geo.Files{Country: filepath.Join(dir, "country.mmdb"), ASN: filepath.Join(dir, "asn.mmdb"),
		Lists: map[string]string{"drop": filepath.Join(dir, "drop.txt"), "tor": filepath.Join(dir, "tor.txt")}}
	write(t, f.Country, database(t, "GeoLite2-Country", map[string]mmdbtype.Map{
		"192.0.2.0/24": country("DE"), "2001:db8::/32": country("FR")}))
	write(t, f.ASN, database(t, "GeoLite2-ASN", map[string]mmdbtype.Map{"192.0.2.0/25": asn(64500)}))
	write(t, f.Lists["drop"], []byte("# made by hand\n\n192.0.2.0/26\t2026-01-15T13:00:00Z # seen\n192.0.2.0/26 2026-01-01T00:00:00Z\n"+
		"192.0.2.128/25 2026-01-15T12:00:00Z\n2001:db8:1::/48 2027-01-01T00:00:00+01:00\n"))
	write(t, f.Lists["tor"], []byte("# nobody\n"))
	return f
}

func open(t *testing.T, f geo.Files) *geo.Directory {
	t.Helper()
	d, err := geo.Open(f)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestLookup(t *testing.T) {
	d := open(t, files(t))
	on := func(drop bool) map[string]bool { return map[string]bool{"drop": drop, "tor": false} }
	for name, test := range map[string]struct {
		addr string
		at   time.Time
		want geo.Place
	}{
		"all of them":                {"192.0.2.1", noon, geo.Place{Country: "DE", ASN: 64500, Lists: on(true)}},
		"in IPv6 clothes":            {"::ffff:192.0.2.1", noon, geo.Place{Country: "DE", ASN: 64500, Lists: on(true)}},
		"the entry ends":             {"192.0.2.1", noon.Add(time.Hour), geo.Place{Country: "DE", ASN: 64500, Lists: on(false)}},
		"the last moment":            {"192.0.2.1", noon.Add(time.Hour - 1), geo.Place{Country: "DE", ASN: 64500, Lists: on(true)}},
		"the entry has ended":        {"192.0.2.200", noon, geo.Place{Country: "DE", Lists: on(false)}},
		"beside the entry":           {"192.0.2.65", noon, geo.Place{Country: "DE", ASN: 64500, Lists: on(false)}},
		"IPv6":                       {"2001:db8:1::1", noon, geo.Place{Country: "FR", Lists: on(true)}},
		"a zone":                     {"2001:db8:2::1%eth0", noon, geo.Place{Country: "FR", Lists: on(false)}},
		"an address that nobody has": {"198.51.100.1", noon, geo.Place{Lists: on(false)}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, d.Lookup(netip.MustParseAddr(test.addr), test.at)); diff != "" {
				t.Error(diff)
			}
		})
	}
	if diff := cmp.Diff(geo.Place{}, d.Lookup(netip.Addr{}, noon)); diff != "" {
		t.Errorf("no address is somewhere: %s", diff)
	}
	if diff := cmp.Diff(geo.Place{}, open(t, geo.Files{}).Lookup(netip.MustParseAddr("192.0.2.1"), noon)); diff != "" {
		t.Errorf("known without files: %s", diff)
	}
}

func TestOpenRefuses(t *testing.T) {
	whole := database(t, "GeoLite2-Country", map[string]mmdbtype.Map{"192.0.2.0/24": country("DE")})
	torn := bytes.Clone(whole)
	for i := range 40 { // of the search tree
		torn[i] = 0xff
	}
	otherForm := database(t, "Country", map[string]mmdbtype.Map{"192.0.2.0/24": {"country": mmdbtype.String("DE")}})
	for name, test := range map[string]struct {
		change func(f geo.Files)
		want   string
	}{
		"no country file":             {func(f geo.Files) { _ = os.Remove(f.Country) }, "country.mmdb"},
		"an empty country file":       {func(f geo.Files) { write(t, f.Country, nil) }, "is no file in the format of MaxMind"},
		"a country file that is cut":  {func(f geo.Files) { write(t, f.Country, whole[:len(whole)/2]) }, "is no file in the format of MaxMind"},
		"a country file that is torn": {func(f geo.Files) { write(t, f.Country, torn) }, "has an entry that cannot be read"},
		"a page in place of a file":   {func(f geo.Files) { write(t, f.ASN, []byte("<html>")) }, "is no file in the format of MaxMind"},
		"the country file as ASN":     {func(f geo.Files) { write(t, f.ASN, whole) }, `asn.mmdb", of the type "GeoLite2-Country", has none`},
		"entries of another form":     {func(f geo.Files) { write(t, f.Country, otherForm) }, "has an entry that cannot be read"},
		"an empty list":               {func(f geo.Files) { write(t, f.Lists["tor"], nil) }, "does not end with the end of a line"},
		"a list that is cut": {func(f geo.Files) {
			write(t, f.Lists["tor"], []byte("192.0.2.0/24 2026-01-15T00:00:00Z\n192.0.3.0/24 2026-01-15T00:00:00Z"))
		}, "does not end with the end of a line"},
		"no list":                      {func(f geo.Files) { _ = os.Remove(f.Lists["tor"]) }, "tor.txt"},
		"a list entry without an end":  {func(f geo.Files) { write(t, f.Lists["tor"], []byte("# x\n192.0.2.0/24\n")) }, `tor.txt", line 2: "192.0.2.0/24" is not a network and when its entry ends`},
		"a list entry with a day":      {func(f geo.Files) { write(t, f.Lists["tor"], []byte("192.0.2.0/24 2026-01-15\n")) }, "line 1: \"2026-01-15\" is no time"},
		"a list entry with more":       {func(f geo.Files) { write(t, f.Lists["tor"], []byte("192.0.2.0/24 2026-01-15T00:00:00Z bad\n")) }, "is not a network and when"},
		"a list entry for everybody":   {func(f geo.Files) { write(t, f.Lists["tor"], []byte("0.0.0.0/0 2026-01-15T00:00:00Z\n")) }, "is everybody"},
		"a list entry for one address": {func(f geo.Files) { write(t, f.Lists["tor"], []byte("192.0.2.1 2026-01-15T00:00:00Z\n")) }, "is no network"},
	} {
		t.Run(name, func(t *testing.T) {
			f := files(t)
			test.change(f)
			if _, err := geo.Open(f); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%v, want %q", err, test.want)
			}
		})
	}
}

// A file that changes is read, and one that is broken leaves what it said before.
func TestReload(t *testing.T) {
	f := files(t)
	d, addr := open(t, f), netip.MustParseAddr("192.0.2.1")
	reload := func(changed bool, says ...string) {
		t.Helper()
		if got, err := d.Reload(); got || err != nil {
			t.Fatalf("a file that may be being written was read: %v", err)
		}
		got, err := d.Reload()
		if got != changed || (err != nil) != (len(says) > 0) {
			t.Fatalf("changed %t, %v", got, err)
		}
		for _, s := range says {
			if !strings.Contains(err.Error(), s) {
				t.Errorf("%v does not say %q", err, s)
			}
		}
	}
	reload(false)
	write(t, f.Country, []byte("broken"))
	write(t, f.Lists["drop"], []byte("broken\n"))
	write(t, f.ASN, database(t, "GeoLite2-ASN", map[string]mmdbtype.Map{"192.0.2.0/24": asn(64501)}))
	reload(true, "country.mmdb", "drop.txt")
	if p := d.Lookup(addr, noon); p.Country != "DE" || p.ASN != 64501 || !p.Lists["drop"] {
		t.Errorf("after two broken files and a good one: %+v", p)
	}
	reload(false) // told once
	write(t, f.Country, database(t, "DBIP-Country-Lite", map[string]mmdbtype.Map{"192.0.2.0/24": country("FR")}))
	write(t, f.Lists["drop"], []byte("# nobody\n"))
	reload(true)
	if p := d.Lookup(addr, noon); p.Country != "FR" || p.Lists["drop"] {
		t.Errorf("after two good ones: %+v", p)
	}
	if err := os.Remove(f.ASN); err != nil {
		t.Fatal(err)
	}
	reload(true, "asn.mmdb")
	if p := d.Lookup(addr, noon); p.ASN != 64501 {
		t.Errorf("after one is gone: %+v", p)
	}
	d.Adopt(open(t, geo.Files{}))
	if diff := cmp.Diff(geo.Place{}, d.Lookup(addr, noon)); diff != "" {
		t.Errorf("known of files that are not named any more: %s", diff)
	}
}

// A file that is written over in place, while it is in use, changes nothing.
func TestWrittenInPlace(t *testing.T) {
	f := files(t)
	d := open(t, f)
	if err := os.Truncate(f.Country, 0); err != nil {
		t.Fatal(err)
	}
	if p := d.Lookup(netip.MustParseAddr("192.0.2.1"), noon); p.Country != "DE" {
		t.Errorf("%+v", p)
	}
}

func TestLookupWhileReloading(t *testing.T) {
	f := files(t)
	d, addr := open(t, f), netip.MustParseAddr("192.0.2.1")
	done := make(chan struct{})
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				if p := d.Lookup(addr, noon); p.Country != "DE" && p.Country != "FR" || p.ASN != 64500 {
					t.Errorf("%+v", p)
					return
				}
			}
		})
	}
	for i := range 20 {
		write(t, f.Country, database(t, "GeoLite2-Country", map[string]mmdbtype.Map{"192.0.2.0/24": country([]string{"DE", "FR"}[i%2])}))
		for range 2 {
			if _, err := d.Reload(); err != nil {
				t.Error(err)
			}
		}
	}
	close(done)
	group.Wait()
}

// A name that no list of the settings has is not known, and not false.
func TestListsAreNamed(t *testing.T) {
	p := open(t, files(t)).Lookup(netip.MustParseAddr("198.51.100.1"), noon)
	if _, known := p.Lists["other"]; known || len(p.Lists) != 2 {
		t.Errorf("%v", p.Lists)
	}
}
