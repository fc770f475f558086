package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/fc28f635/countersign/internal/strictjson"
	"github.com/fc28f635/countersign/metadata"
)

// A hosting is where a publisher's files are hosted.
type hosting string

const (
	hostingUnknown hosting = ""
	hostingNone    hosting = "none"  // nowhere yet
	hostingPages   hosting = "pages" // GitHub Pages, from a branch
	hostingS3      hosting = "s3"
	hostingDir     hosting = "dir" // a directory that a web server serves
)

// parseHosting reads what --host and --to take.
func parseHosting(text string) (hosting, error) {
	h := hosting(text)
	if slices.Contains([]hosting{hostingNone, hostingPages, hostingS3, hostingDir}, h) {
		return h, nil
	}
	return hostingUnknown, fmt.Errorf("%.100q is none of pages, s3, dir and none", text)
}

// hostingFile is beside client.json, which is published and must not have it.
const hostingFile = "publish.json"

// hostingOf returns what init noted in dir, hostingUnknown where it noted
// nothing.
func hostingOf(dir string) (hosting, error) {
	name := filepath.Join(dir, hostingFile)
	data, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return hostingUnknown, nil
	}
	if err != nil {
		return hostingUnknown, fail(fmt.Errorf("reading where files are hosted: %w", err), "--to says it")
	}
	var noted struct {
		To string `json:"to"`
	}
	var h hosting
	if err = strictjson.Decode(data, &noted); err == nil {
		h, err = parseHosting(noted.To)
	}
	if err != nil {
		return hostingUnknown, refused(fmt.Errorf("reading where files are hosted: %q: %w", name, err), "--to says it; countersign init --host writes the file anew")
	}
	return h, nil
}

// note writes where files are hosted, and reports whether that is new.
func (h hosting) note(dir string) (changed bool, err error) {
	name := filepath.Join(dir, hostingFile)
	data := []byte(fmt.Sprintf("{\n  \"to\": %q\n}\n", string(h)))
	if was, err := os.ReadFile(name); err == nil && string(was) == string(data) {
		return false, nil
	}
	if err := writeWhole(name, data); err != nil {
		return false, fail(fmt.Errorf("noting where files are hosted: %w", err), "")
	}
	return true, nil
}

// upload says how the tree gets to where verifiers look, with the media type
// that it then has.
func (h hosting) upload(p metadata.Publisher, tree *site, document string) string {
	say := fmt.Sprintf("Upload what is in %s to %s/", tree.dir, p)
	dir := shellWord(filepath.ToSlash(tree.dir))
	switch h {
	case hostingPages:
		top, _, _ := strings.Cut(document, "/")
		return say + ", from the top of the branch that Pages serves:\n\n" +
			"  cp -R " + dir + "/. .\n" +
			"  git add .nojekyll .well-known " + shellWord(top) + "\n" +
			"  git commit -m \"publish the metadata document of the client\"\n" +
			"  git push\n\n" +
			"Pages serves .json as application/json; without .nojekyll it leaves .well-known out."
	case hostingS3:
		return say + ", with your bucket for BUCKET:\n\n" +
			"  aws s3 cp " + dir + " s3://BUCKET/ --recursive --content-type application/json\n\n" +
			"S3 serves the media type that is given here, and verifiers take no other."
	case hostingDir:
		return say + ", with the directory that is served for WEBROOT:\n\n" +
			"  cp -R " + dir + "/. WEBROOT/\n\n" +
			"The web server must serve .json as application/json, as they do unless told otherwise."
	case hostingNone, hostingUnknown:
	}
	return say
}
