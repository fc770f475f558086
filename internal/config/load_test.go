package config_test

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/fc28f635/countersign/internal/config"
)

// inFile writes a file of settings, and returns its name.
func inFile(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "countersign.yaml")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// whole is a file with every setting.
const whole = `listen: "[::1]:9000"
data: /file
issuer: https://file.example
authorization_server: https://as.file.example/tenant
resolvers:
  - address: 192.0.2.53:53
    operator: one
  - address: "[::1]:53"
    validating: false
ca_file: file.pem
roots: file.json
policy: file.yaml
first_policy: strict
protected_names: names.yaml
public_url: https://public.file.example
webhooks:
  - url: https://hooks.file.example/reviews
    secret_file: secret.txt
hosts: [file.example, "file.example:8443"]
trusted_proxies: [10.0.0.0/8, "2001:db8::/32"]
proxy_header: forwarded
geo:
  country_file: country.mmdb
  asn_file: asn.mmdb
  lists:
    - name: drop
      file: drop.txt
cors:
  origins: [https://console.example]
tls:
  cert_file: cert.pem
  key_file: key.pem
limits:
  body_timeout: 250ms
  key_per_second: 1
  key_burst: 2
  lookups_per_second: 3
  lookups_burst: 4
  network_per_second: 5
  network_burst: 6
  strangers_per_second: 7
  strangers_burst: 8
  arrivals_per_second: 11
  arrivals_burst: 12
  new_clients_per_second: 13
  new_clients_burst: 14
  connections: 9
  network_connections: 10
log:
  format: json
  level: debug
reach_check: false
allow_loopback: true
connect_to: ["file.example:443:127.0.0.1:1"]
`

// textOf is what a test gives each setting by variable or flag: a value other than
// the file's and the default.
func textOf(key, by string) string {
	return map[string]string{
		"listen": "127.0.0.1:1" + by, "data": "/" + by, "issuer": "https://" + by + ".example", "authorization_server": "https://as" + by + ".example",
		"resolvers": "192.0.2." + by + ":53", "ca_file": by + ".pem", "roots": by + ".json", "first_policy": "open", "public_url": "https://public" + by + ".example", "log.format": "text",
		"allow_loopback": "true", "connect_to": "a" + by + ":443:127.0.0.1:1",
	}[key]
}

