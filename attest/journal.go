package attest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/rogpeppe/go-internal/lockedfile"

	"github.com/fc28f635/countersign/internal/strictjson"
	"github.com/fc28f635/countersign/metadata"
)

const (
	journalFile  = "journal.jsonl"
	journalBytes = 64 << 20 // a statement a minute for three months
)

// An EventKind is what happened to a key.
type EventKind string

// What can happen to a key.
const (
	KeyMade      EventKind = "made"
	KeyAnnounced EventKind = "announced" // its record was given out to be published
	KeySigned    EventKind = "signed"
	KeyRetired   EventKind = "retired"
	KeyLost      EventKind = "lost"
	KeyStolen    EventKind = "stolen"
)

// ended reports whether nothing more is to be signed after this.
func (k EventKind) ended() bool { return k == KeyRetired || k == KeyLost || k == KeyStolen }

// known reports whether this version writes such events.
func (k EventKind) known() bool {
	return k == KeyMade || k == KeyAnnounced || k == KeySigned || k.ended()
}

// An Event is one line of a [Journal]. The members from Digest on are those of
// the statement that was signed, empty otherwise.
type Event struct {
	At         time.Time `json:"at"` // UTC, whole seconds
	Kind       EventKind `json:"event"`
	KeyID      string    `json:"kid"`
	Thumbprint string    `json:"thumbprint,omitempty"` // RFC 7638

	Digest      string `json:"digest,omitempty"` // "sha256:" and hexadecimal digits
	StatementID string `json:"jti,omitempty"`
	ExpiresAt   int64  `json:"exp,omitempty"` // Unix seconds
	SoftwareID  string `json:"software_id,omitempty"`
	ClientID    string `json:"client_id,omitempty"`
}

// A Journal keeps what happened to one publisher's keys, and which statements
// they signed: a file of JSON lines in the publisher's key directory, to which
// lines are only ever added. It holds no secret. Several processes can use it
// at once. The zero Journal keeps nothing.
type Journal struct{ path string }

// OpenJournal returns the journal of the publisher's keys below dir. There need
// not be one yet: keys made before it have none.
func OpenJournal(dir string, p metadata.Publisher) Journal {
	return Journal{filepath.Join(dir, p.Domain(), journalFile)}
}

// Path returns the file, empty for the zero Journal.
func (j Journal) Path() string { return j.path }

// Append adds events, which are on disk when it returns. What a crash left of a
// line is closed off first, and stays to be reported.
func (j Journal) Append(events ...Event) error {
	if j.path == "" {
		return nil
	}
	if err := j.append(events); err != nil {
		return fmt.Errorf("writing the journal of keys: %w", err)
	}
	return nil
}

func (j Journal) append(events []Event) (err error) {
	var lines []byte
	for _, e := range events {
		e.At = e.At.UTC().Truncate(time.Second)
		if err := e.check(); err != nil {
			return err
		}
		line, err := strictjson.Encode(e, false)
		if err != nil {
			return err
		}
		lines = append(append(lines, line...), '\n')
	}
	dir := filepath.Dir(j.path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	_, missing := os.Lstat(j.path)
	f, err := lockedfile.OpenFile(j.path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	end, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	if last := make([]byte, 1); end > 0 {
		if _, err := f.ReadAt(last, end-1); err != nil {
			return err
		}
		if last[0] != '\n' {
			lines = append([]byte{'\n'}, lines...)
		}
	}
	if _, err := f.Write(lines); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if missing != nil {
		return syncDir(dir)
	}
	return nil
}

func (e Event) check() error {
	switch {
	case !e.Kind.known():
		return fmt.Errorf("%.100q is no event", string(e.Kind))
	case e.At.IsZero():
		return errors.New("an event without time")
	case e.Kind == KeySigned && (e.Digest == "" || e.ExpiresAt == 0):
		return errors.New("a signature without digest and exp")
	}
	return metadata.CheckKeyID(e.KeyID)
}

// Read returns all events, oldest first, and the numbers of the lines that
// cannot be read: what a crash left, or what somebody edited. A journal that is
// not there has neither.
func (j Journal) Read() (events []Event, damaged []int, err error) {
	if j.path == "" {
		return nil, nil, nil
	}
	data, err := j.read()
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, fmt.Errorf("reading the journal of keys: %w", err)
	}
	number := 0
	for line := range bytes.Lines(data) {
		number++
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		var e Event
		if bytes.HasSuffix(line, []byte{'\n'}) && json.Unmarshal(line, &e) == nil && e.check() == nil {
			events = append(events, e)
			continue
		}
		damaged = append(damaged, number)
	}
	return events, damaged, nil
}

func (j Journal) read() ([]byte, error) {
	info, err := os.Lstat(j.path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%q is no regular file", j.path)
	}
	f, err := lockedfile.Open(j.path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, journalBytes+1))
	if err == nil && len(data) > journalBytes {
		err = fmt.Errorf("%q has more than %d bytes", j.path, journalBytes)
	}
	return data, err
}
