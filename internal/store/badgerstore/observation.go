package badgerstore

import (
	"errors"
	"slices"

	"github.com/dgraph-io/badger/v4"

	"github.com/fc28f635/countersign/issuer"
)

// The observations are one value: every decision asks for them, and there are
// hardly ever any.

// observations returns all of them.
func observations(txn *badger.Txn) (list []issuer.Observation, err error) {
	if err = get(txn, []byte(observationsKey), &list); errors.Is(err, badger.ErrKeyNotFound) {
		return nil, nil
	}
	return list, err
}

// unobserve ends the observation of something, and observe puts one in its place.
func unobserve(of string) func(*badger.Txn) error {
	return func(txn *badger.Txn) error {
		list, err := observations(txn)
		if err != nil {
			return err
		}
		rest := slices.DeleteFunc(slices.Clone(list), func(o issuer.Observation) bool { return o.Of == of })
		if len(rest) == len(list) {
			return issuer.ErrNotFound
		}
		return putObservations(txn, rest)
	}
}

func observe(o issuer.Observation) func(*badger.Txn) error {
	return func(txn *badger.Txn) error {
		list, err := observations(txn)
		if err != nil {
			return err
		}
		list = slices.DeleteFunc(list, func(before issuer.Observation) bool { return before.Of == o.Of })
		return putObservations(txn, append(list, o))
	}
}

func putObservations(txn *badger.Txn, list []issuer.Observation) error {
	value, err := encode(list)
	if err != nil {
		return err
	}
	return put(txn, []byte(observationsKey), value)
}
