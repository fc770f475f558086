package badgerstore

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/dgraph-io/badger/v4"

	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/issuer"
	"github.com/fc28f635/countersign/metadata"
)

// The first byte of a key says what its value is. Values are JSON but for those
// of commits.
//
//	a p DOMAIN 00 SHAPE   issuer.Acceptance of a publisher, SHAPE may be empty
//	a s SHAPE             issuer.Acceptance of a shape; either with 00 ID after it
//	                      where the review ID gave it
//	c SLOT                the number of a commit, 8 bytes; SLOT is its last 2
//	d ID                  issuer.Decision
//	e THUMBPRINT          verify.Exposure
//	f                     the format of the directory
//	i CLIENT_ID 00 DOMAIN the latest iat of the publisher's statements in the document
//	k ID                  access.Record of an API key
//	m                     []issuer.Observation
//	n CLIENT_ID           verify.Absence of its document
//	o NUMBER              issuer.Act, what an operator did; 8 bytes
//	p CLIENT_ID           issuer.Pin
//	s DOMAIN              []verify.Sighting
//	t SECOND ID           nothing: the order of the decisions; 8 bytes, see orderKey
//	v ID                  issuer.Review
//	w SHAPE               issuer.Software
//	x SUBJECT             issuer.Exception
//	y NUMBER              issuer.PolicyVersion; 8 bytes
const (
	absencePrefix    = "n"
	acceptancePrefix = "a"
	apiKeyPrefix     = "k"
	commitPrefix     = "c"
	decisionPrefix   = "d"
	exposurePrefix   = "e"
	formatKey        = "f"
	issuedPrefix     = "i"
	observationsKey  = "m"
	actPrefix        = "o"
	orderPrefix      = "t"
	policyPrefix     = "y"
	pinPrefix        = "p"
	sightingPrefix   = "s"
	reviewPrefix     = "v"
	softwarePrefix   = "w"
	exceptionPrefix  = "x"
)

// idBytes bounds the ids and shapes that are looked for: ours have fewer than a
// hundred characters.
const idBytes = 256

// valueBytes bounds one value. A decision holds a request's members once as
// metadata and once in a JWT, and findings about them.
const valueBytes = 4 * limits.RequestBytes

func decisionKey(id string) []byte { return []byte(decisionPrefix + id) }

func apiKeyKey(id string) []byte { return []byte(apiKeyPrefix + id) }

func absenceKey(id metadata.ClientID) []byte { return []byte(absencePrefix + id.String()) }

func exposureKey(thumbprint string) []byte { return named(exposurePrefix, thumbprint) }

// documentPrefix is of what is remembered of all publishers' statements in a document.
func documentPrefix(id metadata.ClientID) []byte {
	return []byte(issuedPrefix + id.String() + "\x00")
}

func issuedKey(p metadata.Publisher, id metadata.ClientID) []byte {
	return append(documentPrefix(id), p.Domain()...)
}

func sightingKey(p metadata.Publisher) []byte { return []byte(sightingPrefix + p.Domain()) }

func publisherPrefix(p metadata.Publisher) []byte {
	return []byte(acceptancePrefix + "p" + p.Domain() + "\x00")
}

// acceptanceKey returns the key of an acceptance of the publisher and the shape;
// nil where it is of neither, or the shape is no name for anything.
func acceptanceKey(a issuer.Acceptance) []byte {
	if len(a.Shape) > idBytes {
		return nil
	}
	key := named(acceptancePrefix+"s", string(a.Shape))
	if !a.Publisher.IsZero() {
		key = append(publisherPrefix(a.Publisher), a.Shape...)
	}
	if a.Bound == nil || key == nil {
		return key
	}
	if a.Bound.Review == "" || len(a.Bound.Review) > idBytes {
		return nil
	}
	return append(append(key, 0), a.Bound.Review...)
}

// numbered returns the key of number such of what is numbered.
func numbered(prefix string, number uint64) []byte {
	return binary.BigEndian.AppendUint64([]byte(prefix), number)
}

// orderKey returns the key by which a decision has its place in the order of all:
// its second, with the sign turned so that bytes are in the order of time, and its
// id.
func orderKey(at issuer.Place) []byte {
	const sign = 1 << 63
	return append(numbered(orderPrefix, uint64(at.At.Unix())^sign), at.ID...)
}

func reviewKey(id string) []byte { return named(reviewPrefix, id) }

func exceptionKey(subject string) []byte { return named(exceptionPrefix, subject) }

func pinKey(clientID string) []byte { return named(pinPrefix, clientID) }

func softwareKey(s metadata.Shape) []byte { return named(softwarePrefix, string(s)) }

// named returns the key of what has a name; nil where it is empty or too long.
func named(prefix, name string) []byte {
	if name == "" || len(name) > limits.ClientIDBytes {
		return nil
	}
	return []byte(prefix + name)
}

// commitKey returns the key of commit number seq. It takes the place of the one
// 65,536 before.
func commitKey(seq uint64) []byte {
	return binary.BigEndian.AppendUint16([]byte(commitPrefix), uint16(seq))
}

func commitNumber(seq uint64) []byte { return binary.BigEndian.AppendUint64(nil, seq) }

var errTooLarge = errors.New("the value is too large to be stored")

// put writes one value. Where the transaction has no room for it, the error is
// badger.ErrTxnTooBig and nothing was written.
func put(txn *badger.Txn, key, value []byte) error {
	if err := txn.Set(key, value); err != nil {
		return fmt.Errorf("writing: %w", err)
	}
	return nil
}

// encode returns v as it is stored.
func encode(v any) ([]byte, error) {
	var buf bytes.Buffer
	e := json.NewEncoder(&buf)
	e.SetEscapeHTML(false) // unknown members of a client stay as they were written
	if err := e.Encode(v); err != nil {
		return nil, fmt.Errorf("encoding for the store: %w", err)
	}
	if buf.Len() > valueBytes {
		return nil, errTooLarge
	}
	return buf.Bytes(), nil
}

// get reads the value of a key into v. It returns badger.ErrKeyNotFound where
// there is none.
func get(txn *badger.Txn, key []byte, v any) error {
	item, err := txn.Get(key)
	if errors.Is(err, badger.ErrKeyNotFound) {
		return badger.ErrKeyNotFound
	}
	if err != nil {
		return fmt.Errorf("reading the store: %w", err)
	}
	return read(item, v)
}

// read reads the value of an item into v.
func read(item *badger.Item, v any) error {
	err := item.Value(func(value []byte) error { return json.Unmarshal(value, v) })
	if err != nil {
		return fmt.Errorf("reading the store: %w", err)
	}
	return nil
}
