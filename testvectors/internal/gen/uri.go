package main

import (
	"fmt"
	"strings"
)

// clientIDVectors: a client_id URL, judged on the string before any parser.
func clientIDVectors() []vector {
	rows := []struct{ id, row, comment, url string }{
		{"http", "U1", "http", "http://acme.example/c"},
		{"upper_scheme", "U1", "a scheme in capitals", "HTTPS://acme.example/c"},
		{"ftp", "U1", "another scheme", "ftp://acme.example/c"},
		{"file", "U1", "a file", "file:///etc/passwd"},
		{"data", "U1", "a data URL", "data:application/json,{}"},
		{"javascript", "U1", "a script", "javascript:alert(1)"},
		{"no_scheme", "U1", "no scheme", "//acme.example/c"},
		{"no_path", "U1", "no path", "https://acme.example"},
		{"dot", "U3", "a dot segment", "https://acme.example/./c"},
		{"dot_dot", "U3", "a dot-dot segment", "https://acme.example/a/../c"},
		{"dot_dot_last", "U3", "a dot-dot segment at the end", "https://acme.example/a/.."},
		{"dot_dot_encoded", "U3", "an encoded dot-dot segment", "https://acme.example/%2e%2e/c"},
		{"dot_dot_half_encoded", "U3", "a half encoded dot-dot segment", "https://acme.example/.%2E/c"},
		{"dot_encoded", "U3", "an encoded dot segment", "https://acme.example/a/%2e"},
		{"slash_encoded", "U3", "dot-dot between encoded slashes", "https://acme.example/a%2f..%2fc"},
		{"backslash_encoded", "U3", "dot-dot between encoded backslashes", "https://acme.example/a%5c..%5cc"},
		{"semicolon_dot_dot", "U3", "a dot-dot segment with a parameter", "https://acme.example/a/..;/c"},
		{"fragment", "U5", "a fragment", "https://acme.example/c#a"},
		{"fragment_empty", "U5", "an empty fragment, which some parsers drop", "https://acme.example/c#"},
		{"user", "U5", "a user name", "https://a@acme.example/c"},
		{"user_password", "U5", "a user name and password", "https://a:b@acme.example/c"},
		{"user_empty", "U5", "empty user information", "https://@acme.example/c"},
		{"user_encoded_slash", "U5", "a host that ends before the @ for one parser and begins after it for another", "https://acme.example%2f@evil.example/c"},
		{"query", "U6", "a query", "https://acme.example/c?x=1"},
		{"query_empty", "U6", "an empty query", "https://acme.example/c?"},
		{"port_default", "U7", "the default port, written out", "https://acme.example:443/c"},
		{"port_leading_zero", "U7", "the default port with a zero before it", "https://acme.example:0443/c"},
		{"port_zero", "U7", "port 0", "https://acme.example:0/c"},
		{"port_too_large", "U7", "port 99999", "https://acme.example:99999/c"},
		{"port_empty", "U7", "an empty port", "https://acme.example:/c"},
		{"trailing_dot", "U9", "a host that ends in a dot", "https://acme.example./c"},
		{"empty_label", "U9", "an empty label", "https://acme..example/c"},
		{"long_label", "U9", "a label of 64 letters", "https://" + strings.Repeat("a", 64) + ".example/c"},
		{"label_hyphen", "U9", "a label that begins with a hyphen", "https://-acme.example/c"},
		{"underscore", "U9", "an underscore in the host", "https://ac_me.example/c"},
		{"single_label", "U9", "one label", "https://acme/c"},
		{"wildcard", "U9", "a wildcard", "https://*.acme.example/c"},
		{"upper_host", "U9", "a capital in the host", "https://Acme.example/c"},
		{"unicode_host", "U10", "a host that is no A-label", "https://äcme.example/c"},
		{"cyrillic_host", "U10", "a Cyrillic letter in the host", "https://асme.example/c"},
		{"punycode_ascii", "U10", "an A-label that decodes to ASCII", "https://xn--acme-.example/c"},
		{"punycode_invalid", "U10", "an A-label that does not decode", "https://xn--0.example/c"},
		{"ideographic_full_stop", "U10", "U+3002 for a dot", "https://acme\u3002example/c"},
		{"zero_width_joiner", "U10", "a zero-width joiner in the host", "https://ac\u200dme.example/c"},
		{"ipv4", "U11", "an IPv4 address", "https://127.0.0.1/c"},
		{"ipv4_public", "U11", "a public IPv4 address: no domain to verify", "https://192.0.2.1/c"},
		{"ipv6", "U11", "an IPv6 address", "https://[::1]/c"},
		{"ipv6_zone", "U11", "an IPv6 address with a zone", "https://[fe80::1%25eth0]/c"},
		{"ipv4_decimal", "U11", "an address as one number", "https://2130706433/c"},
		{"ipv4_hex", "U11", "an address in hexadecimal", "https://0x7f000001/c"},
		{"ipv4_octal", "U11", "an address in octal", "https://0177.0.0.1/c"},
		{"ipv4_short", "U11", "a shortened address", "https://127.1/c"},
		{"localhost", "U12", "this machine, one label", "https://localhost/c"},
		{"localhost_upper", "U12", "this machine, in capitals", "https://LOCALHOST/c"},
		{"backslash", "U13", "a backslash", "https://acme.example\\@evil.example/c"},
		{"tab", "U13", "a tab", "https://acme.example/a\tc"},
		{"line_break", "U13", "CR LF", "https://acme.example/a\r\nHost: evil"},
		{"nul_byte", "U13", "a NUL", "https://acme.example/a\x00c"},
		{"nul_encoded", "U13", "an encoded NUL", "https://acme.example/a%00c"},
		{"line_break_encoded", "U13", "an encoded CR LF", "https://acme.example/a%0d%0ac"},
		{"space", "U13", "a space", "https://acme.example/a c"},
		{"space_before", "U13", "a space before", " https://acme.example/c"},
		{"unicode_path", "U13", "a letter outside ASCII in the path", "https://acme.example/ä"},
		{"percent_alone", "U13", "a percent sign without digits", "https://acme.example/a%zz"},
		{"size_513", "U14", "513 bytes", longURL(513)},
		{"path_256", "U14", "a path of 256 bytes", "https://acme.example/" + strings.Repeat("a", 255)},
		{"one_slash", "U15", "one slash after the scheme", "https:/acme.example/c"},
		{"no_slash", "U15", "no slash after the scheme", "https:acme.example/c"},
		{"three_slashes", "U15", "no host", "https:///c"},
		{"scheme_only", "U15", "the scheme alone", "https://"},
		{"empty", "U15", "nothing at all", ""},
	}
	v := func(id, expect, comment, url string, opts ...option) vector {
		return newVector("client_id", "client_id/"+id, expect, comment, append(opts, text("client_id.txt", url))...)
	}
	vs := []vector{
		v("base", "accepted", "an https URL with a path", "https://acme.example/mcp/client.json"),
		v("a_label", "accepted", "an A-label", "https://xn--cme-qla.example/c", row("U10")),
		v("special_use", "accepted", "a special-use name is well-formed: looking it up is what is refused", "https://agent.acme.test/c", row("U12")),
		v("encoded_path", "accepted", "an encoded character in the path is another path, and compared as it stands", "https://acme.example/%63", row("U17")),
		v("size_512", "accepted", "512 bytes, 255 of them path", longURL(512), row("U14")),
	}
	for _, r := range rows {
		vs = append(vs, v(r.id, "refused client_id_malformed", r.comment, r.url, row(r.row)))
	}
	return vs
}

