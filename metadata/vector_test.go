package metadata_test

import (
	"errors"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/testvectors"
)

// vectors returns the vectors of one kind, and fails where there are none.
func vectors(tb testing.TB, kind string) []testvectors.Vector {
	tb.Helper()
	vs := testvectors.Load(kind)
	if len(vs) == 0 {
		tb.Fatalf("no vectors of kind %s: have they moved?", kind)
	}
	return vs
}

func TestRecordVectors(t *testing.T) {
	for _, v := range vectors(t, "record") {
		t.Run(v.ID, func(t *testing.T) {
			set := metadata.ParseKeySet(v.Records())
			var live, revoked []string
			for _, r := range set.Keys {
				if r.Revoked() {
					revoked = append(revoked, r.KeyID)
				} else {
					live = append(live, r.KeyID)
				}
			}
			got := strings.TrimSpace("keys " + strings.Join(live, " "))
			if got != v.Expect {
				t.Errorf("%s: %q, want %q", v.Get("comment"), got, v.Expect)
			}
			for key, n := range map[string]int{"malformed": len(set.Malformed), "ignored": len(set.Ignored)} {
				if want := v.Get(key); strconv.Itoa(n) != want && (want != "" || n != 0) {
					t.Errorf("%d %s, want %q", n, key, want)
				}
			}
			if got := strings.Join(revoked, " "); got != v.Get("revoked") {
				t.Errorf("revoked %q, want %q", got, v.Get("revoked"))
			}
		})
	}
}

func TestRedirectURIVectors(t *testing.T) {
	for _, v := range vectors(t, "redirect_uri") {
		t.Run(v.ID, func(t *testing.T) {
			got := "refused redirect_uri_malformed"
			if r, err := metadata.ParseRedirectURI(string(v.Files["redirect.txt"])); err == nil {
				got = r.Class().String()
			}
			if got != v.Expect {
				t.Errorf("%s: %q, want %q", v.Get("comment"), got, v.Expect)
			}
		})
	}
}

func TestClientIDVectors(t *testing.T) {
	for _, v := range vectors(t, "client_id") {
		t.Run(v.ID, func(t *testing.T) {
			got := "accepted"
			var refusal *metadata.ReasonError
			if _, err := metadata.ParseClientID(string(v.Files["client_id.txt"])); errors.As(err, &refusal) {
				got = "refused " + string(refusal.Reason)
			}
			if got != v.Expect {
				t.Errorf("%s: %q, want %q", v.Get("comment"), got, v.Expect)
			}
		})
	}
}

func TestMergeVectors(t *testing.T) {
	for _, v := range vectors(t, "merge") {
		t.Run(v.ID, func(t *testing.T) {
			road := metadata.RoadRegistration
			if v.Get("road") == "document" {
				road = metadata.RoadDocument
			}
			plain, stated := mustClient(t, string(v.Files["plain.json"])), mustClient(t, string(v.Files["stated.json"]))
			m, err := metadata.Merge(plain, stated, road)
			got := "merged"
			var refusal *metadata.ReasonError
			if errors.As(err, &refusal) {
				got = "refused " + string(refusal.Reason)
			}
			if got != v.Expect {
				t.Fatalf("%s: %q (%v), want %q", v.Get("comment"), got, err, v.Expect)
			}
			if err != nil {
				return
			}
			want := mustClient(t, string(v.Files["effective.json"]))
			if d := cmp.Diff(asMap(t, want), asMap(t, m.Client)); d != "" {
				t.Errorf("%s: effective (-want +got):\n%s", v.Get("comment"), d)
			}
			if got := strings.Join(m.Overridden, " "); got != v.Get("overridden") {
				t.Errorf("%s: overridden %q, want %q", v.Get("comment"), got, v.Get("overridden"))
			}
		})
	}
}