func load(t *testing.T, environ []string, flags map[string][]string) *config.Settings {
	t.Helper()
	s, err := config.Load(config.Sources{Environ: environ, Flags: flags})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func valuesOf(s *config.Settings) map[string]config.Value {
	byKey := map[string]config.Value{}
	for _, v := range s.Values() {
		byKey[v.Key] = v
	}
	return byKey
}

func TestLoadDefaults(t *testing.T) {
	s := load(t, nil, map[string][]string{"data": {"d"}})
	want := config.Config{
		Listen: "127.0.0.1:8640", Data: "d", FirstPolicy: "standard", ProxyHeader: "x-forwarded-for", Log: config.Log{Format: "text", Level: "info"}, ReachCheck: true,
		Limits: config.Limits{
			BodyTimeout: 5e9, KeyPerSecond: 20_000, KeyBurst: 20_000, LookupsPerSecond: 50, LookupsBurst: 500, NetworkPerSecond: 50, NetworkBurst: 200,
			StrangersPerSecond: 2_000, StrangersBurst: 4_000, ArrivalsPerSecond: 5, ArrivalsBurst: 100,
			NewClientsPerSecond: 20, NewClientsBurst: 400, Connections: 8_192, NetworkConnections: 256,
		},
	}
	if !reflect.DeepEqual(s.Config, want) {
		t.Errorf("%+v\nwant\n%+v", s.Config, want)
	}
}

func TestLoadFile(t *testing.T) {
	no := false
	name := inFile(t, whole)
	s := load(t, []string{"COUNTERSIGN_CONFIG=" + name}, nil)
	want := config.Config{
		Listen: "[::1]:9000", Data: "/file", Issuer: "https://file.example", AuthorizationServer: "https://as.file.example/tenant",
		Resolvers: []config.Resolver{{Address: "192.0.2.53:53", Operator: "one"}, {Address: "[::1]:53", Validating: &no}},
		CAFile:    "file.pem", Roots: "file.json", Policy: "file.yaml", FirstPolicy: "strict", ProtectedNames: "names.yaml", Hosts: []string{"file.example", "file.example:8443"},
		PublicURL: "https://public.file.example", TrustedProxies: []string{"10.0.0.0/8", "2001:db8::/32"}, ProxyHeader: "forwarded",
		Geo:      config.Geo{CountryFile: "country.mmdb", ASNFile: "asn.mmdb", Lists: []config.ReputationList{{Name: "drop", File: "drop.txt"}}},
		Webhooks: []config.Webhook{{URL: "https://hooks.file.example/reviews", SecretFile: "secret.txt"}},
		CORS:     config.CORS{Origins: []string{"https://console.example"}},
		TLS:      config.TLS{CertFile: "cert.pem", KeyFile: "key.pem"},
		Limits: config.Limits{
			BodyTimeout: 250e6, KeyPerSecond: 1, KeyBurst: 2, LookupsPerSecond: 3, LookupsBurst: 4, NetworkPerSecond: 5, NetworkBurst: 6,
			StrangersPerSecond: 7, StrangersBurst: 8, ArrivalsPerSecond: 11, ArrivalsBurst: 12,
			NewClientsPerSecond: 13, NewClientsBurst: 14, Connections: 9, NetworkConnections: 10,
		},
		Log: config.Log{Format: "json", Level: "debug"}, AllowLoopback: true, ConnectTo: []string{"file.example:443:127.0.0.1:1"},
	}
	if !reflect.DeepEqual(s.Config, want) {
		t.Errorf("%+v\nwant\n%+v", s.Config, want)
	}
	for _, of := range config.Documented() {
		if v, ok := valuesOf(s)[of.Key]; !ok || v.From != name {
			t.Errorf("%s is from %q, want the file: does the constant whole have every setting?", of.Key, v.From)
		}
	}
}

// File, environment, flags: each overrides those before it, for every setting.
func TestLoadPrecedence(t *testing.T) {
	name := inFile(t, whole)
	for _, of := range config.Documented() {
		t.Run(of.Key, func(t *testing.T) {
			environ := []string{"COUNTERSIGN_CONFIG=" + name}
			flags := map[string][]string{}
			expect := func(from string) {
				t.Helper()
				if got := valuesOf(load(t, environ, flags))[of.Key].From; got != from {
					t.Errorf("set by %q, want %q", got, from)
				}
			}
			expect(name)
			if of.Env != "" {
				environ = append(environ, of.Env+"="+textOf(of.Key, "1"))
				expect(of.Env)
			}
			before := valuesOf(load(t, environ, flags))[of.Key].Value
			if of.Flag != "" {
				flags[of.Flag] = []string{textOf(of.Key, "2")}
				expect("--" + of.Flag)
				if of.Key != "allow_loopback" && reflect.DeepEqual(valuesOf(load(t, environ, flags))[of.Key].Value, before) {
					t.Errorf("the flag changes nothing: %v", before)
				}
			}
		})
	}
	t.Run("the flag names the file", func(t *testing.T) {
		s := load(t, []string{"COUNTERSIGN_CONFIG=" + inFile(t, "data: /variable\n")}, map[string][]string{"config": {inFile(t, "data: /flag\n")}})
		if s.Data != "/flag" {
			t.Errorf("data is %q", s.Data)
		}
	})
	t.Run("lists are replaced, not joined", func(t *testing.T) {
		s := load(t, []string{"COUNTERSIGN_RESOLVER=192.0.2.1:53, [2001:db8::1]:53", "COUNTERSIGN_CONFIG=" + name}, nil)
		if want := []config.Resolver{{Address: "192.0.2.1:53"}, {Address: "[2001:db8::1]:53"}}; !reflect.DeepEqual(s.Resolvers, want) {
			t.Errorf("%+v", s.Resolvers)
		}
	})
	t.Run("the last variable of a name counts", func(t *testing.T) {
		if s := load(t, []string{"COUNTERSIGN_DATA=/1", "COUNTERSIGN_DATA=/2"}, nil); s.Data != "/2" {
			t.Errorf("data is %q", s.Data)
		}
	})
}

// The pinned names, and no other variable.
func TestLoadReadsNoOtherVariable(t *testing.T) {
	pinned := []string{"COUNTERSIGN_LISTEN", "COUNTERSIGN_DATA", "COUNTERSIGN_ISSUER", "COUNTERSIGN_AUTHORIZATION_SERVER", "COUNTERSIGN_RESOLVER",
		"COUNTERSIGN_CA_FILE", "COUNTERSIGN_CONNECT_TO", "COUNTERSIGN_ALLOW_LOOPBACK"}
	var named []string
	others := []string{"LISTEN=127.0.0.1:1", "DATA=/x", "countersign_data=/x", "HTTPS_PROXY=http://127.0.0.1:1", "NO_COLOR=1", "GODEBUG=x=1", "PATH=/x", "HOME=/x", "=x", "COUNTERSIGN_"}
	for _, of := range config.Documented() {
		if of.Env != "" {
			named = append(named, of.Env)
			continue
		}
		others = append(others, "COUNTERSIGN_"+strings.ToUpper(strings.ReplaceAll(of.Key, ".", "_"))+"=x")
	}
	if !slices.Equal(slices.Sorted(slices.Values(named)), slices.Sorted(slices.Values(pinned))) {
		t.Errorf("the variables are %v, want %v", named, pinned)
	}
	flags := map[string][]string{"data": {"d"}}
	if with, without := load(t, others, flags), load(t, nil, flags); !reflect.DeepEqual(with.Config, without.Config) {
		t.Errorf("other variables make of %+v\n%+v", without.Config, with.Config)
	}
}

// C16: only a file that is named is read.
func TestLoadSearchesNoFile(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"countersign.yaml", "countersign.yml", ".countersign.yaml", "config.yaml", "policy.yaml", ".config/countersign/countersign.yaml"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte("issuer: https://evil.example\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Run("C16 nothing in the working directory", func(t *testing.T) {
		t.Chdir(dir)
		s := load(t, []string{"HOME=" + dir, "XDG_CONFIG_HOME=" + filepath.Join(dir, ".config")}, map[string][]string{"data": {"d"}})
		if s.Issuer != "" {
			t.Errorf("issuer is %q", s.Issuer)
		}
	})
}

