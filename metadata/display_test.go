package metadata_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fc28f635/countersign/metadata"
)

func TestForeignSchemes(t *testing.T) {
	cov := metadata.Coverage{Publisher: metadata.MustPublisher("https://acme.com")}
	c := mustClient(t, `{"redirect_uris":["com.acme:/cb","com.acme.agent:/cb","com.acmeevil:/cb","cursor://x/cb","cursor://y/cb","https://evil.com/cb","http://localhost/cb"]}`)
	t.Run("R2 schemes of others", func(t *testing.T) {
		if d := cmp.Diff([]string{"com.acmeevil:", "cursor:"}, metadata.ForeignSchemes(c, cov, "")); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
	})
	t.Run("R2 the publisher's own", func(t *testing.T) {
		if got := metadata.ForeignSchemes(c, cov, "com.acme:/cb"); got != nil {
			t.Errorf("it is foreign: %v", got)
		}
	})
}

func TestReasons(t *testing.T) {
	seen := map[metadata.Reason]bool{}
	for _, r := range metadata.Reasons() {
		p := r.Problem()
		if seen[r] || p.Sentence == "" || (p.Error == "") != (p.Status == 0) {
			t.Errorf("%s: %+v", r, p)
		}
		seen[r] = true
		if p.Error == "unapproved_software_statement" {
			p.Error = "invalid_client_metadata"
		}
		if without := r.ProblemWithout(); without != p {
			t.Errorf("%s without a statement: %+v, want %+v", r, without, p)
		}
	}
	if got, want := metadata.Reason("of_tomorrow").Problem(), metadata.ReasonServerError.Problem(); got != want {
		t.Errorf("an unknown reason is %+v", got)
	}
}
