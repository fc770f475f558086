package metadata

// RegisteredKinds returns the JSON type of every registered member.
func RegisteredKinds() map[string]string {
	kinds := map[memberKind]string{kindText: "text", kindTexts: "texts", kindInteger: "integer", kindBool: "bool", kindObject: "object"}
	all := make(map[string]string, len(registered))
	for _, spec := range registered {
		all[spec.name] = kinds[spec.kind]
	}
	return all
}

// URLUse returns who goes to the address in a registered member, empty where it
// has no rule.
func URLUse(member string) string {
	return [...]string{"", "opened", "fetched", "shown", "compared", "given"}[registry[member].url.use]
}

// Distance is distance.
func Distance(a, b []rune, most int) int { return distance(a, b, most) }

// WellFormed reports whether an address has the form that a registered member
// takes, whoever's it is.
func WellFormed(member, uri string) bool { return registry[member].url.form.check(uri) == nil }
