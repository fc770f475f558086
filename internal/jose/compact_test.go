package jose

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/metadata"
)

const (
	malformedReason = metadata.ReasonStatementMalformed
	headerReason    = metadata.ReasonHeaderForbidden
	algorithmReason = metadata.ReasonAlgorithmForbidden
)

func TestParse(t *testing.T) {
	raw := sign(t, edSigner(t, 'a'))
	c := mustParse(t, raw)
	if want := (Header{Algorithm: EdDSA, KeyID: "2026a", Type: TypeStatement}); c.Header != want {
		t.Errorf("header %+v, want %+v", c.Header, want)
	}
	if diff := cmp.Diff(goodPayload, string(c.Payload)); diff != "" {
		t.Errorf("payload (-want +got):\n%s", diff)
	}
}

func TestParseForm(t *testing.T) {
	good := sign(t, edSigner(t, 'a'))
	header, rest, _ := strings.Cut(good, ".")
	payload, signature, _ := strings.Cut(rest, ".")
	// The last character of 64 bytes carries four bits that must be zero.
	loose := good[:len(good)-1] + string("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"[strings.IndexByte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", good[len(good)-1])+1])
	tests := []struct{ name, raw string }{
		{"F6 J10 non-zero trailing bits in the signature", loose},
		{"F6 J10 non-zero trailing bits in the payload", header + ".AB." + signature},
		{"F6 J10 non-zero trailing bits in the header", "AB." + payload + "." + signature},
		{"J10 a part of 4n+1 characters", header + "." + payload + "A." + signature[:len(signature)-1]},
		{"F6 J11 LF inside the header", header[:4] + "\n" + header[4:] + "." + payload + "." + signature},
		{"F6 J11 CR inside the payload", header + "." + payload[:4] + "\r" + payload[4:] + "." + signature},
		{"F6 J11 LF inside the signature", header + "." + payload + "." + signature[:4] + "\n" + signature[4:]},
		{"J12 padding", good + "=="},
		{"J12 padding inside", header + "==." + payload + "." + signature},
		{"J12 standard alphabet", header + ".+/+/." + signature},
		{"J12 space", header + ". " + payload + "." + signature},
		{"J12 tab", header + "." + payload + "\t." + signature},
		{"J12 no-break space", header + "." + payload + "\u00a0." + signature},
		{"J12 number sign", header + "#." + payload + "." + signature},
		{"J12 full-width letters", header + ".ＡＡＡＡ." + signature},
		{"J13 question mark in the header", header[:4] + "?" + header[4:] + "." + payload + "." + signature},
		{"J13 question mark in the payload", header + "." + payload[:4] + "?" + payload[4:] + "." + signature},
		{"J14 leading space", " " + good},
		{"J14 final line feed", good + "\n"},
		{"J14 byte order mark", "\ufeff" + good},
		{"J14 NUL", good + "\x00"},
		{"J14 Bearer", "Bearer " + good},
		{"J14 quoted", `"` + good + `"`},
		{"J15 nothing", ""},
		{"J15 one part", header},
		{"J15 two parts", header + "." + payload},
		{"J15 four parts", good + "." + signature},
		{"J15 six parts", good + "..."},
		{"J15 two dots alone", ".."},
		{"J15 three dots alone", "..."},
		{"J15 empty header", "." + payload + "." + signature},
		{"J15 empty signature", header + "." + payload + "."},
		{"J18 JWE in compact serialization", forge(t, `{"alg":"PBES2-HS256+A128KW","enc":"A128GCM","p2c":2147483647}`, "x") + ".AAAA.AAAA"},
		{"J19 compressed JWE", forge(t, `{"alg":"dir","enc":"A128GCM","zip":"DEF"}`, "x") + ".AAAA.AAAA"},
		{"J21 general JSON serialization", `{"payload":"` + payload + `","signatures":[{"protected":"` + header + `","signature":"` + signature + `"}]}`},
		{"J21 flattened JSON serialization", `{"payload":"` + payload + `","protected":"` + header + `","signature":"` + signature + `"}`},
		{"J23 detached payload", header + ".." + signature},
		{"J67 PEM around a statement", "-----BEGIN JWT-----\n" + good + "\n-----END JWT-----\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse(tt.raw)
			wantReason(t, err, malformedReason)
		})
	}
}

func TestParseCountsParts(t *testing.T) {
	good := sign(t, edSigner(t, 'a'))
	for _, raw := range []string{"x", "x.y", good + ".AA", good + ".AA.AA"} {
		_, err := Parse(raw)
		if err == nil || !strings.Contains(err.Error(), "not three parts") {
			t.Errorf("J15 error %v", err)
		}
	}
}

func TestParseSize(t *testing.T) {
	fitting := forge(t, `{"alg":"EdDSA","kid":"a"}`, strings.Repeat("x", 12000))
	fitting = strings.Repeat("A", 4*((limits.StatementBytes-len(fitting))/4)) + fitting
	tests := []struct {
		name, raw string
		want      metadata.Reason
	}{
		{"J16 a million dots", strings.Repeat(".", 1_000_000), metadata.ReasonStatementTooLarge},
		{"J17 one byte too many", strings.Repeat("A", limits.StatementBytes+1), metadata.ReasonStatementTooLarge},
		{"J17 as many as are read", strings.Repeat("A", limits.StatementBytes), malformedReason},
		{"J17 as many as are read, in three parts", fitting, malformedReason},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse(tt.raw)
			wantReason(t, err, tt.want)
		})
	}
	t.Run("J16 dots cost no memory", func(t *testing.T) {
		raw := strings.Repeat(".", limits.StatementBytes)
		if n := testing.AllocsPerRun(10, func() { _, _ = Parse(raw) }); n > 10 {
			t.Errorf("%v allocations", n)
		}
	})
}

