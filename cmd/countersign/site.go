package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/fc28f635/countersign/attest"
	"github.com/fc28f635/countersign/internal/jose"
	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/internal/strictjson"
	"github.com/fc28f635/countersign/metadata"
)

const (
	clientFile          = "client.json"
	siteDir             = "site"
	defaultDocumentPath = "/mcp/client.json"
	noJekyll            = ".nojekyll" // keeps GitHub Pages from leaving names with a dot out
)

// A site is the tree that a publisher uploads: DIR/site. No file is written
// outside it, whatever links it holds.
type site struct {
	root *os.Root
	dir  string
}

// openSite opens the tree below dir, and makes it where there is none.
func openSite(dir string) (*site, error) {
	name := filepath.Join(dir, siteDir)
	if err := os.MkdirAll(name, 0o755); err != nil {
		return nil, fail(fmt.Errorf("opening the tree to upload: %w", err), "")
	}
	root, err := os.OpenRoot(name)
	if err != nil {
		return nil, fail(fmt.Errorf("opening the tree to upload: %w", err), "")
	}
	return &site{root, name}, nil
}

func (s *site) close() { _ = s.root.Close() }

// read returns a file of the tree; ok is false where there is none.
func (s *site) read(name string) (data []byte, ok bool, err error) {
	info, err := s.root.Stat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, false, nil
	}
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("no regular file")
	}
	if err == nil {
		data, err = s.root.ReadFile(name)
	}
	if err != nil {
		return nil, false, fail(fmt.Errorf("reading %q: %w", s.path(name), err), "")
	}
	return data, true, nil
}

// write puts a file into the tree, whole or not at all. It reports whether
// anything changed.
func (s *site) write(name string, data []byte) (changed bool, err error) {
	if was, ok, err := s.read(name); err != nil || ok && bytes.Equal(was, data) {
		return false, err
	}
	err = s.root.MkdirAll(path.Dir(name), 0o755)
	temporary := name + ".new"
	if err == nil {
		err = s.root.WriteFile(temporary, data, 0o644)
	}
	if err == nil {
		err = s.root.Rename(temporary, name)
	}
	if err != nil {
		_ = s.root.Remove(temporary)
		return false, fail(fmt.Errorf("writing %q: %w", s.path(name), err), "")
	}
	return true, nil
}

// path returns where a file of the tree is, for people.
func (s *site) path(name string) string { return filepath.Join(s.dir, filepath.FromSlash(name)) }

// siteName returns the name in the tree of what is served at an https URL.
func siteName(url string) (string, error) {
	_, rest, _ := strings.Cut(url, "://")
	_, name, _ := strings.Cut(rest, "/")
	switch {
	case name == "" || strings.HasSuffix(name, "/"):
		return "", fmt.Errorf("%.100q names a directory: a static site needs a file, such as %s", url, defaultDocumentPath)
	case strings.ContainsAny(name, `%\:`) || !filepath.IsLocal(filepath.FromSlash(name)) || path.Clean(name) != name:
		return "", fmt.Errorf("%.100q is no plain path: a static site would serve it under another name", url)
	}
	return name, nil
}

// publisherDocument reads the publisher document of the tree, or returns an
// empty one.
func (s *site) publisherDocument(p metadata.Publisher) (metadata.PublisherDocument, error) {
	name, err := siteName(p.PublisherDocumentURL())
	if err != nil {
		return metadata.PublisherDocument{}, err
	}
	data, ok, err := s.read(name)
	if err != nil || !ok {
		return metadata.PublisherDocument{Publisher: p}, err
	}
	d, err := metadata.ParsePublisherDocument(data, p)
	if err == nil {
		return d, nil
	}
	members, _ := strictjson.Object(data)
	for _, m := range members {
		if other, _ := m.Text(); m.Name == "publisher" && other != p.String() && other != "" {
			return d, refused(fmt.Errorf("%q is of the publisher %.100q, not of %s", s.path(name), other, p),
				"client_id in "+clientFile+" is wrong, or the tree is another publisher's: then move it away, and it is written anew")
		}
	}
	return d, refused(fmt.Errorf("reading %q: %w", s.path(name), err), "mend it, or move it away: it is then written anew")
}

