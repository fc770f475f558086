package verify_test

import (
	"testing"

	"github.com/fc28f635/countersign/internal/vectortest"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

// A finding that did not pass says who answered, for which name and when, and
// what of it counts: nobody can mend what he cannot see.
func TestFindingsShowWhatWasSeen(t *testing.T) {
	const resolver, server, name = "192.0.2.53:53 (vector)", "192.0.2.80:443", "_client-key.acme.example"
	genuine, foreign := vectortest.Genuine.Key.Thumbprint(), vectortest.Foreign.Key.Thumbprint()
	wellknown := vectortest.Acme.PublisherDocumentURL()
	revoked := "v=ck1; kid=" + vectortest.Genuine.Key.ID() + "; k=ed25519; p="
	page := map[string]string{"dns.zone": liveZone["dns.zone"], wellknown: "<html>", vectortest.DocumentURL: "<html>"}
	stated := verify.Presentation{Statement: statement(t, nil)}
	for title, c := range map[string]struct {
		header    []string
		files     map[string]string
		presented verify.Presentation
		check     verify.Check
		reason    metadata.Reason
		want      verify.Evidence // but for the times
	}{
		"another kid": {nil, liveZone, verify.Presentation{Statement: signedAs(t, "other")}, verify.CheckDNSKey, metadata.ReasonKeyUnknown,
			verify.Evidence{Source: "dns", Server: resolver, Name: name}},
		"no record": {nil, nil, stated, verify.CheckDNSKey, metadata.ReasonDomainRecordMissing,
			verify.Evidence{Source: "dns", Server: resolver, Name: name}},
		"no record of a host below, nor above": {nil, nil, verify.Presentation{Statement: statement(t, func(s *metadata.Statement) {
			s.Publisher = metadata.MustPublisher("https://agent.acme.example")
		})}, verify.CheckDNSKey, metadata.ReasonDomainRecordMissing,
			verify.Evidence{Source: "dns", Server: resolver, Name: "_client-key.agent.acme.example"}},
		"no answer": {[]string{"dns: unavailable"}, nil, stated, verify.CheckDNSKey, metadata.ReasonDNSUnavailable,
			verify.Evidence{Source: "dns", Server: resolver, Name: name}},
		"bogus": {[]string{"dns: bogus"}, liveZone, stated, verify.CheckDNSKey, metadata.ReasonDNSBogus,
			verify.Evidence{Source: "dns", Server: resolver, Name: name}},
		"revoked": {[]string{"dns: secure"}, map[string]string{"dns.zone": zone(revoked)}, stated, verify.CheckDNSKey, metadata.ReasonKeyRevoked,
			verify.Evidence{Source: "dns", Server: resolver, Name: name, Record: revoked}},
		"uncorroborated": {nil, liveZone, stated, verify.CheckDNSStrength, metadata.ReasonDNSUncorroborated,
			verify.Evidence{Source: "dns", Server: resolver, Name: name, Thumbprint: genuine, Record: record(vectortest.Genuine)}},
		"no publisher document": {[]string{"dns: secure"}, liveZone, stated, verify.CheckWellknownKey, metadata.ReasonWellknownMissing,
			verify.Evidence{Source: "https", Server: server, Name: wellknown}},
		"a page in its place": {[]string{"dns: secure"}, page, stated, verify.CheckWellknownKey, metadata.ReasonWellknownMismatch,
			verify.Evidence{Source: "https", Server: server, Name: wellknown}},
		"a page for a metadata document": {nil, page, named, verify.CheckMetadataDocument, metadata.ReasonDocumentMalformed,
			verify.Evidence{Source: "https", Server: server, Name: vectortest.DocumentURL}},
		"no metadata document": {nil, nil, named, verify.CheckMetadataDocument, metadata.ReasonDocumentUnavailable,
			verify.Evidence{Source: "https", Server: server, Name: vectortest.DocumentURL}},
		"a metadata document that a statement names": {[]string{"dns: secure"}, page, verify.Presentation{Client: &metadata.Client{
			SoftwareStatement: statement(t, func(s *metadata.Statement) { s.Client.ClientID = vectortest.DocumentURL })}},
			verify.CheckMetadataDocument, metadata.ReasonClientIDMismatch,
			verify.Evidence{Source: "https", Server: server, Name: vectortest.DocumentURL}},
		"no key at jwks_uri": {nil, servedKeys(""), keyed(), verify.CheckPossession, metadata.ReasonKeyUnusable,
			verify.Evidence{Source: "jwks_uri", Server: server, Name: vectortest.KeySetURL}},
	} {
		t.Run(title, func(t *testing.T) {
			v := newPlace(t, c.header, c.files, nil).verify(t, c.presented)
			wantFinding(t, v, c.check, findingOf(v, c.check).Status, c.reason)
			got := findingOf(v, c.check).Evidence
			if !got.SeenAt.Equal(vectortest.DrawnNow) || !got.ValidUntil.After(got.SeenAt) {
				t.Errorf("seen at %s, and holds until %s", got.SeenAt, got.ValidUntil)
			}
			c.want.SeenAt, c.want.ValidUntil = got.SeenAt, got.ValidUntil
			if got != c.want {
				t.Errorf("saw %+v, want %+v", got, c.want)
			}
		})
	}
	t.Run("the key that did not make the signature", func(t *testing.T) {
		p := newPlace(t, []string{"dns: secure"}, map[string]string{"dns.zone": zone(record(vectortest.Foreign))}, nil)
		if got := findingOf(p.verify(t, stated), verify.CheckSignature).Evidence.Thumbprint; got != foreign {
			t.Errorf("checked with %q, want %q", got, foreign)
		}
	})
	t.Run("a form that is wrong was looked at alone", func(t *testing.T) {
		v := newPlace(t, nil, liveZone, nil).verify(t, verify.Presentation{Statement: "a.b.c"})
		for _, f := range v.Findings {
			if f.Evidence != (verify.Evidence{}) {
				t.Errorf("%s saw %+v", f.Check, f.Evidence)
			}
		}
	})
}

func findingOf(v *verify.Verdict, c verify.Check) verify.Finding {
	f, _ := v.Finding(c)
	return f
}
