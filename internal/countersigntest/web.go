package countersigntest

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// A page is what one URL serves.
type page struct {
	status      int
	contentType string
	body        []byte
}

// pages are the pages of every host, by URL.
type pages struct {
	mu    sync.RWMutex
	byURL map[string]page
}

func newPages() *pages { return &pages{byURL: make(map[string]page)} }

func (p *pages) set(url string, served page) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.byURL[url] = served
}

// ServeHTTP implements http.Handler. A URL with nothing set is not found.
func (p *pages) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	host := strings.TrimSuffix(strings.ToLower(r.Host), ":443")
	p.mu.RLock()
	served, ok := p.byURL["https://"+host+r.URL.RequestURI()]
	p.mu.RUnlock()
	if !ok {
		http.NotFound(w, r)
		return
	}
	if served.contentType != "" {
		w.Header().Set("Content-Type", served.contentType)
	}
	w.WriteHeader(served.status)
	_, _ = w.Write(served.body) // who asked is gone
}

// A webServer serves every host over HTTPS on one port.
type webServer struct {
	address string
	server  *http.Server
	running errgroup.Group
}

func serveWeb(handler http.Handler, ca *authority) (*webServer, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &webServer{address: listener.Addr().String(), server: &http.Server{
		Handler: handler, ReadHeaderTimeout: 10 * time.Second,
		TLSConfig: &tls.Config{GetCertificate: ca.forHello, MinVersion: tls.VersionTLS12},
		ErrorLog:  log.New(io.Discard, "", 0),
	}}
	s.running.Go(func() error {
		if err := s.server.ServeTLS(listener, "", ""); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	return s, nil
}

func (s *webServer) close() error { return errors.Join(s.server.Close(), s.running.Wait()) }

// Serve serves body at an https URL, which is compared character by character.
// Its host gets an address and a certificate.
func (w *World) Serve(url, contentType string, body []byte) {
	w.addHostOf(url)
	w.pages.set(url, page{http.StatusOK, contentType, bytes.Clone(body)})
}

// Status answers an https URL with a status and no document: 404, 410, 503.
func (w *World) Status(url string, code int) {
	w.addHostOf(url)
	w.pages.set(url, page{status: code})
}

// addHostOf gives the host of an https URL an address.
func (w *World) addHostOf(url string) {
	rest, ok := strings.CutPrefix(url, "https://")
	if !ok {
		return
	}
	host, _, _ := strings.Cut(rest, "/")
	w.names.addHost(host)
}
