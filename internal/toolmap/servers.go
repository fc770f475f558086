package toolmap

import (
	"fmt"
	"strings"
)

// ResourceMetadata is the protected resource metadata of one resource (RFC 9728,
// Section 2).
type ResourceMetadata struct {
	Resource             string   `json:"resource"`
	AuthorizationServers []string `json:"authorization_servers,omitempty"`
	ScopesSupported      []string `json:"scopes_supported"`
	BearerMethods        []string `json:"bearer_methods_supported"`
}

// Metadata returns the proposal as protected resource metadata.
func (p Proposal) Metadata(authorizationServers []string) ResourceMetadata {
	return ResourceMetadata{p.Resource, authorizationServers, names(Scopes([]Proposal{p})), []string{"header"}}
}

// HydraClient is what a client of Ory Hydra that may ask for every scope has in
// its metadata.
type HydraClient struct {
	Scope    string   `json:"scope"`
	Audience []string `json:"audience"`
}

// Hydra returns the scopes and audiences for a client of Ory Hydra.
func Hydra(proposals []Proposal) HydraClient {
	c := HydraClient{Scope: strings.Join(names(Scopes(proposals)), " "), Audience: []string{}}
	for _, p := range proposals {
		c.Audience = append(c.Audience, p.Resource)
	}
	return c
}

// KeycloakRealm is the part of a realm of Keycloak that has client scopes.
type KeycloakRealm struct {
	ClientScopes []KeycloakScope `json:"clientScopes"`
}

// KeycloakScope is a client scope of Keycloak.
type KeycloakScope struct {
	Name        string            `json:"name"`
	Description string            `json:"description"`
	Protocol    string            `json:"protocol"`
	Attributes  map[string]string `json:"attributes"`
	Mappers     []KeycloakMapper  `json:"protocolMappers"`
}

// KeycloakMapper is a protocol mapper of a client scope of Keycloak.
type KeycloakMapper struct {
	Name     string            `json:"name"`
	Protocol string            `json:"protocol"`
	Mapper   string            `json:"protocolMapper"`
	Config   map[string]string `json:"config"`
}

// Keycloak returns the scopes as client scopes of Keycloak, each with the mapper
// that puts the resource into aud (RFC 8707, Section 2).
func Keycloak(proposals []Proposal) KeycloakRealm {
	const protocol = "openid-connect"
	realm := KeycloakRealm{ClientScopes: []KeycloakScope{}}
	for _, s := range Scopes(proposals) {
		realm.ClientScopes = append(realm.ClientScopes, KeycloakScope{
			Name: s.Name, Description: s.describe(), Protocol: protocol,
			Attributes: map[string]string{"include.in.token.scope": "true", "display.on.consent.screen": "true", "consent.screen.text": s.consent()},
			Mappers: []KeycloakMapper{{Name: "audience", Protocol: protocol, Mapper: "oidc-audience-mapper", Config: map[string]string{
				"included.custom.audience": s.Resource, "access.token.claim": "true", "id.token.claim": "false"}}},
		})
	}
	return realm
}

// describe says what is behind a scope.
func (s Scope) describe() string {
	if s.Tools == 1 {
		return fmt.Sprintf("1 tool of class %s at %s", s.Class, s.Resource)
	}
	return fmt.Sprintf("%d tools, at worst of class %s, at %s", s.Tools, s.Class, s.Resource)
}
