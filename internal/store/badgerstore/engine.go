package badgerstore

import (
	"errors"
	"io/fs"
	"log/slog"

	"github.com/dgraph-io/badger/v4"
	bopt "github.com/dgraph-io/badger/v4/options"
)

// options are Badger's for a directory.
func options(dir string, small bool, log *slog.Logger) badger.Options {
	o := badger.DefaultOptions(dir).
		WithSyncWrites(true).
		WithVerifyValueChecksum(true).
		WithChecksumVerificationMode(bopt.OnBlockRead).
		WithCompression(bopt.None).
		WithBlockCacheSize(0).
		WithDetectConflicts(false). // there is one writer
		WithMetricsEnabled(false).
		WithLogger(bridge{log}).
		WithBypassLockGuard(true). // we hold the lock
		WithNumCompactors(2).
		WithNumMemtables(3).
		WithMemTableSize(16 << 20).
		WithValueThreshold(2 * valueBytes).
		WithValueLogFileSize(1 << 20)
	if small {
		o = o.WithMemTableSize(4 << 20).WithBaseTableSize(1 << 20).WithNumMemtables(2)
	}
	return o
}

// openBadger turns a panic over what is on disk into an error.
func openBadger(o badger.Options) (db *badger.DB, err error) {
	defer func() {
		if r := recover(); r != nil {
			db, err = nil, damaged("%.200v", r)
		}
	}()
	db, err = badger.Open(o)
	if err != nil && !errors.Is(err, fs.ErrPermission) {
		return nil, damaged("%w", err)
	}
	return db, err
}
