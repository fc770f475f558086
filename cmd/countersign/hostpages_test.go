package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

const (
	// nginxTypes are those of nginx's own mime.types that matter here.
	nginxTypes = "types { text/html html; text/plain txt; application/json json; } default_type application/octet-stream;"
	// pagesTypes are those of GitHub Pages, which sends a charset, too.
	pagesTypes = "types { text/html html; application/json json; } default_type application/octet-stream; charset utf-8; charset_types application/json;"
	// s3Types are what S3 has for an object: the type given at its upload.
	s3Types = "types { } default_type %s;"
)

// A pageHost is what stands for the host of a page.
type pageHost struct {
	types string                       // what nginx is told of media types
	begin func(*testing.T, *shellRoad) // what is there before
	built func(*testing.T, *shellRoad) // what the host does after an upload
}

var pageHosts = map[string]pageHost{
	"publish-registrar-form.md": {types: nginxTypes, begin: standInSCP},
	"publish-github-pages.md":   {types: pagesTypes, begin: newPagesRepository, built: buildPages},
	"publish-s3.md":             {types: fmt.Sprintf(s3Types, "application/json"), begin: standInAWS},
}

// TestHostPages does what each page about a host says, in its order: every
// command of its blocks, and the one thing that hands do, the DNS record. What
// uploads is told where the host of the test is.
func TestHostPages(t *testing.T) {
	for file, host := range pageHosts {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			page := readHostPage(t, file)
			r := newShellRoad(t, host.types)
			host.begin(t, r)
			uploads, last := 0, ""
			for _, block := range page.blocks {
				last = r.must(t, block.script)
				switch {
				case block.hand && len(page.labels) > 0:
					r.fillForm(t, last, page.labels)
				case block.hand:
					r.addRecords(t, last)
				}
				if block.upload {
					uploads++
					if host.built != nil {
						host.built(t, r)
					}
				}
			}
			if uploads == 0 {
				t.Error("nothing was uploaded")
			}
			if !strings.Contains(last, "no fault found") || !strings.Contains(last, "tier signed") || !strings.Contains(last, "verified") {
				t.Error("the page does not end with doctor and verify, both content")
			}
		})
	}
}

// A hostPageBlock is one fenced block of commands.
type hostPageBlock struct {
	script string
	upload bool // it uploads
	hand   bool // what hands do comes after it
}

// A hostPage is what a page says to do.
type hostPage struct {
	blocks []hostPageBlock
	labels []string // what of the output goes into the form: the name, then the text
}

var (
	shellBlock = regexp.MustCompile("(?ms)^```sh( upload)?\n(.*?)^```$")
	handsLine  = regexp.MustCompile(`(?m)^Hands: (\d+)\. Commands: (\d+)\.$`)
	printedAs  = regexp.MustCompile(`printed as \*([a-z ]+)\*`)
	handMark   = regexp.MustCompile(`(?m)^\*\*Hand (\d+)\.\*\*`)
)

// readHostPage reads a page and holds it to what it counts.
func readHostPage(t *testing.T, file string) hostPage {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "docs", file))
	if err != nil {
		t.Fatal(err)
	}
	text := strings.ReplaceAll(string(data), "acme.example", "acme.test")
	var page hostPage
	commands := 0
	found := shellBlock.FindAllStringSubmatchIndex(text, -1)
	for i, at := range found {
		script, after := text[at[4]:at[5]], len(text)
		if i+1 < len(found) {
			after = found[i+1][0]
		}
		page.blocks = append(page.blocks, hostPageBlock{script, at[2] >= 0, handMark.MatchString(text[at[1]:after])})
		for line := range strings.Lines(strings.ReplaceAll(script, "\\\n", "")) {
			if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
				commands++
			}
		}
	}
	if commands == 0 {
		t.Fatal("the page has no commands")
	}
	if n := strings.Count(text, "\n```"); n != 2*len(page.blocks) {
		t.Errorf("%d fences and %d blocks of commands: a block that is not run", n, len(page.blocks))
	}
	for _, m := range printedAs.FindAllStringSubmatch(text, -1) {
		page.labels = append(page.labels, m[1])
	}
	want := handsLine.FindStringSubmatch(text)
	if want == nil {
		t.Fatal("the page does not count: Hands: N. Commands: N.")
	}
	hands := len(handMark.FindAllString(text, -1))
	if want[1] != strconv.Itoa(hands) || want[2] != strconv.Itoa(commands) {
		t.Errorf("the page says %q, and there are %d hands and %d commands", want[0], hands, commands)
	}
	return page
}

