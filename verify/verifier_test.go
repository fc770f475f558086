package verify_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fc28f635/countersign/internal/vectortest"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

// What a Config may hold it says, both ends included, and an error names what is
// beyond.
func TestNewNamesTheFieldAtFault(t *testing.T) {
	const longest = 366 * 24 * time.Hour
	for name, tc := range map[string]struct {
		cfg   verify.Config
		field string // empty where there is nothing at fault
	}{
		"nothing said":             {verify.Config{}, ""},
		"the least":                {verify.Config{MaxLifetime: time.Second, Leeway: time.Second, DocumentBytes: 1}, ""},
		"the most":                 {verify.Config{MaxLifetime: longest, Leeway: 5 * time.Minute, DocumentBytes: 65536}, ""},
		"a lifetime too long":      {verify.Config{MaxLifetime: longest + 1}, "MaxLifetime"},
		"a negative lifetime":      {verify.Config{MaxLifetime: -1}, "MaxLifetime"},
		"a leeway too long":        {verify.Config{Leeway: 5*time.Minute + 1}, "Leeway"},
		"a negative leeway":        {verify.Config{Leeway: -1}, "Leeway"},
		"documents too large":      {verify.Config{DocumentBytes: 65537}, "DocumentBytes"},
		"documents less than none": {verify.Config{DocumentBytes: -1}, "DocumentBytes"},
	} {
		t.Run(name, func(t *testing.T) {
			v, err := verify.New(tc.cfg)
			switch {
			case tc.field == "" && (err != nil || v == nil):
				t.Errorf("refused: %v", err)
			case tc.field != "" && (v != nil || err == nil || !strings.Contains(err.Error(), "field "+tc.field+" ")):
				t.Errorf("error %v, want one of the field %s", err, tc.field)
			}
		})
	}
}

// A verifier that looks nothing up and has no pins knows nobody, and says so.
func TestZeroConfigIsInconclusive(t *testing.T) {
	verifier, err := verify.New(verify.Config{InsecureSpecialUse: true})
	if err != nil {
		t.Fatal(err)
	}
	v, err := verifier.Verify(t.Context(), verify.Presentation{Statement: statement(t, nil), At: vectortest.DrawnNow})
	if err != nil {
		t.Fatal(err)
	}
	want(t, v, verify.Inconclusive, metadata.ReasonKeysUnavailable)
	if v, err = verifier.Verify(t.Context(), verify.Presentation{}); err != nil {
		t.Fatal(err)
	}
	want(t, v, verify.Rejected, metadata.ReasonStatementMalformed)
}

// Where a Config sets its bounds, they are what holds.
func TestConfiguredBounds(t *testing.T) {
	now := vectortest.DrawnNow.Unix()
	const minute = 60
	for name, tc := range map[string]struct {
		cfg      verify.Config
		iat, exp int64
		reason   metadata.Reason // empty for verified
	}{
		"MaxLifetime, reached":      {verify.Config{MaxLifetime: time.Hour}, now - minute, now + 59*minute, ""},
		"MaxLifetime, passed":       {verify.Config{MaxLifetime: time.Hour}, now - minute, now + 59*minute + 1, metadata.ReasonStatementLifetimeTooLong},
		"Leeway, reached":           {verify.Config{Leeway: 5 * time.Minute}, now - 10*minute, now - 5*minute + 1, ""},
		"Leeway, passed":            {verify.Config{Leeway: 5 * time.Minute}, now - 10*minute, now - 5*minute, metadata.ReasonStatementExpired},
		"Leeway, below the default": {verify.Config{Leeway: time.Second}, now + 2, now + 10*minute, metadata.ReasonStatementNotYetValid},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t, []string{"dns: secure"}, liveZone, func(cfg *verify.Config) {
				cfg.MaxLifetime, cfg.Leeway = tc.cfg.MaxLifetime, tc.cfg.Leeway
			})
			v := p.verify(t, verify.Presentation{Statement: statement(t, func(s *metadata.Statement) { s.IssuedAt, s.ExpiresAt = tc.iat, tc.exp })})
			outcome := verify.Rejected
			if tc.reason == "" {
				outcome = verify.Verified
			}
			want(t, v, outcome, tc.reason)
		})
	}
}

