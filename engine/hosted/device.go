package hosted

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"cardea/engine/access"
	"cardea/engine/lockout"
	"cardea/engine/scope"
	"cardea/engine/token"
	"cardea/platform/audit"
	"cardea/platform/db"
	"cardea/record/devicegrant"
	"cardea/record/pool"
	"cardea/spec/cognitoidp"
	"cardea/spec/id"
	"cardea/spec/oauth2"
)

// ErrDevice says that no device waits under a code, or for the answer of a browser.
var ErrDevice = errors.New("no device waits for this answer")

// DeviceLife is how long a device waits for its user, DevicePause how long it waits before it asks again; it is longPause at
// most for one that does not wait.
const (
	DeviceLife  = 10 * time.Minute
	DevicePause = 5 * time.Second
	longPause   = time.Minute
)

// deviceParameter is the parameter of pages' addresses that names a waiting device, in the place of an authorization request.
const deviceParameter = "device_request"

// userCodeLetters are consonants, so that codes are no words. A code of eight has 34 bits.
const (
	userCodeLetters = "BCDFGHJKLMNPQRSTVWXZ"
	userCodeLength  = 8
)

// Device is a device that begins to wait.
type Device struct {
	Code     string // that the device keeps
	UserCode string // that it shows, as it is to be shown
}

// StartDevice makes a device of an app wait for a user (RFC 8628 §3.1). Scopes are those that it asks for; nil: all. It answers
// access.ErrGrant, as for apps that have registered themselves: without an address that the user is sent to, a page could say
// nothing of who they are but their own word. It answers scope.ErrRefused as well.
func StartDevice(tx *db.Tx, app access.App, scopes []string) (Device, error) {
	if err := app.MayUse(cognitoidp.OAuthFlowTypeCode); err != nil {
		return Device{}, err
	}
	if app.Client.SelfRegistered() {
		return Device{}, access.ErrGrant
	}
	if _, err := scope.ForUser(tx, app.Client, scopes); err != nil {
		return Device{}, err
	}
	code, shown := rand.Text()+rand.Text(), newUserCode()
	err := devicegrant.Insert(tx, &devicegrant.Grant{
		Pool: app.Pool.ID, ID: id.NewUUID(), Hash: id.Digest(code), UserCode: shown, Client: app.Client.ID,
		Doc: devicegrant.Doc{Scopes: scopes}, Pause: DevicePause, Created: tx.Now, Expires: tx.Now.Add(DeviceLife),
	})
	if err != nil {
		return Device{}, fmt.Errorf("begin to wait: %w", err)
	}
	return Device{Code: code, UserCode: ShowUserCode(shown)}, nil
}

func newUserCode() string {
	var code strings.Builder
	for code.Len() < userCodeLength {
		var b [1]byte
		_, _ = rand.Read(b[:]) // never fails
		if n := len(userCodeLetters); int(b[0]) < 256/n*n {
			code.WriteByte(userCodeLetters[int(b[0])%n])
		}
	}
	return code.String()
}

// ShowUserCode writes a code as people read it: "WDJB-MJHT".
func ShowUserCode(code string) string {
	if len(code) != userCodeLength {
		return code
	}
	return code[:userCodeLength/2] + "-" + code[userCodeLength/2:]
}

// ReadUserCode reads a code that somebody has typed: the letters of codes in it, in either case. It is empty when there are not
// as many as in a code.
func ReadUserCode(typed string) string {
	code := strings.Map(func(r rune) rune {
		if !strings.ContainsRune(userCodeLetters, r) {
			return -1
		}
		return r
	}, strings.ToUpper(typed))
	if len(code) != userCodeLength {
		return ""
	}
	return code
}

// TakesDevices tells whether a pool has a page for devices.
func (s *Server) TakesDevices(ctx context.Context, name id.Pool) (takes bool, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		p, err := access.Pool(tx, string(name))
		if err == nil {
			takes = p.Follows(pool.DeviceGrant)
		}
		return err
	})
	return takes, err
}

