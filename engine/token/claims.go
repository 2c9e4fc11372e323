package token

import (
	"crypto/sha256"
	"encoding/base64"
	"maps"
	"slices"
	"strings"
	"time"

	"cardea/engine/attributes"
	"cardea/engine/identity"
	"cardea/engine/scope"
	"cardea/engine/trigger"
	"cardea/record/client"
	"cardea/record/group"
	"cardea/record/session"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
	"cardea/spec/id"
)

// facts are the values that the tokens of one sign-in or refresh are made from.
type facts struct {
	issuer  string
	client  *client.Client
	user    *user.User
	groups  []group.Group
	session *session.Session
	nonce   string
	sid     string   // the claim of this name; empty: none
	level   string   // the acr claim; empty: the app has not asked for it
	methods []string // the amr claim, likewise
	key     string   // the thumbprint of the key that the access token is bound to; empty: none
	keys    *signingKeys
	opener  *session.Refresh // the refresh token that was given; nil: none
	now     time.Time

	until time.Time // when the access token expires at the latest; zero: when the client's do
	actor *actor    // who acts for the user; nil: the client is theirs

	overrides *trigger.Overrides // what PreTokenGeneration changes; nil: nothing
	jti       string             // of every token, for previews; empty: each has a new one
}

// sign makes the tokens, without a refresh token.
func (f *facts) sign() (*cognitoidp.AuthenticationResultType, error) {
	claims, err := f.accessClaims()
	if err != nil {
		return nil, err
	}
	access, err := f.keys.access.Sign(claims)
	if err != nil {
		return nil, err
	}
	result := &cognitoidp.AuthenticationResultType{
		AccessToken: access,
		ExpiresIn:   f.expires() - f.now.Unix(),
		TokenType:   tokenType(f.key),
	}
	if f.oauth() && !slices.Contains(f.session.Scopes, scope.OpenID) {
		return result, nil
	}
	if claims, err = f.idClaims(access); err != nil {
		return nil, err
	}
	result.IdToken, err = f.keys.id.Sign(claims)
	return result, err
}

// expires is when the access token does.
func (f *facts) expires() int64 {
	end := f.now.Add(f.client.AccessTTL())
	if !f.until.IsZero() && f.until.Before(end) {
		end = f.until
	}
	return end.Unix()
}

// oauth reports whether the session came of an OAuth grant rather than of the API.
func (f *facts) oauth() bool { return f.session.Kind == session.OAuth }

// revocable reports whether the tokens carry origin_jti and jti. Rotation always adds them (docs/cognito/tokens.md,
// "Access token").
func (f *facts) revocable() bool {
	rotates, _ := f.client.Rotates()
	return rotates || f.client.Revocable()
}

// newID is the jti of a token.
func (f *facts) newID() string {
	if f.jti != "" {
		return f.jti
	}
	return id.NewUUID()
}

// accessClaims renders the payload of the access token (docs/cognito/tokens.md, "Access token"), in the order of real
// ones.
func (f *facts) accessClaims() ([]byte, error) {
	c := newClaims(f.changes().access)
	c.text("sub", string(f.user.Sub))
	if f.session.DeviceKey != "" {
		c.text("device_key", f.session.DeviceKey)
	}
	if groups := f.shownGroups(); len(groups.Names) > 0 {
		c.texts("cognito:groups", groups.Names)
	}
	c.text("iss", f.issuer)
	if f.oauth() {
		c.number("version", 2)
	}
	c.text("client_id", string(f.client.ID))
	if f.session.Resource != "" {
		c.text("aud", f.session.Resource)
	}
	if f.revocable() {
		c.text("origin_jti", f.session.Origin)
	}
	c.text("event_id", f.session.ID)
	c.text("token_use", "access")
	c.text("scope", strings.Join(f.overrides.Scopes(f.granted()), " "))
	c.number("auth_time", f.session.AuthTime.Unix())
	f.context(c)
	c.number("exp", f.expires())
	c.number("iat", f.now.Unix())
	if f.revocable() {
		c.text("jti", f.newID())
	}
	c.text("username", f.user.Username)
	if err := c.act(f.actor); err != nil {
		return nil, err
	}
	c.confirm(f.key)
	return c.end()
}

// context adds how strongly the user has signed in, and by which methods.
func (f *facts) context(c *claims) {
	if f.level == "" {
		return
	}
	c.text("acr", f.level)
	if len(f.methods) > 0 {
		c.texts("amr", f.methods)
	}
}

// granted are the scopes of the session.
func (f *facts) granted() []string { return granted(f.session.Kind, f.session.Scopes) }

// granted are the scopes of a session: every access token of an API sign-in allows operations on the user's own account.
func granted(kind session.Kind, scopes []string) []string {
	if kind == session.OAuth {
		return scopes
	}
	return []string{scope.Self}
}

