package federation_test

import (
	"crypto/x509"
	"encoding/base64"
	"errors"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cardea/engine/hosted"
	"cardea/feature/federation"
	"cardea/outbound/trigger/triggertest"
	"cardea/platform/db"
	"cardea/record/client"
	"cardea/server/servertest"
	"cardea/spec/cognitoidp"
	"cardea/spec/id"
	"cardea/spec/saml/samltest"
)

// samlWorld is a world whose provider speaks SAML.
type samlWorld struct {
	*world
	corp *samltest.IdP
}

// eachSAML is each for a SAML provider named Corp; details are changed ProviderDetails.
func eachSAML(t *testing.T, s with, details M, body func(t *testing.T, w *samlWorld)) {
	t.Helper()
	t.Parallel()
	servertest.EachFunction(t, func(t *testing.T, f *servertest.World, fn *triggertest.Function) {
		w := &samlWorld{furnish(t, f, fn, s), samltest.New("https://idp.example.com")}
		w.Must(t, "DeleteIdentityProvider", M{"UserPoolId": w.pool, "ProviderName": w.name})
		mapping := M{"email": "email"}
		if s.mapping != nil {
			mapping = s.mapping
		}
		w.Must(t, "CreateIdentityProvider", M{
			"UserPoolId": w.pool, "ProviderName": w.name, "ProviderType": "SAML", "AttributeMapping": mapping,
			"ProviderDetails": servertest.With(M{"MetadataFile": string(w.corp.Metadata())}, details),
		})
		body(t, w)
	})
}

func (w *samlWorld) audience() string { return "urn:amazon:cognito:sp:" + w.pool }

func (w *samlWorld) acs(t testing.TB) string { return w.site(t).BaseURL + federation.SAMLCallback }

// ask sends the visitor to the provider, and answers what is asked of it.
func (w *samlWorld) ask(t testing.TB, pairs ...string) (*federation.Departure, *samltest.Message) {
	t.Helper()
	out, err := w.departure(t, w.name, pairs...)
	if err != nil {
		t.Fatalf("start: %v", err)
	}
	asked, err := samltest.ReadRedirect(out.Location, nil)
	if err != nil {
		t.Fatal(err)
	}
	return out, asked
}

// answer is a trip on which the provider answers; change, if set, changes its answer.
func (w *samlWorld) answer(t testing.TB, change func(r *samltest.Response), pairs ...string) trip {
	t.Helper()
	out, asked := w.ask(t, pairs...)
	r := w.corp.Response(w.Now(), w.audience(), asked.ACS, asked.ID)
	if change != nil {
		change(r)
	}
	return w.posted(t, out, asked.RelayState, r.Encoded())
}

// posted is the browser of a trip with a form of the provider.
func (w *samlWorld) posted(t testing.TB, out *federation.Departure, relay, response string) trip {
	t.Helper()
	site := w.site(t)
	in := federation.Return{
		Site: site, Browser: hosted.Browser{Domain: site.Domain}, Path: federation.SAMLCallback,
		Values: valuesOf(t, url.Values{"SAMLResponse": {response}, "RelayState": {relay}}),
	}
	if out != nil {
		in.Trip = &out.Trip
	}
	return trip{out, in}
}

// certificate is that of the pool's key.
func (w *samlWorld) certificate(t testing.TB) *x509.Certificate {
	t.Helper()
	out := w.Must(t, "GetSigningCertificate", M{"UserPoolId": w.pool})
	der, err := base64.StdEncoding.DecodeString(servertest.Text(out, "Certificate"))
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return certificate
}

const badResponse = "invalid_request: Invalid samlResponse or relayState from identity provider"

