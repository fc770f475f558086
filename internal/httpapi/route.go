package httpapi

import (
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humamux"

	"github.com/fc28f635/countersign/internal/access"
)

// A route answers the requests for one path: those of its methods, and no other.
type route struct {
	server    *server
	template  string
	private   bool // needs an API key, whatever is asked
	readByAll bool // by pages of every origin
	methods   map[string]method
	allow     string // its methods, for people and the Allow header
}

// A method is one operation of a route.
type method struct {
	role   access.Role
	handle http.Handler
}

// privatePrefix begins every path that needs an API key: no operation there can
// forget it.
const privatePrefix = "/v1/"

// handle has a method of a path answered. HEAD comes with GET.
func (s *server) handle(template, name string, role access.Role, h http.Handler) {
	rt := s.routes[template]
	if rt == nil {
		rt = &route{server: s, template: template, private: strings.HasPrefix(template, privatePrefix), readByAll: readByAll(template), methods: map[string]method{}}
		s.routes[template] = rt
		s.router.Path(template).Handler(rt)
	}
	rt.methods[name] = method{role, h}
	if name == http.MethodGet {
		rt.methods[http.MethodHead] = method{role, h}
	}
	var names []string
	for name := range rt.methods {
		names = append(names, name)
	}
	slices.Sort(names)
	rt.allow = strings.Join(names, ", ")
}

// ServeHTTP implements http.Handler.
func (rt *route) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	m, ok := rt.methods[r.Method]
	e := eventOf(r)
	if e.route = rt.template; ok {
		e.method = r.Method
	}
	if rt.crossOrigin(w, r) {
		return
	}
	if err := rt.server.admit(r, rt.private); err != nil {
		rt.server.refuse(w, r, err)
		return
	}
	switch {
	case !ok:
		w.Header().Set("Allow", rt.allow)
		rt.server.refuse(w, r, errMethod)
	case rt.private && !e.caller.Role.Covers(m.role):
		rt.server.refuse(w, r, errRole)
	default:
		m.handle.ServeHTTP(w, r)
	}
}

// nowhere answers the requests for what is at no path.
func (s *server) nowhere() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := s.admit(r, false)
		if err == nil {
			err = errNoSuchPath
		}
		s.refuse(w, r, err)
	})
}

// Handle implements huma.Adapter: the route table is ours, huma describes it.
func (s *server) Handle(op *huma.Operation, handler func(huma.Context)) {
	role, _ := op.Metadata[roleKey].(access.Role)
	s.handle(op.Path, op.Method, role, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handler(humamux.NewContext(op, r, w))
	}))
}

// ServeHTTP implements huma.Adapter, for requests that came through a door.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.router.ServeHTTP(w, r) }

// roleKey is where an operation of huma's keeps its role.
const roleKey = "role"
