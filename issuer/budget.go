package issuer

import (
	"errors"
	"fmt"
	"slices"

	"github.com/fc28f635/countersign/internal/limits"
)

// A Budget is how many calls of tools a client may make. The zero Budget is none.
type Budget struct {
	Minute int `json:"minute" yaml:"minute"`
	Day    int `json:"day" yaml:"day"`
}

// Budgets are those of a client, by class: with the time until it is cut off,
// what it can do at worst is a number. A class that is not granted has none.
type Budgets struct {
	Read   Budget `json:"read,omitzero"`
	Modify Budget `json:"modify,omitzero"`
	Delete Budget `json:"delete,omitzero"`
}

// Of returns the budget of a class.
func (b Budgets) Of(c Class) Budget {
	switch c {
	case ClassRead:
		return b.Read
	case ClassModify:
		return b.Modify
	case ClassDelete:
		return b.Delete
	case ClassAdmin:
	}
	return Budget{}
}

// fileBudgets are those that a policy names; for the others there are defaults.
type fileBudgets struct {
	Read   *Budget `yaml:"read"`
	Modify *Budget `yaml:"modify"`
	Delete *Budget `yaml:"delete"`
}

// defaultBudgets are those of the formats, section 12.
var defaultBudgets = Budgets{Read: Budget{120, 5000}, Modify: Budget{30, 500}, Delete: Budget{5, 20}}

// check returns what is wrong with the budgets of a grant of some classes.
func (f fileBudgets) check(classes []Class) (at string, err error) {
	for i, b := range []*Budget{f.Read, f.Modify, f.Delete} {
		class := Class(i)
		switch at := "budgets." + class.String(); {
		case b == nil:
		case !slices.Contains(classes, class):
			return at, fmt.Errorf("a budget for %s, which the tier is not given", class)
		case b.Minute < 1 || b.Day < b.Minute:
			return at, errors.New("a budget is at least one call a minute, and no less a day than a minute")
		case b.Day > limits.BudgetDay:
			return at, fmt.Errorf("more than %d calls a day are no limit", limits.BudgetDay)
		}
	}
	return "", nil
}

// of returns the budgets of a grant of some classes.
func (f fileBudgets) of(classes []Class) (b Budgets) {
	for i, c := range []struct {
		to        *Budget
		says      *Budget
		otherwise Budget
	}{{&b.Read, f.Read, defaultBudgets.Read}, {&b.Modify, f.Modify, defaultBudgets.Modify}, {&b.Delete, f.Delete, defaultBudgets.Delete}} {
		switch {
		case !slices.Contains(classes, Class(i)):
		case c.says != nil:
			*c.to = *c.says
		default:
			*c.to = c.otherwise
		}
	}
	return b
}

// atLeast returns where budgets are smaller than those of a lower tier.
func (b Budgets) atLeast(lower Budgets) (at string, err error) {
	for _, class := range []Class{ClassRead, ClassModify, ClassDelete} {
		if has, had := b.Of(class), lower.Of(class); has.Minute < had.Minute || has.Day < had.Day {
			return "budgets." + class.String(), fmt.Errorf("%d a minute and %d a day are less than %d and %d", has.Minute, has.Day, had.Minute, had.Day)
		}
	}
	return "", nil
}
