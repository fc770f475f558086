package metadata

import "slices"

// A Reason says in one stable word why a check did not pass. Reasons are
// append-only: none is renamed or removed. The zero Reason is none.
type Reason string

// The reasons, in the order of the formats. docs/reasons.md has a page for each:
// what it means, what it does not mean, and the mend.
const (
	// ReasonStatementMalformed: the statement is not one canonical compact JWS with one JSON object in header and payload, or its times are no usable integers.
	ReasonStatementMalformed Reason = "statement_malformed"
	// ReasonStatementTooLarge: the statement is over its size limit.
	ReasonStatementTooLarge Reason = "statement_too_large"
	// ReasonHeaderForbidden: the header has a member or a typ that statements must not have.
	ReasonHeaderForbidden Reason = "header_forbidden"
	// ReasonClaimForbidden: the payload has a claim that a public file must not have, such as a secret or a tier.
	ReasonClaimForbidden Reason = "claim_forbidden"
	// ReasonClaimMissing: a required claim other than iss is absent.
	ReasonClaimMissing Reason = "claim_missing"
	// ReasonClaimMalformed: a registered claim other than iss has the wrong type or form.
	ReasonClaimMalformed Reason = "claim_malformed"
	// ReasonAlgorithmForbidden: the algorithm is not allowed for this publisher.
	ReasonAlgorithmForbidden Reason = "algorithm_forbidden"
	// ReasonPublisherMissing: the payload has no iss (RFC 7591, Section 2.3 requires it).
	ReasonPublisherMissing Reason = "publisher_missing"
	// ReasonPublisherMalformed: the iss is not a canonical https origin.
	ReasonPublisherMalformed Reason = "publisher_malformed"
	// ReasonKeyUnknown: a source of the publisher's keys answered, and none has this kid.
	ReasonKeyUnknown Reason = "key_unknown"
	// ReasonKeyUnusable: the key with this kid is weak, malformed or not meant for signatures.
	ReasonKeyUnusable Reason = "key_unusable"
	// ReasonKeyNotValidThen: the key's record does not cover the statement's time, or the verifier's clock is past the record's end.
	ReasonKeyNotValidThen Reason = "key_not_valid_then"
	// ReasonSignatureInvalid: the signature does not verify with the key that kid names.
	ReasonSignatureInvalid Reason = "signature_invalid"
	// ReasonStatementExpired: the statement's exp has passed.
	ReasonStatementExpired Reason = "statement_expired"
	// ReasonStatementNotYetValid: the statement's iat or nbf lies in the future.
	ReasonStatementNotYetValid Reason = "statement_not_yet_valid"
	// ReasonStatementLifetimeTooLong: the time from iat to exp is over the limit.
	ReasonStatementLifetimeTooLong Reason = "statement_lifetime_too_long"
	// ReasonPossessionUnproven: the statement is bound to a key (cnf) whose possession nobody proved; instance statements are not accepted yet.
	ReasonPossessionUnproven Reason = "possession_unproven"
	// ReasonAudienceMismatch: the statement is for another authorization server, or for one and none is known.
	ReasonAudienceMismatch Reason = "audience_mismatch"
	// ReasonInstanceStatementInDocument: a metadata document carries a statement that is bound to one install's key.
	ReasonInstanceStatementInDocument Reason = "instance_statement_in_document"
	// ReasonKeyRevoked: the publisher or the operator revoked the key.
	ReasonKeyRevoked Reason = "key_revoked"
	// ReasonKeyExposed: the private part of the key was seen in public.
	ReasonKeyExposed Reason = "key_exposed"
	// ReasonKeysDisagree: DNS and publisher document hold different keys under one kid.
	ReasonKeysDisagree Reason = "keys_disagree"
	// ReasonPublisherUnknown: the publisher publishes no keys anywhere, and none are pinned.
	ReasonPublisherUnknown Reason = "publisher_unknown"
	// ReasonPublisherIsCountersigner: the iss or the host of the document is this service or a countersigner that it trusts, which is never a publisher.
	ReasonPublisherIsCountersigner Reason = "publisher_is_countersigner"
	// ReasonStatementRevoked: the publisher document names the statement's jti as revoked, or sets a later not_before.
	ReasonStatementRevoked Reason = "statement_revoked"
	// ReasonSoftwareNotListed: the publisher document lists its clients, and this is not one of them.
	ReasonSoftwareNotListed Reason = "software_not_listed"
	// ReasonNameResemblesProtected: the client's name is one that another domain is known by.
	ReasonNameResemblesProtected Reason = "name_resembles_protected"
	// ReasonDomainRecordMissing: the publisher's DNS holds no key record.
	ReasonDomainRecordMissing Reason = "domain_record_missing"
	// ReasonDomainRecordMalformed: the key record for this kid cannot be read, or two records have this kid.
	ReasonDomainRecordMalformed Reason = "domain_record_malformed"
	// ReasonDomainRecordWildcard: the key records are made from a DNS wildcard and prove nothing.
	ReasonDomainRecordWildcard Reason = "domain_record_wildcard"
	// ReasonDNSUncorroborated: the DNS answer is neither signed nor seen alike by a second source.
	ReasonDNSUncorroborated Reason = "dns_uncorroborated"
	// ReasonKeyNotInDNS: the publisher document has the key, and the publisher's DNS key records do not.
	ReasonKeyNotInDNS Reason = "key_not_in_dns"
	// ReasonWellknownMissing: the publisher serves no publisher document.
	ReasonWellknownMissing Reason = "wellknown_missing"
	// ReasonWellknownMismatch: the publisher document is malformed, names another publisher, or has another key under this kid.
	ReasonWellknownMismatch Reason = "wellknown_mismatch"
	// ReasonRedirectURIMalformed: a redirect URI is of a form that is never accepted.
	ReasonRedirectURIMalformed Reason = "redirect_uri_malformed"
	// ReasonRedirectURINotStated: a redirect URI is not among those that the publisher states.
	ReasonRedirectURINotStated Reason = "redirect_uri_not_stated"
	// ReasonRedirectURIForeign: a redirect URI is on a host that the publisher does not speak for.
	ReasonRedirectURIForeign Reason = "redirect_uri_foreign"
	// ReasonRequestNotJSON: the request body is not one strict JSON object.
	ReasonRequestNotJSON Reason = "request_not_json"
	// ReasonStatementNotAString: the software_statement member is not a non-empty string.
	ReasonStatementNotAString Reason = "statement_not_a_string"
	// ReasonMetadataMalformed: a registered member has the wrong type.
	ReasonMetadataMalformed Reason = "metadata_malformed"
	// ReasonMetadataConflict: two members exclude each other, such as jwks and jwks_uri.
	ReasonMetadataConflict Reason = "metadata_conflict"
	// ReasonMemberNotStated: a plain member that authenticates the client is not what the publisher states.
	ReasonMemberNotStated Reason = "member_not_stated"
	// ReasonScopeEmpty: nothing is left of the scope that was asked for.
	ReasonScopeEmpty Reason = "scope_empty"
	// ReasonScopeMalformed: the scope is not a list of tokens with one space between them (RFC 6749, Section 3.3).
	ReasonScopeMalformed Reason = "scope_malformed"
	// ReasonGrantForbidden: no grant or response type that was asked for is offered, or they contradict each other.
	ReasonGrantForbidden Reason = "grant_forbidden"
	// ReasonAuthMethodForbidden: the client authentication method is not allowed here.
	ReasonAuthMethodForbidden Reason = "auth_method_forbidden"
	// ReasonSecretInDocument: a metadata document holds a secret or a private key.
	ReasonSecretInDocument Reason = "secret_in_document"
	// ReasonClientIDMalformed: the client_id is not a URL that every parser reads alike.
	ReasonClientIDMalformed Reason = "client_id_malformed"
	// ReasonClientIDMismatch: the document's or statement's client_id is not the URL it is used for.
	ReasonClientIDMismatch Reason = "client_id_mismatch"
	// ReasonDocumentMalformed: the metadata document is not one strict JSON object of the required members.
	ReasonDocumentMalformed Reason = "document_malformed"
	// ReasonDocumentWithdrawn: the publisher withdrew the metadata document (410 Gone, or 404 for ten minutes).
	ReasonDocumentWithdrawn Reason = "document_withdrawn"
	// ReasonAddressRefused: the host's address is one that we never fetch from.
	ReasonAddressRefused Reason = "address_refused"
	// ReasonNameUnprintable: a name that is shown has control, format or unassigned characters, or is too long.
	ReasonNameUnprintable Reason = "name_unprintable"
	// ReasonDNSUnavailable: the publisher's DNS did not answer.
	ReasonDNSUnavailable Reason = "dns_unavailable"
	// ReasonDNSBogus: the publisher's DNS answer failed DNSSEC validation.
	ReasonDNSBogus Reason = "dns_bogus"
	// ReasonDocumentUnavailable: a document could not be fetched.
	ReasonDocumentUnavailable Reason = "document_unavailable"
	// ReasonKeysUnavailable: no source of the publisher's keys could be read.
	ReasonKeysUnavailable Reason = "keys_unavailable"
	// ReasonRootsUnavailable: the trust roots could not be read.
	ReasonRootsUnavailable Reason = "roots_unavailable"
	// ReasonStorageFull: the store has too little free space to record a decision.
	ReasonStorageFull Reason = "storage_full"
	// ReasonRequestTooLarge: the request body is over its size limit.
	ReasonRequestTooLarge Reason = "request_too_large"
	// ReasonMediaTypeUnsupported: the request body is not application/json.
	ReasonMediaTypeUnsupported Reason = "media_type_unsupported"
	// ReasonStatementExpiresSoon: the statement ends within 30 days. A warning.
	ReasonStatementExpiresSoon Reason = "statement_expires_soon"
	// ReasonKeyLineNew: the key has no overlap with an older key of the publisher.
	ReasonKeyLineNew Reason = "key_line_new"
	// ReasonRequestMemberMalformed: a member of the request for a decision is unknown, missing, or has the wrong type or form.
	ReasonRequestMemberMalformed Reason = "request_member_malformed"
	// ReasonAccessTokenInvalid: the caller of the service's API presents no API key in force.
	ReasonAccessTokenInvalid Reason = "access_token_invalid"
	// ReasonRateLimited: the caller of the service's API, or its network, asked too often.
	ReasonRateLimited Reason = "rate_limited"
	// ReasonOperatorHold: what the client claims to be is on hold by the operator.
	ReasonOperatorHold Reason = "operator_hold"
	// ReasonReviewPending: a person's review is waited for.
	ReasonReviewPending Reason = "review_pending"
	// ReasonTierBelowMinimum: the client's tier is below the lowest that the policy lets in.
	ReasonTierBelowMinimum Reason = "tier_below_minimum"
	// ReasonServerError: a defect of this service.
	ReasonServerError Reason = "server_error"
)

