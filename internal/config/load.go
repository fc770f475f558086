package config

import (
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/fc28f635/countersign/internal/strictyaml"
)

// What names the file. It is no setting: the file cannot name another.
const (
	configVariable = "COUNTERSIGN_CONFIG"
	configFlag     = "config"
)

// Sources are where settings come from besides the file. No other variable, and
// no file that is not named, changes anything.
type Sources struct {
	Environ []string            // as os.Environ returns it; the last of one name counts
	Flags   map[string][]string // the values of each flag that was given, by its name
}

// An Origin is what a setting was set by.
type Origin int

// The origins, in the order of increasing force.
const (
	Default     Origin = iota // nothing
	File                      // the file
	Environment               // a variable
	Flag                      // a flag
)

// An Error says what is wrong with a setting: where it was set, then what is
// wrong, and for the file the lines around it.
type Error struct {
	Origin Origin
	err    error
}

func (e *Error) Error() string { return e.err.Error() }
func (e *Error) Unwrap() error { return e.err }

// Settings are what was loaded, and where each setting comes from. They do not
// change.
type Settings struct {
	Config

	file     string // empty where none was named
	document *strictyaml.Document
	origins  map[string]Origin // by key
}

// Load reads the settings: those of the file that --config or COUNTERSIGN_CONFIG
// names, over them the variables, over them the flags. Every source is checked
// by itself, also what a later one overrides. An error is an [*Error].
func Load(src Sources) (*Settings, error) {
	environ := variables(src.Environ)
	s := &Settings{Config: Defaults(), document: &strictyaml.Document{}, origins: map[string]Origin{}}
	if err := s.readFile(environ, src.Flags); err != nil {
		return nil, err
	}
	for _, of := range settings {
		text, ok := environ[of.env]
		if !ok || of.env == "" {
			continue
		}
		if err := s.override(of, Environment, of.split(text)); err != nil {
			return nil, err
		}
	}
	for _, of := range settings {
		if texts := src.Flags[of.flag]; of.flag != "" && len(texts) > 0 {
			if err := s.override(of, Flag, texts); err != nil {
				return nil, err
			}
		}
	}
	return s, s.checkTogether()
}

// Defaults returns what the settings are where nothing sets them.
func Defaults() (c Config) {
	for _, of := range settings {
		if of.value != "" {
			if err := of.set(&c, []string{of.value}); err != nil {
				panic("config: the default of " + of.key + ": " + err.Error()) // a tag of ours
			}
		}
	}
	return c
}

// Flags returns the names of the flags that Load knows, --config among them.
func Flags() []string {
	names := []string{configFlag}
	for _, of := range settings {
		if of.flag != "" {
			names = append(names, of.flag)
		}
	}
	return names
}

// variables returns the environment by name.
func variables(environ []string) map[string]string {
	byName := make(map[string]string, len(environ))
	for _, line := range environ {
		name, value, _ := strings.Cut(line, "=")
		byName[name] = value
	}
	return byName
}

// readFile reads the file that a flag or a variable names.
func (s *Settings) readFile(environ map[string]string, flags map[string][]string) error {
	from, by := Environment, configVariable
	name, given := environ[configVariable]
	if texts := flags[configFlag]; len(texts) > 0 {
		from, by, name, given = Flag, "--"+configFlag, texts[len(texts)-1], true
	}
	switch {
	case !given:
		return nil
	case name == "":
		return &Error{from, fmt.Errorf("%s is empty: name a file", by)}
	}
	data, err := strictyaml.ReadFile(name)
	if err != nil {
		return &Error{File, fmt.Errorf("reading the settings: %w", err)}
	}
	if s.document, err = strictyaml.Decode(data, &s.Config); err != nil {
		return &Error{File, fmt.Errorf("%q: %w", name, err)}
	}
	s.file = name
	for _, of := range settings {
		if !s.document.Has(of.key) {
			continue
		}
		s.origins[of.key] = File
		if err := s.check(of); err != nil {
			return err
		}
	}
	return nil
}

// override sets a setting from a source other than the file.
func (s *Settings) override(of setting, from Origin, texts []string) error {
	s.origins[of.key] = from
	if len(texts) == 1 && texts[0] == "" {
		return s.Fault(of.key, errors.New("is empty: give it a value, or leave it away"))
	}
	if err := of.set(&s.Config, texts); err != nil {
		return s.Fault(of.key, err)
	}
	return s.check(of)
}

// check checks one setting as its source has it.
func (s *Settings) check(of setting) error {
	if at, err := checkOne(of, &s.Config); err != nil {
		return s.fault(of.key, at, err)
	}
	return nil
}

// Fault returns err, which begins with the value of a setting or with a verb,
// with the place where that was set.
func (s *Settings) Fault(key string, err error) error { return s.fault(key, "", err) }

// fault is Fault for the part of a setting that is at fault, such as "[1].address".
func (s *Settings) fault(key, at string, err error) error {
	from := s.origins[key]
	if from == File {
		err = s.document.Fault(key+at, fmt.Errorf("%s %w", key+at, err))
		return &Error{File, fmt.Errorf("%q: %w", s.file, err)}
	}
	return &Error{from, fmt.Errorf("%s %w", s.From(key), err)}
}

// From says what a setting was set by: a flag, a variable, the name of the file,
// or the key itself where nothing set it.
func (s *Settings) From(key string) string {
	for _, of := range settings {
		if of.key != key {
			continue
		}
		switch s.origins[key] {
		case Flag:
			return "--" + of.flag
		case Environment:
			return of.env
		case File:
			return s.file
		case Default:
		}
	}
	return key
}

// File returns the name of the file that was read, empty where none was named.
func (s *Settings) File() string { return s.file }

// A Value is one setting as it is in force.
type Value struct {
	Key   string `json:"key"`
	Value any    `json:"value"` // as in the file
	From  string `json:"from"`  // a flag, a variable, a file, or "default"
}

// Values returns every setting that has a value, in the order of the reference.
// None is a secret.
func (s *Settings) Values() []Value {
	var list []Value
	for _, of := range settings {
		field := of.of(&s.Config)
		if field.IsZero() && s.origins[of.key] == Default && of.value == "" {
			continue
		}
		v := Value{Key: of.key, Value: field.Interface(), From: "default"}
		if text, ok := v.Value.(fmt.Stringer); ok {
			v.Value = text.String()
		}
		if s.origins[of.key] != Default {
			v.From = s.From(of.key)
		}
		list = append(list, v)
	}
	return list
}

// Restart returns the keys whose values differ in next and take effect at a
// restart only.
func (s *Settings) Restart(next *Settings) []string {
	var keys []string
	for _, of := range settings {
		if !of.reload && !reflect.DeepEqual(of.of(&s.Config).Interface(), of.of(&next.Config).Interface()) {
			keys = append(keys, of.key)
		}
	}
	return keys
}
