package verify_test

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fc28f635/countersign/internal/jose"
	"github.com/fc28f635/countersign/internal/vectortest"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

// said returns the findings of some checks as they were found, one a line: the
// status, the reason, and what people are told.
func said(v *verify.Verdict, checks ...verify.Check) string {
	var lines []string
	for _, f := range v.Findings {
		if slices.Contains(checks, f.Check) {
			lines = append(lines, strings.Join(strings.Fields(fmt.Sprintf("%s %s %s %s", f.Check, f.Status, f.Reason, f.Detail)), " "))
		}
	}
	return strings.Join(lines, "\n")
}

// another is a key of nobody else's, under a kid.
func another(t *testing.T, kid string) jose.Signer {
	t.Helper()
	private := ed25519.NewKeyFromSeed([]byte(fmt.Sprintf("%32s", kid)))
	key, err := jose.FromPublic(kid, private.Public())
	if err != nil {
		t.Fatal(err)
	}
	return jose.Signer{Key: key, Signer: private}
}

// told is a memory that keeps which keys it was told of, as "kid".
type told struct {
	verify.Memory
	kids *[]string
}

func (m told) See(ctx context.Context, p metadata.Publisher, keys []verify.PublishedKey, at time.Time) ([]verify.Sighting, error) {
	for _, k := range keys {
		*m.kids = append(*m.kids, k.KeyID)
	}
	return m.Memory.See(ctx, p, keys, at)
}

