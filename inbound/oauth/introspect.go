package oauth

import (
	"encoding/json"
	"errors"
	"net/http"

	"cardea/engine/token"
	"cardea/spec/dpop"
)

// introspection is the answer of the introspection endpoint (RFC 7662 §2.2). Of a token that is not active nothing is told.
type introspection struct {
	Active   bool            `json:"active"`
	Scope    string          `json:"scope,omitzero"`
	Client   string          `json:"client_id,omitzero"`
	Username string          `json:"username,omitzero"`
	Type     string          `json:"token_type,omitzero"`
	Expires  int64           `json:"exp,omitzero"`
	Issued   int64           `json:"iat,omitzero"`
	Sub      string          `json:"sub,omitzero"`
	Audience json.RawMessage `json:"aud,omitzero"`
	Issuer   string          `json:"iss,omitzero"`
	ID       string          `json:"jti,omitzero"`
	Actor    json.RawMessage `json:"act,omitzero"`

	Confirmation *confirmation `json:"cnf,omitzero"`
}

// confirmation is the key that a token is bound to (RFC 9449 §6.2).
type confirmation struct {
	Key string `json:"jkt"`
}

func (c *call) introspect() error {
	request, err := c.request()
	if err != nil {
		return err
	}
	found, err := c.Service.Introspect(c.r.Context(), request)
	if errors.Is(err, token.ErrInactive) {
		c.write(http.StatusOK, introspection{})
		return nil
	}
	if err != nil {
		return err
	}
	answer := introspection{
		Active: true, Scope: found.Scope, Client: found.Client, Username: found.Username, Type: "Bearer", Expires: found.Expires,
		Issued: found.Issued, Sub: found.Sub, Audience: found.Audience, Issuer: found.Issuer, ID: found.ID, Actor: found.Actor,
	}
	if found.Key != "" {
		answer.Type, answer.Confirmation = dpop.Scheme, &confirmation{found.Key}
	}
	if found.Refresh {
		answer.Type = "" // it is none of those that RFC 6749 §7.1 has types for
	}
	c.write(http.StatusOK, answer)
	return nil
}