// FindDevice gives the parameters with which the pages go on for a device, by the code that its user has typed. A wrong code
// counts against the address that it comes from. FindDevice answers ErrDevice and lockout.ErrRateLimited.
func (s *Server) FindDevice(ctx context.Context, name id.Pool, typed string) (v oauth2.Values, err error) {
	guesses := lockout.GuessesAtDevices(ctx)
	var found *devicegrant.Grant
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		if err := guesses.RateLimited(tx, name); err != nil {
			return err
		}
		if found, err = devicegrant.OfUser(tx, name, ReadUserCode(typed)); err != nil {
			return absentDevice(err)
		}
		return waits(tx, found)
	})
	if errors.Is(err, ErrDevice) {
		err := s.DB.Write(ctx, func(tx *db.Tx) error { return guesses.Fail(tx, name) })
		if err != nil {
			return v, fmt.Errorf("count a wrong user code: %w", err)
		}
		return v, ErrDevice
	}
	if err != nil {
		return v, err
	}
	return v.With("client_id", string(found.Client)).With(deviceParameter, found.ID), nil
}

func absentDevice(err error) error {
	if errors.Is(err, db.ErrNotFound) {
		return ErrDevice
	}
	return fmt.Errorf("get device grant: %w", err)
}

// waits answers ErrDevice unless a device still waits for its user.
func waits(tx *db.Tx, g *devicegrant.Grant) error {
	if g.State != devicegrant.Pending && g.State != devicegrant.Asked || !tx.Now.Before(g.Expires) {
		return ErrDevice
	}
	return nil
}

// ofDevice tells whether a request is a device's.
func (r *Request) ofDevice() bool {
	return r.given.Has(deviceParameter) && r.Pool.Follows(pool.DeviceGrant)
}

// judgeDevice is Judge for the device that a page's address names.
func (r *Request) judgeDevice(tx *db.Tx) error {
	found, err := devicegrant.Get(tx, r.Pool.ID, r.given.Get(deviceParameter))
	if err != nil {
		return absentDevice(err)
	}
	if found.Client != r.Client.ID || r.given.Repeated(deviceParameter) || r.MayUse(cognitoidp.OAuthFlowTypeCode) != nil {
		return ErrDevice
	}
	if err := waits(tx, found); err != nil {
		return err
	}
	r.Scopes, err = scope.ForUser(tx, r.Client, found.Doc.Scopes)
	if errors.Is(err, scope.ErrRefused) {
		return ErrDevice
	}
	r.Device, r.values = found, r.given
	if r.given.Get("prompt") == oauth2.PromptLogin {
		r.Prompt = []string{oauth2.PromptLogin}
	}
	return err
}

// askForDevice notes that a user has signed in for a device, and answers the secret with which their browser, and no other, may
// say whether the device is theirs.
func (r *Request) askForDevice(tx *db.Tx, g grant) (secret string, err error) {
	if err := token.Eligible(r.Pool, g.User, g.Proofs); err != nil {
		return "", err
	}
	secret = rand.Text() + rand.Text()
	asked := *r.Device
	asked.Sub, asked.Secret = g.User.Sub, id.Digest(secret)
	asked.Doc = devicegrant.Doc{
		Scopes: r.Scopes, Proofs: g.Proofs, SSO: g.sso, AuthTime: g.AuthTime, PasswordSet: g.User.PasswordSet,
		Answered: token.After(tx.Now, g.User),
	}
	err = devicegrant.Ask(tx, &asked)
	if errors.Is(err, db.ErrStale) {
		return "", ErrDevice
	}
	return secret, err
}

// Decide takes the answer of a user who was asked about a device, or answers ErrDevice.
func (s *Server) Decide(ctx context.Context, r *Request, secret string, allow bool) error {
	to := devicegrant.Denied
	if allow {
		to = devicegrant.Allowed
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		again, err := s.Judge(tx, r.Pool.ID, r.given)
		if err != nil {
			return err
		}
		if again.Device == nil {
			return ErrDevice
		}
		err = devicegrant.Decide(tx, again.Device, id.Digest(secret), to)
		if errors.Is(err, db.ErrStale) {
			return ErrDevice
		}
		audit.About(tx.Context(), string(again.Pool.ID), string(again.Device.Sub))
		return err
	})
}
