package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// connections is how many callers ask at once.
const connections = 64

// A load is one request, sent again and again.
type load struct {
	addr    string
	request []byte // as it goes over the wire
	status  int    // of every answer
	want    []byte // what every answer holds
}

// newLoad is a request for a decision.
func newLoad(c *child, body, want []byte) load {
	return post(c, "/v1/decisions", body, http.StatusOK, want)
}

func post(c *child, path string, body []byte, status int, want []byte) load {
	head := fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: %s\r\n", path, c.addr)
	if c.key != "" {
		head = fmt.Appendf(head, "Authorization: Bearer %s\r\n", c.key)
	}
	head = fmt.Appendf(head, "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n", len(body))
	return load{addr: c.addr, request: append(head, body...), status: status, want: want}
}

// perSecond asks on all connections for the time, each as soon as it was
// answered, and returns the answers a second. The client does little, since it
// has its cores from the server.
func (l load) perSecond(ctx context.Context, d time.Duration) (float64, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var answers atomic.Int64
	var group sync.WaitGroup
	start := time.Now()
	for range connections {
		group.Go(func() {
			n, err := l.repeat(ctx, start.Add(d))
			answers.Add(n)
			if err != nil {
				cancel(err)
			}
		})
	}
	group.Wait()
	if ctx.Err() != nil {
		return 0, fmt.Errorf("asking a server: %w", context.Cause(ctx))
	}
	return float64(answers.Load()) / time.Since(start).Seconds(), nil
}

// repeat asks on one connection until end, and once at least.
func (l load) repeat(ctx context.Context, end time.Time) (answers int64, err error) {
	c, err := l.dial(ctx, end)
	if err != nil {
		return 0, err
	}
	defer c.close()
	for ctx.Err() == nil && (answers == 0 || time.Now().Before(end)) {
		if err := c.ask(); err != nil {
			return answers, err
		}
		answers++
	}
	return answers, nil
}

// A caller asks on one connection.
type caller struct {
	load   load
	conn   net.Conn
	reader *bufio.Reader
	answer bytes.Buffer
}

// dial connects, for requests until end.
func (l load) dial(ctx context.Context, end time.Time) (*caller, error) {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", l.addr)
	if err != nil {
		return nil, err
	}
	if err := conn.SetDeadline(end.Add(10 * time.Second)); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return &caller{load: l, conn: conn, reader: bufio.NewReaderSize(conn, 1<<14)}, nil
}

func (c *caller) close() { _ = c.conn.Close() }

// ask sends the request and reads the answer.
func (c *caller) ask() error {
	if _, err := c.conn.Write(c.load.request); err != nil {
		return err
	}
	response, err := http.ReadResponse(c.reader, nil)
	if err != nil {
		return err
	}
	c.answer.Reset()
	if _, err := io.Copy(&c.answer, response.Body); err != nil {
		return err
	}
	if response.StatusCode != c.load.status || !bytes.Contains(c.answer.Bytes(), c.load.want) {
		return fmt.Errorf("status %d: %.300s", response.StatusCode, c.answer.Bytes())
	}
	return nil
}
