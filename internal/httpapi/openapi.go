package httpapi

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fc28f635/countersign/internal/access"
	"github.com/fc28f635/countersign/issuer"
	"github.com/fc28f635/countersign/metadata"
)

// Huma's defaults are not ours: its errors repeat the request, and its lists can
// be null. Both are settings of the whole program.
func init() {
	huma.DefaultArrayNullable = false
	huma.NewError = func(status int, _ string, _ ...error) huma.StatusError {
		return &describedError{apiError{Code: "server_error", Description: metadata.ReasonServerError.Problem().Sentence}, status}
	}
}

// A describedError is the error that huma describes. It has none to answer with:
// requests and answers are ours.
type describedError struct {
	apiError
	status int
}

func (e *describedError) Error() string  { return e.Code }
func (e *describedError) GetStatus() int { return e.status }

const apiVersion = "1"

// keyScheme is the name of the security scheme in the OpenAPI document.
const keyScheme = "apiKey"

// newDescription begins the OpenAPI document, whose paths the server answers.
func newDescription(s *server) huma.API {
	registry := huma.NewMapRegistry("#/components/schemas/", schemaName)
	for t, as := range map[reflect.Type]reflect.Type{
		reflect.TypeFor[metadata.Client]():    reflect.TypeFor[clientSchema](),
		reflect.TypeFor[metadata.Publisher](): reflect.TypeFor[publisherSchema](),
		reflect.TypeFor[metadata.Subject]():   reflect.TypeFor[subjectSchema](),
		reflect.TypeFor[issuer.Tier]():        reflect.TypeFor[tierSchema](),
		reflect.TypeFor[[]issuer.Class]():     reflect.TypeFor[classesSchema](), // whose items are bytes, which would be base64
		reflect.TypeFor[issuer.Cut]():         reflect.TypeFor[cutSchema](),
		reflect.TypeFor[access.Role]():        reflect.TypeFor[roleSchema](),
		reflect.TypeFor[access.Right]():       reflect.TypeFor[rightSchema](),
		reflect.TypeFor[describedError]():     reflect.TypeFor[apiError](),
	} {
		registry.RegisterTypeAlias(t, as)
	}
	config := huma.Config{OpenAPI: &huma.OpenAPI{
		Info: &huma.Info{Title: "countersign", Version: apiVersion, Description: "Who is behind an OAuth client, how we know, and what it may therefore do. " +
			"Members can be added to answers; programs leave out those that they do not know."},
		Components: &huma.Components{Schemas: registry, SecuritySchemes: map[string]*huma.SecurityScheme{
			keyScheme: {Type: "http", Scheme: "bearer", Description: "An API key, which begins with csk_ (RFC 6750, Section 2.1)."},
		}},
	}}
	config.AllowAdditionalPropertiesByDefault = true // in answers; not in requests, see huma
	return huma.NewAPI(config, s)
}

// schemaName names a type in the document. The API's own are known by their
// package too.
func schemaName(t reflect.Type, hint string) string {
	name := strings.TrimSuffix(huma.DefaultSchemaNamer(t, hint), "Schema")
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t.PkgPath() == reflect.TypeFor[access.Key]().PkgPath() {
		return "API" + name
	}
	return name
}

// huma describes an operation for huma.
func (s *server) huma(o operation, body, answer reflect.Type) huma.Operation {
	registry := s.api.OpenAPI().Components.Schemas
	op := huma.Operation{
		Method: o.method, Path: o.path, OperationID: o.id, Summary: o.summary, Description: o.description, DefaultStatus: o.good(),
		Metadata: map[string]any{roleKey: o.role},
		Responses: map[string]*huma.Response{fmt.Sprint(o.good()): {
			Description: http.StatusText(o.good()), Content: jsonContent(registry.Schema(answer, true, o.id+"Answer")),
		}},
		Errors: []int{http.StatusInternalServerError},
	}
	if o.page {
		op.Responses[fmt.Sprint(o.good())].Content[htmlType] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString}}
	}
	if strings.Contains(o.path, "{id}") {
		op.Parameters = []*huma.Param{{Name: "id", In: "path", Required: true, Schema: &huma.Schema{Type: huma.TypeString}}}
		op.Errors = append(op.Errors, http.StatusNotFound)
	}
	if o.role == access.Operator && o.method != http.MethodGet {
		op.Parameters = append(op.Parameters, &huma.Param{Name: actorHeader, In: "header", Schema: &huma.Schema{Type: huma.TypeString},
			Description: "Who does it, for the record. Absent, it is the name of the key."})
	}
	if body != nil {
		schema := registry.Schema(body, true, o.id+"Request")
		if named := registry.SchemaFromRef(schema.Ref); named != nil {
			named.AdditionalProperties = false
		}
		op.RequestBody = &huma.RequestBody{Required: true, Content: jsonContent(schema)}
		op.Errors = append(op.Errors, http.StatusBadRequest, http.StatusRequestTimeout, http.StatusRequestEntityTooLarge,
			http.StatusUnsupportedMediaType, http.StatusServiceUnavailable)
	}
	if strings.HasPrefix(o.path, privatePrefix) {
		op.Security = []map[string][]string{{keyScheme: {}}}
		op.Description = strings.TrimSpace(op.Description + fmt.Sprintf(" Needs the role %s.", o.role))
		op.Errors = append(op.Errors, http.StatusUnauthorized, http.StatusForbidden)
	}
	op.Errors = append(append(op.Errors, http.StatusTooManyRequests), o.errors...)
	slices.Sort(op.Errors)
	return op
}