func TestParseHeader(t *testing.T) {
	tests := []struct {
		name, header string
		want         metadata.Reason
	}{
		{"plain", `{"alg":"EdDSA","kid":"2026a"}`, ""},
		{"another name of EdDSA", `{"alg":"Ed25519","kid":"2026a"}`, ""},
		{"known and not a default: RS256", `{"alg":"RS256","kid":"2026a"}`, ""},
		{"known and not a default: PS256", `{"alg":"PS256","kid":"2026a"}`, ""},
		{"known and not a default: ES384", `{"alg":"ES384","kid":"2026a"}`, ""},
		{"J1 none", `{"alg":"none","kid":"2026a"}`, algorithmReason},
		{"J1 None", `{"alg":"None","kid":"2026a"}`, algorithmReason},
		{"J1 nOnE", `{"alg":"nOnE","kid":"2026a"}`, algorithmReason},
		{"J1 space", `{"alg":" none","kid":"2026a"}`, algorithmReason},
		{"J1 NUL", `{"alg":"ES256\u0000","kid":"2026a"}`, algorithmReason},
		{"J1 empty", `{"alg":"","kid":"2026a"}`, algorithmReason},
		{"J1 lower case", `{"alg":"es256","kid":"2026a"}`, algorithmReason},
		{"J1 missing", `{"kid":"2026a"}`, malformedReason},
		{"J1 null", `{"alg":null,"kid":"2026a"}`, malformedReason},
		{"J1 array", `{"alg":["ES256"],"kid":"2026a"}`, malformedReason},
		{"J1 object", `{"alg":{},"kid":"2026a"}`, malformedReason},
		{"J2 HS256", `{"alg":"HS256","kid":"2026a"}`, algorithmReason},
		{"J2 ES256K", `{"alg":"ES256K","kid":"2026a"}`, algorithmReason},
		{"J2 RS512", `{"alg":"RS512","kid":"2026a"}`, algorithmReason},
		{"J2 PS384", `{"alg":"PS384","kid":"2026a"}`, algorithmReason},
		{"J2 ES512", `{"alg":"ES512","kid":"2026a"}`, algorithmReason},
		{"J2 Ed448", `{"alg":"Ed448","kid":"2026a"}`, algorithmReason},
		{"J2 ML-DSA-44", `{"alg":"ML-DSA-44","kid":"2026a"}`, algorithmReason},
		{"J22 nested", `{"alg":"EdDSA","kid":"2026a","cty":"JWT"}`, headerReason},
		{"J23 b64 with crit", `{"alg":"EdDSA","kid":"2026a","b64":false,"crit":["b64"]}`, headerReason},
		{"J23 b64 alone", `{"alg":"EdDSA","kid":"2026a","b64":"false"}`, headerReason},
		{"J23 crit alone", `{"alg":"EdDSA","kid":"2026a","crit":["exp"]}`, headerReason},
		{"J19 zip", `{"alg":"EdDSA","kid":"2026a","zip":"DEF"}`, headerReason},
		{"J18 enc", `{"alg":"EdDSA","kid":"2026a","enc":"A128GCM"}`, headerReason},
		{"J25 alg twice", `{"alg":"EdDSA","alg":"none","kid":"2026a"}`, malformedReason},
		{"J25 kid twice", `{"alg":"EdDSA","kid":"good","kid":"evil"}`, malformedReason},
		{"J25 twice after unescaping", `{"alg":"EdDSA","a\u006cg":"none","kid":"2026a"}`, malformedReason},
		{"J25 twice, deeper", `{"alg":"EdDSA","kid":"2026a","x":{"a":1,"a":2}}`, malformedReason},
		{"J26 case variants are other members", `{"Alg":"none","ALG":1,"al\u0261":"x","KID":2,"alg":"EdDSA","kid":"2026a","JWK":{}}`, ""},
		{"J26 only a case variant", `{"Alg":"EdDSA","kid":"2026a"}`, malformedReason},
		{"J26 Kelvin sign for k", `{"alg":"EdDSA","\u212aid":"2026a"}`, malformedReason},
		{"J27 NUL after a name", `{"alg":"EdDSA","kid":"2026a","alg\u0000":"none"}`, ""},
		{"J28 embedded key", `{"alg":"EdDSA","kid":"2026a","jwk":{"kty":"OKP"}}`, headerReason},
		{"J29 embedded private key", `{"alg":"EdDSA","kid":"2026a","jwk":{"kty":"oct","k":"c2VjcmV0"}}`, headerReason},
		{"J30 jku", `{"alg":"EdDSA","kid":"2026a","jku":"https://acme.example/jwks"}`, headerReason},
		{"J31 x5u", `{"alg":"EdDSA","kid":"2026a","x5u":""}`, headerReason},
		{"F11 J32 x5c", `{"alg":"EdDSA","kid":"2026a","x5c":[]}`, headerReason},
		{"J35 path", `{"alg":"EdDSA","kid":"../../etc/passwd"}`, malformedReason},
		{"J35 SQL", `{"alg":"EdDSA","kid":"' OR 1=1--"}`, malformedReason},
		{"J35 NUL", `{"alg":"EdDSA","kid":"\u0000"}`, malformedReason},
		{"J35 URL", `{"alg":"EdDSA","kid":"http://169.254.169.254/"}`, malformedReason},
		{"J35 65 characters", `{"alg":"EdDSA","kid":"` + strings.Repeat("a", 65) + `"}`, malformedReason},
		{"J35 64 characters", `{"alg":"EdDSA","kid":"` + strings.Repeat("a", 64) + `"}`, ""},
		{"J35 empty", `{"alg":"EdDSA","kid":""}`, malformedReason},
		{"J36 number", `{"alg":"EdDSA","kid":0}`, malformedReason},
		{"J36 null", `{"alg":"EdDSA","kid":null}`, malformedReason},
		{"J36 array", `{"alg":"EdDSA","kid":["2026a"]}`, malformedReason},
		{"J37 absent", `{"alg":"EdDSA"}`, malformedReason},
		{"J39 JWT", `{"alg":"EdDSA","kid":"2026a","typ":"JWT"}`, ""},
		{"J39 the kind's own", `{"alg":"EdDSA","kid":"2026a","typ":"software-statement+jwt"}`, ""},
		{"J39 lower case", `{"alg":"EdDSA","kid":"2026a","typ":"jwt"}`, headerReason},
		{"J39 with application/", `{"alg":"EdDSA","kid":"2026a","typ":"application/software-statement+jwt"}`, headerReason},
		{"J39 access token", `{"alg":"EdDSA","kid":"2026a","typ":"at+jwt"}`, headerReason},
		{"J39 DPoP proof", `{"alg":"EdDSA","kid":"2026a","typ":"dpop+jwt"}`, headerReason},
		{"J39 countersigned statement", `{"alg":"EdDSA","kid":"2026a","typ":"countersigned-statement+jwt"}`, headerReason},
		{"J39 empty", `{"alg":"EdDSA","kid":"2026a","typ":""}`, headerReason},
		{"J39 null", `{"alg":"EdDSA","kid":"2026a","typ":null}`, headerReason},
		{"J42 byte order mark", "\ufeff" + `{"alg":"EdDSA","kid":"2026a"}`, malformedReason},
		{"J42 UTF-16", "{\x00\"\x00a\x00", malformedReason},
		{"J42 lone surrogate", `{"alg":"EdDSA","kid":"2026a","x":"\ud800"}`, malformedReason},
		{"J42 invalid UTF-8", "{\"alg\":\"EdDSA\",\"kid\":\"2026a\",\"x\":\"\xff\"}", malformedReason},
		{"J44 10,000 levels", `{"alg":"EdDSA","kid":"2026a","x":` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + `}`, malformedReason},
		{"J44 16 levels", `{"alg":"EdDSA","kid":"2026a","x":` + strings.Repeat("[", 15) + strings.Repeat("]", 15) + `}`, ""},
		{"J44 17 levels", `{"alg":"EdDSA","kid":"2026a","x":` + strings.Repeat("[", 16) + strings.Repeat("]", 16) + `}`, malformedReason},
		{"not an object", `["EdDSA"]`, malformedReason},
		{"two objects", `{"alg":"EdDSA","kid":"2026a"}{}`, malformedReason},
		{"J34 certificate thumbprints choose no key", `{"alg":"EdDSA","kid":"2026a","x5t":"AA","x5t#S256":1}`, ""},
		{"unknown members", `{"alg":"EdDSA","kid":"2026a","iss":"x"}`, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := Parse(forge(t, tt.header, goodPayload))
			wantReason(t, err, tt.want)
			if tt.want == "" {
				return
			}
			if string(c.Payload) != goodPayload {
				t.Error("the payload cannot be read beside a bad header")
			}
			k := edSigner(t, 'a').Key
			c.Header = Header{Algorithm: EdDSA, KeyID: k.ID()}
			if c.Verify(k) == nil {
				t.Error("what was refused verifies")
			}
		})
	}
}

