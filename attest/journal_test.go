package attest_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fc28f635/countersign/attest"
	"github.com/fc28f635/countersign/metadata"
)

var journalNoon = time.Date(2026, 1, 15, 12, 0, 0, 0, time.UTC)

func signedEvent(kid string, n int) attest.Event {
	return attest.Event{At: journalNoon, Kind: attest.KeySigned, KeyID: kid, Digest: "sha256:00", StatementID: fmt.Sprint(n),
		ExpiresAt: journalNoon.Add(time.Hour).Unix(), SoftwareID: "acme", ClientID: "https://acme.example/client.json"}
}

func TestWritePEM(t *testing.T) {
	if err := (attest.Key{}).WritePEM(&bytes.Buffer{}, nil); err == nil {
		t.Error("the zero key was written")
	}
	key, err := attest.Generate("2026a", metadata.KeyEd25519)
	if err != nil {
		t.Fatal(err)
	}
	for name, passphrase := range map[string][]byte{"in the clear": nil, "encrypted": []byte("horse")} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			if err := key.WritePEM(&out, passphrase); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(t.TempDir(), "key.pem")
			if err := os.WriteFile(path, out.Bytes(), 0o600); err != nil {
				t.Fatal(err)
			}
			if runtime.GOOS == "windows" {
				return // a file written without Save is readable by others there
			}
			again, err := attest.Load(path, "2026a", func() ([]byte, error) { return passphrase, nil })
			if err != nil || again.Thumbprint() != key.Thumbprint() || bytes.Contains(out.Bytes(), []byte("ENCRYPTED")) != (passphrase != nil) {
				t.Errorf("%v, %v", again, err)
			}
		})
	}
	if err := key.WritePEM(&bytes.Buffer{}, []byte{}); err == nil {
		t.Error("an empty passphrase was taken")
	}
}

func TestJournal(t *testing.T) {
	p := metadata.MustPublisher("https://acme.example")
	t.Run("keeps what was appended, in order", func(t *testing.T) {
		j := attest.OpenJournal(filepath.Join(t.TempDir(), "keys"), p)
		if events, damaged, err := j.Read(); events != nil || damaged != nil || err != nil {
			t.Fatalf("a journal that is not there: %v, %v, %v", events, damaged, err)
		}
		want := []attest.Event{
			{At: journalNoon, Kind: attest.KeyMade, KeyID: "2026a", Thumbprint: "x"},
			{At: journalNoon, Kind: attest.KeyAnnounced, KeyID: "2026a"},
			signedEvent("2026a", 1),
			{At: journalNoon, Kind: attest.KeyStolen, KeyID: "2026a"},
		}
		for _, batch := range [][]attest.Event{want[:2], want[2:3], want[3:]} {
			if err := j.Append(batch...); err != nil {
				t.Fatal(err)
			}
		}
		got, damaged, err := j.Read()
		if err != nil || damaged != nil {
			t.Fatal(damaged, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if info, err := os.Stat(j.Path()); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
			t.Errorf("%v, %v", info.Mode(), err)
		}
	})
	t.Run("reports a torn last line, before and after more was added", func(t *testing.T) {
		j := attest.OpenJournal(t.TempDir(), p)
		if err := j.Append(signedEvent("2026a", 1)); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(j.Path())
		if err != nil {
			t.Fatal(err)
		}
		for cut := 1; cut <= len(data); cut++ {
			torn := append(slices.Clone(data), data[:len(data)-cut]...)
			if err := os.WriteFile(j.Path(), torn, 0o600); err != nil {
				t.Fatal(err)
			}
			want := []int{2}
			if cut == len(data) {
				want = nil
			}
			if events, damaged, err := j.Read(); err != nil || len(events) != 1 || !slices.Equal(damaged, want) {
				t.Fatalf("cut %d: %d events, damaged %v, %v", cut, len(events), damaged, err)
			}
			if err := j.Append(signedEvent("2026a", 2)); err != nil {
				t.Fatal(err)
			}
			events, damaged, err := j.Read()
			if err != nil || len(events) != 2 && cut > 1 || events[len(events)-1].StatementID != "2" {
				t.Fatalf("cut %d, then appended: %v, damaged %v, %v", cut, events, damaged, err)
			}
			if cut > 1 && !slices.Equal(damaged, want) {
				t.Fatalf("cut %d, then appended: damaged %v", cut, damaged)
			}
		}
	})
	t.Run("reports lines that say nothing", func(t *testing.T) {
		j := attest.OpenJournal(t.TempDir(), p)
		text := strings.Join([]string{
			`{"at":"2026-01-15T12:00:00Z","event":"made","kid":"2026a"}`,
			`not JSON`,
			`{"at":"2026-01-15T12:00:00Z","event":"signed","kid":"2026a"}`,
			`{"at":"2026-01-15T12:00:00Z","event":"burnt","kid":"2026a"}`,
			`{"event":"made","kid":"2026b"}`,
			`{"at":"2026-01-15T12:00:00Z","event":"made","kid":"\u001b["}`,
			`{"at":"2026-01-15T12:00:00Z","event":"retired","kid":"2026a"}`,
		}, "\n") + "\n"
		if err := os.MkdirAll(filepath.Dir(j.Path()), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(j.Path(), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		events, damaged, err := j.Read()
		if err != nil || len(events) != 2 || !slices.Equal(damaged, []int{2, 3, 4, 5, 6}) {
			t.Errorf("%v, damaged %v, %v", events, damaged, err)
		}
	})
	t.Run("refuses events that it could not read again", func(t *testing.T) {
		j := attest.OpenJournal(t.TempDir(), p)
		for _, e := range []attest.Event{
			{},
			{At: journalNoon, Kind: "burnt", KeyID: "2026a"},
			{Kind: attest.KeyMade, KeyID: "2026a"},
			{At: journalNoon, Kind: attest.KeyMade},
			{At: journalNoon, Kind: attest.KeySigned, KeyID: "2026a"},
		} {
			if err := j.Append(e); err == nil {
				t.Errorf("%+v was written", e)
			}
		}
		if _, err := os.Stat(j.Path()); err == nil {
			t.Error("a file was made")
		}
	})
	t.Run("keeps all that is written at once", func(t *testing.T) {
		dir := t.TempDir()
		var g sync.WaitGroup
		const writers, each = 8, 10
		for w := range writers {
			g.Go(func() {
				for n := range each {
					if err := attest.OpenJournal(dir, p).Append(signedEvent(fmt.Sprintf("w%d", w), n)); err != nil {
						t.Error(err)
					}
				}
			})
		}
		g.Wait()
		events, damaged, err := attest.OpenJournal(dir, p).Read()
		if err != nil || len(events) != writers*each || damaged != nil {
			t.Errorf("%d events, damaged %v, %v", len(events), damaged, err)
		}
	})
	t.Run("the zero journal keeps nothing", func(t *testing.T) {
		var j attest.Journal
		if err := j.Append(signedEvent("2026a", 1)); err != nil {
			t.Error(err)
		}
		if events, damaged, err := j.Read(); events != nil || damaged != nil || err != nil {
			t.Error(events, damaged, err)
		}
	})
}
