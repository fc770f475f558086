package metadata_test

import (
	"testing"

	"github.com/fc28f635/countersign/metadata"
)

func TestCovers(t *testing.T) {
	tests := []struct {
		name, publisher, host string
		alone, below          bool // without and with s=y
	}{
		{"own host", "https://acme.com", "acme.com", true, true},
		{"D33 host below", "https://acme.com", "a.b.acme.com", false, true},
		{"D33 suffix of letters", "https://acme.com", "notacme.com", false, false},
		{"D33 own name inside another", "https://acme.com", "acme.com.evil.net", false, false},
		{"D33 the parent", "https://a.acme.com", "acme.com", false, false},
		{"D33 a sibling", "https://a.acme.com", "b.acme.com", false, false},
		{"D31 host that is a public suffix", "https://amazonaws.com", "s3.amazonaws.com", false, false},
		{"D31 host beyond a public suffix", "https://amazonaws.com", "bucket.s3.amazonaws.com", false, false},
		{"D31 host below a private suffix of its own", "https://acme.github.io", "www.acme.github.io", false, true},
		{"D31 neighbour on a private suffix", "https://acme.github.io", "evil.github.io", false, false},
		{"nothing", "https://acme.com", "", false, false},
		{"below with an empty label", "https://acme.com", ".acme.com", false, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var p metadata.Publisher
			if err := p.UnmarshalText([]byte(tt.publisher)); err != nil {
				t.Fatal(err)
			}
			alone, below := metadata.Coverage{Publisher: p}, metadata.Coverage{Publisher: p, Subdomains: true}
			if alone.Covers(tt.host) != tt.alone || below.Covers(tt.host) != tt.below {
				t.Errorf("covers %v alone and %v with subdomains, want %v and %v", alone.Covers(tt.host), below.Covers(tt.host), tt.alone, tt.below)
			}
		})
	}
	if (metadata.Coverage{Hosts: []string{"a.com"}, Subdomains: true}).Covers("a.com") {
		t.Error("the zero publisher covers a host")
	}
	listed := metadata.Coverage{Publisher: metadata.MustPublisher("https://acme.com"), Hosts: []string{"partner.net"}, Subdomains: true}
	if !listed.Covers("partner.net") || listed.Covers("a.partner.net") {
		t.Error("a further host is covered exactly")
	}
}

func TestCoversURL(t *testing.T) {
	c := metadata.Coverage{Publisher: metadata.MustPublisher("https://acme.com")}
	for url, want := range map[string]bool{
		"https://acme.com/jwks": true, "https://acme.com": true, "https://acme.com:8443/jwks": false, "http://acme.com/jwks": false,
		"https://evil.com/jwks": false, "https://acme.com@evil.com/jwks": false, "acme:/x": false, "": false,
	} {
		if c.CoversURL(url) != want {
			t.Errorf("%q covered: %v, want %v", url, !want, want)
		}
	}
}

// A host that is covered by its name is so over https.
func TestCoversURLOverHTTPSOnly(t *testing.T) {
	c := metadata.Coverage{Publisher: metadata.MustPublisher("https://acme.com"), Hosts: []string{"localhost", ""}}
	for _, url := range []string{"http://localhost/jwks", "http://acme.com/", "acme:/x", ""} {
		if c.CoversURL(url) {
			t.Errorf("%q is covered", url)
		}
	}
}

func TestKnownHosts(t *testing.T) {
	for host, want := range map[string]bool{
		"raw.githubusercontent.com": true, "storage.googleapis.com": true, "sites.google.com": true, "s3.amazonaws.com": true,
		"cdn.jsdelivr.net": true, "fastly.jsdelivr.net": true, "gcore.jsdelivr.net": true, "web.archive.org": true,
		"raw.githack.com": true, "rawcdn.githack.com": true, "gitcdn.link": true,
		"bucket.storage.googleapis.com": false, "acme.com": false, "evilsites.google.com": false,
	} {
		t.Run("R9 U36 shared "+host, func(t *testing.T) {
			if metadata.SharedByPath(host) != want {
				t.Errorf("%v, want %v", !want, want)
			}
		})
	}
	for uri, want := range map[string]bool{
		"https://vscode.dev/redirect": true, "https://vscode.dev/redirect?x=1": true, "https://vscode.dev/redirect/x": true,
		"https://insiders.vscode.dev/redirect": true, "https://www.google.com/url?q=x": true, "https://t.co": true, "https://t.co/abc": true,
		"https://vscode.dev/%72edirect": true, "https://vscode.dev//redirect": true, "https://vscode.dev/Redirect": true, "https://vscode.dev/redirect;x": true,
		"https://vscode.dev/redirection": false, "https://vscode.dev/": false, "https://vscode.dev/a?/redirect": false,
		"https://notvscode.dev/redirect": false, "https://at.co/": false, "https://acme.com/redirect": false,
	} {
		t.Run("R9 redirector "+uri, func(t *testing.T) {
			if metadata.Redirector(mustRedirect(t, uri)) != want {
				t.Errorf("%v, want %v", !want, want)
			}
		})
	}
}
