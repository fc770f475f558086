package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// actionDir is where the action is, from here.
func actionDir(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join("..", "..", "integrations", "github-action"))
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// A runner runs the steps of the action as GitHub does: each in a process of its
// own, with files for outputs and the summary, and the key for one of them only.
type runner struct {
	*shellRoad
	key     string
	outputs string // everything that steps wrote anywhere but into the repository
	changed string
	input   map[string]string
	runs    int
}

// newRunner is a repository with what init made, pushed, and the record in DNS.
func newRunner(t *testing.T) *runner {
	t.Helper()
	r := &runner{shellRoad: newShellRoad(t, nginxTypes)}
	newPagesRepository(t, r.shellRoad)
	r.addRecords(t, r.must(t, `countersign init acme.test --dir acme --kid 2026a --name "Acme Agent" --redirect-uri https://acme.test/callback`))
	r.must(t, "git add acme; git commit -q -m 'what init made'; git push -q")
	secret := filepath.Join(r.home, ".config", "countersign", "acme.test", "2026a.pem")
	data, err := os.ReadFile(secret)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(secret); err != nil { // a runner has no configuration directory
		t.Fatal(err)
	}
	r.key = string(data)
	r.input = map[string]string{"DOMAIN": "acme.test", "DIR": "acme", "KID": "2026a", "KEY": r.key, "TRIES": "2", "INTERVAL": "0",
		"UPLOAD": "cp -R acme/site/. '" + r.served + "/'"}
	return r
}

// step runs one step, which must end with code.
func (r *runner) step(t *testing.T, name string, code int) string {
	t.Helper()
	r.runs++
	files := filepath.Join(r.home, fmt.Sprintf("runner%d", r.runs))
	if err := os.Mkdir(files, 0o700); err != nil {
		t.Fatal(err)
	}
	env := []string{"GITHUB_OUTPUT=" + filepath.Join(files, "output"), "GITHUB_STEP_SUMMARY=" + filepath.Join(files, "summary"),
		"COUNTERSIGN_CHANGED=" + r.changed}
	for key, value := range r.input {
		if key != "KEY" || name == "sign" {
			env = append(env, "COUNTERSIGN_"+key+"="+value)
		}
	}
	out, got := r.sh(t, "sh '"+filepath.Join(actionDir(t), "steps", name+".sh")+"'", env...)
	if got != code {
		t.Fatalf("step %s: exit %d, want %d", name, got, code)
	}
	output, _ := os.ReadFile(filepath.Join(files, "output"))
	summary, _ := os.ReadFile(filepath.Join(files, "summary"))
	if _, value, ok := strings.Cut(string(output), "changed="); ok {
		r.changed = strings.TrimSpace(value)
	}
	out += string(summary)
	r.outputs += out + string(output)
	return out
}

// all runs every step after install; changed is what they must say.
func (r *runner) all(t *testing.T, changed string) {
	t.Helper()
	before := r.head(t)
	r.step(t, "sign", 0)
	out := r.step(t, "commit", 0)
	if !strings.Contains(out, map[string]string{"true": "new statement", "false": "unchanged"}[changed]) || r.changed != changed {
		t.Errorf("changed=%s, want %s:\n%s", r.changed, changed, out)
	}
	if after := r.head(t); (after == before) != (changed == "false") {
		t.Errorf("changed is %s, and the branch went from %s to %s", changed, before, after)
	}
	r.step(t, "upload", 0)
	if out := r.step(t, "doctor", 0); strings.Count(out, "no fault found") != 2 || !strings.Contains(out, "tier signed") {
		t.Errorf("doctor, in the log and in the summary:\n%s", out)
	}
	r.clean(t)
}

// head returns the commit that the remote has.
func (r *runner) head(t *testing.T) string {
	t.Helper()
	return r.must(t, "git ls-remote --exit-code origin main | cut -c1-40")
}

// clean fails where anything of the work tree is not committed.
func (r *runner) clean(t *testing.T) {
	t.Helper()
	if out := r.must(t, "git status --porcelain"); out != "" {
		t.Errorf("left in the work tree:\n%s", out)
	}
}

func (r *runner) commit(t *testing.T, script string) {
	t.Helper()
	r.must(t, script+"\ngit add -A .; git commit -q -m 'by hand'; git push -q")
}

// publishUntil replaces the statement by one that holds for a time.
func (r *runner) publishUntil(t *testing.T, lifetime string) {
	t.Helper()
	script := "countersign publish --dir acme --key env:K --kid 2026a --force --no-doctor --expires " + lifetime
	if _, code := r.sh(t, script, "K="+r.key); code != 0 {
		t.Fatalf("exit %d", code)
	}
	r.commit(t, ":")
}

