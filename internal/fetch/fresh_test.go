package fetch

import (
	"net/http"
	"testing"
	"time"
)

func TestFreshness(t *testing.T) {
	now := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	at := func(d time.Duration) string { return now.Add(d).Format(http.TimeFormat) }
	for name, tc := range map[string]struct {
		header http.Header
		want   time.Duration
	}{
		"nothing said":         {http.Header{}, 0},
		"max-age":              {http.Header{"Cache-Control": {"public, Max-Age=60"}}, time.Minute},
		"quoted":               {http.Header{"Cache-Control": {`max-age="60"`}}, time.Minute},
		"inside a quotation":   {http.Header{"Cache-Control": {`x="a, max-age=60"`}}, 0},
		"after an escape":      {http.Header{"Cache-Control": {`x="a\", max-age=60, y"`}}, 0},
		"no-store":             {http.Header{"Cache-Control": {"max-age=60, no-store"}}, 0},
		"no-cache":             {http.Header{"Cache-Control": {"no-cache", "max-age=60"}}, 0},
		"s-maxage is not us":   {http.Header{"Cache-Control": {"s-maxage=60"}}, 0},
		"zero":                 {http.Header{"Cache-Control": {"max-age=0"}, "Expires": {at(time.Hour)}}, 0},
		"negative":             {http.Header{"Cache-Control": {"max-age=-60"}}, 0},
		"fraction":             {http.Header{"Cache-Control": {"max-age=1.5"}}, 0},
		"empty":                {http.Header{"Cache-Control": {"max-age="}}, 0},
		"2³¹ seconds":          {http.Header{"Cache-Control": {"max-age=2147483648"}}, 2147483648 * time.Second},
		"more":                 {http.Header{"Cache-Control": {"max-age=2147483649"}}, 2147483648 * time.Second},
		"huge":                 {http.Header{"Cache-Control": {"max-age=99999999999999999999"}}, 2147483648 * time.Second},
		"no number, and one":   {http.Header{"Cache-Control": {"max-age=x, max-age=60"}}, 0},
		"one, and no number":   {http.Header{"Cache-Control": {"max-age=60, max-age=x"}}, 0},
		"an empty element":     {http.Header{"Cache-Control": {",max-age=60"}}, time.Minute},
		"escape unquoted":      {http.Header{"Cache-Control": {`a\,max-age=60`}}, time.Minute},
		"age of no time":       {http.Header{"Cache-Control": {"max-age=60"}, "Age": {"0"}}, time.Minute},
		"two that agree":       {http.Header{"Cache-Control": {"max-age=60, max-age=60"}}, time.Minute},
		"two that differ":      {http.Header{"Cache-Control": {"max-age=60, max-age=61"}}, 0},
		"age":                  {http.Header{"Cache-Control": {"max-age=60"}, "Age": {"20"}}, 40 * time.Second},
		"older than it may":    {http.Header{"Cache-Control": {"max-age=60"}, "Age": {"61"}}, 0},
		"bad age":              {http.Header{"Cache-Control": {"max-age=60"}, "Age": {"x"}}, 0},
		"expires":              {http.Header{"Expires": {at(time.Hour)}}, time.Hour},
		"expires by date":      {http.Header{"Expires": {at(time.Hour)}, "Date": {at(time.Minute)}}, 59 * time.Minute},
		"expires by bad date":  {http.Header{"Expires": {at(time.Hour)}, "Date": {"x"}}, 0},
		"expired":              {http.Header{"Expires": {at(-time.Hour)}}, 0},
		"expires in a century": {http.Header{"Expires": {at(100 * 365 * 24 * time.Hour)}}, 2147483648 * time.Second},
		"expires twice":        {http.Header{"Expires": {at(time.Hour), at(time.Hour)}}, 0},
		"expired by date":      {http.Header{"Expires": {at(time.Hour)}, "Date": {at(2 * time.Hour)}}, 0},
		"expires 0":            {http.Header{"Expires": {"0"}}, 0},
		"expires 0, and aged":  {http.Header{"Expires": {"0"}, "Age": {"1"}}, 0},
		"max-age wins":         {http.Header{"Cache-Control": {"max-age=60"}, "Expires": {at(time.Hour)}}, time.Minute},
		"vary *":               {http.Header{"Cache-Control": {"max-age=60"}, "Vary": {"*"}}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			if got := freshness(tc.header, now); got != tc.want {
				t.Errorf("got %v, want %v", got, tc.want)
			}
		})
	}
}

// FuzzFreshness: no header makes a lifetime negative or longer than a number of
// seconds may be.
func FuzzFreshness(f *testing.F) {
	seeds := []string{"max-age=60", `a="b\"", max-age=1`, "max-age=99999999999999999999", "no-store", `"`, `\`, ""}
	if len(seeds) == 0 {
		f.Fatal("no seeds")
	}
	for _, s := range seeds {
		f.Add(s, s, s)
	}
	now := time.Unix(1793534400, 0)
	f.Fuzz(func(t *testing.T, control, age, expires string) {
		h := http.Header{"Cache-Control": {control}, "Expires": {expires}}
		if age != "" {
			h.Set("Age", age)
		}
		if got := freshness(h, now); got < 0 || got > deltaMax*time.Second {
			t.Errorf("freshness %v", got)
		}
	})
}

// FuzzMediaType: what is accepted is JSON by its text, and no page.
func FuzzMediaType(f *testing.F) {
	seeds := []string{"application/json", "application/a+json;charset=utf-8", "text/html", "application/json;charset=x", ""}
	if len(seeds) == 0 {
		f.Fatal("no seeds")
	}
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, value string) {
		html, err := checkMediaType(http.Header{"Content-Type": {value}})
		if err == nil && (html || len(value) < len("application/json")) {
			t.Errorf("%q accepted, page %v", value, html)
		}
	})
}
