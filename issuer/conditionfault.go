package issuer

import (
	"context"
	"fmt"
	"log/slog"
)

// A ConditionFault is a condition of the policy that failed when it was
// evaluated. Under deny it counts as met, elsewhere as not met.
type ConditionFault struct {
	Condition string `json:"condition"` // "deny NAME" or "tier NAME"
	Fault     string `json:"fault"`
}

// failed records that a condition failed, once each.
func (d *Decision) failed(name string, err error) {
	for _, f := range d.ConditionFaults {
		if f.Condition == name {
			return
		}
	}
	d.ConditionFaults = append(d.ConditionFaults, ConditionFault{Condition: name, Fault: fmt.Sprintf("%.200s", err)})
}

// tellFaults logs each condition of a policy that fails, the first time.
func (r *Registry) tellFaults(ctx context.Context, d Decision) {
	for _, f := range d.ConditionFaults {
		if _, told := r.faulty.LoadOrStore(d.Policy+" "+f.Condition, true); !told {
			r.cfg.Logger.LogAttrs(ctx, slog.LevelError, "condition failed", slog.String("condition", f.Condition),
				slog.String("fault", f.Fault), slog.String("policy_digest", d.Policy))
		}
	}
}
