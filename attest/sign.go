package attest

import (
	"errors"
	"fmt"
	"time"

	"github.com/fc28f635/countersign/internal/jose"
	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/metadata"
)

// Sign returns the release statement in compact serialization. It refuses what
// every verifier would: the error then is, or wraps, a [metadata.Defects].
func (k Key) Sign(s metadata.Statement) (string, error) {
	if k.reveal == nil {
		return "", errors.New("signing a statement: no key")
	}
	payload, err := s.MarshalJSON()
	if err != nil {
		return "", fmt.Errorf("signing a statement: %w", err)
	}
	if err := check(payload); err != nil {
		return "", fmt.Errorf("signing a statement that would be refused: %w", err)
	}
	return jose.Sign(payload, jose.TypeStatement, k.reveal())
}

// check judges a payload as its verifiers will, without a clock.
func check(payload []byte) error {
	s, err := metadata.ParseStatement(payload)
	if err != nil {
		return err
	}
	if len(s.Confirmation) > 0 {
		return metadata.Defects{{Reason: metadata.ReasonPossessionUnproven, Member: "cnf",
			Detail: "instance statements are not made here"}}
	}
	if time.Duration(s.ExpiresAt-s.IssuedAt)*time.Second > limits.StatementLifetime {
		return metadata.Defects{{Reason: metadata.ReasonStatementLifetimeTooLong, Member: "exp",
			Detail: "more than 366 days after iat"}}
	}
	return s.Client.Check()
}
