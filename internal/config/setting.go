package config

import (
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// A setting is one leaf of [Config].
type setting struct {
	key       string // with dots: "tls.cert_file"
	env, flag string // empty where it has none
	value     string // the default
	reload    bool
	index     []int // its field
}

// settings are all leaves of Config, in its order.
var settings = leaves(reflect.TypeFor[Config](), "", nil)

func leaves(t reflect.Type, prefix string, index []int) (list []setting) {
	for i := range t.NumField() {
		f := t.Field(i)
		at := append(append([]int(nil), index...), i)
		key := prefix + f.Tag.Get("yaml")
		if f.Type.Kind() == reflect.Struct {
			list = append(list, leaves(f.Type, key+".", at)...)
			continue
		}
		list = append(list, setting{
			key: key, env: f.Tag.Get("env"), flag: f.Tag.Get("flag"),
			value: f.Tag.Get("default"), reload: f.Tag.Get("reload") == "yes", index: at,
		})
	}
	return list
}

// of returns the field of a configuration.
func (s setting) of(c *Config) reflect.Value { return reflect.ValueOf(c).Elem().FieldByIndex(s.index) }

// list reports whether the setting has several values.
func (s setting) list() bool { return s.of(&Config{}).Kind() == reflect.Slice }

// set gives the setting the values that a text has. What is wrong with a value
// beyond its form is for check to say.
func (s setting) set(c *Config, texts []string) error {
	field := s.of(c)
	if field.Kind() == reflect.Slice {
		return setList(field, texts)
	}
	text := texts[len(texts)-1]
	switch field.Interface().(type) {
	case bool:
		value, err := strconv.ParseBool(text)
		if err != nil {
			return fmt.Errorf("%.100q is neither true nor false", text)
		}
		field.SetBool(value)
	case int:
		value, err := strconv.Atoi(text)
		if err != nil {
			return fmt.Errorf("%.100q is no whole number", text)
		}
		field.SetInt(int64(value))
	case time.Duration:
		value, err := time.ParseDuration(text)
		if err != nil {
			return fmt.Errorf("%.100q is no duration such as 5s", text)
		}
		field.SetInt(int64(value))
	default:
		field.SetString(text)
	}
	return nil
}

func setList(field reflect.Value, texts []string) error {
	switch field.Addr().Interface().(type) {
	case *[]Resolver:
		resolvers := make([]Resolver, len(texts))
		for i, text := range texts {
			resolvers[i].Address = text
		}
		field.Set(reflect.ValueOf(resolvers))
	case *[]string:
		field.Set(reflect.ValueOf(append([]string(nil), texts...)))
	default:
		return errors.New("cannot be given as text")
	}
	return nil
}

// split returns the values in a variable.
func (s setting) split(text string) []string {
	if !s.list() {
		return []string{text}
	}
	parts := strings.Split(text, ",")
	for i, part := range parts {
		parts[i] = strings.TrimSpace(part)
	}
	return parts
}
