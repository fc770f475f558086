package docs_test

import (
	"strings"
	"testing"

	"github.com/fc28f635/countersign/docs"
	"github.com/fc28f635/countersign/metadata"
)

// Whatever a mend says, it says to somebody, and no word of it is lost.
func TestEveryMendIsDividedWhole(t *testing.T) {
	for _, reason := range metadata.Reasons() {
		t.Run(string(reason), func(t *testing.T) {
			page, ok := docs.ReasonPage(string(reason))
			if !ok || page.Means == "" || page.DoesNotMean == "" {
				t.Fatalf("no page, or half of one: %+v", page)
			}
			text, _ := docs.Reason(string(reason))
			_, mend, _ := strings.Cut(text, "**Mend.** ")
			told := page.Mend.Publisher + " " + page.Mend.Operator
			for word := range strings.FieldsSeq(mend) {
				if !strings.Contains(told, word) {
					t.Errorf("%q is told nobody", word)
				}
			}
			for party, part := range map[string]string{"Operator": page.Mend.Publisher, "Publisher": page.Mend.Operator} {
				if strings.HasPrefix(part, party+":") || strings.Contains(part, ". "+party+":") {
					t.Errorf("what is for the %s is told another: %q", party, part)
				}
			}
		})
	}
}

func TestMendOfEach(t *testing.T) {
	for _, test := range []struct{ reason, publisher, operator string }{
		{"keys_unavailable", "Try again after a minute. Publisher: `countersign doctor DOMAIN`.", "Try again after a minute. Operator: check the way"},
		{"statement_not_yet_valid", "Publisher and operator: compare", "Publisher and operator: compare"},
		{"key_unknown", "Publisher: `countersign doctor DOMAIN` shows", "Operator, for a pinned publisher: add"},
		{"name_unprintable", "Client developer, or publisher if it is stated: correct", ""},
		{"storage_full", "", "Operator: free space"},
	} {
		t.Run(test.reason, func(t *testing.T) {
			page, _ := docs.ReasonPage(test.reason)
			for want, got := range map[string]string{test.publisher: page.Mend.Publisher, test.operator: page.Mend.Operator} {
				if !strings.HasPrefix(got, want) || (want == "") != (got == "") {
					t.Errorf("told %q, want %q", got, want)
				}
			}
		})
	}
}

func TestUnknownTitlesSayNothing(t *testing.T) {
	if _, ok := docs.ReasonPage("of_tomorrow"); ok {
		t.Error("a reason of tomorrow has a page")
	}
	for _, title := range []string{"", "Means", "Mend", "User"} {
		if text := docs.Everybody(title); text != "" {
			t.Errorf("%q says %q", title, text)
		}
	}
}
