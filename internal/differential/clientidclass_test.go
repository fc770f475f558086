package differential

import (
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/publicsuffix"
)

// An urlDifference is a URL that we accept and the standards do not read alike,
// or the other way round.
type urlDifference struct {
	raw              string
	err              error // why we refuse it
	whatwg           urlAnswer
	host, port, path string
}

func newURLDifference(raw string, err error, whatwg urlAnswer) urlDifference {
	d := urlDifference{raw: raw, err: err, whatwg: whatwg}
	if m := rfc3986.FindStringSubmatch(raw); m != nil {
		d.host, d.port, d.path = m[1], m[2], m[3]
	}
	return d
}

func (d urlDifference) String() string {
	return fmt.Sprintf("%q: ours %v, WHATWG %+v", d.raw, d.err, d.whatwg)
}

// clientIDClasses are URLs that the standards read alike and we refuse. Of the
// other kind there is none.
var clientIDClasses = []class[urlDifference]{
	{"IP address", func(d urlDifference) bool {
		_, err := netip.ParseAddr(strings.Trim(d.host, "[]"))
		return d.refused() && err == nil
	}},
	{"asterisk", func(d urlDifference) bool { return d.refused() && strings.Contains(d.raw, "*") }},
	{"host of letters that no domain has", func(d urlDifference) bool {
		return d.refused() && !regexp.MustCompile(`^[a-z0-9.-]+$`).MatchString(d.host)
	}},
	{"label empty, too long or with a hyphen at an end", func(d urlDifference) bool {
		return d.refused() && (len(d.host) > 253 || slices.ContainsFunc(d.labels(), func(label string) bool {
			return label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-'
		}))
	}},
	{"hyphens in third and fourth place", func(d urlDifference) bool {
		return d.refused() && slices.ContainsFunc(d.labels(), func(label string) bool { return len(label) > 3 && label[2:4] == "--" })
	}},
	{"last label that begins with a digit", func(d urlDifference) bool {
		last := d.labels()[len(d.labels())-1]
		return d.refused() && last[0] >= '0' && last[0] <= '9'
	}},
	{"public suffix or single label", func(d urlDifference) bool {
		suffix, _ := publicsuffix.PublicSuffix(d.host)
		return d.refused() && (suffix == d.host || len(d.labels()) == 1)
	}},
	{"port 0", func(d urlDifference) bool { return d.refused() && d.port == "0" }},
	{"encoded control character", func(d urlDifference) bool {
		return d.refused() && regexp.MustCompile(`%([01][0-9A-Fa-f]|7[Ff])`).MatchString(d.path)
	}},
	{"dot segment in disguise", func(d urlDifference) bool { return d.refused() && d.hidesDots() }},
	{"longer than we read", func(d urlDifference) bool { return d.refused() && (len(d.path) > 255 || len(d.raw) > 512) }},
}

// refused reports that we refuse what the standards read alike.
func (d urlDifference) refused() bool { return d.err != nil && d.host != "" }

func (d urlDifference) labels() []string { return strings.Split(d.host, ".") }

// hidesDots reports whether a segment is a dot segment to somebody who decodes
// once more, or drops path parameters.
func (d urlDifference) hidesDots() bool {
	path := d.path
	for range 3 {
		for segment := range strings.FieldsFuncSeq(path, func(c rune) bool { return c == '/' || c == '\\' }) {
			if name, _, _ := strings.Cut(segment, ";"); name == "." || name == ".." {
				return true
			}
		}
		decoded, err := url.PathUnescape(path)
		if err != nil {
			return false
		}
		path = decoded
	}
	return false
}
