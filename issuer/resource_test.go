package issuer

import (
	"strings"
	"testing"
)

// declaring is policy standard with further text.
func declaring(t testing.TB, text string) *Policy {
	t.Helper()
	p, err := ParsePolicy(append(Standard().Source(), text...))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

const files = `resources:
  - resource: https://files.example/mcp
    mode: enforce
    scopes:
      "files:all": {includes: ["files:read", "files:write"]}
      "files:everything": {includes: ["files:all", "files:delete"]}
      "files:quota": {class: read}
    tools:
      read_file: {scope: "files:read", class: read}
      list_files: {scope: "files:read", class: read}
      write_file: {scope: "files:write", class: modify}
      delete_file: {scope: "files:delete", class: delete}
      read_secret: {scope: "files:secrets", class: read, sensitive: true}
      search.v2/all: {scope: "files:search", class: read, guessed: true}
      move_file: {scope: "files:move", class: modify, was: read}
      ping: {}
`

// What is wrong with a declared resource is refused when the policy is read, with
// its place and the mend.
func TestResourcesAreChecked(t *testing.T) {
	declaring(t, files)
	for name, c := range map[string]struct{ old, new, at, refused string }{
		"http":                     {"https://files.example/mcp", "http://files.example/mcp", "http://", "is an https URL"},
		"fragment":                 {"https://files.example/mcp", `"https://files.example/mcp#a"`, "#a", "without fragment"},
		"no URL":                   {"https://files.example/mcp", "files", "files\n", "is an https URL"},
		"user information":         {"https://files.example/mcp", "https://u@files.example/mcp", "u@", "is an https URL"},
		"P5 twice":                 {"resources:\n", "resources:\n  - {resource: https://files.example:443/mcp, mode: enforce, tools: {a: {}}}\n", "  - resource: https://files.example/mcp", "declared twice"},
		"no mode":                  {"    mode: enforce\n", "", "  - resource:", "mode is missing: say enforce or observe; there is no default"},
		"a mode that is none":      {"mode: enforce", "mode: audit", "mode: audit", `"audit", neither enforce nor observe`},
		"unknown key":              {"mode: enforce", "mode: enforce\n    owner: me", "owner", `unknown field "owner"`},
		"nothing in it":            {files[strings.Index(files, "    scopes:"):], "", "  - resource:", "neither tools nor scopes"},
		"O8 scope with a space":    {`scope: "files:write"`, `scope: "files: write"`, "files: write", "is no scope token"},
		"O8 scope with a tab":      {`"files:quota"`, `"files\tquota"`, `"files\tquota"`, "is no scope token"},
		"O8 scope with a quote":    {`scope: "files:write"`, `scope: 'files"write'`, `files"write`, "is no scope token"},
		"O8 scope with NBSP":       {`scope: "files:write"`, "scope: \"files\u00a0write\"", "files\u00a0", "is no scope token"},
		"O8 a wildcard only":       {`scope: "files:write"`, `scope: "*"`, `"*"`, "a wildcard and nothing else"},
		"O8 wildcards only":        {`"files:quota"`, `"*:*"`, `"*:*"`, "a wildcard and nothing else"},
		"O8 openid":                {`scope: "files:write"`, `scope: "openid"`, `"openid"`, "has rules of its own"},
		"O8 offline_access":        {`"files:quota"`, `"offline_access"`, `"offline_access"`, "has rules of its own"},
		"includes what is not":     {`["files:all", "files:delete"]`, `["files:all", "files:purge"]`, `"files:purge"`, "is behind no tool and under no scopes"},
		"includes itself":          {`"files:quota": {class: read}`, `"files:quota": {includes: ["files:quota"]}`, `files:quota": {`, "includes itself"},
		"a circle":                 {`"files:quota": {class: read}`, `"files:quota": {includes: ["files:loop"]}` + "\n      \"files:loop\": {includes: [\"files:quota\"]}", `files:loop": {`, "includes itself"},
		"scope without anything":   {`{class: read}`, `{sensitive: true}`, `files:quota": {`, "give it a class"},
		"tool without class":       {`{scope: "files:write", class: modify}`, `{scope: "files:write"}`, "write_file", "has no class: say read, modify, delete or admin"},
		"P2 a class that is none":  {"class: delete", "class: destroy", "destroy", `"destroy" is no class`},
		"turned harmless":          {"was: read", "was: delete", "was: delete", "take was away"},
		"was the same":             {"was: read", "was: modify", "was: modify", "take was away"},
		"a tool with a space":      {"write_file:", `"write file":`, "write file", "is no tool name"},
		"a tool in another script": {"write_file:", `"wr\u0456te":`, `"wr\u0456te"`, "is no tool name"},
		"a tool of many letters":   {"write_file:", strings.Repeat("w", 129) + ":", "wwww", "is no tool name"},
		"a tool twice":             {"write_file:", "read_file:", "read_file: {scope: \"files:write", "already defined"},
	} {
		t.Run(name, func(t *testing.T) {
			if !strings.Contains(files, c.old) {
				t.Fatalf("there is no %q", c.old)
			}
			text := string(Standard().Source()) + strings.Replace(files, c.old, c.new, 1)
			_, err := ParsePolicy([]byte(text))
			if err == nil || !strings.Contains(err.Error(), c.refused) {
				t.Fatalf("%v\nwant an error with %q", err, c.refused)
			}
			line := 0
			for shown := range strings.Lines(err.Error()) {
				if strings.HasPrefix(shown, ">") && strings.Contains(shown+"\n", strings.TrimSuffix(c.at, "\n")) {
					line++
				}
			}
			if line != 1 {
				t.Errorf("%v\ndoes not show %q", err, c.at)
			}
		})
	}
}

func TestAuthorizationServersAreChecked(t *testing.T) {
	declaring(t, "authorization_servers:\n  - {issuer: https://as.example, mode: observe}\n  - {issuer: https://as2.example, mode: enforce}\n")
	for name, c := range map[string]struct{ text, refused string }{
		"http":    {"  - {issuer: http://as.example, mode: observe}\n", "is an https URL"},
		"no mode": {"  - {issuer: https://as.example}\n", "mode is missing"},
		"a mode":  {"  - {issuer: https://as.example, mode: Observe}\n", `"Observe", neither`},
		"twice":   {"  - {issuer: https://as.example, mode: observe}\n  - {issuer: https://as.example, mode: enforce}\n", "is there twice"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ParsePolicy([]byte(string(Standard().Source()) + "authorization_servers:\n" + c.text))
			if err == nil || !strings.Contains(err.Error(), c.refused) || !strings.Contains(err.Error(), "\n>") {
				t.Errorf("%v\nwant an error with its place and %q", err, c.refused)
			}
		})
	}
}

