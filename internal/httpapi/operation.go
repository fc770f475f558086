package httpapi

import (
	"cmp"
	"context"
	"net/http"
	"reflect"
	"strconv"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humamux"
	"github.com/gorilla/mux"

	"github.com/fc28f635/countersign/internal/access"
	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/internal/strictjson"
	"github.com/fc28f635/countersign/metadata"
)

// An operation is one method of one path, and what the OpenAPI document says of
// it. The types of its request and answer are those of its functions.
type operation struct {
	method, path string
	id           string // its operationId, and the directory of its examples

	// role is what a caller needs. Below /v1/ an operation without one is
	// nobody's.
	role access.Role

	summary, description string
	status               int   // of a good answer; zero means 200
	errors               []int // beyond those that every operation of its kind has
	page                 bool  // there is one too: the answer as HTML
}

// good is the status of a good answer.
func (o operation) good() int { return cmp.Or(o.status, http.StatusOK) }

// A reader reads the request of an endpoint. Body is the type of the JSON that it
// takes, nil where it takes none.
type reader[Req any] struct {
	read func(http.ResponseWriter, *http.Request) (Req, error)
	body reflect.Type
}

// nothing is the reader of an endpoint that takes none.
func nothing() reader[struct{}] {
	return reader[struct{}]{read: func(http.ResponseWriter, *http.Request) (struct{}, error) { return struct{}{}, nil }}
}

// pathID is the reader of an endpoint whose path ends in {id}.
func pathID() reader[string] {
	return reader[string]{read: func(_ http.ResponseWriter, r *http.Request) (string, error) { return mux.Vars(r)["id"], nil }}
}

// body is the reader of an endpoint that takes the members of T as JSON, those
// and no other.
func body[T any](s *server) reader[T] { return bodyUpTo[T](s, limits.RequestBytes) }

// bodyUpTo is body for a request of at most so many bytes.
func bodyUpTo[T any](s *server, most int64) reader[T] {
	return reader[T]{body: reflect.TypeFor[T](), read: func(w http.ResponseWriter, r *http.Request) (v T, err error) {
		data, err := s.readBody(w, r, most)
		if err != nil {
			return v, err
		}
		if err := strictjson.Decode(data, &v); err != nil {
			if _, syntax := strictjson.ParseObject(data, limits.JSONDepth); syntax != nil {
				return v, because(metadata.ReasonRequestNotJSON, syntax)
			}
			return v, because(metadata.ReasonRequestMemberMalformed, err)
		}
		return v, nil
	}}
}

// add adds an operation to the API.
func add[Req, Resp any](s *server, o operation, in reader[Req], call func(context.Context, Req) (Resp, error)) {
	s.register(o, in.body, reflect.TypeFor[Resp](), endpoint(s, o.good(), in.read, call))
}

// register has a handler answer an operation that takes a body and answers as
// described, the body nil where it takes none.
func (s *server) register(o operation, body, answer reflect.Type, h http.Handler) {
	op := s.huma(o, body, answer)
	// Huma finds the handler and describes it. It neither reads the request nor
	// writes the answer, which it would do in ways that the formats do not have.
	op.Middlewares = huma.Middlewares{func(c huma.Context, _ func(huma.Context)) {
		r, w := humamux.Unwrap(c)
		h.ServeHTTP(w, r)
	}}
	huma.Register(s.api, op, func(context.Context, *struct{}) (*struct{}, error) { return nil, nil })
	delete(op.Responses, strconv.Itoa(http.StatusUnprocessableEntity))
}
