package verify_test

import (
	"testing"

	"github.com/fc28f635/countersign/internal/vectortest"
	"github.com/fc28f635/countersign/verify"
)

// Anybody can write a document that sends codes to another host. What is shown
// then is that host, of which the document proves nothing; and nothing else that
// passed is taken back.
func TestDocumentThatSendsCodesElsewhere(t *testing.T) {
	const url = "https://writer.example/client.json"
	p := newPlace(t, nil, map[string]string{url: `{"client_id":"` + url + `","client_name":"Writer","redirect_uris":["https://acme.example/callback"]}`}, nil)
	v := p.verify(t, verify.Presentation{ClientID: url})
	want(t, v, verify.Verified, "")
	wantFinding(t, v, verify.CheckMetadataDocument, verify.Skipped, "")
	wantFinding(t, v, verify.CheckDelivery, verify.Passed, "")
	wantFinding(t, v, verify.CheckCoverage, verify.Passed, "")
	if v.Publisher.String() != "https://acme.example" {
		t.Errorf("shown as of %s", v.Publisher)
	}
	for _, f := range v.Findings {
		if f.Status == verify.Skipped && f.Detail == "the codes go to acme.example, for which its host does not speak" && f.Check != verify.CheckMetadataDocument {
			t.Errorf("%s is taken back", f.Check)
		}
	}
}

// What was looked at and came to nothing is among the findings: a person reads
// there what was not asked.
func TestFindingsOfAPinnedPublisher(t *testing.T) {
	roots := map[string]string{"roots.json": `{"publishers":{"https://acme.example":{"keys":[` + string(vectortest.Genuine.Key.JWK()) + `]}}}`}
	p := newPlace(t, nil, roots, nil)
	v := p.verify(t, verify.Presentation{Statement: statement(t, nil)})
	want(t, v, verify.Verified, "")
	wantFinding(t, v, verify.CheckRedirectURIs, verify.Passed, "")
	wantFinding(t, v, verify.CheckDNSKey, verify.Skipped, "")
}

func TestStatusOutOfRange(t *testing.T) {
	if got := verify.Status(200).String(); got != "Status(200)" {
		t.Errorf("%q", got)
	}
}

func TestRecallWithoutStatement(t *testing.T) {
	v := verify.Recall(verify.Recollection{Outcome: verify.Verified})
	if _, ok := v.Statement(); ok {
		t.Error("a statement without a lifetime is remembered")
	}
}
