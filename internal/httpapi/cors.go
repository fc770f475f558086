package httpapi

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// CheckOrigin refuses what is no origin of a page that could be trusted with an
// API key: "*", "null", and http other than on this machine among them. Its error
// begins with the text.
func CheckOrigin(text string) error {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme+"://"+u.Host != text || u.Scheme != "https" && (u.Scheme != "http" || u.Hostname() != "localhost" && u.Hostname() != "127.0.0.1") {
		return fmt.Errorf("%.100q is no origin such as https://console.example", text)
	}
	return nil
}

// readByAll reports whether pages of every origin may read what a path answers:
// it is public, and the same for all.
func readByAll(template string) bool {
	return template == "/openapi.json" || strings.HasPrefix(template, "/schemas/") || strings.HasPrefix(template, "/.well-known/") || strings.HasPrefix(template, "/why/")
}

// crossOrigin says which pages in a browser may read the answer (Fetch, Section
// 3.3). Credentials of the browser are never among what they send. It reports
// whether the request was a preflight, which it then answered.
func (rt *route) crossOrigin(w http.ResponseWriter, r *http.Request) (answered bool) {
	h := w.Header()
	if rt.readByAll {
		h.Set("Access-Control-Allow-Origin", "*")
		return false
	}
	if !rt.private || len(rt.server.cfg.Origins) == 0 {
		return false
	}
	h.Add("Vary", "Origin")
	origin := r.Header.Values("Origin")
	if len(origin) != 1 || !slices.Contains(rt.server.cfg.Origins, origin[0]) {
		return false
	}
	h.Set("Access-Control-Allow-Origin", origin[0])
	h.Set("Access-Control-Expose-Headers", "Retry-After, X-Request-Id")
	if r.Method != http.MethodOptions || r.Header.Get("Access-Control-Request-Method") == "" {
		return false
	}
	h.Set("Access-Control-Allow-Methods", rt.allow)
	h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type")
	h.Set("Access-Control-Max-Age", "600")
	write(w, r, http.StatusNoContent, jsonType, nil)
	return true
}
