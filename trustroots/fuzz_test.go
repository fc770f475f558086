package trustroots_test

import (
	"os"
	"testing"

	"github.com/fc28f635/countersign/testvectors"
	"github.com/fc28f635/countersign/trustroots"
)

// FuzzParse looks for a pinned file that stops the reader, or that has neither
// pins nor an error.
func FuzzParse(f *testing.F) {
	seeds := 0
	for _, v := range testvectors.All() {
		if roots, ok := v.Files["roots.json"]; ok {
			f.Add(roots)
			seeds++
		}
	}
	if seeds == 0 {
		f.Fatal("no seeds: have the vectors moved?")
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		loaded, err := trustroots.Parse(data, "roots.json")
		if (loaded.Set == nil) != (err != nil) {
			t.Fatalf("set %v, error %v", loaded.Set, err)
		}
	})
}

// FuzzParseCatalog looks for a catalog that stops the reader, or that has neither
// entries nor an error.
func FuzzParseCatalog(f *testing.F) {
	data, err := os.ReadFile("catalog.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte(`{"clients":[{}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		catalog, err := trustroots.ParseCatalog(data)
		if (catalog == nil) != (err != nil) {
			t.Fatalf("catalog %v, error %v", catalog, err)
		}
	})
}