// publishKey makes the key the first of the publisher document: the one that
// signs. Everything else in the document stays.
func (s *site) publishKey(p metadata.Publisher, key attest.Key) (changed bool, err error) {
	d, err := s.publisherDocument(p)
	if err != nil {
		return false, err
	}
	i := slices.IndexFunc(d.Keys, func(k json.RawMessage) bool { return keyID(k) == key.ID() })
	switch {
	case i >= 0 && !sameKey(d.Keys[i], key.JWK()):
		return false, refused(fmt.Errorf("the publisher document has another key with kid %q", key.ID()), "a kid is never used twice: --kid chooses another")
	case i == 0:
		return false, nil
	case i > 0:
		d.Keys = slices.Delete(d.Keys, i, i+1)
	}
	d.Keys = slices.Insert(d.Keys, 0, key.JWK())
	return s.writeKeys(d)
}

// withKeys returns a publisher document with the keys of another, and every other
// member as it was, also those that this program does not know.
func withKeys(document, other []byte) ([]byte, error) {
	keys := func(m strictjson.Member) bool { return m.Name == "keys" }
	members, _ := strictjson.Object(document)
	others, _ := strictjson.Object(other)
	from, to := slices.IndexFunc(others, keys), slices.IndexFunc(members, keys)
	if from < 0 || to < 0 {
		return other, nil
	}
	members[to] = others[from]
	text := []byte("{")
	for i, m := range members {
		if i > 0 {
			text = append(text, ',')
		}
		var err error
		if text, err = strictjson.AppendQuote(text, m.Name); err != nil {
			return nil, err
		}
		text = append(append(text, ':'), m.Value...)
	}
	data, err := strictjson.Encode(json.RawMessage(append(text, '}')), true)
	if err == nil && len(data) >= limits.DocumentBytesMax {
		err = errors.New("writing a publisher document: more than 64 KiB")
	}
	return append(data, '\n'), err
}

// keyID returns the kid of a JWK, empty where it has none that is well formed.
func keyID(jwk json.RawMessage) string {
	members, _ := strictjson.Object(jwk)
	for _, m := range members {
		if kid, _ := strictjson.Text(m.Value); m.Name == "kid" && metadata.CheckKeyID(kid) == nil {
			return kid
		}
	}
	return ""
}

// keyIDs returns the kids of a publisher document, in order.
func keyIDs(d metadata.PublisherDocument) []string {
	ids := make([]string, len(d.Keys))
	for i, k := range d.Keys {
		ids[i] = keyID(k)
	}
	return ids
}

// readClient reads client metadata from a file.
func readClient(name string) (metadata.Client, error) {
	info, err := os.Stat(name)
	if err != nil {
		return metadata.Client{}, fail(fmt.Errorf("reading client metadata: %w", err), "countersign init DOMAIN --dir DIR makes a client.json")
	}
	if !info.Mode().IsRegular() {
		return metadata.Client{}, fail(fmt.Errorf("reading client metadata: %q is no regular file", name), "--dir names the directory that holds client.json")
	}
	file, err := os.Open(name)
	if err != nil {
		return metadata.Client{}, fail(fmt.Errorf("reading client metadata: %w", err), "")
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, limits.DocumentBytesMax+1))
	if err != nil {
		return metadata.Client{}, fail(fmt.Errorf("reading client metadata: %w", err), "")
	}
	if len(data) > limits.DocumentBytesMax {
		return metadata.Client{}, refused(fmt.Errorf("reading client metadata: %q has more than %d bytes", name, limits.DocumentBytesMax), "")
	}
	c, err := metadata.ParseClient(data)
	switch {
	case err == nil:
		return c, nil
	case slices.ContainsFunc(byteOrderMarks, func(mark string) bool { return bytes.HasPrefix(data, []byte(mark)) }):
		return c, refused(fmt.Errorf("reading client metadata: %q begins with a byte order mark, so it is not plain UTF-8", name), "save it as UTF-8 without BOM")
	}
	return c, refused(fmt.Errorf("reading client metadata %q: %s", name, inLines(err.Error(), data)), "client.json is one JSON object of RFC 7591 members")
}

