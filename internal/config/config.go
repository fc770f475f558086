// Package config has the settings of the service. Call [Load]: it reads a file,
// the environment and flags, each of which overrides those before it, and says
// of every fault where it is and how to mend it.
//
// A field's comment, its type and its tags are the reference that operators
// read, docs/configuration.md, which a test holds to them:
//
//	yaml     the key in the file
//	env      the environment variable; lists are separated by commas
//	flag     the flag of countersign serve; lists are given by repeating it
//	unit     what a value is
//	default  the value where nothing sets it
//	unset    what having no value means, where that is the default
//	reload   whether SIGHUP takes a new value: yes or no
package config

import "time"

// A Config is every setting of the service. The zero Config is not what nothing
// set: [Load] gives the defaults.
type Config struct {
	// Where the service listens. Port 0 is any free one, and the log says which.
	// 0.0.0.0 is every address of IPv4, [::] also those of IPv6. On an address
	// that other machines reach it starts where an API key is in force, and wants
	// tls, or a proxy with TLS before it: see trusted_proxies.
	Listen string `yaml:"listen" env:"COUNTERSIGN_LISTEN" flag:"listen" unit:"IP address and port" default:"127.0.0.1:8640" reload:"no"`

	// The data directory: decisions are kept there, the countersigning key and
	// the policy. It is made where it is not there. Required.
	Data string `yaml:"data" env:"COUNTERSIGN_DATA" flag:"data" unit:"directory" unset:"the service does not start" reload:"no"`

	// The origin as which the service countersigns.
	Issuer string `yaml:"issuer" env:"COUNTERSIGN_ISSUER" flag:"issuer" unit:"https origin" unset:"nothing is countersigned" reload:"no"`

	// The issuer identifier of the authorization server that requests are for
	// which name none (RFC 8414, Section 2).
	AuthorizationServer string `yaml:"authorization_server" env:"COUNTERSIGN_AUTHORIZATION_SERVER" flag:"authorization-server" unit:"https URL without query and fragment" unset:"for requests that name none nothing is countersigned, and no statement with an audience is accepted" reload:"no"`

	// The DNS resolvers that are asked. Two of different operators corroborate
	// each other over TCP, TLS or HTTPS. The variable and the flag take addresses
	// alone.
	Resolvers []Resolver `yaml:"resolvers" env:"COUNTERSIGN_RESOLVER" flag:"resolver" unit:"list" unset:"this machine's, of /etc/resolv.conf" reload:"no"`

	// The certificate authorities of publishers' hosts, and of resolvers over TLS
	// and HTTPS, in PEM, in place of the system's.
	CAFile string `yaml:"ca_file" env:"COUNTERSIGN_CA_FILE" flag:"ca-file" unit:"file" unset:"the system's" reload:"no"`

	// The pinned publishers, as JSON.
	Roots string `yaml:"roots" flag:"roots" unit:"file" unset:"no publisher is pinned" reload:"yes"`

	// The policy. The first start writes a built-in one to policy.yaml in the data
	// directory (see first_policy); from then on that file decides, and no upgrade changes it.
	// A file that is named here must be there, and is nobody's to write but yours:
	// countersign policy apply takes no other text than it has.
	Policy string `yaml:"policy" unit:"file" unset:"policy.yaml in the data directory" reload:"yes"`

	// The built-in policy that the first start writes. After that it changes
	// nothing: policy.yaml is the operator's.
	FirstPolicy string `yaml:"first_policy" flag:"first-policy" unit:"standard, strict or open" default:"standard" reload:"no"`
	// Names and domains that people know, beside the embedded list: a client that
	// looks like one of them, and is not of its domains, is flagged. As YAML; the
	// section below the settings has the form.
	ProtectedNames string `yaml:"protected_names" unit:"file" unset:"the embedded list, and what was accepted" reload:"yes"`

	// Where others reach the service: the address of a decision's page begins with
	// it. Its host is a name of the service, as those of hosts are.
	PublicURL string `yaml:"public_url" flag:"public-url" unit:"https URL without a slash at its end (http on loopback)" unset:"the listener's own address on loopback, which this machine reaches; on others decisions have no page to name" reload:"no"`

	// Who is told of reviews, by requests that are signed (Standard Webhooks).
	Webhooks []Webhook `yaml:"webhooks" unit:"list" unset:"nobody is told" reload:"yes"`

	// Further names under which the service is asked, as callers put them into the
	// Host header: with the port, where it is not the scheme's. The address that
	// it listens on, the host of public_url and the names of loopback are always
	// answered.
	Hosts []string `yaml:"hosts" unit:"list of hosts" unset:"no further names" reload:"no"`

	// The networks of the proxies before the service, whose word is taken for from
	// where a request came. Without them no header is read for it, and the rate
	// of a network is that of the proxy's.
	TrustedProxies []string `yaml:"trusted_proxies" unit:"list of networks such as 10.0.0.0/8" unset:"a request comes from the peer of its connection" reload:"no"`

	// The header in which the trusted proxies say it: x-forwarded-for, or
	// forwarded (RFC 7239). They must append to it, or replace it.
	ProxyHeader string `yaml:"proxy_header" unit:"x-forwarded-for or forwarded" default:"x-forwarded-for" reload:"no"`

	// What is known of addresses, for the rules on sources that a policy has.
	Geo Geo `yaml:"geo"`

	// Which pages in browsers may use the API.
	CORS CORS `yaml:"cors"`

	// TLS of the service's own, version 1.2 or later.
	TLS TLS `yaml:"tls"`

	// Bounds on what callers send.
	Limits Limits `yaml:"limits"`

	// The log, on standard error.
	Log Log `yaml:"log"`

	// Whether the start tries what corroboration can be reached, and the log says
	// what follows: it asks the resolvers for the name servers of the root, and
	// fetches one small file from www.iana.org. With false nobody is asked.
	ReachCheck bool `yaml:"reach_check" unit:"true or false" default:"true" reload:"no"`

	// Tests only: publishers may live on this machine and under special-use
	// names. The service starts on a loopback address only; every decision is
	// marked as a test, and none is countersigned.
	AllowLoopback bool `yaml:"allow_loopback" env:"COUNTERSIGN_ALLOW_LOOPBACK" flag:"allow-loopback" unit:"true or false" default:"false" reload:"no"`

	// Tests only, and only with allow_loopback: connect to HOST2:PORT2 on this
	// machine in place of HOST1:PORT1, as curl does. An empty HOST1 or PORT1 is
	// any, an empty HOST2 or PORT2 the one given.
	ConnectTo []string `yaml:"connect_to" env:"COUNTERSIGN_CONNECT_TO" flag:"connect-to" unit:"list of HOST1:PORT1:HOST2:PORT2" unset:"connections go where they say" reload:"no"`
}

