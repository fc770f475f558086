package issuer_test

import (
	"bytes"
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fc28f635/countersign/internal/strictjson"
	"github.com/fc28f635/countersign/internal/vectortest"
	"github.com/fc28f635/countersign/issuer"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/testvectors"
	"github.com/fc28f635/countersign/verify"
)

func TestDecisionVectors(t *testing.T) {
	vectors := testvectors.Load("decision")
	if len(vectors) == 0 {
		t.Fatal("no vectors of kind decision: have they moved?")
	}
	for _, vector := range vectors {
		t.Run(vector.ID+" "+strings.Join(vector.Header["row"], " "), func(t *testing.T) {
			d := decide(t, vector)
			check(t, vector, d)
		})
	}
}

func decide(t *testing.T, vector testvectors.Vector) issuer.Decision {
	t.Helper()
	world, err := vectortest.New(vector)
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := world.Config()
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := verify.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	store := &oneStore{}
	policy := policyOf(t, vector)
	if review := vector.Get("review"); review != "" {
		store.denied = review == "denied"
		if policy, err = issuer.ParsePolicy(bytes.Replace(policy.Source(), []byte("wait: false"), []byte("wait: true"), 1)); err != nil {
			t.Fatal(err)
		}
	}
	if resources, ok := vector.Files["resources.yaml"]; ok {
		if policy, err = issuer.ParsePolicy(append(policy.Source(), resources...)); err != nil {
			t.Fatal(err)
		}
	}
	registry, err := issuer.NewRegistry(issuer.Config{Verifier: verifier, Store: store, Policy: policy,
		AuthorizationServer: vector.Get("audience"), Now: func() time.Time { return vector.Now }})
	if err != nil {
		t.Fatal(err)
	}
	req := request(t, vector)
	if accept := vector.Get("accept"); accept != "" {
		a := issuer.Acceptance{By: issuer.ByOperator, Actor: "ops", Reason: "vector",
			At: vector.Now.Add(-time.Hour), Until: vector.Now.Add(time.Hour)}
		if publisher, ok := strings.CutPrefix(accept, "publisher "); ok {
			if a.Publisher, err = metadata.ParsePublisher(publisher); err != nil {
				t.Fatal(err)
			}
		} else {
			a.Shape = metadata.ShapeOf(*req.Client)
		}
		store.accepted = append(store.accepted, a)
	}
	if hold := vector.Get("hold"); hold != "" {
		subject, err := metadata.ParseSubject(hold)
		if err != nil {
			t.Fatal(err)
		}
		store.held = issuer.Exception{Subject: subject, Actor: "ops", Reason: "vector",
			At: vector.Now.Add(-time.Hour), Until: vector.Now.Add(time.Hour)}
	}
	d, err := registry.Decide(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// policyOf is the built-in policy that a vector names, with the deny rule that it
// adds.
func policyOf(t *testing.T, vector testvectors.Vector) *issuer.Policy {
	t.Helper()
	name := vector.Get("policy")
	if name == "" {
		name = "standard"
	}
	p, ok := issuer.Builtin(name)
	if !ok {
		t.Fatalf("no policy %q", name)
	}
	deny := vector.Get("deny")
	if rule := strings.Fields(vector.Get("source_rule")); len(rule) == 3 {
		text := fmt.Sprintf("%s\nsources:\n  - {name: vector, looks_at: %s, %s: {networks: ['%s']}, reason: vector}\n", p.Source(), rule[0], rule[1], rule[2])
		p, err := issuer.ParsePolicy([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	if deny == "" {
		return p
	}
	text := strings.Replace(string(p.Source()), "\ntiers:\n", "\ndeny:\n  - {name: vector, when: '"+deny+"', reason: vector}\n\ntiers:\n", 1)
	p, err := issuer.ParsePolicy([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func request(t *testing.T, vector testvectors.Vector) issuer.Request {
	t.Helper()
	members, err := strictjson.ParseObject(vector.Files["request.json"], 16)
	if err != nil {
		t.Fatal(err)
	}
	var req issuer.Request
	for _, m := range members {
		switch m.Name {
		case "client":
			c, err := metadata.ParseClient(m.Value)
			req.Client, req.Defects = &c, err
		case "client_id":
			req.ClientID, _ = strictjson.Text(m.Value)
		case "authorization_server":
			req.AuthorizationServer, _ = strictjson.Text(m.Value)
		case "resource":
			req.Resource, _ = strictjson.Text(m.Value)
		case "redirect_uri":
			req.RedirectURI, _ = strictjson.Text(m.Value)
		case "source":
			source, _ := strictjson.Object(m.Value)
			text, _ := strictjson.Text(source[0].Value)
			req.Source = netip.MustParseAddr(text)
		case "dry_run":
			req.DryRun, _ = strictjson.Bool(m.Value)
		default:
			t.Fatalf("request member %q", m.Name)
		}
	}
	return req
}

func check(t *testing.T, vector testvectors.Vector, d issuer.Decision) {
	t.Helper()
	want := vector.Expect
	got := string(d.Outcome) + " " + d.Tier.String()
	if d.Outcome != issuer.Approved {
		got = string(d.Outcome) + " " + string(d.Reason)
		if d.OAuthError.Status == 503 {
			got = "unavailable " + string(d.Reason)
		}
	}
	if got != want {
		t.Errorf("%s: got %s, want %s; told %q", vector.Get("comment"), got, want, d.Told)
		for _, f := range d.Findings {
			t.Logf("  %s %s %s %s", f.Check, f.Status, f.Reason, f.Detail)
		}
	}
	for key, value := range map[string]string{"binding": d.Binding.String(), "scope": d.Grant.Scope, "publisher": d.Publisher.String(),
		"tools": strings.Join(d.Grant.Tools, " "), "workflow": string(d.Workflow), "flag": flagsOf(d), "cut": cutsOf(d), "would": wouldOf(d)} {
		if want, has := vector.Header[key]; has && want[0] != value {
			t.Errorf("%s is %q, want %q", key, value, want[0])
		}
	}
	for _, want := range vector.Findings() {
		if !slices.ContainsFunc(d.Findings, func(f verify.Finding) bool {
			return string(f.Check) == want.Check && f.Status.String() == want.Status && string(f.Reason) == want.Reason
		}) {
			t.Errorf("no finding %+v", want)
		}
	}
}

func flagsOf(d issuer.Decision) string {
	return strings.Trim(fmt.Sprint(d.Flags), "[]")
}

func cutsOf(d issuer.Decision) string {
	var cuts []string
	for _, cut := range d.Grant.ScopesCut {
		cuts = append(cuts, fmt.Sprintf("%s %s %s", cut.Scope, cut.Why, cut.Earn))
	}
	return strings.Join(cuts, ", ")
}

func wouldOf(d issuer.Decision) string {
	switch {
	case d.Would == nil:
		return ""
	case d.Would.Outcome == issuer.Denied:
		return fmt.Sprintf("denied %s", d.Would.Reason)
	}
	return fmt.Sprintf("%s %s %s", d.Would.Outcome, d.Would.Tier, d.Would.Grant.Scope)
}

// oneStore is a store for one decision.
type oneStore struct {
	issuer.Store
	accepted []issuer.Acceptance
	held     issuer.Exception
	denied   bool // each review
	decided  []issuer.Decision
}

func (s *oneStore) Commit(_ context.Context, d issuer.Decision) error {
	s.decided = append(s.decided, d)
	return nil
}

func (s *oneStore) Review(_ context.Context, id string) (issuer.Review, error) {
	if s.denied {
		return issuer.Review{ID: id, State: issuer.ReviewDenied}, nil
	}
	return issuer.Review{}, issuer.ErrNotFound
}

func (s *oneStore) Standing(_ context.Context, subjects []metadata.Subject) (issuer.Standing, error) {
	standing := issuer.Standing{Acceptances: s.accepted}
	if slices.Contains(subjects, s.held.Subject) {
		standing.Exceptions = append(standing.Exceptions, s.held)
	}
	return standing, nil
}
