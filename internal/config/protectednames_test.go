package config_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fc28f635/countersign/internal/config"
	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/metadata"
)

func TestLoadProtectedNames(t *testing.T) {
	good := "# ours\nnames:\n  - name: Acme Agent\n    domains: [acme.example, xn--mnchen-3ya.de]\n  - domains: [acme.dev]\n  - domains: [acme.io]\n"
	got, err := config.LoadProtectedNames(inFile(t, good))
	want := []metadata.ProtectedName{
		{Name: "Acme Agent", Domains: []string{"acme.example", "xn--mnchen-3ya.de"}},
		{Domains: []string{"acme.dev"}}, {Domains: []string{"acme.io"}},
	}
	if d := cmp.Diff(want, got); err != nil || d != "" {
		t.Errorf("%v (-want +got):\n%s", err, d)
	}
	for name, tt := range map[string]struct{ text, want string }{
		"nothing":            {"", "names are 0, and must be from 1 to 128"},
		"no names":           {"names: []\n", "[1:8] names are 0"},
		"too many":           {"names:\n" + strings.Repeat("  - domains: [acme.dev]\n", limits.ProtectedNames+1), "names are 129"},
		"unknown key":        {strings.Replace(good, "domains:", "domain:", 1), `[4:5] unknown field "domain"`},
		"a name twice":       {good + "  - {name: ACME agent, domains: [acme.com]}\n", `"ACME agent" is there twice`},
		"a hidden character": {"names: [{name: \"Ac\\u200bme\", domains: [acme.dev]}]\n", "cannot be shown"},
		"no letter":          {"names: [{name: \"!!\", domains: [acme.dev]}]\n", "has no letter"},
		"no domains":         {"names:\n  - name: Acme\n", "domains are missing"},
		"an origin":          {"names:\n  - name: Acme\n    domains: ['https://acme.dev']\n", `[3:15] "https://acme.dev" is no domain`},
		"a U-label":          {"names:\n  - domains: [münchen.de]\n", `"münchen.de" is no domain`},
		"a public suffix":    {"names:\n  - domains: [co.uk]\n", `"co.uk" is no domain`},
	} {
		t.Run(name, func(t *testing.T) {
			list, err := config.LoadProtectedNames(inFile(t, tt.text))
			if err == nil || len(list) > 0 || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, %v, want %q", list, err, tt.want)
			}
		})
	}
	missing := filepath.Join(t.TempDir(), "none.yaml")
	if _, err := config.LoadProtectedNames(missing); err == nil || !strings.Contains(fmt.Sprint(err), "reading protected names") {
		t.Errorf("a file that is missing: %v", err)
	}
}
