package testvectors

import (
	"bytes"
	"strconv"
	"strings"
)

// Get returns the value of the first header line with this key, or "".
func (v Vector) Get(key string) string {
	if vs := v.Header[key]; len(vs) > 0 {
		return vs[0]
	}
	return ""
}

// Expectation splits Expect: the outcome (verified, rejected, inconclusive,
// approved, denied, review, unavailable, keys, accepted, refused, merged, an HTTP
// status, or a class of redirect URI) and what follows it: a reason, a tier,
// or nothing.
func (v Vector) Expectation() (outcome, rest string) {
	outcome, rest, _ = strings.Cut(v.Expect, " ")
	return outcome, rest
}

// A Finding is one that the verdict or decision must have among its own. An
// empty Reason means that the finding has none.
type Finding struct {
	Check, Status, Reason string
}

// Findings returns the findings named in the header, in order.
func (v Vector) Findings() []Finding {
	var fs []Finding
	for _, line := range v.Header["finding"] {
		w := append(strings.Fields(line), "", "", "")
		fs = append(fs, Finding{Check: w[0], Status: w[1], Reason: w[2]})
	}
	return fs
}

// Resources returns the files that are served over HTTPS, by URL, as they are
// to be sent. What is not among them is 404, unless [Vector.HTTP] says more.
func (v Vector) Resources() map[string][]byte {
	rs := map[string][]byte{}
	for name, content := range v.Files {
		if strings.HasPrefix(name, "https://") {
			rs[name] = content
		}
	}
	if url := v.Get("client_id"); v.Kind == "document" && v.Files["document.json"] != nil {
		rs[url] = v.Files["document.json"]
	}
	return rs
}

// HTTP returns what happens to requests for some URLs instead of the default
// (200 and application/json where a resource is present, else 404): a status
// code, "timeout", or "refused" where its address is one never fetched from.
func (v Vector) HTTP() map[string]string {
	faults := map[string]string{}
	for _, line := range v.Header["http"] {
		url, fault, _ := strings.Cut(line, " ")
		faults[url] = fault
	}
	return faults
}

// DNS returns how strong the answers of dns.zone are: insecure (the default),
// secure, corroborated, unavailable, bogus or wildcard.
func (v Vector) DNS() string {
	if s := v.Get("dns"); s != "" {
		return s
	}
	return "insecure"
}

// Records returns the lines of records.txt, each one TXT record.
func (v Vector) Records() []string {
	var rs []string
	for line := range strings.Lines(string(v.Files["records.txt"])) {
		rs = append(rs, strings.TrimSuffix(line, "\n"))
	}
	return rs
}

// Body returns the request body of an api vector: the file body, or where the
// header body_size is given, one JSON object of exactly that many bytes.
func (v Vector) Body() []byte {
	n, err := strconv.Atoi(v.Get("body_size"))
	if err != nil {
		return v.Files["body"]
	}
	const head, tail = `{"client":{"client_name":"`, `"}}`
	fill := max(0, n-len(head)-len(tail))
	return []byte(head + string(bytes.Repeat([]byte("a"), fill)) + tail)
}