func TestLoadRefuses(t *testing.T) {
	set := func(key, value string) string { return "data: d\n" + key + ": " + value + "\n" }
	files := []struct{ name, text, want string }{
		{"unknown key", "data: d\nlisen: x\n", "[2:1] unknown field \"lisen\"\n     1 | data: d\n>    2 | lisen: x\n         ^"},
		{"unknown key below", "tls:\n  cert: x\n", "[2:3] unknown field \"cert\"\n     1 | tls:\n>    2 |   cert: x\n           ^"},
		{"key twice", "data: d\ndata: e\n", "[2:1] mapping key \"data\" already defined at [1:1]\n     1 | data: d\n>    2 | data: e\n         ^"},
		{"second document", "data: d\n---\nlisten: x\n", "[3:7] more than one document\n     1 | data: d\n     2 | ---\n>    3 | listen: x\n               ^"},
		{"no value", "data:\n", "[1:1] \"data\" has no value: give it one, or take the line away\n>    1 | data:\n         ^"},
		{"empty value", set("issuer", `""`), "[2:9] issuer is empty: give it a value, or leave it away\n     1 | data: d\n>    2 | issuer: \"\"\n                 ^"},
		{"empty list", set("hosts", "[]"), "[2:8] hosts is empty"},
		{"empty member", set("hosts", `[a, ""]`), "[2:12] hosts[1] is empty"},
		{"wrong type", set("allow_loopback", "perhaps"), "[2:17] true or false is meant\n     1 | data: d\n>    2 | allow_loopback: perhaps\n                         ^"},
		{"a text where a list is", set("hosts", "a"), "[2:8] "},
		{"listen", set("listen", "localhost:8640"), "[2:9] listen \"localhost:8640\" is not an IP address and a port, such as 127.0.0.1:8640\n     1 | data: d\n>    2 | listen: localhost:8640\n                 ^"},
		{"issuer", set("issuer", "http://trust.example"), "[2:9] issuer \"http://trust.example\" is no https origin"},
		{"authorization server", set("authorization_server", "https://as.example/?a"), "[2:23] authorization_server \"https://as.example/?a\" is no https URL"},
		{"resolver", set("resolvers", "[{address: dns.example}]"), "[2:23] resolvers[0].address \"dns.example\" is not an IP address and a port"},
		{"resolver without address", set("resolvers", "[{operator: one}]"), "resolvers[0].address \"\" is not an IP address"},
		{"resolver twice", set("resolvers", `[{address: "192.0.2.1:53"}, {address: "[::ffff:192.0.2.1]:53"}]`), "resolvers[1].address \"[::ffff:192.0.2.1]:53\" is there twice"},
		{"resolver elsewhere validates", set("resolvers", `[{address: "192.0.2.1:53", validating: true}]`), "resolvers[0].validating true counts on loopback, and over tls:// and https://, only"},
		{"D27 resolver over TLS without a name to prove", set("resolvers", `[{address: "tls://192.0.2.1:853#", validating: true}]`), "resolvers[0].address \"tls://192.0.2.1:853#\" has no name"},
		{"too many resolvers", set("resolvers", "["+strings.Repeat("{address: x}, ", 9)+"]"), "resolvers are 9, and at most 8"},
		{"webhook without secret", set("webhooks", "[{url: https://hooks.example/}]"), "webhooks[0] needs secret_file beside url"},
		{"webhook that is no address", set("webhooks", "[{url: hooks.example, secret_file: s}]"), "webhooks[0].url \"hooks.example\" is no https URL such as"},
		{"webhook with user information", set("webhooks", "[{url: https://a:b@hooks.example, secret_file: s}]"), "is no https URL such as"},
		{"webhook twice", set("webhooks", "[{url: https://a.example, secret_file: s}, {url: https://a.example, secret_file: s}]"), "webhooks[1].url \"https://a.example\" is there twice"},
		{"no webhooks", set("webhooks", "[]"), "webhooks is empty"},
		{"too many webhooks", set("webhooks", "["+strings.Repeat("{url: x, secret_file: s}, ", 9)+"]"), "webhooks are 9, and at most 8"},
		{"host", set("hosts", "[https://trust.example]"), "[2:9] hosts[0] \"https://trust.example\" is no host in lower case"},
		{"host in capitals", set("hosts", "[Trust.example]"), "is no host in lower case"},
		{"body time", "data: d\nlimits:\n  body_timeout: 1h\n", "[3:17] limits.body_timeout 1h0m0s is not from 100ms to 10s\n"},
		{"body time without unit", "data: d\nlimits:\n  body_timeout: 5\n", "[3:17] "},
		{"public address", set("public_url", "http://trust.example"), "[2:13] public_url \"http://trust.example\" cannot be given to others: it is not https, and not http on loopback\n"},
		{"public address with a slash", set("public_url", "https://trust.example/"), "it ends with a slash"},
		{"proxy that is no network", set("trusted_proxies", "[10.0.0.0/8, 192.0.2.1]"), "[2:31] trusted_proxies[1] \"192.0.2.1\" is no network such as 10.0.0.0/8, or 192.0.2.7/32 for one address\n"},
		{"proxy with bits too many", set("trusted_proxies", "[10.0.0.1/8]"), "trusted_proxies[0] \"10.0.0.1/8\" has bits after its length: 10.0.0.0/8 is the network"},
		{"proxy in IPv6 clothes", set("trusted_proxies", `["::ffff:10.0.0.0/104"]`), "is no network"},
		{"H15 everybody is a proxy", set("trusted_proxies", "[0.0.0.0/0]"), "\"0.0.0.0/0\" is everybody"},
		{"H15 everybody in IPv6 is a proxy", set("trusted_proxies", `["::/0"]`), "\"::/0\" is everybody"},
		{"proxy header", set("proxy_header", "x-real-ip"), "[2:15] proxy_header \"x-real-ip\" is neither x-forwarded-for nor forwarded\n"},
		{"no list", "data: d\ngeo:\n  lists: []\n", "[3:10] geo.lists is empty"},
		{"list without a name", "data: d\ngeo:\n  lists: [{file: f}]\n", "geo.lists[0].name is missing"},
		{"list without a file", "data: d\ngeo:\n  lists: [{name: n}]\n", "geo.lists[0].file is missing"},
		{"list twice", "data: d\ngeo:\n  lists: [{name: n, file: f}, {name: n, file: g}]\n", "[3:38] geo.lists[1].name \"n\" is there twice"},
		{"no country file", "data: d\ngeo:\n  country_file: \"\"\n", "geo.country_file is empty"},
		{"no origin", "data: d\ncors:\n  origins: []\n", "[3:12] cors.origins is empty"},
		{"no requests", "data: d\nlimits:\n  key_burst: 0\n", "[3:14] limits.key_burst 0 is not from 1 to 1000000\n"},
		{"connections less than none", "data: d\nlimits:\n  connections: -1\n", "limits.connections -1 is not from 1 to 1000000"},
		{"too many look-ups", "data: d\nlimits:\n  lookups_per_second: 1000001\n", "limits.lookups_per_second 1000001 is not from 1 to 1000000"},
		{"part of a request", "data: d\nlimits:\n  network_burst: 1.5\n", "[3:18] a whole number is meant"},
		{"log format", "data: d\nlog:\n  format: xml\n", "[3:11] log.format \"xml\" is neither text nor json\n"},
		{"log level", "data: d\nlog:\n  level: loud\n", "[3:10] log.level \"loud\" is none of debug"},
		{"certificate without key", "data: d\ntls:\n  cert_file: c\n", "[3:14] tls.cert_file needs tls.key_file beside it\n"},
		{"key without certificate", "data: d\ntls:\n  key_file: c\n", "[3:13] tls.key_file needs tls.cert_file beside it\n"},
		{"connect to", set("allow_loopback", "true\nconnect_to: [a]"), "[3:14] connect_to[0] \"a\" is not HOST1:PORT1:HOST2:PORT2\n"},
		{"connect off this machine", set("allow_loopback", "true\nconnect_to: [\"a:1:192.0.2.1:1\"]"), "leads off this machine"},
		{"connect without loopback", set("connect_to", `["a:1:127.0.0.1:1"]`), "[2:13] connect_to needs --allow-loopback"},
		{"loopback for others", set("listen", "192.0.2.1:1\nallow_loopback: true"), "[3:17] allow_loopback is for tests on this machine, and the service would listen on \"192.0.2.1:1\": take 127.0.0.1 or [::1]\n"},
	}
	for _, test := range files {
		t.Run("file/"+test.name, func(t *testing.T) {
			name := inFile(t, test.text)
			refused(t, nil, map[string][]string{"config": {name}}, config.File, fmt.Sprintf("%q: ", name), test.want)
		})
	}
	for name, test := range map[string]struct {
		environ []string
		want    string
	}{
		"listen":         {[]string{"COUNTERSIGN_LISTEN=8640"}, `COUNTERSIGN_LISTEN "8640" is not an IP address and a port`},
		"data":           {[]string{"COUNTERSIGN_DATA="}, "COUNTERSIGN_DATA is empty: give it a value, or leave it away"},
		"issuer":         {[]string{"COUNTERSIGN_ISSUER=trust.example"}, `COUNTERSIGN_ISSUER "trust.example" is no https origin`},
		"server":         {[]string{"COUNTERSIGN_AUTHORIZATION_SERVER=as"}, `COUNTERSIGN_AUTHORIZATION_SERVER "as" is no https URL`},
		"resolver":       {[]string{"COUNTERSIGN_RESOLVER=192.0.2.1:53,,"}, `COUNTERSIGN_RESOLVER "" is not an IP address and a port`},
		"resolver empty": {[]string{"COUNTERSIGN_RESOLVER="}, "COUNTERSIGN_RESOLVER is empty"},
		"authorities":    {[]string{"COUNTERSIGN_CA_FILE="}, "COUNTERSIGN_CA_FILE is empty"},
		"connect":        {[]string{"COUNTERSIGN_ALLOW_LOOPBACK=1", "COUNTERSIGN_CONNECT_TO=a:1:127.0.0.1:1,b"}, `COUNTERSIGN_CONNECT_TO "b" is not HOST1:PORT1:HOST2:PORT2`},
		"connect alone":  {[]string{"COUNTERSIGN_CONNECT_TO=a:1:127.0.0.1:1"}, "COUNTERSIGN_CONNECT_TO needs --allow-loopback"},
		"loopback":       {[]string{"COUNTERSIGN_ALLOW_LOOPBACK=yes"}, `COUNTERSIGN_ALLOW_LOOPBACK "yes" is neither true nor false`},
		"for others":     {[]string{"COUNTERSIGN_ALLOW_LOOPBACK=true", "COUNTERSIGN_LISTEN=192.0.2.1:1"}, "COUNTERSIGN_ALLOW_LOOPBACK is for tests on this machine"},
		"file":           {[]string{"COUNTERSIGN_CONFIG="}, "COUNTERSIGN_CONFIG is empty: name a file"},
	} {
		t.Run("environment/"+name, func(t *testing.T) {
			refused(t, append([]string{"COUNTERSIGN_DATA=d"}, test.environ...), nil, config.Environment, "", test.want)
		})
	}
	t.Run("environment/what a flag overrides", func(t *testing.T) {
		refused(t, []string{"COUNTERSIGN_LISTEN=x"}, map[string][]string{"listen": {"127.0.0.1:1"}, "data": {"d"}}, config.Environment, "", "COUNTERSIGN_LISTEN \"x\"")
	})
	for name, test := range map[string]struct {
		flags map[string][]string
		want  string
	}{
		"listen":    {map[string][]string{"listen": {"x"}}, `--listen "x" is not an IP address and a port`},
		"data":      {map[string][]string{"data": {""}}, "--data is empty"},
		"no data":   {nil, "--data DIR is missing: decisions are kept there"},
		"resolvers": {map[string][]string{"resolver": {"192.0.2.1:53", "x"}}, `--resolver "x" is not an IP address and a port`},
		"file":      {map[string][]string{"config": {""}}, "--config is empty: name a file"},
	} {
		t.Run("flag/"+name, func(t *testing.T) { refused(t, nil, test.flags, config.Flag, "", test.want) })
	}
	t.Run("file/missing", func(t *testing.T) {
		refused(t, nil, map[string][]string{"config": {filepath.Join(t.TempDir(), "x")}}, config.File, "", "reading the settings: open ")
	})
}

