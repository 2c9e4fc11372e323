package oauth

import (
	"context"

	"cardea/engine/hosted"
	"cardea/spec/id"
	"cardea/spec/oauth2"
)

// Authorize judges an authorization request and answers the query with which the browser goes on at the sign-in page.
func (s *Service) Authorize(ctx context.Context, pool id.Pool, v oauth2.Values) (query string, err error) {
	r, err := s.Hosted.Read(ctx, pool, v)
	if err != nil {
		return "", err
	}
	if r.Prompts(oauth2.PromptNone) {
		return "", r.Refused(hosted.ErrLoginRequired)
	}
	return v.Encode(), nil
}
