package dnstest_test

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/fc28f635/countersign/internal/countersigntest"
	"github.com/fc28f635/countersign/internal/dnstest"
	"github.com/fc28f635/countersign/internal/jose"
	"github.com/fc28f635/countersign/internal/vectortest"
	"github.com/fc28f635/countersign/issuer"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
	"github.com/fc28f635/countersign/verify/online"
)

// A friend is a memory in which every key that is published was always there.
type friend struct{}

func (friend) See(_ context.Context, _ metadata.Publisher, keys []verify.PublishedKey, at time.Time) ([]verify.Sighting, error) {
	var seen []verify.Sighting
	for _, k := range keys {
		seen = append(seen, verify.Sighting{Thumbprint: k.Thumbprint, First: at.Add(-1000 * time.Hour), Last: at})
	}
	return seen, nil
}

func (friend) End(context.Context, metadata.Publisher, []string, time.Time) ([]verify.Sighting, error) {
	return nil, nil
}

func (friend) Missing(_ context.Context, _ metadata.ClientID, at time.Time) (time.Time, error) {
	return at, nil
}

func (friend) Found(context.Context, metadata.ClientID) error { return nil }

func (friend) Expose(context.Context, []string, time.Time) error { return nil }

func (friend) Exposed(context.Context, []string) ([]verify.Exposure, error) { return nil, nil }

func (friend) Issued(_ context.Context, _ metadata.Publisher, _ metadata.ClientID, iat int64) (int64, error) {
	return iat, nil
}

// A stage is a real network with publishers, whose documents are not there.
type stage struct {
	network  *dnstest.Network
	resolver dnstest.Resolver
	web      *countersigntest.World
}

func newStage(t *testing.T) *stage {
	t.Helper()
	record, _ := vectortest.Genuine.Key.Record()
	live := record.String()
	record.PublicKey = ""
	records := fmt.Sprintf(`_client-key IN TXT %[1]q
_client-key.out IN CNAME _client-key.plain.test.
_client-key.in IN CNAME _client-key
*.wild IN TXT %[1]q
_client-key.ended IN TXT %[2]q
`, live, record.String())
	var zones []dnstest.Zone
	for name, signing := range map[string]dnstest.Signing{
		"signed.test": dnstest.NSEC, "hashed.test": dnstest.NSEC3, "plain.test": dnstest.Unsigned, "expired.test": dnstest.Expired,
		"tampered.test": dnstest.Tampered, "stripped.test": dnstest.Stripped, "foreign.test": dnstest.ForeignKey,
	} {
		zones = append(zones, dnstest.Zone{Name: name, Records: records, Signing: signing})
	}
	s := &stage{network: dnstest.Start(t, zones...)}
	s.resolver = s.network.Resolver(t, s.network.Authority)
	web, err := countersigntest.New(countersigntest.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = web.Close() })
	s.web = web
	return s
}

