package metadata_test

import (
	"regexp"
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

func TestResembles(t *testing.T) {
	var claude metadata.ProtectedName
	for _, n := range metadata.ProtectedNames() {
		if n.Source == "" || n.Date == "" || len(n.Domains) == 0 {
			t.Errorf("%q has no source, date or domain", n.Name)
		}
		if n.Name == "Claude" {
			claude = n
		}
	}
	evil, vendor, below := metadata.MustPublisher("https://evil.com"), metadata.MustPublisher("https://claude.ai"), metadata.MustPublisher("https://mcp.claude.ai")
	tests := []struct {
		name, client string
		publisher    metadata.Publisher
		want         bool
	}{
		{"the name", "Claude", evil, true},
		{"R18 capitals", "CLAUDE", evil, true},
		{"R18 full-width letters", "Ｃｌａｕｄｅ", evil, true},
		{"R18 mathematical u", "Cla\U0001d602de", evil, true},
		{"R18 trade mark", "Claude™", evil, true},
		{"R18 check mark", "✓Claude", evil, true},
		{"R18 enclosed letter", "Ⓒlaude", evil, true},
		{"R18 Cyrillic capital", "\u0421laude", evil, true},
		{"R18 Cyrillic small", "\u0441l\u0430ud\u0435", evil, true},
		{"R18 palochka for l", "C\u04c0aude", evil, true},
		{"R18 digit for l", "C1aude", evil, true},
		{"R18 bar for l", "C|aude Code", evil, true},
		{"R18 bar behind it", "Claude|Code", evil, true},
		{"R18 capital I for l", "CIaude", evil, true},
		{"R18 Greek and capitals", "CLAUD\u0395", evil, true},
		{"R18 variation selector", "Clau\ufe0fde", evil, true},
		{"a word of it", "The Claude (official)", evil, true},
		{"inside a word", "Claudette", evil, false},
		{"nobody's host", "Claude", metadata.Publisher{}, true},
		{"the vendor", "Claude", vendor, false},
		{"below the vendor", "Claude Code", below, false},
		{"another name", "Acme", evil, false},
		{"empty", "", evil, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := claude.Resembles(tt.client, tt.publisher); got != tt.want {
				t.Errorf("%q resembles Claude: %v, want %v", tt.client, got, tt.want)
			}
		})
	}
}

// Letters that look alike in one case do not in the other.
func TestResemblesInEitherCase(t *testing.T) {
	evil := metadata.MustPublisher("https://evil.com")
	for client, want := range map[string]string{
		"ChatG\u0420\u0422":       "ChatGPT", // Cyrillic Er and Te, which as small letters are no p and t
		"chatgpt":                 "ChatGPT",
		"GEM\u04c0NI":             "Gemini", // palochka, as a capital like I
		"Gernini":                 "Gemini", // r and n together
		"Visual Studi\u03bf Code": "Visual Studio Code",
		"visual-studio-code":      "Visual Studio Code",
		"Geminis":                 "",
		"Клод":                    "",
		"Курсор":                  "",
	} {
		n, ok := metadata.Resembled(metadata.ProtectedNames(), client, evil)
		if n.Name != want || ok != (want != "") {
			t.Errorf("R18 %q resembles %q, want %q", client, n.Name, want)
		}
	}
}

func TestListVersions(t *testing.T) {
	for name, version := range map[string]string{"hosts.json": metadata.HostsVersion(), "names.json": metadata.NamesVersion()} {
		if !regexp.MustCompile(`^20\d\d-\d\d-\d\d$`).MatchString(version) {
			t.Errorf("%s has version %q, want a day", name, version)
		}
	}
}
