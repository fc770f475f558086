package mcptools

import (
	"maps"
	"slices"

	"github.com/fc28f635/countersign/internal/limits"
)

// properties returns the names of all properties in a JSON Schema, at any depth
// down to limits.JSONDepth, sorted.
func properties(schema any) []string {
	found := map[string]bool{}
	collect(schema, limits.JSONDepth, found)
	return slices.Sorted(maps.Keys(found))
}

func collect(schema any, depth int, found map[string]bool) {
	if depth == 0 {
		return
	}
	switch s := schema.(type) {
	case map[string]any:
		for key, value := range s {
			if members, ok := value.(map[string]any); ok && key == "properties" {
				for name := range members {
					found[name] = true
				}
			}
			collect(value, depth-1, found)
		}
	case []any:
		for _, value := range s {
			collect(value, depth-1, found)
		}
	}
}
