package federation

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"cardea/engine/hosted"
	"cardea/engine/interaction"
	"cardea/outbound/upstream"
	"cardea/platform/db"
	"cardea/record/provider"
	"cardea/spec/oauth2"
)

// handleHash and handleRandom are how many characters of a handle name the authorization request and how many are random: 100 bits.
// Together they fit into the 80 bytes that a RelayState may have.
const (
	handleHash   = 12
	handleRandom = 20
)

// Start sends a visitor to a provider of the pool, by its name. It answers the conditions of hosted.Judge; that the app has no such
// provider, or that the provider cannot be asked, in a *hosted.RedirectError if the request has an address to go back to.
func (s *Service) Start(ctx context.Context, v Visit, name string) (*Departure, error) {
	if err := s.refresh(ctx, v.Site.Pool, name); err != nil {
		return nil, err
	}
	var r *hosted.Request
	var p *opened
	err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		if r, err = s.Hosted.Judge(tx, v.Site.Pool, v.Values); err != nil {
			return err
		}
		p, err = s.providerOf(tx, r, name)
		return err
	})
	if err != nil {
		return nil, err
	}

	d := &Departure{Trip: interaction.Trip{
		Handle: newHandle(v.Values), Provider: p.Name, Query: v.Values.Encode(), Began: db.Millis(s.DB.Now()),
	}}
	if p.SAML != nil {
		err = s.departBySAML(ctx, r, p, v, d)
	} else {
		err = s.departByOAuth(ctx, r, p, v, d)
	}
	if err != nil {
		return nil, worded(r, err)
	}
	return d, nil
}

// providerOf opens a provider that the app's users may come from. It answers hosted.ErrProvider.
func (s *Service) providerOf(tx *db.Tx, r *hosted.Request, name string) (*opened, error) {
	if !r.Serves(name) {
		return nil, r.Refused(hosted.ErrProvider)
	}
	p, err := provider.Get(tx, r.Pool.ID, name)
	if errors.Is(err, db.ErrNotFound) {
		return nil, r.Refused(hosted.ErrProvider)
	}
	if err != nil {
		return nil, fmt.Errorf("get identity provider: %w", err)
	}
	return s.open(tx, r.Box, p)
}

// newHandle makes a handle that names an authorization request.
func newHandle(v oauth2.Values) string {
	hash := sha256.Sum256([]byte(v.Encode()))
	return hex.EncodeToString(hash[:])[:handleHash] + rand.Text()[:handleRandom]
}

// departByOAuth makes the address of an OAuth provider. What the app wishes of the sign-in is passed on, but for prompt=none, which
// leads to no provider.
func (s *Service) departByOAuth(ctx context.Context, r *hosted.Request, p *opened, v Visit, d *Departure) (err error) {
	d.Trip.Path = OAuthCallback
	d.Trip.Nonce = rand.Text() + rand.Text()
	d.Trip.Verifier = rand.Text() + rand.Text() // 52 characters
	prompt := slices.DeleteFunc(slices.Clone(r.Prompt), func(one string) bool { return one == oauth2.PromptNone })
	if r.Renews() && !r.Prompts(oauth2.PromptLogin) {
		prompt = append(prompt, oauth2.PromptLogin)
	}
	d.Location, err = s.Upstream.AuthorizeURL(ctx, *p.OAuth, upstream.Departure{
		RedirectURI: v.Site.BaseURL + OAuthCallback, State: d.Trip.Handle, Nonce: d.Trip.Nonce,
		Challenge: oauth2.Challenge(d.Trip.Verifier), Prompt: strings.Join(prompt, " "),
		LoginHint: r.Values().Get("login_hint"), Levels: wished(r, p), MaxAge: maxAge(r),
	})
	return err
}
