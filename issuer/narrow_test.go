package issuer

import (
	"slices"
	"strings"
	"testing"

	"github.com/fc28f635/countersign/internal/vectortest"
	"github.com/fc28f635/countersign/metadata"
)

func TestClassOf(t *testing.T) {
	for scope, want := range map[string]Class{
		"read": ClassRead, "files:read": ClassRead, "files.list": ClassRead, "a.b:get": ClassRead, "issues:SEARCH": ClassRead,
		"write": ClassModify, "files:write": ClassModify, "a.create": ClassModify, "a:update": ClassModify, "mail.send": ClassModify,
		"delete": ClassDelete, "admin": ClassDelete, "*": ClassDelete, "files:*": ClassDelete, "files": ClassDelete,
		"read:all": ClassDelete, "readwrite": ClassDelete, "files:read ": ClassDelete, "": ClassDelete, ":": ClassDelete,
		"https://x.example/auth/files.read": ClassRead, "files/read": ClassDelete,
	} {
		if got := ClassOf(scope); got != want {
			t.Errorf("%q is %s, want %s", scope, got, want)
		}
	}
}

func TestSensitive(t *testing.T) {
	for scope, want := range map[string]bool{
		"mail:read": true, "gmail.read": true, "MESSAGES:list": true, "secrets:get": true, "keys:list": true, "token:read": true,
		"users:read": true, "customers:read": true, "payments.read": true, "files:read": false, "issues:search": false,
	} {
		if got := Sensitive(scope); got != want {
			t.Errorf("%q: %t", scope, got)
		}
	}
}

// What is asked for is cut to what the tier gives, and each cut says why, and
// which tier would give it.
func TestScopesAreCut(t *testing.T) {
	const everything = "openid offline_access files:read mail:read files:write files:delete"
	cut := func(scope string, why Cut, earn Tier) ScopeCut {
		one := ScopeCut{Scope: scope, Why: why, Earn: earn}
		if why == CutClass {
			one.Class = ClassOf(scope)
		}
		return one
	}
	for name, c := range map[string]struct {
		scope    string
		grants   []string
		accepted bool
		want     string
		cuts     []ScopeCut
	}{
		"O8 all of it, signed": {everything, []string{"authorization_code", "refresh_token"}, false, "openid offline_access files:read",
			[]ScopeCut{cut("mail:read", "sensitive", TierAccepted), cut("files:write", "class", TierAccepted), cut("files:delete", "class", TierAccepted)}},
		"O8 all of it, accepted": {everything, []string{"authorization_code", "refresh_token"}, true, everything, nil},
		"without refresh": {"offline_access files:read", []string{"authorization_code"}, false, "files:read",
			[]ScopeCut{cut("offline_access", "refresh", TierDomain)}},
		"O8 twice":             {"files:read files:read", nil, false, "files:read", nil},
		"O8 nothing asked for": {"", nil, false, "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t, secure, signedZone(""), nil)
			if c.accepted {
				o.accept(t, acceptance(nil))
			}
			change := func(client metadata.Client) metadata.Client {
				client.Scope, client.GrantTypes = c.scope, c.grants
				return client
			}
			signed := stated(t, vectortest.Genuine, func(s *metadata.Statement) { s.Client = change(s.Client) })
			d := o.decide(t, registration(change(agent(signed))))
			if d.Outcome != Approved || d.Grant.Scope != c.want || d.Client.Scope != c.want || !slices.Equal(d.Grant.ScopesCut, c.cuts) {
				t.Errorf("%s %s: %q, cut %+v", d.Outcome, d.Reason, d.Grant.Scope, d.Grant.ScopesCut)
			}
		})
	}
	t.Run("nothing left", func(t *testing.T) {
		c := agent("")
		c.Scope = "files:write files:delete"
		d := newOffice(t, secure, nil, nil).decide(t, registration(c))
		if d.Reason != metadata.ReasonScopeEmpty || len(d.Grant.ScopesCut) != 2 || d.Grant.AccessTokenTTL != 0 || len(d.Grant.Classes) != 0 {
			t.Errorf("%s: %+v", d.Reason, d.Grant)
		}
	})
	t.Run("a silent registration gets what is stated", func(t *testing.T) {
		d := newOffice(t, secure, signedZone(""), nil).decide(t, registration(metadata.Client{SoftwareStatement: stated(t, vectortest.Genuine, nil)}))
		if d.Grant.Scope != "files:read" || d.Grant.RefreshToken != RefreshRotate {
			t.Errorf("%+v", d.Grant)
		}
	})
}

