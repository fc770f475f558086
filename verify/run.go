package verify

import (
	"time"

	"github.com/fc28f635/countersign/internal/jose"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/trustroots"
)

// A run is one verification under way.
type run struct {
	v       *Verifier
	p       Presentation
	at      time.Time
	verdict *Verdict

	raw        string             // the statement as presented, empty where none was
	road       metadata.Road      // how the plain metadata came
	plain      metadata.Client    // the plain metadata
	document   *metadataEvidence  // the metadata document that was asked for or holds the statement, else nil
	parsed     *parsedStatement   // once the form passed
	verified   string             // thumbprint under which these bytes are known to verify
	root       *trustroots.Root   // the pin, nil where the publisher has none
	sources    sources            // what the publisher publishes
	fetched    map[Check]Evidence // what was seen of the metadata document and of jwks_uri, where they were asked for
	fetches    int                // documents looked up, remembered ones included
	key        jose.Key           // the key that kid names, from whichever source
	keyEnd     int64              // when the key ends as other sources have it, in Unix seconds; zero for none
	record     metadata.KeyRecord
	statement  *metadata.Statement // authenticated: set by checkSignature only
	unstated   []string            // members of the document that the statement leaves out
	stopReason metadata.Reason

	sightings []Sighting // what is remembered of the publisher's keys
	seen      bool       // the key is one that the publisher has, as far as that is certain
	ended     []string   // the kids that the publisher revokes
	latest    int64      // the latest iat of the statements that the document held
}

// open takes in what was presented.
func (r *run) open() {
	r.raw = r.p.Statement
	if r.p.ClientID == "" && r.p.Client != nil {
		r.plain = *r.p.Client
		r.raw = r.plain.SoftwareStatement
	}
	if r.p.WithoutStatement {
		r.raw, r.plain.SoftwareStatement = "", ""
	}
	r.verdict.claimed = r.plain
	r.verdict.Outcome = Verified                // until something says otherwise
	r.verdict.Findings = make([]Finding, 0, 16) // a few more than there are checks on any road
}

// close seals the verdict.
func (r *run) close() {
	r.showSeen()
	v := r.verdict
	v.reason = r.stopReason
	v.testMode = r.statement != nil && r.record.Test
	if v.Outcome != Verified {
		r.until(r.sources.dns.until)
		r.until(r.sources.document.until)
		return
	}
	v.statement = r.statement
	if r.statement != nil {
		v.thumb = r.key.Thumbprint()
		r.until(time.Unix(r.statement.ExpiresAt, 0))
	}
}

func (r *run) stopped() bool { return r.verdict.Outcome != Verified }

// alone reports whether a statement was presented without a client.
func (r *run) alone() bool { return r.p.ClientID == "" && r.p.Client == nil }

func (r *run) add(f Finding) { r.verdict.Findings = append(r.verdict.Findings, f) }

func (r *run) pass(c Check, e Evidence) { r.add(Finding{Check: c, Status: Passed, Evidence: e}) }

func (r *run) skip(c Check, detail string) { r.add(Finding{Check: c, Status: Skipped, Detail: detail}) }

// lower records a finding that costs trust and stops nothing.
func (r *run) lower(c Check, s Status, reason metadata.Reason, detail string) {
	r.add(Finding{Check: c, Status: s, Reason: reason, Detail: detail})
}

// withdraw takes back that a check passed: what it proved is not of this client.
func (r *run) withdraw(c Check, detail string) {
	for i, f := range r.verdict.Findings {
		if f.Check == c && f.Status == Passed {
			r.verdict.Findings[i].Status, r.verdict.Findings[i].Detail = Skipped, detail
		}
	}
}

// reject records a defect: the verdict is rejected, for the first one's reason.
func (r *run) reject(c Check, reason metadata.Reason, detail string) {
	r.rejectBy(c, reason, detail, Evidence{})
}

// rejectBy is reject with what was seen.
func (r *run) rejectBy(c Check, reason metadata.Reason, detail string, e Evidence) {
	r.add(Finding{Check: c, Status: Failed, Reason: reason, Detail: detail, Evidence: e})
	if r.verdict.Outcome != Rejected {
		r.verdict.Outcome, r.stopReason = Rejected, reason
	}
}

// suspend records that a required check could not run: the verdict is
// inconclusive unless it is rejected.
func (r *run) suspend(c Check, reason metadata.Reason, detail string) {
	r.lower(c, Unavailable, reason, detail)
	if r.verdict.Outcome == Verified {
		r.verdict.Outcome, r.stopReason = Inconclusive, reason
	}
}

// defects rejects for each defect of an error.
func (r *run) defects(err error, check func(metadata.Reason) Check) {
	for _, d := range reasonErrors(err) {
		detail := d.Detail
		if d.Member != "" {
			detail = d.Member + ": " + d.Detail
		}
		r.reject(check(d.Reason), d.Reason, detail)
	}
}

// until notes that evidence in use ends at t.
func (r *run) until(t time.Time) {
	if !t.IsZero() && (r.verdict.until.IsZero() || t.Before(r.verdict.until)) {
		r.verdict.until = t.UTC()
	}
}
