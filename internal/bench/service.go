package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"github.com/fc28f635/countersign/attest"
	"github.com/fc28f635/countersign/metadata"
)

// A fixture is a publisher that is pinned, and what its software presents. No
// packet leaves the machine for it.
type fixture struct {
	roots string // file of pins
	body  []byte // of the request for a decision
}

func newFixture(dir string, now time.Time) (fixture, error) {
	publisher := metadata.MustPublisher("https://acme.example")
	key, err := attest.Generate("2026a", metadata.KeyEd25519)
	if err != nil {
		return fixture{}, err
	}
	f := fixture{roots: filepath.Join(dir, "roots.json")}
	pins := fmt.Appendf(nil, `{"publishers":{%q:{"keys":[%s]}}}`, publisher, key.JWK())
	if err := os.WriteFile(f.roots, pins, 0o600); err != nil {
		return fixture{}, err
	}
	statement, err := key.Sign(metadata.Statement{
		Publisher: publisher, ID: "bench-1",
		IssuedAt: now.Add(-time.Hour).Unix(), ExpiresAt: now.Add(60 * 24 * time.Hour).Unix(),
		Client: metadata.Client{
			SoftwareID: "acme-agent", SoftwareVersion: "4.12.0", ClientName: "Acme Agent",
			RedirectURIs: []string{"https://acme.example/mcp/callback"},
			GrantTypes:   []string{"authorization_code", "refresh_token"},
			ClientURI:    "https://acme.example/agent", LogoURI: "https://acme.example/agent/logo.png",
			Scope: "files.read calendar.read",
		},
	})
	if err != nil {
		return fixture{}, err
	}
	f.body, err = json.Marshal(map[string]any{"client": map[string]string{"software_statement": statement}})
	return f, err
}

// measureService measures the service as it is run: a process with a store on
// disk, asked from another process.
func measureService(ctx context.Context, dir string, rounds int) ([]row, error) {
	root, err := moduleRoot(ctx)
	if err != nil {
		return nil, err
	}
	binary := filepath.Join(dir, "countersign")
	build := exec.CommandContext(ctx, "go", "build", "-o", binary, "./cmd/countersign")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("building countersign: %w\n%s", err, out)
	}
	f, err := newFixture(dir, time.Now())
	if err != nil {
		return nil, err
	}
	serve := func(data string) (*child, error) {
		return startChild(ctx, data+".log", binary, "serve", "--data", data, "--listen", "127.0.0.1:0", "--roots", f.roots,
			"--issuer", "https://trust.example", "--authorization-server", "https://as.example")
	}
	start, err := measureStart(ctx, dir, rounds, f, serve)
	if err != nil {
		return nil, err
	}
	rows, err := measureLoad(ctx, root, dir, rounds, f, serve)
	if err != nil {
		return nil, err
	}
	return append(rows, start), nil
}

// countersigned is what every answer of the service holds: the decision was
// approved, signed, and by then recorded.
var countersigned = []byte(`"countersigned":"ey`)

// measureLoad is P4, against the bare handler and against oidc-provider, and P5
// against oidc-provider. All three servers run all the time, and take turns.
func measureLoad(ctx context.Context, root, dir string, rounds int, f fixture, serve func(string) (*child, error)) ([]row, error) {
	const turn = 1500 * time.Millisecond
	bareRow := row{id: "P4", work: "decisions over HTTP, durable and countersigned, over a bare handler that signs", unit: "/s", goal: 0.5, atLeast: true}
	peerRow := row{id: "P4", work: "the same over oidc-provider, which registers in memory and checks nothing", unit: "/s", goal: 3, atLeast: true}
	slowRow := row{id: "P5", work: "p99 of decisions at half of their peak, over oidc-provider at half of its own", unit: "ms", goal: 1}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	ours, err := serve(filepath.Join(dir, "p4"))
	if err != nil {
		return nil, err
	}
	defer ours.stop()
	bare, err := startChild(ctx, filepath.Join(dir, "bare.log"), self, bareMode)
	if err != nil {
		return nil, err
	}
	defer bare.stop()
	peer, peerLoad, err := startPeer(ctx, root, dir)
	if err != nil {
		return nil, err
	}
	defer peer.stop()
	loads := []load{newLoad(ours, f.body, countersigned), newLoad(bare, f.body, f.body), peerLoad}
	peaks := make([][]float64, len(loads))
	for i := range rounds + 1 {
		for j, l := range loads {
			n, err := l.perSecond(ctx, turn)
			if err != nil {
				return nil, err
			}
			if i > 0 { // the first turn warms up
				peaks[j] = append(peaks[j], n)
			}
		}
	}
	bareRow.ours, bareRow.reference = peaks[0], peaks[1]
	peerRow.ours, peerRow.reference = peaks[0], peaks[2]
	for range rounds {
		for j, seen := range map[int]*[]float64{0: &slowRow.ours, 2: &slowRow.reference} {
			p99, err := loads[j].slowest(ctx, median(peaks[j])/2, turn)
			if err != nil {
				return nil, err
			}
			*seen = append(*seen, p99)
		}
	}
	return []row{bareRow, peerRow, slowRow}, nil
}

// measureStart is P11: from the start of the process on an empty store to the
// answer to its first request.
func measureStart(ctx context.Context, dir string, rounds int, f fixture, serve func(string) (*child, error)) (row, error) {
	r := row{id: "P11", work: "start on an empty store to the first decision", unit: "ms", goal: 300}
	for i := range rounds {
		begin := time.Now()
		c, err := serve(filepath.Join(dir, "p11-"+strconv.Itoa(i)))
		if err != nil {
			return r, err
		}
		_, err = newLoad(c, f.body, countersigned).repeat(ctx, time.Now())
		r.ours = append(r.ours, float64(time.Since(begin).Microseconds())/1000)
		c.stop()
		if err != nil {
			return r, err
		}
	}
	return r, nil
}
