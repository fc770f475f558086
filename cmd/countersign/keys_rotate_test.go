package main

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fc28f635/countersign/internal/jose"
)

// A rotation is a running service that countersigns, and the clock of both it
// and the keys commands.
type rotation struct {
	cfg     serviceConfig
	service *service
	key     string       // of the service's operator
	clock   atomic.Int64 // Unix seconds
}

func newRotation(t *testing.T) *rotation {
	t.Helper()
	r := &rotation{cfg: signingService(t)}
	r.clock.Store(time.Now().Unix())
	now := func() time.Time { return time.Unix(r.clock.Load(), 0) }
	r.cfg.Lookup.Now = now
	before := testOnlyNow
	testOnlyNow = now
	t.Cleanup(func() { testOnlyNow = before })
	r.service = serveTest(t, r.cfg)
	r.key = r.service.firstKey
	return r
}

func (r *rotation) pass(d time.Duration) { r.clock.Add(int64(d / time.Second)) }

// rotate runs keys rotate and returns the keys that it lists.
func (r *rotation) rotate(t *testing.T, flags ...string) []listedCountersigning {
	t.Helper()
	var stdout, stderr bytes.Buffer
	args := append([]string{"keys", "rotate", "--data", r.cfg.Dir, "--json"}, flags...)
	if code := run(t.Context(), args, nil, &stdout, &stderr); code != exitOK {
		t.Fatalf("exit %d\n%s", code, &stderr)
	}
	var answer struct{ Keys []listedCountersigning }
	if err := json.Unmarshal(stdout.Bytes(), &answer); err != nil {
		t.Fatalf("%v\n%s", err, &stdout)
	}
	return answer.Keys
}

// published returns the set that consumers read, by kid.
func (r *rotation) published(t *testing.T) map[string]jose.Key {
	t.Helper()
	resp, err := http.Get(r.service.url() + "/.well-known/jwks.json")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	set, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	keys, problems, err := jose.ParseKeys(set)
	if err != nil || len(problems) > 0 {
		t.Fatalf("%s: %v %v", set, problems, err)
	}
	byKid := map[string]jose.Key{}
	for _, k := range keys {
		byKid[k.ID()] = k
	}
	return byKid
}

// sign has the service countersign a decision.
func (r *rotation) sign(t *testing.T) jose.Compact {
	t.Helper()
	_, d, err := postDecision(r.service.url(), r.key, signedRegistration(t, r.cfg))
	if err != nil {
		t.Fatal(err)
	}
	c, err := jose.ParseCountersigned(d.Countersigned)
	if err != nil {
		t.Fatalf("countersigned %.100q: %v", d.Countersigned, err)
	}
	return c
}

// verifies reports whether a statement verifies with what is published now.
func (r *rotation) verifies(t *testing.T, c jose.Compact) bool {
	t.Helper()
	key, ok := r.published(t)[c.Header.KeyID]
	return ok && c.Verify(key) == nil
}

// A rotation by the clock: no statement is ever signed with a key that was not
// published a day before, and each verifies until it ends.
func TestKeysRotate(t *testing.T) {
	r := newRotation(t)
	first := r.sign(t)
	old := first.Header.KeyID
	if !r.verifies(t, first) || len(r.published(t)) != 1 {
		t.Fatalf("before: %v", r.published(t))
	}

	listed := r.rotate(t)
	if len(listed) != 2 || listed[0].KeyID != old || listed[0].State != "signs" || listed[1].State != "announced" {
		t.Fatalf("listed %+v", listed)
	}
	announced := listed[1].KeyID
	if keys := r.published(t); len(keys) != 2 || keys[announced].ID() == "" || keys[old].ID() == "" {
		t.Fatalf("announced, published %v", keys)
	}
	r.pass(defaultOverlap - time.Second)
	last := r.sign(t)
	if last.Header.KeyID != old || !r.verifies(t, last) {
		t.Errorf("during the overlap %s signs", last.Header.KeyID)
	}

	r.pass(time.Second)
	switched := r.sign(t)
	if switched.Header.KeyID != announced {
		t.Errorf("after the overlap %s signs", switched.Header.KeyID)
	}
	if !r.verifies(t, switched) || !r.verifies(t, last) {
		t.Error("after the overlap a statement does not verify")
	}
	const clocks = 5 * time.Minute // by which those of consumers may be behind
	r.pass(time.Hour + clocks)
	if !r.verifies(t, last) {
		t.Error("the old key is gone before its last statement ends")
	}
	r.pass(keptPublished - time.Hour - clocks - time.Second)
	if len(r.published(t)) != 2 {
		t.Error("the old key is gone before its end")
	}
	r.pass(time.Second)
	if keys := r.published(t); len(keys) != 1 || keys[announced].ID() == "" {
		t.Errorf("after the end, published %v", keys)
	}

	// The next rotation takes away what has ended.
	r.rotate(t, "--now")
	if _, err := os.Stat(filepath.Join(r.cfg.Dir, countersigningFile)); !os.IsNotExist(err) {
		t.Errorf("the first key is there: %v", err)
	}
	if again := r.sign(t); again.Header.KeyID == announced || !r.verifies(t, again) || len(r.published(t)) != 2 {
		t.Errorf("--now: %s signs, published %v", again.Header.KeyID, r.published(t))
	}
}

