package httpapi

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"github.com/gorilla/mux"

	"github.com/fc28f635/countersign/internal/strictjson"
	"github.com/fc28f635/countersign/issuer"
)

var (
	//go:embed why.html
	whyHTML string
	//go:embed why.css
	whyCSS string

	whyTemplate = template.Must(template.New("why").Funcs(template.FuncMap{"prose": prose, "effect": effectText}).Parse(whyHTML))
)

// whyPolicy lets a browser load nothing with the page but its own style, which
// it knows by digest: no script, image, frame or form, whatever is in the text.
var whyPolicy = func() string {
	digest := sha256.Sum256([]byte(whyCSS))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(digest[:]) +
		"'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}()

// A whyPage is what the template shows: an explanation, or why there is none.
type whyPage struct {
	Title       string
	Class       string // of the outcome, in why.css
	Style       template.CSS
	Explanation *issuer.Explanation
	Problem     *whyProblem
}

type whyProblem struct{ Description, RequestID string }

// why explains a recorded decision to whoever has its id: as a page, or as JSON
// where the caller prefers it. Nobody is authenticated.
func (s *server) why(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Vary", "Accept")
	w.Header().Set("X-Robots-Tag", "noindex, nofollow")
	d, err := s.cfg.Registry.Decision(r.Context(), mux.Vars(r)["id"])
	asJSON := prefersJSON(r.Header.Values("Accept"))
	switch {
	case err != nil && asJSON:
		s.refuse(w, r, err)
		return
	case err != nil:
		p, e := problemOf(err), eventOf(r)
		e.err, e.reason = err, string(p.reason)
		s.writePage(w, r, p.status, whyPage{Title: "No explanation", Problem: &whyProblem{p.description, e.id}})
		return
	}
	explanation := d.Explain()
	eventOf(r).decision = d.ID
	if !asJSON {
		s.writePage(w, r, http.StatusOK, pageOf(explanation, d.Narrowed != nil))
		return
	}
	body, err := strictjson.Encode(explanation, false)
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	write(w, r, http.StatusOK, jsonType, body)
}

// pageOf is the page of an explanation. A stranger chooses nothing of its title.
func pageOf(e issuer.Explanation, narrowed bool) whyPage {
	page := whyPage{Title: strings.TrimSuffix(e.Summary, "."), Class: string(e.Outcome), Explanation: &e}
	if narrowed {
		page.Class = "narrowed"
	}
	return page
}

// writePage answers with a page that no script, frame or cache gets hold of.
func (s *server) writePage(w http.ResponseWriter, r *http.Request, status int, page whyPage) {
	page.Style = template.CSS(whyCSS)
	var body bytes.Buffer
	if err := whyTemplate.Execute(&body, page); err != nil {
		s.refuse(w, r, err)
		return
	}
	h := w.Header()
	h.Set("Content-Security-Policy", whyPolicy)
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Frame-Options", "DENY")
	write(w, r, status, htmlType+"; charset=utf-8", body.Bytes())
}

// prefersJSON reports whether Accept (RFC 9110, Section 12.5.1) names JSON, and
// before HTML. What accepts anything gets the page.
func prefersJSON(accept []string) bool {
	var weight struct{ json, html float64 }
	for part := range strings.SplitSeq(strings.Join(accept, ","), ",") {
		kind, params, err := mime.ParseMediaType(part)
		if err != nil {
			continue
		}
		q := 1.0
		if text, ok := params["q"]; ok {
			if q, err = strconv.ParseFloat(text, 64); err != nil {
				continue
			}
		}
		switch kind {
		case "application/json":
			weight.json = max(weight.json, q)
		case "text/html", "application/xhtml+xml":
			weight.html = max(weight.html, q)
		}
	}
	return weight.json > weight.html
}

// effectText says what a reason did.
func effectText(e issuer.Effect) string {
	return map[issuer.Effect]string{
		issuer.EffectRefused:  "refused it.",
		issuer.EffectNarrowed: "did not pass, and may have cost trust.",
		issuer.EffectWaiting:  "is waited for.",
		issuer.EffectFlagged:  "changed nothing, and is worth knowing.",
	}[e]
}

// A span is a piece of a text: code, or not.
type span struct {
	Text string
	Code bool
}

// prose divides a text of docs/reasons.md at its backticks.
func prose(text string) (spans []span) {
	for i, part := range strings.Split(text, "`") {
		if part != "" {
			spans = append(spans, span{Text: part, Code: i%2 == 1})
		}
	}
	return spans
}
