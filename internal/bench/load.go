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
	want    []byte // what every answer holds
}

func newLoad(c *child, body, want []byte) load {
	head := fmt.Appendf(nil, "POST /v1/decisions HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n", c.addr, c.key, len(body))
	return load{addr: c.addr, request: append(head, body...), want: want}
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
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", l.addr)
	if err != nil {
		return 0, err
	}
	defer func() { _ = conn.Close() }()
	if err := conn.SetDeadline(end.Add(10 * time.Second)); err != nil {
		return 0, err
	}
	reader := bufio.NewReaderSize(conn, 1<<14)
	var answer bytes.Buffer
	for ctx.Err() == nil && (answers == 0 || time.Now().Before(end)) {
		if _, err := conn.Write(l.request); err != nil {
			return answers, err
		}
		response, err := http.ReadResponse(reader, nil)
		if err != nil {
			return answers, err
		}
		answer.Reset()
		if _, err := io.Copy(&answer, response.Body); err != nil {
			return answers, err
		}
		if response.StatusCode != http.StatusOK || !bytes.Contains(answer.Bytes(), l.want) {
			return answers, fmt.Errorf("status %d: %.300s", response.StatusCode, answer.Bytes())
		}
		answers++
	}
	return answers, nil
}
