package issuer

import (
	"strings"
	"testing"
	"time"

	"github.com/fc28f635/countersign/internal/vectortest"
	"github.com/fc28f635/countersign/metadata"
)

func TestAcceptances(t *testing.T) {
	genuine := stated(t, vectortest.Genuine, nil)
	native := agent("")
	native.RedirectURIs = []string{"http://127.0.0.1/callback"}
	renamed := agent("")
	renamed.ClientName = "Acme Agent 2"
	changed := agent(stated(t, vectortest.Genuine, func(s *metadata.Statement) { s.Client.ClientName = "Acme Agent 2" }))
	changed.ClientName = "Acme Agent 2"
	shape := func(c metadata.Client) metadata.Shape { return metadata.ShapeOf(c) }
	for name, c := range map[string]struct {
		client metadata.Client
		accept func(*Acceptance)
		want   Tier
	}{
		"nobody":                               {agent(genuine), func(a *Acceptance) { a.Publisher = vectortest.Other }, TierSigned},
		"publisher, signed":                    {agent(genuine), nil, TierAccepted},
		"publisher, signed, metadata changed":  {changed, nil, TierAccepted},
		"publisher by its shape, then signed":  {changed, func(a *Acceptance) { a.Shape = shape(agent("")) }, TierAccepted},
		"publisher by shape, unsigned":         {agent(""), func(a *Acceptance) { a.Shape = shape(agent("")) }, TierAccepted},
		"publisher by shape, unsigned changed": {renamed, func(a *Acceptance) { a.Shape = shape(agent("")) }, TierDomain},
		"publisher by catalog":                 {agent(genuine), func(a *Acceptance) { a.By = "catalog" }, TierAccepted},
		"ended":                                {agent(genuine), func(a *Acceptance) { a.Until = vectortest.DrawnNow }, TierSigned},
		"ends in a second":                     {agent(genuine), func(a *Acceptance) { a.Until = vectortest.DrawnNow.Add(time.Second) }, TierAccepted},
		"not begun":                            {agent(genuine), func(a *Acceptance) { a.At = vectortest.DrawnNow.Add(time.Second) }, TierSigned},
		"begins now":                           {agent(genuine), func(a *Acceptance) { a.At = vectortest.DrawnNow }, TierAccepted},
		"shape":                                {native, func(a *Acceptance) { a.Publisher, a.Shape = metadata.Publisher{}, shape(native) }, TierAccepted},
		"O4 shape by catalog, binding loose":   {native, func(a *Acceptance) { a.Publisher, a.Shape, a.By = metadata.Publisher{}, shape(native), "catalog" }, TierUnverified},
		"O4 publisher, of a loose copy":        {native, nil, TierUnverified},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t, secure, signedZone(""), nil)
			a := acceptance(c.accept)
			o.accept(t, a)
			d := o.decide(t, registration(c.client))
			wantDecision(t, d, Approved, c.want, "")
			if accepted := d.accepted() != nil; accepted != (c.want == TierAccepted) {
				t.Errorf("acceptance %+v at tier %s", d.accepted(), d.Tier)
			}
			if d.accepted() != nil && (d.accepted().By != a.By || !d.accepted().Until.Equal(a.Until) || !strings.Contains(d.Told, "accepted by ops")) {
				t.Errorf("%+v, told %q", d.accepted(), d.Told)
			}
		})
	}
}

func TestAcceptanceCheck(t *testing.T) {
	for name, change := range map[string]func(*Acceptance){
		"of nothing":          func(a *Acceptance) { a.Publisher = metadata.Publisher{} },
		"by nobody":           func(a *Acceptance) { a.By = "" },
		"without actor":       func(a *Acceptance) { a.Actor = "" },
		"without reason":      func(a *Acceptance) { a.Reason = "" },
		"without beginning":   func(a *Acceptance) { a.At = time.Time{} },
		"without end":         func(a *Acceptance) { a.Until = time.Time{} },
		"end before it began": func(a *Acceptance) { a.Until = a.At },
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t, secure, nil, nil)
			if _, err := o.Accept(t.Context(), acceptance(change)); err == nil || len(o.store.accepted) > 0 {
				t.Errorf("error %v, kept %v", err, o.store.accepted)
			}
		})
	}
}