// changes are the claims that PreTokenGeneration changes in each of the tokens; nil: none.
func (f *facts) changes() (c struct{ id, access *trigger.Claims }) {
	if f.overrides != nil {
		c.id, c.access = &f.overrides.ID, &f.overrides.Access
	}
	return c
}

// shownGroups are the groups and roles that the tokens show.
func (f *facts) shownGroups() trigger.Groups {
	if f.overrides != nil && f.overrides.Groups != nil {
		return *f.overrides.Groups
	}
	return groupsOf(f.groups)
}

func groupsOf(groups []group.Group) trigger.Groups {
	preferred, roles := roles(groups)
	return trigger.Groups{Names: names(groups), Roles: roles, Preferred: preferred}
}

// idClaims renders the payload of the ID token (docs/cognito/tokens.md, "ID token"), in the order of real ones and then
// the attributes by name.
func (f *facts) idClaims(access string) ([]byte, error) {
	c := newClaims(f.changes().id)
	if f.oauth() {
		c.text("at_hash", accessHash(access))
	}
	c.text("sub", string(f.user.Sub))
	groups := f.shownGroups()
	if len(groups.Names) > 0 {
		c.texts("cognito:groups", groups.Names)
	}
	if groups.Preferred != "" {
		c.text("cognito:preferred_role", groups.Preferred)
	}
	c.text("iss", f.issuer)
	c.text("cognito:username", f.user.Username)
	if known := f.user.Attributes[identity.Attribute]; known != "" {
		c.attribute(identity.Attribute, known)
	}
	if f.nonce != "" {
		c.text("nonce", f.nonce)
	}
	if f.revocable() {
		c.text("origin_jti", f.session.Origin)
	}
	if len(groups.Roles) > 0 {
		c.texts("cognito:roles", groups.Roles)
	}
	c.text("aud", string(f.client.ID))
	c.text("event_id", f.session.ID)
	c.sid(f.sid)
	c.text("token_use", "id")
	c.number("auth_time", f.session.AuthTime.Unix())
	f.context(c)
	c.number("exp", f.now.Add(f.client.IDTTL()).Unix())
	c.number("iat", f.now.Unix())
	if f.revocable() {
		c.text("jti", f.newID())
	}
	f.attributes(c)
	return c.end()
}

// attributes adds those of the user's attributes that the tokens show.
func (f *facts) attributes(c *claims) {
	shown := Shown(f.client, f.user, f.session.Scopes)
	for _, name := range slices.Sorted(maps.Keys(shown)) {
		if name != identity.Attribute { // which is shown whatever the scopes
			c.attribute(name, shown[name])
		}
	}
}

// Shown are the attributes that an app with these scopes is told about a user: those that the client may read and the scopes
// let through, besides sub (docs/cognito/oauth.md, "Scopes").
func Shown(c *client.Client, u *user.User, scopes []string) map[string]string {
	shown := attributes.Readable(c, u)
	maps.DeleteFunc(shown, func(name, value string) bool {
		return value == "" || name == "sub" || !shows(scopes, name)
	})
	return shown
}

// shows reports whether OAuth scopes let an attribute through. Without any of the three that restrict, all do.
func shows(scopes []string, name string) bool {
	email, phone := slices.Contains(scopes, "email"), slices.Contains(scopes, "phone")
	profile := slices.Contains(scopes, "profile")
	if !email && !phone && !profile {
		return true
	}
	switch name {
	case "email", "email_verified":
		return email
	case "phone_number", "phone_number_verified":
		return phone
	}
	return profile
}

func names(groups []group.Group) []string {
	list := make([]string, len(groups))
	for i, g := range groups {
		list[i] = g.Name
	}
	return list
}

// roles are the roles of groups, which are in the order of their precedence, and the one that is preferred: that of the
// best group that has one, unless an equally good group has another (docs/cognito/tokens.md, "Groups").
func roles(groups []group.Group) (preferred string, all []string) {
	var best *group.Group
	disputed := false
	for _, g := range groups {
		if g.RoleArn == "" {
			continue
		}
		if !slices.Contains(all, g.RoleArn) {
			all = append(all, g.RoleArn)
		}
		if best == nil {
			best = &g
			continue
		}
		disputed = disputed || sameRank(*best, g) && g.RoleArn != best.RoleArn
	}
	if best == nil || disputed {
		return "", all
	}
	return best.RoleArn, all
}

func sameRank(a, b group.Group) bool {
	if a.Precedence == nil || b.Precedence == nil {
		return a.Precedence == b.Precedence
	}
	return *a.Precedence == *b.Precedence
}

// accessHash is the at_hash of an access token (OpenID Connect Core §3.1.3.6).
func accessHash(access string) string {
	sum := sha256.Sum256([]byte(access))
	return base64.RawURLEncoding.EncodeToString(sum[:len(sum)/2])
}
