// Package vectortest makes the world of a test vector: call [New] and hand the
// result to a verifier as its resolver, fetcher and memory. It is for tests
// only; the vectors' README says what each header means.
package vectortest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/fc28f635/countersign/internal/jose"
	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/testvectors"
	"github.com/fc28f635/countersign/trustroots"
	"github.com/fc28f635/countersign/verify"
)

// A World answers for everything outside the verifier as its vector says.
type World struct {
	vector    testvectors.Vector
	texts     map[string][]string
	aliases   map[string]string
	resources map[string][]byte
	answers   map[string]string

	mu        sync.Mutex
	now       func() time.Time
	sightings []verify.Sighting
	absences  map[metadata.ClientID]verify.Absence
	exposed   map[string]time.Time
	issued    map[string]int64 // by client_id and publisher
	fetches   int
	queries   int
}

// New makes the world of a vector.
func New(v testvectors.Vector) (*World, error) {
	w := &World{vector: v, texts: make(map[string][]string), aliases: make(map[string]string),
		resources: v.Resources(), answers: v.HTTP(), absences: make(map[metadata.ClientID]verify.Absence),
		exposed: make(map[string]time.Time), issued: make(map[string]int64)}
	if err := w.readZone(string(v.Files["dns.zone"])); err != nil {
		return nil, err
	}
	for _, seen := range v.Header["seen"] {
		if err := w.remember(seen); err != nil {
			return nil, err
		}
	}
	for _, line := range v.Header["exposed"] {
		thumbprint, at, err := datedLine(line)
		if err != nil {
			return nil, err
		}
		w.exposed[thumbprint] = at
	}
	for _, line := range v.Header["issued"] {
		of, at, err := datedLine(line)
		if err != nil {
			return nil, err
		}
		w.issued[of] = at.Unix()
	}
	return w, nil
}

// datedLine reads what a memory holds: "WHAT TIME".
func datedLine(line string) (what string, at time.Time, err error) {
	i := strings.LastIndexByte(line, ' ')
	if i < 0 {
		return "", time.Time{}, fmt.Errorf("%q names no time", line)
	}
	at, err = time.Parse(time.RFC3339, line[i+1:])
	return line[:i], at, err
}

// Config returns what a verifier needs to live in the world.
func (w *World) Config() (verify.Config, error) {
	cfg := verify.Config{Resolver: w, Fetcher: w, Now: w.clock,
		InsecureSpecialUse: w.vector.Get("special_use") != "refused"}
	for _, remembered := range []string{"seen", "exposed", "issued"} {
		if len(w.vector.Header[remembered]) > 0 {
			cfg.Memory = w
		}
	}
	if w.vector.Get("fault") == "roots_unreadable" {
		cfg.Roots = unreadable{}
	}
	if roots, ok := w.vector.Files["roots.json"]; ok {
		loaded, err := trustroots.Parse(roots, "roots.json")
		if err != nil {
			return cfg, err
		}
		cfg.Roots = loaded.Set
	}
	if name := w.vector.Get("countersigner"); name != "" {
		p, err := metadata.ParsePublisher(name)
		if err != nil {
			return cfg, err
		}
		cfg.Countersigners = []metadata.Publisher{p}
	}
	return cfg, nil
}

// unreadable is a source of roots that cannot be read.
type unreadable struct{}

// Root implements [trustroots.Source].
func (unreadable) Root(context.Context, metadata.Publisher) (*trustroots.Root, error) {
	return nil, errors.New("the file of roots cannot be read")
}

// Answer makes a URL answer otherwise from now on: a status code, timeout or
// refused; empty for what the vector has.
func (w *World) Answer(url, answer string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.answers[url] = answer
}

// Serve makes a URL serve a document from now on.
func (w *World) Serve(url string, body []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.resources[url] = body
}

// Clock replaces the vector's one instant as the verifier's now.
func (w *World) Clock(now func() time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = now
}