// byteOrderMarks of UTF-8 and UTF-16, which editors write.
var byteOrderMarks = []string{"\xef\xbb\xbf", "\xff\xfe", "\xfe\xff"}

var atByte = regexp.MustCompile(`at byte ([0-9]+)`)

// inLines says of an error in data where it is by line and column, not by byte.
func inLines(text string, data []byte) string {
	at := atByte.FindStringSubmatch(text)
	if at == nil {
		return text
	}
	offset, err := strconv.Atoi(at[1])
	if err != nil {
		return text
	}
	before := data[:min(offset, len(data))]
	lineStart := bytes.LastIndexByte(before, '\n') + 1
	line, column := bytes.Count(before, []byte("\n"))+1, utf8.RuneCount(before[lineStart:])+1
	return strings.Replace(text, at[0], fmt.Sprintf("at line %d, column %d", line, column), 1)
}

// readProject reads DIR/client.json, which must say which document it is for.
func readProject(dir string) (metadata.Client, metadata.ClientID, error) {
	name := filepath.Join(dir, clientFile)
	c, err := readClient(name)
	if err != nil {
		return c, metadata.ClientID{}, err
	}
	id, err := metadata.ParseClientID(c.ClientID)
	if err != nil {
		return c, id, refused(fmt.Errorf("%q: client_id: %w", name, err), "client_id is the https URL that the document will be at")
	}
	return c, id, nil
}

// encodeDocument writes a metadata document as it is served.
func encodeDocument(c metadata.Client) ([]byte, error) {
	data, err := strictjson.Encode(c, true)
	if err != nil {
		return nil, fmt.Errorf("writing a metadata document: %w", err)
	}
	return append(data, '\n'), nil
}

// largest names the three largest members of a client, with their sizes.
func largest(c metadata.Client) string {
	data, err := strictjson.Encode(c, false)
	if err != nil {
		return "unknown"
	}
	members, _ := strictjson.Object(data)
	slices.SortStableFunc(members, func(a, b strictjson.Member) int { return len(b.Value) - len(a.Value) })
	const shown = 3
	var texts []string
	for _, m := range members[:min(shown, len(members))] {
		texts = append(texts, fmt.Sprintf("%.64q (%d bytes)", m.Name, len(m.Value)))
	}
	return strings.Join(texts, ", ")
}

// sameClient reports whether two clients say the same, statements aside.
func sameClient(a, b metadata.Client) bool {
	a.SoftwareStatement, b.SoftwareStatement = "", ""
	textA, errA := strictjson.Encode(a, false)
	textB, errB := strictjson.Encode(b, false)
	return errA == nil && errB == nil && sameJSON(textA, textB)
}

// sameJSON reports whether two texts are one JSON value: spelling, white space and
// the order of members aside.
func sameJSON(a, b []byte) bool {
	textA, errA := strictjson.Canonical(a)
	textB, errB := strictjson.Canonical(b)
	return errA == nil && errB == nil && bytes.Equal(textA, textB)
}

// sameKey reports whether two JWKs are of one public key.
func sameKey(a, b json.RawMessage) bool {
	keyA, errA := jose.ParseJWK(a)
	keyB, errB := jose.ParseJWK(b)
	return errA == nil && errB == nil && keyA.Thumbprint() == keyB.Thumbprint()
}
