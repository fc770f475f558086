package badgerstore

import (
	"context"

	"github.com/dgraph-io/badger/v4"

	"github.com/fc28f635/countersign/issuer"
)

// nextPolicy writes a version of the policy behind those that there are.
func nextPolicy(v issuer.PolicyVersion) (func(*badger.Txn) error, error) {
	value, err := encode(v)
	return func(txn *badger.Txn) error { return put(txn, numbered(policyPrefix, last(txn, policyPrefix)+1), value) }, err
}

// Policies implements issuer.Store.
func (s *Store) Policies(ctx context.Context) ([]issuer.PolicyVersion, error) {
	return newestOf[issuer.PolicyVersion](ctx, s, policyPrefix, -1)
}
