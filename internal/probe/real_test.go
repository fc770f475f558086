package probe_test

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fc28f635/countersign/internal/fetch"
	"github.com/fc28f635/countersign/internal/peertest"
	"github.com/fc28f635/countersign/internal/probe"
	"github.com/fc28f635/countersign/verify"
)

// full returns the configuration of a whole probe on this machine.
func full() probe.Config {
	return probe.Config{Fetch: fetch.Config{AllowLoopback: true}, Register: true, Now: time.Now}
}

func run(t *testing.T, cfg probe.Config, issuer string) *probe.Report {
	t.Helper()
	r, err := probe.Run(t.Context(), cfg, issuer)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// holes returns what failed, as "severity check effect".
func holes(r *probe.Report) []string {
	var list []string
	for _, f := range r.Findings {
		if f.Status == verify.Failed {
			list = append(list, strings.TrimSpace(fmt.Sprintf("%s %s %s", f.Severity, f.Check, f.Effect)))
		}
	}
	return list
}

func finding(t *testing.T, r *probe.Report, c probe.Check) probe.Finding {
	t.Helper()
	i := slices.IndexFunc(r.Findings, func(f probe.Finding) bool { return f.Check == c })
	if i < 0 {
		t.Fatalf("no finding %s", c)
	}
	return r.Findings[i]
}

// open are the holes of an oidc-provider whose registration is switched on, those
// of statements aside.
func open(statements ...string) []string {
	list := append([]string{"low open_registration"}, statements...)
	return append(list, "high chosen_scope stored", "medium foreign_redirect stored", "low rate_limit")
}

// TestRealServers probes real authorization servers: what a server stores is told
// apart from what it ignores and from what it believes.
func TestRealServers(t *testing.T) {
	for name, tc := range map[string]struct {
		server func(*testing.T) string
		adjust func(*probe.Config, string)
		grade  probe.Grade
		holes  []string
		left   bool
	}{
		"oidc-provider": {
			server: func(t *testing.T) string { return peertest.OIDCProvider(t, "open") }, grade: "D",
			holes: open("medium forged_statement ignored", "medium unsigned_statement ignored"),
		},
		"oidc-provider that stores statements": {
			server: func(t *testing.T) string { return peertest.OIDCProvider(t, "storing") }, grade: "D",
			holes: open("high forged_statement stored", "high unsigned_statement stored"),
		},
		"oidc-provider that repeats statements and stores none": {
			server: func(t *testing.T) string { return peertest.OIDCProvider(t, "echoing") }, grade: "D",
			holes: open("medium forged_statement ignored", "medium unsigned_statement ignored"),
		},
		"oidc-provider that believes statements": {
			server: func(t *testing.T) string { return peertest.OIDCProvider(t, "believing") }, grade: "F",
			holes: open("critical forged_statement believed", "critical unsigned_statement believed"),
		},
		"oidc-provider that removes nothing": {
			server: func(t *testing.T) string { return peertest.OIDCProvider(t, "unmanaged") }, grade: "D",
			holes: open("medium forged_statement ignored", "medium unsigned_statement ignored"), left: true,
		},
		"oidc-provider, strict, as a stranger": {
			server: func(t *testing.T) string { return peertest.OIDCProvider(t, "strict") }, grade: "A",
		},
		"oidc-provider, strict, with a token": {
			server: func(t *testing.T) string { return peertest.OIDCProvider(t, "strict") }, grade: "A",
			adjust: func(cfg *probe.Config, _ string) { cfg.Token = peertest.Token },
		},
		"Hydra": {
			server: func(t *testing.T) string { return peertest.Hydra(t, true) }, grade: "D", holes: hydraHoles,
		},
		"Hydra that announces no registration endpoint": {
			server: func(t *testing.T) string { return peertest.Hydra(t, false) }, grade: "D", holes: hydraHoles,
			adjust: func(cfg *probe.Config, issuer string) { cfg.RegistrationEndpoint = issuer + "/oauth2/register" },
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			issuer := tc.server(t)
			cfg := full()
			if tc.adjust != nil {
				tc.adjust(&cfg, issuer)
			}
			r := run(t, cfg, issuer)
			if diff := cmp.Diff(tc.holes, holes(r)); diff != "" {
				t.Errorf("holes, want -, got +:\n%s", diff)
			}
			if r.Grade != tc.grade || !r.Complete {
				t.Errorf("grade %q, complete %v, want %q: %+v", r.Grade, r.Complete, tc.grade, r.Findings)
			}
			if want := map[bool]int{true: r.Registered}[tc.left]; len(r.Left) != want {
				t.Errorf("left %d of %d, want %d", len(r.Left), r.Registered, want)
			}
			if documents := strings.Contains(name, "strict"); strings.HasPrefix(finding(t, r, probe.ClientAuthentication).Detail, "client ID metadata documents are announced") != documents {
				t.Errorf("%+v, want documents %v", finding(t, r, probe.ClientAuthentication), documents)
			}
			checkProofs(t, r)
		})
	}
}

