package metadata_test

import (
	"strings"
	"testing"

	"github.com/fc28f635/countersign/metadata"
)

func TestResembles(t *testing.T) {
	for _, n := range metadata.ProtectedNames() {
		if n.Source == "" || n.Date == "" || len(n.Domains) == 0 {
			t.Errorf("%q has no source, date or domain", n.Name)
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
		{"inside a word behind one of its length", "Agents, Claudette", evil, false},
		{"inside a word before it as a word", "Claudette, Claude", evil, true},
		{"a sign inside it", "Cla~ude", evil, false},
		{"nobody's host", "Claude", metadata.Publisher{}, true},
		{"the vendor", "Claude", vendor, false},
		{"below the vendor", "Claude Code", below, false},
		{"another name", "Acme", evil, false},
		{"empty", "", evil, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l, got := metadata.Embedded().Name(tt.client, tt.publisher)
			if got != tt.want || got && l.Of != "Claude" {
				t.Errorf("%q: %v, %v, want %v", tt.client, l, got, tt.want)
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
		l, ok := metadata.Embedded().Name(client, evil)
		if l.Of != want || ok != (want != "") {
			t.Errorf("R18 %q resembles %q, want %q", client, l.Of, want)
		}
	}
}

// acmes is what an operator listed, and what one accepted.
func acmes() *metadata.Protected {
	return metadata.NewProtected([]metadata.ProtectedName{
		{Name: "Acme Agent", Domains: []string{"acme-agent.com", "acme.dev"}},
		{Name: "claude", Domains: []string{"claude-reseller.com"}},
		{Name: "Fox", Domains: []string{"foxy.dev"}},
		{Name: "\u2122", Domains: []string{"mark.com"}},
		{Name: "Nowhere", Domains: []string{"localhost", "co.uk"}},
	}, []metadata.ProtectedName{
		{Name: "Tool", Domains: []string{"app.toolsmith.com"}},
		{Name: "Tool", Domains: []string{"toolworks.io"}},
		{Name: "Claude", Domains: []string{"partner.com"}},
		{Domains: []string{"www.zed.dev"}},
		{Domains: []string{"google-drive.co.uk"}},
		{Domains: []string{"xn--mnchen-3ya.de"}},
		{Name: "Orphan"},
		{Name: "GenAI", Domains: []string{"genai.studio"}},
		{Domains: []string{"goose.bot"}},
		{Domains: []string{"tree.io"}},
		{Domains: []string{"acme.chuo.kawasaki.jp"}},
	})
}

// What is listed is found inside a name, what is accepted as a whole only.
func TestProtectedNames(t *testing.T) {
	p := acmes()
	tests := []struct {
		name, client, host, want string
	}{
		{"R18 listed", "Acme Agent", "evil.com", "resembles Acme Agent, known from acme-agent.com: it looks the same"},
		{"R18 listed, in a longer one", "The Acme-Agent", "evil.com", "resembles Acme Agent, known from acme-agent.com: it has that in it"},
		{"R18 listed, another domain of its", "Acme Agent", "eu.acme.dev", ""},
		{"R18 listed beside an embedded one", "Claude", "claude-reseller.com", ""},
		{"R18 embedded beside it", "ChatGPT", "evil.com", "resembles ChatGPT, known from chatgpt.com: it looks the same"},
		{"R18 accepted", "T\u043eol", "evil.com", "resembles Tool, known from toolsmith.com: it looks the same"},
		{"R18 accepted with other signs", "Tool\u2122", "evil.com", "resembles Tool, known from toolsmith.com: it looks the same"},
		{"R18 small letters whose capitals look otherwise", "\u0261enai", "evil.com", "resembles GenAI, known from genai.studio: it looks the same"},
		{"accepted, in a longer one", "Tool Box", "evil.com", ""},
		{"accepted, beside the host", "Tool", "toolsmith.com", ""},
		{"accepted of two", "Tool", "toolworks.io", ""},
		{"accepted with a listed name", "Claude", "partner.com", ""},
		{"nothing but signs", "!!!", "evil.com", ""},
		{"of no domain", "Orphan", "evil.com", ""},
		{"of no publisher's", "Nowhere", "evil.com", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			publisher, err := metadata.PublisherOf(tt.host)
			if err != nil {
				t.Fatal(err)
			}
			l, ok := p.Name(tt.client, publisher)
			if got := text(l, ok); got != tt.want {
				t.Errorf("%q of %s %q, want %q", tt.client, tt.host, got, tt.want)
			}
		})
	}
}

func text(l metadata.Likeness, ok bool) string {
	if !ok {
		return ""
	}
	return l.String()
}

func TestProtectedHosts(t *testing.T) {
	const same, front, suffix, one, repeated = "it looks the same", "it has that in front of another domain",
		"it has the same name under another suffix", "one letter apart", "letters repeated"
	tests := []struct {
		name, host, of, how string // of nothing where it resembles none
	}{
		{"the vendor", "claude.ai", "", ""},
		{"below the vendor", "mcp.claude.ai", "", ""},
		{"another domain of the vendor", "anthropic.com", "", ""},
		{"beside an accepted one", "login.toolsmith.com", "", ""},
		{"another", "stranger.com", "", ""},
		{"another under a longer suffix", "stranger.co.uk", "", ""},

		{"U10 Cyrillic", "xn--lude-53d4h.ai", "claude.ai", same}, // с and а
		{"U10 Cyrillic below the suffix, and hosts below it", "login.xn--lude-53d4h.ai", "claude.ai", same},
		{"U10 of a short one", "xn--zd-nlc.dev", "zed.dev", same},
		{"U10 of an accepted one without marks is another", "munchen.de", "xn--mnchen-3ya.de", one},
		{"R18 digit for l", "c1aude.com", "claude.com", same},
		{"R18 r and n for m", "rnicrosoft.com", "microsoft.com", same},

		{"R18 the same name elsewhere", "anthropic.evil", "anthropic.com", `it has the word "anthropic" in it`},
		{"R18 the same accepted name elsewhere", "toolworks.dev", "toolworks.io", suffix},
		{"R18 an accepted name of four elsewhere", "tree.com", "tree.io", suffix},
		{"an accepted name of three elsewhere", "zed.com", "", ""},

		{"R18 left out", "toolsmth.com", "toolsmith.com", one},
		{"R18 added", "toollsmith.com", "toolsmith.com", one},
		{"R18 exchanged", "toolsmich.com", "toolsmith.com", one},
		{"R18 transposed", "toolsmiht.com", "toolsmith.com", one},
		{"R18 the first two transposed", "otolsmith.com", "toolsmith.com", one},
		{"R18 under another suffix too", "toolsmiths.io", "toolsmith.com", one},
		{"two of nine", "tolsmiths.com", "", ""},
		{"R18 two of ten", "perplxety.ai", "perplexity.ai", "two letters apart"},
		{"three of ten", "perlxety.ai", "", ""},
		{"a word that is three letters off", "complexity.ai", "", ""},
		{"one of five is another word", "moose.bot", "", ""},
		{"letters of five repeated", "gooooose.bot", "", ""},
		{"R18 letters repeated", "toooooolsmith.com", "toolsmith.com", repeated},
		{"R18 of a name that repeats one", "goooooooogle.com", "google.com", repeated},

		{"R18 in front", "claude.ai.evil.example", "claude.ai", front},
		{"R18 in front, and more", "login.claude.ai.x.evil.example", "claude.ai", front},
		{"R18 an accepted one in front", "zed.dev.evil.co.uk", "zed.dev", front},
		{"R18 one of a longer suffix in front", "google-drive.co.uk.evil.com", "google-drive.co.uk", front},
		{"R18 one of the longest suffix in front", "acme.chuo.kawasaki.jp.evil.com", "acme.chuo.kawasaki.jp", front},
		{"U10 in front, in other letters", "xn--lude-53d4h.ai.evil.com", "claude.ai", front},

		{"R18 a brand as label", "anthropic.evil.example", "anthropic.com", `it has the word "anthropic" in it`},
		{"R18 a brand as word", "claude-login.example", "claude", `it has the word "claude" in it`},
		{"R18 a brand as the last word", "login-claude.example", "claude", `it has the word "claude" in it`},
		{"R18 a brand with an affix behind", "claudeai.example", "claude", `it has the word "claude" in it`},
		{"R18 a brand with an affix of letters that look like others", "mcpclaude.example", "claude", `it has the word "claude" in it`},
		{"R18 a brand with an affix before", "getcursor.com", "Cursor", `it has the word "cursor" in it`},
		{"R18 a brand of words", "visual-studio-code.com", "Visual Studio Code", `it has the word "visualstudiocode" in it`},
		{"R18 a brand as one word", "login.visualstudiocode.io", "Visual Studio Code", `it has the word "visualstudiocode" in it`},
		{"U10 a brand in other letters", "xn--lude-login-zqi6r.example", "claude", `it has the word "claude" in it`},
		{"R18 a brand at a host of tenants", "claude.vercel.app", "claude", `it has the word "claude" in it`},
		{"R18 a brand of four", "foxy-login.com", "foxy.dev", `it has the word "foxy" in it`},
		{"a word from no domain", "localhost-login.com", "", ""},
		{"a brand of three", "fox-login.com", "", ""},
		{"a brand inside a word", "claudette.com", "", ""},
		{"a brand inside a word, before", "precursors.com", "", ""},
		{"a brand in a public suffix", "octocat.github.io", "", ""},
		{"an accepted name as a word", "toolworks-fan.example", "", ""},
		{"an accepted name as a label", "toolworks.evil.example", "", ""},
	}
	p := acmes()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := metadata.PublisherOf(tt.host); err != nil {
				t.Fatal(err)
			}
			l, ok := p.Host(tt.host)
			if ok != (tt.of != "") || l.Of != tt.of || l.How != tt.how {
				t.Errorf("%s %+v, %v, want %q, %q", tt.host, l, ok, tt.of, tt.how)
			}
		})
	}
	if l, _ := p.Host("claude.ai.evil.example"); l.String() != "resembles claude.ai: "+front {
		t.Errorf("a host %s", l)
	}
	if l, ok := (&metadata.Protected{}).Host("claude-login.example"); ok {
		t.Errorf("nothing is protected, and it %v", l)
	}
}

