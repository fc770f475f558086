package main

import (
	"fmt"
	"os"

	"github.com/fc28f635/countersign/internal/config"
	"github.com/fc28f635/countersign/internal/fetch"
	"github.com/fc28f635/countersign/internal/metrics"
	"github.com/fc28f635/countersign/internal/webhook"
	"github.com/fc28f635/countersign/verify/online"
)

// loadWebhooks reads the secrets of those who are told of reviews, and finds the
// addresses that cannot be.
func loadWebhooks(settings *config.Settings, lookup online.Config) ([]webhook.Target, error) {
	var targets []webhook.Target
	for i, w := range settings.Webhooks {
		text, err := os.ReadFile(w.SecretFile)
		if err != nil {
			return nil, fail(fmt.Errorf("reading the secret of a webhook: %w", err), "webhooks[].secret_file names a file that holds whsec_ and the base64 of 24 to 64 random bytes")
		}
		t := webhook.Target{URL: w.URL}
		if t.Secret, err = webhook.ParseSecret(text); err != nil {
			return nil, fail(fmt.Errorf("%q: %w", w.SecretFile, err), "openssl rand -base64 32 | sed s/^/whsec_/ makes one")
		}
		if err := webhook.Check(webhookFetch(lookup), t); err != nil {
			return nil, fail(settings.Fault(fmt.Sprintf("webhooks[%d].url", i), err), "")
		}
		targets = append(targets, t)
	}
	return targets, nil
}

// webhookFetch is how those who are told are reached: by the rules for the
// operator's own servers.
func webhookFetch(lookup online.Config) fetch.Config {
	return fetch.Config{AllowLoopback: lookup.InsecureLoopback, RootCAs: lookup.RootCAs, ConnectTo: lookup.InsecureConnectTo}
}

// newWebhooks returns what tells of reviews.
func newWebhooks(cfg serviceConfig, counted *metrics.Metrics) (*webhook.Sender, error) {
	sender, err := webhook.New(webhook.Config{Fetch: webhookFetch(cfg.Lookup), Now: cfg.now, Logger: cfg.Logger, OnResult: counted.Webhook})
	if err != nil {
		return nil, err
	}
	return sender, sender.SetTargets(cfg.Webhooks)
}
