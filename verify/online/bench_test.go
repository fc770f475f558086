package online_test

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"testing"

	"github.com/fc28f635/countersign/internal/countersigntest"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
	"github.com/fc28f635/countersign/verify/online"
)

// BenchmarkCold has goal P6: the first verification of a client whose document
// holds a statement, with nothing remembered, over the two round trips that it
// cannot do without: the document over a new TLS connection, and the key records.
func BenchmarkCold(b *testing.B) {
	world, err := countersigntest.New(countersigntest.Config{})
	if err != nil {
		b.Fatal(err)
	}
	defer world.Close()
	publisher, err := world.NewPublisher("acme.example")
	if err == nil {
		err = publisher.Publish()
	}
	if err != nil {
		b.Fatal(err)
	}
	id, err := publisher.PublishClient("/client.json", metadata.Client{ClientName: "Acme Agent", SoftwareID: "acme-agent",
		RedirectURIs: []string{"https://acme.example/callback"}, TokenEndpointAuthMethod: metadata.AuthNone}, true)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("bare", func(b *testing.B) {
		for b.Loop() {
			bareTrips(b, world, publisher.Name, id)
		}
	})
	b.Run("new", func(b *testing.B) {
		for b.Loop() {
			v, err := online.New(online.Config{Resolvers: []online.Resolver{{Address: world.Resolver()}}, RootCAs: world.CA(),
				InsecureLoopback: true, InsecureConnectTo: world.ConnectTo})
			if err != nil {
				b.Fatal(err)
			}
			verdict, err := v.Verify(b.Context(), verify.Presentation{ClientID: id})
			if err != nil || !verdict.Passed(verify.CheckDNSKey) || !verdict.Passed(verify.CheckMetadataDocument) {
				b.Fatalf("%+v %v", verdict, err)
			}
		}
	})
}

// bareTrips asks for the key records and the document, and does nothing with
// either.
func bareTrips(b *testing.B, world *countersigntest.World, p metadata.Publisher, url string) {
	b.Helper()
	to := func(address string) func(context.Context, string, string) (net.Conn, error) {
		return func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, address)
		}
	}
	resolver := net.Resolver{PreferGo: true, Dial: to(world.Resolver())}
	if _, err := resolver.LookupTXT(b.Context(), p.KeyRecordName()+"."); err != nil {
		b.Fatal(err)
	}
	transport := &http.Transport{DialContext: to(world.WebServer()), TLSClientConfig: &tls.Config{RootCAs: world.CA()}, DisableKeepAlives: true}
	resp, err := (&http.Client{Transport: transport}).Get(url)
	if err != nil {
		b.Fatal(err)
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		b.Fatal(err)
	}
}
