package issuer

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fc28f635/countersign/internal/vectortest"
	"github.com/fc28f635/countersign/metadata"
)

// exception is an operator's word on a subject for an hour.
func exception(t *testing.T, subject string, tier Tier) Exception {
	t.Helper()
	s, err := metadata.ParseSubject(subject)
	if err != nil {
		t.Fatal(err)
	}
	return Exception{Subject: s, Tier: tier, Actor: "ops", Reason: "test", Until: vectortest.DrawnNow.Add(time.Hour)}
}

func TestHolds(t *testing.T) {
	genuine := stated(t, vectortest.Genuine, nil)
	expired := stated(t, vectortest.Genuine, func(s *metadata.Statement) { s.ExpiresAt = vectortest.DrawnNow.Add(-time.Hour).Unix() })
	native := agent(expired)
	native.RedirectURIs = []string{"http://127.0.0.1/callback"}
	below := agent("")
	below.RedirectURIs = []string{"https://login.acme.example/callback"}
	deep := agent("")
	deep.RedirectURIs = []string{"https://a.b.c.d.e.f.acme.example/callback"}
	hosted := agent("")
	hosted.RedirectURIs = []string{"https://bucket.s3.amazonaws.com/callback"} // s3.amazonaws.com is a public suffix
	elsewhere := agent("")
	elsewhere.RedirectURIs = []string{"https://other.example/callback"}
	claiming := elsewhere
	claiming.ClientID = vectortest.DocumentURL
	shape := string(metadata.ShapeOf(elsewhere))
	for name, c := range map[string]struct {
		client metadata.Client
		on     string
		held   bool
	}{
		"iss, signed":                       {agent(genuine), "acme.example", true},
		"iss, forged":                       {agent(stated(t, vectortest.Foreign, nil)), "acme.example", true},
		"iss of an expired statement":       {native, "acme.example", true},
		"redirect host":                     {agent(""), "acme.example", true},
		"redirect host below":               {below, "acme.example", true},
		"redirect host far below":           {deep, "acme.example", true},
		"redirect host below a suffix":      {hosted, "amazonaws.com", true},
		"redirect host above":               {agent(""), "login.acme.example", false},
		"client_id that is only claimed":    {claiming, vectortest.DocumentURL, true},
		"host of a client_id":               {claiming, "acme.example", true},
		"shape":                             {elsewhere, shape, true},
		"shape of another":                  {agent(""), shape, false},
		"another publisher":                 {agent(genuine), "other.example", false},
		"a public suffix is no publisher’s": {agent(genuine), "com.example", false},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t, secure, signedZone(""), nil)
			o.accept(t, acceptance(nil))
			o.except(t, exception(t, c.on, TierBlocked))
			d := o.decide(t, registration(c.client))
			if held := d.Reason == metadata.ReasonOperatorHold; held != c.held {
				t.Fatalf("%s at tier %s for %q", d.Outcome, d.Tier, d.Reason)
			}
			if !c.held {
				return
			}
			wantDecision(t, d, Denied, TierBlocked, metadata.ReasonOperatorHold)
			if d.Hold == nil || d.Hold.Subject.String() != exception(t, c.on, TierBlocked).Subject.String() || d.Grant.Scope != "" {
				t.Errorf("hold %+v, grant %+v", d.Hold, d.Grant)
			}
			if d.ExpiresAt.After(d.Hold.Until) {
				t.Errorf("it is to be acted upon until %s, the hold ends %s", d.ExpiresAt, d.Hold.Until)
			}
			if err := o.Release(t.Context(), d.Hold.Subject, Word{"ops", "over"}); err != nil {
				t.Fatal(err)
			}
			if d := o.decide(t, registration(c.client)); d.Reason == metadata.ReasonOperatorHold {
				t.Error("released, and still on hold")
			}
		})
	}
}

