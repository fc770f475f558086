package badgerstore

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fc28f635/countersign/issuer"
)

// childDir is the environment variable that makes the test binary a process
// that commits to the directory which it names.
const childDir = "BADGERSTORE_TEST_CHILD_DIR"

// commitUntilKilled commits decisions from several goroutines, and versions of the
// policy from another, and prints each id when, and only when, it was
// acknowledged.
func commitUntilKilled(dir string) int {
	s, err := Open(small(dir))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	var out sync.Mutex
	var group sync.WaitGroup
	run := os.Getpid()
	write := func(name string, one func(id string) error) {
		group.Go(func() {
			for i := 0; ; i++ {
				id := fmt.Sprintf("%s-%d-%d", name, run, i)
				if err := one(id); err != nil {
					fmt.Fprintln(os.Stderr, err)
					return
				}
				out.Lock()
				fmt.Println(id)
				out.Unlock()
			}
		})
	}
	for writer := range 4 {
		write(fmt.Sprint(writer), func(id string) error { return s.Commit(context.Background(), childDecision(id)) })
	}
	write(childPolicy, func(id string) error {
		return s.Record(context.Background(), issuer.Act{Verb: issuer.VerbPolicyApply, Subject: id}, issuer.Change{Policy: &issuer.PolicyVersion{Digest: id}})
	})
	group.Wait()
	return 1
}

// childPolicy begins the ids of versions of the policy.
const childPolicy = "policy"

// T2, T3: whatever was acknowledged before a SIGKILL is there after it. P8: an act
// and the version of the policy that it put in force are there both, or none.
func TestKilled(t *testing.T) {
	dir := t.TempDir()
	var acknowledged []string
	rounds := 6
	if os.Getenv("COUNTERSIGN_SOAK") != "" {
		rounds = 50
	}
	for round := range rounds {
		ids := runAndKill(t, dir, 20+rand.IntN(600))
		acknowledged = append(acknowledged, ids...)
		if round%2 == 0 {
			continue // the next child is the first to open what this one left
		}
		s, err := Open(small(dir))
		if err != nil {
			t.Fatalf("T3: opening after kill %d: %v", round, err)
		}
		versions := versionsWithActs(t, s)
		ordered := inOrder(t, s)
		for _, id := range acknowledged {
			if strings.HasPrefix(id, childPolicy) {
				if !versions[id] {
					t.Fatalf("P8: version %s was acknowledged, and is not there", id)
				}
				continue
			}
			if !ordered[id] {
				t.Fatalf("T3: decision %s was acknowledged, and has no place in the order", id)
			}
			d, err := s.Decision(t.Context(), id)
			if err != nil {
				t.Fatalf("T2: decision %s was acknowledged: %v", id, err)
			}
			if d.Told != childDecision(id).Told {
				t.Fatalf("T3: decision %s came back as %.100q", id, d.Told)
			}
		}
		closeStore(t, s)
	}
	t.Logf("%d acknowledged decisions and versions were there", len(acknowledged))
}

// versionsWithActs returns the versions of the policy, each of which has its act.
func versionsWithActs(t *testing.T, s *Store) map[string]bool {
	t.Helper()
	versions, err := s.Policies(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	acts, err := s.Acts(t.Context(), len(versions)+1)
	if err != nil || len(acts) != len(versions) {
		t.Fatalf("P8: %d acts, %v, and %d versions of the policy", len(acts), err, len(versions))
	}
	found := map[string]bool{}
	for i, v := range versions {
		if acts[i].Subject != v.Digest {
			t.Fatalf("P8: version %s has the act of %s", v.Digest, acts[i].Subject)
		}
		found[v.Digest] = true
	}
	return found
}

// inOrder returns the decisions that have a place in the order, none twice.
func inOrder(t *testing.T, s *Store) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	for after := (issuer.Place{}); ; {
		page, err := s.Decisions(t.Context(), after, 1000)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			return found
		}
		for _, d := range page {
			if found[d.ID] {
				t.Fatalf("decision %s is in the order twice", d.ID)
			}
			found[d.ID] = true
			after = issuer.PlaceOf(d)
		}
	}
}

// runAndKill runs a child until it has acknowledged some decisions, kills it,
// and returns the ids of all that it acknowledged.
func runAndKill(t *testing.T, dir string, after int) (ids []string) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childDir+"="+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		ids = append(ids, lines.Text())
		if len(ids) == after {
			time.Sleep(time.Duration(rand.IntN(3000)) * time.Microsecond)
			if err := cmd.Process.Kill(); err != nil {
				t.Errorf("killing: %v", err)
			}
		}
	}
	_ = cmd.Wait()
	if len(ids) < after {
		t.Fatalf("the child ended by itself after %d decisions", len(ids))
	}
	return ids
}

func childDecision(id string) issuer.Decision {
	return issuer.Decision{ID: id, Told: fmt.Sprintf("%s %02000d", id, 7)}
}
