// Package limits names every bound that countersign puts on what strangers
// send, each with the sentence that derives it. All are checked before memory
// is allocated for what they bound.
package limits

import "time"

const (
	// RequestBytes bounds an API request body: a 16 KiB statement, 5 KiB of
	// plain members and an inline key set fit three times over.
	RequestBytes = 64 << 10

	// StatementBytes bounds a software statement in compact serialization:
	// sixteen redirect URIs of full length and an RS256 signature fit.
	StatementBytes = 16 << 10

	// StatementInDocumentBytes bounds a statement inside a metadata document,
	// so that document and statement together stay below DocumentBytes.
	StatementInDocumentBytes = 3 << 10

	// DocumentBytes is the default bound of a metadata document, the draft's
	// recommended maximum (draft-ietf-oauth-client-id-metadata-document-02,
	// Section 8.7: 5 kilobytes).
	DocumentBytes = 5 << 10

	// DocumentBytesMax is the largest bound that configuration may set for a
	// metadata document, and the bound of a publisher document.
	DocumentBytesMax = 64 << 10

	// YAMLBytes bounds a file of an operator, settings or policy: 10,000 tools
	// of a policy, a line of 100 bytes each. Reading that takes a second.
	YAMLBytes = 1 << 20

	// YAMLDepth bounds brackets inside each other in such a file: what is declared
	// has 4. Reading takes time with the square of their number, 18 s for 60,000.
	YAMLDepth = 16

	// ConditionBytes bounds one condition of a policy: the longest built in has
	// 300.
	ConditionBytes = 4 << 10

	// ConditionDepth bounds the nesting of a condition: the deepest built in has
	// 8 levels, and a parser's stack is bounded with it.
	ConditionDepth = 32

	// ConditionCost bounds what a condition does for one client, in CEL's units
	// of about one operation: every scope of a request of RequestBytes compared
	// with a list of ten takes half of it, and all of it a few milliseconds.
	ConditionCost = 1 << 16

	// JSONDepth bounds nesting: the deepest registered member (a JWK with x5c
	// in a JWK set in a request) has 6 levels.
	JSONDepth = 16

	// JSONMembers bounds the members of one object: the registry of client
	// metadata has 90, and each member that is kept costs a hundred bytes.
	JSONMembers = 256

	// RedirectURIs bounds redirect URIs of one client; the largest real client
	// seen has 5.
	RedirectURIs = 16

	// RedirectURIBytes bounds one redirect URI (formats, section 10).
	RedirectURIBytes = 512

	// ClientIDBytes bounds a client_id URL: it is shown and stored.
	ClientIDBytes = 512

	// NameRunes bounds a client name: it is shown on one line of a consent page.
	NameRunes = 128

	// ProtectedNames bounds the names that an operator protects: each is looked for
	// in the names of every client, and these take ten microseconds.
	ProtectedNames = 128

	// KeyIDBytes bounds a kid.
	KeyIDBytes = 64

	// KeyRecords bounds the key records at one DNS name: a DNS message over
	// TCP holds more, but rotation needs two.
	KeyRecords = 16

	// TXTRecords bounds the TXT records at one name, key records or not.
	TXTRecords = 64

	// TXTBytes bounds the TXT records at one name together.
	TXTBytes = 16 << 10

	// ListedClients bounds the clients that a publisher document lists: four
	// products of a publisher, each on every platform, are under thirty.
	ListedClients = 64

	// RevokedIDs bounds the statements that a publisher document revokes one
	// by one; a not_before revokes all the older ones at once.
	RevokedIDs = 256

	// RevokedIDBytes bounds the jti of a revoked statement: a UUID has 36.
	RevokedIDBytes = 256

	// Keys bounds the keys of one JWK set.
	Keys = 64

	// ExposedKeys bounds the keys that hosts below one registrable domain can have
	// remembered as exposed in a day: as many as a JWK set has.
	ExposedKeys = Keys

	// RSABits are the sizes of RSA keys that verify anything: below 2048 can
	// be factored soon, above 4096 a check costs milliseconds (attack F12).
	RSABitsMin, RSABitsMax = 2048, 4096

	// WalkNames bounds the DNS names asked for one publisher: the exact host
	// and three parents.
	WalkNames = 4

	// CNAMELinks bounds a chain of CNAMEs.
	CNAMELinks = 8

	// StatementLifetime bounds exp minus iat: a year and a day's grace.
	StatementLifetime = 366 * 24 * time.Hour

	// Leeway is the clock skew that is tolerated everywhere.
	Leeway = time.Minute

	// EvidenceTTLMin and EvidenceTTLMax clamp the TTL of a DNS answer: below a
	// minute one publisher could make us ask at every request, above an hour a
	// revocation would wait too long.
	EvidenceTTLMin, EvidenceTTLMax = time.Minute, time.Hour

	// EvidenceFresh bounds the age of a key set for a decision at tier signed
	// or above (formats, section 2): a publisher's revocation takes at most
	// this long.
	EvidenceFresh = 15 * time.Minute

	// NegativeTTL is how long a failed or empty look-up is remembered, and the
	// minimum interval between two look-ups of one publisher.
	NegativeTTL = time.Minute

	// CachedPublishers bounds the publishers whose evidence is remembered in
	// memory. One costs a few KiB. The worst that was measured is 170 KiB for a
	// publisher document (64 KiB of 64 RSA keys and full lists), 59 KiB for a
	// metadata document of DocumentBytes and 27 KiB for key records, together 1
	// GiB where strangers fill all places with that.
	CachedPublishers = 4096

	// Sightings bounds the keys remembered of one publisher, which stay: four
	// times what one DNS name may hold, and as much as a publisher document. A
	// key beyond is never of the line.
	Sightings = 64

	// KeyOverlap is how long a new key must have been published together with
	// an older live key to belong to its line.
	KeyOverlap = 24 * time.Hour

	// KeyLineHold is how long a key without such overlap is capped.
	KeyLineHold = 72 * time.Hour

	// DocumentAbsence is how long a metadata document must have been missing for
	// 404 to be its withdrawal: longer than it takes to upload it anew.
	DocumentAbsence = 10 * time.Minute

	// AbsencePause is the longest pause between two answers with 404 that count
	// as one absence.
	AbsencePause = 24 * time.Hour

	// ExceptionLongest bounds a hold and an allowance: what was decided at night
	// by one person is looked at again within a week.
	ExceptionLongest = 7 * 24 * time.Hour

	// ObservationLongest bounds how long nothing is enforced by one person's word:
	// a day, within which those who wrote the policy are awake.
	ObservationLongest = 24 * time.Hour

	// PinLongest bounds an operator's copy of a metadata document: a quarter, as
	// long as a release statement lives by default.
	PinLongest = 90 * 24 * time.Hour

	// AccessTokenLongest bounds the life of an access token in a policy: as long
	// as a countersigned statement, which nobody can call back either.
	AccessTokenLongest = 24 * time.Hour

	// AccessTokenShortest is the shortest life of an access token in a policy, and
	// the shortest time that a user has after a log-in.
	AccessTokenShortest = time.Minute

	// SessionLongest bounds a session in a policy: a quarter, as long as a release
	// statement lives by default.
	SessionLongest = 90 * 24 * time.Hour

	// BudgetDay bounds the calls a day that a policy gives a client: twelve a
	// second, day and night. More is no budget.
	BudgetDay = 1_000_000

	// ListLongest bounds what an operator has listed at once: more lines than a
	// person reads, and a few megabytes.
	ListLongest = 10_000

	// ListDefault is how many lines that is where nothing is said.
	ListDefault = 100

	// AcceptanceDefault is how long an acceptance lasts where nothing is said:
	// a year, after which a person looks again.
	AcceptanceDefault = 365 * 24 * time.Hour

	// ReviewApprovals is how many people a policy can ask to approve: two have
	// to agree to do harm, and a third is never there.
	ReviewApprovals = 2

	// ReviewsUnvouched bounds the pending reviews that nobody vouched for: more
	// than a person looks at in a day, and a megabyte of them.
	ReviewsUnvouched = 1024

	// ReviewsOfOne bounds those of one network, and of one registrable domain: an
	// office that tries its clients, a publisher with all of its clients.
	ReviewsOfOne = 16

	// Webhooks bounds who is told: each has a goroutine and a queue.
	Webhooks = 8

	// WebhookQueue bounds the messages that wait for one target: what a day asks
	// of a person, in 256 KiB.
	WebhookQueue = 256

	// WebhookAttempts and WebhookPause are how often a message is sent, and the
	// first pause, which doubles up to WebhookPauseLongest: a receiver that is
	// out for a quarter of an hour still gets it.
	WebhookAttempts     = 10
	WebhookPause        = 5 * time.Second
	WebhookPauseLongest = 10 * time.Minute

	// WebhookAnswerBytes bounds what is read of a target's answer, which is not
	// looked at.
	WebhookAnswerBytes = 64 << 10

	// WordBytes bounds what an operator writes as actor or reason: a sentence,
	// shown in a list.
	WordBytes = 500

	// ExpiresSoon is when a statement's end becomes a warning.
	ExpiresSoon = 30 * 24 * time.Hour

	// FetchTimeout bounds one HTTPS fetch from dial to last byte.
	FetchTimeout = 5 * time.Second

	// Fetches bounds the fetches that run at once, of publisher documents and
	// of all others each, and of each of hosts that answered lately and of
	// others: a fetch holds a socket, two goroutines and at most
	// DocumentBytesMax of a body, so all 256 together stay under 32 MiB.
	Fetches = 64

	// FetchQueue bounds the fetches that wait for a place of each of these
	// kinds: sixteen times as many as run, of which the last would wait longer
	// than FetchTimeout where all hang.
	FetchQueue = 16 * Fetches

	// FetchesPerDomain bounds the fetches of all hosts below one registrable
	// domain that did not answer lately: whoever owns a domain has any number
	// of hosts.
	FetchesPerDomain = 8

	// FetchesPerProvenDomain bounds them for hosts that answered lately: a domain
	// whose hosts answer once, and then hang, leaves half the places to others.
	FetchesPerProvenDomain = Fetches / 2

	// FetchDomainQueue bounds the fetches of one registrable domain that run or
	// wait: a quarter of all that wait.
	FetchDomainQueue = FetchQueue / 4

	// NewDocumentsPerMinute bounds the new addresses below one registrable
	// domain that are asked in a minute: five in a second are many clients of
	// one publisher, and no load for its server.
	NewDocumentsPerMinute = 300

	// FetchesPerHost bounds the fetches of one host that are not of its
	// publisher document, so that a slow host holds few of the places: two
	// documents of one host are wanted at once, where one names the other.
	FetchesPerHost = 2

	// PublisherFetchesPerHost bounds the fetches of one host's publisher
	// document: there is one such document, and no other address waits in its
	// queue.
	PublisherFetchesPerHost = 1

	// FetchAddresses bounds how many addresses of one host are tried: each gets
	// its share of FetchTimeout, and below a second a share is no attempt.
	FetchAddresses = 4

	// HeaderBytes bounds the header of an answer: real documents have under 2
	// KiB, and the largest policy headers seen are below 8 KiB.
	HeaderBytes = 16 << 10

	// DNSTimeout bounds one DNS look-up with its retries.
	DNSTimeout = 5 * time.Second

	// Upstreams bounds the resolvers of one configuration: each gets its share
	// of DNSTimeout, and below a third of a second a share is no attempt.
	Upstreams = 8

	// DNSAttempts bounds the questions to one upstream: one over UDP, and one
	// over TCP where no answer came.
	DNSAttempts = 2

	// DNSLookups bounds the look-ups that run at once: each holds at most two
	// sockets and two messages of 64 KiB.
	DNSLookups = 64

	// DNSLookupsPerDomain bounds those of names below one registrable domain:
	// whoever owns a domain whose servers hang has any number of names.
	DNSLookupsPerDomain = 8

	// DNSQuestions bounds the DNS messages sent for the key records of one client:
	// two operators at WalkNames names are 8, and one chain of CNAMELinks that a
	// server gives link by link is 9 more. With AddressQuestions for each of three
	// hosts a request costs 24.
	DNSQuestions = 18

	// AddressQuestions bounds the DNS messages sent for the addresses of one host:
	// one for each family.
	AddressQuestions = 2

	// DNSServers bounds the name servers of a zone that are looked at: the root
	// has 13, and no zone needs more.
	DNSServers = 13

	// DNSUDPBytes is the size of answers over UDP that we ask for: it passes
	// unfragmented (DNS flag day 2020), and fragments can be forged.
	DNSUDPBytes = 1232

	// DNSWrongAnswers is how many answers that are not ours are dropped before
	// the question is asked over TCP: somebody is guessing.
	DNSWrongAnswers = 10

	// DatabaseFreeBytes is the free space below which nothing is written: an
	// mmap-ed store dies of SIGBUS on a full disk.
	DatabaseFreeBytes = 256 << 20

	// ArrivalMemory bounds each memory of arrivals: clients of publishers, and the
	// networks that they came from. An entry has a domain and a digest, so that the
	// three of them take 30 MiB at most.
	ArrivalMemory = 1 << 15

	// ArrivalPast is how long ago a client of a publisher must have been approved
	// from a network for the network to have a past with it: a flood that begins
	// today has none.
	ArrivalPast = 24 * time.Hour

	// ProbeAnswerBytes bounds one answer of the server that is probed: metadata
	// of real servers has under 8 KiB, and error pages may be larger.
	ProbeAnswerBytes = 64 << 10

	// ProbeTime bounds a probe: the 70 requests of a full one take seconds, and
	// a server that hangs shall not hold the operator for longer than this.
	ProbeTime = 2 * time.Minute

	// ProbeCleanupTime bounds the removal of one client that a probe made, also
	// after an interrupt.
	ProbeCleanupTime = 5 * time.Second

	// ProbeBurst bounds the registrations by which a probe looks for a rate
	// limit: no user registers as many clients in a second.
	ProbeBurst = 10

	// ProbeScopes bounds the scopes of a server that a probe asks for at once:
	// the largest catalogues seen have 40.
	ProbeScopes = 64

	// Tools bounds the tools of one MCP server: the largest that were seen have
	// hundreds, and no person reviews more than this.
	Tools = 5000

	// ToolPages bounds the pages of one tools/list: Tools of them, five on each.
	ToolPages = 1000

	// ToolListBytes bounds the answers of one MCP server together: Tools of
	// them with 3 KiB of description and schema each.
	ToolListBytes = 16 << 20

	// ToolNameBytes bounds the name of a tool (MCP 2025-11-25, Server Features,
	// Tools: 1 to 128 characters).
	ToolNameBytes = 128

	// ToolListTime bounds the reading of one MCP server.
	ToolListTime = 30 * time.Second

	// ToolServers bounds the MCP servers of one list.
	ToolServers = 256
)
