package dnsx

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fc28f635/countersign/internal/limits"
)

func TestNew(t *testing.T) {
	good := Upstream{Address: "192.0.2.1:53"}
	for name, ups := range map[string][]Upstream{
		"none":                {},
		"name":                {{Address: "resolver.test:53"}},
		"localhost":           {{Address: "localhost:53"}},
		"no port":             {{Address: "192.0.2.1"}},
		"port 0":              {{Address: "192.0.2.1:0"}},
		"empty":               {{}},
		"unspecified":         {{Address: "0.0.0.0:53"}},
		"multicast":           {{Address: "224.0.0.251:53"}},
		"D37 twice":           {good, good},
		"D37 twice, mapped":   {good, {Address: "[::ffff:192.0.2.1]:53", Operator: "other"}},
		"more than a handful": many(limits.Upstreams + 1),
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := New(Config{Upstreams: ups}); err == nil {
				t.Error("accepted")
			}
		})
	}
	t.Run("more than a handful with others", func(t *testing.T) {
		for n, want := range map[int]bool{limits.Upstreams - 1: true, limits.Upstreams: false} {
			if _, err := New(Config{Upstreams: many(n), Perspectives: []Perspective{&seer{name: "a"}}}); (err == nil) != want {
				t.Errorf("%d and one: %v", n, err)
			}
		}
	})
	t.Run("one operator counts once", func(t *testing.T) {
		r, err := New(Config{Upstreams: []Upstream{
			{Address: "192.0.2.1:53", Operator: "a"}, {Address: "192.0.2.2:53", Operator: "b"},
			{Address: "[2001:db8::1]:53", Operator: "a"}, {Address: "192.0.2.3:53"}, {Address: "192.0.2.4:53"},
		}})
		if err != nil || len(r.perspectives) != 3 {
			t.Fatalf("perspectives %v, %v", r.perspectives, err)
		}
		for i, want := range []int{2, 1, 2} {
			if o := r.perspectives[i].(*operator); len(o.upstreams) != want {
				t.Errorf("operator %q has %d upstreams, want %d", o.name, len(o.upstreams), want)
			}
		}
	})
}

func many(n int) []Upstream {
	ups := make([]Upstream, n)
	for i := range ups {
		ups[i].Address = fmt.Sprintf("192.0.2.%d:53", i+1)
	}
	return ups
}

func TestParseResolvConf(t *testing.T) {
	for name, tc := range map[string]struct {
		text string
		want []Upstream
	}{
		"D38 search list and options are not used": {
			"# c\nsearch corp.test\ndomain corp.test\nnameserver 127.0.0.53\noptions ndots:5 edns0\n",
			[]Upstream{{"127.0.0.53:53", "system", true}},
		},
		"remote is not validating": {
			"nameserver 192.0.2.1\nnameserver\t2001:db8::1\n; c\n",
			[]Upstream{{"192.0.2.1:53", "system", false}, {"[2001:db8::1]:53", "system", false}},
		},
		"zone, duplicate, fourth": {
			"nameserver fe80::1%eth0\nnameserver 192.0.2.1\nnameserver 192.0.2.1\nnameserver ::1\nnameserver 192.0.2.9\n",
			[]Upstream{{"[fe80::1%eth0]:53", "system", false}, {"192.0.2.1:53", "system", false}, {"[::1]:53", "system", true}},
		},
		"mapped addresses are the addresses": {
			"nameserver ::ffff:127.0.0.1\nnameserver ::ffff:192.0.2.1\nnameserver 192.0.2.1\n",
			[]Upstream{{"127.0.0.1:53", "system", true}, {"192.0.2.1:53", "system", false}},
		},
		"D38 empty":     {"", nil},
		"D38 no server": {"search x\nnameserver\n", nil},
		"D38 garbage":   {"nameserver not-an-address\n", nil},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := parseResolvConf(strings.NewReader(tc.text))
			if (err == nil) != (tc.want != nil) {
				t.Fatalf("got %v, %v", got, err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestReadResolvConf(t *testing.T) {
	path := filepath.Join(t.TempDir(), "resolv.conf")
	for _, text := range []string{"", "search x\n", "nameserver x\n", "nameserver " + strings.Repeat("1", 70<<10) + "\n"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if ups, err := readResolvConf(path); err == nil || len(ups) > 0 || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "--resolver") {
			t.Errorf("%.20q: %v, %v, want an error that names the file and --resolver", text, ups, err)
		}
	}
	var unread *fs.PathError
	if ups, err := readResolvConf(filepath.Dir(path)); !errors.As(err, &unread) || len(ups) > 0 {
		t.Errorf("a directory: %v, %v", ups, err)
	}
	if ups, err := readResolvConf(path + ".missing"); !errors.Is(err, fs.ErrNotExist) || len(ups) > 0 || !strings.Contains(err.Error(), "--resolver") {
		t.Errorf("%v, %v, want an error that names --resolver", ups, err)
	}
	if err := os.WriteFile(path, []byte("nameserver 192.0.2.1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if ups, err := readResolvConf(path); err != nil || len(ups) != 1 {
		t.Errorf("%v, %v", ups, err)
	}
}

func TestSystem(t *testing.T) {
	ups, err := System()
	if want, wantErr := readResolvConf(resolvConf); runtime.GOOS != "windows" && (!slices.Equal(ups, want) || (err == nil) != (wantErr == nil)) {
		t.Errorf("%v, %v, want those of %s: %v, %v", ups, err, resolvConf, want, wantErr)
	}
	if runtime.GOOS == "windows" || err != nil {
		if err == nil || !strings.Contains(err.Error(), "--resolver") {
			t.Errorf("%v, %v: want an error that names --resolver", ups, err)
		}
		return
	}
	if _, err := New(Config{Upstreams: ups}); err != nil {
		t.Error(err)
	}
}