// TestGitHubAction runs the steps over the life of a statement.
func TestGitHubAction(t *testing.T) {
	t.Parallel()
	r := newRunner(t)
	document := filepath.Join(r.dir, "acme", "site", "mcp", "client.json")
	statement := func() string {
		data, err := os.ReadFile(document)
		if err != nil {
			t.Fatal(err)
		}
		if m := regexp.MustCompile(`"software_statement": "([^"]+)"`).FindStringSubmatch(string(data)); m != nil {
			return m[1]
		}
		return ""
	}
	until := func() time.Time {
		parts := strings.Split(statement(), ".")
		if len(parts) != 3 {
			t.Fatal("no statement in the document")
		}
		payload, err := base64.RawURLEncoding.DecodeString(parts[1])
		if err != nil {
			t.Fatal(err)
		}
		var claims struct {
			ExpiresAt int64 `json:"exp"`
		}
		if err := json.Unmarshal(payload, &claims); err != nil {
			t.Fatal(err)
		}
		return time.Unix(claims.ExpiresAt, 0)
	}
	renewed := func(t *testing.T, changed string) {
		t.Helper()
		before := statement()
		r.all(t, changed)
		if (statement() == before) != (changed == "false") {
			t.Errorf("changed is %s, and so is not the statement", changed)
		}
	}
	for _, tc := range []struct {
		name, changed string
		before        func(*testing.T)
	}{
		{"first run", "true", func(t *testing.T) { writeText(t, document, "{}"); r.commit(t, ":") }},
		{"unchanged", "false", func(*testing.T) {}},
		{"metadata changed", "true", func(t *testing.T) { r.commit(t, "sed -i 's/Acme Agent/Acme Assistant/' acme/client.json") }},
		{"ends in 29 days", "true", func(t *testing.T) { r.publishUntil(t, "29d") }},
		{"ends in 31 days", "false", func(t *testing.T) { r.publishUntil(t, "31d") }},
		{"served from the top, new", "true", func(*testing.T) { r.input["ROOT"] = "." }},
		{"served from the top, unchanged", "false", func(*testing.T) {}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tc.before(t)
			if strings.HasPrefix(tc.name, "served") {
				r.all(t, tc.changed) // what is new is the copy
				return
			}
			renewed(t, tc.changed)
			if left := time.Until(until()); tc.changed == "true" && (left < 79*24*time.Hour || left > 81*24*time.Hour) {
				t.Errorf("the statement holds for %v, want 80 days: the next commit is then within 60", left)
			}
		})
	}
	if out := r.must(t, "git ls-files"); !strings.Contains(out, "\n.nojekyll\n.well-known/client-publisher.json\n") && !strings.HasPrefix(out, ".nojekyll\n.well-known/client-publisher.json\n") {
		t.Errorf("the copy is not committed:\n%s", out)
	}
	t.Run("doctor finds a fault", func(t *testing.T) {
		if err := os.RemoveAll(filepath.Join(r.served, "mcp")); err != nil {
			t.Fatal(err)
		}
		r.changed = "true"
		out := r.step(t, "doctor", 1)
		if !strings.Contains(out, "not yet: ") || !strings.Contains(out, "::error::") || strings.Count(out, "acme.test: no document at") != 2 {
			t.Errorf("doctor:\n%s", out)
		}
	})
	r.keptSecret(t)
}

// keptSecret looks for the key in everything that outlives a run.
func (r *runner) keptSecret(t *testing.T) {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(r.key), "\n")
	body := lines[1]
	if len(lines) < 3 || len(body) < 40 {
		t.Fatal("the key has another form than this test knows")
	}
	if out := r.outputs + r.must(t, "git log -p --all"); strings.Contains(out, body) {
		t.Error("the key is in an output, the log, the summary or a commit")
	}
	for _, dir := range []string{r.dir, r.served, r.home} {
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				return err
			}
			data, err := os.ReadFile(path)
			if strings.Contains(string(data), body) {
				t.Errorf("the key is in %s", path)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
}

