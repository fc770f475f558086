package config

// A Source says by which names a setting is set.
type Source struct{ Key, Env, Flag string }

// Documented returns the names of every setting.
func Documented() []Source {
	var list []Source
	for _, s := range settings {
		list = append(list, Source{s.key, s.env, s.flag})
	}
	return list
}