func (w *World) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.now != nil {
		return w.now()
	}
	return w.vector.Now
}

// LookupTXT implements [verify.Resolver].
func (w *World) LookupTXT(_ context.Context, name string) (verify.Answer, error) {
	w.mu.Lock()
	w.queries++
	w.mu.Unlock()
	state := w.vector.DNS()
	a := verify.Answer{Name: name, TTL: 5 * time.Minute, Server: "192.0.2.53:53 (vector)",
		Secure: state == "secure", Corroborated: state == "corroborated", Wildcard: state == "wildcard"}
	switch state {
	case "unavailable":
		return a, errors.New("no answer")
	case "bogus":
		return a, fmt.Errorf("%w: signature expired", verify.ErrBogus)
	}
	for links := 0; w.aliases[a.Name] != ""; links++ {
		if links == limits.CNAMELinks {
			return a, errors.New("more than 8 aliases")
		}
		a.Name = w.aliases[a.Name]
	}
	a.Texts = w.texts[a.Name]
	if len(a.Texts) == 0 {
		return a, verify.ErrNoRecord
	}
	return a, nil
}

// Fetch implements [verify.Fetcher].
func (w *World) Fetch(_ context.Context, url string, limit int) (verify.Resource, error) {
	w.mu.Lock()
	w.fetches++
	answer := w.answers[url]
	body, ok := w.resources[url]
	w.mu.Unlock()
	const server = "192.0.2.80:443"
	switch answer {
	case "":
	case "timeout":
		return verify.Resource{}, &verify.FetchError{Err: errors.New("no answer in time"), Server: server}
	case "refused":
		return verify.Resource{}, &verify.FetchError{Refused: true, Err: errors.New("a special-use address")}
	default:
		status, err := strconv.Atoi(answer)
		if err != nil || status == http.StatusOK {
			return verify.Resource{}, fmt.Errorf("vector %s: http answer %q", w.vector.ID, answer)
		}
		return verify.Resource{}, &verify.FetchError{Status: status, Err: errors.New(http.StatusText(status)), Server: server}
	}
	if !ok {
		return verify.Resource{}, &verify.FetchError{Status: http.StatusNotFound, Err: errors.New("not found"), Server: server}
	}
	if len(body) > limit {
		return verify.Resource{}, &verify.FetchError{Status: http.StatusOK, Unusable: true, Err: errors.New("too large"), Server: server}
	}
	return verify.Resource{Body: body, Server: server, Fresh: 5 * time.Minute}, nil
}

// See implements [verify.Memory].
func (w *World) See(_ context.Context, _ metadata.Publisher, keys []verify.PublishedKey, at time.Time) ([]verify.Sighting, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	before := slices.Clone(w.sightings)
	for _, key := range keys {
		known := false
		for i := range w.sightings {
			if w.sightings[i].Thumbprint == key.Thumbprint {
				if verify.BeginsAnew(before, key.Thumbprint) {
					w.sightings[i].First = at
				}
				w.sightings[i].Last, known = at, true
			}
		}
		if !known {
			w.sightings = append(w.sightings, verify.Sighting{Thumbprint: key.Thumbprint, KeyIDs: []string{key.KeyID}, First: at, Last: at})
		}
	}
	return append([]verify.Sighting(nil), w.sightings...), nil
}

// End implements [verify.Memory].
func (w *World) End(_ context.Context, _ metadata.Publisher, kids []string, at time.Time) ([]verify.Sighting, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, kid := range kids {
		known := false
		for i, s := range w.sightings {
			if slices.Contains(s.KeyIDs, kid) {
				known = true
				if s.Ended.IsZero() {
					w.sightings[i].Ended = at
				}
			}
		}
		if !known {
			w.sightings = append(w.sightings, verify.Sighting{KeyIDs: []string{kid}, First: at, Last: at, Ended: at})
		}
	}
	return append([]verify.Sighting(nil), w.sightings...), nil
}

