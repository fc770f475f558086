package verify

import (
	"context"
	"fmt"

	"github.com/fc28f635/countersign/metadata"
)

// checkRollback refuses a statement that its metadata document had left behind:
// whoever can write the document, and has no key, could put back any statement
// that the publisher ever made for it. One client_id is one registration. A
// statement that a copy of the software brings along is of no registration yet,
// and may be as old as the copy.
func (r *run) checkRollback(ctx context.Context) (err error) {
	if r.document == nil || r.v.cfg.Memory == nil {
		return nil
	}
	if r.latest, err = r.issued(ctx, 0); err != nil {
		return err
	}
	if iat := r.statement.IssuedAt; iat < r.latest {
		r.rejectBy(CheckMetadataDocument, metadata.ReasonStatementRollback,
			"iat is "+clock(iat)+", and the document held a statement with iat "+clock(r.latest),
			Evidence{Source: "memory", Name: r.statement.Client.ClientID})
	}
	return nil
}

// rememberIssued tells the memory how new the document's statement is, once
// everything about it has been verified. Only what the address served counts:
// a copy in other hands says nothing of the document.
func (r *run) rememberIssued(ctx context.Context) error {
	if r.statement == nil || r.document == nil || r.v.cfg.Memory == nil || r.p.DryRun || r.record.Test ||
		!r.document.live() || r.statement.IssuedAt <= r.latest {
		return nil
	}
	_, err := r.issued(ctx, r.statement.IssuedAt)
	return err
}

func (r *run) issued(ctx context.Context, iat int64) (latest int64, err error) {
	id, err := metadata.ParseClientID(r.statement.Client.ClientID)
	if err == nil {
		latest, err = r.v.cfg.Memory.Issued(ctx, r.verdict.Publisher, id, iat)
	}
	if err != nil {
		return 0, fmt.Errorf("remembering the statements at %.100q: %w", r.statement.Client.ClientID, err)
	}
	return latest, nil
}