// A Resolver is a recursive DNS resolver.
type Resolver struct {
	// Where it is and how it is asked: 192.0.2.53:53 over UDP and TCP,
	// tls://192.0.2.53:853#dns.example over TLS, where the certificate must prove
	// the name, or https://dns.example/dns-query over HTTPS.
	Address string `yaml:"address" json:"address" unit:"IP address and port, tls:// or https:// address"`

	// Who runs it. Two of one operator count once.
	Operator string `yaml:"operator" json:"operator,omitempty" unit:"name" unset:"the name that its certificate proves, else its IP address"`

	// Whether it validates DNSSEC and its word counts. That of a resolver on
	// another machine does over TLS and HTTPS only.
	Validating *bool `yaml:"validating" json:"validating,omitempty" unit:"true or false" unset:"true on loopback, else false"`
}

// A Webhook is who is told of reviews.
type Webhook struct {
	// Where requests go. The host can have a private address; its certificate must
	// prove it, also where ca_file names the authorities.
	URL string `yaml:"url" json:"url" unit:"https URL (http on this machine with allow_loopback)"`

	// The secret that signs them: whsec_ and the base64 of 24 to 64 random bytes.
	// The receiver has it, too.
	SecretFile string `yaml:"secret_file" json:"secret_file" unit:"file"`
}

// TLS has the certificate of the service. Both files are given, or none.
type TLS struct {
	// The certificate chain, in PEM, the service's own first. It is read again
	// when a file changes, and at SIGHUP; a new pair that is wrong keeps the old
	// one, and the log says why. Turning TLS on or off needs a restart.
	CertFile string `yaml:"cert_file" unit:"file" unset:"no TLS" reload:"yes"`

	// The private key of the certificate, in PEM.
	KeyFile string `yaml:"key_file" unit:"file" unset:"no TLS" reload:"yes"`
}

// Geo names files that are read again when they change, and at SIGHUP. One that
// is wrong keeps what it said before, and the log says why.
type Geo struct {
	// The countries of addresses, in the format of MaxMind: GeoLite2 Country or
	// City, or one of their form.
	CountryFile string `yaml:"country_file" unit:"file" unset:"no country is known" reload:"yes"`

	// The autonomous systems of addresses, in the format of MaxMind: GeoLite2 ASN,
	// or one of its form.
	ASNFile string `yaml:"asn_file" unit:"file" unset:"no autonomous system is known" reload:"yes"`

	// The reputation lists.
	Lists []ReputationList `yaml:"lists" unit:"list" unset:"there are none" reload:"yes"`
}

