package metrics

import (
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/fc28f635/countersign/internal/httpapi"
	"github.com/fc28f635/countersign/internal/store/badgerstore"
	"github.com/fc28f635/countersign/issuer"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

// everything reports one of each thing.
func everything() *Metrics {
	m := New("v1.2.3")
	m.Watch(Watched{
		Cached: func(verify.Cache) int { return 7 }, Free: func() (uint64, error) { return 1 << 30, nil },
		Connections: func() int { return 3 }, PolicyDigest: func() string { return "sha256:abc" }, PendingReviews: func() int { return 2 },
		Observations: func() (int, error) { return 1, nil },
	})
	m.Decision(issuer.Decision{Outcome: issuer.Approved, Findings: []verify.Finding{{Check: verify.CheckForm, Status: verify.Passed}}}, time.Millisecond)
	o := m.Observer()
	o.Stage(verify.StageForm, time.Microsecond)
	o.Cache(verify.CacheDNS, true)
	o.Lookup(verify.Lookup{Over: verify.OverHTTPS, Result: verify.LookupFound, Bytes: 100})
	m.Commit(badgerstore.Commit{Result: badgerstore.CommitDurable, Writes: 2, Took: time.Millisecond})
	m.Request(httpapi.Observation{Route: "/healthz", Method: "GET", Status: 200, Limit: httpapi.LimitKey, Auth: httpapi.AuthOK})
	m.ConnectionRefused()
	return m
}

// A described metric is one line of the reference.
type described struct{ kind, labels string }

// TestEveryMetricIsDocumented holds the table of docs/observability.md and the
// registry together: names, types and labels.
func TestEveryMetricIsDocumented(t *testing.T) {
	page, err := os.ReadFile("../../docs/observability.md")
	if err != nil {
		t.Fatal(err)
	}
	documented := map[string]described{}
	for _, row := range regexp.MustCompile("(?m)^\\| `(countersign_[a-z_]+)` \\| ([a-z]+) \\|([^|]*)\\|").FindAllStringSubmatch(string(page), -1) {
		labels := strings.Fields(strings.NewReplacer("`", "", ",", " ").Replace(row[3]))
		slices.Sort(labels)
		documented[row[1]] = described{row[2], strings.Join(labels, " ")}
	}
	m := everything()
	families, err := m.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	gathered := map[string]described{}
	for _, f := range families {
		if !strings.HasPrefix(f.GetName(), namespace+"_") {
			if !strings.HasPrefix(f.GetName(), "go_") && !strings.HasPrefix(f.GetName(), "process_") {
				t.Errorf("%s is of no family that the page names", f.GetName())
			}
			continue
		}
		var labels []string
		for _, l := range f.GetMetric()[0].GetLabel() {
			labels = append(labels, l.GetName())
		}
		slices.Sort(labels)
		gathered[f.GetName()] = described{strings.ToLower(f.GetType().String()), strings.Join(labels, " ")}
		if f.GetHelp() == "" {
			t.Errorf("%s has no help", f.GetName())
		}
	}
	for name, is := range gathered {
		if told, ok := documented[name]; !ok || told != is {
			t.Errorf("%s is %v, and docs/observability.md says %v (there: %t)", name, is, told, ok)
		}
	}
	for name := range documented {
		if _, ok := gathered[name]; !ok {
			t.Errorf("docs/observability.md has %s, and there is none", name)
		}
	}
	for _, name := range m.names() { // those too that nothing above reported
		if _, ok := documented[name]; !ok && strings.HasPrefix(name, namespace+"_") {
			t.Errorf("%s is registered, and has no line in docs/observability.md", name)
		}
	}
}

// names returns what is registered, reported or not.
func (m *Metrics) names() []string {
	descs := make(chan *prometheus.Desc)
	go func() { m.registry.Describe(descs); close(descs) }()
	name := regexp.MustCompile(`fqName: "([^"]+)"`)
	names := map[string]bool{}
	for d := range descs {
		names[name.FindStringSubmatch(d.String())[1]] = true
	}
	return slices.Sorted(maps.Keys(names))
}

// Whoever reports to the package cannot make a series of what it read.
func TestLabelsAreOfClosedSets(t *testing.T) {
	m := New("")
	count := func() (series int) {
		families, err := m.registry.Gather()
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range families {
			if strings.HasPrefix(f.GetName(), namespace+"_") {
				series += len(f.GetMetric())
			}
		}
		return series
	}
	report := func(i int) {
		word := fmt.Sprintf("hostile%d", i)
		m.Decision(issuer.Decision{Outcome: issuer.Outcome(word), Reason: metadata.Reason(word),
			Findings: []verify.Finding{{Check: verify.Check(word), Reason: metadata.Reason(word)}}}, 0)
		m.Request(httpapi.Observation{Route: httpapi.NoRoute, Method: httpapi.NoMethod, Status: 1000 + i})
	}
	report(0)
	before := count()
	for i := range 1000 {
		report(i)
	}
	if after := count(); after != before {
		t.Errorf("H23 %d series, and %d after a thousand words", before, after)
	}
	_, text, err := m.Text()
	if err != nil || strings.Contains(string(text), "hostile") || !strings.Contains(string(text), `outcome="other"`) {
		t.Errorf("H23 %v: %.2000s", err, text)
	}
}

// What is said of a value that cannot be had is nothing, and the rest is told.
func TestWhatIsNotKnown(t *testing.T) {
	m := New("")
	m.Watch(Watched{
		Cached: func(verify.Cache) int { return 0 }, Free: func() (uint64, error) { return 0, os.ErrPermission },
		Connections: func() int { return 0 }, PolicyDigest: func() string { return "" }, PendingReviews: func() int { return 0 },
		Observations: func() (int, error) { return 0, os.ErrPermission },
	})
	_, text, err := m.Text()
	if err != nil || strings.Contains(string(text), "store_free_bytes ") || strings.Contains(string(text), "countersign_observations ") || !strings.Contains(string(text), "countersign_connections 0") {
		t.Errorf("%v: %s", err, text)
	}
}

// The repeated verification pays for being observed with time, not with memory.
func TestObserverDoesNotAllocate(t *testing.T) {
	o := New("").Observer()
	if n := testing.AllocsPerRun(100, func() {
		o.Stage(verify.StageSignature, time.Microsecond)
		o.Cache(verify.CacheStatements, true)
		o.Lookup(verify.Lookup{Over: verify.OverDNS, Result: verify.LookupFound})
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
