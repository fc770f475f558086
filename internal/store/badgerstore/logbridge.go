package badgerstore

import (
	"fmt"
	"log/slog"
	"strings"

	"github.com/dgraph-io/badger/v4"
)

// A bridge gives Badger's reports to a logger. What Badger calls information is
// of use only to its developers.
type bridge struct{ log *slog.Logger }

var _ badger.Logger = bridge{}

// Errorf implements badger.Logger.
func (b bridge) Errorf(format string, args ...any) {
	b.log.Error("store error", "detail", line(format, args))
}

// Warningf implements badger.Logger.
func (b bridge) Warningf(format string, args ...any) {
	b.log.Warn("store warning", "detail", line(format, args))
}

// Infof implements badger.Logger.
func (b bridge) Infof(format string, args ...any) {
	b.log.Debug("store report", "detail", line(format, args))
}

// Debugf implements badger.Logger. Badger traces each write here, and the keys.
func (b bridge) Debugf(string, ...any) {}

func line(format string, args []any) string {
	return strings.TrimSpace(fmt.Sprintf(format, args...))
}
