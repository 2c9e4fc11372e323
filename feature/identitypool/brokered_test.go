package identitypool_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"cardea/platform/config"
	"cardea/platform/db/dbtest"
	"cardea/server"
	"cardea/server/servertest"
)

// tokenService is another token service, which trusts a server of ours by its key set.
type tokenService struct {
	URL string

	mu     sync.Mutex
	keys   string // the key set
	status int    // in the place of credentials
	form   map[string]string
	claims M
	alg    string
}

func newTokenService(t *testing.T) *tokenService {
	t.Helper()
	s := &tokenService{}
	on := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		s.form = map[string]string{}
		for name := range r.PostForm {
			s.form[name] = r.PostForm.Get(name)
		}
		if err := s.verify(r.PostForm.Get("WebIdentityToken")); err != nil {
			t.Error(err)
		}
		if s.status != 0 {
			w.WriteHeader(s.status)
			_, _ = w.Write([]byte("<ErrorResponse><Error><Code>AccessDenied</Code><Message>secret role</Message></Error></ErrorResponse>"))
			return
		}
		_, _ = w.Write([]byte("<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>ASIATHEIRS</AccessKeyId>" +
			"<SecretAccessKey>their secret</SecretAccessKey><SessionToken>their token</SessionToken><Expiration>2026-03-14T15:39:26Z</Expiration>" +
			"</Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>"))
	}))
	t.Cleanup(on.Close)
	s.URL = on.URL
	return s
}

// verify reads a token by the key set, and by nothing else.
func (s *tokenService) verify(token string) error {
	signed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.RS256, jose.RS512})
	if err != nil {
		return err
	}
	var set jose.JSONWebKeySet
	if err := json.Unmarshal([]byte(s.keys), &set); err != nil {
		return err
	}
	header := signed.Signatures[0].Header
	s.alg = header.Algorithm
	for _, key := range set.Key(header.KeyID) {
		if key.Algorithm != header.Algorithm {
			continue
		}
		payload, err := signed.Verify(key)
		if err != nil {
			return err
		}
		s.claims = M{}
		return json.Unmarshal(payload, &s.claims)
	}
	return fmt.Errorf("no key %s for %s", header.KeyID, header.Algorithm)
}

// brokers runs body with an application whose credentials come from another token service, as configured.
func brokers(t *testing.T, b config.Broker, body func(t *testing.T, a *app, there *tokenService)) {
	t.Helper()
	dbtest.EachURL(t, func(t *testing.T, url string) {
		there, broker := newTokenService(t), b
		broker.Endpoint = there.URL
		w := servertest.New(t, url, func(c *server.Config) { c.Brokers = []config.Broker{broker} }).On("cognito-identity")
		a := newApp(t, w, M{"AllowUnauthenticatedIdentities": true})
		_, keys := w.Get(t, "/identity/.well-known/jwks_uri")
		there.mu.Lock()
		there.keys = keys
		there.mu.Unlock()
		body(t, a, there)
	})
}

func TestCredentialsOfOtherTokenServices(t *testing.T) {
	t.Parallel()
	theirs := "arn:aws:iam::999999999999:role/theirs"
	b := config.Broker{Role: roles + "Default", ExternalRole: theirs, Algorithm: "RS256"}
	brokers(t, b, func(t *testing.T, a *app, there *tokenService) {
		in := a.ann(t, nil)
		out := a.w.Must(t, "GetCredentialsForIdentity", in)
		got := out["Credentials"].(M)
		if got["AccessKeyId"] != "ASIATHEIRS" || got["SecretKey"] != "their secret" || got["SessionToken"] != "their token" ||
			got["Expiration"] != float64(time.Date(2026, 3, 14, 15, 39, 26, 0, time.UTC).Unix()) {
			t.Errorf("got %v", got)
		}
		there.mu.Lock()
		defer there.mu.Unlock()
		if there.form["RoleArn"] != theirs || there.form["RoleSessionName"] != "CognitoIdentityCredentials" || there.form["Policy"] != "" || there.alg != "RS256" {
			t.Errorf("asked %v under %s", there.form, there.alg)
		}
		if there.claims["sub"] != in["IdentityId"] || there.claims["aud"] != a.id {
			t.Errorf("the token says %v", there.claims)
		}
	})
}

// Whoever runs another token service gets tokens of users: here they are good for nothing.
func TestTokensForOtherServicesAreGoodThereAlone(t *testing.T) {
	t.Parallel()
	for _, algorithm := range []string{"RS512", "RS256"} {
		t.Run(algorithm, func(t *testing.T) {
			t.Parallel()
			brokers(t, config.Broker{Role: roles + "Default", Algorithm: algorithm}, func(t *testing.T, a *app, there *tokenService) {
				a.w.Must(t, "GetCredentialsForIdentity", a.ann(t, nil))
				there.mu.Lock()
				defer there.mu.Unlock()
				if there.alg != algorithm {
					t.Errorf("the token is under %s", there.alg)
				}
				a.w.On("sts").Fails(t, "AssumeRoleWithWebIdentity", M{
					"RoleArn": roles + "Gold", "RoleSessionName": "theirs", "WebIdentityToken": there.form["WebIdentityToken"],
				}, "InvalidIdentityToken", "Provided Token signature is invalid")
			})
		})
	}
}

func TestOtherRolesStayHere(t *testing.T) {
	t.Parallel()
	brokers(t, config.Broker{Role: roles + "Gold"}, func(t *testing.T, a *app, there *tokenService) {
		if got := a.role(t, a.ann(t, nil)); got != "Default" {
			t.Errorf("got %s", got)
		}
	})
}

func TestGuestsOfOtherTokenServices(t *testing.T) {
	t.Parallel()
	t.Run("refused", func(t *testing.T) {
		t.Parallel()
		brokers(t, config.Broker{Role: roles + "Guests"}, func(t *testing.T, a *app, there *tokenService) {
			a.fails(t, M{"IdentityId": getID(t, a.w, a.id, nil)}, "InvalidIdentityPoolConfigurationException", badRoles)
			if there.form != nil {
				t.Error("the other service was asked")
			}
		})
	})
	t.Run("narrowed", func(t *testing.T) {
		t.Parallel()
		brokers(t, config.Broker{Role: roles + "Guests", Guests: true}, func(t *testing.T, a *app, there *tokenService) {
			a.w.Must(t, "GetCredentialsForIdentity", M{"IdentityId": getID(t, a.w, a.id, nil)})
			there.mu.Lock()
			defer there.mu.Unlock()
			if !strings.Contains(there.form["Policy"], "s3:*") || there.form["RoleArn"] != roles+"Guests" || there.alg != "RS512" {
				t.Errorf("asked %v under %s", there.form, there.alg)
			}
		})
	})
}

func TestFailuresOfOtherTokenServices(t *testing.T) {
	t.Parallel()
	for status, want := range map[int][2]string{
		403: {"InvalidIdentityPoolConfigurationException", badRoles},
		503: {"ExternalServiceException", "The token service of this identity pool cannot be reached."},
	} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			t.Parallel()
			brokers(t, config.Broker{Role: roles + "Default"}, func(t *testing.T, a *app, there *tokenService) {
				there.mu.Lock()
				there.status = status
				there.mu.Unlock()
				a.fails(t, a.ann(t, nil), want[0], want[1])
			})
		})
	}
}
