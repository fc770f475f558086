package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/bits"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/fc28f635/countersign/internal/store/badgerstore"
	"github.com/fc28f635/countersign/issuer"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/trustroots"
	"github.com/fc28f635/countersign/verify"
)

// replayed is how many recorded decisions a comparison of two policies is measured
// with.
const replayed = 100_000

// measureReplay is the rate of policy diff: decisions read from a store on disk, and
// decided again by two policies.
func measureReplay(ctx context.Context, dir string, rounds int) (r row, err error) {
	r = row{id: "-", work: "policy diff: decisions read from a store of 100,000 and replayed through two policies", unit: "/s", goal: 10_000, atLeast: true}
	store, err := badgerstore.Open(badgerstore.Config{Dir: filepath.Join(dir, "replay")})
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	if err := fillStore(ctx, store, dir); err != nil {
		return r, fmt.Errorf("recording decisions: %w", err)
	}
	other, err := issuer.ParsePolicy(bytes.ReplaceAll(issuer.Standard().Source(), []byte("access_token_ttl: 3600"), []byte("access_token_ttl: 600")))
	if err != nil {
		return r, err
	}
	for range rounds {
		compared, place, begin := issuer.Compare(issuer.Standard(), other), issuer.Place{}, time.Now()
		for {
			page, err := store.Decisions(ctx, place, 1000)
			if err != nil {
				return r, err
			}
			if len(page) == 0 {
				break
			}
			for _, d := range page {
				compared.Add(d)
			}
			place = issuer.PlaceOf(page[len(page)-1])
		}
		if compared.Decisions != replayed || compared.Loses == 0 || compared.Same == 0 {
			return r, fmt.Errorf("of %d decisions %d were replayed, %d lose", replayed, compared.Decisions, compared.Loses)
		}
		r.ours = append(r.ours, replayed/time.Since(begin).Seconds())
	}
	return r, nil
}

// fillStore records decisions on a signed client and on a stranger, in turn, as the
// service makes them.
func fillStore(ctx context.Context, store *badgerstore.Store, dir string) error {
	const callers = 256
	f, err := newFixture(dir, time.Now())
	if err != nil {
		return err
	}
	roots, err := trustroots.Load(f.roots)
	if err != nil {
		return err
	}
	verifier, err := verify.New(verify.Config{Roots: roots.Set})
	if err != nil {
		return err
	}
	registry, err := issuer.NewRegistry(issuer.Config{Verifier: verifier, Store: store, AuthorizationServer: "https://as.example", PublicURL: "https://trust.example"})
	if err != nil {
		return err
	}
	stranger := []byte(`{"client":{"client_name":"Stranger","redirect_uris":["http://127.0.0.1/callback"],"scope":"files.read files.write"}}`)
	var made []issuer.Decision
	for _, body := range [][]byte{f.body, stranger} {
		var request struct {
			Client metadata.Client `json:"client"`
		}
		if err := json.Unmarshal(body, &request); err != nil {
			return err
		}
		d, err := registry.Decide(ctx, issuer.Request{Client: &request.Client, DryRun: true})
		if err != nil {
			return err
		}
		d.DryRun = false
		var fresh issuer.Decision // a decision that was made keeps how it was recorded
		if data, err := d.Encode(); err != nil {
			return err
		} else if err := json.Unmarshal(data, &fresh); err != nil {
			return err
		}
		made = append(made, fresh)
	}
	var next atomic.Int64
	var group sync.WaitGroup
	failed := make(chan error, callers)
	for range callers {
		group.Go(func() {
			for i := next.Add(1); i <= replayed; i = next.Add(1) {
				d := made[i%int64(len(made))]
				d.ID, d.At = fmt.Sprintf("d%032x", bits.Reverse64(uint64(i))), d.At.Add(time.Duration(i)*time.Second) // ids are in no order
				if err := store.Commit(ctx, d); err != nil {
					failed <- err
					return
				}
			}
		})
	}
	group.Wait()
	close(failed)
	return <-failed
}
