package strictyaml_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/internal/strictyaml"
)

// A colour is red or green.
type colour string

func (c *colour) UnmarshalText(text []byte) error {
	if string(text) != "red" && string(text) != "green" {
		return fmt.Errorf("%q is no colour", text)
	}
	*c = colour(text)
	return nil
}

type house struct {
	Name  string   `yaml:"name"`
	Rooms int      `yaml:"rooms"`
	Door  colour   `yaml:"door"`
	Walls []colour `yaml:"walls"`
	Yard  struct {
		Trees []string `yaml:"trees"`
	} `yaml:"yard"`
	Sheds []struct {
		Door colour        `yaml:"door"`
		Age  time.Duration `yaml:"age"`
		Open *bool         `yaml:"open"`
	} `yaml:"sheds"`
	Keys map[string]struct {
		Opens colour `yaml:"opens"`
	} `yaml:"keys"`
}

func TestDecode(t *testing.T) {
	const text = "# mine\nname: x # of all\ndoor: red\nwalls: [red, green]\nyard:\n  trees: [oak]\nsheds:\n  - door: green\n    age: 5s\n"
	got := house{Rooms: 3}
	d, err := strictyaml.Decode([]byte(text), &got)
	if err != nil {
		t.Fatal(err)
	}
	if s := fmt.Sprint(got); s != "{x 3 red [red green] {[oak]} [{green 5s <nil>}] map[]}" {
		t.Errorf("read as %s", s)
	}
	for path, want := range map[string]bool{"name": true, "rooms": false, "yard.trees": true, "yard.trees[0]": true, "yard.trees[1]": false,
		"sheds[0].door": true, "sheds[0].roof": false, "name.first": false} {
		if d.Has(path) != want {
			t.Errorf("Has(%q) is %t", path, !want)
		}
	}
}

func TestDecodeNothing(t *testing.T) {
	for _, text := range []string{"", "# nothing\n", "---\n", "---\n# nothing\n"} {
		got := house{Name: "kept"}
		if d, err := strictyaml.Decode([]byte(text), &got); err != nil || got.Name != "kept" || d.Has("name") {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"unknown key", "name: x\nroms: 3\n", "[2:1] unknown field \"roms\"\n     1 | name: x\n>    2 | roms: 3\n         ^"},
		{"unknown key below", "yard:\n  bush: [x]\n", "[2:3] unknown field \"bush\"\n     1 | yard:\n>    2 |   bush: [x]\n           ^"},
		{"key twice", "name: x\nname: y\n", "[2:1] mapping key \"name\" already defined at [1:1]\n     1 | name: x\n>    2 | name: y\n         ^"},
		{"wrong type", "rooms: many\n", "[1:8] a whole number is meant\n>    1 | rooms: many\n                ^"},
		{"a list where a text is", "name: [x]\n", "[1:7] a text is meant: in quotes, where it looks like a number\n>    1 | name: [x]\n               ^"},
		{"a number where a text is", "name: 0x10\n", "[1:7] a text is meant"},
		{"part of a number", "rooms: 1.5\n", "[1:8] a whole number is meant"},
		{"a number too large", "rooms: 99999999999999999999\n", "[1:8] "},
		{"a text where a list is", "walls: red\n", "[1:8] string was used where sequence is expected"},
		{"a text where members are", "yard: red\n", "[1:7] string was used where mapping is expected"},
		{"a list where a word is", "door: [red]\n", "[1:7] a word is meant"},
		{"a duration that is none", "sheds:\n  - age: long\n", "[2:10] a duration such as 5s is meant"},
		{"a duration without unit", "sheds:\n  - age: 5\n", "[2:10] a duration such as 5s is meant"},
		{"neither true nor false", "sheds:\n  - open: 1\n", "[2:11] true or false is meant"},
		{"no value", "name:\nrooms: 3\n", "[1:1] \"name\" has no value: give it one, or take the line away\n>    1 | name:\n         ^"},
		{"P1 two documents", "name: x\n---\nrooms: 3\n", "[3:6] more than one document\n     1 | name: x\n     2 | ---\n>    3 | rooms: 3\n              ^"},
		{"P1 anchor", "name: &a x\n", "[1:7] anchors, aliases and merge keys are not read: write the value where it is meant\n>    1 | name: &a x\n               ^"},
		{"alias", "name: *a\n", "[1:7] "},
		{"tag", "name: !!str x\n", "[1:7] tags are not read"},
		{"merge", "<<: {name: x}\n", "[1:1] "},
		{"key after a question mark", "? name\n: x\n", "[1:1] keys are written without a question mark"},
		{"syntax", "name: [x\n", "[1:7] "},
		{"text refused", "name: x\ndoor: blue\n", "[2:7] \"blue\" is no colour\n     1 | name: x\n>    2 | door: blue\n               ^"},
		{"text refused in a list", "walls: [red, blue]\n", "[1:14] \"blue\" is no colour\n"},
		{"text refused deep", "sheds:\n  - door: red\n  - door: 7\n", "[3:11] \"7\" is no colour\n"},
		{"text refused under a name", "keys:\n  a.b: {opens: red}\n  c:d: {opens: blue}\n", "[3:16] \"blue\" is no colour\n"},
		{"unknown key under a name", "keys:\n  a: {shuts: red}\n", "[2:7] unknown field \"shuts\""},
		{"no mapping", "- name\n", "[1:1] "},
		{"not UTF-8", "name: \xff\n", "not UTF-8"},
		{"too long", strings.Repeat("#", limits.YAMLBytes+1), "more than 1048576 bytes"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := strictyaml.Decode([]byte(test.text), &house{})
			whole := strings.Contains(test.want, "^")
			if err == nil || !strings.HasPrefix(err.Error(), test.want) || whole && err.Error() != test.want {
				t.Errorf("%v\nwant\n%s", err, test.want)
			}
		})
	}
}

