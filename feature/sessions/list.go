package sessions

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"cardea/engine/access"
	"cardea/engine/account"
	"cardea/engine/token"
	"cardea/platform/db"
	"cardea/platform/seal"
	"cardea/record/client"
	"cardea/record/pool"
	"cardea/record/session"
	"cardea/record/ssosession"
	"cardea/record/user"
	"cardea/spec/awsjson"
	"cardea/spec/cognitoidp"
	"cardea/spec/id"
)

// pageSize is how many sessions a page has, as Cognito has it: more than a user may have once the pool counts them.
const pageSize = 125

// unknown is shown for an unknown device or country.
const unknown = "unknown"

// ListUserSessions shows the bearer of an access token where they are signed in, the most recently used first.
func (s *Service) ListUserSessions(ctx context.Context, in *cognitoidp.ListUserSessionsRequest) (*cognitoidp.ListUserSessionsResponse, error) {
	var found *listing
	var bearer *access.Subject
	err := s.Authenticator.Read(ctx, in.AccessToken, func(tx *db.Tx, b *access.Subject) (err error) {
		if err := mayList(b); err != nil {
			return err
		}
		bearer = b
		found, err = s.list(tx, b.User, "ListUserSessions", in.NextToken)
		return err
	})
	if err != nil {
		return nil, err
	}

	out := &cognitoidp.ListUserSessionsResponse{NextToken: found.next}
	out.Sessions, err = s.show(found, bearer)
	return out, err
}

// AdminListUserSessions shows where a user is signed in, the most recently used first.
func (s *Service) AdminListUserSessions(ctx context.Context, in *cognitoidp.AdminListUserSessionsRequest) (*cognitoidp.AdminListUserSessionsResponse, error) {
	var found *listing
	err := s.DB.Read(ctx, func(tx *db.Tx) error {
		u, err := owner(tx, in.UserPoolId, in.Username)
		if err != nil {
			return err
		}
		found, err = s.list(tx, u, "AdminListUserSessions", in.NextToken)
		return err
	})
	if err != nil {
		return nil, err
	}

	out := &cognitoidp.AdminListUserSessionsResponse{NextToken: found.next}
	out.Sessions, err = s.show(found, nil)
	return out, err
}

// owner finds the user that an administrator names, if the pool tracks sessions.
func owner(tx *db.Tx, poolID, username string) (*user.User, error) {
	p, u, err := account.Admin(tx, poolID, username)
	if err != nil {
		return nil, err
	}
	return u, mustTrack(p)
}

// mustTrack refuses pools that do not track sessions: their sessions do not record when they were last used.
func mustTrack(p *pool.Pool) error {
	if !p.TracksSessions() {
		return cognitoidp.InvalidParameter("Session tracking is not enabled for the user pool.")
	}
	return nil
}

// mayList is mustTrack for the user's own sessions. Their page lists them in any case, without when they were last used.
func mayList(who *access.Subject) error {
	if who.SSO != "" {
		return nil
	}
	return mustTrack(who.Pool)
}

// listed is one session: of tokens, or of single sign-on.
type listed struct {
	token *session.Session
	sso   *ssosession.Session
}

// place is where a session stands in a list: when it was last used, and its id.
func (l listed) place() (active time.Time, name string) {
	if l.sso != nil {
		return l.sso.Active, l.sso.ID
	}
	return l.token.Active, l.token.ID
}

// isOf tells whether a session is the one that its user has come with.
func (l listed) isOf(who *access.Subject) bool {
	switch {
	case who == nil:
		return false
	case l.sso != nil:
		return l.sso.ID == who.SSO
	}
	return who.Session != nil && l.token.ID == who.Session.ID
}

// listing is a page of a user's sessions.
type listing struct {
	sessions []listed
	box      *seal.Box
	next     string
}

// list finds a page of a user's live sessions.
func (s *Service) list(tx *db.Tx, u *user.User, operation, nextToken string) (*listing, error) {
	binding := fmt.Sprintf("%s/%s/%s", operation, u.Pool, u.Sub)
	after, err := s.place(binding, nextToken)
	if err != nil {
		return nil, err
	}

	list, err := both(tx, u, after)
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	found := &listing{}
	if len(list) > pageSize {
		list = list[:pageSize]
		active, last := list[pageSize-1].place()
		found.next = s.Pages.Encode(binding, fmt.Sprint(db.Millis(active), " ", last))
	}
	if found.sessions, err = usable(tx, list); err != nil {
		return nil, err
	}
	if found.box, err = s.Ring.Box(tx, u.Pool); err != nil {
		return nil, fmt.Errorf("data key: %w", err)
	}
	return found, nil
}