func TestUsersComeFromSAMLProviders(t *testing.T) {
	eachSAML(t, with{mapping: M{"email": "email", "nickname": "groups"}}, nil, func(t *testing.T, w *samlWorld) {
		out, asked := w.ask(t)
		if asked.Issuer != w.audience() || asked.ACS != w.acs(t) || asked.RelayState != out.Trip.Handle || asked.ID != out.Trip.Request ||
			asked.ForceAuthn != "" || asked.Signed || len(out.Trip.Handle) > 80 {
			t.Errorf("asked %+v on the trip %+v", asked, out.Trip)
		}
		for range 2 {
			arrived, err := w.land(t, w.answer(t, nil))
			if err != nil {
				t.Fatal(err)
			}
			if got := claims(t, w.exchange(t, arrived)["id_token"])["cognito:username"]; got != "Corp_jane@example.com" {
				t.Errorf("the user is %v", got)
			}
		}
		_, attributes := w.user(t, "Corp_jane@example.com")
		if attributes["email"] != "jane@example.com" || attributes["nickname"] != "[a, b]" ||
			!strings.Contains(attributes["identities"], `"providerType":"SAML","issuer":"https://idp.example.com/metadata","primary":true`) {
			t.Errorf("attributes %v", attributes)
		}

		for name, change := range map[string]func(r *samltest.Response){
			"another request's": func(r *samltest.Response) { r.InResponseTo = "_other" },
			"no request's":      func(r *samltest.Response) { r.InResponseTo = "" },
			"another pool's":    func(r *samltest.Response) { r.Audience = "urn:amazon:cognito:sp:us-east-1_other" },
			"not signed":        func(r *samltest.Response) { r.SignAssertion = false },
			"late":              func(r *samltest.Response) { r.NotOnOrAfter = w.Now().Add(-2 * time.Minute) },
			"without NameID":    func(r *samltest.Response) { r.NameID = "" },
			"an error":          func(r *samltest.Response) { r.Status = "Responder" },
		} {
			t.Run(name, func(t *testing.T) {
				_, err := w.land(t, w.answer(t, change))
				told(t, err, badResponse)
			})
		}
	})
}

func TestPromptLoginForcesASignInAtSAMLProviders(t *testing.T) {
	eachSAML(t, with{}, M{"RequestSigningAlgorithm": "rsa-sha256"}, func(t *testing.T, w *samlWorld) {
		for parameter, value := range map[string]string{"prompt": "login", "max_age": "60"} {
			out, err := w.departure(t, w.name, parameter, value)
			if err != nil {
				t.Fatal(err)
			}
			asked, err := samltest.ReadRedirect(out.Location, w.certificate(t))
			if err != nil || asked.ForceAuthn != "true" || !asked.Signed {
				t.Errorf("%s: asked %+v, %v", parameter, asked, err)
			}
		}
	})
}

