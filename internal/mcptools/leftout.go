package mcptools

import (
	"context"
	"log/slog"
	"sync/atomic"
)

// A leftOut counts what the protocol library tells its log alone: tools that it
// excludes from a list. It is the one error that it logs while it lists.
type leftOut struct{ n atomic.Int64 }

func (l *leftOut) logger() *slog.Logger { return slog.New(l) }

func (l *leftOut) count() int { return int(l.n.Load()) }

// Enabled implements [slog.Handler].
func (l *leftOut) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelError }

// Handle implements [slog.Handler].
func (l *leftOut) Handle(context.Context, slog.Record) error {
	l.n.Add(1)
	return nil
}

// WithAttrs implements [slog.Handler].
func (l *leftOut) WithAttrs([]slog.Attr) slog.Handler { return l }

// WithGroup implements [slog.Handler].
func (l *leftOut) WithGroup(string) slog.Handler { return l }