// both are the user's sessions of both kinds, in one order: a page of them and one more, if there are so many.
func both(tx *db.Tx, u *user.User, after *session.Session) (list []listed, err error) {
	tokens, err := session.List(tx, session.Query{Pool: u.Pool, Sub: u.Sub, Since: u.SignedOut, After: after, Limit: pageSize + 1})
	if err != nil {
		return nil, err
	}
	q := ssosession.Query{Pool: u.Pool, Sub: u.Sub, PasswordSet: u.PasswordSet, Limit: pageSize + 1}
	if after != nil {
		q.Before, q.Than = after.Active, after.ID
	}
	browsers, err := ssosession.List(tx, q)
	if err != nil {
		return nil, err
	}
	for _, one := range tokens {
		list = append(list, listed{token: one})
	}
	for _, one := range browsers {
		list = append(list, listed{sso: one})
	}
	slices.SortFunc(list, func(a, b listed) int {
		first, its := a.place()
		second, other := b.place()
		return cmp.Or(second.Compare(first), cmp.Compare(other, its))
	})
	return list, nil
}

// place is the session behind which a page begins, as far as List asks; nil for the first page.
func (s *Service) place(binding, nextToken string) (*session.Session, error) {
	cursor, err := s.Pages.Decode(binding, nextToken)
	if err != nil {
		return nil, cognitoidp.InvalidParameter("Invalid pagination token.")
	}
	if cursor == "" {
		return nil, nil
	}
	millis, last, _ := strings.Cut(cursor, " ")
	active, err := strconv.ParseInt(millis, 10, 64)
	if err != nil {
		return nil, fmt.Errorf("read the place in a list of sessions: %w", err)
	}
	return &session.Session{ID: last, Activity: session.Activity{Active: db.Time(active)}}, nil
}

// usable leaves out sessions of deleted clients, whose tokens are refused.
func usable(tx *db.Tx, list []listed) (left []listed, err error) {
	there := map[id.Client]bool{}
	for _, l := range list {
		if l.sso != nil {
			left = append(left, l)
			continue
		}
		one := l.token
		if _, asked := there[one.Client]; !asked {
			_, err := client.Get(tx, one.Pool, one.Client)
			if err != nil && !errors.Is(err, db.ErrNotFound) {
				return nil, fmt.Errorf("get client of session: %w", err)
			}
			there[one.Client] = err == nil
		}
		if there[one.Client] {
			left = append(left, l)
		}
	}
	return left, nil
}

// show describes sessions of a user, who has come with one of them; nil: with none.
func (s *Service) show(found *listing, who *access.Subject) ([]cognitoidp.SessionDescriptionType, error) {
	list := make([]cognitoidp.SessionDescriptionType, len(found.sessions))
	for i, one := range found.sessions {
		describe := s.describeTokens
		if one.sso != nil {
			describe = s.describeSSO
		}
		var err error
		if list[i], err = describe(found.box, one); err != nil {
			return nil, err
		}
		list[i].LastLocation = s.location(list[i].LastIPAddress)
		list[i].DeviceType = orUnknown(list[i].DeviceType)
		list[i].IsCurrentSession = one.isOf(who)
	}
	return list, nil
}

func (s *Service) describeTokens(box *seal.Box, l listed) (d cognitoidp.SessionDescriptionType, err error) {
	one := l.token
	d = cognitoidp.SessionDescriptionType{
		SessionType: cognitoidp.SessionTypeTypeToken, ClientId: string(one.Client), CreateDate: awsjson.At(one.Created),
		LastActiveDate: awsjson.At(one.Active), DeviceType: one.DeviceType, LastIPAddress: one.IP,
	}
	if d.SessionId, err = token.SessionName(box, token.TokenSession, one.ID); err != nil || one.SSO == "" {
		return d, err
	}
	d.OriginSessionId, err = token.SessionName(box, token.SSOSession, one.SSO)
	return d, err
}

func (s *Service) describeSSO(box *seal.Box, l listed) (d cognitoidp.SessionDescriptionType, err error) {
	d = cognitoidp.SessionDescriptionType{
		SessionType: cognitoidp.SessionTypeTypeSso, CreateDate: awsjson.At(l.sso.AuthTime), LastActiveDate: awsjson.At(l.sso.Active),
		DeviceType: l.sso.DeviceType, LastIPAddress: l.sso.IP,
	}
	d.SessionId, err = token.SessionName(box, token.SSOSession, l.sso.ID)
	return d, err
}

// location is the place of an address; nil when there is no address or no database of places.
func (s *Service) location(ip string) *cognitoidp.SessionLocationType {
	if s.Places == nil || ip == "" {
		return nil
	}
	place, _ := s.Places.Find(ip)
	return &cognitoidp.SessionLocationType{City: place.City, Country: orUnknown(place.Country)}
}

func orUnknown(text string) string {
	if text == "" {
		return unknown
	}
	return text
}
