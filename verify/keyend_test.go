package verify_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/fc28f635/countersign/internal/vectortest"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

// A key ends where any source says so that has this very key: who forges a record
// without its end brings back no key whose document says that it ended.
func TestEarliestEndOfKey(t *testing.T) {
	past, ahead := vectortest.DrawnNow.Unix()-1, vectortest.DrawnNow.Unix()+3600
	jwk := func(end int64) string {
		return strings.TrimSuffix(string(vectortest.Genuine.Key.JWK()), "}") + fmt.Sprintf(`,"exp":%d}`, end)
	}
	document := func(end int64) map[string]string {
		return map[string]string{vectortest.Acme.PublisherDocumentURL(): fmt.Sprintf(`{"publisher":%q,"keys":[%s]}`, vectortest.Acme, jwk(end))}
	}
	pinned := map[string]string{"roots.json": fmt.Sprintf(`{"publishers":{%q:{"keys":[%s],"and_lookup":true}}}`, vectortest.Acme, vectortest.Genuine.Key.JWK())}
	pinnedBeside := map[string]string{"roots.json": pinned["roots.json"], vectortest.Acme.PublisherDocumentURL(): fmt.Sprintf(`{"publisher":%q,"keys":[%s]}`,
		vectortest.Acme, strings.Replace(strings.TrimSuffix(string(vectortest.Foreign.Key.JWK()), "}")+fmt.Sprintf(`,"exp":%d}`, past),
			`"kid":"`+vectortest.Foreign.Key.ID()+`"`, `"kid":"`+vectortest.DrawnKeyID+`"`, 1))}
	other, _ := vectortest.Foreign.Key.Record()
	other.KeyID, other.NotAfter = vectortest.DrawnKeyID, past
	live := record(vectortest.Genuine)
	ending := func(end int64) string { return fmt.Sprintf("%s; x=%d", live, end) }
	for name, tc := range map[string]struct {
		strength, record string
		files            map[string]string
		ended            bool
	}{
		"K19 in the document, not in DNS":             {"insecure", live, document(past), true},
		"K19 in the document, later in DNS":           {"insecure", ending(ahead), document(past), true},
		"K19 in DNS, not in the document":             {"insecure", ending(past), document(ahead), true},
		"K19 in DNS, the key pinned":                  {"secure", ending(past), pinned, true},
		"in DNS, which may be forged, the key pinned": {"insecure", ending(past), pinned, false},
		"the end is ahead, sooner in the document":    {"secure", ending(ahead + 60), document(ahead), false},
		"the end is ahead in the document alone":      {"secure", live, document(ahead), false},
		"in DNS, of another key than is pinned":       {"secure", other.String(), pinned, false},
		"in the document, of another than is pinned":  {"secure", "", pinnedBeside, false},
	} {
		t.Run(name, func(t *testing.T) {
			files := map[string]string{}
			if tc.record != "" {
				files["dns.zone"] = zone(tc.record)
			}
			for address, text := range tc.files {
				files[address] = text
			}
			v := newPlace(t, []string{"dns: " + tc.strength}, files, nil).verify(t, verify.Presentation{Statement: statement(t, nil)})
			if tc.ended {
				want(t, v, verify.Rejected, metadata.ReasonKeyNotValidThen)
				return
			}
			want(t, v, verify.Verified, "")
		})
	}
}
