package principaltoken

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"cardea/spec/id"
)

// maxPayload bounds the claims of a token as they are written, in bytes: tokens go into headers of requests.
const maxPayload = 8 << 10

// namespace is the claim in which all are that OpenID Connect does not have.
const namespace = "https://sts.amazonaws.com/"

// Claims are what a token says.
type Claims struct {
	Subject  string   // the ARN of the role or user
	Audience []string // the services that it is for, one at least
	Account  string
	Region   string // where the token was asked for
	// PrincipalTags are those of the session and of the role or user, and RequestTags those that the caller has asked for.
	PrincipalTags map[string]string
	RequestTags   map[string]string
	Issued        time.Time
	Expires       time.Time
	// SessionExpires is when the session ends that asked; zero: it was none.
	SessionExpires    time.Time
	FederatedProvider string // by which the session was opened, or ""
	SourceIdentity    string
}

// payload is a token's claims as they are written.
type payload struct {
	Audience any    `json:"aud"` // a text, or a list of several
	Subject  string `json:"sub"`
	Details  facts  `json:"https://sts.amazonaws.com/"`
	Issuer   string `json:"iss"`
	Expires  int64  `json:"exp"`
	Issued   int64  `json:"iat"`
	ID       string `json:"jti"`
}

// facts are what is in the namespace.
type facts struct {
	Account           string            `json:"aws_account"`
	Region            string            `json:"source_region"`
	Principal         string            `json:"principal_id"`
	SessionExpires    string            `json:"original_session_exp,omitempty"`
	FederatedProvider string            `json:"federated_provider,omitempty"`
	SourceIdentity    string            `json:"source_identity,omitempty"`
	PrincipalTags     map[string]string `json:"principal_tags,omitempty"`
	RequestTags       map[string]string `json:"request_tags,omitempty"`
}

func (m *Minter) render(c *Claims) ([]byte, error) {
	p := payload{
		Audience: c.Audience, Subject: c.Subject, Issuer: m.Issuer(), Issued: c.Issued.Unix(), Expires: c.Expires.Unix(), ID: id.NewUUID(),
		Details: facts{
			Account: c.Account, Region: c.Region, Principal: c.Subject, FederatedProvider: c.FederatedProvider,
			SourceIdentity: c.SourceIdentity, PrincipalTags: c.PrincipalTags, RequestTags: c.RequestTags,
		},
	}
	if len(c.Audience) == 1 {
		p.Audience = c.Audience[0]
	}
	if !c.SessionExpires.IsZero() {
		p.Details.SessionExpires = c.SessionExpires.UTC().Format(time.RFC3339)
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(p); err != nil {
		return nil, fmt.Errorf("encode token: %w", err)
	}
	if b.Len() > maxPayload {
		return nil, ErrTooLarge
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
