package badgerstore

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/fc28f635/countersign/issuer"
)

// childDir is the environment variable that makes the test binary a process
// that commits to the directory which it names.
const childDir = "BADGERSTORE_TEST_CHILD_DIR"

// commitUntilKilled commits from several goroutines and prints each id when,
// and only when, it was acknowledged.
func commitUntilKilled(dir string) int {
	s, err := Open(small(dir))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	var out sync.Mutex
	var group sync.WaitGroup
	run := os.Getpid()
	for writer := range 4 {
		group.Go(func() {
			for i := 0; ; i++ {
				id := fmt.Sprintf("%d-%d-%d", run, writer, i)
				if err := s.Commit(context.Background(), childDecision(id)); err != nil {
					fmt.Fprintln(os.Stderr, err)
					return
				}
				out.Lock()
				fmt.Println(id)
				out.Unlock()
			}
		})
	}
	group.Wait()
	return 1
}

// T2, T3: whatever was acknowledged before a SIGKILL is there after it.
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
		for _, id := range acknowledged {
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
	t.Logf("%d acknowledged decisions were there", len(acknowledged))
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