// Missing implements [verify.Memory].
func (w *World) Missing(_ context.Context, id metadata.ClientID, at time.Time) (time.Time, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.absences[id] = w.absences[id].Again(at)
	return w.absences[id].First, nil
}

// Found implements [verify.Memory].
func (w *World) Found(_ context.Context, id metadata.ClientID) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.absences, id)
	return nil
}

// Expose implements [verify.Memory].
func (w *World) Expose(_ context.Context, thumbprints []string, at time.Time) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, thumbprint := range thumbprints {
		if _, known := w.exposed[thumbprint]; !known {
			w.exposed[thumbprint] = at
		}
	}
	return nil
}

// Exposed implements [verify.Memory].
func (w *World) Exposed(_ context.Context, thumbprints []string) ([]verify.Exposure, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var list []verify.Exposure
	for _, thumbprint := range thumbprints {
		if at, known := w.exposed[thumbprint]; known {
			list = append(list, verify.Exposure{Thumbprint: thumbprint, Seen: at})
		}
	}
	return list, nil
}

// Issued implements [verify.Memory].
func (w *World) Issued(_ context.Context, p metadata.Publisher, id metadata.ClientID, iat int64) (int64, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	of := id.String() + " " + p.String()
	w.issued[of] = max(w.issued[of], iat)
	return w.issued[of], nil
}

// Packets returns how many DNS questions and fetches the verifier has made.
func (w *World) Packets() (queries, fetches int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.queries, w.fetches
}

// remember reads "KID FIRST LAST". A kid that the zone publishes is the key
// there; another is a key that is gone.
func (w *World) remember(line string) error {
	fields := strings.Fields(line)
	if len(fields) != 3 {
		return fmt.Errorf("seen: %q", line)
	}
	first, err := time.Parse(time.RFC3339, fields[1])
	if err != nil {
		return err
	}
	last, err := time.Parse(time.RFC3339, fields[2])
	if err != nil {
		return err
	}
	thumbprint := "gone:" + fields[0]
	for _, texts := range w.texts {
		for _, record := range metadata.ParseKeySet(texts).Keys {
			if key, err := jose.FromRecord(record); err == nil && record.KeyID == fields[0] {
				thumbprint = key.Thumbprint()
			}
		}
	}
	w.sightings = append(w.sightings, verify.Sighting{Thumbprint: thumbprint, First: first, Last: last})
	return nil
}

// readZone reads lines NAME TTL IN TXT "…" … and NAME TTL IN CNAME NAME.
func (w *World) readZone(zone string) error {
	for line := range strings.Lines(zone) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, ";") {
			continue
		}
		fields := strings.Fields(line)
		if len(fields) < 5 || fields[2] != "IN" {
			return fmt.Errorf("zone line %q", line)
		}
		name := strings.TrimSuffix(fields[0], ".")
		switch fields[3] {
		case "CNAME":
			w.aliases[name] = strings.TrimSuffix(fields[4], ".")
		case "TXT":
			text, err := joinStrings(line[strings.Index(line, "\""):])
			if err != nil {
				return fmt.Errorf("zone line %q: %w", line, err)
			}
			w.texts[name] = append(w.texts[name], text)
		default:
			return fmt.Errorf("zone line %q", line)
		}
	}
	return nil
}

// joinStrings joins the quoted character-strings of a TXT record.
func joinStrings(s string) (string, error) {
	var joined strings.Builder
	r := strings.NewReader(s)
	for quoted := false; ; {
		c, err := r.ReadByte()
		switch {
		case errors.Is(err, io.EOF) && !quoted:
			return joined.String(), nil
		case err != nil:
			return "", errors.New("an open quotation mark")
		case c == '"':
			quoted = !quoted
		case c == '\\' && quoted:
			if c, err = r.ReadByte(); err != nil {
				return "", err
			}
			joined.WriteByte(c)
		case quoted:
			joined.WriteByte(c)
		}
	}
}
