package trigger

import (
	"context"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"

	"cardea/spec/cognitoidp"
	"cardea/spec/triggerevent"
)

// MaxClaims bounds what a function may add to one token, as JSON, in bytes.
const MaxClaims = 32 << 10

// Groups are groups and roles of a user, as claims show them.
type Groups struct {
	Names, Roles []string
	Preferred    string // role; empty: none
}

// Overrides are changes of tokens. Whatever may not be changed is not in them, and nothing is both added and suppressed. The
// nil Overrides change nothing.
type Overrides struct {
	ID, Access     Claims
	AddScopes      []string
	SuppressScopes []string
	Groups         *Groups // in place of the user's; nil: as they are
}

// Claims are changes of one token's claims.
type Claims struct {
	Add      map[string]any // strings, json.Number, bool, lists and objects of them
	Suppress []string       // sorted
}

// Suppresses reports whether the claim is taken out.
func (c Claims) Suppresses(claim string) bool {
	_, found := slices.BinarySearch(c.Suppress, claim)
	return found
}

// Scopes are the scopes of a token that was granted some.
func (o *Overrides) Scopes(granted []string) []string {
	if o == nil {
		return granted
	}
	scopes := slices.DeleteFunc(slices.Clone(granted), func(s string) bool { return slices.Contains(o.SuppressScopes, s) })
	for _, scope := range o.AddScopes {
		if !slices.Contains(scopes, scope) {
			scopes = append(scopes, scope)
		}
	}
	return scopes
}

// PreTokenGeneration asks what tokens with the groups and scopes shall say. It answers nil when the pool has no such trigger,
// and for the tokens of a client by itself unless the trigger is of version 3.
func (t Triggers) PreTokenGeneration(ctx context.Context, c Call, groups Groups, scopes []string) (*Overrides, error) {
	const name = triggerevent.PreTokenGeneration
	if !c.has(name) {
		return nil, nil
	}
	version := versionOf(c.Pool.Doc.LambdaConfig)
	byItself := c.Occasion == triggerevent.ClientCredentials
	if byItself && version < 3 {
		return nil, nil
	}

	request := triggerevent.PreTokenGenerationRequest{Version: version, UserAttributes: c.attributes(), ClientMetadata: c.Metadata}
	if byItself {
		c.Username = triggerevent.ClientCredentialsUser
	} else {
		request.GroupConfiguration = &triggerevent.Groups{GroupsToOverride: groups.Names, IAMRolesToOverride: groups.Roles}
		if preferred := groups.Preferred; preferred != "" {
			request.GroupConfiguration.PreferredRole = &preferred
		}
	}
	if version > 1 {
		request.Scopes = append([]string{}, scopes...)
	}
	reply, err := t.ask(ctx, c, request)
	if err != nil {
		return nil, err
	}
	response, err := read(name, reply, func(reply []byte) (triggerevent.TokenResponse, error) {
		return triggerevent.ReadPreTokenGeneration(reply, version)
	})
	if err != nil {
		return nil, err
	}
	return overrides(response, string(c.Client.ID))
}

func versionOf(cfg *cognitoidp.LambdaConfigType) int {
	if cfg.PreTokenGenerationConfig == nil {
		return 1
	}
	switch cfg.PreTokenGenerationConfig.LambdaVersion {
	case cognitoidp.PreTokenGenerationLambdaVersionTypeV20:
		return 2
	case cognitoidp.PreTokenGenerationLambdaVersionTypeV30:
		return 3
	}
	return 1
}

// overrides keeps of a reply what may be changed (docs/cognito/triggers.md, "What tokens may be made to say").
func overrides(response triggerevent.TokenResponse, clientID string) (*Overrides, error) {
	o := &Overrides{SuppressScopes: response.ScopesToSuppress}
	o.ID = changes(response.ID, func(name string, value any) bool {
		return name != "aud" && (!slices.Contains(simple, name) || isSimple(value))
	})
	o.Access = changes(response.Access, func(name string, value any) bool {
		return name != "scope" && (name != "aud" || value == clientID)
	})
	for _, scope := range response.ScopesToAdd {
		if addable(scope) && !slices.Contains(o.SuppressScopes, scope) && !slices.Contains(o.AddScopes, scope) {
			o.AddScopes = append(o.AddScopes, scope)
		}
	}
	if g := response.Groups; g != nil {
		o.Groups = &Groups{g.Groups, g.Roles, g.PreferredRole}
	}

	for _, added := range []any{o.ID.Add, o.Access.Add, o.AddScopes, o.Groups} {
		text, err := json.Marshal(added)
		if err != nil || len(text) > MaxClaims {
			return nil, invalid(triggerevent.PreTokenGeneration, "more than %d bytes of claims", MaxClaims)
		}
	}
	return o, nil
}

// changes keeps of the changes of one token those that allowed lets through, and that concern no protected claim.
func changes(given triggerevent.ClaimChanges, allowed func(name string, value any) bool) Claims {
	c := Claims{Add: maps.Clone(given.AddOrOverride)}
	for _, name := range given.Suppress {
		switch {
		case name == "cognito:groups":
			c.Suppress = append(c.Suppress, name, "cognito:roles", "cognito:preferred_role")
		case !isProtected(name) && name != "aud" && name != "scope":
			c.Suppress = append(c.Suppress, name)
		}
	}
	slices.Sort(c.Suppress)
	c.Suppress = slices.Compact(c.Suppress)
	maps.DeleteFunc(c.Add, func(name string, value any) bool {
		return name == "" || isProtected(name) || strings.HasPrefix(name, "dev:") || c.Suppresses(name) || !allowed(name, value)
	})
	return c
}

// protected are the claims that no function changes, besides those that begin with "cognito:".
var protected = map[string]bool{
	"acr": true, "amr": true, "at_hash": true, "auth_time": true, "azp": true, "client_id": true, "cnf": true, "device_key": true,
	"event_id": true, "exp": true, "iat": true, "identities": true, "iss": true, "jti": true, "nbf": true, "nonce": true,
	"origin_jti": true, "sub": true, "token_use": true, "username": true, "version": true,
}

func isProtected(claim string) bool { return protected[claim] || strings.HasPrefix(claim, "cognito:") }

// simple are the claims that in ID tokens are neither lists nor objects.
var simple = []string{"phone_number_verified", "email_verified", "updated_at", "address"}

func isSimple(value any) bool {
	switch value.(type) {
	case []any, map[string]any:
		return false
	}
	return true
}

// scopeToken is the form of a scope (RFC 6749 §3.3).
var scopeToken = regexp.MustCompile(`^[\x21\x23-\x5B\x5D-\x7E]{1,256}$`)

// addable reports whether a function may add the scope: it is one, and none of those that open a user's account.
func addable(scope string) bool {
	return scopeToken.MatchString(scope) && !strings.HasPrefix(scope, "aws.cognito")
}