// The instant is the caller's where there is one, else the clock's: in whole
// seconds, as all that is compared with it, and in UTC.
func TestInstant(t *testing.T) {
	zone := time.FixedZone("", 3600)
	clock := vectortest.DrawnNow
	for name, tc := range map[string]struct{ at, want time.Time }{
		"the clock's":                   {time.Time{}, clock},
		"the caller's, before":          {clock.Add(-time.Hour), clock.Add(-time.Hour)},
		"the caller's, after":           {clock.Add(time.Hour), clock.Add(time.Hour)},
		"the caller's, within a second": {clock.Add(time.Second - 1).In(zone), clock},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t, []string{"dns: secure"}, liveZone, nil)
			v := p.verify(t, verify.Presentation{Statement: statement(t, nil), At: tc.at})
			want(t, v, verify.Verified, "")
			if v.At != tc.want {
				t.Errorf("judged at %s, want %s", v.At, tc.want)
			}
		})
	}
}

// A context that is done takes back no verdict that was reached; but what could not
// be had is no finding where nobody waited for it.
func TestContextThatIsDone(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*verify.Config)
		text   string
		want   verify.Outcome
		err    error
	}{
		"verified":     {nil, statement(t, nil), verify.Verified, nil},
		"rejected":     {nil, "x", verify.Rejected, nil},
		"inconclusive": {func(cfg *verify.Config) { cfg.Roots = brokenRoots{} }, statement(t, nil), verify.Inconclusive, context.Canceled},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			p := newPlace(t, []string{"dns: secure"}, liveZone, func(cfg *verify.Config) {
				if tc.change != nil {
					tc.change(cfg)
				}
				cfg.Observer.Stage = func(s verify.Stage, _ time.Duration) {
					if s == verify.StageProvenance || s == verify.StageForm && tc.want != verify.Verified {
						cancel()
					}
				}
			})
			v, err := p.verifier.Verify(ctx, verify.Presentation{Statement: tc.text})
			if !errors.Is(err, tc.err) || (v == nil) != (tc.err != nil) || v != nil && v.Outcome != tc.want {
				t.Errorf("got %+v and error %v, want %s, %v", v, err, tc.want, tc.err)
			}
			if ctx.Err() == nil {
				t.Error("nobody left")
			}
		})
	}
}

// The logger receives one event per verification, whatever came of it, and nothing
// that a statement claims.
func TestOneEventPerVerification(t *testing.T) {
	for name, tc := range map[string]struct {
		level slog.Level
		text  string
		event string // empty where there is none
	}{
		"verified": {slog.LevelDebug, statement(t, nil), `{"level":"DEBUG","msg":"verified","outcome":"verified","reason":"","publisher":"https://acme.example"}`},
		"rejected": {slog.LevelDebug, statement(t, func(s *metadata.Statement) { s.ExpiresAt = s.IssuedAt + 1 }),
			`{"level":"DEBUG","msg":"verified","outcome":"rejected","reason":"statement_expired","publisher":"https://acme.example"}`},
		"not asked for": {slog.LevelInfo, statement(t, nil), ""},
	} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			p := newPlace(t, []string{"dns: secure"}, liveZone, func(cfg *verify.Config) {
				cfg.Logger = slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: tc.level}))
			})
			v := p.verify(t, verify.Presentation{Statement: tc.text})
			if tc.event == "" {
				if log.Len() > 0 {
					t.Errorf("logged %s", log.String())
				}
				return
			}
			var event, wanted map[string]any
			if err := json.Unmarshal(log.Bytes(), &event); err != nil {
				t.Fatalf("%s: %v", log.String(), err)
			}
			if err := json.Unmarshal([]byte(tc.event), &wanted); err != nil {
				t.Fatal(err)
			}
			delete(event, "time")
			wanted["statement"] = v.Digest
			if diff := cmp.Diff(wanted, event); diff != "" {
				t.Errorf("the event, -want +got:\n%s", diff)
			}
		})
	}
}
