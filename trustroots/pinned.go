package trustroots

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/fc28f635/countersign/internal/strictjson"
	"github.com/fc28f635/countersign/metadata"
)

// maxFileBytes bounds a pinned file: a thousand publishers with two keys each
// take half of it.
const maxFileBytes = 1 << 20

// A Warning names a key that was left out because it cannot be used.
type Warning struct {
	Publisher metadata.Publisher
	Index     int // position among the publisher's keys, from 0
	Err       error
}

// String returns the warning as one line.
func (w Warning) String() string {
	return fmt.Sprintf("%s: key %d left out: %v", w.Publisher, w.Index, w.Err)
}

// Loaded is a pinned file that was read.
type Loaded struct {
	Set      *Set
	Digest   string // "sha256:…" of the file, for logs
	Warnings []Warning
}

// Load reads the pinned file at path. See [Parse].
func Load(path string) (Loaded, error) {
	info, err := os.Stat(path)
	if err != nil {
		return Loaded{}, fmt.Errorf("reading roots: %w", err)
	}
	if !info.Mode().IsRegular() {
		return Loaded{}, fmt.Errorf("reading roots: %q is no regular file", path)
	}
	if info.Size() > maxFileBytes {
		return Loaded{}, fmt.Errorf("reading roots: %q is larger than 1 MiB", path)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return Loaded{}, fmt.Errorf("reading roots: %w", err)
	}
	return Parse(data, path)
}

// Parse reads a pinned file:
//
//	{"publishers": {"https://acme.example": {"keys": [JWK, …], "algorithms": ["RS256"], "and_lookup": false}}}
//
// A publisher named in it is pinned: these keys and no others, and nothing is
// looked up unless and_lookup is true. Unknown members are errors. A public key
// that cannot be used is left out with a [Warning]; a private or symmetric key
// makes the file invalid, since whoever reads it can sign. Algorithms adds to
// the defaults; a JWK's own alg binds the key and enables nothing.
func Parse(data []byte, origin string) (Loaded, error) {
	if len(data) > maxFileBytes {
		return Loaded{}, errors.New("reading roots: larger than 1 MiB")
	}
	var file struct {
		Publishers map[string]struct {
			Keys       []json.RawMessage `json:"keys"`
			Algorithms []string          `json:"algorithms"`
			AndLookup  bool              `json:"and_lookup"`
		} `json:"publishers"`
	}
	if err := strictjson.Decode(data, &file); err != nil {
		return Loaded{}, fmt.Errorf("reading roots: %w", err)
	}
	if file.Publishers == nil {
		return Loaded{}, errors.New(`reading roots: no member "publishers"`)
	}
	sum := sha256.Sum256(data)
	loaded := Loaded{
		Set:    &Set{roots: make(map[metadata.Publisher]*Root, len(file.Publishers))},
		Digest: "sha256:" + hex.EncodeToString(sum[:]),
	}
	for name, entry := range file.Publishers {
		p, err := metadata.ParsePublisher(name)
		if err != nil {
			return Loaded{}, fmt.Errorf("reading roots: %w", err)
		}
		root, warnings, err := NewRoot(RootConfig{Publisher: p, Origin: origin, Keys: entry.Keys,
			Algorithms: entry.Algorithms, AndLookup: entry.AndLookup})
		if err != nil {
			return Loaded{}, fmt.Errorf("reading roots: %s: %w", p, err)
		}
		loaded.Warnings = append(loaded.Warnings, warnings...)
		loaded.Set.roots[p] = root
	}
	return loaded, nil
}
