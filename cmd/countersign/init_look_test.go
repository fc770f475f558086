package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"github.com/fc28f635/countersign/metadata"
)

// TestInitLooks asks a real name server who serves the zone, and a real web
// server where the site is. The resolver, which remembers absences for an hour,
// has the record as soon as it is added: init did not ask for it.
func TestInitLooks(t *testing.T) {
	home := t.TempDir()
	t.Setenv("XDG_CONFIG_HOME", filepath.Join(home, "config"))
	t.Setenv("HOME", home)
	r := &road{t: t, dir: filepath.Join(home, "acme"), served: filepath.Join(home, "www")}
	if err := os.Mkdir(r.served, 0o755); err != nil {
		t.Fatal(err)
	}
	r.names = startNameServer(t, filepath.Join(home, "dns"), "")
	web, ca := startWebServer(t, filepath.Join(home, "web"), r.served)
	r.flags = []string{"--allow-loopback", "--resolver", r.names.resolver, "--ca-file", ca, "--connect-to", "ns.acme.test:53:" + r.names.authority,
		"--connect-to", "acme.test:443:" + web, "--connect-to", "apps.acme.test:443:" + freePort(t)}

	var out, errs bytes.Buffer
	init := func(args ...string) {
		t.Helper()
		out.Reset()
		errs.Reset()
		if code := run(t.Context(), slices.Concat([]string{"init"}, args, r.flags), strings.NewReader(""), &out, &errs); code != 0 {
			t.Fatalf("exit %d\n%s%s", code, out.String(), errs.String())
		}
	}
	init("acme.test", "--dir", r.dir, "--standby", filepath.Join(home, "stick", "standby.pem"))
	if !strings.Contains(out.String(), "\nThe zone acme.test is served by ns.acme.test: that is where to add them.\n") || strings.Contains(errs.String(), "redirects") {
		t.Errorf("init:\n%s%s", out.String(), errs.String())
	}
	var records []txt
	for _, line := range zoneLines.FindAllString(out.String(), -1) {
		records = append(records, parseZoneLine(t, line))
	}
	if len(records) != 2 || records[0].name != records[1].name {
		t.Fatalf("records: %q", records)
	}
	r.serve(records...)
	if texts, err := lookupTXT(t, r.names.resolver, records[0].name); err != nil || len(texts) != 2 {
		t.Errorf("the resolver has %q, %v: it remembers that there was nothing", texts, err)
	}
	r.run(0, "publish", "--dir", r.dir, "--no-doctor")
	r.upload()
	if out := r.doctor(0); !strings.HasPrefix(out, "acme.test: no fault found\n") {
		t.Errorf("doctor, with a standby from the first day:\n%s", out)
	}

	writeText(t, r.served+"/wrong/redirect", "")
	init("acme.test", "--dir", r.dir)
	if !strings.Contains(errs.String(), "countersign: warning: https://acme.test/ redirects to www.acme.test: verifiers follow no redirect, and acme.test and www.acme.test are two publishers\n"+
		"countersign: hint: if www.acme.test is meant: countersign init www.acme.test --dir www.acme.test\n") || !strings.Contains(out.String(), "Nothing changed.") {
		t.Errorf("init, redirected:\n%s%s", out.String(), errs.String())
	}

	init("apps.acme.test", "--dir", filepath.Join(home, "apps")) // the form is of the zone that was found; nobody serves its site
	if !strings.Contains(out.String(), "_client-key.apps    (in the form for acme.test)") {
		t.Errorf("init, below:\n%s", out.String())
	}
	init("acme.test", "--dir", r.dir, "--offline")
	if !strings.Contains(out.String(), "is not known: nothing was looked up, since --offline says so.") || errs.Len() > 0 {
		t.Errorf("init --offline:\n%s%s", out.String(), errs.String())
	}
	init("acme.test", "--dir", r.dir, "--resolver", freePort(t)) // the second is asked where the first is not there
	r.flags = []string{"--allow-loopback", "--resolver", freePort(t)}
	init("acme.test", "--dir", r.dir)
	if !strings.Contains(out.String(), "Who serves the zone of acme.test is not known: finding the name servers of") {
		t.Errorf("init without a network:\n%s", out.String())
	}
}

// TestInitAsksWhichIsMeant answers the one question that only a redirect raises.
func TestInitAsksWhichIsMeant(t *testing.T) {
	p, www := metadata.MustPublisher("https://acme.example"), metadata.MustPublisher("https://www.acme.example")
	for _, tc := range []struct {
		typed string
		want  metadata.Publisher
	}{{"\n", www}, {"www.acme.example\n", www}, {"acme.example\n", p}, {"both\nacme.example\n", p}} {
		c := &cobra.Command{}
		var told bytes.Buffer
		c.SetIn(strings.NewReader(tc.typed))
		c.SetErr(&told)
		got, _, err := new(initFlags).settleWWW(c, p, surroundings{twin: www}, true)
		if err != nil || got != tc.want {
			t.Errorf("%q: %s, %v\n%s", tc.typed, got, err, told.String())
		}
		if asked := strings.Count(told.String(), "Which is meant? acme.example, or Enter for www.acme.example: "); asked != strings.Count(tc.typed, "\n") {
			t.Errorf("%q: asked %d times\n%s", tc.typed, asked, told.String())
		}
	}
	c := &cobra.Command{}
	c.SetIn(strings.NewReader(""))
	c.SetErr(new(bytes.Buffer))
	if _, _, err := new(initFlags).settleWWW(c, p, surroundings{twin: www}, true); err == nil {
		t.Error("no answer was taken for one")
	}
}

// A name in a web form is one within the zone that the form is for.
func TestFormZone(t *testing.T) {
	p := metadata.MustPublisher("https://apps.acme.example")
	for zone, want := range map[string]string{"": "acme.example", "acme.example": "acme.example", "apps.acme.example": "apps.acme.example"} {
		if got := (surroundings{zone: zone}).formZone(p); got != want {
			t.Errorf("zone %q: %q, want %q", zone, got, want)
		}
	}
}

func TestDNSHosts(t *testing.T) {
	for server, want := range map[string]string{
		"ada.ns.cloudflare.com": "Cloudflare", "ns-754.awsdns-35.net": "Amazon Route 53", "ns-1.awsdns-00.co.uk": "Amazon Route 53",
		"ns1045.ui-dns.biz": "IONOS", "ns1.acme.example": "", "notgandi.net": "", "ns-1.awsdns-00.evil.example": "", "cloudflare.com": "",
	} {
		if got := dnsHostOf(server); got != want {
			t.Errorf("%s is %q, want %q", server, got, want)
		}
	}
	seen := map[string]bool{}
	for _, h := range dnsHosts {
		if _, err := time.Parse(time.DateOnly, h.Date); err != nil || h.Name == "" || !strings.HasPrefix(h.Source, "https://") || h.Suffix != strings.ToLower(h.Suffix) || seen[h.Suffix] {
			t.Errorf("%+v: %v", h, err)
		}
		seen[h.Suffix] = true
	}
}
