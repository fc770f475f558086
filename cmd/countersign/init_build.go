package main

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/fc28f635/countersign/attest"
	"github.com/fc28f635/countersign/metadata"
)

// build makes what is not there: from here on nothing is asked and nothing looked
// up. It returns the records to add.
func (f *initFlags) build(c *cobra.Command, keys *initKeys, client metadata.Client, kept clientState, steps *steps) ([]attest.DNSRecord, error) {
	p := keys.ring.publisher
	tree, err := openSite(f.dir)
	if err != nil {
		return nil, err
	}
	defer tree.close()
	if f.keyHere {
		if err := notUploadedWith(keys.ring.dir, tree.dir); err != nil {
			return nil, err
		}
		hidden, err := hideFromGit(keys.ring.dir)
		if err != nil {
			return nil, err
		}
		steps.add(hidden, "%s, which hides the keys from git", filepath.Join(keys.ring.dir, ".gitignore"))
	}
	active, path, made, err := keys.active(c, tree, metadata.KeyType(f.keyType))
	if err != nil {
		return nil, err
	}
	record, err := active.Record()
	if err != nil {
		return nil, fail(err, "")
	}
	other := ""
	if c.Flags().Changed("key-type") && record.Type != metadata.KeyType(f.keyType) {
		other = ", which is not " + f.keyType + ": --kid with a new ID makes another key"
	}
	steps.add(made, "key %s (%s) in %s%s", active.ID(), record.Type, path, other)
	records := []attest.DNSRecord{{Publisher: p, Key: record}}
	if err := f.writeClient(client, kept, steps); err != nil {
		return nil, err
	}
	published, err := tree.publishKey(p, active)
	if err != nil {
		return nil, err
	}
	second, ok, err := f.standbyRecord(c, keys, tree, active, steps)
	if err != nil {
		return nil, err
	}
	if ok {
		records = append(records, attest.DNSRecord{Publisher: p, Key: second})
	}
	document, _ := siteName(p.PublisherDocumentURL())
	steps.add(published, "%s", tree.path(document))
	plain, err := tree.write(noJekyll, nil)
	if err != nil {
		return nil, err
	}
	steps.add(plain, "%s, without which GitHub Pages leaves %s out", tree.path(noJekyll), ".well-known")
	if f.host != "" {
		noted, err := hosting(f.host).note(f.dir)
		if err != nil {
			return nil, err
		}
		steps.add(noted, "%s", filepath.Join(f.dir, hostingFile))
	}
	return records, nil
}

// standbyRecord makes the standby key where one is to be made, and returns the
// record of the one that there then is.
func (f *initFlags) standbyRecord(c *cobra.Command, keys *initKeys, tree *site, active attest.Key, steps *steps) (record metadata.KeyRecord, ok bool, err error) {
	if keys.standby {
		key, err := keys.makeStandby(c, tree, active.ID(), metadata.KeyType(f.keyType))
		if err != nil {
			return record, false, err
		}
		place := "shown above, and nowhere else"
		if !f.standby.printed() {
			place = "in " + f.standby.output + ", and nowhere else"
		}
		steps.add(true, "standby key %s (%s), its private part %s", key.ID(), f.keyType, place)
		if record, err = key.Record(); err != nil {
			return record, false, fail(err, "")
		}
		return record, true, nil
	}
	k := keys.ring.standby()
	if k == nil {
		return record, false, nil
	}
	steps.add(false, "standby key %s, its private part elsewhere", k.id)
	record, ok = k.record()
	return record, ok, nil
}

// tell prints the records and what to do next.
func (f *initFlags) tell(out io.Writer, p metadata.Publisher, around surroundings, keys *initKeys, records []attest.DNSRecord) {
	zone := around.formZone(p)
	title := "Add one TXT record"
	if len(records) > 1 {
		title = "Add two TXT records, of the active and of the standby key"
	}
	fmt.Fprintf(out, "\n%s\n", title)
	for i, r := range records {
		if i > 0 {
			fmt.Fprintln(out)
		}
		printIndented(out, "  ", recordForms(r, zone))
	}
	fmt.Fprintf(out, "\nAny form that takes DKIM takes them. Records are added, never edited.\n%s\n", printable(around.served(p)))
	if f.terraform != "" {
		fmt.Fprintf(out, "\n# Terraform\n%s", terraform(f.terraform, zone, keys.standing(records)))
	}
	line := (&ringFlags{keyDir: f.keyDir}).line
	var next []string
	if keys.standby {
		kept := "the standby key: " + keepElsewhere
		if f.standby.printed() {
			kept += ".\nIt is all of the block above, with its first and last line, as one file"
		}
		next = append(next, kept)
	}
	next = append(next,
		"add the records at whoever serves the zone, beside whatever is there",
		"edit "+filepath.Join(f.dir, clientFile)+": it is what your client says of itself",
		line("publish", "--dir", f.dir),
		"upload what is in "+filepath.Join(f.dir, siteDir)+" to https://"+p.Domain()+"/, as publish says",
		command("doctor", p.Domain(), "--dir", f.dir))
	if len(records) == 1 {
		next = append(next, line("keys", "standby", p.Domain(), "--dir", f.dir, "-o", "FILE")+
			"\nmakes a second key to keep elsewhere: with it you go on at once when this one is lost or stolen")
	}
	fmt.Fprintln(out, "\nNext")
	for i, line := range next {
		fmt.Fprintf(out, "  %d. %s\n", i+1, strings.ReplaceAll(printable(line), "\n", "\n     "))
	}
}
