package verify_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/fc28f635/countersign/internal/vectortest"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

// known says of a drawn world what is true in it, from what was drawn alone.
type known struct{ labels map[string]string }

func (k known) is(kind string, values ...string) bool { return slices.Contains(values, k.labels[kind]) }

// The keys that somebody vouches for under the statement's kid.
func (k known) dnsKey() string {
	switch {
	case !k.is("dns", "secure", "insecure", "corroborated"):
	case k.is("record", "live", "subdomains", "test", "ended", "later"):
		return "genuine"
	case k.is("record", "other_key"):
		return "foreign"
	}
	return ""
}

func (k known) documentKey() string {
	switch {
	case k.is("wellknown", "live", "listed", "unlisted", "revoked"):
		return "genuine"
	case k.is("wellknown", "other_key"):
		return "foreign"
	}
	return ""
}

func (k known) pinnedKey() string {
	if k.is("pin", "pinned", "pinned_lookup") {
		return "genuine"
	}
	return ""
}

func (k known) signer() string {
	if k.is("statement", "forged", "own_key") {
		return "foreign"
	}
	return "genuine"
}

// foreignRedirects reports whether the redirect URIs that count are not all
// acme's.
func (k known) foreignRedirects() bool {
	return k.is("redirect", "foreign", "private", "redirector", "shared") || k.is("plain", "foreign_redirect") ||
		k.is("redirect", "own_and") && k.is("in_use", "unknown")
}

// stolen reports whether codes or tokens go to whoever replayed the statement.
func (k known) stolen(v *verify.Verdict) bool {
	c, _ := v.Client()
	return k.is("plain", "foreign_redirect") && slices.Contains(c.RedirectURIs, "https://other.example/steal") ||
		k.is("plain", "foreign_jwks") && !k.is("statement", "own_key") && strings.Contains(string(c.JWKS), foreignX)
}

// foreignX is the public part of the stranger's key.
var foreignX = string(vectortest.Foreign.Key.JWK())

// contradiction says what a verdict claims of acme that is not true.
func contradiction(d vectortest.Drawn, v *verify.Verdict) error {
	k := known{d.Labels}
	if v.Publisher != vectortest.Acme {
		return nil
	}
	if _, ok := v.Statement(); ok {
		switch {
		case k.is("statement", "none", "expired", "future", "elsewhere", "by_other"):
			return fmt.Errorf("the claims of a statement that is %s", d.Labels["statement"])
		case k.is("record", "revoked") && k.is("dns", "secure", "corroborated") && !k.is("pin", "pinned", "pinned_other"):
			return fmt.Errorf("the claims of a statement under a dead key")
		case k.is("record", "ended") && k.dnsKey() == k.signer() && k.is("pin", "none"):
			return fmt.Errorf("the claims of a statement under a key that has ended")
		case k.is("wellknown", "exposed", "unlisted", "revoked") && !k.is("pin", "pinned", "pinned_other"):
			return fmt.Errorf("the claims of a statement that the publisher has withdrawn")
		case k.stolen(v):
			return fmt.Errorf("somebody else's registration under acme's statement")
		}
	}
	switch {
	case v.Passed(verify.CheckSignature) && !slices.Contains([]string{k.dnsKey(), k.documentKey(), k.pinnedKey()}, k.signer()):
		return fmt.Errorf("a signature by a key that nobody publishes")
	case v.Passed(verify.CheckPinnedKey) && k.pinnedKey() == "":
		return fmt.Errorf("a pin that is none")
	case v.Passed(verify.CheckDNSKey) && k.dnsKey() == "":
		return fmt.Errorf("a key in DNS that is not there")
	case v.Passed(verify.CheckWellknownKey) && (k.documentKey() == "" || k.is("record", "other_kid") && k.is("dns", "secure", "insecure", "corroborated")):
		return fmt.Errorf("a key in the publisher document that does not count")
	case v.Passed(verify.CheckDNSStrength) && !k.is("dns", "secure", "corroborated") && k.documentKey() != k.dnsKey():
		return fmt.Errorf("a strength that DNS has not")
	case v.Passed(verify.CheckKeyLine) && k.is("memory", "new"):
		return fmt.Errorf("a line that the key is not of")
	case v.Passed(verify.CheckCoverage) && k.foreignRedirects():
		return fmt.Errorf("a coverage that reaches too far")
	case v.Passed(verify.CheckMetadataDocument) && !k.is("document", "served"):
		return fmt.Errorf("a metadata document that is not there")
	case v.Outcome == verify.Verified && k.is("road", "document") && v.Digest == "" && !k.is("document", "served"):
		return fmt.Errorf("a client without document and statement")
	case v.Passed(verify.CheckPossession) && (!k.is("auth", "key_covered") || !k.is("jwks", "served")):
		return fmt.Errorf("a key that is not at a covered jwks_uri")
	case v.Binding == metadata.BindingWeb && (k.foreignRedirects() || k.is("redirect", "loopback", "reversed")):
		return fmt.Errorf("binding web for codes that go elsewhere")
	}
	return nil
}

func verifyDrawn(d vectortest.Drawn) (*verify.Verdict, error) {
	cfg, err := d.Config()
	if err != nil {
		return nil, err
	}
	verifier, err := verify.New(cfg)
	if err != nil {
		return nil, err
	}
	return verifier.Verify(context.Background(), d.Presentation)
}

func TestVerifyDrawnWorlds(t *testing.T) {
	outcomes := map[string]int{}
	rapid.Check(t, func(t *rapid.T) {
		d := vectortest.Draw(t)
		v, err := verifyDrawn(d)
		if err != nil {
			t.Fatal(err)
		}
		outcomes[v.Outcome.String()]++
		if _, ok := v.Statement(); ok {
			outcomes["with statement"]++
		}
		if err := contradiction(d, v); err != nil {
			t.Fatalf("%v\n%v\n%s", err, d.Labels, findings(v))
		}
	})
	for _, outcome := range []string{"verified", "rejected", "inconclusive", "with statement"} {
		if t.Logf("%6d %s", outcomes[outcome], outcome); outcomes[outcome] == 0 {
			t.Errorf("no world came out %s", outcome)
		}
	}
}
