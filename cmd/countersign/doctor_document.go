package main

import (
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"

	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/internal/strictjson"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

// needed returns the documents that a verifier needs. Where DNS alone is proof
// enough, the publisher document may be absent.
func (s *sight) needed() []page {
	if s.verdict.Passed(verify.CheckDNSStrength) {
		return []page{s.document}
	}
	return []page{s.keys, s.document}
}

// urlsWhere returns the addresses of the pages that failed so.
func urlsWhere(pages []page, failed func(*verify.FetchError) bool) []string {
	var urls []string
	for _, p := range pages {
		var e *verify.FetchError
		if errors.As(p.fetchErr, &e) && failed(e) {
			urls = append(urls, p.url)
		}
	}
	return urls
}

func redirected(e *verify.FetchError) bool { return e.Status >= 300 && e.Status < 400 }

// blocked reports whether the server has something and does not give it to
// programs, or to this one.
func blocked(e *verify.FetchError) bool {
	switch e.Status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return true
	}
	return false
}

func (s *sight) documentRedirected() []string { return urlsWhere(s.needed(), redirected) }

func (s *sight) documentBlocked() []string { return urlsWhere(s.needed(), blocked) }

func missing(e *verify.FetchError) bool {
	return e.Status != 0 && e.Status != http.StatusOK && !redirected(e) && !blocked(e)
}

func (s *sight) documentMissing() []string {
	uncorroborated := len(s.dnsUncorroborated()) > 0 // says so of the publisher document
	return slices.DeleteFunc(urlsWhere(s.needed(), missing), func(url string) bool { return uncorroborated && url == s.keys.url })
}

// dnsUncorroborated finds a key that is in the answer of one resolver alone, of
// a zone without DNSSEC, and that no publisher document confirms.
func (s *sight) dnsUncorroborated() []string {
	f, ok := s.verdict.Finding(verify.CheckDNSStrength)
	absent := s.keys.fetchErr != nil && len(urlsWhere([]page{s.keys}, missing)) > 0
	silent := s.keys.fetchErr == nil && s.keys.err == nil && !slices.Contains(keyIDs(s.listed), s.verdict.KeyID)
	if !ok || f.Status != verify.Failed || f.Reason != metadata.ReasonDNSUncorroborated || !absent && !silent {
		return nil
	}
	return []string{s.recordsAt()}
}

func (s *sight) mendUncorroborated(string) string {
	return "confirm the key in the publisher document: " + s.mendDocument(s.keys.url) + "\nor have the zone " + s.cut.zone + " signed (DNSSEC) by the company that serves it"
}

func (s *sight) documentHTML() []string {
	return urlsWhere([]page{s.keys, s.document}, func(e *verify.FetchError) bool { return e.Unusable && e.HTML })
}

func (s *sight) documentMediaType() []string {
	return urlsWhere([]page{s.keys, s.document}, func(e *verify.FetchError) bool {
		return e.Unusable && !e.HTML && !errors.Is(e, errTooLarge)
	})
}

func (s *sight) documentTooLarge() []string {
	var texts []string
	for _, p := range []page{s.keys, s.document} {
		if errors.Is(p.fetchErr, errTooLarge) {
			texts = append(texts, tooLarge(p))
		}
	}
	return texts
}

func tooLarge(p page) string {
	return fmt.Sprintf("%s has %d bytes, and %d are read", p.url, len(p.resource.Body), p.limit)
}

func (s *sight) documentNotJSON() []string {
	var urls []string
	for _, p := range []page{s.keys, s.document} {
		if p.fetchErr != nil {
			continue
		}
		if _, err := strictjson.ParseObject(p.resource.Body, limits.JSONDepth); err != nil {
			urls = append(urls, p.url)
		}
	}
	return urls
}

func (s *sight) clientIDDiffers() []string {
	var defects metadata.Defects
	if !errors.As(s.document.err, &defects) {
		return nil
	}
	for _, d := range defects {
		if d.Reason == metadata.ReasonClientIDMismatch {
			return []string{d.Detail}
		}
	}
	return nil
}

// notUploaded finds what is served and is not what is in the tree, where no
// other mend says already to upload it.
func (s *sight) notUploaded() []string {
	var urls []string
	for _, served := range []struct {
		page
		local []byte
	}{{s.keys, s.local.keysText}, {s.document, s.local.document}} {
		said := func(d diagnosis) bool { return strings.Contains(d.Mend, s.localFile(served.url)) }
		if served.local != nil && served.fetchErr == nil && !sameJSON(served.local, served.resource.Body) && !slices.ContainsFunc(s.diagnoses, said) {
			urls = append(urls, served.url)
		}
	}
	return urls
}

func (s *sight) mendDocument(url string) string {
	if s.target.dir == "" {
		return "upload what countersign publish wrote to DIR/site, so that it is served at exactly this address as application/json"
	}
	return s.line("publish", "--dir", s.dir()) + "\n" + s.mendUpload(url) + "\nwith status 200 as application/json, and nothing is redirected"
}

func (s *sight) mendRedirect(url string) string {
	text := "in the web server's configuration, let this address answer itself, with status 200 and no redirect:\n" + url
	var failed *verify.FetchError
	for _, p := range s.needed() {
		if p.url == url && errors.As(p.fetchErr, &failed) {
			text += fmt.Sprintf("\nnow it answers with status %d: %v", failed.Status, failed.Err)
		}
	}
	if domain := s.publisher.Domain(); !strings.HasPrefix(domain, "www.") {
		text += "\nor, if the site is at www." + domain + " alone, make that the publisher:\n  " + command("init", "www."+domain, "--dir", "www."+domain)
	}
	return text
}

func (s *sight) mendBlocked(url string) string {
	return "in the web server's configuration, or that of the service in front of it, let anybody get this address\n" +
		"without bot check, log-in or filter by country, also a program without cookies and scripts:\n" + url
}

func (s *sight) mendHTML(url string) string {
	return s.mendDocument(url) + "\nIf it is there already: in the web server's configuration, except this address from the route that answers with a page"
}

func (s *sight) mendMediaType(url string) string {
	return "in the web server's configuration, serve this address with the header Content-Type: application/json,\nand without Content-Encoding:\n" + url
}

func (s *sight) mendTooLarge(about string) string {
	for _, p := range []page{s.keys, s.document} {
		if errors.Is(p.fetchErr, errTooLarge) && tooLarge(p) == about {
			return "leave out of " + filepath.Join(s.dir(), clientFile) + " what is not needed, if countersign publish says that it is too large\n" + s.mendDocument(p.url)
		}
	}
	return ""
}

func (s *sight) mendUpload(url string) string {
	return "upload " + s.localFile(url) + ", so that it is served at\n" + url
}

func (s *sight) mendClientID(string) string {
	text := fmt.Sprintf("\"client_id\" must be %q", s.target.id)
	if s.target.dir == "" {
		return text + "\nin DIR/client.json; then countersign publish --dir DIR, and upload DIR/site"
	}
	return text + ": it is so in " + filepath.Join(s.dir(), clientFile) + "\n" + s.line("publish", "--dir", s.dir()) + "\nupload " + s.localFile(s.target.id.String()) + " again"
}

// localFile returns where publish writes what is served at a URL.
func (s *sight) localFile(url string) string {
	name, err := siteName(url)
	if err != nil {
		return filepath.Join(s.dir(), siteDir)
	}
	return filepath.Join(s.dir(), siteDir, filepath.FromSlash(name))
}
