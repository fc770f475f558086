package main

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"time"
)

// A child is a server in a process of its own.
type child struct {
	cmd  *exec.Cmd
	out  *os.File // what it said: its log, and where it listens
	addr string   // host and port
	key  string   // the API key that it printed, empty where it printed none
}

// apiKey matches what the first start of a service prints.
var apiKey = regexp.MustCompile(`csk_[0-9a-f_]+`)

// startChild starts a server and waits until it says where it listens. What it
// says goes to a file: reading a pipe would take time from what is measured.
func startChild(ctx context.Context, log string, name string, args ...string) (_ *child, err error) {
	out, err := os.Create(log)
	if err != nil {
		return nil, err
	}
	c := &child{cmd: exec.CommandContext(ctx, name, args...), out: out}
	c.cmd.Stdout, c.cmd.Stderr = out, out
	if err := c.cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting a server: %w", err)
	}
	defer func() {
		if err != nil {
			c.stop()
		}
	}()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline) && ctx.Err() == nil; time.Sleep(time.Millisecond) {
		said, err := os.ReadFile(log)
		if err != nil {
			return nil, err
		}
		_, after, _ := bytes.Cut(said, []byte("listening on "))
		if line, _, whole := bytes.Cut(after, []byte("\n")); whole {
			u, err := url.Parse(string(line))
			if err != nil {
				return nil, fmt.Errorf("where a server listens: %w", err)
			}
			c.addr, c.key = u.Host, apiKey.FindString(string(said))
			return c, nil
		}
	}
	said, _ := os.ReadFile(log)
	return nil, fmt.Errorf("a server does not listen after 20 s; it said: %.500s", said)
}

// stop asks the server to end, and ends it where it does not.
func (c *child) stop() {
	const patience = 15 * time.Second
	if c.cmd.Process.Signal(os.Interrupt) != nil {
		_ = c.cmd.Process.Kill()
	}
	timer := time.AfterFunc(patience, func() { _ = c.cmd.Process.Kill() })
	_ = c.cmd.Wait() // that it was ended by us is no news
	timer.Stop()
	_ = c.out.Close()
}
