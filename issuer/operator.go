package issuer

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

// Accept records an operator's yes, and returns it with the keys of the publisher
// that it is given to: those that are not held down now.
func (r *Registry) Accept(ctx context.Context, a Acceptance) (Acceptance, error) {
	if err := a.Check(); err != nil {
		return Acceptance{}, err
	}
	seen, err := r.sightings(ctx, a.Publisher)
	if err != nil {
		return Acceptance{}, err
	}
	a.Line = verify.Established(seen, r.now())
	act := Act{Verb: VerbAccept, At: r.now(), Actor: a.Actor, Reason: a.Reason, Subject: a.Subject().String(), Until: a.Until, Line: a.Line}
	if !a.Publisher.IsZero() {
		act.Seen = a.Shape
	}
	return a, r.record(ctx, act, Change{Accept: &a})
}

// Unaccept ends the acceptance of a publisher and a shape. The error wraps
// [ErrNotFound] where there is none.
func (r *Registry) Unaccept(ctx context.Context, p metadata.Publisher, shape metadata.Shape, w Word) error {
	if err := w.Check(); err != nil {
		return err
	}
	a := Acceptance{Publisher: p, Shape: shape}
	act := Act{Verb: VerbUnaccept, At: r.now(), Actor: w.Actor, Reason: w.Reason, Subject: a.Subject().String()}
	if !p.IsZero() {
		act.Seen = shape
	}
	return r.record(ctx, act, Change{Unaccept: &a})
}

// Except records a hold or an allowance, and returns it as it is recorded. The
// error wraps [ErrHeld] where an allowance meets a hold.
func (r *Registry) Except(ctx context.Context, e Exception) (Exception, error) {
	e.At = r.now()
	if err := e.Check(); err != nil {
		return Exception{}, err
	}
	act := Act{Verb: VerbHold, At: e.At, Actor: e.Actor, Reason: e.Reason, Subject: e.Subject.String(), Until: e.Until}
	if !e.Holds() {
		seen, err := r.sightings(ctx, e.Subject.Publisher())
		if err != nil {
			return Exception{}, err
		}
		for _, s := range seen {
			e.Line = append(e.Line, s.Thumbprint)
		}
		act.Verb, act.Tier, act.Line = VerbAllow, e.Tier, e.Line
	}
	return e, r.record(ctx, act, Change{Except: &e})
}

// Release ends the hold or the allowance of a subject. The error wraps
// [ErrNotFound] where there is none.
func (r *Registry) Release(ctx context.Context, s metadata.Subject, w Word) error {
	if err := w.Check(); err != nil {
		return err
	}
	act := Act{Verb: VerbRelease, At: r.now(), Actor: w.Actor, Reason: w.Reason, Subject: s.String()}
	return r.record(ctx, act, Change{Release: s})
}

// Pin records an operator's copy of a metadata document, and returns it as it is
// recorded.
func (r *Registry) Pin(ctx context.Context, p Pin) (Pin, error) {
	p.At, p.Digest = r.now(), digestOf(p.Document)
	if err := p.Check(limits.DocumentBytes); err != nil {
		return Pin{}, err
	}
	act := Act{Verb: VerbPin, At: p.At, Actor: p.Actor, Reason: p.Reason, Subject: p.ClientID, Until: p.Until, Digest: p.Digest}
	return p, r.record(ctx, act, Change{Pin: &p})
}

// Unpin drops the copy of a metadata document. The error wraps [ErrNotFound]
// where there is none.
func (r *Registry) Unpin(ctx context.Context, clientID string, w Word) error {
	if err := w.Check(); err != nil {
		return err
	}
	act := Act{Verb: VerbUnpin, At: r.now(), Actor: w.Actor, Reason: w.Reason, Subject: clientID}
	return r.record(ctx, act, Change{Unpin: clientID})
}