// --now brings the announced key forward and makes no third one.
func TestKeysRotateNow(t *testing.T) {
	r := newRotation(t)
	announced := r.rotate(t)[1].KeyID
	listed := r.rotate(t, "--now")
	if len(listed) != 2 || listed[0].KeyID != announced || listed[1].PublishedUntil.Unix() != r.clock.Load()+int64(keptPublished/time.Second) {
		t.Errorf("listed %+v", listed)
	}
	if c := r.sign(t); c.Header.KeyID != announced {
		t.Errorf("%s signs", c.Header.KeyID)
	}
	third := r.rotate(t, "--now") // in the same second
	if c := r.sign(t); len(third) != 3 || c.Header.KeyID == announced || c.Header.KeyID != third[0].KeyID {
		t.Errorf("%s signs, listed %+v", c.Header.KeyID, third)
	}
}

// A compromised key is dropped at once, and with it the one that was announced
// in the same directory: both files are deleted.
func TestKeysRotateCompromised(t *testing.T) {
	r := newRotation(t)
	stolen := r.sign(t)
	r.rotate(t)
	listed := r.rotate(t, "--compromised")
	if len(listed) != 1 || listed[0].State != "signs" {
		t.Fatalf("listed %+v", listed)
	}
	if keys := r.published(t); len(keys) != 1 || keys[listed[0].KeyID].ID() == "" {
		t.Errorf("published %v", keys)
	}
	if r.verifies(t, stolen) {
		t.Error("what the compromised key signed verifies")
	}
	if c := r.sign(t); c.Header.KeyID != listed[0].KeyID || !r.verifies(t, c) {
		t.Errorf("%s signs", c.Header.KeyID)
	}
	files, err := filepath.Glob(filepath.Join(r.cfg.Dir, "countersign*.pem"))
	if err != nil || len(files) != 1 || filepath.Base(files[0]) != listed[0].File {
		t.Errorf("key files %v, %v", files, err)
	}
	// It does so whatever is left of the old keys.
	if err := os.WriteFile(filepath.Join(r.cfg.Dir, scheduleFile), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if c := r.sign(t); c.Header.KeyID != listed[0].KeyID {
		t.Errorf("with a damaged schedule %s signs", c.Header.KeyID)
	}
	again := r.rotate(t, "--compromised")
	if c := r.sign(t); len(again) != 1 || c.Header.KeyID != again[0].KeyID {
		t.Errorf("after a damaged schedule %s signs, listed %+v", c.Header.KeyID, again)
	}
}

// The keys survive a restart, at whatever point of a rotation.
func TestKeysRotateRestart(t *testing.T) {
	r := newRotation(t)
	old := r.sign(t)
	r.rotate(t, "--now")
	if err := r.service.stop(); err != nil {
		t.Fatal(err)
	}
	r.service = serveTest(t, r.cfg)
	if !r.verifies(t, old) || r.sign(t).Header.KeyID == old.Header.KeyID {
		t.Errorf("published %v", r.published(t))
	}
	for _, name := range []string{scheduleFile, r.rotate(t, "--status")[0].File} {
		if info, err := os.Stat(filepath.Join(r.cfg.Dir, name)); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}
}

// A service that runs as a process of its own takes up each change, without a
// restart and without a signal.
func TestKeysRotateOtherProcess(t *testing.T) {
	r := &rotation{cfg: smallService(t.TempDir())}
	p := startProcess(t, "--data", r.cfg.Dir, "--issuer", "https://trust.example", "--authorization-server", "https://as.example")
	r.service = &service{scheme: "http", addr: strings.TrimPrefix(p.url, "http://")}
	first := r.rotate(t, "--status")[0].KeyID
	for _, step := range []struct {
		flags []string
		want  int // keys published
	}{{nil, 2}, {[]string{"--now"}, 2}, {[]string{"--compromised"}, 1}} {
		listed := r.rotate(t, step.flags...)
		keys := r.published(t)
		if len(keys) != step.want || len(listed) != step.want {
			t.Errorf("%v: published %v, listed %+v", step.flags, keys, listed)
		}
		for _, k := range listed {
			if keys[k.KeyID].ID() == "" {
				t.Errorf("%v: %s is not published", step.flags, k.KeyID)
			}
		}
		if _, there := keys[first]; there != (step.want > 1) {
			t.Errorf("%v: the first key is published: %t", step.flags, there)
		}
	}
	if err := p.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	<-p.end
	_ = p.cmd.Wait()
}

// A service goes on with the keys that it has while a schedule cannot be read,
// and says so once. It does not start with one.
func TestKeysRotateDamaged(t *testing.T) {
	r := newRotation(t)
	var log bytes.Buffer // written under the lock of the ring, which is idle when it is read
	ring := &countersigningRing{dir: r.cfg.Dir, now: r.cfg.Lookup.Now, log: slog.New(slog.NewTextHandler(&log, nil))}
	if err := ring.refresh(); err != nil {
		t.Fatal(err)
	}
	kid := ring.keys().KeyID()
	if _, err := makeCountersigning(r.cfg.Dir, "countersign-2.pem"); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(r.cfg.Dir, scheduleFile)
	for name, c := range map[string]struct{ schedule, want string }{
		"no JSON":           {"{", "reading the countersigning keys"},
		"a missing file":    {`{"keys":[{"kid":"a","file":"countersign-3.pem","signs_from":"2026-01-01T00:00:00Z"}]}`, "countersign-3.pem"},
		"the kid of no key": {`{"keys":[{"kid":"a","file":"countersign-2.pem","signs_from":"2026-01-01T00:00:00Z"}]}`, "not the key of kid"},
	} {
		t.Run(name, func(t *testing.T) {
			if err := writePrivate(path, []byte(c.schedule)); err != nil {
				t.Fatal(err)
			}
			log.Reset()
			for range 3 {
				if got := ring.keys().KeyID(); got != kid {
					t.Errorf("%s signs", got)
				}
			}
			if text := log.String(); strings.Count(text, "are not in use") != 1 || !strings.Contains(text, c.want) {
				t.Errorf("logged %s", text)
			}
			if _, err := openCountersigner(r.cfg); err == nil || !strings.Contains(err.Error(), "countersigning key") {
				t.Errorf("a service starts: %v", err)
			}
		})
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	r.rotate(t, "--now")
	if ring.keys().KeyID() == kid {
		t.Error("the mended schedule is not in use")
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	log.Reset()
	if ring.keys().KeyID() == kid || !strings.Contains(log.String(), "is gone") {
		t.Errorf("where the schedule is gone the old key signs again, or nothing is said: %s", &log)
	}
}

func TestScheduleCheck(t *testing.T) {
	const key = `{"kid":"a","file":"countersign.pem","signs_from":"2026-01-01T00:00:00Z"}`
	for name, c := range map[string]struct {
		keys string
		want string // part of the error; none where it is sound
	}{
		"one":                    {key, ""},
		"none":                   {"", "no keys"},
		"twice":                  {key + "," + key, "twice"},
		"two of one file":        {key + `,{"kid":"b","file":"countersign.pem","signs_from":"2026-02-01T00:00:00Z"}`, "twice"},
		"a file elsewhere":       {`{"kid":"a","file":"../countersign.pem","signs_from":"2026-01-01T00:00:00Z"}`, "data directory"},
		"another file":           {`{"kid":"a","file":"MANIFEST","signs_from":"2026-01-01T00:00:00Z"}`, "data directory"},
		"the last one ends":      {`{"kid":"a","file":"countersign.pem","signs_from":"2026-01-01T00:00:00Z","published_until":"2026-02-01T00:00:00Z"}`, "has an end"},
		"an unknown member":      {`{"kid":"a","file":"countersign.pem","signs_from":"2026-01-01T00:00:00Z","until":1}`, "until"},
		"a time that is no time": {`{"kid":"a","file":"countersign.pem","signs_from":"tomorrow"}`, "signs_from"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, scheduleFile), []byte(`{"keys":[`+c.keys+`]}`), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := readSchedule(dir)
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
}

// At any time one key signs, the first of those that are published.
func TestScheduleAt(t *testing.T) {
	day := func(n int) time.Time { return time.Date(2026, 1, n, 0, 0, 0, 0, time.UTC) }
	s := schedule{Keys: []scheduledKey{
		{KeyID: "a", SignsFrom: day(1), PublishedUntil: day(4)},
		{KeyID: "b", SignsFrom: day(3), PublishedUntil: day(8)},
		{KeyID: "c", SignsFrom: day(6)},
	}}
	for at, want := range map[time.Time]string{
		day(0): "abc", // a clock that was set back: the first signs
		day(1): "abc", day(2): "abc", day(3): "bac", day(4): "bc", day(5): "bc", day(6): "cb", day(7): "cb", day(8): "c", day(9): "c",
	} {
		var got []string
		for _, k := range s.at(at) {
			got = append(got, k.KeyID)
		}
		if strings.Join(got, "") != want {
			t.Errorf("%s: %v, want %s", at.Format(time.DateOnly), got, want)
		}
	}
	if slices.ContainsFunc(s.with(scheduledKey{KeyID: "d", SignsFrom: day(20)}, day(9)).Keys, func(k scheduledKey) bool { return k.KeyID == "a" || k.KeyID == "b" }) {
		t.Error("what has ended is kept")
	}
}