// judge has a client judged that comes with a statement of the publisher, which
// signer signed.
func (s *stage) judge(t *testing.T, signer jose.Signer, host string, resolvers ...online.Resolver) (*verify.Verdict, issuer.Decision) {
	t.Helper()
	publisher, err := metadata.PublisherOf(host)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now().Unix()
	client := metadata.Client{SoftwareID: "agent", ClientName: "Agent", RedirectURIs: []string{"https://" + host + "/callback"}}
	text, err := vectortest.Sign(metadata.Statement{Publisher: publisher, ID: "1", IssuedAt: now - 60, ExpiresAt: now + 3600, Client: client}, signer)
	if err != nil {
		t.Fatal(err)
	}
	v, err := online.New(online.Config{
		Resolvers: resolvers, RootCAs: s.web.CA(), Memory: friend{}, InsecureLoopback: true,
		InsecureConnectTo: func(address string) string {
			if _, port, err := net.SplitHostPort(address); err == nil && port == "443" {
				return s.web.WebServer()
			}
			return address
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	verdict, err := v.Verify(t.Context(), verify.Presentation{Client: &metadata.Client{SoftwareStatement: text, RedirectURIs: client.RedirectURIs}})
	if err != nil {
		t.Fatal(err)
	}
	return verdict, issuer.Standard().Decide(issuer.Input{Verdict: verdict, Claimed: verdict.Claimed()})
}

// TestClasses is each class of zone through a real authority and a real validating
// resolver, as far as the tier.
func TestClasses(t *testing.T) {
	s := newStage(t)
	validating := online.Resolver{Address: s.resolver.Plain.String(), Operator: "resolver"}
	second := online.Resolver{Address: s.network.Authority.String(), Operator: "authority", Unvalidated: true}
	for name, tc := range map[string]struct {
		host      string
		resolvers []online.Resolver
		outcome   verify.Outcome
		reason    metadata.Reason // of the verdict
		check     verify.Check
		status    verify.Status
		finding   metadata.Reason
		tier      issuer.Tier
	}{
		"D1 signed":                        {"signed.test", nil, verify.Verified, "", verify.CheckDNSStrength, verify.Passed, "", issuer.TierSigned},
		"signed, hashed denials":           {"hashed.test", nil, verify.Verified, "", verify.CheckDNSStrength, verify.Passed, "", issuer.TierSigned},
		"D11 alias in a signed zone":       {"in.signed.test", nil, verify.Verified, "", verify.CheckDNSStrength, verify.Passed, "", issuer.TierSigned},
		"D11 alias into an unsigned zone":  {"out.signed.test", nil, verify.Verified, "", verify.CheckDNSStrength, verify.Failed, metadata.ReasonDNSUncorroborated, issuer.TierDomain},
		"unsigned":                         {"plain.test", nil, verify.Verified, "", verify.CheckDNSStrength, verify.Failed, metadata.ReasonDNSUncorroborated, issuer.TierDomain},
		"unsigned, two operators":          {"plain.test", []online.Resolver{validating, second}, verify.Verified, "", verify.CheckDNSStrength, verify.Passed, "", issuer.TierSigned},
		"D7 nothing there, signed":         {"none.hashed.test", nil, verify.Rejected, metadata.ReasonKeyUnknown, verify.CheckDNSKey, verify.Failed, metadata.ReasonKeyUnknown, issuer.TierUnverified},
		"wildcard, signed":                 {"wild.signed.test", nil, verify.Rejected, metadata.ReasonPublisherUnknown, verify.CheckDNSKey, verify.Failed, metadata.ReasonDomainRecordWildcard, issuer.TierUnverified},
		"wildcard, unsigned":               {"wild.plain.test", nil, verify.Rejected, metadata.ReasonPublisherUnknown, verify.CheckDNSKey, verify.Failed, metadata.ReasonDomainRecordWildcard, issuer.TierUnverified},
		"revoked, signed":                  {"ended.signed.test", nil, verify.Rejected, metadata.ReasonKeyRevoked, verify.CheckDNSKey, verify.Failed, metadata.ReasonKeyRevoked, issuer.TierBlocked},
		"revoked, unsigned":                {"ended.plain.test", nil, verify.Inconclusive, metadata.ReasonDNSUnavailable, verify.CheckDNSKey, verify.Unavailable, metadata.ReasonDNSUnavailable, issuer.TierUnverified},
		"revoked, unsigned, two operators": {"ended.plain.test", []online.Resolver{validating, second}, verify.Rejected, metadata.ReasonKeyRevoked, verify.CheckDNSKey, verify.Failed, metadata.ReasonKeyRevoked, issuer.TierBlocked},
		"D18 tampered":                     {"tampered.test", nil, verify.Inconclusive, metadata.ReasonDNSBogus, verify.CheckDNSKey, verify.Unavailable, metadata.ReasonDNSBogus, issuer.TierUnverified},
		"D18 tampered, two operators":      {"tampered.test", []online.Resolver{validating, second}, verify.Inconclusive, metadata.ReasonDNSBogus, verify.CheckDNSKey, verify.Unavailable, metadata.ReasonDNSBogus, issuer.TierUnverified},
		"D18 stripped":                     {"stripped.test", nil, verify.Inconclusive, metadata.ReasonDNSBogus, verify.CheckDNSKey, verify.Unavailable, metadata.ReasonDNSBogus, issuer.TierUnverified},
		"D18 another key":                  {"foreign.test", nil, verify.Inconclusive, metadata.ReasonDNSBogus, verify.CheckDNSKey, verify.Unavailable, metadata.ReasonDNSBogus, issuer.TierUnverified},
		"D19 expired":                      {"expired.test", nil, verify.Inconclusive, metadata.ReasonDNSBogus, verify.CheckDNSKey, verify.Unavailable, metadata.ReasonDNSBogus, issuer.TierUnverified},
	} {
		t.Run(name, func(t *testing.T) {
			resolvers := tc.resolvers
			if resolvers == nil {
				resolvers = []online.Resolver{validating}
			}
			verdict, decision := s.judge(t, vectortest.Genuine, tc.host, resolvers...)
			if verdict.Outcome != tc.outcome || verdict.Reason() != tc.reason {
				t.Errorf("%s %s, want %s %s", verdict.Outcome, verdict.Reason(), tc.outcome, tc.reason)
			}
			if f, ok := verdict.Finding(tc.check); !ok || f.Status != tc.status || f.Reason != tc.finding {
				t.Errorf("%s is %s %q (%s), want %s %q", tc.check, f.Status, f.Reason, f.Detail, tc.status, tc.finding)
			}
			if decision.Tier != tc.tier {
				t.Errorf("tier %s, want %s", decision.Tier, tc.tier)
			}
		})
	}
}

// TestLiars has authorities, resolvers and forgers that vouch for what they have
// no right to: nothing is secure, and nothing that matters changes.
func TestLiars(t *testing.T) {
	s := newStage(t)
	adLie := func(m *dns.Msg, _ string) { m.AuthenticatedData = true }
	strip := func(m *dns.Msg, _ string) {
		signature := func(rr dns.RR) bool { return rr.Header().Rrtype == dns.TypeRRSIG }
		m.Answer, m.Ns = slices.DeleteFunc(m.Answer, signature), slices.DeleteFunc(m.Ns, signature)
	}
	stranger := vectortest.Foreign
	record, _ := stranger.Key.Record()
	forge := func(m *dns.Msg, network string) { // over UDP another key, and the word that it is genuine
		if network != "udp" || len(m.Question) != 1 || m.Question[0].Qtype != dns.TypeTXT {
			return
		}
		m.AuthenticatedData = true
		for _, rr := range m.Answer {
			if txt, ok := rr.(*dns.TXT); ok && strings.HasPrefix(txt.Txt[0], "v=ck1") {
				txt.Txt = []string{record.String()}
			}
		}
	}
	at := func(resolver string, operator string, validating bool) online.Resolver {
		return online.Resolver{Address: resolver, Operator: operator, Unvalidated: !validating}
	}
	lyingAuthority := dnstest.Proxy(t, s.network.Authority, adLie)
	behindLies := s.network.Resolver(t, lyingAuthority).Plain
	behindStripping := s.network.Resolver(t, dnstest.Proxy(t, s.network.Authority, strip)).Plain
	unanchored := s.network.ResolverWithoutAnchors(t, s.network.Authority).Plain
	stripping := dnstest.Proxy(t, s.resolver.Plain, func(m *dns.Msg, network string) { strip(m, network); m.AuthenticatedData = false })
	forged := dnstest.Proxy(t, s.resolver.Plain, forge)
	for name, tc := range map[string]struct {
		host      string
		resolvers []online.Resolver
		outcome   verify.Outcome
		reason    metadata.Reason
		tier      issuer.Tier
		forger    bool // the statement is the forger's
	}{
		"D27 an authority that sets AD":                        {"plain.test", []online.Resolver{at(lyingAuthority.String(), "a", true)}, verify.Verified, "", issuer.TierDomain, false},
		"D27 a resolver before an authority that lies":         {"plain.test", []online.Resolver{at(behindLies.String(), "a", true)}, verify.Verified, "", issuer.TierDomain, false},
		"D27 and of a signed zone the resolver is sure":        {"signed.test", []online.Resolver{at(behindLies.String(), "a", true)}, verify.Verified, "", issuer.TierSigned, false},
		"D18 an authority's signatures are taken out":          {"signed.test", []online.Resolver{at(behindStripping.String(), "a", true)}, verify.Inconclusive, metadata.ReasonDNSBogus, issuer.TierUnverified, false},
		"D27 a resolver that strips signatures":                {"signed.test", []online.Resolver{at(stripping.String(), "a", true)}, verify.Verified, "", issuer.TierDomain, false},
		"D27 a resolver of whom nobody said that it validates": {"signed.test", []online.Resolver{at(s.resolver.Plain.String(), "a", false)}, verify.Verified, "", issuer.TierDomain, false},
		"D26 a resolver without trust anchor":                  {"signed.test", []online.Resolver{at(unanchored.String(), "a", true)}, verify.Verified, "", issuer.TierDomain, false},
		"D14 forged over UDP, one operator":                    {"plain.test", []online.Resolver{at(forged.String(), "a", false)}, verify.Rejected, metadata.ReasonSignatureInvalid, issuer.TierUnverified, false},
		"D14 forged over UDP, two operators":                   {"plain.test", []online.Resolver{at(forged.String(), "a", false), at(s.network.Authority.String(), "b", false)}, verify.Verified, "", issuer.TierSigned, false},
		"D14 forged over UDP, of a signed zone":                {"signed.test", []online.Resolver{at(forged.String(), "a", false), at(s.resolver.Plain.String(), "b", true)}, verify.Verified, "", issuer.TierSigned, false},
		"D14 forger's statement, one operator":                 {"plain.test", []online.Resolver{at(forged.String(), "a", false)}, verify.Verified, "", issuer.TierDomain, true},
		"D14 forger's statement, two operators":                {"plain.test", []online.Resolver{at(forged.String(), "a", false), at(s.network.Authority.String(), "b", false)}, verify.Rejected, metadata.ReasonSignatureInvalid, issuer.TierUnverified, true},
		"D14 forger's statement, two names of one operator":    {"plain.test", []online.Resolver{at(forged.String(), "a", false), at(lyingAuthority.String(), "a", false)}, verify.Verified, "", issuer.TierDomain, true},
		"D14 forger's statement, of a signed zone":             {"signed.test", []online.Resolver{at(forged.String(), "a", false), at(s.resolver.Plain.String(), "b", true)}, verify.Rejected, metadata.ReasonSignatureInvalid, issuer.TierUnverified, true},
	} {
		t.Run(name, func(t *testing.T) {
			signer := vectortest.Genuine
			if tc.forger {
				signer = vectortest.Foreign
			}
			verdict, decision := s.judge(t, signer, tc.host, tc.resolvers...)
			if verdict.Outcome != tc.outcome || verdict.Reason() != tc.reason || decision.Tier != tc.tier {
				t.Errorf("%s %s, tier %s, want %s %s, tier %s", verdict.Outcome, verdict.Reason(), decision.Tier, tc.outcome, tc.reason, tc.tier)
			}
		})
	}
}