// Of two protected domains that look the same the one listed first is named.
func TestFirstOfTwoProtectedHosts(t *testing.T) {
	p := metadata.NewProtected(nil, []metadata.ProtectedName{{Domains: []string{"toolsmith.com"}}, {Domains: []string{"too1smith.com"}}})
	for host, want := range map[string]string{"toolsmith.com": "", "too1smith.com": "", "t0olsmith.com": "toolsmith.com"} {
		if l, _ := p.Host(host); l.Of != want {
			t.Errorf("R18 %s resembles %q, want %q", host, l.Of, want)
		}
	}
}

// A label may look like more letters than are compared one by one.
func TestHostOfManyLetters(t *testing.T) {
	long := "xn--ho" + strings.Repeat("a", 56) + ".com" // 57 times U+0271, which looks like r, n and a hook
	if _, err := metadata.PublisherOf(long); err != nil {
		t.Fatal(err)
	}
	p := metadata.NewProtected(nil, []metadata.ProtectedName{{Domains: []string{long}}})
	for host, want := range map[string]bool{long: false, "login." + long: false, strings.Replace(long, ".com", ".net", 1): false, long + ".evil.com": true} {
		if l, ok := p.Host(host); ok != want {
			t.Errorf("R18 %s %v, %v, want %v", host, l, ok, want)
		}
	}
}

// What is no host, and has more labels than one can have, is asked about in vain.
func TestHostOfManyLabels(t *testing.T) {
	for n := 126; n < 130; n++ {
		if l, ok := acmes().Host(strings.Repeat("a.", n) + "com"); ok {
			t.Errorf("R18 %d labels %v", n+1, l)
		}
	}
}

// What is asked of every client costs no memory but for a look at the list of
// public suffixes.
func TestHostAllocates(t *testing.T) {
	p := acmes()
	for _, host := range []string{"mcp.claude.ai", "login.stranger.com", strings.Repeat("claud-", 10) + "x.evil.com"} {
		if n := testing.AllocsPerRun(100, func() { p.Host(host) }); n > 1 {
			t.Errorf("%v allocations for %s", n, host)
		}
	}
}