// longURL returns a client_id of n bytes whose path has 255.
func longURL(n int) string {
	const scheme, domain, path = "https://", ".example", 255
	label := strings.Repeat("a", 49) + "."
	host := strings.Repeat(label, 4)
	host += strings.Repeat("b", n-len(scheme)-len(host)-len(domain)-path) + domain
	return scheme + host + "/" + strings.Repeat("c", path-1)
}

// redirectVectors: one redirect URI and its class.
func redirectVectors() []vector {
	const refused = "refused redirect_uri_malformed"
	rows := []struct{ id, expect, row, comment, uri string }{
		{"https", "https", "", "https on a host", "https://acme.example/callback"},
		{"https_port", "https", "", "https with a port", "https://acme.example:8443/callback"},
		{"https_query", "https", "", "https with a query", "https://acme.example/callback?x=1"},
		{"https_size_512", "https", "", "512 bytes", "https://acme.example/" + strings.Repeat("a", 512-21)},
		{"https_size_513", refused, "", "513 bytes", "https://acme.example/" + strings.Repeat("a", 513-21)},
		{"https_ipv4", refused, "R3", "https to an address", "https://192.0.2.1/callback"},
		{"https_ipv6", refused, "R3", "https to an address", "https://[2001:db8::1]/callback"},
		{"https_fragment", refused, "R3", "a fragment", "https://acme.example/callback#a"},
		{"https_fragment_empty", refused, "R3", "an empty fragment", "https://acme.example/callback#"},
		{"https_user", refused, "R3", "user information", "https://a@acme.example/callback"},
		{"https_backslash", refused, "R3", "a backslash", "https://acme.example\\callback"},
		{"https_space", refused, "R3", "a space", "https://acme.example/call back"},
		{"https_control", refused, "R3", "a control character", "https://acme.example/call\x01back"},
		{"https_dot_segment", refused, "R3", "a dot-dot segment", "https://acme.example/a/../callback"},
		{"relative", refused, "R3", "not absolute", "/callback"},
		{"empty", refused, "R3", "nothing at all", ""},
		{"http", refused, "R3", "http to a host that is not loopback", "http://acme.example/callback"},
		{"javascript", refused, "R1", "a script", "javascript:alert(1)"},
		{"javascript_mixed_case", refused, "R1", "schemes have no case", "JaVaScRiPt:alert(1)"},
		{"javascript_space_before", refused, "R1", "a space before a script", " javascript:alert(1)"},
		{"javascript_tab_inside", refused, "R1", "a tab inside the scheme, which browsers drop", "java\tscript:alert(1)"},
		{"data", refused, "R1", "a data URL", "data:text/html,x"},
		{"vbscript", refused, "R1", "a script", "vbscript:x"},
		{"blob", refused, "R1", "a blob", "blob:https://acme.example/1"},
		{"file", refused, "R1", "a file", "file:///etc/passwd"},
		{"about", refused, "R1", "a blank page", "about:blank"},
		{"ws", refused, "R1", "a web socket", "ws://127.0.0.1/callback"},
		{"wss", refused, "R1", "a web socket", "wss://acme.example/callback"},
		{"ftp", refused, "R1", "a file server", "ftp://acme.example/callback"},
		{"private_reverse_host", "private_use", "R2", "the reversed host of the publisher", "example.acme:/callback"},
		{"private_authority", "private_use", "R2", "a scheme of one word with an authority, as a real client has", "cursor://anysphere.cursor-mcp/oauth/callback"},
		{"private_short", "private_use", "R2", "a scheme without a dot: accepted by default, loose", "myapp:/callback"},
		{"private_fragment", refused, "R2", "a private-use scheme with a fragment", "example.acme:/callback#a"},
		{"private_wildcard", refused, "R7", "a private-use scheme with a wildcard", "example.acme:/*"},
		{"loopback_ipv4", "loopback", "R4", "127.0.0.1 with a port", "http://127.0.0.1:33418/"},
		{"loopback_ipv6", "loopback", "R4", "[::1] with a port", "http://[::1]:33418/callback"},
		{"loopback_localhost", "loopback", "R4", "localhost with a port", "http://localhost:33418/callback"},
		{"loopback_portless", "loopback", "R5", "localhost without a port", "http://localhost/callback"},
		{"loopback_127_0_0_2", refused, "R4", "another loopback address", "http://127.0.0.2/callback"},
		{"loopback_short", refused, "R4", "a shortened address", "http://127.1/callback"},
		{"loopback_any", refused, "R4", "the unspecified address", "http://0.0.0.0/callback"},
		{"loopback_any_ipv6", refused, "R4", "the unspecified address", "http://[::]/callback"},
		{"loopback_mapped", refused, "R4", "127.0.0.1 mapped to IPv6", "http://[::ffff:127.0.0.1]/callback"},
		{"loopback_trailing_dot", refused, "R4", "localhost with a dot", "http://localhost./callback"},
		{"loopback_prefix", refused, "R4", "a host that begins with localhost", "http://localhost.evil.example/callback"},
		{"loopback_user", refused, "R4", "localhost as user information", "http://localhost:80@evil.example/callback"},
		{"loopback_other_name", refused, "R4", "another name of this machine", "http://ip6-localhost/callback"},
		{"loopback_port_too_large", refused, "R4", "port 65536", "http://127.0.0.1:65536/callback"},
		{"wildcard_host", refused, "R7", "a wildcard in the host", "https://*.acme.example/callback"},
		{"wildcard_path", refused, "R7", "a wildcard in the path", "https://acme.example/*"},
	}
	var vs []vector
	for _, r := range rows {
		opts := []option{text("redirect.txt", r.uri)}
		if r.row != "" {
			opts = append([]option{row(r.row)}, opts...)
		}
		vs = append(vs, newVector("redirect_uri", "redirect_uri/"+r.id, r.expect, r.comment, opts...))
	}
	return vs
}

