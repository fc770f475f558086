package verify_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/fc28f635/countersign/internal/vectortest"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

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
			if line := v.Line(); line.First || len(line.Keys) > 0 || v.Shape() != "" {
				t.Error("a past, or a shape")
			}
			if v.Thumbprint() != "" || v.TestMode() || v != &turned && v.Passed(verify.CheckSignature) {
				t.Error("a key")
			}
		})
	}
	var none *verify.Verdict
	if _, found := none.Finding(verify.CheckForm); found || none.Reason() != metadata.ReasonServerError {
		t.Errorf("no verdict is for the reason %q, or found something", none.Reason())
	}
	if !none.ValidUntil().IsZero() || none.Overridden() != nil || !reflect.DeepEqual(none.Claimed(), metadata.Client{}) {
		t.Error("no verdict tells of a client")
	}
	text, err := json.Marshal(rejected)
	if err != nil {
		t.Fatal(err)
	}
	for _, claim := range []string{"Acme Agent", "callback", `"claims"`, `"client"`, "acme-agent"} {
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

// A verdict document has its members also where nothing was found: a list of none.
func TestVerdictDocumentOfNothing(t *testing.T) {
	text, err := json.Marshal(&verify.Verdict{})
	if err != nil {
		t.Fatal(err)
	}
	var document map[string]json.RawMessage
	if err := json.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	if string(document["findings"]) != "[]" || string(document["outcome"]) != `"rejected"` {
		t.Errorf("%s", text)
	}
}

// A verified verdict tells all that it rests on; a registration has a shape.
func TestVerdictThatIsVerified(t *testing.T) {
	p := newPlace(t, []string{"dns: secure"}, liveZone, nil)
	v := p.verify(t, verify.Presentation{Client: &metadata.Client{SoftwareStatement: statement(t, nil)}})
	want(t, v, verify.Verified, "")
	c, hasClient := v.Client()
	if s, ok := v.Statement(); !ok || !hasClient || s.ID != "acme-agent-1" || c.ClientName != "Acme Agent" {
		t.Errorf("of the statement %+v and the client %+v", s, c)
	}
	if v.Thumbprint() != vectortest.Genuine.Key.Thumbprint() || v.KeyID != vectortest.DrawnKeyID || v.TestMode() {
		t.Errorf("signed by %q, which is %q", v.KeyID, v.Thumbprint())
	}
	if !v.Line().First || v.Shape() != metadata.ShapeOf(c) || v.Shape() == "" || !v.Passed(verify.CheckSignature) {
		t.Errorf("of the line %+v and the shape %q", v.Line(), v.Shape())
	}
	if _, found := v.Finding(verify.CheckPinnedKey); found || v.Passed(verify.CheckPinnedKey) {
		t.Error("a check that was never reached has a finding")
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
	if o, s := (verify.Verified + 1).String(), (verify.Passed + 1).String(); o != "Outcome(3)" || s != "Status(4)" {
		t.Errorf("what has no name is written %s and %s", o, s)
	}
}