// A key is introduced by those who may: DNS that somebody vouches for, DNS and
// document together, or the document where DNS leaves the keys to it. A pin
// introduces none. And what DNS is worth is said of the key that signed.
func TestWhoIntroducesKeys(t *testing.T) {
	const kid = vectortest.DrawnKeyID
	genuine, standby, third := vectortest.Genuine, another(t, "standby"), another(t, "third")
	unlike := another(t, "unlike")
	unlike.Key, _ = jose.FromPublic(standby.Key.ID(), unlike.Public())
	pin := func(lookUp bool) string {
		return fmt.Sprintf(`{"publishers":{%q:{"keys":[%s],"and_lookup":%t}}}`, vectortest.Acme, genuine.Key.JWK(), lookUp)
	}
	const (
		strong      = "dns_strength passed"
		weak        = "dns_strength failed dns_uncorroborated an insecure answer that no second source confirms"
		nowhere     = "dns_strength skipped no key in DNS"
		ofLine      = "key_line passed"
		uncertain   = "key_line skipped nothing corroborates that the publisher has this key"
		pinned      = "key_line skipped the key is pinned"
		forgetful   = "key_line skipped nothing is remembered"
		unavailable = "unavailable"
	)
	keys := func(signers ...jose.Signer) (records string) {
		for _, s := range signers {
			records += zone(record(s))
		}
		return records
	}
	for name, tc := range map[string]struct {
		dns, zone string
		document  []jose.Signer // nil where there is none
		pins      string
		told      []string
		strength  string
		line      string // with a memory
		blank     string // without
	}{
		"DNS, secure":                             {"secure", keys(genuine), nil, "", []string{kid}, strong, ofLine, ofLine},
		"DNS, corroborated":                       {"corroborated", keys(genuine), nil, "", []string{kid}, strong, ofLine, forgetful},
		"D1 DNS alone":                            {"insecure", keys(genuine), nil, "", nil, weak, uncertain, forgetful},
		"DNS and document":                        {"insecure", keys(genuine), []jose.Signer{genuine}, "", []string{kid}, strong, ofLine, forgetful},
		"DNS, and a document with another key":    {"insecure", keys(genuine, standby), []jose.Signer{standby}, "", nil, weak, uncertain, forgetful},
		"each key by itself":                      {"insecure", keys(genuine, standby, third), []jose.Signer{genuine, unlike}, "", []string{kid}, strong, ofLine, forgetful},
		"a document with more than DNS":           {"secure", keys(genuine), []jose.Signer{genuine, standby}, "", []string{kid}, strong, ofLine, ofLine},
		"every live key of DNS":                   {"secure", keys(genuine, standby) + zone("v=ck1; kid=dead; k=ed25519; p="), nil, "", []string{kid, "standby"}, strong, ofLine, ofLine},
		"two keys under one kid":                  {"secure", keys(genuine, standby, unlike), nil, "", []string{kid}, strong, ofLine, ofLine},
		"the document, where DNS has none":        {"secure", "", []jose.Signer{genuine, standby}, "", []string{kid, "standby"}, nowhere, ofLine, forgetful},
		"the document, where DNS cannot be asked": {unavailable, "", []jose.Signer{genuine}, "", nil, nowhere, uncertain, forgetful},
		"a pin":          {"secure", keys(genuine), nil, pin(false), nil, nowhere, pinned, pinned},
		"a pin, and DNS": {"secure", keys(genuine), nil, pin(true), nil, strong, pinned, pinned},
		"a pin, and another key in DNS and document": {"insecure", zone(record(vectortest.Foreign)), []jose.Signer{vectortest.Foreign}, pin(true), nil, nowhere, pinned, pinned},
	} {
		t.Run(name, func(t *testing.T) {
			files := map[string]string{}
			if tc.zone != "" {
				files["dns.zone"] = tc.zone
			}
			if tc.document != nil {
				files[vectortest.Acme.PublisherDocumentURL()] = publisherDocument("", tc.document...)
			}
			if tc.pins != "" {
				files["roots.json"] = tc.pins
			}
			presented := verify.Presentation{Statement: statement(t, nil)}
			check := func(v *verify.Verdict, line string) {
				t.Helper()
				want(t, v, verify.Verified, "")
				if got := said(v, verify.CheckDNSStrength, verify.CheckKeyLine); got != tc.strength+"\n"+line {
					t.Errorf("got\n%s\nwant\n%s\n%s", got, tc.strength, line)
				}
			}
			var kids []string
			p := newPlace(t, []string{"dns: " + tc.dns}, files, func(cfg *verify.Config) { cfg.Memory = told{cfg.Resolver.(*place).World, &kids} })
			v := p.verify(t, presented)
			check(v, tc.line)
			if !slices.Equal(kids, tc.told) {
				t.Errorf("the memory is told of %q, want %q", kids, tc.told)
			}
			if tc.line == ofLine && !slices.Contains(v.Line().Keys, genuine.Key.Thumbprint()) || v.Line().First != (tc.line == ofLine) {
				t.Errorf("its line is %+v", v.Line())
			}
			v = newPlace(t, []string{"dns: " + tc.dns}, files, nil).verify(t, presented)
			check(v, tc.blank)
			if v.Line().First != (tc.blank == ofLine) {
				t.Errorf("without a memory its line is %+v", v.Line())
			}
		})
	}
}

// A key that turns up beside an older one has a line of its own, and is held down
// for its time.
func TestLineOfANewKey(t *testing.T) {
	old := vectortest.DrawnNow.Add(-1000 * time.Hour)
	p := newPlace(t, []string{"dns: secure", "seen: gone " + old.Format(time.RFC3339) + " " + old.Add(time.Hour).Format(time.RFC3339)}, liveZone, nil).remembering(t)
	for _, step := range []struct {
		wait   time.Duration
		status verify.Status
		reason metadata.Reason
	}{
		{0, verify.Failed, metadata.ReasonKeyLineNew},
		{72*time.Hour - time.Second, verify.Failed, metadata.ReasonKeyLineNew},
		{time.Second, verify.Passed, ""},
	} {
		p.after(step.wait)
		v := p.verify(t, verify.Presentation{Statement: statement(t, nil)})
		want(t, v, verify.Verified, "")
		wantFinding(t, v, verify.CheckKeyLine, step.status, step.reason)
		if line := v.Line(); line.First || !slices.Equal(line.Keys, []string{vectortest.Genuine.Key.Thumbprint()}) {
			t.Errorf("its line is %+v", line)
		}
	}
}

