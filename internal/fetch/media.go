package fetch

import (
	"fmt"
	"mime"
	"net/http"
	"strings"
)

// checkEncoding refuses every content coding: a document is read as it was
// sent, so that nothing small can become large.
func checkEncoding(h http.Header) error {
	for _, value := range h.Values("Content-Encoding") {
		for coding := range strings.SplitSeq(value, ",") {
			if c := strings.TrimSpace(coding); c != "" && !strings.EqualFold(c, "identity") {
				return fmt.Errorf("the answer is encoded: %s", quote(c))
			}
		}
	}
	return nil
}

// checkMediaType accepts application/json and application/*+json, in UTF-8 by
// name or by default (RFC 8259, Section 8.1), and says whether it was a page.
func checkMediaType(h http.Header) (html bool, err error) {
	values := h.Values("Content-Type")
	if len(values) != 1 {
		return false, fmt.Errorf("the answer has %d media types", len(values))
	}
	t, params, err := mime.ParseMediaType(values[0])
	if err != nil {
		return false, fmt.Errorf("the media type %s is malformed", quote(values[0]))
	}
	if !isJSON(t) {
		html := t == "text/html" || t == "application/xhtml+xml"
		return html, fmt.Errorf("the media type is %s, not application/json", quote(t))
	}
	if charset, ok := params["charset"]; ok && !strings.EqualFold(charset, "utf-8") {
		return false, fmt.Errorf("the charset is %s, not utf-8", quote(charset))
	}
	return false, nil
}

// isJSON reports whether a media type in lower case is application/json or has
// its structured syntax suffix (RFC 6839, Section 3.1).
func isJSON(t string) bool {
	subtype, ok := strings.CutPrefix(t, "application/")
	if !ok {
		return false
	}
	prefix, suffixed := strings.CutSuffix(subtype, "+json")
	return subtype == "json" || suffixed && prefix != ""
}