// recordVectors: the grammar of key records; one line is one TXT record.
func recordVectors() []vector {
	good := acmeKey.record()
	p := good[strings.Index(good, "p=")+2:]
	const key = "keys 2026a"
	v := func(id, expect, comment string, lines []string, opts ...option) vector {
		return newVector("record", "record/"+id, expect, comment, append(append([]option{row("D4")}, opts...), text("records.txt", strings.Join(lines, "\n")))...)
	}
	one := func(id, comment, line string) vector { return v(id, key, comment, []string{line}) }
	bad := func(id, comment, line string) vector {
		return v(id, "keys", comment, []string{line}, header("malformed", "1"))
	}
	ignored := func(id, comment, line string) vector {
		return v(id, "keys", comment, []string{line}, header("ignored", "1"))
	}
	tag := func(old, new string) string { return strings.Replace(good, old, new, 1) }
	compressed := acmeP256.record()
	vs := []vector{
		one("base", "an Ed25519 key", good),
		v("p256", "keys 2026p", "a P-256 key, compressed", []string{compressed}),
		v("two", "keys 2026a 2026b", "two keys", []string{good, acmeNext.record()}),
		one("trailing_semicolon", "one trailing semicolon", good+";"),
		one("white_space", "spaces and tabs around tag and value", "v=ck1 ;\tkid = 2026a;k= ed25519 ;p="+p),
		one("no_space", "no space after the semicolons", strings.ReplaceAll(good, "; ", ";")),
		one("unknown_tag", "an unknown tag is ignored", good+"; note=standby"),
		one("other_order", "any order after v", "v=ck1; p="+p+"; k=ed25519; kid=2026a"),
		one("all_tags", "every tag there is", good+"; x=1893456000; n=1767225600; s=y; u=i; t=y"),
		v("revoked", "keys", "an empty p revokes", []string{"v=ck1; kid=2026a; k=ed25519; p="}, header("revoked", "2026a")),
		v("revoked_beside_live", "keys 2026b", "a revoked key beside a live one", []string{"v=ck1; kid=2026a; k=ed25519; p=", acmeNext.record()}, header("revoked", "2026a")),
		v("two_records_one_kid", "keys 2026b", "two records with one kid: neither counts, the third does",
			[]string{good, otherKey.record(), acmeNext.record()}, header("malformed", "2")),
		v("malformed_beside_live", "keys 2026b", "a malformed record harms only itself", []string{good + "; kid=2026a", acmeNext.record()}, header("malformed", "1")),
		v("noise", key, "records of others are ignored", []string{"v=spf1 -all", good, "hello"}, header("ignored", "2")),
		ignored("v_not_first", "v is not the first tag: not a key record", "kid=2026a; v=ck1; k=ed25519; p="+p),
		ignored("v_other", "another version", tag("v=ck1", "v=ck2")),
		ignored("v_upper", "V in capitals", tag("v=ck1", "V=ck1")),
		bad("alone", "nothing after the version", "v=ck1"),
		bad("kid_missing", "no kid", tag("kid=2026a; ", "")),
		bad("kid_upper", "a capital in the kid", tag("2026a", "2026A")),
		bad("kid_hyphen_last", "a kid that ends in a hyphen", tag("2026a", "2026-")),
		bad("kid_dot", "a dot in the kid, which only pinned keys may have", tag("2026a", "2026.a")),
		bad("kid_64", "a kid of 64 letters", tag("2026a", strings.Repeat("a", 64))),
		bad("kid_empty", "an empty kid", tag("2026a", "")),
		bad("k_missing", "no k", tag("k=ed25519; ", "")),
		bad("k_unknown", "an unknown kind of key", tag("k=ed25519", "k=rsa")),
		bad("k_upper", "a kind in capitals", tag("k=ed25519", "k=Ed25519")),
		bad("p_missing", "no p: absent is not empty", tag("; p="+p, "")),
		bad("p_unpadded", "p without its padding", strings.TrimRight(good, "=")),
		bad("p_url_alphabet", "p in the alphabet with - and _", urlAlphabet()),
		bad("p_white_space", "a space inside p", good[:60]+" "+good[60:]),
		bad("p_31_bytes", "p is a byte short", shortened(acmeKey, 31)),
		bad("p_trailing_bits", "p with non-zero trailing bits", strings.TrimSuffix(good, good[len(good)-2:])+string(good[len(good)-2]+1)+"="),
		bad("p256_uncompressed", "a P-256 point that is not compressed", uncompressed()),
		bad("p256_kind_ed25519", "a P-256 point that says ed25519", strings.Replace(compressed, "k=p256", "k=ed25519", 1)),
		bad("duplicate_tag", "a tag twice", good+"; k=ed25519"),
		bad("duplicate_unknown_tag", "an unknown tag twice", good+"; note=a; note=b"),
		bad("no_equals", "a tag without =", good+"; standby"),
		bad("upper_tag", "a tag in capitals", tag("k=", "K=")),
		bad("empty_tag", "two semicolons", tag("; k", ";; k")),
		bad("x_word", "x is a word", good+"; x=never"),
		bad("x_negative", "x is negative", good+"; x=-1"),
		bad("x_empty", "x is empty", good+"; x="),
		bad("n_fraction", "n has a fraction", good+"; n=1767225600.5"),
	}
	var many []string
	for i := range 16 {
		many = append(many, acmeKey.named(fmt.Sprintf("k%02d", i)).record())
	}
	var kids []string
	for i := range 16 {
		kids = append(kids, fmt.Sprintf("k%02d", i))
	}
	return append(vs, v("sixteen", "keys "+strings.Join(kids, " "), "the most keys that a publisher may have", many))
}

// urlAlphabet returns the record of a key whose p needs + or /.
func urlAlphabet() string {
	for i := 0; ; i++ {
		r := ed25519Key("2026a", fmt.Sprintf("alphabet %d", i)).record()
		if u := r[:len("v=ck1; ")] + strings.NewReplacer("+", "-", "/", "_").Replace(r[len("v=ck1; "):]); u != r {
			return u
		}
	}
}

func shortened(k key, n int) string {
	k.p = k.p[:n]
	return k.record()
}

func uncompressed() string {
	k := acmeP256
	k.p = append(append([]byte{4}, mustDecode(k.public[2].value.(string))...), mustDecode(k.public[3].value.(string))...)
	return k.record()
}
