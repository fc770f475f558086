package main

import (
	"encoding/base64"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/tools/txtar"
)

// now is the instant of every vector that names no other.
const now = "2026-01-15T12:00:00Z"

// A vector is one file to be: header lines in order, then files in order.
type vector struct {
	id, kind, expect, now, comment string
	header                         []string
	files                          []txtar.File
}

// An option adds header lines or files to a vector.
type option func(*vector)

func newVector(kind, id, expect, comment string, opts ...option) vector {
	v := vector{id: id, kind: kind, expect: expect, now: now, comment: comment}
	for _, o := range opts {
		o(&v)
	}
	return v
}

func header(key, value string) option {
	return func(v *vector) { v.header = append(v.header, key+": "+value) }
}

func at(instant string) option  { return func(v *vector) { v.now = instant } }
func row(id string) option      { return header("row", id) }
func rfc(section string) option { return header("rfc", section) }
func class(c string) option     { return header("class", c) }
func features(f string) option  { return header("features", f) }
func finding(f string) option   { return header("finding", f) }
func dns(strength string) option {
	return header("dns", strength)
}

// text adds a file that has no final line feed of its own: one is added.
// Bytes that a line of text cannot hold are stored in base64.
func text(name, content string) option {
	return func(v *vector) {
		if !printable(content) {
			name, content = name+".b64", base64.StdEncoding.EncodeToString([]byte(content))
		}
		v.files = append(v.files, txtar.File{Name: name, Data: []byte(content + "\n")})
	}
}

// exact adds a file byte by byte, in base64 unless it is text that ends in one
// line feed.
func exact(name, content string) option {
	if body, ok := strings.CutSuffix(content, "\n"); ok && printable(body) {
		return text(name, body)
	}
	return func(v *vector) {
		v.files = append(v.files, txtar.File{
			Name: name + ".b64",
			Data: []byte(base64.StdEncoding.EncodeToString([]byte(content)) + "\n"),
		})
	}
}

func printable(s string) bool {
	if !utf8.ValidString(s) || strings.HasPrefix(s, "\ufeff") {
		return false
	}
	for _, r := range s {
		if r < ' ' && r != '\t' && r != '\n' || r == 0x7f {
			return false
		}
	}
	return !strings.HasSuffix(s, "\n")
}

func zone(lines ...string) option { return text("dns.zone", strings.Join(lines, "\n")) }

// served adds a resource that answers at an https URL.
func served(url string, body fmt.Stringer) option { return text(url, body.String()) }

func render(vs []vector) (map[string][]byte, error) {
	files := map[string][]byte{}
	for _, v := range vs {
		path := v.id + ".txtar"
		if _, dup := files[path]; dup {
			return nil, fmt.Errorf("two vectors %s", v.id)
		}
		lines := append([]string{
			"id: " + v.id, "kind: " + v.kind, "expect: " + v.expect, "now: " + v.now,
		}, v.header...)
		lines = append(lines, "comment: "+v.comment)
		files[path] = txtar.Format(&txtar.Archive{
			Comment: []byte(strings.Join(lines, "\n") + "\n\n"),
			Files:   v.files,
		})
	}
	return files, nil
}

// all lists the areas; each is a directory below data.
func all() []vector {
	var vs []vector
	for _, area := range []func() []vector{
		formVectors, headerVectors, claimVectors, publisherVectors, timeVectors, signatureVectors,
		keyVectors, dnsVectors, wellknownVectors, metadataVectors, documentVectors,
		clientIDVectors, redirectVectors, recordVectors, mergeVectors, apiVectors,
		realClientVectors, replayVectors, decisionVectors,
	} {
		vs = append(vs, area()...)
	}
	return vs
}