// covered is a world in which everybody whom a client could name is there.
func covered(t *testing.T, more map[string]string) *place {
	t.Helper()
	key := `{"keys":[` + string(vectortest.Genuine.Key.JWK()) + `]}`
	files := map[string]string{"dns.zone": liveZone["dns.zone"], vectortest.KeySetURL: key, "https://other.example/jwks.json": key}
	for address, text := range more {
		files[address] = text
	}
	return newPlace(t, []string{"dns: secure"}, files, nil)
}

// For whom a publisher speaks, and who is the publisher of a client that has no
// statement: the host of its document, or the one host to which its codes go.
func TestCoverage(t *testing.T) {
	const (
		own, other   = "https://acme.example/callback", "https://other.example/cb"
		loopback     = "http://127.0.0.1/callback"
		otherDoc     = "https://other.example/client.json"
		ours, theirs = "https://acme.example", "https://other.example"
		here         = "coverage passed"
		scattered    = "delivery skipped the codes do not all go to one web host"
		delivered    = "delivery passed"
		read         = "metadata_document passed\n"
	)
	foreign := func(hosts string) string {
		return "coverage failed redirect_uri_foreign the publisher does not speak for " + hosts
	}
	byKey := func(more string) string { return `,"token_endpoint_auth_method":"private_key_jwt",` + more }
	// document is one at url with these redirect URIs.
	document := func(url, more string, redirects ...string) map[string]string {
		text := fmt.Sprintf(`{"client_id":%q,"client_name":"Acme Agent","redirect_uris":["%s"]%s}`, url, strings.Join(redirects, `","`), more)
		return map[string]string{url: text}
	}
	holding := func(signed string) string { return fmt.Sprintf(`,"software_statement":%q`, signed) }
	stated := func(change func(*metadata.Client)) string {
		return statement(t, func(s *metadata.Statement) { change(&s.Client) })
	}
	bound := func(url string, redirects ...string) string {
		return stated(func(c *metadata.Client) { c.ClientID, c.RedirectURIs = url, redirects })
	}
	plain := func(c metadata.Client, redirects ...string) verify.Presentation {
		c.ClientName, c.RedirectURIs = "Acme Agent", redirects
		return verify.Presentation{Client: &c}
	}
	at := func(url string) verify.Presentation { return verify.Presentation{ClientID: url} }
	inline := `"jwks":{"keys":[` + string(vectortest.Genuine.Key.JWK()) + `]}`
	for name, tc := range map[string]struct {
		files     map[string]string
		presented verify.Presentation
		publisher string
		binding   metadata.Binding
		want      string // the findings of document, delivery and coverage, in their order
	}{
		"a registration, codes to one host": {nil, plain(metadata.Client{}, own), ours, metadata.BindingWeb, delivered + "\n" + here},
		"a registration, codes to this machine": {nil, plain(metadata.Client{}, loopback), "", metadata.BindingLoose,
			scattered + "\ncoverage skipped nobody is named who could cover anything"},
		"a registration, codes to two hosts": {nil, plain(metadata.Client{}, own, other), "", metadata.BindingLoose,
			scattered + "\ncoverage skipped nobody is named who could cover anything"},
		"a registration, codes and keys": {nil, plain(metadata.Client{TokenEndpointAuthMethod: "private_key_jwt", JWKSURI: vectortest.KeySetURL}, own), ours, metadata.BindingKey,
			delivered + "\n" + here},
		"a document": {document(vectortest.DocumentURL, "", own), named, ours, metadata.BindingWeb, read + delivered + "\n" + here},
		"a document, codes to this machine": {document(vectortest.DocumentURL, "", loopback), named, ours, metadata.BindingLoose,
			read + scattered + "\n" + here},
		"a document, codes to another host": {document(vectortest.DocumentURL, "", other), named, theirs, metadata.BindingWeb,
			"metadata_document skipped the codes go to other.example, for which its host does not speak\n" + delivered + "\n" + here},
		"a document, codes to its own and another host": {document(vectortest.DocumentURL, "", own, other), named, ours, metadata.BindingLoose,
			read + scattered + "\n" + foreign("other.example")},
		"a document, codes to two other hosts": {document(vectortest.DocumentURL, "", "https://b.example/cb", other), named, ours, metadata.BindingLoose,
			read + scattered + "\n" + foreign("b.example, other.example")},
		"a document, codes to another host and keys at its own": {document(vectortest.DocumentURL, byKey(`"jwks_uri":"`+vectortest.KeySetURL+`"`), other), named, ours, metadata.BindingKey,
			read + delivered + "\n" + foreign("other.example")},
		"a document, codes and keys to another host": {document(vectortest.DocumentURL, byKey(`"jwks_uri":"https://other.example/jwks.json"`), other), named, theirs, metadata.BindingKey,
			"metadata_document skipped the codes go to other.example, for which its host does not speak\n" + delivered + "\n" + here},
		"a document, codes to a scheme of nobody's": {document(vectortest.DocumentURL, "", "vendor://agent/callback"), named, ours, metadata.BindingLoose,
			read + scattered + "\n" + foreign("vendor:")},
		"a document, codes to a scheme and to another host": {document(vectortest.DocumentURL, "", own, other, "vendor://agent/callback"), named, ours, metadata.BindingLoose,
			read + scattered + "\n" + foreign("other.example, vendor:")},
		"a statement, codes to another host": {nil, verify.Presentation{Statement: stated(func(c *metadata.Client) { c.RedirectURIs = []string{other} })}, ours, metadata.BindingLoose,
			delivered + "\n" + foreign("other.example")},
		"a statement in its document": {document(vectortest.DocumentURL, holding(bound(vectortest.DocumentURL, own)), own), named, ours, metadata.BindingWeb,
			read + delivered + "\n" + here},
		"a statement in a document elsewhere": {document(otherDoc, holding(bound(otherDoc, own)), own), at(otherDoc), ours, metadata.BindingWeb,
			read + delivered + "\n" + foreign("other.example")},
		"a registration with a statement that its document holds": {document(vectortest.DocumentURL, holding(bound(vectortest.DocumentURL, own)), own),
			plain(metadata.Client{SoftwareStatement: bound(vectortest.DocumentURL, own)}, own), ours, metadata.BindingWeb, read + delivered + "\n" + here},
		"a document's name, not stated": {document(vectortest.DocumentURL, `,"client_name#de":"Acme Agent (de)"`+holding(bound(vectortest.DocumentURL, own)), own), named, ours, metadata.BindingWeb,
			read + delivered + "\ncoverage failed member_not_stated in the document only: client_name#de"},
		"a document's keys, not stated": {document(vectortest.DocumentURL, byKey(inline)+holding(bound(vectortest.DocumentURL, own)), own), named, ours, metadata.BindingWeb,
			read + delivered + "\ncoverage failed member_not_stated in the document only: jwks, token_endpoint_auth_method"},
		"a document's address of keys, not stated": {document(vectortest.DocumentURL, byKey(`"jwks_uri":"`+vectortest.KeySetURL+`"`)+holding(bound(vectortest.DocumentURL, own)), own), named, ours, metadata.BindingKey,
			read + delivered + "\n" + here},
		"a document's name and address of keys, not stated": {document(vectortest.DocumentURL,
			byKey(`"client_name#de":"Acme Agent (de)","jwks_uri":"`+vectortest.KeySetURL+`"`)+holding(bound(vectortest.DocumentURL, own)), own), named, ours, metadata.BindingKey,
			read + delivered + "\ncoverage failed member_not_stated in the document only: client_name#de"},
		"a document's grants, not stated": {document(vectortest.DocumentURL,
			byKey(`"grant_types":["authorization_code","client_credentials"],"jwks_uri":"`+vectortest.KeySetURL+`"`)+holding(bound(vectortest.DocumentURL, own)), own), named, ours, metadata.BindingKey,
			read + scattered + "\ncoverage failed member_not_stated in the document only: grant_types"},
	} {
		t.Run(name, func(t *testing.T) {
			v := covered(t, tc.files).verify(t, tc.presented)
			want(t, v, verify.Verified, "")
			if got := said(v, verify.CheckMetadataDocument, verify.CheckDelivery, verify.CheckCoverage); got != tc.want {
				t.Errorf("got\n%s\nwant\n%s", got, tc.want)
			}
			if v.Publisher.String() != tc.publisher || v.Binding != tc.binding {
				t.Errorf("it is of %q, binding %s, want %q, %s", v.Publisher, v.Binding, tc.publisher, tc.binding)
			}
		})
	}
}

