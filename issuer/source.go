package issuer

import "net/netip"

// Origins say from which networks a client comes. What is not known is zero, and
// satisfies no rule that asks for it.
type Origins struct {
	Registrar Origin // who posts the registration
	Browser   Origin // who is at the authorization endpoint
	Publisher Origin // whose document it is
}

// An Origin is one address and what is known of it. The zero Origin is unknown.
type Origin struct {
	Addr    netip.Addr
	Country string   // ISO 3166-1 alpha-2
	ASN     uint32   // zero where it is not known
	Lists   []string // the reputation lists that name it now
}