// TestEveryHostPageIsRun looks for pages that TestHostPages does not know, and
// for commands in the page that leads to them.
func TestEveryHostPageIsRun(t *testing.T) {
	docs := filepath.Join("..", "..", "docs")
	files, err := filepath.Glob(filepath.Join(docs, "publish-*.md"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no pages: %v", err)
	}
	overview, err := os.ReadFile(filepath.Join(docs, "publishers.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		name := filepath.Base(file)
		if _, ok := pageHosts[name]; !ok {
			t.Errorf("the commands of %s are not run", name)
		}
		if !strings.Contains(string(overview), "("+name+")") {
			t.Errorf("publishers.md does not lead to %s", name)
		}
	}
	if strings.Contains(string(overview), "```") {
		t.Error("publishers.md has commands that are not run")
	}
}

// fillForm does what a registrar's form does with what is typed into it: the
// domain is appended to the name, and the text is taken as it is.
func (r *shellRoad) fillForm(t *testing.T, printed string, labels []string) {
	t.Helper()
	if len(labels) != 2 {
		t.Fatalf("the page names %q, want the name and the text", labels)
	}
	var fields [2][]string
	for i, label := range labels {
		for _, m := range regexp.MustCompile(`(?m)^ *`+label+` {2,}(.+?)(?: {2,}\(.*)?$`).FindAllStringSubmatch(printed, -1) {
			fields[i] = append(fields[i], m[1])
		}
	}
	if len(fields[0]) == 0 || len(fields[0]) != len(fields[1]) {
		t.Fatalf("%q: the output has %q", labels, fields)
	}
	var records []txt
	for i := range fields[0] {
		records = append(records, txt{fields[0][i] + ".acme.test", fields[1][i]})
	}
	r.names.serve(t, records)
}

// standInSCP is web space that files are copied to.
func standInSCP(t *testing.T, r *shellRoad) {
	t.Helper()
	r.program(t, "scp", fmt.Sprintf(`[ "$1" = -r ] && [ "$3" = acme.test:public_html/ ]
cp -R "$2" '%s/'
`, r.served))
}

// standInAWS is the bucket behind acme.test, which has the media type that the
// upload gives. Without one the host of the test would be another.
func standInAWS(t *testing.T, r *shellRoad) {
	t.Helper()
	flags := []string{"recursive", "content-type"}
	r.program(t, "aws", fmt.Sprintf(`[ "$1 $2" = 's3 cp' ] && [ "$4" = s3://acme-site/ ]
[ "$5 $6 $7" = '--%s --%s application/json' ]
cp -R "$3/." '%s/'
`, flags[0], flags[1], r.served))
}

// newPagesRepository is a repository that GitHub Pages serves already.
func newPagesRepository(t *testing.T, r *shellRoad) {
	t.Helper()
	remote := filepath.Join(r.home, "remote.git")
	r.must(t, fmt.Sprintf(`git init -q --bare -b main '%[1]s'
git clone -q '%[1]s' . 2>/dev/null
git symbolic-ref HEAD refs/heads/main
echo '<!doctype html><title>Acme</title>' >index.html
echo acme.test >CNAME
git add index.html CNAME
git commit -q -m 'a site'
git push -q origin main
git branch -q --set-upstream-to origin/main
`, remote))
}

// buildPages serves what was pushed, as GitHub Pages does: without .nojekyll,
// names that begin with a dot or an underscore are left out.
func buildPages(t *testing.T, r *shellRoad) {
	t.Helper()
	r.must(t, fmt.Sprintf(`git --git-dir '%[1]s' archive main | tar -x -C '%[2]s'
cd '%[2]s'
if [ ! -e .nojekyll ]; then
	find . -mindepth 1 -name '[._]*' -prune -exec rm -rf '{}' +
fi
`, filepath.Join(r.home, "remote.git"), r.served))
}
