package online_test

import (
	"context"
	"log"
	"net/http"

	"github.com/fc28f635/countersign/issuer"
	"github.com/fc28f635/countersign/verify"
	"github.com/fc28f635/countersign/verify/online"
)

// An authorization server asks about a client that is named by its metadata
// document, and acts on the answer.
func Example() {
	verifier, err := online.New(online.Config{}) // this machine's resolvers and authorities
	if err != nil {
		log.Fatal(err)
	}
	policy := issuer.Standard()

	http.HandleFunc("GET /authorize", func(w http.ResponseWriter, r *http.Request) {
		query := r.URL.Query()
		verdict, err := verifier.Verify(r.Context(), verify.Presentation{
			ClientID:    query.Get("client_id"),
			RedirectURI: query.Get("redirect_uri"),
			Audience:    "https://as.example.com",
		})
		if err != nil { // says nothing about the client
			http.Error(w, "try again", http.StatusServiceUnavailable)
			return
		}
		decision := policy.Decide(issuer.Input{Verdict: verdict, Claimed: verdict.Claimed()})
		if decision.Outcome != issuer.Approved {
			http.Error(w, decision.OAuthError.Description, decision.OAuthError.Status)
			return
		}
		consent(r.Context(), w, decision)
	})
}

// consent compares redirect_uri with decision.Client.RedirectURIs, shows the user
// decision.Told before the client's own name, and grants decision.Grant at most.
func consent(context.Context, http.ResponseWriter, issuer.Decision) {}