func TestCheckResource(t *testing.T) {
	for id, good := range map[string]bool{
		"https://files.example/mcp": true, "https://files.example": true, "https://files.example:8443/mcp?tenant=1": true, "HTTPS://Files.example/": true,
		"http://127.0.0.1:3000/mcp": true, "http://localhost/mcp": true, "http://[::1]:1/": true,
		"": false, "files": false, "http://files.example": false, "http://localhost.example": false, "https://": false, "https:///mcp": false,
		"https://u@files.example": false, "https://files.example/#": false, "https://files.example/a b": false, "https://files.example/\u00e9": false, "urn:x": false,
	} {
		if err := CheckResource(id); (err == nil) != good {
			t.Errorf("%q: %v", id, err)
		}
	}
}

// Two addresses that every client means alike are of one resource, and no others.
func TestSameResource(t *testing.T) {
	for _, same := range []string{"https://files.example", "https://files.example/", "HTTPS://FILES.example", "https://files.example:443/"} {
		if sameResource(same) != sameResource("https://files.example/") {
			t.Errorf("%q is %q", same, sameResource(same))
		}
	}
	for _, other := range []string{"http://files.example/", "https://files.example:8443/", "https://files.example/mcp", "https://files.example.evil.example/",
		"https://files.example/?a", "https://files.example//", "https://u@files.example/", "files.example", ""} {
		if sameResource(other) == sameResource("https://files.example/") {
			t.Errorf("%q is the same", other)
		}
	}
	if sameResource("https://files.example/MCP") == sameResource("https://files.example/mcp") {
		t.Error("paths have one case")
	}
}
