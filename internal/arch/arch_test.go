package arch

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/fc28f635/countersign"

// confined names the third-party modules that one place imports (.golangci.yml
// says which), by the prefix of their import paths.
var confined = []string{
	"github.com/lestrrat-go/",
	"github.com/miekg/dns",
	"github.com/gorilla/mux",
	"github.com/danielgtaylor/",
	"github.com/dgraph-io/",
	"github.com/sigstore/",
	"github.com/goccy/go-yaml",
	"cel.dev/",
	"github.com/go-json-experiment/json",
	"go.mau.fi/util/",
	"github.com/spf13/",
	"github.com/santhosh-tekuri/",
	"github.com/prometheus/",
	"github.com/oschwald/",
	"github.com/maxmind/",
	"github.com/modelcontextprotocol/",
}

// open may be imported by every package of ours. docs holds texts.
var open = []string{"docs", "internal/gcra", "internal/limits", "internal/network", "internal/strictjson", "internal/strictyaml"}

// A direction says what one package may depend on.
type direction struct {
	pkg  string
	ours []string // packages of ours that it may link, besides itself and open
	not  []string // third-party modules that it must not link by any road
}

// directions is the import graph. An embedder of verify links neither a
// database, nor a router, nor a DNS library, nor a cloud SDK.
var directions = []direction{
	{"docs", nil, confined},
	{"internal/gcra", nil, confined},
	{"internal/geo", nil, except(confined, "github.com/oschwald/")},
	{"internal/limits", nil, confined},
	{"internal/network", nil, confined},
	{"internal/dnsaddr", nil, confined},
	{"internal/strictjson", nil, except(confined, "github.com/go-json-experiment/json")},
	{"internal/strictyaml", nil, except(confined, "github.com/goccy/go-yaml")},
	{"internal/config", []string{"metadata", "trustroots", "verify", "issuer", "internal/condition", "internal/jose", "internal/dnsaddr"}, []string{"github.com/miekg/dns", "github.com/gorilla/mux", "github.com/dgraph-io/", "github.com/sigstore/", "github.com/spf13/", "github.com/prometheus/"}},
	{"internal/jose", []string{"metadata"}, except(confined, "go.mau.fi/util/", "github.com/lestrrat-go/", "github.com/go-json-experiment/json")},
	{"metadata", nil, except(confined, "go.mau.fi/util/", "github.com/go-json-experiment/json")},
	{"internal/compat", []string{"metadata"}, except(confined, "go.mau.fi/util/", "github.com/go-json-experiment/json")},
	{"attest", []string{"metadata", "internal/jose"}, []string{"github.com/miekg/dns", "github.com/gorilla/mux", "github.com/danielgtaylor/", "github.com/dgraph-io/", "github.com/spf13/", "github.com/prometheus/"}},
	{"trustroots", []string{"metadata", "internal/jose"}, except(confined, "go.mau.fi/util/", "github.com/lestrrat-go/", "github.com/go-json-experiment/json")},
	{"verify", []string{"metadata", "trustroots", "internal/jose"}, except(confined, "go.mau.fi/util/", "github.com/lestrrat-go/", "github.com/go-json-experiment/json")},
	{"verify/online", []string{"metadata", "trustroots", "verify", "internal/jose", "internal/dnsaddr", "internal/dnsx", "internal/fetch"}, []string{"github.com/gorilla/mux", "github.com/danielgtaylor/", "github.com/dgraph-io/", "github.com/sigstore/", "github.com/spf13/", "github.com/prometheus/"}},
	{"internal/condition", []string{"metadata"}, except(confined, "cel.dev/", "go.mau.fi/util/", "github.com/go-json-experiment/json")},
	{"issuer", []string{"metadata", "trustroots", "verify", "internal/jose", "internal/condition"}, except(confined, "go.mau.fi/util/", "github.com/lestrrat-go/", "github.com/go-json-experiment/json", "github.com/goccy/go-yaml", "cel.dev/")},
	{"internal/dnsx", []string{"metadata", "trustroots", "verify", "internal/jose", "internal/dnsaddr", "internal/fetch"}, []string{"github.com/gorilla/mux", "github.com/danielgtaylor/", "github.com/dgraph-io/", "github.com/sigstore/", "github.com/spf13/", "github.com/prometheus/"}},
	{"internal/fetch", []string{"metadata", "trustroots", "verify", "internal/jose"}, []string{"github.com/miekg/dns", "github.com/gorilla/mux", "github.com/danielgtaylor/", "github.com/dgraph-io/", "github.com/sigstore/", "github.com/spf13/", "github.com/prometheus/"}},
	{"internal/toolmap", []string{"metadata", "trustroots", "verify", "issuer", "internal/condition", "internal/jose"}, except(confined, "go.mau.fi/util/", "github.com/lestrrat-go/", "github.com/go-json-experiment/json", "github.com/goccy/go-yaml", "cel.dev/")},
	{"internal/mcptools", []string{"metadata", "trustroots", "verify", "issuer", "internal/condition", "internal/jose", "internal/fetch", "internal/toolmap"}, except(confined, "go.mau.fi/util/", "github.com/lestrrat-go/", "github.com/go-json-experiment/json", "github.com/goccy/go-yaml", "cel.dev/", "github.com/modelcontextprotocol/")},
	{"internal/policytest", []string{"metadata", "trustroots", "verify", "issuer", "internal/condition", "internal/jose"}, except(confined, "go.mau.fi/util/", "github.com/lestrrat-go/", "github.com/go-json-experiment/json", "github.com/goccy/go-yaml", "cel.dev/")},
	{"internal/probe", []string{"metadata", "trustroots", "verify", "internal/jose", "internal/fetch"}, []string{"github.com/miekg/dns", "github.com/gorilla/mux", "github.com/danielgtaylor/", "github.com/dgraph-io/", "github.com/sigstore/", "github.com/spf13/", "github.com/prometheus/"}},
	{"internal/access", []string{"metadata", "trustroots", "verify", "issuer", "internal/condition", "internal/jose"}, except(confined, "go.mau.fi/util/", "github.com/lestrrat-go/", "github.com/go-json-experiment/json", "github.com/goccy/go-yaml", "cel.dev/")},
	{"internal/store/badgerstore", []string{"metadata", "trustroots", "verify", "issuer", "internal/condition", "internal/access", "internal/jose"}, []string{"github.com/miekg/dns", "github.com/gorilla/mux", "github.com/danielgtaylor/", "github.com/sigstore/", "github.com/spf13/", "github.com/prometheus/"}},
	{"internal/httpapi", []string{"metadata", "trustroots", "verify", "issuer", "internal/condition", "internal/access", "internal/jose"}, []string{"github.com/miekg/dns", "github.com/dgraph-io/", "github.com/sigstore/", "github.com/spf13/", "github.com/prometheus/"}},
	{"internal/metrics", []string{"metadata", "trustroots", "verify", "issuer", "internal/condition", "internal/access", "internal/httpapi", "internal/store/badgerstore", "internal/jose", "internal/fetch", "internal/webhook"}, []string{"github.com/miekg/dns", "github.com/sigstore/", "github.com/spf13/"}},
	{"internal/webhook", []string{"metadata", "trustroots", "verify", "issuer", "internal/condition", "internal/jose", "internal/fetch"}, []string{"github.com/miekg/dns", "github.com/gorilla/mux", "github.com/danielgtaylor/", "github.com/dgraph-io/", "github.com/sigstore/", "github.com/spf13/", "github.com/prometheus/"}},
	{"testvectors", nil, confined},
	{"testvectors/internal/gen", nil, confined},
}