// TestGitHubActionRefuses gives the steps what must stop them before anything is
// signed, committed or pushed.
func TestGitHubActionRefuses(t *testing.T) {
	t.Parallel()
	r := newRunner(t)
	other := r.must(t, "countersign init other.test --dir ../other --kid 2026a >../init.txt; cat ../home/.config/countersign/other.test/2026a.pem")
	good := r.input
	for _, tc := range []struct {
		name, step, says string
		code             int
		change           func(map[string]string)
	}{
		{"no secret", "sign", "the input key is empty", 2, func(in map[string]string) { in["KEY"] = "" }},
		{"no kid", "sign", "the input kid is missing", 2, func(in map[string]string) { in["KID"] = "" }},
		{"no domain", "sign", "the input domain is missing", 2, func(in map[string]string) { in["DOMAIN"] = "" }},
		{"no dir", "sign", "the input dir is missing", 2, func(in map[string]string) { in["DIR"] = "" }},
		{"no client.json", "sign", "there is no client.json in elsewhere", 2, func(in map[string]string) { in["DIR"] = "elsewhere" }},
		{"no root", "sign", "there is no such directory", 2, func(in map[string]string) { in["ROOT"] = "elsewhere" }},
		{"another domain", "sign", "is not below https://acme.tes/", 2, func(in map[string]string) { in["DOMAIN"] = "acme.tes" }},
		{"a kid that is not published", "sign", "has no key with kid 2026", 2, func(in map[string]string) { in["KID"] = "2026" }},
		{"another key under the kid", "sign", "kid", 1, func(in map[string]string) { in["KEY"] = other }},
		{"no key at all", "sign", "PKCS#8", 3, func(in map[string]string) { in["KEY"] = "hunter2" }},
		{"upload fails", "upload", "", 7, func(in map[string]string) { in["UPLOAD"] = "false || exit 7" }},
		{"version is a flag", "install", "version is neither", 2, func(in map[string]string) { in["VERSION"] = "-toolexec=x" }},
		{"version is a branch", "install", "version is neither", 2, func(in map[string]string) { in["VERSION"] = "main" }},
		{"version is a command", "install", "version is neither", 2, func(in map[string]string) { in["VERSION"] = "v1.2.3 x" }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r.input = map[string]string{}
			for key, value := range good {
				r.input[key] = value
			}
			tc.change(r.input)
			r.env = append(r.env, "RUNNER_TEMP="+r.home)
			out := r.step(t, tc.step, tc.code)
			if !strings.Contains(out, tc.says) || strings.Contains(out, "hunter2") {
				t.Errorf("says\n%swant %q", out, tc.says)
			}
			r.clean(t)
		})
	}
	r.input = good
	t.Run("private key in the tree", func(t *testing.T) {
		before := r.head(t)
		writeText(t, filepath.Join(r.dir, "acme", "site", "backup.pem"), r.key)
		if out := r.step(t, "commit", 2); !strings.Contains(out, "private key") || r.head(t) != before {
			t.Errorf("a private key was committed:\n%s", out)
		}
		r.must(t, "rm acme/site/backup.pem")
	})
	t.Run("push is refused", func(t *testing.T) {
		before := r.head(t)
		hook := filepath.Join(r.home, "remote.git", "hooks", "pre-receive")
		writeText(t, hook, "#!/bin/sh\nexit 1\n")
		if err := os.Chmod(hook, 0o755); err != nil {
			t.Fatal(err)
		}
		r.step(t, "sign", 0)
		if out := r.step(t, "commit", 2); !strings.Contains(out, "could not be pushed") || strings.Contains(out, "changed=") || r.head(t) != before {
			t.Errorf("says\n%s", out)
		}
	})
	t.Run("no branch", func(t *testing.T) {
		r.must(t, "git checkout -q --detach")
		if out := r.step(t, "commit", 2); !strings.Contains(out, "no branch") {
			t.Errorf("says\n%s", out)
		}
	})
}

// The report of doctor quotes strangers, and a runner obeys lines that begin
// with two colons.
func TestGitHubActionReportIsNoCommand(t *testing.T) {
	t.Parallel()
	r := newRunner(t)
	r.program(t, "countersign", "echo '  ::add-mask::acme'\n")
	out, _, _ := strings.Cut(r.step(t, "doctor", 0), "What a verifier sees")
	lines := strings.Split(strings.TrimSpace(out), "\n")
	token, ok := strings.CutPrefix(lines[0], "::stop-commands::")
	if !ok || len(token) != 32 || len(lines) != 3 || lines[2] != "::"+token+"::" {
		t.Errorf("%q", lines)
	}
}

