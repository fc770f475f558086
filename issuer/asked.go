package issuer

import (
	"errors"
	"log/slog"
	"strings"

	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

// Asked says which client a decision is about, in the words of whoever asked:
// claims, bounded, so that a person finds a denied client again. Nothing is
// granted for them, and they say nothing of who the client is.
type Asked struct {
	ClientID   string `json:"client_id,omitempty"`
	ClientName string `json:"client_name,omitempty"`

	// Publisher is the one that the client claims to be of, proven or not.
	Publisher metadata.Publisher `json:"publisher,omitzero"`

	// Shape is that of the metadata as claimed; empty where there is none.
	Shape metadata.Shape `json:"shape,omitempty"`

	// Resource is the resource identifier that access was asked for.
	Resource string `json:"resource,omitempty"`
}

// askedOf returns what a request claims, together with what its document does
// where v has one. v is nil where nothing was verified.
func askedOf(req Request, v *verify.Verdict) Asked {
	c := v.Claimed()
	if req.Client != nil {
		c = *req.Client
	}
	a := Asked{ClientID: bounded(req.ClientID, longestClientID), ClientName: bounded(c.ClientName, longestShown),
		Resource: bounded(req.Resource, longestResource)}
	if v != nil {
		a.Publisher = v.Publisher
	}
	if c.ClientName != "" || len(c.RedirectURIs) > 0 {
		a.Shape = metadata.ShapeOf(c)
	}
	return a
}

// attrs are the parts of it that a log event has.
func (a Asked) attrs() []slog.Attr {
	attrs := []slog.Attr{slog.String("client_name", a.ClientName)}
	if a.ClientID != "" {
		attrs = append(attrs, slog.String("client_id", a.ClientID))
	}
	return attrs
}

// unavailableAttr are the checks that could not run, whom they asked and what
// came of it.
func unavailableAttr(findings []verify.Finding) slog.Attr {
	const longest = 300
	var checks []any
	seen := map[verify.Check]bool{}
	for _, f := range findings {
		if f.Status != verify.Unavailable || seen[f.Check] {
			continue
		}
		seen[f.Check] = true
		checks = append(checks, slog.Group(string(f.Check), slog.String("reason", string(f.Reason)),
			slog.String("detail", bounded(f.Detail, longest)), slog.String("server", f.Evidence.Server)))
	}
	return slog.Group("unavailable", checks...)
}

// defectFindings are the defects of a registration as findings that name the
// member at fault.
func defectFindings(err error) []verify.Finding {
	var defects metadata.Defects
	if !errors.As(err, &defects) {
		return nil
	}
	findings := make([]verify.Finding, len(defects))
	for i, defect := range defects {
		detail := defect.Detail
		if defect.Member != "" {
			detail = defect.Member + ": " + detail
		}
		findings[i] = verify.Finding{Check: verify.CheckForm, Status: verify.Failed, Reason: defect.Reason, Detail: detail}
	}
	return findings
}

// longestClientID bounds a client_id, in bytes: one that passes has no more.
const longestClientID = 512

// longestShown bounds a text of a stranger's that people read, in bytes.
const longestShown = 100

func bounded(s string, longest int) string {
	if len(s) <= longest {
		return strings.ToValidUTF8(s, "\ufffd")
	}
	return strings.ToValidUTF8(s[:longest], "") + "…"
}
