package main

// filesResource is an MCP server as a policy declares it.
const filesResource = `resources:
  - resource: https://files.example/mcp
    mode: enforce
    scopes:
      "files:all": {includes: ["files:read", "files:write"]}
    tools:
      read_file: {scope: "files:read", class: read}
      list_files: {scope: "files:read", class: read}
      read_secret: {scope: "files:secrets", class: read, sensitive: true}
      search: {scope: "files:search", class: read, guessed: true}
      write_file: {scope: "files:write", class: modify}
      move_file: {scope: "files:move", class: modify, was: read}
`

// resourceVectors: what declared resources leave of a scope, who is confidential,
// and what passes where nothing is enforced.
func resourceVectors(plain object) []vector {
	loopback := plain.with("redirect_uris", list{"http://127.0.0.1:51004/callback"})
	v := func(id, expect, comment, scope string, opts ...option) vector {
		return registered("decision/resource_"+id, expect, comment, loopback.with("scope", scope),
			append([]option{text("resources.yaml", filesResource)}, opts...)...)
	}
	named := func(id, expect, comment, resource, scope string, opts ...option) vector {
		return decision("decision/resource_"+id, expect, comment, object{{"client", loopback.with("scope", scope)}, {"resource", resource}},
			append([]option{text("resources.yaml", filesResource)}, opts...)...)
	}
	const observed = `resources:
  - resource: https://files.example/mcp
    mode: observe
    tools:
      read_file: {scope: "files:read", class: read}
`
	keys := object{{"keys", list{acmeNext.jwk()}}}
	return []vector{
		v("scope", unverified, "a scope whose tools all read", "files:read", header("scope", "files:read"), header("tools", "list_files read_file"), row("O8")),
		v("part", unverified, "a scope that includes what the tier does not have: the part that it has is granted in its place", "files:all",
			header("scope", "files:read"), header("cut", "files:all class accepted"), header("tools", "list_files read_file"), row("O8")),
		v("sensitive", unverified, "a tool that returns secrets", "files:read files:secrets", header("scope", "files:read"), header("cut", "files:secrets sensitive accepted"), row("O8")),
		v("guessed", unverified, "a tool whose class is a guess", "files:read files:search", header("scope", "files:read"), header("cut", "files:search guessed accepted"), row("O8")),
		v("unreviewed", unverified, "a tool that became more harmful, and nobody looked", "files:read files:move", header("scope", "files:read"), header("cut", "files:move unreviewed blocked"), row("O8")),
		v("undeclared", unverified, "a scope that no resource knows, though its name is harmless", "files:read mail:list", header("scope", "files:read"), header("cut", "mail:list undeclared blocked"), row("O8")),
		v("admin", "denied scope_empty", "nothing but an undeclared scope", "admin", header("cut", "admin undeclared blocked"), row("O8")),
		named("named", unverified, "the resource in another spelling of the same address", "HTTPS://Files.example:443/mcp", "files:read", header("scope", "files:read"), header("tools", "list_files read_file")),
		named("unknown", "denied scope_empty", "a resource that is not declared: nothing of its scopes", "https://other.example/mcp", "files:read", header("cut", "files:read resource blocked"), row("O8")),
		registered("decision/observed", unverified, "nothing is enforced: what was asked for passes, and what would have been is told", loopback.with("scope", "files:read files:write"),
			text("resources.yaml", observed), header("scope", "files:read files:write"), header("would", "approved unverified files:read")),
		registered("decision/observed_forgery", unverified, "a forged statement passes where nothing is enforced, as it would without countersign", loopback.with("software_statement", "eyJ.bogus.sig"),
			text("resources.yaml", observed), header("would", "denied statement_malformed")),
		registered("decision/observed_held", "denied operator_hold", "what is on hold stays denied where nothing is enforced", plain.with("redirect_uris", list{acme + "/callback"}),
			text("resources.yaml", observed), header("hold", acme)),
		registered("decision/confidential_secret", domain, "a secret says nothing of who has it: a public client, flagged",
			plain.with("redirect_uris", list{acme + "/callback"}).with("token_endpoint_auth_method", "client_secret_basic"), header("workflow", "public"), header("flag", "confidential_unproven"), row("O21")),
		registered("decision/confidential_inline_keys", domain, "keys that nobody vouches for: a public client, flagged",
			plain.with("redirect_uris", list{acme + "/callback"}).with("token_endpoint_auth_method", "private_key_jwt").with("jwks", keys),
			header("workflow", "public"), header("flag", "confidential_unproven"), row("O3")),
	}
}