// What is refused asks nobody else, and binds nobody to anything.
func TestRefusedEndsThere(t *testing.T) {
	const other = "https://other.example/cb"
	foreignKeys := metadata.Client{ClientName: "Acme Agent", RedirectURIs: []string{"https://acme.example/callback"},
		TokenEndpointAuthMethod: "private_key_jwt", JWKSURI: "https://other.example/jwks.json"}
	foreignCodes := statement(t, func(s *metadata.Statement) { s.Client.RedirectURIs = append(s.Client.RedirectURIs, other) })
	listing := map[string]string{vectortest.Acme.PublisherDocumentURL(): publisherDocument(`,"revoked":["acme-agent-1"]`, vectortest.Genuine)}
	for name, tc := range map[string]struct {
		files            map[string]string
		presented        verify.Presentation
		reason           metadata.Reason
		queries, fetches int
		last             verify.Check // of which there is a finding
	}{
		"a statement that is revoked, with a foreign host": {listing, verify.Presentation{Statement: foreignCodes}, metadata.ReasonStatementRevoked, 1, 1, verify.CheckWellknownKey},
		"K28 keys at a foreign host":                       {nil, verify.Presentation{Client: &foreignKeys}, metadata.ReasonMetadataConflict, 0, 0, verify.CheckCoverage},
		"a private key at jwks_uri": {map[string]string{vectortest.KeySetURL: `{"keys":[` + secretJWK(vectortest.Genuine, vectortest.Genuine) + `]}`}, keyed(), metadata.ReasonKeyExposed,
			0, 1, verify.CheckPossession},
	} {
		t.Run(name, func(t *testing.T) {
			p := covered(t, tc.files)
			v := p.verify(t, tc.presented)
			want(t, v, verify.Rejected, tc.reason)
			p.wantPackets(t, tc.queries, tc.fetches)
			if v.Binding != metadata.BindingLoose {
				t.Errorf("what is rejected has the binding %s", v.Binding)
			}
			if f := v.Findings[len(v.Findings)-1]; f.Check != tc.last {
				t.Errorf("it went on to %s\n%s", f.Check, findings(v))
			}
		})
	}
}