func jsonContent(schema *huma.Schema) map[string]*huma.MediaType {
	return map[string]*huma.MediaType{jsonType: {Schema: schema}}
}

// describe serves the OpenAPI document, and a page that is made of it. Neither
// changes after this.
func (s *server) describe() error {
	if err := s.addExamples(); err != nil {
		return err
	}
	document, err := json.MarshalIndent(s.api.OpenAPI(), "", "  ")
	if err != nil {
		return fmt.Errorf("writing the OpenAPI document: %w", err)
	}
	page, err := describePage(document)
	if err != nil {
		return err
	}
	s.handle("/openapi.json", http.MethodGet, "", fixed(jsonType, document))
	s.handle("/schemas/policy.json", http.MethodGet, "", fixed(schemaType, issuer.PolicySchema()))
	s.handle("/docs", http.MethodGet, "", fixed(htmlType+"; charset=utf-8", page))
	return nil
}

// fixed answers with what never changes.
func fixed(mediaType string, body []byte) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { write(w, r, http.StatusOK, mediaType, body) })
}

// Schemas of types that have a textual form of their own.
type (
	clientSchema    struct{}
	publisherSchema struct{}
	subjectSchema   struct{}
	tierSchema      struct{}
	classesSchema   struct{}
	cutSchema       struct{}
	roleSchema      struct{}
	rightSchema     struct{}
)

// Schema implements huma.SchemaProvider.
func (clientSchema) Schema(huma.Registry) *huma.Schema {
	text := func(doc string) *huma.Schema { return &huma.Schema{Type: huma.TypeString, Description: doc} }
	texts := func(doc string) *huma.Schema {
		return &huma.Schema{Type: huma.TypeArray, Items: &huma.Schema{Type: huma.TypeString}, Description: doc}
	}
	return &huma.Schema{
		Type: huma.TypeObject, Description: "Client metadata (RFC 7591, Section 2). Members that are not listed here are kept.", AdditionalProperties: true,
		Properties: map[string]*huma.Schema{
			"client_name": text("The name that a person is shown."), "redirect_uris": texts("Where authorization codes go."),
			"grant_types": texts(""), "response_types": texts(""), "scope": text("A list with single spaces (RFC 6749, Section 3.3)."),
			"token_endpoint_auth_method": text(""), "jwks": {Type: huma.TypeObject, AdditionalProperties: true}, "jwks_uri": text(""),
			"client_uri": text(""), "logo_uri": text(""), "tos_uri": text(""), "policy_uri": text(""), "contacts": texts(""),
			"software_id": text(""), "software_version": text(""), "application_type": text("native or web."),
			"software_statement": text("What the publisher signed (RFC 7591, Section 2.3)."),
		},
	}
}

// Schema implements huma.SchemaProvider.
func (publisherSchema) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Description: "The https origin that vouches for the software, such as https://acme.example."}
}

// Schema implements huma.SchemaProvider.
func (subjectSchema) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Description: "A publisher (https://acme.example), a client_id (https://acme.example/client.json) or a shape (sha256:…)."}
}

// Schema implements huma.SchemaProvider.
func (tierSchema) Schema(huma.Registry) *huma.Schema { return enum(issuer.Tiers()) }

// Schema implements huma.SchemaProvider.
func (classesSchema) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeArray, Items: enum([]issuer.Class{issuer.ClassRead, issuer.ClassModify, issuer.ClassDelete, issuer.ClassAdmin})}
}

// Schema implements huma.SchemaProvider.
func (cutSchema) Schema(huma.Registry) *huma.Schema { return enum(issuer.Cuts()) }

// Schema implements huma.SchemaProvider.
func (roleSchema) Schema(huma.Registry) *huma.Schema {
	return enum(access.Roles())
}

// Schema implements huma.SchemaProvider.
func (rightSchema) Schema(huma.Registry) *huma.Schema {
	return enum([]access.Right{access.Source, access.Findings})
}

func enum[T any](values []T) *huma.Schema {
	s := &huma.Schema{Type: huma.TypeString}
	for _, v := range values {
		s.Enum = append(s.Enum, fmt.Sprint(v))
	}
	return s
}
