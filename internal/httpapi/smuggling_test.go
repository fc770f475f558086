package httpapi_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// One request is one answer: nothing that follows a request which two parsers
// could end at two places is taken for another.
func TestSmuggling(t *testing.T) {
	s := start(t, setup{})
	head := s.head("POST", "/v1/decisions") + "Content-Type: application/json\r\n"
	smuggled := "GET /smuggled HTTP/1.1\r\nHost: " + s.address + "\r\n\r\n"
	for _, test := range []struct{ name, text, status string }{
		{"CL.TE", head + "Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + smuggled, "400"},
		{"TE.CL", head + "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n" + fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(good), good) + smuggled, "200"},
		{"TE.TE xchunked", head + "Transfer-Encoding: xchunked\r\nContent-Length: 4\r\n\r\n" + smuggled, "501"},
		{"TE.TE twice", head + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n" + smuggled, "501"},
		{"TE.TE in a list", head + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n" + smuggled, "501"},
		{"TE.TE a vertical tab", head + "Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n" + smuggled, "400"},
		{"a space before the colon", head + "Content-Length : 2\r\n\r\n{}" + smuggled, "400"},
		{"a bare CR", head + "X: a\rContent-Length: 9\r\n\r\n" + smuggled, "400"},
		{"NUL in a header", head + "X: a\x00b\r\nContent-Length: 2\r\n\r\n{}" + smuggled, "400"},
		{"NUL in the target", "GET /healthz\x00 HTTP/1.1\r\nHost: " + s.address + "\r\n\r\n" + smuggled, "400"},
		{"a chunk whose size is signed", head + "Transfer-Encoding: chunked\r\n\r\n+2\r\n{}\r\n0\r\n\r\n" + smuggled, "400"},
		{"a chunk whose size is hexadecimal to some", head + "Transfer-Encoding: chunked\r\n\r\n0x2\r\n{}\r\n0\r\n\r\n" + smuggled, "400"},
		{"a chunk that ends in LF", head + "Transfer-Encoding: chunked\r\n\r\n2\n{}\n0\n\n" + smuggled, "400"},
		{"a chunk extension with LF", head + "Transfer-Encoding: chunked\r\n\r\n2;\n{}\r\n0\r\n\r\n" + smuggled, "400"},
		{"HTTP/1.0 with chunks", strings.Replace(head, "HTTP/1.1", "HTTP/1.0", 1) + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + smuggled, "400"},
		{"lower-case version", strings.Replace(head, "HTTP/1.1", "http/1.1", 1) + "\r\n" + smuggled, "400"},
		{"HTTP/2 in clear text", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + smuggled, "421"},
	} {
		t.Run("H10 "+test.name, func(t *testing.T) {
			back := s.raw(test.text)
			if !strings.Contains(back[:min(len(back), len("HTTP/1.1 "))], "HTTP/1.") || !strings.HasPrefix(back[min(len(back), len("HTTP/1.1 ")):], test.status+" ") {
				t.Errorf("answered %.200q, want %s", back, test.status)
			}
			if strings.Count(back, "HTTP/1.") != 1 || strings.Contains(s.log.String(), "smuggled") {
				t.Errorf("what came after was taken for a request: %.400q", back)
			}
		})
	}
	t.Run("H10 a second request in the pipe has a key of its own", func(t *testing.T) {
		first := head + fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(good), good)
		back := s.raw(first + "GET /v1/keys HTTP/1.1\r\nHost: " + s.address + "\r\nConnection: close\r\n\r\n")
		if strings.Count(back, "HTTP/1.1 ") != 2 || strings.Count(back, "HTTP/1.1 200 ") != 1 || strings.Count(back, "HTTP/1.1 401 ") != 1 {
			t.Errorf("answered %.900q", back)
		}
	})
	t.Run("H10 a body where none is read", func(t *testing.T) {
		back := s.raw("GET /healthz HTTP/1.1\r\nHost: " + s.address + fmt.Sprintf("\r\nContent-Length: %d\r\nConnection: close\r\n\r\n", len(smuggled)) + smuggled)
		if strings.Count(back, "HTTP/1.1 ") != 1 || strings.Contains(s.log.String(), "smuggled") {
			t.Errorf("answered %.400q", back)
		}
	})
}

// H19: no answer has a header that a caller wrote.
func TestNoHeaderIsTheCallers(t *testing.T) {
	s := start(t, setup{})
	ours := []string{"Access-Control-Allow-Origin", "Allow", "Cache-Control", "Content-Length", "Content-Security-Policy", "Content-Type",
		"Date", "Retry-After", "Www-Authenticate", "X-Content-Type-Options", "X-Request-Id"}
	const split = `a\r\nX-Evil: zq\r\n\r\n<script>`
	for name, a := range map[string]answer{
		"client_name":       s.post(`{"client":{"client_name":"` + split + `","redirect_uris":["http://127.0.0.1/callback"]}}`),
		"redirect_uris":     s.post(`{"client":{"redirect_uris":["https://acme.example/` + split + `"]}}`),
		"a member":          s.post(`{"` + split + `":1}`),
		"client_id":         s.post(`{"client_id":"https://acme.example/` + split + `"}`),
		"the name of a key": s.send(http.MethodPost, "/v1/keys", `{"name":"`+split+`","role":"read"}`),
		"the path":          s.get("/zq%0d%0aX-Evil:%20zq"),
		"an id":             s.get("/v1/decisions/zq%0d%0aX-Evil:%20zq"),
		"the query":         s.get("/healthz?zq=%0d%0aX-Evil:%20zq"),
		"the method":        s.do("ZQ", "/healthz", nil, nil),
		"the scheme":        s.do("GET", "/v1/keys", nil, http.Header{"Authorization": {"zq zq"}}),
		"the origin":        s.do("OPTIONS", "/v1/keys", nil, http.Header{"Origin": {"https://zq.example"}, "Access-Control-Request-Method": {"ZQ"}}),
	} {
		t.Run("H19 "+name, func(t *testing.T) {
			for header, values := range a.header {
				if !slices.Contains(ours, header) || len(values) != 1 || strings.Contains(strings.ToLower(values[0]), "zq") ||
					strings.ContainsFunc(values[0], func(r rune) bool { return r < ' ' || r > '~' }) {
					t.Errorf("%s: %q", header, values)
				}
			}
		})
	}
}