// A Problem is how a reason is told to an OAuth client: the error of RFC 7591,
// Section 3.2.2, the HTTP status, and a fixed sentence in ASCII that repeats
// nothing of the input. The zero Problem is of a reason that never is an error.
type Problem struct {
	Error    string
	Status   int
	Sentence string
}

var problems = []struct {
	reason Reason
	Problem
}{
	{ReasonStatementMalformed, Problem{"invalid_software_statement", 400, "The software statement is malformed."}},
	{ReasonStatementTooLarge, Problem{"invalid_software_statement", 400, "The software statement is too large."}},
	{ReasonHeaderForbidden, Problem{"invalid_software_statement", 400, "The software statement's header has a member or type that is not allowed."}},
	{ReasonClaimForbidden, Problem{"invalid_software_statement", 400, "The software statement has a claim that is not allowed."}},
	{ReasonClaimMissing, Problem{"invalid_software_statement", 400, "The software statement lacks a required claim."}},
	{ReasonClaimMalformed, Problem{"invalid_software_statement", 400, "A claim of the software statement has the wrong type or form."}},
	{ReasonAlgorithmForbidden, Problem{"invalid_software_statement", 400, "The software statement's signature algorithm is not allowed."}},
	{ReasonPublisherMissing, Problem{"invalid_software_statement", 400, "The software statement names no publisher."}},
	{ReasonPublisherMalformed, Problem{"invalid_software_statement", 400, "The software statement's publisher is malformed."}},
	{ReasonKeyUnknown, Problem{"invalid_software_statement", 400, "The software statement's key is not published by its publisher."}},
	{ReasonKeyUnusable, Problem{"invalid_software_statement", 400, "The software statement's key cannot be used."}},
	{ReasonKeyNotValidThen, Problem{"invalid_software_statement", 400, "The software statement's key is not valid for it."}},
	{ReasonSignatureInvalid, Problem{"invalid_software_statement", 400, "The software statement's signature is invalid."}},
	{ReasonStatementExpired, Problem{"invalid_software_statement", 400, "The software statement has expired."}},
	{ReasonStatementNotYetValid, Problem{"invalid_software_statement", 400, "The software statement is not valid yet."}},
	{ReasonStatementLifetimeTooLong, Problem{"invalid_software_statement", 400, "The software statement is valid for too long."}},
	{ReasonPossessionUnproven, Problem{"invalid_software_statement", 400, "Possession of the key that the software statement is bound to was not proven."}},
	{ReasonAudienceMismatch, Problem{"invalid_software_statement", 400, "The software statement is for another authorization server."}},
	{ReasonInstanceStatementInDocument, Problem{"invalid_software_statement", 400, "A metadata document cannot carry a software statement for one install."}},
	{ReasonKeyRevoked, Problem{"unapproved_software_statement", 400, "The software statement's key is revoked."}},
	{ReasonKeyExposed, Problem{"unapproved_software_statement", 400, "The software statement's key is not secret any more."}},
	{ReasonKeysDisagree, Problem{"unapproved_software_statement", 400, "The publisher's DNS and document disagree about the key."}},
	{ReasonPublisherUnknown, Problem{"unapproved_software_statement", 400, "The software statement's publisher publishes no keys."}},
	{ReasonPublisherIsCountersigner, Problem{"unapproved_software_statement", 400, "The software statement's publisher is a countersigner."}},
	{ReasonStatementRevoked, Problem{"unapproved_software_statement", 400, "The software statement was revoked by its publisher."}},
	{ReasonSoftwareNotListed, Problem{"unapproved_software_statement", 400, "The publisher does not list this software."}},
	{ReasonNameResemblesProtected, Problem{"unapproved_software_statement", 400, "The client's name resembles one that belongs to another domain."}},
	{ReasonDomainRecordMissing, Problem{"unapproved_software_statement", 400, "The publisher's DNS has no key record."}},
	{ReasonDomainRecordMalformed, Problem{"unapproved_software_statement", 400, "The publisher's key record is malformed."}},
	{ReasonDomainRecordWildcard, Problem{"unapproved_software_statement", 400, "The publisher's key record comes from a DNS wildcard."}},
	{ReasonDNSUncorroborated, Problem{"unapproved_software_statement", 400, "The publisher's DNS answer could not be corroborated."}},
	{ReasonKeyNotInDNS, Problem{"unapproved_software_statement", 400, "The key is not among the publisher's DNS key records."}},
	{ReasonWellknownMissing, Problem{"unapproved_software_statement", 400, "The publisher has no publisher document."}},
	{ReasonWellknownMismatch, Problem{"unapproved_software_statement", 400, "The publisher document does not match."}},
	{ReasonRedirectURIMalformed, Problem{"invalid_redirect_uri", 400, "A redirect URI is malformed or of a kind that is never accepted."}},
	{ReasonRedirectURINotStated, Problem{"invalid_redirect_uri", 400, "A redirect URI is not among those that the software statement names."}},
	{ReasonRedirectURIForeign, Problem{"invalid_redirect_uri", 400, "A redirect URI is on a host that the publisher does not speak for."}},
	{ReasonRequestNotJSON, Problem{"invalid_client_metadata", 400, "The request is not one JSON object."}},
	{ReasonStatementNotAString, Problem{"invalid_client_metadata", 400, "The software statement is not a string."}},
	{ReasonMetadataMalformed, Problem{"invalid_client_metadata", 400, "A member of the client metadata has the wrong type."}},
	{ReasonMetadataConflict, Problem{"invalid_client_metadata", 400, "Members of the client metadata contradict each other."}},
	{ReasonMemberNotStated, Problem{"invalid_client_metadata", 400, "A member that authenticates the client is not what the software statement says."}},
	{ReasonScopeEmpty, Problem{"invalid_client_metadata", 400, "No requested scope can be granted."}},
	{ReasonScopeMalformed, Problem{"invalid_client_metadata", 400, "The scope is malformed."}},
	{ReasonGrantForbidden, Problem{"invalid_client_metadata", 400, "The grant types or response types are not allowed."}},
	{ReasonAuthMethodForbidden, Problem{"invalid_client_metadata", 400, "The client authentication method is not allowed."}},
	{ReasonSecretInDocument, Problem{"invalid_client_metadata", 400, "The metadata document holds a secret."}},
	{ReasonClientIDMalformed, Problem{"invalid_client_metadata", 400, "The client_id is not an acceptable https URL."}},
	{ReasonClientIDMismatch, Problem{"invalid_client_metadata", 400, "The client_id is not the address of the metadata document."}},
	{ReasonDocumentMalformed, Problem{"invalid_client_metadata", 400, "The metadata document is malformed."}},
	{ReasonDocumentWithdrawn, Problem{"invalid_client_metadata", 400, "The metadata document was withdrawn."}},
	{ReasonAddressRefused, Problem{"invalid_client_metadata", 400, "The metadata document is not available."}},
	{ReasonNameUnprintable, Problem{"invalid_client_metadata", 400, "The client's name has characters that cannot be shown."}},
	{ReasonDNSUnavailable, Problem{"temporarily_unavailable", 503, "A check could not be made now."}},
	{ReasonDNSBogus, Problem{"temporarily_unavailable", 503, "A check could not be made now."}},
	{ReasonDocumentUnavailable, Problem{"temporarily_unavailable", 503, "A check could not be made now."}},
	{ReasonKeysUnavailable, Problem{"temporarily_unavailable", 503, "A check could not be made now."}},
	{ReasonRootsUnavailable, Problem{"temporarily_unavailable", 503, "A check could not be made now."}},
	{ReasonStorageFull, Problem{"temporarily_unavailable", 503, "Decisions cannot be recorded now."}},
	{ReasonRequestTooLarge, Problem{"invalid_client_metadata", 413, "The request is too large."}},
	{ReasonMediaTypeUnsupported, Problem{"invalid_client_metadata", 415, "The request is not application/json."}},
	{ReasonStatementExpiresSoon, Problem{"", 0, "The software statement expires soon."}},
	{ReasonKeyLineNew, Problem{"", 0, "The publisher's key is new."}},
	{ReasonRequestMemberMalformed, Problem{"invalid_client_metadata", 400, "A member of the request is unknown, missing, or has the wrong type or form."}},
	{ReasonAccessTokenInvalid, Problem{"invalid_token", 401, "The API key is missing, wrong or revoked."}},
	{ReasonRateLimited, Problem{"temporarily_unavailable", 429, "There were too many requests."}},
	{ReasonOperatorHold, Problem{"unapproved_software_statement", 400, "The operator holds clients of this kind for now."}},
	{ReasonReviewPending, Problem{"unapproved_software_statement", 400, "The client waits for a person's review."}},
	{ReasonTierBelowMinimum, Problem{"unapproved_software_statement", 400, "The client is not trusted far enough to be let in."}},
	{ReasonServerError, Problem{"server_error", 500, "The service failed. The request id is in its log."}},
}

var problemOf = func() map[Reason]Problem {
	m := make(map[Reason]Problem, len(problems))
	for _, p := range problems {
		m[p.reason] = p.Problem
	}
	return m
}()

// Problem returns how r is told to an OAuth client that presented a software
// statement. Of an unknown reason it is [ReasonServerError]'s.
func (r Reason) Problem() Problem {
	p, ok := problemOf[r]
	if !ok {
		return problemOf[ReasonServerError]
	}
	return p
}

// ProblemWithout is [Reason.Problem] for a client that presented no software
// statement: an unapproved one cannot be spoken of.
func (r Reason) ProblemWithout() Problem {
	p := r.Problem()
	if p.Error == "unapproved_software_statement" {
		p.Error = "invalid_client_metadata"
	}
	return p
}

// Reasons returns every reason, in the order of their declaration.
func Reasons() []Reason {
	all := make([]Reason, len(problems))
	for i, p := range problems {
		all[i] = p.reason
	}
	return slices.Clip(all)
}