// LiftKey ends that a key is dead because its private part was seen in public. Where
// that is seen once more, the key is dead again. The error wraps [ErrNotFound] where
// it is not known to be exposed.
func (r *Registry) LiftKey(ctx context.Context, thumbprint string, w Word) error {
	if err := w.Check(); err != nil {
		return err
	}
	act := Act{Verb: VerbLift, At: r.now(), Actor: w.Actor, Reason: w.Reason, Subject: thumbprint}
	return r.record(ctx, act, Change{LiftKey: thumbprint})
}

// CheckThumbprint reports what is wrong with the thumbprint of a key (RFC 7638): it
// is a SHA-256 digest in base64url.
func CheckThumbprint(s string) error {
	if sum, err := base64.RawURLEncoding.Strict().DecodeString(s); err != nil || len(sum) != sha256.Size || strings.ContainsAny(s, "\r\n") {
		return fmt.Errorf("%.100q is no SHA-256 thumbprint of a key", s)
	}
	return nil
}

// LiftDocument has the statements that a metadata document held forgotten: the next
// one is taken, however old. The error wraps [ErrNotFound] where none is remembered.
func (r *Registry) LiftDocument(ctx context.Context, id metadata.ClientID, w Word) error {
	if err := w.Check(); err != nil {
		return err
	}
	act := Act{Verb: VerbLift, At: r.now(), Actor: w.Actor, Reason: w.Reason, Subject: id.String()}
	return r.record(ctx, act, Change{LiftDocument: id})
}

// Listing returns everything that operators said and did not end.
func (r *Registry) Listing(ctx context.Context) (Listing, error) { return r.cfg.Store.Listing(ctx) }

// Acts returns the last acts of operators, at most limit, the newest first.
func (r *Registry) Acts(ctx context.Context, limit int) ([]Act, error) {
	return r.cfg.Store.Acts(ctx, limit)
}

// Software returns the software that was decided on, at most limit, the last
// first.
func (r *Registry) Software(ctx context.Context, limit int) ([]Software, error) {
	return r.cfg.Store.Software(ctx, limit)
}

// Now returns the registry's clock: an operator's word is given at that instant.
func (r *Registry) Now() time.Time { return r.now() }

func (r *Registry) now() time.Time { return r.cfg.Now().UTC().Truncate(time.Second) }

// record makes an act durable and logs it.
func (r *Registry) record(ctx context.Context, a Act, c Change) error {
	if err := r.recordAlone(ctx, a, c); err != nil {
		return fmt.Errorf("recording %s of %.100q: %w", a.Verb, a.Subject, err)
	}
	r.logAct(ctx, a)
	return nil
}

// logAct logs an act that was recorded.
func (r *Registry) logAct(ctx context.Context, a Act) {
	attrs := []slog.Attr{slog.String("act", string(a.Verb)), slog.String("subject", a.Subject),
		slog.String("actor", a.Actor), slog.String("reason", a.Reason)}
	if !a.Until.IsZero() {
		attrs = append(attrs, slog.Time("until", a.Until))
	}
	r.cfg.Logger.LogAttrs(ctx, slog.LevelInfo, "operator", attrs...)
	if r.cfg.OnAct != nil {
		r.cfg.OnAct(a)
	}
}

// recordAlone makes an act durable while no decision is on its way that did not
// know it.
func (r *Registry) recordAlone(ctx context.Context, a Act, c Change) error {
	r.said.Lock()
	defer r.said.Unlock()
	return r.cfg.Store.Record(ctx, a, c)
}

// sightings returns what was seen of a publisher's keys.
func (r *Registry) sightings(ctx context.Context, p metadata.Publisher) ([]verify.Sighting, error) {
	if p.IsZero() {
		return nil, nil
	}
	seen, err := r.cfg.Store.See(ctx, p, nil, r.now())
	if err != nil {
		return nil, fmt.Errorf("reading the keys of %s: %w", p, err)
	}
	return seen, nil
}
