package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/fc28f635/countersign/internal/countersigntest"
	"github.com/fc28f635/countersign/issuer"
	"github.com/fc28f635/countersign/metadata"
)

// A demoStage is what the clients of the demo act on.
type demoStage struct {
	world     *countersigntest.World
	acme      *countersigntest.Publisher
	service   *service
	client    *client
	statement string // the genuine one of acme
}

// A demoRequest is the body of a request for a decision.
type demoRequest struct {
	ClientID string           `json:"client_id,omitempty"`
	Client   *metadata.Client `json:"client,omitempty"`
}

// play does what the operator does before a step, asks for the decision, and
// compares it with what it must be, and with its record.
func (s *demoStage) play(ctx context.Context, step demoStep) (demoRow, error) {
	if step.accept != nil {
		if err := s.accept(ctx, *step.accept); err != nil {
			return demoRow{}, err
		}
	}
	body, err := json.Marshal(step.request)
	if err != nil {
		return demoRow{}, err
	}
	answer, err := s.client.call(ctx, http.MethodPost, decisionsPath, body)
	if err != nil {
		return demoRow{}, err
	}
	var d issuer.Decision
	if err := json.Unmarshal(answer, &d); err != nil {
		return demoRow{}, fmt.Errorf("reading the decision: %w", err)
	}
	row := demoRow{Presented: step.presented, Shows: step.shows, demoResult: resultOf(d), Told: d.Told, Decision: answer}
	row.Wrong = row.compare(step)
	record, err := s.client.call(ctx, http.MethodGet, decisionsPath+"/"+d.ID, nil)
	if err != nil {
		return demoRow{}, err
	}
	if !bytes.Equal(record, answer) {
		row.Wrong = append(row.Wrong, "the recorded decision is not the one that was answered")
	}
	return row, nil
}

// accept records an operator's yes, for a day.
func (s *demoStage) accept(ctx context.Context, a issuer.Acceptance) error {
	now := time.Now().UTC().Truncate(time.Second)
	a.By, a.Actor, a.Reason = issuer.ByOperator, "Example Corp", "the demo"
	a.At, a.Until = now, now.Add(24*time.Hour)
	_, err := s.service.registry.Accept(ctx, a)
	return err
}

// keep writes what can be looked at and verified later into dir: the database
// is there already.
func (s *demoStage) keep(dir string, rows []demoRow) error {
	roots := map[string]any{"publishers": map[string]any{
		s.acme.Name.String(): map[string]any{"keys": []json.RawMessage{s.acme.Key.JWK()}},
	}}
	for name, v := range map[string]any{demoDecisionsFile: map[string]any{"rows": rows}, demoRootsFile: roots} {
		var b bytes.Buffer
		writeJSON(&b, v)
		if err := os.WriteFile(filepath.Join(dir, name), b.Bytes(), 0o600); err != nil {
			return err
		}
	}
	return os.WriteFile(filepath.Join(dir, demoStatementFile), []byte(s.statement+"\n"), 0o600)
}

// What is kept beside the database.
const (
	demoDecisionsFile = "decisions.json"
	demoRootsFile     = "roots.json"
	demoStatementFile = "statement.jws"
)
