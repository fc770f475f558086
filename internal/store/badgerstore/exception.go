package badgerstore

import (
	"errors"

	"github.com/dgraph-io/badger/v4"

	"github.com/fc28f635/countersign/issuer"
)

// unheld refuses an allowance for a subject on which a hold is in force.
func unheld(txn *badger.Txn, a issuer.Act, e issuer.Exception) error {
	var before issuer.Exception
	switch err := get(txn, exceptionKey(e.Subject.String()), &before); {
	case errors.Is(err, badger.ErrKeyNotFound):
		return nil
	case err != nil:
		return err
	}
	if !e.Holds() && before.Holds() && a.At.Before(before.Until) {
		return issuer.ErrHeld
	}
	return nil
}