func refused(t *testing.T, environ []string, flags map[string][]string, from config.Origin, prefix, want string) {
	t.Helper()
	_, err := config.Load(config.Sources{Environ: environ, Flags: maps.Clone(flags)})
	var fault *config.Error
	if !errors.As(err, &fault) {
		t.Fatalf("it was read, or the error has no origin: %v", err)
	}
	if fault.Origin != from || !strings.HasPrefix(err.Error(), prefix) || !strings.Contains(err.Error(), want) {
		t.Errorf("origin %d: %v\nwant %d: %s%s", fault.Origin, err, from, prefix, want)
	}
}

func TestRestart(t *testing.T) {
	a := load(t, nil, map[string][]string{"config": {inFile(t, whole)}})
	if keys := a.Restart(load(t, nil, map[string][]string{"config": {inFile(t, whole)}})); len(keys) > 0 {
		t.Errorf("the same settings differ in %v", keys)
	}
	next := strings.NewReplacer("data: /file", "data: /other", "debug", "warn", "file.yaml", "other.yaml", "operator: one", "operator: two").Replace(whole)
	if keys := a.Restart(load(t, nil, map[string][]string{"config": {inFile(t, next)}})); !slices.Equal(keys, []string{"data", "resolvers"}) {
		t.Errorf("%v need a restart", keys)
	}
}