// Whoever leaves before everybody was asked is given no verdict.
func TestLeavingDuringProvenance(t *testing.T) {
	const own, other = "https://acme.example/callback", "https://other.example/cb"
	for name, tc := range map[string]struct {
		presented verify.Presentation
		url       string // at which nobody waits any longer
	}{
		"while a foreign host is asked": {verify.Presentation{Statement: statement(t, func(s *metadata.Statement) { s.Client.RedirectURIs = []string{own, other} })},
			vectortest.Other.PublisherDocumentURL()},
		"while the keys are fetched": {keyed(), vectortest.KeySetURL},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			gone := make(chan struct{})
			p := newPlace(t, []string{"dns: secure"}, liveZone, func(cfg *verify.Config) {
				cfg.Fetcher = leaving{cfg.Fetcher, tc.url, cancel, gone}
			})
			v, err := p.verifier.Verify(ctx, tc.presented)
			close(gone)
			if !errors.Is(err, context.Canceled) || v != nil {
				t.Errorf("%v, %v", v, err)
			}
		})
	}
}

// leaving is a fetcher that the caller leaves alone with one address.
type leaving struct {
	verify.Fetcher
	url   string
	leave context.CancelFunc
	gone  <-chan struct{}
}

func (f leaving) Fetch(ctx context.Context, url string, limit int) (verify.Resource, error) {
	if url == f.url {
		f.leave()
		<-f.gone
	}
	return f.Fetcher.Fetch(ctx, url, limit)
}