func TestAllowances(t *testing.T) {
	genuine := stated(t, vectortest.Genuine, nil)
	native := agent("")
	native.RedirectURIs = []string{"http://127.0.0.1/callback"}
	machine := agent("")
	machine.RedirectURIs, machine.GrantTypes = nil, []string{metadata.GrantDeviceCode}
	machine.TokenEndpointAuthMethod, machine.JWKSURI = metadata.AuthPrivateKeyJWT, "https://acme.example/jwks.json"
	document := agent("")
	document.ClientID, document.RedirectURIs = vectortest.DocumentURL, []string{"https://acme.example/callback", "https://other.example/callback"}
	text, err := document.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	own := document
	own.RedirectURIs = own.RedirectURIs[:1]
	ownText, err := own.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	shape := func(c metadata.Client) string { return string(metadata.ShapeOf(c)) }
	byURL := Request{ClientID: vectortest.DocumentURL}
	for name, c := range map[string]struct {
		req      Request
		document []byte
		on       string
		tier     Tier
		want     Tier
	}{
		"publisher, signed":                            {registration(agent(genuine)), nil, "acme.example", TierAccepted, TierAccepted},
		"publisher, its document":                      {byURL, ownText, "acme.example", TierAccepted, TierAccepted},
		"publisher, its document to signed":            {byURL, ownText, "acme.example", TierSigned, TierSigned},
		"publisher, its document with foreign codes":   {byURL, text, "acme.example", TierAccepted, TierUnverified},
		"publisher, by where codes go":                 {registration(agent("")), nil, "acme.example", TierAccepted, TierDomain},
		"publisher, of a loose copy":                   {registration(native), nil, "acme.example", TierAccepted, TierUnverified},
		"another publisher":                            {registration(agent(genuine)), nil, "other.example", TierAccepted, TierSigned},
		"no lower than proven":                         {registration(agent(genuine)), nil, "acme.example", TierDomain, TierSigned},
		"client_id, with foreign codes":                {byURL, text, vectortest.DocumentURL, TierAccepted, TierAccepted},
		"client_id, that a registration claims":        {registration(document), nil, vectortest.DocumentURL, TierAccepted, TierUnverified},
		"shape, web":                                   {registration(agent("")), nil, shape(agent("")), TierAccepted, TierAccepted},
		"shape, loose":                                 {registration(native), nil, shape(native), TierAccepted, TierAccepted},
		"O4 shape, loose, is never signed":             {registration(native), nil, shape(native), TierSigned, TierDomain},
		"shape without redirects says nothing of keys": {registration(machine), nil, shape(machine), TierAccepted, TierUnverified},
	} {
		t.Run(name, func(t *testing.T) {
			files := signedZone("")
			if c.document != nil {
				files[vectortest.DocumentURL] = string(c.document)
			}
			o := newOffice(t, secure, files, nil)
			e := exception(t, c.on, c.tier)
			o.except(t, e)
			d := o.decide(t, c.req)
			wantDecision(t, d, Approved, c.want, "")
			lifted := d.accepted() != nil
			if lifted && (d.accepted().By != ByException || !d.accepted().Until.Equal(e.Until) || !strings.Contains(d.Told, "allowed by ops") || d.ExpiresAt.After(e.Until)) {
				t.Errorf("%+v, told %q", d.accepted(), d.Told)
			}
			if lifted != (c.want > TierDomain && c.want == c.tier || name == "O4 shape, loose, is never signed") {
				t.Errorf("acceptance %+v at tier %s", d.accepted(), d.Tier)
			}
		})
	}
}

// An allowance approves nothing that is wrong, or that could not be checked.
func TestAllowanceOfWhatIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		header map[string][]string
		client metadata.Client
		reason metadata.Reason
	}{
		"forged":      {secure, agent(stated(t, vectortest.Foreign, nil)), metadata.ReasonSignatureInvalid},
		"revoked":     {secure, agent(stated(t, vectortest.Genuine, nil)), metadata.ReasonKeyRevoked},
		"unavailable": {map[string][]string{"dns": {"bogus"}}, agent(stated(t, vectortest.Genuine, nil)), metadata.ReasonDNSBogus},
	} {
		t.Run(name, func(t *testing.T) {
			files := signedZone("")
			if acmeKey, _ := vectortest.Genuine.Key.Record(); name == "revoked" {
				files = map[string]string{"dns.zone": vectortest.Acme.KeyRecordName() + `. 300 IN TXT "v=ck1; kid=` + acmeKey.KeyID + `; k=ed25519; p="`}
			}
			o := newOffice(t, c.header, files, nil)
			for _, subject := range []string{"acme.example", string(metadata.ShapeOf(c.client))} {
				o.except(t, exception(t, subject, TierAccepted))
			}
			if d := o.decide(t, registration(c.client)); d.Outcome != Denied || d.Reason != c.reason || d.accepted() != nil {
				t.Errorf("%s at tier %s for %q", d.Outcome, d.Tier, d.Reason)
			}
		})
	}
}

