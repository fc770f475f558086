package issuer

import (
	"errors"
	"slices"
	"testing"
)

// P8: a policy that was in force before another one comes back only where that is
// meant, and what is refused changes nothing.
func TestPolicyVersions(t *testing.T) {
	first, second := otherPolicy(t, "name: standard", "name: first"), otherPolicy(t, "name: standard", "name: second")
	var kept []string
	var unkept error
	o := newOffice(t, secure, nil, func(cfg *Config) {
		cfg.KeepPolicy = func(p *Policy) error {
			if unkept == nil {
				kept = append(kept, p.Name())
			}
			return unkept
		}
	})
	apply := func(p *Policy, rollback bool) (PolicyVersion, bool, error) {
		return o.ApplyPolicy(t.Context(), PolicyChange{Policy: p, Word: Word{Actor: "ops", Reason: "test"}, Rollback: rollback})
	}
	state := func(decides *Policy, files []string, versions ...string) {
		t.Helper()
		if got := o.Policy().Digest(); got != decides.Digest() {
			t.Errorf("policy %s decides, want %s", o.Policy().Name(), decides.Name())
		}
		if !slices.Equal(kept, files) {
			t.Errorf("written were %v, want %v", kept, files)
		}
		list, err := o.Policies(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, v := range list {
			names = append(names, v.Name)
		}
		if !slices.Equal(names, versions) {
			t.Errorf("versions are %v, want %v", names, versions)
		}
	}
	if _, err := o.ResumePolicy(t.Context()); !errors.Is(err, ErrNotFound) {
		t.Errorf("resuming what was never recorded: %v", err)
	}
	if v, changed, err := o.FindPolicy(t.Context(), first, "start"); err != nil || !changed || v.Actor != ActorFile || v.Source != string(first.Source()) {
		t.Fatalf("%+v, %t, %v", v, changed, err)
	}
	state(first, nil, "first") // what was found is not written
	if v, changed, err := apply(second, false); err != nil || !changed || v.Actor != "ops" || v.Rollback {
		t.Fatalf("%+v, %t, %v", v, changed, err)
	}
	state(second, []string{"second"}, "second", "first")
	if v, changed, err := apply(second, true); err != nil || changed || v.Rollback {
		t.Errorf("the same again: %+v, %t, %v", v, changed, err)
	}
	state(second, []string{"second", "second"}, "second", "first") // its file is made right
	if _, _, err := apply(first, false); !errors.Is(err, ErrOlderPolicy) {
		t.Errorf("P8: applying an older policy: %v", err)
	}
	if _, _, err := o.FindPolicy(t.Context(), first, "reload"); !errors.Is(err, ErrOlderPolicy) {
		t.Errorf("P8: finding an older policy: %v", err)
	}
	state(second, []string{"second", "second"}, "second", "first")
	if v, changed, err := apply(first, true); err != nil || !changed || !v.Rollback {
		t.Errorf("P8: rolling back: %+v, %t, %v", v, changed, err)
	}
	state(first, []string{"second", "second", "first"}, "first", "second", "first")
	o.SetPolicy(second)
	if v, err := o.ResumePolicy(t.Context()); err != nil || v.Name != "first" {
		t.Errorf("resuming: %+v, %v", v, err)
	}
	unkept = errors.New("no room")
	if _, _, err := apply(Standard(), false); !errors.Is(err, unkept) {
		t.Errorf("a file that cannot be written: %v", err)
	}
	unkept, o.store.fail = nil, ErrStorageFull
	if _, _, err := apply(Standard(), false); !errors.Is(err, ErrStorageFull) {
		t.Errorf("a record that cannot be written: %v", err)
	}
	o.store.fail = nil
	state(first, []string{"second", "second", "first", "standard", "first"}, "first", "second", "first")
	if _, _, err := o.ApplyPolicy(t.Context(), PolicyChange{Policy: Standard(), Word: Word{Actor: "ops"}}); err == nil {
		t.Error("a policy was applied for no reason")
	}
	if got := len(o.store.acts); got != 3 {
		t.Errorf("%d acts, want one a version", got)
	}
}
