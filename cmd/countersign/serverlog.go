package main

import (
	"context"
	"log"
	"log/slog"
	"regexp"
	"strings"
)

// newServerLog returns the logger of an HTTP server, whose reports of broken
// connections have the peer's address: it is taken out, for nobody needs it.
func newServerLog(to *slog.Logger) *log.Logger { return log.New(serverLog{to}, "", 0) }

// A serverLog writes each report as one event.
type serverLog struct{ to *slog.Logger }

// anAddress is an IP address with a port.
var anAddress = regexp.MustCompile(`(\d{1,3}(\.\d{1,3}){3}|\[[0-9A-Fa-f:.]+(%[^\]\s]*)?\]):\d+`)

// Write implements io.Writer.
func (l serverLog) Write(report []byte) (int, error) {
	detail := anAddress.ReplaceAllString(strings.TrimSpace(string(report)), "ADDRESS")
	l.to.LogAttrs(context.Background(), slog.LevelWarn, "connection", slog.String("detail", detail))
	return len(report), nil
}
