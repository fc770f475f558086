package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"testing"
	"time"
)

// A browser is one tab of a real browser, spoken to by the DevTools protocol
// over two pipes. What the page does is kept in did.
type browser struct {
	t       *testing.T
	to      *os.File
	from    *bufio.Reader
	hang    *os.File // the file below from, which has a deadline
	last    int
	session string
	did     []string // requests, console messages, dialogs and exceptions, in order
}

// devtoolsMessage is a reply or an event.
type devtoolsMessage struct {
	ID     int
	Method string
	Params json.RawMessage
	Result json.RawMessage
	Error  *struct{ Message string }
}

// startBrowser starts a browser with a profile of its own, which ends with the
// test.
func startBrowser(t *testing.T) *browser {
	t.Helper()
	args := []string{
		"--headless", "--remote-debugging-pipe", "--user-data-dir=" + t.TempDir(), "--disable-gpu", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
		"--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
	}
	if os.Geteuid() == 0 {
		args = append(args, "--no-sandbox") // the browser refuses to run as root with it
	}
	cmd := exec.Command(program(t, "chromium-headless-shell"), args...)
	theirIn, to, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	from, theirOut, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.ExtraFiles = []*os.File{theirIn, theirOut} // their 3 and 4
	err = cmd.Start()
	_, _ = theirIn.Close(), theirOut.Close()
	if err != nil {
		t.Fatal(err)
	}
	b := &browser{t: t, to: to, from: bufio.NewReader(from), hang: from}
	t.Cleanup(func() {
		_, _ = to.Close(), from.Close() // at the end of its pipes the browser ends
		if !waitFor(cmd) {
			t.Error("the browser did not end with its pipes")
		}
	})
	var target struct{ TargetID string }
	b.call("Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	var attached struct{ SessionID string }
	b.call("Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &attached)
	b.session = attached.SessionID
	for _, domain := range []string{"Page", "Runtime", "Log", "Network"} {
		b.call(domain+".enable", nil, nil)
	}
	return b
}

// waitFor reports whether a process ended by itself.
func waitFor(cmd *exec.Cmd) bool {
	done := make(chan struct{})
	go func() { _ = cmd.Wait(); close(done) }()
	select {
	case <-done:
		return true
	case <-time.After(20 * time.Second):
		_ = cmd.Process.Kill()
		<-done
		return false
	}
}

// call sends a command and reads its result.
func (b *browser) call(method string, params map[string]any, result any) {
	b.t.Helper()
	id := b.send(method, params)
	for {
		m := b.read()
		if m.ID != id {
			continue
		}
		if m.Error != nil {
			b.t.Fatalf("%s: %s", method, m.Error.Message)
		}
		if result != nil {
			if err := json.Unmarshal(m.Result, result); err != nil {
				b.t.Fatalf("%s: %v", method, err)
			}
		}
		return
	}
}

func (b *browser) send(method string, params map[string]any) (id int) {
	b.t.Helper()
	b.last++
	if params == nil {
		params = map[string]any{}
	}
	command := map[string]any{"id": b.last, "method": method, "params": params}
	if b.session != "" {
		command["sessionId"] = b.session
	}
	text, err := json.Marshal(command)
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := b.to.Write(append(text, 0)); err != nil {
		b.t.Fatalf("the browser is gone: %v", err)
	}
	return b.last
}

// read reads one message, and keeps what it says of the page.
func (b *browser) read() (m devtoolsMessage) {
	b.t.Helper()
	_ = b.hang.SetReadDeadline(time.Now().Add(time.Minute))
	text, err := b.from.ReadBytes(0)
	if err != nil {
		b.t.Fatalf("the browser is gone: %v", err)
	}
	if err := json.Unmarshal(text[:len(text)-1], &m); err != nil {
		b.t.Fatal(err)
	}
	var event struct {
		Request          struct{ URL string }
		Entry            struct{ Text string }
		Args             []struct{ Value any }
		Message          string
		ExceptionDetails struct{ Text string }
	}
	_ = json.Unmarshal(m.Params, &event)
	switch m.Method {
	case "Network.requestWillBeSent":
		b.did = append(b.did, "request "+event.Request.URL)
	case "Log.entryAdded":
		b.did = append(b.did, "log "+event.Entry.Text)
	case "Runtime.consoleAPICalled":
		b.did = append(b.did, fmt.Sprint("console ", event.Args))
	case "Runtime.exceptionThrown":
		b.did = append(b.did, "exception "+event.ExceptionDetails.Text)
	case "Page.javascriptDialogOpening":
		b.did = append(b.did, "dialog "+event.Message)
		b.send("Page.handleJavaScriptDialog", map[string]any{"accept": true})
	}
	return m
}

// open loads a page to its end, and forgets what others did.
func (b *browser) open(url string) {
	b.t.Helper()
	b.did = nil
	b.send("Page.navigate", map[string]any{"url": url})
	for b.read().Method != "Page.loadEventFired" {
	}
}

// evaluate runs a script in the page, as its inspector does: the page's own
// policy does not hold for it.
func (b *browser) evaluate(script string, result any) {
	b.t.Helper()
	var back struct {
		Result struct{ Value json.RawMessage }
	}
	b.call("Runtime.evaluate", map[string]any{"expression": script, "returnByValue": true, "awaitPromise": true}, &back)
	if err := json.Unmarshal(back.Result.Value, result); err != nil {
		b.t.Fatalf("%s: %v", script, err)
	}
}

// resize gives the tab the width of a device, in pixels.
func (b *browser) resize(width int) {
	b.t.Helper()
	b.call("Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": true}, nil)
}

// only reports whether the page did nothing but what is listed.
func (b *browser) only(allowed ...string) bool {
	return !slices.ContainsFunc(b.did, func(s string) bool { return !slices.Contains(allowed, s) })
}