// A foreign host covers itself by listing the client's own address, and for as long
// as it does: not by what it listed before, and not by a name that anybody can have.
func TestForeignHostThatListsTheClient(t *testing.T) {
	const own, other = "https://acme.example/callback", "https://other.example/cb"
	list := func(clients string) string {
		return fmt.Sprintf(`{"publisher":%q,"keys":[],"clients":[%s]}`, vectortest.Other, clients)
	}
	address, name := fmt.Sprintf(`{"client_id":%q}`, vectortest.DocumentURL), `{"software_id":"acme-agent"}`
	bound := statement(t, func(s *metadata.Statement) {
		s.Client.RedirectURIs, s.Client.ClientID = []string{own, other}, vectortest.DocumentURL
	})
	unbound := statement(t, func(s *metadata.Statement) { s.Client.RedirectURIs = []string{own, other} })
	for title, tc := range map[string]struct {
		list, statement string
		covers          bool
	}{
		"its address":                            {list(address), bound, true},
		"its address among others":               {list(name + "," + address), bound, true},
		"another address":                        {list(`{"client_id":"https://acme.example/another.json"}`), bound, false},
		"its software_id":                        {list(name), bound, false},
		"its software_id, and it has no address": {list(name), unbound, false},
		"its address, and it has none":           {list(address), unbound, false},
		"nobody":                                 {list(""), bound, false},
	} {
		t.Run(title, func(t *testing.T) {
			p := covered(t, map[string]string{vectortest.Other.PublisherDocumentURL(): tc.list})
			p.fresh = 2 * time.Minute
			v := p.verify(t, verify.Presentation{Statement: tc.statement})
			want(t, v, verify.Verified, "")
			if v.Passed(verify.CheckCoverage) != tc.covers {
				t.Errorf("covered: %t\n%s", !tc.covers, findings(v))
			}
			until := vectortest.DrawnNow.Add(5 * time.Minute) // of the answer of DNS
			if tc.covers {
				until = vectortest.DrawnNow.Add(p.fresh)
			}
			if !v.ValidUntil().Equal(until) {
				t.Errorf("valid until %s, want %s", v.ValidUntil(), until)
			}
		})
	}
	t.Run("its address, and then there is no answer", func(t *testing.T) {
		p := covered(t, map[string]string{vectortest.Other.PublisherDocumentURL(): list(address)})
		wantFinding(t, p.verify(t, verify.Presentation{Statement: bound}), verify.CheckCoverage, verify.Passed, "")
		p.Answer(vectortest.Other.PublisherDocumentURL(), "503")
		p.after(time.Hour)
		v := p.verify(t, verify.Presentation{Statement: bound})
		want(t, v, verify.Verified, "")
		wantFinding(t, v, verify.CheckCoverage, verify.Failed, metadata.ReasonRedirectURIForeign)
	})
}

// One address that is not the publisher's is dropped as several are.
func TestForeignAddressIsDropped(t *testing.T) {
	p := covered(t, nil)
	v := p.verify(t, verify.Presentation{Statement: statement(t, func(s *metadata.Statement) {
		s.Client.LogoURI, s.Client.TOSURI = "https://cdn.example/logo.png", "https://acme.example/tos"
	})})
	want(t, v, verify.Verified, "")
	if c, _ := v.Client(); c.LogoURI != "" || c.TOSURI != "https://acme.example/tos" {
		t.Errorf("shown as %+v", c)
	}
	if !slices.Equal(v.Overridden(), []string{"logo_uri"}) {
		t.Errorf("listed as dropped: %q", v.Overridden())
	}
}