func TestExceptionCheck(t *testing.T) {
	day := 24 * time.Hour
	for name, change := range map[string]func(*Exception){
		"on nobody":        func(e *Exception) { e.Subject = metadata.Subject{} },
		"to unverified":    func(e *Exception) { e.Tier = TierUnverified },
		"to endorsed":      func(e *Exception) { e.Tier = TierEndorsed },
		"A9 for 8 days":    func(e *Exception) { e.Until = vectortest.DrawnNow.Add(7*day + time.Second) },
		"A9 for ever":      func(e *Exception) { e.Until = vectortest.DrawnNow.AddDate(100, 0, 0) },
		"until now":        func(e *Exception) { e.Until = vectortest.DrawnNow },
		"without end":      func(e *Exception) { e.Until = time.Time{} },
		"A9 by nobody":     func(e *Exception) { e.Actor = "" },
		"A9 for no reason": func(e *Exception) { e.Reason = "" },
		"two lines":        func(e *Exception) { e.Reason = "a\nb" },
		"a novel":          func(e *Exception) { e.Reason = strings.Repeat("x", 501) },
		"no UTF-8":         func(e *Exception) { e.Actor = "\xff" },
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t, secure, nil, nil)
			e := exception(t, "acme.example", TierAccepted)
			change(&e)
			if _, err := o.Except(t.Context(), e); err == nil || len(o.store.acts) > 0 {
				t.Errorf("error %v, acts %v", err, o.store.acts)
			}
		})
	}
	o := newOffice(t, secure, nil, nil)
	e := exception(t, "acme.example", TierBlocked)
	e.At, e.Until = vectortest.DrawnNow.Add(-30*day), vectortest.DrawnNow.Add(7*day)
	if got, err := o.Except(t.Context(), e); err != nil || !got.At.Equal(vectortest.DrawnNow) {
		t.Errorf("seven days from now: at %s, error %v", got.At, err)
	}
}

// Every act is recorded with who did it, to what, and why, and none that failed.
func TestActsAreRecorded(t *testing.T) {
	o := newOffice(t, secure, nil, nil)
	word := Word{"ada", "over"}
	shape := metadata.ShapeOf(metadata.Client{ClientName: "one"})
	o.accept(t, acceptance(func(a *Acceptance) { a.Shape = shape }))
	o.except(t, exception(t, "acme.example", TierSigned))
	o.except(t, exception(t, "acme.example", TierBlocked))
	for _, err := range []error{
		o.Unaccept(t.Context(), vectortest.Acme, shape, word),
		o.Release(t.Context(), metadata.PublisherSubject(vectortest.Acme), word),
		o.Unpin(t.Context(), vectortest.DocumentURL, word),
	} {
		if err != nil {
			t.Error(err)
		}
	}
	var verbs []Verb
	for _, a := range o.store.acts {
		verbs = append(verbs, a.Verb)
		if !a.At.Equal(vectortest.DrawnNow) || a.Actor == "" || a.Reason == "" || a.Subject == "" {
			t.Errorf("%+v", a)
		}
	}
	if want := []Verb{VerbAccept, VerbAllow, VerbHold, VerbUnaccept, VerbRelease, VerbUnpin}; !slices.Equal(verbs, want) {
		t.Errorf("%v, want %v", verbs, want)
	}
	if o.store.acts[0].Seen != shape || o.store.acts[1].Tier != TierSigned || o.store.acts[2].Until.IsZero() {
		t.Errorf("%+v", o.store.acts[:3])
	}
	if err := o.Release(t.Context(), metadata.PublisherSubject(vectortest.Acme), Word{"", "over"}); err == nil {
		t.Error("ended by nobody")
	}
	o.store.fail = errors.New("disk")
	if _, err := o.Except(t.Context(), exception(t, "acme.example", TierBlocked)); !errors.Is(err, o.store.fail) {
		t.Errorf("error %v", err)
	}
}
