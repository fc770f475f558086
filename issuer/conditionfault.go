package issuer

import "fmt"

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
