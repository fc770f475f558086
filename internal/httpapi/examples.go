package httpapi

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// exampleFiles are requests and their answers, in a directory for each
// operation. A test sends each, and compares.
//
//go:embed examples
var exampleFiles embed.FS

// An example is a request and its answer. What differs every time, such as an
// id, has some value in the answer.
type example struct {
	Summary string          `json:"summary"`
	Request json.RawMessage `json:"request,omitempty"` // nil where the operation takes none
	Status  int             `json:"status"`
	Answer  json.RawMessage `json:"answer"`
}

// addExamples puts the examples into the OpenAPI document.
func (s *server) addExamples() error {
	for _, item := range s.api.OpenAPI().Paths {
		for _, op := range []*huma.Operation{item.Get, item.Post, item.Put, item.Delete} {
			if op == nil {
				continue
			}
			examples, err := examplesOf(op.OperationID)
			if err != nil {
				return err
			}
			for name, e := range examples {
				if err := e.addTo(op, name); err != nil {
					return fmt.Errorf("example %s of %s: %w", name, op.OperationID, err)
				}
			}
		}
	}
	return nil
}

func examplesOf(operation string) (map[string]example, error) {
	examples := map[string]example{}
	files, err := exampleFiles.ReadDir(path.Join("examples", operation))
	if err != nil {
		return examples, nil //nolint:nilerr // an operation without examples
	}
	for _, f := range files {
		name := path.Join("examples", operation, f.Name())
		data, err := exampleFiles.ReadFile(name)
		if err != nil {
			return nil, err
		}
		var e example
		if err := json.Unmarshal(data, &e); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		examples[strings.TrimSuffix(f.Name(), ".json")] = e
	}
	return examples, nil
}

// addTo adds an example to both sides of an operation.
func (e example) addTo(op *huma.Operation, name string) error {
	if e.Request != nil {
		if op.RequestBody == nil {
			return errors.New("the operation takes no request")
		}
		addExample(op.RequestBody.Content[jsonType], name, e.Summary, e.Request)
	}
	response := op.Responses[strconv.Itoa(e.Status)]
	if response == nil {
		return fmt.Errorf("the operation has no answer with status %d", e.Status)
	}
	addExample(response.Content[jsonType], name, e.Summary, e.Answer)
	return nil
}

func addExample(to *huma.MediaType, name, summary string, value json.RawMessage) {
	if to.Examples == nil {
		to.Examples = map[string]*huma.Example{}
	}
	to.Examples[name] = &huma.Example{Summary: summary, Value: value}
}
