package online

import (
	"context"
	"errors"

	"github.com/fc28f635/countersign/verify"
)

// reachURL is fetched to see whether documents can be: a small file of those
// who assign the addresses of the Internet, and no publisher's.
const reachURL, reachBytes = "https://www.iana.org/robots.txt", 16 << 10

// A Reachability says what a verifier can reach, and so what its answers can be
// worth. See [Reach].
type Reachability struct {
	// Resolvers are in the order of [Config.Resolvers], or this machine's.
	Resolvers []ReachedResolver

	// Operators is how many operators' resolvers answer over TCP. From two on a
	// DNS answer can be corroborated.
	Operators int

	// Secure says that a validating resolver on loopback vouches for what it
	// answers: what a signed zone says is secure.
	Secure bool

	// Fetched says that it was tried to fetch a document over port 443, and
	// Documents why none can be. Nil means that one can.
	Fetched   bool
	Documents error
}

// A ReachedResolver says whether one resolver can be asked over TCP.
type ReachedResolver struct {
	Address, Operator string

	// Err is why it cannot be asked. Nil means that it answered.
	Err error
}

// Reach tries what a verifier of cfg would reach: each resolver, for the name
// servers of the root, and where one answers a file of www.iana.org over HTTPS.
// No publisher is looked up. With [Config.InsecureLoopback] nothing is fetched.
// It takes a few seconds at most, and returns an error where the configuration
// is none.
func Reach(ctx context.Context, cfg Config) (Reachability, error) {
	resolver, err := newResolver(cfg)
	if err != nil {
		return Reachability{}, err
	}
	var r Reachability
	operators := map[string]bool{}
	for _, up := range resolver.Reach(ctx) {
		r.Resolvers = append(r.Resolvers, ReachedResolver{up.Upstream.Address, up.Upstream.Operator, up.Err})
		r.Secure = r.Secure || up.Secure
		if up.Err == nil {
			operators[up.Upstream.Operator] = true
		}
	}
	r.Operators = len(operators)
	if r.Operators > 0 && !cfg.InsecureLoopback {
		r.Fetched, r.Documents = true, reachDocument(ctx, newFetcher(cfg))
	}
	return r, nil
}

// reachDocument fetches a document. An answer of any status is one.
func reachDocument(ctx context.Context, fetcher verify.Fetcher) error {
	_, err := fetcher.Fetch(ctx, reachURL, reachBytes)
	var failure *verify.FetchError
	if errors.As(err, &failure) && failure.Status != 0 {
		return nil
	}
	return err
}