func TestImportDirection(t *testing.T) {
	for _, d := range directions {
		t.Run(d.pkg, func(t *testing.T) {
			for _, dep := range linked(t, d.pkg) {
				if rel, ok := ours(dep); ok {
					if rel != d.pkg && !slices.Contains(open, rel) && !slices.Contains(d.ours, rel) {
						t.Errorf("%s must not depend on %s", d.pkg, rel)
					}
				} else if i := slices.IndexFunc(d.not, func(m string) bool { return within(dep, m) }); i >= 0 {
					t.Errorf("%s must not link %s, but links %s", d.pkg, d.not[i], dep)
				}
			}
		})
	}
}

// Every package of ours is either wired by the command, so that it may depend
// on everything, or it has a line in directions.
func TestEveryPackageHasADirection(t *testing.T) {
	wiring := []string{"cmd/countersign", "internal/arch", "internal/bench", "internal/countersigntest", "internal/differential", "internal/dnstest", "internal/mcptools/mcptest", "internal/mutants", "internal/peertest", "internal/store/storetest", "internal/vectortest"}
	for _, path := range goList(t, "./...") {
		rel, _ := ours(path)
		known := slices.Contains(wiring, rel) || slices.ContainsFunc(directions, func(d direction) bool { return d.pkg == rel })
		if !known {
			t.Errorf("%s has no line in directions: say there what it may depend on", rel)
		}
	}
}

// linked returns every package that pkg links outside its tests.
func linked(t *testing.T, pkg string) []string {
	t.Helper()
	return goList(t, "-deps", module+"/"+pkg)
}

// goList runs go list in the module's root.
func goList(t *testing.T, args ...string) []string {
	t.Helper()
	watchSources(t)
	cmd := exec.CommandContext(t.Context(), "go", append([]string{"list"}, args...)...)
	cmd.Dir = "../.."
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list %s: %v\n%s", strings.Join(args, " "), err, stderr.String())
	}
	return strings.Fields(string(out))
}

// watchSources looks at every Go file of the module, so that go test does not
// take a result from its cache that was true of other files: it does not see
// what go list reads.
func watchSources(t *testing.T) {
	t.Helper()
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && strings.HasPrefix(d.Name(), ".") && d.Name() != ".." {
			return fs.SkipDir
		}
		if filepath.Ext(path) == ".go" {
			_, err = os.Stat(path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// ours reports whether path is of this module, and its place in the tree.
func ours(path string) (rel string, ok bool) {
	return strings.CutPrefix(path, module+"/")
}

// within reports whether path is of the modules that prefix names: a prefix
// that ends in a slash, or a whole path.
func within(path, prefix string) bool {
	rest, ok := strings.CutPrefix(path, prefix)
	return ok && (rest == "" || rest[0] == '/' || strings.HasSuffix(prefix, "/"))
}

// except returns list without the members named.
func except(list []string, names ...string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return slices.Contains(names, s) })
}
