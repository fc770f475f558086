package issuer

import (
	"fmt"
	"slices"
	"strconv"
)

// A Tier is how far a client is trusted. Tiers are ordered. The zero Tier is
// blocked.
type Tier uint8

// The tiers, from least to most trusted. The first three are earned by proof,
// the last two by a person's acceptance.
const (
	TierBlocked    Tier = iota // revoked or denied: nothing
	TierUnverified             // well formed, and nobody vouches for it
	TierDomain                 // published by a domain, or returns only to it
	TierSigned                 // and signed by a key that the domain publishes
	TierAccepted               // and accepted by the operator
	TierEndorsed               // and vouched for by a trust root
)

var tierNames = [...]string{"blocked", "unverified", "domain", "signed", "accepted", "endorsed"}

// Tiers returns all tiers in order.
func Tiers() []Tier {
	return []Tier{TierBlocked, TierUnverified, TierDomain, TierSigned, TierAccepted, TierEndorsed}
}

// String returns the name of the tier in the formats.
func (t Tier) String() string {
	if int(t) >= len(tierNames) {
		return "Tier(" + strconv.Itoa(int(t)) + ")"
	}
	return tierNames[t]
}

// MarshalText implements encoding.TextMarshaler.
func (t Tier) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (t *Tier) UnmarshalText(text []byte) error {
	i := slices.Index(tierNames[:], string(text))
	if i < 0 {
		return fmt.Errorf("%.100q is no tier", text)
	}
	*t = Tier(i)
	return nil
}
