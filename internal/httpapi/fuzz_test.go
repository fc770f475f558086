package httpapi

import (
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"testing"

	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/testvectors"
)

// FuzzDecisionRequest: whatever is sent, it is one request or a refusal with 400
// of the formats, the same each time; and what is taken is JSON to the standard
// library too, with no member that a request has not.
func FuzzDecisionRequest(f *testing.F) {
	seeds := 0
	for _, v := range testvectors.Load("api") {
		f.Add(v.Body())
		seeds++
	}
	for _, v := range testvectors.Load("decision") {
		f.Add(v.Files["request.json"])
		seeds++
	}
	if seeds < 50 {
		f.Fatalf("%d seeds: have the vectors moved?", seeds)
	}
	f.Add([]byte(`{"client_id":"https://acme.example/c","source":{"ip":"::1"},"dpop":null,"dry_run":true,"resource":"x"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		e, err := parseEnvelope(body)
		again, errAgain := parseEnvelope(body)
		if !reflect.DeepEqual(e, again) || (err == nil) != (errAgain == nil) {
			t.Fatalf("%+v %v, and then %+v %v", e, err, again, errAgain)
		}
		if err != nil {
			var r *refusal
			if !errors.As(err, &r) || r.status != http.StatusBadRequest || r.reason == "" || r.reason == metadata.ReasonServerError {
				t.Fatalf("refused with %v", err)
			}
			return
		}
		var members map[string]json.RawMessage
		if err := json.Unmarshal(body, &members); err != nil {
			t.Fatalf("taken, and no JSON object: %v", err)
		}
		for name := range members {
			switch name {
			case "client", "client_id", "authorization_server", "redirect_uri", "resource", "dry_run", "dpop", "source":
			default:
				t.Fatalf("taken with the member %q", name)
			}
		}
		req := e.request()
		if (req.ClientID == "") == (req.Client == nil) {
			t.Fatalf("a request of two clients, or of none: %+v", req)
		}
		if _, has := members["source"]; has != e.source {
			t.Fatalf("source: %t, and %t for its right", has, e.source)
		}
	})
}
