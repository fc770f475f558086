package issuer

import (
	"embed"
	"slices"
)

//go:embed standard.yaml strict.yaml open.yaml
var builtinFiles embed.FS

// builtinNames are the built-in policies, the usual one first.
var builtinNames = []string{"standard", "strict", "open"}

var builtins = func() map[string]*Policy {
	m := map[string]*Policy{}
	for _, name := range builtinNames {
		data, err := builtinFiles.ReadFile(name + ".yaml")
		if err == nil {
			m[name], err = parsePolicy(data)
		}
		if err != nil {
			panic("issuer: policy " + name + ": " + err.Error())
		}
	}
	return m
}()

// Standard returns the policy standard, which is built in.
func Standard() *Policy { return builtins[builtinNames[0]] }

// Builtin returns the built-in policy of a name; nil and false where there is none.
func Builtin(name string) (*Policy, bool) {
	p, ok := builtins[name]
	return p, ok
}

// BuiltinNames returns the names of the built-in policies, standard first.
func BuiltinNames() []string { return slices.Clone(builtinNames) }

//go:embed policy.schema.json
var policySchema []byte

// PolicySchema returns the JSON Schema of policies (draft 2020-12), for editors.
// [ParsePolicy] checks more.
func PolicySchema() []byte { return slices.Clone(policySchema) }