// A ReputationList is networks that somebody says something of, each for a time.
type ReputationList struct {
	// By what name rules call it.
	Name string `yaml:"name" json:"name" unit:"name" unset:"an error"`

	// Its lines: a network, and when its entry ends, such as 192.0.2.0/24
	// 2026-03-01T00:00:00Z. What follows # says nothing.
	File string `yaml:"file" json:"file" unit:"file" unset:"an error"`
}

// CORS is for pages in browsers (Fetch, Section 3.3).
type CORS struct {
	// The origins of the pages that may use the API with a key: https, or http on
	// this machine.
	Origins []string `yaml:"origins" unit:"list of origins such as https://console.example" unset:"no page may" reload:"no"`
}

// Limits bound what callers send. What is over a rate is answered with 429.
type Limits struct {
	// How long after its header the body of a request may arrive: from 100ms to
	// 10s.
	BodyTimeout time.Duration `yaml:"body_timeout" unit:"duration such as 5s" default:"5s" reload:"no"`

	// How often one API key may ask. The default is more than one machine decides:
	// what costs are look-ups.
	KeyPerSecond int `yaml:"key_per_second" unit:"requests a second, from 1 to 1000000" default:"20000" reload:"no"`

	// How many requests one API key has at once, after a pause.
	KeyBurst int `yaml:"key_burst" unit:"requests, from 1 to 1000000" default:"20000" reload:"no"`

	// How often one API key may cause what goes out to the network: questions for
	// keys in DNS, and documents. What is remembered costs none.
	LookupsPerSecond int `yaml:"lookups_per_second" unit:"look-ups a second, from 1 to 1000000" default:"50" reload:"no"`

	// How many look-ups one API key may cause at once, after a pause.
	LookupsBurst int `yaml:"lookups_burst" unit:"look-ups, from 1 to 1000000" default:"500" reload:"no"`

	// How often one network, IPv4 /24 or IPv6 /64, may ask without a key in force.
	// An IPv6 /48 has four times as much.
	NetworkPerSecond int `yaml:"network_per_second" unit:"requests a second, from 1 to 1000000" default:"50" reload:"no"`

	// How many requests a network has at once without a key in force, after a
	// pause.
	NetworkBurst int `yaml:"network_burst" unit:"requests, from 1 to 1000000" default:"200" reload:"no"`

	// How often all together may ask without a key in force.
	StrangersPerSecond int `yaml:"strangers_per_second" unit:"requests a second, from 1 to 1000000" default:"2000" reload:"no"`

	// How many requests all together have at once without a key in force, after a
	// pause.
	StrangersBurst int `yaml:"strangers_burst" unit:"requests, from 1 to 1000000" default:"4000" reload:"no"`

	// How often clients of one publisher may arrive from one network, IPv4 /24 or
	// IPv6 /64, counted by the source.ip that a caller asserts. An IPv6 /48 has four
	// times as much.
	ArrivalsPerSecond int `yaml:"arrivals_per_second" unit:"requests a second, from 1 to 1000000" default:"5" reload:"no"`

	// How many clients of one publisher may arrive from one network at once, after
	// a pause.
	ArrivalsBurst int `yaml:"arrivals_burst" unit:"requests, from 1 to 1000000" default:"100" reload:"no"`

	// How many new clients of one publisher there may be, from all networks
	// together: what was registered before is not new.
	NewClientsPerSecond int `yaml:"new_clients_per_second" unit:"clients a second, from 1 to 1000000" default:"20" reload:"no"`

	// How many new clients of one publisher there may be at once, after a pause. A
	// quarter of them is held for confidential clients, and for networks from which
	// clients of the publisher were approved a day ago.
	NewClientsBurst int `yaml:"new_clients_burst" unit:"clients, from 1 to 1000000" default:"400" reload:"no"`

	// How many connections are held at once. What is more is closed.
	Connections int `yaml:"connections" unit:"connections, from 1 to 1000000" default:"8192" reload:"no"`

	// How many connections one network holds at once, IPv4 /24 or IPv6 /64. This
	// machine and the trusted proxies hold any number.
	NetworkConnections int `yaml:"network_connections" unit:"connections, from 1 to 1000000" default:"256" reload:"no"`
}

// Log says what is logged, and how.
type Log struct {
	// How events are written: text or json.
	Format string `yaml:"format" flag:"log-format" unit:"text or json" default:"text" reload:"no"`

	// The lowest level that is logged: debug, info, warn or error.
	Level string `yaml:"level" unit:"debug, info, warn or error" default:"info" reload:"yes"`
}
