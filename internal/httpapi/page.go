package httpapi

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"html/template"
	"maps"
	"slices"
	"strings"
)

//go:embed page.html
var pageText string

// describePage writes the OpenAPI document as a page for people, which loads
// nothing and runs nothing.
func describePage(document []byte) ([]byte, error) {
	var d pageDocument
	if err := json.Unmarshal(document, &d); err != nil {
		return nil, fmt.Errorf("reading the OpenAPI document: %w", err)
	}
	page, err := template.New("page").Funcs(template.FuncMap{"json": indented}).Parse(pageText)
	if err != nil {
		return nil, fmt.Errorf("reading the page: %w", err)
	}
	var b bytes.Buffer
	if err := page.Execute(&b, d); err != nil {
		return nil, fmt.Errorf("writing the page: %w", err)
	}
	return b.Bytes(), nil
}

// A pageDocument is what the page shows of an OpenAPI document.
type pageDocument struct {
	Info struct {
		Title       string `json:"title"`
		Description string `json:"description"`
	} `json:"info"`
	Paths      map[string]map[string]pageOperation `json:"paths"`
	Components struct {
		Schemas map[string]pageSchema `json:"schemas"`
	} `json:"components"`
}

type pageOperation struct {
	ID          string                 `json:"operationId"`
	Summary     string                 `json:"summary"`
	Description string                 `json:"description"`
	Body        pageContent            `json:"requestBody"`
	Responses   map[string]pageContent `json:"responses"`
}

type pageContent struct {
	Description string               `json:"description"`
	Content     map[string]pageMedia `json:"content"`
}

type pageMedia struct {
	Schema   pageSchema `json:"schema"`
	Examples map[string]struct {
		Summary string          `json:"summary"`
		Value   json.RawMessage `json:"value"`
	} `json:"examples"`
}

type pageSchema struct {
	Ref         string                `json:"$ref"`
	Type        string                `json:"type"`
	Description string                `json:"description"`
	Enum        []string              `json:"enum"`
	Items       *pageSchema           `json:"items"`
	Properties  map[string]pageSchema `json:"properties"`
	Required    []string              `json:"required"`
}

// Media returns the one media type of a body that is JSON.
func (c pageContent) Media() *pageMedia {
	if m, ok := c.Content[jsonType]; ok {
		return &m
	}
	return nil
}

// Name returns the name of the schema that is referred to, empty where it stands
// here.
func (s pageSchema) Name() string { return s.Ref[strings.LastIndex(s.Ref, "/")+1:] }

// Kind says in a word what a value is.
func (s pageSchema) Kind() string {
	if len(s.Enum) > 0 {
		return strings.Join(s.Enum, ", ")
	}
	if s.Type == "" {
		return "any"
	}
	return s.Type
}

// Needs reports whether a member must be there.
func (s pageSchema) Needs(name string) bool { return slices.Contains(s.Required, name) }

// Order returns the paths: what needs a key first.
func (d pageDocument) Order() []string {
	paths := slices.Sorted(maps.Keys(d.Paths))
	slices.SortStableFunc(paths, func(a, b string) int {
		return strings.Compare(privateFirst(a), privateFirst(b))
	})
	return paths
}

func privateFirst(path string) string {
	if strings.HasPrefix(path, privatePrefix) {
		return "0"
	}
	return "1"
}

func indented(v json.RawMessage) (string, error) {
	var b bytes.Buffer
	if err := json.Indent(&b, v, "", "  "); err != nil {
		return "", err
	}
	return b.String(), nil
}
