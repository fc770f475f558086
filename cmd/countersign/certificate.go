package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// certificateWatch is how often the files of a certificate are looked at.
const certificateWatch = 10 * time.Second

// certificateNotice is how long before its end a certificate that nobody renewed
// is told of: time for a person, and less than is left of the shortest ones, of
// six days, when they are renewed.
const certificateNotice = 48 * time.Hour

// A certificate is the service's own, which is replaced while it is in use. It
// is safe for concurrent use.
type certificate struct {
	current atomic.Pointer[tls.Certificate]

	mu    sync.Mutex
	files pairFiles
	seen  string    // what the files were when they were last read
	told  time.Time // the end of the one whose end was told
}

// pairFiles name a certificate chain and its key.
type pairFiles struct{ cert, key string }

// openCertificate reads a certificate that is to be used from the start.
func openCertificate(files pairFiles, now time.Time) (*certificate, error) {
	c := &certificate{}
	return c, c.replace(files, now)
}

// get is tls.Config.GetCertificate.
func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	return c.current.Load(), nil
}

// replace has the files used from now on. On an error what was used stays.
func (c *certificate) replace(files pairFiles, now time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen = files.stamp() // before they are read: what is written meanwhile is read again
	pair, err := files.read(now)
	if err != nil {
		return err
	}
	c.files = files
	c.current.Store(pair)
	return nil
}

// adopt has the files and the pair of another certificate, which nobody uses,
// used from now on.
func (c *certificate) adopt(next *certificate) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.files, c.seen = next.files, next.seen
	c.current.Store(next.current.Load())
}

// read returns a pair that clients can accept.
func (f pairFiles) read(now time.Time) (*tls.Certificate, error) {
	pair, err := tls.LoadX509KeyPair(f.cert, f.key)
	switch {
	case err != nil:
		return nil, fmt.Errorf("reading the certificate %q and its key %q: %w", f.cert, f.key, err)
	case now.After(pair.Leaf.NotAfter):
		return nil, fmt.Errorf("reading the certificate %q: it ended at %s", f.cert, pair.Leaf.NotAfter.UTC().Format(time.RFC3339))
	case now.Before(pair.Leaf.NotBefore):
		return nil, fmt.Errorf("reading the certificate %q: it holds from %s", f.cert, pair.Leaf.NotBefore.UTC().Format(time.RFC3339))
	}
	return &pair, nil
}

// stamp is another text where a file is another.
func (f pairFiles) stamp() string {
	text := f.cert + "\n" + f.key
	for _, name := range []string{f.cert, f.key} {
		info, err := os.Stat(name)
		if err != nil {
			text += "\n" + err.Error()
			continue
		}
		text += fmt.Sprintf("\n%d %s", info.Size(), info.ModTime().Format(time.RFC3339Nano))
	}
	return text
}

// watch reads the files again when they change, until ctx is done. A pair that
// is wrong changes nothing and is told once.
func (c *certificate) watch(ctx context.Context, every time.Duration, log *slog.Logger) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if err := c.look(time.Now()); err != nil && !errors.Is(err, errUnchanged) {
			log.LogAttrs(ctx, slog.LevelError, "certificate not reloaded", slog.String("error", err.Error()), slog.String("kept_until", c.until()))
		} else if err == nil {
			log.LogAttrs(ctx, slog.LevelInfo, "certificate reloaded", slog.String("until", c.until()))
		}
		if c.ending(time.Now()) {
			log.LogAttrs(ctx, slog.LevelWarn, "certificate ends", slog.String("until", c.until()))
		}
	}
}

// ending reports, once for each certificate, that the one in use ends soon.
func (c *certificate) ending(now time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	end := c.current.Load().Leaf.NotAfter
	if end.Equal(c.told) || now.Add(certificateNotice).Before(end) {
		return false
	}
	c.told = end
	return true
}

// errUnchanged says that files are as they were when they were last read.
var errUnchanged = errors.New("unchanged")

// look reads the files again where they changed.
func (c *certificate) look(now time.Time) error {
	c.mu.Lock()
	files, seen := c.files, c.seen
	c.mu.Unlock()
	if files.stamp() == seen {
		return errUnchanged
	}
	return c.replace(files, now)
}

// until is when the certificate in use ends.
func (c *certificate) until() string {
	return c.current.Load().Leaf.NotAfter.UTC().Format(time.RFC3339)
}