var hydraHoles = []string{
	"low pkce", "low open_registration", "medium forged_statement ignored", "medium unsigned_statement ignored",
	"high chosen_scope stored", "high script_redirect stored", "medium foreign_redirect stored", "high inside_jwks_uri believed", "low rate_limit",
}

// checkProofs wants an answer and a mend for each hole, and no mend elsewhere.
func checkProofs(t *testing.T, r *probe.Report) {
	t.Helper()
	for _, f := range r.Findings {
		if f.Status == verify.Failed && (len(f.Evidence) == 0 || f.Evidence[0].Status == 0 || f.Mend == "" || f.Countersign == "") {
			t.Errorf("%s has no proof or no mend: %+v", f.Check, f)
		}
		if f.Status != verify.Failed && (f.Mend != "" || f.Severity != "") {
			t.Errorf("%s did not fail, and has a mend: %+v", f.Check, f)
		}
		if f.Detail == "" {
			t.Errorf("%s has no detail", f.Check)
		}
	}
	if _, err := json.Marshal(r); err != nil {
		t.Error(err)
	}
}

// TestGradesInReadme measures the two servers and holds the README to it.
func TestGradesInReadme(t *testing.T) {
	readme := readFile(t, "../../README.md")
	for name, tc := range map[string]struct {
		version *regexp.Regexp
		file    string
		server  func(*testing.T) string
	}{
		"oidc-provider": {
			regexp.MustCompile(`"oidc-provider": "(.*)"`), "../../integrations/oidc-provider/package.json",
			func(t *testing.T) string { return peertest.OIDCProvider(t, "open") },
		},
		"Ory Hydra": {
			regexp.MustCompile(`ory/hydra/v2 v(\S+)`), "../../integrations/hydra/go.mod",
			func(t *testing.T) string { return peertest.Hydra(t, true) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			version := tc.version.FindStringSubmatch(readFile(t, tc.file))
			if version == nil {
				t.Fatalf("%s names no version", tc.file)
			}
			r := run(t, full(), tc.server(t))
			row := fmt.Sprintf("| %s %s | %s | %s |", name, version[1], r.Grade, strings.Join(bySeverity(r), "; "))
			if !strings.Contains(readme, row+"\n") {
				t.Errorf("the README lacks this row:\n%s", row)
			}
		})
	}
}

// bySeverity returns the checks that failed, the gravest first.
func bySeverity(r *probe.Report) []string {
	var list []string
	for _, severity := range []probe.Severity{probe.Critical, probe.High, probe.Medium, probe.Low} {
		var names []string
		for _, f := range r.Findings {
			if f.Severity == severity {
				names = append(names, "`"+string(f.Check)+"`")
			}
		}
		if len(names) > 0 {
			list = append(list, string(severity)+": "+strings.Join(names, ", "))
		}
	}
	return list
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
