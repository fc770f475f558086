package docs

import (
	"regexp"
	"strings"
)

// A Page is the page of a reason in its parts, each on one line. Code is
// between backticks.
type Page struct {
	Means       string
	DoesNotMean string
	Mend        Mend
}

// A Mend says who can do what about a reason, each part with its addressee. One
// is empty where the page has nothing for that party.
type Mend struct {
	Publisher string // and the client developer
	Operator  string
}

// ReasonPage returns the page of a reason in its parts. ok is false where there
// is none.
func ReasonPage(name string) (p Page, ok bool) {
	text, ok := Reason(name)
	if !ok {
		return Page{}, false
	}
	p.Means, p.DoesNotMean = paragraph(text, "Means"), paragraph(text, "Does not mean")
	p.Mend = parseMend(paragraph(text, "Mend"))
	return p, true
}

// Everybody returns what docs/reasons.md says under a title of the section "What
// everybody can do", such as "User, refused", and nothing where it has none.
func Everybody(title string) string {
	_, section, _ := strings.Cut(reasons, "\n## What everybody can do\n")
	section, _, _ = strings.Cut(section, "\n## ")
	return paragraph(section, title)
}

// paragraph returns the paragraph with a title in bold, on one line.
func paragraph(text, title string) string {
	_, after, _ := strings.Cut("\n"+text, "\n**"+title+".** ")
	after, _, _ = strings.Cut(after, "\n\n")
	return strings.Join(strings.Fields(after), " ")
}

// addressee begins a part of a mend: who can do it, or either of two, and when.
var addressee = regexp.MustCompile("(?:^|[.`)] )((Publisher|Operator|Client developer)(?:,? (?:and|or) (?:publisher|(operator)))?[^.:`]*): ")

// parseMend gives each party its parts of a mend, and both what is before them.
func parseMend(mend string) (m Mend) {
	found := addressee.FindAllStringSubmatchIndex(mend, -1)
	if len(found) == 0 {
		return Mend{Publisher: mend, Operator: mend}
	}
	publisher, operator := []string{mend[:found[0][2]]}, []string{mend[:found[0][2]]}
	for i, at := range found {
		end := len(mend)
		if i+1 < len(found) {
			end = found[i+1][2]
		}
		part := mend[at[2]:end]
		first, andOperator := mend[at[4]:at[5]], at[6] >= 0
		if first != "Operator" {
			publisher = append(publisher, part)
		}
		if first == "Operator" || andOperator {
			operator = append(operator, part)
		}
	}
	return Mend{Publisher: sentences(publisher), Operator: sentences(operator)}
}

// sentences joins parts, of which the first belongs to another: it is nothing
// where there is no other.
func sentences(parts []string) string {
	if len(parts) == 1 {
		return ""
	}
	return strings.TrimSpace(strings.Join(parts, ""))
}
