package metadata_test

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/fc28f635/countersign/metadata"
)

func TestCheckName(t *testing.T) {
	tests := []struct {
		name, value string
		ok          bool
	}{
		{"plain", "Acme Agent 2.0 (beta)", true},
		{"empty", "", true},
		{"Japanese with an ideographic space", "クロード\u3000コード", true},
		{"composed accents", "é e\u0301", true},
		{"four marks", "e\u0301\u0301\u0301\u0301x\u0301", true},
		{"four marks first", "\u0301\u0301\u0301\u0301x", true},
		{"four marks on a letter outside ASCII", "\u30af\u0301\u0301\u0301\u0301\u30af\u0301", true},
		{"first and last of ASCII", " ~", true},
		{"emoji", "🤖", true},
		{"R17 markup is text", "<b>%s</b>{{x}}", true},
		{"128 characters", strings.Repeat("é", 128), true},
		{"R17 129 characters", strings.Repeat("é", 129), false},
		{"R17 10 KB", strings.Repeat("a", 10240), false},
		{"R17 five marks", "e\u0301\u0301\u0301\u0301\u0301", false},
		{"R17 NUL", "a\x00", false},
		{"R17 line feed", "a\nb", false},
		{"R17 carriage return", "a\rb", false},
		{"R17 tab", "a\tb", false},
		{"R17 escape", "a\x1b[31m", false},
		{"R17 DEL", "a\x7f", false},
		{"R17 C1 control", "a\u009b", false},
		{"R17 right-to-left override", "a\u202eb", false},
		{"R17 embedding", "a\u202ab", false},
		{"R17 isolate", "a\u2066b", false},
		{"R17 right-to-left mark", "a\u200fb", false},
		{"R17 zero-width space", "Claude\u200b", false},
		{"R17 zero-width joiner", "a\u200db", false},
		{"R17 soft hyphen", "a\u00adb", false},
		{"R17 byte order mark", "\ufeffa", false},
		{"R17 no-break space", "a\u00a0b", false},
		{"R17 line separator", "a\u2028b", false},
		{"R17 Hangul filler", "a\u3164b", false},
		{"R17 grapheme joiner", "a\u034fb", false},
		{"R17 tag character", "a\U000e0041", false},
		{"R17 private use", "a\ue000", false},
		{"R17 unassigned", "a\u0378", false},
		{"R17 invalid UTF-8", "a\xff", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := metadata.CheckName(tt.value); (err == nil) != tt.ok {
				t.Errorf("%q: %v, want accepted %v", tt.value, err, tt.ok)
			}
		})
	}
}

func TestDisplayNames(t *testing.T) {
	c := mustClient(t, `{"organization_name":"O","display_name#de":"D","client_name#ja":"J","software_id":"S","description":"X"}`)
	if got, want := c.DisplayNames(), []string{"J", "D", "O"}; !slices.Equal(got, want) {
		t.Errorf("without a client_name: %q, want %q", got, want)
	}
	if got := (metadata.Client{More: map[string]json.RawMessage{"display_name": json.RawMessage("7")}}).DisplayNames(); len(got) > 0 {
		t.Errorf("what is no text is a name: %q", got)
	}
	c.ClientName = "C"
	if got, want := c.DisplayNames(), []string{"C", "J", "D", "O"}; !slices.Equal(got, want) {
		t.Errorf("with a client_name: %q, want %q", got, want)
	}
}

func TestListVersions(t *testing.T) {
	for name, version := range map[string]string{"hosts.json": metadata.HostsVersion(), "names.json": metadata.NamesVersion()} {
		if !regexp.MustCompile(`^20\d\d-\d\d-\d\d$`).MatchString(version) {
			t.Errorf("%s has version %q, want a day", name, version)
		}
	}
}
