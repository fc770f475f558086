package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/fc28f635/countersign/attest"
	"github.com/fc28f635/countersign/docs"
	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/trustroots"
	"github.com/fc28f635/countersign/verify"
)

// defaultLifetime of a statement is the longest that policy standard accepts.
const defaultLifetime = 90 * 24 * time.Hour

// A release is client metadata about to be signed.
type release struct {
	publisher metadata.Publisher
	client    metadata.Client // a software_statement in it is not signed
	key       attest.Key
	audience  string
	lifetime  time.Duration
	journal   attest.Journal // of the key; has every statement before anyone else
}

// sign makes the release statement and judges it as a verifier would that
// trusts no key but this one. What would be refused is not signed.
func (r release) sign(ctx context.Context, now time.Time) (string, error) {
	if err := r.checkLive(); err != nil {
		return "", err
	}
	stated := r.client.Clone()
	stated.SoftwareStatement = ""
	claims := metadata.Statement{
		Publisher: r.publisher,
		IssuedAt:  now.Unix(),
		ExpiresAt: now.Add(r.lifetime).Unix(),
		ID:        rand.Text(),
		Audience:  r.audience,
		Client:    stated,
	}
	statement, err := r.key.Sign(claims)
	if err != nil {
		return "", refusedToSign(err)
	}
	if r.client.ClientID != "" && len(statement) > limits.StatementInDocumentBytes {
		return "", refused(fmt.Errorf("the statement has %d bytes, and a metadata document has room for %d", len(statement), limits.StatementInDocumentBytes),
			"leave out of client.json what no authorization server needs; the largest members: "+largest(stated))
	}
	v, err := judge(ctx, r.publisher, r.key.JWK(), verify.Presentation{Statement: statement, Audience: r.audience}, nil)
	if err != nil {
		return "", fail(err, "")
	}
	if err := rejected(v); err != nil {
		return "", err
	}
	err = r.journal.Append(attest.Event{At: now, Kind: attest.KeySigned, KeyID: r.key.ID(), Thumbprint: r.key.Thumbprint(),
		Digest: v.Digest, StatementID: claims.ID, ExpiresAt: claims.ExpiresAt, SoftwareID: stated.SoftwareID, ClientID: stated.ClientID})
	if err != nil {
		return "", fail(err, "nothing is signed that the journal cannot keep: --key-dir names a directory that can be written")
	}
	return statement, nil
}

// checkLive refuses a key that the journal says is retired or stolen.
func (r release) checkLive() error {
	events, _, err := r.journal.Read()
	if err != nil {
		return fail(err, "--key-dir names a directory for keys")
	}
	for _, e := range events {
		if e.KeyID == r.key.ID() && (e.Kind == attest.KeyRetired || e.Kind == attest.KeyStolen) {
			return refused(fmt.Errorf("not signed: the key %s is %s, as noted on %s", e.KeyID, e.Kind, clock(e.At)),
				command("keys", "list", r.publisher.Domain())+" lists the others, and --kid chooses one")
		}
	}
	return nil
}

// refusedToSign tells every defect that kept a statement from being signed.
func refusedToSign(err error) error {
	var defects metadata.Defects
	if !errors.As(err, &defects) || len(defects) == 0 {
		return fail(err, "")
	}
	texts := make([]string, len(defects))
	for i, d := range defects {
		texts[i] = d.Error()
	}
	return refused(fmt.Errorf("not signed, since every verifier would refuse it: %s", strings.Join(texts, "; ")), mendOf(defects[0].Reason))
}

// rejected is nil for a verified verdict, else the error that says why not.
func rejected(v *verify.Verdict) error {
	if v.Outcome == verify.Verified {
		return nil
	}
	text := string(v.Reason())
	for _, f := range v.Findings {
		if f.Reason == v.Reason() && f.Detail != "" {
			text += ": " + f.Detail
			break
		}
	}
	return refused(fmt.Errorf("not published, since every verifier would refuse it: %s", text), mendOf(v.Reason()))
}

// refused says that the input is wrong, and how to mend it.
func refused(err error, hint string) error {
	return &exitError{code: exitRejected, err: err, hint: hint}
}

// mendOf returns the mend of a reason, on one line.
func mendOf(r metadata.Reason) string {
	page, _ := docs.Reason(string(r))
	_, mend, ok := strings.Cut(page, "**Mend.**")
	if !ok {
		return "countersign why " + string(r) + " says more"
	}
	return strings.Join(strings.Fields(strings.NewReplacer("**", "", "`", "").Replace(mend)), " ")
}

// judge verifies what the publisher presents, with one public key and no other,
// and with documents that are at hand. Nothing is looked up.
func judge(ctx context.Context, p metadata.Publisher, jwk json.RawMessage, what verify.Presentation, documents map[string][]byte) (*verify.Verdict, error) {
	root, warnings, err := trustroots.NewRoot(trustroots.RootConfig{Publisher: p, Origin: "the publisher's own key", Keys: []json.RawMessage{jwk}})
	if err == nil && len(warnings) > 0 {
		err = warnings[0].Err
	}
	if err != nil {
		return nil, fmt.Errorf("checking with the publisher's own key: %w", err)
	}
	verifier, err := verify.New(verify.Config{Roots: ownKey{root}, Fetcher: atHand(documents), InsecureSpecialUse: true})
	if err != nil {
		return nil, fmt.Errorf("checking with the publisher's own key: %w", err)
	}
	return verifier.Verify(ctx, what)
}

// ownKey is a [trustroots.Source] that knows one publisher.
type ownKey struct{ root *trustroots.Root }

// Root implements [trustroots.Source].
func (s ownKey) Root(_ context.Context, p metadata.Publisher) (*trustroots.Root, error) {
	if p != s.root.Publisher() {
		return nil, fmt.Errorf("%s: %w", p, trustroots.ErrUnknown)
	}
	return s.root, nil
}

// atHand is a [verify.Fetcher] of documents that need not be fetched.
type atHand map[string][]byte

// Fetch implements [verify.Fetcher].
func (d atHand) Fetch(_ context.Context, url string, limit int) (verify.Resource, error) {
	body, ok := d[url]
	switch {
	case !ok:
		return verify.Resource{}, &verify.FetchError{Err: errors.New("not looked up")}
	case len(body) > limit:
		return verify.Resource{}, &verify.FetchError{Unusable: true, Err: fmt.Errorf("larger than %d bytes", limit)}
	}
	return verify.Resource{Body: body, Server: "at hand"}, nil
}

// parseLifetime reads a number of days, such as 90d, or of hours, such as 12h.
func parseLifetime(text string) (time.Duration, error) {
	var lifetime time.Duration
	days, isDays := strings.CutSuffix(text, "d")
	if isDays {
		n, err := strconv.ParseUint(days, 10, 16)
		if err != nil {
			return 0, &usageError{fmt.Errorf("--expires %.100q is no number of days, such as 90d", text)}
		}
		lifetime = time.Duration(n) * 24 * time.Hour
	} else {
		var err error
		if lifetime, err = time.ParseDuration(text); err != nil {
			return 0, &usageError{fmt.Errorf("--expires %.100q is no time, such as 90d or 12h", text)}
		}
	}
	if lifetime < time.Second || lifetime > limits.StatementLifetime {
		return 0, &usageError{fmt.Errorf("--expires %.100q is not between 1s and 366d", text)}
	}
	return lifetime, nil
}
