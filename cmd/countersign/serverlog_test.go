package main

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
)

func TestServerLogHasNoAddress(t *testing.T) {
	for _, report := range []string{
		"http: TLS handshake error from 192.0.2.7:4711: EOF",
		"http: TLS handshake error from [2001:db8::7]:4711: read tcp 198.51.100.1:8640->192.0.2.7:4711: read: connection reset by peer",
		"http2: server: error reading preface from client [fe80::7%eth0]:4711: timeout",
	} {
		var log bytes.Buffer
		newServerLog(slog.New(slog.NewJSONHandler(&log, nil))).Print(report)
		text := log.String()
		for _, address := range []string{"192.0.2.7", "198.51.100.1", "2001:db8::7", "fe80", "4711"} {
			if strings.Contains(text, address) {
				t.Errorf("%s: logged %s", report, text)
			}
		}
		if !strings.Contains(text, `"msg":"connection"`) || !strings.Contains(text, "ADDRESS") || strings.Count(text, "\n") != 1 {
			t.Errorf("%s: logged %s", report, text)
		}
	}
}
