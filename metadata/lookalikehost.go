package metadata

import (
	"bytes"
	"fmt"
	"math/bits"
	"slices"
	"strings"
	"unicode/utf8"
)

// How long a label is from which on it is compared: shorter ones are near to too
// many others.
const (
	leastWord  = 4  // the same word, or the same label under another suffix
	leastTypo  = 6  // one letter apart
	leastTypos = 10 // two letters apart
)

// labelRunes bounds the protected labels that are compared letter by letter: a
// label has 63 bytes, and a letter looks like two at most, but for a few of other
// scripts.
const labelRunes = 128

// A protectedLabel is the first label of a protected domain.
type protectedLabel struct {
	Likeness
	look    []rune
	letters uint64 // see lettersOf
	most    int    // how many letters may differ
}

// Host returns what a host resembles while it is not below a protected domain
// itself; ok is false where that is nothing. A host in canonical form resembles a
// protected domain where
//
//   - its registrable domain looks the same, its labels decoded (Unicode
//     Technical Standard 39, Section 4), or has the same first label, or one that
//     differs in a letter or two, left out, added, exchanged or transposed;
//   - it has the domain in front of another: claude.ai.evil.example;
//   - it has a brand word as a word of a label: login-claude.example.
//
// The work is bounded by the host's 253 bytes and the number of protected
// domains.
func (p *Protected) Host(host string) (l Likeness, ok bool) {
	own := registrable(host)
	if p.owners[own] {
		return Likeness{}, false
	}
	var room [3 * labelRunes]byte
	h := lookOfHost(room[:0], host)
	first := h.labels - strings.Count(own, ".") - 1 // of the registrable domain
	if l, ok := p.domains[string(h.span(first, h.labels))]; ok {
		return l.as("it looks the same"), true
	}
	for from := range first {
		for to := from + 2; to <= min(from+mostLabels, h.labels); to++ {
			if l, ok := p.domains[string(h.span(from, to))]; ok {
				return l.as("it has that in front of another domain"), true
			}
		}
	}
	for i := range first + 1 {
		if l, ok := p.brandIn(h.span(i, i+1)); ok {
			return l, true
		}
	}
	return p.nearTo(h.span(first, first+1))
}

// mostLabels bounds the labels of a registrable domain: one below a suffix such as
// city.kawasaki.jp.
const mostLabels = 4

// A hostLook is what a host looks like, label by label: a letter may look like a
// full stop.
type hostLook struct {
	text   []byte
	labels int
	ends   [hostLabels]uint16 // where the labels end
}

// hostLabels bounds the labels of a host, which has 253 bytes at most.
const hostLabels = 127

func lookOfHost(room []byte, host string) (h hostLook) {
	h.text = room
	for rest, more := inUnicode(host), true; more && h.labels < hostLabels; h.labels++ {
		var label string
		label, rest, more = strings.Cut(rest, ".")
		if h.labels > 0 {
			h.text = append(h.text, '.')
		}
		h.text = appendLook(h.text, label, asWritten)
		h.ends[h.labels] = uint16(len(h.text)) // of 253 bytes, each of which looks like a few
	}
	return h
}

// span returns the labels in [from, to).
func (h *hostLook) span(from, to int) []byte {
	start := uint16(0)
	if from > 0 {
		start = h.ends[from-1] + 1
	}
	return h.text[start:h.ends[to-1]]
}

// inUnicode decodes the labels of a host that are punycode.
func inUnicode(host string) string {
	if !strings.Contains(host, "xn--") {
		return host
	}
	decoded, _ := strictIDNA.ToUnicode(host) // a host in canonical form can be
	return decoded
}

// affixes are what is put before or behind a brand without a hyphen.
var affixes = func() [][]byte {
	list := bytes.Fields([]byte("ai app auth cli code get hq login mcp my oauth official online secure signin sso support the verify web"))
	for i, affix := range list {
		list[i] = []byte(look(string(affix), asWritten))
	}
	return list
}()

// brandIn returns the brand word that a label has in it: as a whole, hyphens or
// not, or as one of its words, perhaps with an affix.
func (p *Protected) brandIn(label []byte) (Likeness, bool) {
	var room [labelRunes]byte
	joined := room[:0]
	for rest, more := label, true; more; {
		var word []byte
		word, rest, more = bytes.Cut(rest, []byte("-"))
		joined = append(joined, word...)
		for _, affix := range affixes {
			// Of a word without the affix both are the word.
			behind, before := bytes.TrimPrefix(word, affix), bytes.TrimSuffix(word, affix)
			if l, ok := p.words[string(behind)]; ok {
				return l, true
			}
			if l, ok := p.words[string(before)]; ok {
				return l, true
			}
		}
	}
	l, ok := p.words[string(joined)]
	return l, ok
}

// nearTo returns the protected domain whose first label is the same, or nearly.
// It changes the label.
func (p *Protected) nearTo(label []byte) (Likeness, bool) {
	var room [labelRunes]rune
	look := appendRunes(room[:0], label)
	letters := lettersOf(look)
	for i := range p.labels {
		n := &p.labels[i]
		// An edit takes away one letter of those that a label has, and adds one.
		if bits.OnesCount64(letters^n.letters) > 2*n.most {
			continue
		}
		switch apart := distance(look, n.look, n.most); {
		case apart > n.most:
		case apart == 0:
			return n.as("it has the same name under another suffix"), true
		default:
			return n.as([...]string{1: "one letter apart", 2: "two letters apart"}[apart]), true
		}
	}
	if l, ok := p.once[string(slices.Compact(label))]; ok {
		return l.as("letters repeated"), true
	}
	return Likeness{}, false
}

// protectDomain adds a registrable domain, and the first label of a listed one as
// a brand word.
func (p *Protected) protectDomain(own string, listed bool) {
	h := lookOfHost(nil, own)
	whole, of := string(h.span(0, h.labels)), Likeness{Of: own, Domain: own}
	if _, known := p.domains[whole]; known {
		return
	}
	p.domains[whole] = of
	label, _, _ := strings.Cut(inUnicode(own), ".")
	if listed {
		p.protectWord(label, of)
	}
	n := protectedLabel{Likeness: of, look: []rune(string(h.span(0, 1)))}
	n.letters = lettersOf(n.look)
	switch length := utf8.RuneCountInString(label); {
	case length < leastWord || len(n.look) > labelRunes:
		return
	case length >= leastTypos:
		n.most = 2
	case length >= leastTypo:
		n.most = 1
	}
	p.labels = append(p.labels, n)
	if n.most > 0 {
		p.once[string(slices.Compact(h.span(0, 1)))] = of
	}
}

// protectWord adds a brand word. The first to have it keeps it.
func (p *Protected) protectWord(word string, of Likeness) {
	seen := look(word, asWritten)
	if _, known := p.words[seen]; !known && utf8.RuneCountInString(word) >= leastWord {
		p.words[seen] = of.as(fmt.Sprintf("it has the word %.100q in it", word))
	}
}
