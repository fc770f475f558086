package geo

import (
	"bytes"
	"fmt"
	"io"
	"net/netip"
	"os"
	"strings"
	"time"

	"github.com/fc28f635/countersign/internal/network"
)

// A list is a reputation list: networks, each until an instant. A nil list names
// nobody.
type list struct {
	until   map[netip.Prefix]time.Time
	lengths map[int]bool // of the networks that it has
}

// openList reads a file of lines, each a network and when its entry ends (RFC
// 3339), with one or more spaces between:
//
//	192.0.2.0/24  2026-03-01T00:00:00Z  # seen in a flood
//
// A line that is empty, or begins with #, says nothing; nor does what follows #.
// Of a network that is there twice the later end counts. A file that has no entry
// names nobody, and says so in a comment: one without any line, and one whose last
// line has no end, is not written yet.
func openList(name string) (*list, error) {
	const most = 64 << 20 // a million networks
	data, err := readFile(name, most)
	if err != nil {
		return nil, fmt.Errorf("reading a reputation list: %w", err)
	}
	if !bytes.HasSuffix(data, []byte("\n")) {
		return nil, fmt.Errorf("reading a reputation list: %q does not end with the end of a line", name)
	}
	l := &list{until: map[netip.Prefix]time.Time{}, lengths: map[int]bool{}}
	number := 0
	for line := range bytes.Lines(data) {
		number++
		if err := l.add(string(line)); err != nil {
			return nil, fmt.Errorf("reading a reputation list: %q, line %d: %w", name, number, err)
		}
	}
	return l, nil
}

// add takes one line.
func (l *list) add(line string) error {
	entry, _, _ := strings.Cut(line, "#")
	words := strings.Fields(entry)
	switch len(words) {
	case 0:
		return nil
	case 2:
	default:
		return fmt.Errorf("%.100q is not a network and when its entry ends", strings.TrimSpace(entry))
	}
	p, err := network.Parse(words[0])
	if err != nil {
		return err
	}
	until, err := time.Parse(time.RFC3339, words[1])
	if err != nil {
		return fmt.Errorf("%.100q is no time such as 2026-03-01T00:00:00Z", words[1])
	}
	if until.After(l.until[p]) {
		l.until[p] = until
	}
	l.lengths[p.Bits()] = true
	return nil
}

// names reports whether an entry that has not ended has the address.
func (l *list) names(addr netip.Addr, at time.Time) bool {
	if l == nil {
		return false
	}
	for bits := range l.lengths {
		if p, err := addr.Prefix(bits); err == nil && l.until[p].After(at) {
			return true
		}
	}
	return false
}

// readFile reads a file of a bounded size.
func readFile(name string, most int) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, int64(most)+1))
	if err == nil && len(data) > most {
		err = fmt.Errorf("%q is larger than %d bytes", name, most)
	}
	return data, err
}
