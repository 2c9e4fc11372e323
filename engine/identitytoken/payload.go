package identitytoken

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"
)

// payload is a token's claims as they are written (docs/cognito/credentials.md, "Tokens of identity pools").
type payload struct {
	Subject  string   `json:"sub"`
	Audience string   `json:"aud"`
	Methods  []string `json:"amr"`
	PoolARN  string   `json:"https://cognito-identity.amazonaws.com/identity-pool-arn"`
	Issuer   string   `json:"iss"`
	Tags     *tags    `json:"https://aws.amazon.com/tags,omitempty"`
	Expires  int64    `json:"exp"`
	Issued   int64    `json:"iat"`
}

// tags are session tags in the form in which STS reads them from tokens.
type tags struct {
	Principal  map[string][]string `json:"principal_tags"`
	Transitive []string            `json:"transitive_tag_keys,omitempty"`
}

func (m *Minter) render(c *Claims) ([]byte, error) {
	p := payload{
		Subject: c.Identity, Audience: c.Pool, Methods: c.Methods, PoolARN: c.PoolARN, Issuer: m.Issuer(),
		Expires: c.Expires.Unix(), Issued: c.Issued.Unix(),
	}
	if len(c.Tags) > 0 {
		p.Tags = &tags{Principal: make(map[string][]string, len(c.Tags)), Transitive: c.Transitive}
		for key, value := range c.Tags {
			p.Tags.Principal[key] = []string{value}
		}
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(p); err != nil {
		return nil, fmt.Errorf("encode token: %w", err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

func (p *payload) claims() *Claims {
	c := &Claims{
		Pool: p.Audience, PoolARN: p.PoolARN, Identity: p.Subject, Methods: p.Methods,
		Issued: time.Unix(p.Issued, 0).UTC(), Expires: time.Unix(p.Expires, 0).UTC(),
	}
	if p.Tags != nil {
		c.Transitive, c.Tags = p.Tags.Transitive, make(map[string]string, len(p.Tags.Principal))
		for key, list := range p.Tags.Principal {
			if len(list) == 1 {
				c.Tags[key] = list[0]
			}
		}
	}
	return c
}