// TestGitHubActionInstalls builds what the action came with, and asks Go for
// another version where one is named.
func TestGitHubActionInstalls(t *testing.T) {
	t.Parallel()
	top := t.TempDir()
	r := &shellRoad{dir: top, bin: filepath.Join(top, "bin"), env: os.Environ()}
	if err := os.Mkdir(r.bin, 0o700); err != nil {
		t.Fatal(err)
	}
	step := "sh '" + filepath.Join(actionDir(t), "steps", "install.sh") + "'"
	env := []string{"RUNNER_TEMP=" + top, "GITHUB_PATH=" + filepath.Join(top, "path"), "GITHUB_ACTION_PATH=" + actionDir(t)}
	if _, code := r.sh(t, step, env...); code != 0 {
		t.Fatalf("exit %d", code)
	}
	if out := r.must(t, `PATH="$(cat path):$PATH" countersign version`); !strings.Contains(out, "countersign") {
		t.Errorf("version: %s", out)
	}
	r.program(t, "go", `printf '%s ' "$@" >`+"'"+filepath.Join(top, "asked")+"'\n")
	if _, code := r.sh(t, step, append(env, "COUNTERSIGN_VERSION=v1.2.3", "PATH="+r.bin+":"+os.Getenv("PATH"))...); code != 0 {
		t.Fatalf("exit %d", code)
	}
	if out := r.must(t, "cat asked"); out != "install github.com/fc28f635/countersign/cmd/countersign@v1.2.3 " {
		t.Errorf("go was asked for %q", out)
	}
}

// TestGitHubActionFile holds action.yml to its scripts: each is run, one alone
// has the key, and no input is pasted into a script.
func TestGitHubActionFile(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(actionDir(t), "action.yml"))
	if err != nil {
		t.Fatal(err)
	}
	steps := strings.Split(string(data), "    - name: ")[1:]
	var named []string
	for _, step := range steps {
		name, _, _ := strings.Cut(step, "\n")
		named = append(named, name+".sh")
		for line := range strings.Lines(step) {
			if text := strings.TrimSpace(line); strings.HasPrefix(text, "run:") && text != `run: sh "$GITHUB_ACTION_PATH/steps/`+name+`.sh"` {
				t.Errorf("step %s runs %s", name, text)
			}
		}
		if strings.Contains(step, "inputs.key ") != (name == "sign") {
			t.Errorf("step %s: is it given the key?", name)
		}
		script, err := os.ReadFile(filepath.Join(actionDir(t), "steps", name+".sh"))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`COUNTERSIGN_[A-Z]+`).FindAllString(string(script), -1) {
			if !strings.Contains(step, m+": ") && m != "COUNTERSIGN_TRIES" && m != "COUNTERSIGN_INTERVAL" { // these are for tests
				t.Errorf("%s.sh reads %s, and action.yml does not give it", name, m)
			}
		}
	}
	entries, err := os.ReadDir(filepath.Join(actionDir(t), "steps"))
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if !slices.Contains(named, entry.Name()) {
			t.Errorf("no step runs %s", entry.Name())
		}
	}
}

// TestGitHubActionReadme holds the README to the action: every input is in its
// table, no other is in its workflow, and its links lead somewhere.
func TestGitHubActionReadme(t *testing.T) {
	action, err := os.ReadFile(filepath.Join(actionDir(t), "action.yml"))
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(actionDir(t), "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	readme := string(data)
	inputs, _, _ := strings.Cut(string(action), "\noutputs:")
	var names []string
	for _, m := range regexp.MustCompile(`(?m)^  ([a-z]+):$`).FindAllStringSubmatch(inputs, -1) {
		names = append(names, m[1])
		if !strings.Contains(readme, "\n| `"+m[1]+"` | ") {
			t.Errorf("the README does not say what %s is", m[1])
		}
	}
	_, with, _ := strings.Cut(readme, "        with:\n")
	with, _, _ = strings.Cut(with, "```")
	for _, m := range regexp.MustCompile(`(?m)^ +([a-z]+):`).FindAllStringSubmatch(with, -1) {
		if !slices.Contains(names, m[1]) {
			t.Errorf("the workflow gives %s, and the action takes %s", m[1], names)
		}
	}
	if len(names) == 0 || with == "" {
		t.Error("no inputs, or no workflow: has the form changed?")
	}
	for _, m := range regexp.MustCompile(`\]\(([^)#:]+)\)`).FindAllStringSubmatch(readme, -1) {
		if _, err := os.Stat(filepath.Join(actionDir(t), m[1])); err != nil {
			t.Errorf("the README links to %q, and there is nothing", m[1])
		}
	}
	for _, m := range regexp.MustCompile(`uses: (\S+)@`).FindAllStringSubmatch(readme, -1) {
		if m[1] != "actions/checkout" && m[1] != "fc28f635/countersign/integrations/github-action" {
			t.Errorf("the workflow uses %s, of a third party", m[1])
		}
	}
}
