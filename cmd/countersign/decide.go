package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/internal/strictjson"
	"github.com/fc28f635/countersign/issuer"
	"github.com/fc28f635/countersign/metadata"
)

type decideFlags struct {
	service             serverFlags
	json                bool
	authorizationServer string
	redirectURI         string
	resource            string
	dryRun              bool
}

func decideCommand() *cobra.Command {
	f := decideFlags{}
	c := &cobra.Command{
		Use:   "decide [flags] FILE|-|https://URL",
		Short: "Ask the service to decide on a client",
		Long: `Ask a running service to decide on a client. A file, or - for standard input,
holds the members of a registration request (RFC 7591, Section 3.1) as JSON, or
a software statement alone. An https URL is the client_id of a client that
publishes a metadata document. The service is asked over the socket in its data
directory, which only the operator can open, or at an address with an API key.

Exit status: 0 approved, 1 denied, or nothing before a person answers (review), 2 the
command line is wrong, 3 the service did not decide.`,
		Example: `  countersign decide --data /var/lib/countersign registration.json
  countersign decide --server https://trust.example --api-key env:API_KEY --dry-run --json https://acme.example/mcp/client.json`,
		GroupID: groupOperator,
		Args:    cobra.ExactArgs(1),
		RunE:    func(c *cobra.Command, args []string) error { return runDecide(c, f, args[0]) },
	}
	flags := c.Flags()
	f.service.add(c)
	flags.BoolVar(&f.json, "json", false, "print the decision as JSON")
	flags.StringVar(&f.authorizationServer, "authorization-server", "", "decide for the authorization server with this issuer `URL`")
	flags.StringVar(&f.redirectURI, "redirect-uri", "", "judge the client by this redirect `URI`, the one in use")
	flags.StringVar(&f.resource, "resource", "", "decide on access to the protected resource with this identifier, a `URL`")
	flags.BoolVar(&f.dryRun, "dry-run", false, "sign and consume nothing; the decision is recorded as a dry run")
	return c
}

func runDecide(c *cobra.Command, f decideFlags, source string) error {
	service, err := f.service.client()
	if err != nil {
		return err
	}
	if f.authorizationServer != "" && issuer.CheckAuthorizationServer(f.authorizationServer) != nil {
		return notAuthorizationServer(f.authorizationServer)
	}
	if f.resource != "" && issuer.CheckResource(f.resource) != nil {
		return &usageError{fmt.Errorf("--resource %.100q is no https URL without fragment, such as https://files.example/mcp", f.resource)}
	}
	request, err := f.request(source, c.InOrStdin())
	if err != nil {
		return err
	}
	answer, err := service.call(c.Context(), http.MethodPost, decisionsPath, request)
	if err != nil {
		return failed("the service did not decide", err)
	}
	var d issuer.Decision
	if err := json.Unmarshal(answer, &d); err != nil || d.ID == "" {
		return fail(errors.New("the service's answer is no decision"), notOursHint)
	}
	if f.json {
		writeJSON(c.OutOrStdout(), json.RawMessage(answer))
	} else {
		printDecision(c.OutOrStdout(), d)
	}
	if d.Outcome != issuer.Approved {
		return &exitError{code: exitRejected}
	}
	return nil
}

// request writes the request for what the command line names.
func (f decideFlags) request(source string, stdin io.Reader) ([]byte, error) {
	members := map[string]any{}
	switch {
	case metadata.IsClientIDURL(source):
		members["client_id"] = source
	default:
		client, err := readRegistration(source, stdin)
		if err != nil {
			return nil, fail(err, "")
		}
		members["client"] = client
	}
	if f.authorizationServer != "" {
		members["authorization_server"] = f.authorizationServer
	}
	if f.redirectURI != "" {
		members["redirect_uri"] = f.redirectURI
	}
	if f.resource != "" {
		members["resource"] = f.resource
	}
	if f.dryRun {
		members["dry_run"] = true
	}
	request, err := strictjson.Encode(members, false)
	if err != nil {
		return nil, fail(err, "")
	}
	return request, nil
}

// compactJWS matches what can be a software statement (RFC 7515, Section 7.1).
var compactJWS = regexp.MustCompile(`^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*$`)

// readRegistration reads the members of a registration request, or makes them of
// a statement. White space around it is no part of either.
func readRegistration(source string, stdin io.Reader) (json.RawMessage, error) {
	reader := stdin
	if source != "-" {
		file, err := os.Open(source)
		if err != nil {
			return nil, fmt.Errorf("reading the client: %w", err)
		}
		defer file.Close()
		reader = file
	}
	data, err := io.ReadAll(io.LimitReader(reader, limits.RequestBytes+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("reading the client: %w", err)
	case len(data) > limits.RequestBytes:
		return nil, fmt.Errorf("reading the client: more than %d bytes", limits.RequestBytes)
	}
	text := strings.TrimSpace(string(data))
	switch {
	case text == "":
		return nil, errors.New("reading the client: there is nothing in it")
	case text[0] != '{' && !compactJWS.MatchString(text):
		return nil, errors.New("reading the client: neither a JSON object nor a software statement, which is three base64url parts with dots between them")
	case text[0] != '{':
		return strictjson.Encode(map[string]string{"software_statement": text}, false)
	}
	if _, err := strictjson.ParseObject([]byte(text), limits.JSONDepth); err != nil {
		return nil, fmt.Errorf("reading the client: %w", err)
	}
	return json.RawMessage(text), nil
}
