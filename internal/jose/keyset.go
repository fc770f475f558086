package jose

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/internal/strictjson"
	"github.com/fc28f635/countersign/metadata"
)

// A KeyProblem is a member of a key set that cannot be used.
type KeyProblem struct {
	Index int // position in the set, from 0

	// KeyID is the kid, empty where the key has none that is well formed.
	KeyID string

	Err *metadata.ReasonError // reason key_exposed or key_unusable
}

// ParseKeys reads a JWK set (RFC 7517, Section 5), of whose members only keys
// counts. The error means that there is no set of at most [limits.Keys] keys;
// single keys that cannot be used are problems.
func ParseKeys(raw json.RawMessage) (keys []Key, problems []KeyProblem, err error) {
	members, err := strictjson.ParseObject(raw, limits.JSONDepth)
	if err != nil {
		return nil, nil, fmt.Errorf("reading a JWK set: %w", err)
	}
	for _, m := range members {
		if m.Name != "keys" {
			continue
		}
		items, ok := strictjson.Array(m.Value)
		if !ok {
			return nil, nil, errors.New("reading a JWK set: keys is not an array")
		}
		return ParseKeyList(items)
	}
	return nil, nil, errors.New("reading a JWK set: it has no member keys")
}

// ParseKeyList reads the JWKs of a list as ParseKeys does. Keys that share one
// kid are all problems: which of them a statement means cannot be known.
func ParseKeyList(items []json.RawMessage) (keys []Key, problems []KeyProblem, err error) {
	if len(items) > limits.Keys {
		return nil, nil, fmt.Errorf("reading a JWK set: %d keys, and at most %d are read", len(items), limits.Keys)
	}
	count := make(map[string]int, len(items))
	problemOf := make([]KeyProblem, len(items))
	loaded := make([]Key, len(items))
	for i, item := range items {
		loaded[i], problemOf[i] = parseListed(item)
		problemOf[i].Index = i
		count[problemOf[i].KeyID]++
	}
	for i, k := range loaded {
		p := problemOf[i]
		if p.Err == nil && count[p.KeyID] > 1 {
			p.Err = unusable("kid", "several keys of the set have this kid")
		}
		if p.Err != nil {
			problems = append(problems, p)
			continue
		}
		keys = append(keys, k)
	}
	return keys, problems, nil
}

// parseListed reads one JWK and says what is known of it; Err is nil where the
// key can be used.
func parseListed(item json.RawMessage) (Key, KeyProblem) {
	k, err := ParseJWK(item)
	if err == nil {
		return k, KeyProblem{KeyID: k.id}
	}
	var p KeyProblem
	if !errors.As(err, &p.Err) {
		p.Err = unusable("", err.Error())
	}
	j, _ := readJWK(item)
	if kid, _ := strictjson.Text(j["kid"]); metadata.CheckKeyID(kid) == nil {
		p.KeyID = kid
	}
	return Key{}, p
}
