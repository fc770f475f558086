package verify_test

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/internal/vectortest"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

// padded repeats a text until it and what stands around it have at most size
// bytes.
func padded(size int, before, repeat, separator, after string) string {
	var b strings.Builder
	b.WriteString(before)
	for i := 0; b.Len()+len(repeat)+len(separator)+len(after) < size; i++ {
		if i > 0 {
			b.WriteString(separator)
		}
		b.WriteString(strings.ReplaceAll(repeat, "%d", fmt.Sprintf("%04d", i)))
	}
	b.WriteString(after)
	return b.String()
}

// rsaKey is a JWK of the largest size that is read, with a modulus that nobody
// has factors of.
func rsaKey() string {
	modulus := make([]byte, limits.RSABitsMax/8)
	_, _ = rand.Read(modulus)
	modulus[0] |= 0x80
	modulus[len(modulus)-1] |= 1
	return `{"kty":"RSA","alg":"RS256","kid":"k%d","e":"AQAB","n":"` + base64.RawURLEncoding.EncodeToString(modulus) + `"}`
}

// The heaviest inputs that are let in cost one verification at most two
// signature checks, three fetches, four names and 4 MiB.
func TestWorkOfHostileWorlds(t *testing.T) {
	const mostBytes = 4 << 20
	document := vectortest.DocumentURL
	plain := fmt.Sprintf(`{"client_id":%q,"client_name":"Acme Agent","redirect_uris":["https://acme.example/callback"]`, document)
	longName := strings.Repeat("\u0421laud\u0435 \U0001d602", 14)
	var redirects []string
	for i := range limits.RedirectURIs {
		redirects = append(redirects, fmt.Sprintf("https://h%d.example/%s", i, strings.Repeat("a", 480)))
	}
	listed, err := json.Marshal(redirects)
	if err != nil {
		t.Fatal(err)
	}
	large := statement(t, func(s *metadata.Statement) {
		s.Client.RedirectURIs = redirects
		s.Client.ClientName = longName
	})
	zone16 := strings.Repeat(zone(record(vectortest.Genuine)), 1)
	for i := 1; i < limits.KeyRecords; i++ {
		zone16 += zone(fmt.Sprintf("v=ck1; kid=k%d; k=ed25519; p=%s", i, base64.StdEncoding.EncodeToString(make([]byte, 32))))
	}
	heavy := map[string]string{
		"dns.zone":                             zone16,
		vectortest.Acme.PublisherDocumentURL(): padded(limits.DocumentBytesMax, fmt.Sprintf(`{"publisher":%q,"keys":[`, vectortest.Acme), rsaKey(), ",", `]}`),
	}
	with := func(more map[string]string) map[string]string {
		files := map[string]string{}
		for _, m := range []map[string]string{heavy, more} {
			for name, content := range m {
				files[name] = content
			}
		}
		return files
	}
	for name, c := range map[string]struct {
		files     map[string]string
		presented verify.Presentation
	}{
		"a statement of full length": {heavy, verify.Presentation{Statement: large}},
		"beside a registration of full length": {heavy, verify.Presentation{Client: &metadata.Client{
			ClientName: longName, RedirectURIs: redirects, SoftwareStatement: large,
			JWKS: json.RawMessage(padded(limits.RequestBytes/2, `{"keys":[`, rsaKey(), ",", "]}"))}}},
		"a statement of nothing but brackets": {heavy, verify.Presentation{Statement: strings.Repeat(base64.RawURLEncoding.EncodeToString([]byte("[[[[[[")), 1500) + "."}},
		"a statement that is too large":       {heavy, verify.Presentation{Statement: strings.Repeat("A", limits.RequestBytes)}},
		"a document of members": {with(map[string]string{document: padded(limits.DocumentBytesMax, plain, `,"m%d":{}`, "", "}")}),
			verify.Presentation{ClientID: document}},
		"a document of names": {with(map[string]string{document: padded(limits.DocumentBytesMax, plain, `,"client_name#de-%d":"`+longName+`"`, "", "}")}),
			verify.Presentation{ClientID: document}},
		"a document of redirect URIs": {with(map[string]string{document: fmt.Sprintf(`{"client_id":%q,"client_name":%q,"redirect_uris":%s}`, document, longName, listed)}),
			verify.Presentation{ClientID: document}},
		"a document of keys": {with(map[string]string{document: padded(limits.DocumentBytesMax, plain+`,"token_endpoint_auth_method":"private_key_jwt","jwks":{"keys":[`, rsaKey(), ",", "]}}")}),
			verify.Presentation{ClientID: document}},
		"a document of addresses": {with(map[string]string{document: padded(limits.DocumentBytesMax, plain+`,"request_uris":[`, `"https://evil.example/%d"`, ",", "]}")}),
			verify.Presentation{ClientID: document}},
		"a publisher document of clients": {with(map[string]string{vectortest.Acme.PublisherDocumentURL(): padded(limits.DocumentBytesMax,
			fmt.Sprintf(`{"publisher":%q,"keys":[],"clients":[`, vectortest.Acme), `{"software_id":"acme-%d"}`, ",", "]}")}),
			verify.Presentation{Statement: statement(t, nil)}},
		"a foreign host's document": {with(map[string]string{document: strings.Replace(plain, `"https://acme.example/callback"`, `"https://other.example/cb"`, 1) + "}",
			vectortest.Other.PublisherDocumentURL(): padded(limits.DocumentBytesMax, fmt.Sprintf(`{"publisher":%q,"keys":[`, vectortest.Other), rsaKey(), ",", "]}")}),
			verify.Presentation{ClientID: document, Statement: large}},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t, []string{"dns: secure"}, c.files, func(cfg *verify.Config) { cfg.DocumentBytes = limits.DocumentBytesMax })
			signatures := 0
			verify.CountSignatures(p.verifier, func() { signatures++ })
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			v := p.verify(t, c.presented)
			runtime.ReadMemStats(&after)
			queries, fetches := p.Packets()
			bytes := after.TotalAlloc - before.TotalAlloc
			t.Logf("%s %s: %d signatures, %d fetches, %d names, %d KiB", v.Outcome, v.Reason(), signatures, fetches, queries, bytes>>10)
			if signatures > 2 || fetches > 3 || queries > limits.WalkNames || bytes > mostBytes {
				t.Errorf("%d signatures, %d fetches, %d names, %d KiB", signatures, fetches, queries, bytes>>10)
			}
		})
	}
}