func TestFault(t *testing.T) {
	d, err := strictyaml.Decode([]byte("name: x\nyard:\n  trees: [oak, elm]\n"), &house{})
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"name":          "[1:7] bad",
		"yard.trees[1]": "[3:16] bad\n     1 | name: x\n     2 | yard:\n>    3 |   trees: [oak, elm]\n                        ^",
		"yard.trees[7]": "[3:10] bad",
		"yard.bushes":   "[3:8] bad",
		"rooms":         "[1:1] bad\n>    1 | name: x\n         ^",
	} {
		if got := d.Fault(path, errors.New("bad")).Error(); !strings.HasPrefix(got, want) {
			t.Errorf("%s: %s\nwant %s", path, got, want)
		}
	}
}

// Each would be read for an hour, if the stack lasted.
func TestDecodeBoundsNesting(t *testing.T) {
	for name, text := range map[string]string{
		"P1 lists": strings.Repeat("[", limits.YAMLBytes), "P1 maps": strings.Repeat("{a: ", limits.YAMLBytes/4),
		"P1 both, with ends that end nothing": strings.Repeat("[{a: ", 17) + strings.Repeat("]}", 17),
	} {
		t.Run(name, func(t *testing.T) {
			var h house
			if _, err := strictyaml.Decode([]byte(text), &h); err == nil || !strings.Contains(err.Error(), "brackets inside each other") {
				t.Errorf("%.200v", err)
			}
		})
	}
}

func FuzzDecode(f *testing.F) {
	for _, seed := range []string{"name: x\nrooms: 3\n", "walls: [red]\nsheds:\n  - door: green\n", "a: &a [*a]\n", "---\nname: x\n---\n", "yard: {trees: [\"\\u00e9\", 'x']}\n", "name: |\n  long\n", "? name\n: x\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var h house
		d, err := strictyaml.Decode(data, &h)
		if err != nil {
			if err.Error() == "" {
				t.Error("an error without text")
			}
			return
		}
		if h.Name != "" && !d.Has("name") {
			t.Errorf("read name %q, and the file has none", h.Name)
		}
	})
}