func FuzzLoad(f *testing.F) {
	seeds := []string{whole, "data: d\n", "data: d\nresolvers: [{address: \"[::1]:53\"}]\n", "tls: {cert_file: a, key_file: b}\n", "data: d\n---\n", "hosts: [a, \"[::1]:1\"]\n", "limits: {body_timeout: 1s, key_burst: 7}\n",
		"data: d\npublic_url: https://a.example\ntrusted_proxies: [10.0.0.0/8]\ncors: {origins: [\"https://b.example\"]}\nreach_check: false\n"}
	for _, seed := range seeds {
		f.Add([]byte(seed))
	}
	if len(seeds) == 0 {
		f.Fatal("no seeds")
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		name := inFile(t, string(data))
		s, err := config.Load(config.Sources{Environ: []string{"COUNTERSIGN_CONFIG=" + name}})
		if err != nil {
			return
		}
		if s.Data == "" || s.AllowLoopback && !strings.HasPrefix(s.Listen, "127.") && !strings.HasPrefix(s.Listen, "[") || len(s.ConnectTo) > 0 && !s.AllowLoopback {
			t.Errorf("read as %+v", s.Config)
		}
		again := load(t, []string{"COUNTERSIGN_CONFIG=" + name}, nil)
		if !reflect.DeepEqual(s.Values(), again.Values()) {
			t.Error("read twice it differs")
		}
	})
}
