package issuer

import (
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

// An Input is everything that a decision is a function of. The zero Input has no
// verdict, and is denied.
type Input struct {
	Verdict *verify.Verdict

	// Ignored is the verdict on the same client with a statement that it is judged
	// without; nil where there is none. Deny rules see what it claims too.
	Ignored *verify.Verdict

	// Claimed is the client as claimed. What counts of it is
	// [verify.Verdict.Client].
	Claimed metadata.Client

	// ClientID is the client_id that was asked for; empty where the client
	// registers.
	ClientID string

	// Standing is what people said of what the client claims.
	Standing Standing

	// AuthorizationServer and Resource are those that access is asked for; empty
	// where the request names none. Resource is a resource identifier (RFC 8707,
	// Section 2): one that the policy does not declare grants nothing.
	AuthorizationServer, Resource string

	// Origins are the networks that the client, its user and its publisher come
	// from, as far as they are known.
	Origins Origins
}
