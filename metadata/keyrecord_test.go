package metadata_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fc28f635/countersign/metadata"
)

var (
	edKey   = strings.Repeat("\x07", 32)
	edText  = base64.StdEncoding.EncodeToString([]byte(edKey))
	ecKey   = "\x02" + strings.Repeat("\x09", 32)
	ecText  = base64.StdEncoding.EncodeToString([]byte(ecKey))
	goodKey = "v=ck1; kid=2026a; k=ed25519; p=" + edText
)

func TestParseKeyRecord(t *testing.T) {
	good := metadata.KeyRecord{KeyID: "2026a", Type: metadata.KeyEd25519, PublicKey: edKey}
	with := func(change func(*metadata.KeyRecord)) *metadata.KeyRecord {
		r := good
		change(&r)
		return &r
	}
	tests := []struct {
		name, text string
		want       *metadata.KeyRecord // nil where the record is malformed
	}{
		{"ed25519", goodKey, &good},
		{"p256", "v=ck1; kid=2026a; k=p256; p=" + ecText, with(func(r *metadata.KeyRecord) { r.Type, r.PublicKey = metadata.KeyP256, ecKey })},
		{"D4 trailing semicolon", goodKey + ";", &good},
		{"D4 trailing semicolon and white space", goodKey + " ; \t", &good},
		{"D4 spaces and tabs", " v = ck1\t;\tkid =\t2026a ;k= ed25519 ; p = " + edText + " ", &good},
		{"D4 no spaces", strings.ReplaceAll(goodKey, " ", ""), &good},
		{"D4 another order", "v=ck1;p=" + edText + ";k=ed25519;kid=2026a", &good},
		{"D4 unknown tag", goodKey + "; note=any = thing; y2=", &good},
		{"D4 unknown tag with a value outside ASCII", goodKey + "; note=é\xff", &good},
		{"D4 x", goodKey + "; x=1893456000", with(func(r *metadata.KeyRecord) { r.NotAfter = 1893456000 })},
		{"D4 n", goodKey + "; n=1767225600", with(func(r *metadata.KeyRecord) { r.NotBefore = 1767225600 })},
		{"D4 flags", goodKey + "; s=y; u=i; t=y", with(func(r *metadata.KeyRecord) { r.Subdomains, r.Instances, r.Test = true, true, true })},
		{"revoked", "v=ck1; kid=2026a; k=ed25519; p=", with(func(r *metadata.KeyRecord) { r.PublicKey = "" })},
		{"revoked without k", "v=ck1; kid=2026a; p=", with(func(r *metadata.KeyRecord) { r.PublicKey, r.Type = "", "" })},
		{"kid of one character", strings.Replace(goodKey, "2026a", "a", 1), with(func(r *metadata.KeyRecord) { r.KeyID = "a" })},
		{"kid of 63 characters", strings.Replace(goodKey, "2026a", strings.Repeat("a", 63), 1), with(func(r *metadata.KeyRecord) { r.KeyID = strings.Repeat("a", 63) })},
		{"kid of the first and last letters and digits", strings.Replace(goodKey, "2026a", "az09", 1), with(func(r *metadata.KeyRecord) { r.KeyID = "az09" })},
		{"kid with hyphens", strings.Replace(goodKey, "2026a", "a--b", 1), with(func(r *metadata.KeyRecord) { r.KeyID = "a--b" })},

		{"empty", "", nil},
		{"D4 version alone", "v=ck1", nil},
		{"D4 glued", strings.Replace(goodKey, "; ", "", 1), nil},
		{"D4 another version", strings.Replace(goodKey, "ck1", "ck2", 1), nil},
		{"D4 longer version", strings.Replace(goodKey, "ck1", "ck10", 1), nil},
		{"D4 v is not first", "kid=2026a; v=ck1; k=ed25519; p=" + edText, nil},
		{"D4 V in capitals", strings.Replace(goodKey, "v=", "V=", 1), nil},
		{"D3 version in capitals", strings.Replace(goodKey, "ck1", "CK1", 1), nil},
		{"D4 v twice", goodKey + "; v=ck1", nil},
		{"D4 kid twice", goodKey + "; kid=2026a", nil},
		{"D4 k twice", goodKey + "; k=ed25519", nil},
		{"D4 p twice", goodKey + "; p=" + edText, nil},
		{"D4 x twice", goodKey + "; x=1893456000; x=1893456000", nil},
		{"D4 unknown tag twice", goodKey + "; note=a; note=b", nil},
		{"D4 no equals sign", goodKey + "; note", nil},
		{"D4 two trailing semicolons", goodKey + ";;", nil},
		{"D4 empty tag", strings.Replace(goodKey, "; k=", ";; k=", 1), nil},
		{"D4 tag without name", goodKey + "; =a", nil},
		{"D4 tag in capitals", strings.Replace(goodKey, "k=", "K=", 1), nil},
		{"D4 unknown tag in capitals", goodKey + "; Note=a", nil},
		{"D4 space inside a tag", strings.Replace(goodKey, "kid=", "k id=", 1), nil},
		{"D4 line feed is no white space", goodKey + "\n", nil},
		{"D4 no-break space is no white space", strings.Replace(goodKey, " kid", "\u00a0kid", 1), nil},
		{"kid missing", strings.Replace(goodKey, "kid=2026a; ", "", 1), nil},
		{"kid empty", strings.Replace(goodKey, "2026a", "", 1), nil},
		{"kid with a capital", strings.Replace(goodKey, "2026a", "2026A", 1), nil},
		{"kid with a sign before a", strings.Replace(goodKey, "2026a", "a`b", 1), nil},
		{"kid with a sign behind z", strings.Replace(goodKey, "2026a", "a{b", 1), nil},
		{"kid with a sign before 0", strings.Replace(goodKey, "2026a", "a/b", 1), nil},
		{"kid with a sign behind 9", strings.Replace(goodKey, "2026a", "a:b", 1), nil},
		{"kid with a dot", strings.Replace(goodKey, "2026a", "2026.a", 1), nil},
		{"kid with an underscore", strings.Replace(goodKey, "2026a", "2026_a", 1), nil},
		{"kid begins with a hyphen", strings.Replace(goodKey, "2026a", "-a", 1), nil},
		{"kid ends in a hyphen", strings.Replace(goodKey, "2026a", "a-", 1), nil},
		{"kid of 64 characters", strings.Replace(goodKey, "2026a", strings.Repeat("a", 64), 1), nil},
		{"k missing", strings.Replace(goodKey, "k=ed25519; ", "", 1), nil},
		{"k empty", strings.Replace(goodKey, "k=ed25519", "k=", 1), nil},
		{"k unknown", strings.Replace(goodKey, "k=ed25519", "k=rsa", 1), nil},
		{"k unknown, revoked", "v=ck1; kid=2026a; k=rsa; p=", nil},
		{"k in capitals", strings.Replace(goodKey, "k=ed25519", "k=Ed25519", 1), nil},
		{"k of another length", strings.Replace(goodKey, "k=ed25519", "k=p256", 1), nil},
		{"p missing", strings.TrimSuffix(goodKey, "; p="+edText), nil},
		{"p of 31 bytes", "v=ck1; kid=a; k=ed25519; p=" + base64.StdEncoding.EncodeToString([]byte(edKey[1:])), nil},
		{"p of 33 bytes for ed25519", "v=ck1; kid=a; k=ed25519; p=" + ecText, nil},
		{"p of 65 bytes for p256", "v=ck1; kid=a; k=p256; p=" + base64.StdEncoding.EncodeToString([]byte(ecKey+edKey)), nil},
		{"p without padding", strings.TrimRight(goodKey, "="), nil},
		{"p with a space inside", goodKey[:50] + " " + goodKey[50:], nil},
		{"p with a line feed inside", goodKey[:50] + "\n" + goodKey[50:], nil},
		{"p in the URL alphabet", "v=ck1; kid=a; k=ed25519; p=" + base64.URLEncoding.EncodeToString([]byte(strings.Repeat("\xff", 32))), nil},
		{"p with trailing bits", strings.TrimSuffix(goodKey, "c=") + "d=", nil},
		{"x is a word", goodKey + "; x=never", nil},
		{"x is empty", goodKey + "; x=", nil},
		{"x is negative", goodKey + "; x=-1", nil},
		{"x is zero", goodKey + "; x=0", nil},
		{"x has a sign", goodKey + "; x=+1893456000", nil},
		{"x has a leading zero", goodKey + "; x=01893456000", nil},
		{"F10 x is the latest", goodKey + "; x=4102444799", with(func(r *metadata.KeyRecord) { r.NotAfter = 4102444799 })},
		{"F10 n is the earliest", goodKey + "; n=1420070400", with(func(r *metadata.KeyRecord) { r.NotBefore = 1420070400 })},
		{"F10 x is too late", goodKey + "; x=4102444800", nil},
		{"F10 n is too early", goodKey + "; n=1420070399", nil},
		{"F10 x is too large", goodKey + "; x=9223372036854775807", nil},
		{"x is in milliseconds", goodKey + "; x=1893456000000", nil},
		{"n has a fraction", goodKey + "; n=1767225600.5", nil},
		{"s is not y", goodKey + "; s=n", nil},
		{"s is empty", goodKey + "; s=", nil},
		{"s in capitals", goodKey + "; s=Y", nil},
		{"u is not i", goodKey + "; u=r", nil},
		{"t is not y", goodKey + "; t=1", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := metadata.ParseKeyRecord(tt.text)
			if tt.want == nil {
				if err == nil {
					t.Fatalf("%q is accepted as %+v", tt.text, got)
				}
				if got != (metadata.KeyRecord{KeyID: got.KeyID}) {
					t.Errorf("%q: a malformed record has more than a kid: %+v", tt.text, got)
				}
				return
			}
			if err != nil {
				t.Fatalf("%q: %v", tt.text, err)
			}
			if d := cmp.Diff(*tt.want, got); d != "" {
				t.Errorf("%q (-want +got):\n%s", tt.text, d)
			}
			if got.Revoked() != (tt.want.PublicKey == "") {
				t.Errorf("%q: revoked is %v", tt.text, got.Revoked())
			}
			if again, err := metadata.ParseKeyRecord(got.String()); err != nil || again != got {
				t.Errorf("%q prints as %q, which is %+v, %v", tt.text, got, again, err)
			}
		})
	}
}

