package issuer

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

// A Pin is an operator's copy of a metadata document. It stands for the document
// where that cannot be had: behind a bot challenge, or during an outage. What the
// address serves, and 410, always win. The zero Pin is of nothing.
type Pin struct {
	ClientID string `json:"client_id"`
	Document []byte `json:"document,omitempty"`
	Digest   string `json:"digest"` // "sha256:…" of the document

	Actor  string    `json:"actor"`
	Reason string    `json:"reason"`
	At     time.Time `json:"at"`
	Until  time.Time `json:"until"`
}

// Check reports what is wrong with a pin. The document must be one that could
// have been fetched: at most limit bytes, and well formed.
func (p Pin) Check(limit int) error {
	id, err := metadata.ParseClientID(p.ClientID)
	if err != nil {
		return err
	}
	if p.ClientID == id.Publisher().PublisherDocumentURL() {
		return errors.New("that is where the publisher document is, which holds keys and cannot be pinned")
	}
	if len(p.Document) > limit {
		return fmt.Errorf("the document has %d bytes, and at most %d are read", len(p.Document), limit)
	}
	if _, err := metadata.ParseDocument(p.Document, id); err != nil {
		return fmt.Errorf("the document: %w", err)
	}
	if err := checkWord("a pin", p.Actor, p.Reason, p.At, p.Until); err != nil {
		return err
	}
	if p.Until.Sub(p.At) > limits.PinLongest {
		return fmt.Errorf("a pin lasts at most %d days", limits.PinLongest/(24*time.Hour))
	}
	return nil
}

// digestOf returns the digest of a document, of a policy or of what a client
// presents, as it is shown: "sha256:" and 64 hexadecimal digits.
func digestOf(data []byte) string {
	sum := sha256.Sum256(data)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// A PinnedFetcher is a [verify.Fetcher] that gives an operator's pin for a
// metadata document that Fetcher cannot have. All fields are required. It is safe
// for concurrent use.
type PinnedFetcher struct {
	Fetcher verify.Fetcher
	Store   Store
	Now     func() time.Time
}

// Fetch implements [verify.Fetcher].
func (f PinnedFetcher) Fetch(ctx context.Context, url string, limit int) (verify.Resource, error) {
	resource, err := f.Fetcher.Fetch(ctx, url, limit)
	var failed *verify.FetchError
	const gone = 410
	if err == nil || errors.As(err, &failed) && (failed.Refused || failed.Status == gone) {
		return resource, err
	}
	pin, pinErr := f.Store.Pinned(ctx, url)
	if pinErr != nil || f.Now().Before(pin.At) || !f.Now().Before(pin.Until) || len(pin.Document) > limit {
		return resource, err
	}
	return verify.Resource{Body: pin.Document, PinnedBy: pin.Actor, PinnedUntil: pin.Until}, nil
}
