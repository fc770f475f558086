package badgerstore

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/dgraph-io/badger/v4"

	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/issuer"
)

// A packedPolicy is a version of the policy as it is kept: its text is repetitive,
// and can be longer than a value.
type packedPolicy struct {
	issuer.PolicyVersion
	Packed []byte `json:"packed"` // gzip
}

func pack(v issuer.PolicyVersion) (p packedPolicy, err error) {
	var buf bytes.Buffer
	w := gzip.NewWriter(&buf)
	if _, err := io.WriteString(w, v.Source); err != nil {
		return p, fmt.Errorf("packing a policy: %w", err)
	}
	if err := w.Close(); err != nil {
		return p, fmt.Errorf("packing a policy: %w", err)
	}
	v.Source = ""
	return packedPolicy{v, buf.Bytes()}, nil
}

func (p packedPolicy) unpack() (issuer.PolicyVersion, error) {
	r, err := gzip.NewReader(bytes.NewReader(p.Packed))
	if err != nil {
		return issuer.PolicyVersion{}, damaged("unpacking a policy: %v", err)
	}
	source, err := io.ReadAll(io.LimitReader(r, limits.YAMLBytes))
	if err != nil {
		return issuer.PolicyVersion{}, damaged("unpacking a policy: %v", err)
	}
	p.Source = string(source)
	return p.PolicyVersion, nil
}

// nextPolicy writes a version of the policy behind those that there are.
func nextPolicy(v issuer.PolicyVersion) (func(*badger.Txn) error, error) {
	packed, err := pack(v)
	if err != nil {
		return nil, err
	}
	value, err := encode(packed)
	if errors.Is(err, errTooLarge) {
		return nil, issuer.ErrPolicyTooLarge
	}
	return func(txn *badger.Txn) error { return put(txn, numbered(policyPrefix, last(txn, policyPrefix)+1), value) }, err
}

// Policies implements issuer.Store.
func (s *Store) Policies(ctx context.Context) ([]issuer.PolicyVersion, error) {
	packed, err := newestOf[packedPolicy](ctx, s, policyPrefix, -1)
	if err != nil {
		return nil, err
	}
	versions := make([]issuer.PolicyVersion, len(packed))
	for i, p := range packed {
		if versions[i], err = p.unpack(); err != nil {
			return nil, err
		}
	}
	return versions, nil
}
