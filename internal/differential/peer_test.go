package differential

import (
	"bufio"
	"encoding/json"
	"io"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"

	"github.com/fc28f635/countersign/internal/peertest"
)

// How many mutants of each kind are compared, and of which seed where
// COUNTERSIGN_SEED does not say. The long run also wants every class to occur.
const (
	mutants     = 5_000
	mutantsLong = 100_000
	seedDefault = 1
)

func long() bool { return os.Getenv("COUNTERSIGN_SOAK") != "" }

func count() int {
	if long() {
		return mutantsLong
	}
	return mutants
}

// random returns the source of all that a test draws, and logs its seed.
func random(t *testing.T) *rand.Rand {
	t.Helper()
	seed := uint64(seedDefault)
	if text := os.Getenv("COUNTERSIGN_SEED"); text != "" {
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatalf("COUNTERSIGN_SEED is no number: %v", err)
		}
		seed = n
	}
	t.Logf("%d mutants, COUNTERSIGN_SEED=%d", count(), seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// A peer is the other reader: one Node process that answers batches.
type peer struct {
	in  io.Writer
	out *bufio.Reader
}

func startPeer(t *testing.T) peer {
	t.Helper()
	in, out := peertest.Node(t, "differential/judge.js")
	return peer{in, bufio.NewReader(out)}
}

// ask returns the peer's answer for each case, in order.
func ask[Case, Answer any](t *testing.T, p peer, kind string, cases []Case) []Answer {
	t.Helper()
	question, err := json.Marshal(map[string]any{"kind": kind, "cases": cases})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.in.Write(append(question, '\n')); err != nil {
		t.Fatalf("asking: %v", err)
	}
	line, err := p.out.ReadBytes('\n')
	if err != nil {
		t.Fatalf("no answer: %v", err)
	}
	var answers []Answer
	if err := json.Unmarshal(line, &answers); err != nil {
		t.Fatalf("an answer that is no JSON: %v", err)
	}
	if len(answers) != len(cases) {
		t.Fatalf("%d answers for %d cases", len(answers), len(cases))
	}
	return answers
}

// compare draws mutants in batches until there are enough, and hands each with
// the peer's answer to judge.
func compare[Case, Answer any](t *testing.T, kind string, draw func(*rand.Rand) Case, judge func(Case, Answer)) {
	t.Helper()
	const batch = 500
	r, p := random(t), startPeer(t)
	for left := count(); left > 0; left -= batch {
		cases := make([]Case, min(batch, left))
		for i := range cases {
			cases[i] = draw(r)
		}
		for i, answer := range ask[Case, Answer](t, p, kind, cases) {
			judge(cases[i], answer)
		}
	}
}
