package sessions

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"cardea/engine/access"
	"cardea/engine/account"
	"cardea/engine/token"
	"cardea/platform/db"
	"cardea/platform/seal"
	"cardea/record/client"
	"cardea/record/pool"
	"cardea/record/session"
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
	var current string
	err := s.Authenticator.Read(ctx, in.AccessToken, func(tx *db.Tx, b *access.Subject) (err error) {
		if err := mustTrack(b.Pool); err != nil {
			return err
		}
		current = b.Session.ID
		found, err = s.list(tx, b.User, "ListUserSessions", in.NextToken)
		return err
	})
	if err != nil {
		return nil, err
	}

	out := &cognitoidp.ListUserSessionsResponse{NextToken: found.next}
	out.Sessions, err = s.show(found, current)
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
	out.Sessions, err = s.show(found, "")
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

// listing is a page of a user's sessions, with the clients' names.
type listing struct {
	sessions []*session.Session
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

	list, err := session.List(tx, session.Query{Pool: u.Pool, Sub: u.Sub, Since: u.SignedOut, After: after, Limit: pageSize + 1})
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	found := &listing{}
	if len(list) > pageSize {
		list = list[:pageSize]
		last := list[pageSize-1]
		found.next = s.Pages.Encode(binding, fmt.Sprint(db.Millis(last.Active), " ", last.ID))
	}
	if found.sessions, err = usable(tx, list); err != nil {
		return nil, err
	}
	if found.box, err = s.Ring.Box(tx, u.Pool); err != nil {
		return nil, fmt.Errorf("data key: %w", err)
	}
	return found, nil
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
func usable(tx *db.Tx, list []*session.Session) (left []*session.Session, err error) {
	there := map[id.Client]bool{}
	for _, one := range list {
		if _, asked := there[one.Client]; !asked {
			_, err := client.Get(tx, one.Pool, one.Client)
			if err != nil && !errors.Is(err, db.ErrNotFound) {
				return nil, fmt.Errorf("get client of session: %w", err)
			}
			there[one.Client] = err == nil
		}
		if there[one.Client] {
			left = append(left, one)
		}
	}
	return left, nil
}

// show describes sessions; current is the id of the session that the request came from, empty if none.
func (s *Service) show(found *listing, current string) ([]cognitoidp.SessionDescriptionType, error) {
	list := make([]cognitoidp.SessionDescriptionType, len(found.sessions))
	for i, one := range found.sessions {
		list[i] = cognitoidp.SessionDescriptionType{
			SessionType:      cognitoidp.SessionTypeTypeToken,
			ClientId:         string(one.Client),
			CreateDate:       awsjson.At(one.Created),
			LastActiveDate:   awsjson.At(one.Active),
			DeviceType:       orUnknown(one.DeviceType),
			LastIPAddress:    one.IP,
			LastLocation:     s.location(one.IP),
			IsCurrentSession: one.ID == current,
		}
		var err error
		if list[i].SessionId, err = token.SessionName(found.box, token.TokenSession, one.ID); err != nil {
			return nil, err
		}
		if one.SSO == "" {
			continue
		}
		if list[i].OriginSessionId, err = token.SessionName(found.box, token.SSOSession, one.SSO); err != nil {
			return nil, err
		}
	}
	return list, nil
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