// A publisher reads in the error what to mend.
func TestKeyRecordSaysWhy(t *testing.T) {
	for text, want := range map[string]string{
		"":                                "tag kid is missing",
		"v=ck1; k=ed25519; p=":            "tag kid is missing",
		"v=ck1; kid=a; p=AA==":            "tag k is missing",
		"v=ck1; kid=a":                    "tag p is missing (an empty one revokes the key)",
		"v=ck1; kid=a; p":                 `" p" is no tag`,
		"kid=a; v=ck1":                    "the first tag is not v=ck1",
		goodKey + "; p=":                  "tag p appears twice",
		goodKey + "; x=never":             `tag x: "never" is no time in Unix seconds`,
		goodKey + "; s=n; t=no":           `tag s: "n" is not y`,
		"v=ck1; kid=a; k=ed25519; p=AA==": "tag p holds 1 bytes, and ed25519 takes 32",
	} {
		if _, err := metadata.ParseKeyRecord(text); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

func TestKeyRecordString(t *testing.T) {
	r := metadata.KeyRecord{KeyID: "2026a", Type: metadata.KeyEd25519, PublicKey: edKey, NotBefore: 1767225600, NotAfter: 1893456000,
		Subdomains: true, Instances: true, Test: true}
	want := "v=ck1; kid=2026a; k=ed25519; n=1767225600; x=1893456000; s=y; u=i; t=y; p=" + edText
	if r.String() != want {
		t.Errorf("%s, want %s", r, want)
	}
	if got := (metadata.KeyRecord{KeyID: "2026a"}).String(); got != "v=ck1; kid=2026a; p=" {
		t.Errorf("revoked: %s", got)
	}
}

func TestParseKeySet(t *testing.T) {
	second := strings.Replace(goodKey, "2026a", "2026b", 1)
	var seventeen []string
	for _, c := range "abcdefghijklmnopq" {
		seventeen = append(seventeen, strings.Replace(goodKey, "2026a", string(c), 1))
	}
	tests := []struct {
		name                     string
		texts                    []string
		keys, malformed, ignored []string
	}{
		{"nothing", nil, nil, nil, nil},
		{"two", []string{goodKey, second}, []string{"2026a", "2026b"}, nil, nil},
		{"D1 noise", []string{"v=spf1 -all", goodKey, "hello", ""}, []string{"2026a"}, nil, []string{"v=spf1 -all", "hello", ""}},
		{"D4 two records with one kid", []string{goodKey, second, goodKey + "; s=y"}, []string{"2026b"}, []string{"2026a", "2026a"}, nil},
		{"D4 the same record twice", []string{goodKey, goodKey}, nil, []string{"2026a", "2026a"}, nil},
		{"D4 a malformed record of the same kid", []string{goodKey, goodKey + "; x=never"}, nil, []string{"2026a", "2026a"}, nil},
		{"D4 revoked and live with one kid", []string{goodKey, "v=ck1; kid=2026a; p="}, []string{"2026a"}, []string{"2026a"}, nil},
		{"D4 revoked twice with one kid", []string{"v=ck1; kid=2026a; p=", goodKey, "v=ck1; kid=2026a; p="}, []string{"2026a", "2026a"}, []string{"2026a"}, nil},
		{"D4 a malformed record harms only itself", []string{"v=ck1; kid=2026a; p=?", second}, []string{"2026b"}, []string{"2026a"}, nil},
		{"D4 kid behind a tag that is none", []string{"v=ck1; kid; kid=2026a; p="}, nil, []string{"2026a"}, nil},
		{"D4 two kids in one record", []string{"v=ck1; kid=2026a; kid=2026b; p=", second}, []string{"2026b"}, []string{"2026a"}, nil},
		{"D1 noise that has the kid", []string{goodKey, "v=ck2; kid=2026a; p="}, []string{"2026a"}, nil, []string{"v=ck2; kid=2026a; p="}},
		{"D4 kid that cannot be read", []string{"v=ck1; kid=A; p="}, nil, []string{""}, nil},
		{"D4 version alone", []string{"v=ck1"}, nil, []string{""}, nil},
		{"D4 glued version", []string{"v=ck1kid=2026a; k=ed25519; p=" + edText}, nil, []string{""}, nil},
		{"D4 version and a tab", []string{"v=ck1\tkid=2026a"}, nil, []string{""}, nil},
		{"D4 spaces around the version", []string{" v = ck1 ; kid=2026a; p="}, []string{"2026a"}, nil, nil},
		{"D4 other versions and spellings are ignored", []string{"v=ck2; kid=a; p=", "V=ck1; kid=a; p=", "v=CK1; kid=a; p=", "kid=a; v=ck1; p="}, nil, nil,
			[]string{"v=ck2; kid=a; p=", "V=ck1; kid=a; p=", "v=CK1; kid=a; p=", "kid=a; v=ck1; p="}},
		{"seventeen", seventeen, strings.Split("abcdefghijklmnop", ""), []string{"q"}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			set := metadata.ParseKeySet(tt.texts)
			var keys, malformed []string
			for _, r := range set.Keys {
				keys = append(keys, r.KeyID)
				if found, err := set.Find(r.KeyID); err != nil || found != r {
					t.Errorf("%s is found as %+v, %v", r.KeyID, found, err)
				}
			}
			for _, m := range set.Malformed {
				malformed = append(malformed, m.KeyID)
				if m.Err == nil || m.Text == "" {
					t.Errorf("malformed without text or error: %+v", m)
				}
				if found, err := set.Find(m.KeyID); (err == nil || found != (metadata.KeyRecord{})) && (found.KeyID != m.KeyID || !found.Revoked()) {
					t.Errorf("malformed %s is found as %+v, %v", m.KeyID, found, err)
				}
			}
			for _, d := range []string{cmp.Diff(tt.keys, keys), cmp.Diff(tt.malformed, malformed), cmp.Diff(tt.ignored, set.Ignored)} {
				if d != "" {
					t.Errorf("(-want +got):\n%s", d)
				}
			}
			if set.Holds() != (len(keys)+len(malformed) > 0) {
				t.Errorf("holds is %v", set.Holds())
			}
			if found, err := set.Find("absent"); err != nil || found != (metadata.KeyRecord{}) {
				t.Errorf("an absent kid is found as %+v, %v", found, err)
			}
		})
	}
}

func TestCheckKeyID(t *testing.T) {
	for kid, ok := range map[string]bool{
		"2026a": true, "A.b_c-D": true, "-": true, strings.Repeat("a", 64): true,
		"azAZ09": true, "a`": false, "a{": false, "a@": false, "a[": false, "a/": false, "a:": false,
		"": false, strings.Repeat("a", 65): false, "a b": false, "../x": false, "a\x00": false, "é": false,
	} {
		if (metadata.CheckKeyID(kid) == nil) != ok {
			t.Errorf("kid %q accepted: %v, want %v", kid, !ok, ok)
		}
	}
}
