package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"path/filepath"
	"time"

	"github.com/fc28f635/countersign/internal/access"
	"github.com/fc28f635/countersign/internal/config"
	"github.com/fc28f635/countersign/internal/httpapi"
	"github.com/fc28f635/countersign/internal/store/badgerstore"
	"github.com/fc28f635/countersign/issuer"
	"github.com/fc28f635/countersign/verify"
)

// operatorClient returns a client for what operators say, and what ends it. With
// --data it asks the service that runs there, and where none does, it opens the
// store itself and asks the same handler.
func (f *serverFlags) operatorClient(ctx context.Context, log io.Writer) (*client, func() error, error) {
	if f.data == "" && f.server == defaultServer && f.apiKey == "" {
		return nil, nil, &usageError{errors.New("--data DIR is missing, where the service keeps its data, or --server URL with --api-key")}
	}
	c, err := f.client()
	if err != nil || f.data == "" {
		return c, func() error { return nil }, err
	}
	if conn, err := dialSocket(ctx, filepath.Join(f.data, socketName)); err == nil {
		return c, func() error { return nil }, conn.Close()
	}
	return openOffline(ctx, f.data, log)
}

// openOffline opens the store of a service that does not run.
func openOffline(ctx context.Context, dir string, log io.Writer) (*client, func() error, error) {
	if err := readable(dir); err != nil {
		return nil, nil, fail(fmt.Errorf("opening the data directory: %w", err), "run it as the user of the service, or ask with --server URL and --api-key")
	}
	if !isStore(dir) {
		return nil, nil, fail(fmt.Errorf("%q is not the data directory of a service", dir), "countersign serve --data DIR makes one at its first start")
	}
	logger := slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelError}))
	store, err := badgerstore.Open(badgerstore.Config{Dir: dir, Logger: logger})
	if err != nil {
		return nil, nil, fail(err, "where a service runs on it, "+socketName+" in it must answer; --server URL --api-key FILE asks otherwise")
	}
	handler, err := offlineHandler(ctx, dir, store)
	if err != nil {
		return nil, nil, errors.Join(err, store.Close())
	}
	return &client{base: &url.URL{Scheme: "http", Host: "localhost"}, http: &http.Client{Transport: inProcess{handler}}, name: dir}, store.Close, nil
}

// offlineHandler is the operator's door of a service that looks nothing up.
func offlineHandler(ctx context.Context, dir string, store *badgerstore.Store) (http.Handler, error) {
	verifier, err := verify.New(verify.Config{})
	if err != nil {
		return nil, err
	}
	registry, err := issuer.NewRegistry(issuer.Config{Verifier: verifier, Store: store, Now: testOnlyNow, KeepPolicy: newPolicyPlace(dir, "").keep})
	if err != nil {
		return nil, err
	}
	if _, err := registry.ResumePolicy(ctx); err != nil { // what is in the file decides at the next start
		if found, err := choosePolicy(dir, "", issuer.Standard().Name()); err == nil {
			registry.SetPolicy(found.Policy)
		}
	}
	keys, err := access.Open(ctx, store, testOnlyNow)
	if err != nil {
		return nil, err
	}
	handlers, err := httpapi.New(httpapi.Config{Registry: registry, Keys: keys, Hosts: []string{"localhost"}, Rates: ratesOf(config.Defaults().Limits)})
	return handlers.Operator, err
}

// inProcess is an http.RoundTripper to a handler of this process.
type inProcess struct{ handler http.Handler }

// RoundTrip implements http.RoundTripper.
func (t inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body == nil {
		r.Body = http.NoBody
	}
	w := &answerWriter{header: http.Header{}, status: http.StatusOK}
	t.handler.ServeHTTP(w, r)
	return &http.Response{StatusCode: w.status, Header: w.header, Body: io.NopCloser(&w.body), Request: r, ProtoMajor: 1, ProtoMinor: 1}, nil
}

// An answerWriter is the http.ResponseWriter of an inProcess.
type answerWriter struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (w *answerWriter) Header() http.Header             { return w.header }
func (w *answerWriter) WriteHeader(status int)          { w.status = status }
func (w *answerWriter) Write(data []byte) (int, error)  { return w.body.Write(data) }
func (w *answerWriter) SetReadDeadline(time.Time) error { return nil }
