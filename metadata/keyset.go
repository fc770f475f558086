package metadata

import (
	"errors"
	"strings"

	"github.com/fc28f635/countersign/internal/limits"
)

// A KeySet is everything that a publisher's key record name holds, well formed
// or not. The zero KeySet is of a name that holds nothing.
type KeySet struct {
	// Keys are the well-formed records, live or revoked, in the order given.
	Keys []KeyRecord

	// Malformed are the records that begin with v=ck1 and cannot be used.
	Malformed []MalformedRecord

	// Ignored are the TXT records that do not begin with v=ck1. They mean
	// nothing, and doctor mentions them.
	Ignored []string
}

// A MalformedRecord is a key record that cannot be used.
type MalformedRecord struct {
	KeyID string // empty where it cannot be read
	Text  string
	Err   error
}

var (
	errKeyIDTwice  = errors.New("two records have this kid")
	errTooManyKeys = errors.New("more than 16 key records at one name")
)

// ParseKeySet parses all TXT records of one name. Two records with one kid are
// both malformed, as are all beyond the sixteenth. One that revokes its key does,
// whatever stands beside it.
func ParseKeySet(texts []string) KeySet {
	var set KeySet
	count := make(map[string]int)
	for _, text := range texts {
		if !IsKeyRecord(text) {
			continue
		}
		r, _ := ParseKeyRecord(text) // no record that can be used is without a kid
		count[r.KeyID]++
	}
	records := 0
	for _, text := range texts {
		if !IsKeyRecord(text) {
			set.Ignored = append(set.Ignored, text)
			continue
		}
		records++
		r, err := ParseKeyRecord(text)
		switch {
		case err == nil && records > limits.KeyRecords:
			err = errTooManyKeys
		case err == nil && count[r.KeyID] > 1 && !r.Revoked():
			err = errKeyIDTwice
		}
		if err != nil {
			set.Malformed = append(set.Malformed, MalformedRecord{KeyID: r.KeyID, Text: text, Err: err})
			continue
		}
		set.Keys = append(set.Keys, r)
	}
	return set
}

// IsKeyRecord reports whether a TXT record begins with v=ck1 and so is meant as
// a key record, well formed or not.
func IsKeyRecord(text string) bool {
	name, value, _ := strings.Cut(text, "=")
	return strings.Trim(name, " \t") == "v" && strings.HasPrefix(strings.TrimLeft(value, " \t"), "ck1")
}

// Holds reports whether the name holds any key record, also a malformed or a
// revoked one: it then decides for its publisher.
func (s KeySet) Holds() bool { return len(s.Keys) > 0 || len(s.Malformed) > 0 }

// Find returns the record with the kid. Where the record is malformed, err says
// why; where there is none, both are zero.
func (s KeySet) Find(kid string) (r KeyRecord, err error) {
	for _, r := range s.Keys {
		if r.KeyID == kid {
			return r, nil
		}
	}
	for _, m := range s.Malformed {
		if m.KeyID == kid {
			return KeyRecord{}, m.Err
		}
	}
	return KeyRecord{}, nil
}