func TestParseReportsAllDefects(t *testing.T) {
	for header, want := range map[string][]string{
		`{"alg":"none","typ":"at+jwt","jku":"x","crit":[]}`: {
			"statement_malformed kid missing", "header_forbidden typ", "header_forbidden jku", "header_forbidden crit", "algorithm_forbidden alg"},
		`{"alg":1,"kid":1,"typ":1}`:    {"statement_malformed alg missing", "statement_malformed kid missing", "header_forbidden typ"},
		`{"alg":"EdDSA","kid":""}`:     {"statement_malformed kid"},
		`{"alg":"none","alg":"EdDSA"}`: {"statement_malformed "}, // and nothing about what it would have held
	} {
		_, err := Parse(forge(t, header, goodPayload))
		var all metadata.Defects
		if !errors.As(err, &all) {
			t.Fatalf("%s: error is %T", header, err)
		}
		var got []string
		for _, d := range all {
			text := string(d.Reason) + " " + d.Member
			if strings.HasPrefix(d.Detail, "missing") {
				text += " missing"
			}
			got = append(got, text)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: defects (-want +got):\n%s", header, diff)
		}
	}
}

func TestParseCountersigned(t *testing.T) {
	s := p256Signer(t)
	raw, err := Sign([]byte(goodPayload), TypeCountersigned, s)
	if err != nil {
		t.Fatal(err)
	}
	c, err := ParseCountersigned(raw)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Verify(s.Key); err != nil {
		t.Error(err)
	}
	_, err = Parse(raw)
	wantReason(t, err, headerReason)
	for _, header := range []string{`{"alg":"EdDSA","kid":"a"}`, `{"alg":"EdDSA","kid":"a","typ":"JWT"}`, `{"alg":"EdDSA","kid":"a","typ":"software-statement+jwt"}`} {
		_, err = ParseCountersigned(forge(t, header, goodPayload))
		wantReason(t, err, headerReason)
	}
}

func TestAllowed(t *testing.T) {
	tests := []struct {
		alg   string
		extra []string
		want  bool
	}{
		{EdDSA, nil, true},
		{Ed25519, nil, true},
		{ES256, nil, true},
		{ES384, nil, false},
		{PS256, nil, false},
		{RS256, nil, false},
		{RS256, []string{"RS256"}, true},
		{PS256, []string{"RS256", "PS256"}, true},
		{ES384, []string{"ES384"}, true},
		{RS256, []string{"PS256", "rs256"}, false},
		{"none", []string{"none"}, false},
		{"HS256", []string{"HS256"}, false},
		{"", []string{""}, false},
	}
	for _, tt := range tests {
		if got := (Header{Algorithm: tt.alg}).Allowed(tt.extra); got != tt.want {
			t.Errorf("Allowed(%q, %q) = %v", tt.alg, tt.extra, got)
		}
	}
}
