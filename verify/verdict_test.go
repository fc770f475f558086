package verify_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/fc28f635/countersign/internal/vectortest"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

func TestNewNamesTheFieldAtFault(t *testing.T) {
	for field, cfg := range map[string]verify.Config{
		"MaxLifetime":   {MaxLifetime: 367 * 24 * time.Hour},
		"Leeway":        {Leeway: 6 * time.Minute},
		"DocumentBytes": {DocumentBytes: 65537},
	} {
		t.Run(field, func(t *testing.T) {
			if _, err := verify.New(cfg); err == nil || !strings.Contains(err.Error(), field) {
				t.Errorf("error %v", err)
			}
		})
	}
	if _, err := verify.New(verify.Config{MaxLifetime: -1}); err == nil {
		t.Error("a negative lifetime")
	}
}

// A verifier that looks nothing up and has no pins knows nobody, and says so.
func TestZeroConfigIsInconclusive(t *testing.T) {
	verifier, err := verify.New(verify.Config{InsecureSpecialUse: true})
	if err != nil {
		t.Fatal(err)
	}
	v, err := verifier.Verify(t.Context(), verify.Presentation{Statement: statement(t, nil), At: vectortest.DrawnNow})
	if err != nil {
		t.Fatal(err)
	}
	want(t, v, verify.Inconclusive, metadata.ReasonKeysUnavailable)
	if v, err = verifier.Verify(t.Context(), verify.Presentation{}); err != nil {
		t.Fatal(err)
	}
	want(t, v, verify.Rejected, metadata.ReasonStatementMalformed)
}

// J66: nothing that was rejected leaks through a verdict, and no verdict at all
// is none that trusts.
func TestVerdictsThatTrustNothing(t *testing.T) {
	p := newPlace(t, []string{"dns: secure"}, liveZone, nil)
	forged := statement(t, nil)
	forged = forged[:len(forged)-8] + "AAAAAAAA"
	rejected := p.verify(t, verify.Presentation{Statement: forged})
	want(t, rejected, verify.Rejected, metadata.ReasonSignatureInvalid)
	turned := *p.verify(t, verify.Presentation{Statement: statement(t, nil)})
	turned.Outcome = verify.Inconclusive
	for name, v := range map[string]*verify.Verdict{"nil": nil, "zero": {}, "J66 rejected": rejected, "verified no longer": &turned} {
		t.Run(name, func(t *testing.T) {
			if _, ok := v.Statement(); ok {
				t.Error("claims")
			}
			if _, ok := v.Client(); ok {
				t.Error("a client")
			}
			if v.Thumbprint() != "" || v.TestMode() || v != &turned && v.Passed(verify.CheckSignature) {
				t.Error("a key")
			}
		})
	}
	text, err := json.Marshal(rejected)
	if err != nil {
		t.Fatal(err)
	}
	for _, claim := range []string{"Acme Agent", "callback", "claims", "acme-agent"} {
		if strings.Contains(string(text), claim) {
			t.Errorf("the verdict document holds %q of a rejected statement: %s", claim, text)
		}
	}
}

func TestVerdictDocument(t *testing.T) {
	p := newPlace(t, []string{"dns: secure"}, liveZone, nil)
	v := p.verify(t, verify.Presentation{Statement: statement(t, nil)})
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var document struct {
		MediaType string `json:"media_type"`
		Outcome   verify.Outcome
		Publisher string
		KeyID     string `json:"kid"`
		Statement string
		Findings  []verify.Finding
		Claims    map[string]any
		Client    map[string]any
	}
	if err := json.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	switch {
	case document.MediaType != verify.MediaType, document.Outcome != verify.Verified, document.Publisher != "https://acme.example",
		document.KeyID != vectortest.DrawnKeyID, !strings.HasPrefix(document.Statement, "sha256:"),
		len(document.Findings) != len(v.Findings), document.Claims["software_id"] != "acme-agent",
		document.Client["client_name"] != "Acme Agent":
		t.Errorf("%s", text)
	}
	if until := v.ValidUntil(); !until.Equal(vectortest.DrawnNow.Add(5 * time.Minute)) {
		t.Errorf("holds until %s, and the DNS answer for five minutes", until)
	}
}

// Of several findings of one check, the first that did not pass speaks for it.
func TestOneFailedFindingIsEnough(t *testing.T) {
	v := &verify.Verdict{Findings: []verify.Finding{
		{Check: verify.CheckDNSKey, Status: verify.Passed},
		{Check: verify.CheckDNSKey, Status: verify.Unavailable, Reason: metadata.ReasonDNSUnavailable},
		{Check: verify.CheckDNSKey, Status: verify.Passed},
	}}
	if v.Passed(verify.CheckDNSKey) {
		t.Error("a check passed that also did not")
	}
	if f, ok := v.Finding(verify.CheckDNSKey); !ok || f.Status != verify.Unavailable {
		t.Errorf("%+v", f)
	}
}

func TestNamesReadBack(t *testing.T) {
	for _, name := range []string{"rejected", "inconclusive", "verified"} {
		var o verify.Outcome
		if err := o.UnmarshalText([]byte(name)); err != nil || o.String() != name {
			t.Errorf("%s: %s, %v", name, o, err)
		}
	}
	for _, name := range []string{"failed", "unavailable", "skipped", "passed"} {
		var s verify.Status
		if err := s.UnmarshalText([]byte(name)); err != nil || s.String() != name {
			t.Errorf("%s: %s, %v", name, s, err)
		}
	}
	var o verify.Outcome
	var s verify.Status
	if o.UnmarshalText([]byte("ok")) == nil || s.UnmarshalText([]byte("ok")) == nil {
		t.Error("a word that is none was read")
	}
}