// Grant and response types that nobody offers are dropped and listed.
func TestGrantsAreCut(t *testing.T) {
	for name, c := range map[string]struct {
		grants, responses []string
		want              string
		refresh           Refresh
		overridden        string
		reason            metadata.Reason
	}{
		"refresh":               {[]string{"authorization_code", "refresh_token"}, nil, "authorization_code refresh_token", RefreshRotate, "", ""},
		"no refresh":            {[]string{"authorization_code"}, nil, "authorization_code", RefreshNone, "", ""},
		"unknown":               {[]string{"authorization_code", "urn:x"}, nil, "authorization_code", RefreshNone, "grant_types", ""},
		"unknown only":          {[]string{"urn:x"}, nil, "", "", "", metadata.ReasonGrantForbidden},
		"refresh only":          {[]string{"refresh_token"}, nil, "", "", "", metadata.ReasonGrantForbidden},
		"O3 client_credentials": {[]string{"authorization_code", "client_credentials"}, nil, "authorization_code", RefreshNone, "grant_types", ""},
		"hybrid":                {[]string{"authorization_code"}, []string{"code", "code id_token"}, "authorization_code", RefreshNone, "response_types", ""},
	} {
		t.Run(name, func(t *testing.T) {
			client := agent("")
			client.Scope, client.GrantTypes, client.ResponseTypes = "files:read", c.grants, c.responses
			d := newOffice(t, secure, nil, nil).decide(t, registration(client))
			if got := strings.Join(d.Client.GrantTypes, " "); d.Reason != c.reason || got != c.want || d.Grant.RefreshToken != c.refresh {
				t.Errorf("%s: %q, refresh %q, overridden %v", d.Reason, got, d.Grant.RefreshToken, d.Overridden)
			}
			if c.overridden != "" && !slices.Contains(d.Overridden, c.overridden) {
				t.Errorf("overridden %v", d.Overridden)
			}
		})
	}
	t.Run("unverified has no refresh", func(t *testing.T) {
		client := agent("")
		client.Scope, client.RedirectURIs = "files:read offline_access", []string{"http://127.0.0.1/cb"}
		d := newOffice(t, secure, nil, nil).decide(t, registration(client))
		if d.Tier != TierUnverified || d.Grant.RefreshToken != RefreshNone || slices.Contains(d.Client.GrantTypes, "refresh_token") || d.Grant.Scope != "files:read" {
			t.Errorf("%s: %+v %v", d.Tier, d.Grant, d.Client.GrantTypes)
		}
	})
}

// Decide alone: no verdict at all, and a document that could not be fetched.
func TestDecideAtItsEdges(t *testing.T) {
	if d := Standard().Decide(Input{}); d.Outcome != Denied || d.Reason != metadata.ReasonServerError {
		t.Errorf("P2 nil evidence: %s %s", d.Outcome, d.Reason)
	}
	for _, tier := range Tiers() {
		var read Tier
		if err := read.UnmarshalText([]byte(tier.String())); err != nil || read != tier {
			t.Errorf("%s: %s, %v", tier, read, err)
		}
	}
	var tier Tier
	var class Class
	if tier.UnmarshalText([]byte("Signed")) == nil || class.UnmarshalText([]byte("write")) == nil {
		t.Error("P2 a name that is none was read")
	}
}
