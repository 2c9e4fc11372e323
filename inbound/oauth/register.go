package oauth

import (
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	"cardea/spec/oauth2"
)

// registered is the answer to an app that has registered itself (RFC 7591 §3.2.1).
type registered struct {
	ID            string   `json:"client_id"`
	Issued        int64    `json:"client_id_issued_at"`
	Secret        string   `json:"client_secret,omitzero"`
	SecretExpires *int64   `json:"client_secret_expires_at,omitzero"`
	Name          string   `json:"client_name"`
	RedirectURIs  []string `json:"redirect_uris,omitzero"`
	LogoutURIs    []string `json:"post_logout_redirect_uris,omitzero"`
	GrantTypes    []string `json:"grant_types"`
	ResponseTypes []string `json:"response_types"`
	AuthMethod    string   `json:"token_endpoint_auth_method"`
	Scope         string   `json:"scope"`
}

// register makes a client of an app that describes itself.
func (c *call) register() error {
	given, err := c.initialToken()
	if err != nil {
		return err
	}
	asked, err := c.metadata()
	if err != nil {
		return err
	}
	made, err := c.Service.Register(c.r.Context(), c.pool, given, asked)
	if err != nil {
		return err
	}
	answer := registered{
		ID: made.ID, Issued: made.At.Unix(), Secret: made.Secret, Name: made.Metadata.Name,
		RedirectURIs: made.Metadata.RedirectURIs, LogoutURIs: made.Metadata.LogoutURIs,
		GrantTypes: made.Metadata.GrantTypes, ResponseTypes: made.Metadata.ResponseTypes,
		AuthMethod: made.Metadata.AuthMethod, Scope: strings.Join(made.Metadata.Scopes, " "),
	}
	if answer.ResponseTypes == nil {
		answer.ResponseTypes = []string{}
	}
	if made.Secret != "" {
		answer.SecretExpires = new(int64(0)) // never
	}
	c.write(http.StatusCreated, answer)
	return nil
}

// initialToken is the access token that allows the registration; empty when there is none.
func (c *call) initialToken() (string, error) {
	headers := c.r.Header.Values("Authorization")
	if len(headers) == 0 {
		return "", nil
	}
	scheme, given, _ := strings.Cut(headers[0], " ")
	given = strings.TrimLeft(given, " ")
	if len(headers) > 1 || !strings.EqualFold(scheme, "Bearer") || given == "" {
		return "", &oauth2.Error{Code: oauth2.InvalidToken, Description: lost}
	}
	return given, nil
}

// metadata reads the body of a registration.
func (c *call) metadata() (m oauth2.Metadata, err error) {
	bad := &oauth2.Error{Code: oauth2.InvalidClientMetadata, Description: "The body must be a JSON object."}
	media, _, err := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	if err != nil || media != "application/json" {
		return m, bad
	}
	connection := http.NewResponseController(c.w)
	_ = connection.SetReadDeadline(time.Now().Add(wait)) // tests' writers have none
	body, err := io.ReadAll(http.MaxBytesReader(c.w, c.r.Body, oauth2.MaxRegistration))
	if err != nil {
		c.w.Header().Set("Connection", "close")
		return m, bad
	}
	_ = connection.SetReadDeadline(time.Time{}) // or a slow answer would look like a client that left
	return oauth2.ParseMetadata(body)
}