// Providers may not know ForceAuthn.
func TestASignInAtASAMLProviderMayBeTooOld(t *testing.T) {
	eachSAML(t, with{}, nil, func(t *testing.T, w *samlWorld) {
		for name, c := range map[string]struct {
			maxAge string
			change func(r *samltest.Response)
			fits   bool
		}{
			"any age":     {"", func(r *samltest.Response) { r.Issued = w.Now().Add(-4 * time.Minute) }, true},
			"new":         {"60", func(r *samltest.Response) { r.Issued = w.Now().Add(-90 * time.Second) }, true},
			"old":         {"60", func(r *samltest.Response) { r.Issued = w.Now().Add(-4 * time.Minute) }, false},
			"of no time":  {"60", func(r *samltest.Response) { r.EditAssertion = authnInstants.Replace }, false},
			"not limited": {"", func(r *samltest.Response) { r.EditAssertion = authnInstants.Replace }, true},
		} {
			var pairs []string
			if c.maxAge != "" {
				pairs = []string{"max_age", c.maxAge}
			}
			_, err := w.land(t, w.answer(t, c.change, pairs...))
			if !c.fits {
				told(t, err, badResponse)
			} else if err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		out, err := w.departure(t, w.name, "response_type", hosted.OwnPages, "redirect_uri", "/account")
		if err != nil {
			t.Fatal(err)
		}
		if asked, err := samltest.ReadRedirect(out.Location, nil); err != nil || asked.ForceAuthn != "true" {
			t.Errorf("for the own pages, asked %+v, %v", asked, err)
		}
	})
}

// authnInstants take away when somebody has signed in.
var authnInstants = strings.NewReplacer("AuthnInstant=", "Instant=")

func TestEncryptedAssertionsAreDemanded(t *testing.T) {
	eachSAML(t, with{}, M{"EncryptedResponses": "true"}, func(t *testing.T, w *samlWorld) {
		_, err := w.land(t, w.answer(t, nil))
		told(t, err, badResponse)
	})
}

// An assertion signs in once, also on another trip of the same visitor, and at whichever time.
func TestOneOfAHundredSignsInWithAnAssertion(t *testing.T) {
	eachSAML(t, with{}, nil, func(t *testing.T, w *samlWorld) {
		tr := w.answer(t, nil)
		var won, lost atomic.Int32
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() {
				_, err := w.land(t, tr)
				switch {
				case err == nil:
					won.Add(1)
				case errors.Is(err, federation.ErrTrip):
					lost.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		all.Wait()
		if won.Load() != 1 || lost.Load() != 99 {
			t.Errorf("%d signed in, %d did not", won.Load(), lost.Load())
		}
	})
}

// become changes the type of the app.
func (w *samlWorld) become(t testing.TB, kind string) {
	t.Helper()
	err := w.DB.Write(t.Context(), func(tx *db.Tx) error {
		c, err := client.Get(tx, poolID(w.pool), id.Client(w.app))
		if err != nil {
			return err
		}
		changed := *c
		changed.Doc.ClientType = kind
		return client.Update(tx, &changed)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestProvidersBeginSignInsWhereThatIsAllowed(t *testing.T) {
	for _, allowed := range []string{"true", "false"} {
		t.Run(allowed, func(t *testing.T) {
			o := with{client: M{"SupportedIdentityProviders": []string{"Corp"}}}
			eachSAML(t, o, M{"IDPInit": allowed}, func(t *testing.T, w *samlWorld) {
				unasked := func(change func(r *samltest.Response), pairs ...string) trip {
					r := w.corp.Response(w.Now(), w.audience(), w.acs(t), "")
					if change != nil {
						change(r)
					}
					relay := w.request(pairs...).With("identity_provider", "Corp")
					return w.posted(t, nil, relay.Encode(), r.Encoded())
				}
				first := unasked(nil)
				out, err := w.land(t, first)
				if allowed == "false" {
					if !errors.Is(err, federation.ErrTrip) {
						t.Fatalf("got %v", err)
					}
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				w.exchange(t, out)
				_, err = w.land(t, first)
				told(t, err, badResponse)

				for name, tr := range map[string]trip{
					"an answer to a request": unasked(func(r *samltest.Response) { r.InResponseTo = "_x" }),
					"old":                    unasked(func(r *samltest.Response) { r.Issued = w.Now().Add(-8 * time.Minute) }),
				} {
					_, err := w.land(t, tr)
					if told(t, err, badResponse); err == nil {
						t.Error(name)
					}
				}
				for name, tr := range map[string]trip{
					"tokens":           unasked(nil, "response_type", "token"),
					"an own page":      unasked(nil, "response_type", hosted.OwnPages, "redirect_uri", "/account"),
					"no relay state":   w.posted(t, nil, "", first.in.Values.Get("SAMLResponse")),
					"no provider":      w.posted(t, nil, w.request().Encode(), first.in.Values.Get("SAMLResponse")),
					"another's handle": w.posted(t, nil, strings.Repeat("a", 32), first.in.Values.Get("SAMLResponse")),
					"parameters twice": w.posted(t, nil, "identity_provider=Corp&identity_provider=Corp", ""),
					"the OAuth callback": func() trip {
						tr := unasked(nil)
						tr.in.Path = federation.OAuthCallback
						return tr
					}(),
				} {
					if _, err := w.land(t, tr); !errors.Is(err, federation.ErrTrip) {
						t.Errorf("%s: %v", name, err)
					}
				}
				if _, err := w.land(t, unasked(nil, "redirect_uri", "https://evil.example.com")); !errors.Is(err, hosted.ErrRedirect) {
					t.Errorf("to an address that is not registered: %v", err)
				}

				w.become(t, cognitoidp.ClientTypeTypeDcr)
				if _, err := w.land(t, unasked(nil, "code_challenge", strings.Repeat("x", 43), "code_challenge_method", "S256")); !errors.Is(err, federation.ErrTrip) {
					t.Errorf("for an app that has registered itself: %v", err)
				}
				w.become(t, cognitoidp.ClientTypeTypeRegular)

				w.Must(t, "UpdateUserPoolClient", M{
					"UserPoolId": w.pool, "ClientId": w.app, "AllowedOAuthFlowsUserPoolClient": true, "AllowedOAuthFlows": []string{"code"},
					"AllowedOAuthScopes": []string{"openid"}, "CallbackURLs": []string{callback},
					"SupportedIdentityProviders": []string{"Corp", "COGNITO"},
				})
				if _, err := w.land(t, unasked(nil)); !errors.Is(err, federation.ErrTrip) {
					t.Errorf("for an app with users of the pool: %v", err)
				}
			})
		})
	}
}
