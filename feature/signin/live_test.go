package signin_test

import (
	"fmt"
	"maps"
	"testing"
	"time"

	"cardea/engine/passkey/passkeytest"
	"cardea/server/servertest"
	"cardea/spec/srp"
)

// live is a Session, or a SECRET_BLOCK, that waits to be used, and the request that uses it rightly.
type live struct {
	w      *world
	user   string
	op     string
	in     M
	token  M          // AccessToken, of a user who has a passkey
	device remembered // of a user who has one
}

// stage has two pools with every factor, OPTIONAL and ON, with two clients each.
type stage struct {
	optional, demanding *world
	users               int
}

func newStage(t *testing.T, s *servertest.World) *stage {
	t.Helper()
	pool := func(mode string, firsts ...string) *world {
		w := &world{World: s}
		w.pool = s.Pool(t, M{
			"EmailConfiguration": mailing(), "SmsConfiguration": texting(), "AutoVerifiedAttributes": []string{"email"},
			"Policies":            M{"SignInPolicy": M{"AllowedFirstAuthFactors": append(firsts, "PASSWORD", "WEB_AUTHN")}},
			"DeviceConfiguration": M{"ChallengeRequiredOnNewDevice": true},
		})
		s.Must(t, "SetUserPoolMfaConfig", M{
			"UserPoolId": w.pool, "MfaConfiguration": mode, "SmsMfaConfiguration": M{"SmsConfiguration": texting()},
			"SoftwareTokenMfaConfiguration": M{"Enabled": true}, "EmailMfaConfiguration": M{"Message": "Code {####}", "Subject": "Code"},
			"WebAuthnConfiguration": M{"RelyingPartyId": "localhost", "FactorConfiguration": "MULTI_FACTOR_WITH_USER_VERIFICATION"},
		})
		w.client = w.another(t)
		return w
	}
	return &stage{optional: pool("OPTIONAL", "EMAIL_OTP", "SMS_OTP"), demanding: pool("ON")}
}

// another is another client of the pool.
func (w *world) another(t *testing.T) string {
	t.Helper()
	return w.Client(t, w.pool, M{"ExplicitAuthFlows": []string{"ALLOW_USER_SRP_AUTH", "ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_AUTH"}})
}

// mail and number are a user's own.
func mail(user string) string { return user + "@example.com" }

func number(user string) string { return "+1555" + fmt.Sprintf("%07s", user[1:]) }

// begin makes a user with both addresses and begins a sign-in of theirs.
func (s *stage) begin(t *testing.T, w *world, settings M) *live {
	t.Helper()
	s.users++
	l := &live{w: w, user: fmt.Sprintf("u%d", s.users), op: "RespondToAuthChallenge"}
	w.user(t, l.user, M{"UserAttributes": servertest.Attributes("email", mail(l.user), "phone_number", number(l.user))})
	w.Advance(time.Millisecond)
	if settings != nil {
		w.prefer(t, l.user, settings)
	}
	return l
}

// choose begins with USER_AUTH.
func (l *live) choose(t *testing.T, preferred string, more M) M {
	t.Helper()
	if preferred != "" {
		more = servertest.With(more, M{"PREFERRED_CHALLENGE": preferred})
	}
	return l.w.Must(t, "InitiateAuth", l.w.start("USER_AUTH", l.user, more))
}

// answers has the request answer a challenge.
func (l *live) answers(challenge M, responses M) *live {
	l.in = l.w.reply(challenge, servertest.With(M{"USERNAME": l.user}, responses))
	return l
}

func (l *live) byPassword(t *testing.T, more M) M {
	t.Helper()
	in := l.w.byPassword(l.user, password)
	maps.Copy(in["AuthParameters"].(M), more)
	return l.w.Must(t, "InitiateAuth", in)
}

// signs has the request finish an exchange.
func (l *live) signs(t *testing.T, c *srp.Client, challenge M) *live {
	t.Helper()
	in := l.w.answer(t, exchange{client: c, parameters: challenge["ChallengeParameters"].(M)}, password)
	return l.answers(challenge, in["ChallengeResponses"].(M))
}

// access gives an access token after a sign-in with the password alone.
func (l *live) access(t *testing.T) M {
	t.Helper()
	return tokens(t, l.byPassword(t, nil))
}

// kinds are all kinds of Sessions and SECRET_BLOCKs, each with a function that gets one.
var kinds = map[string]func(t *testing.T, s *stage) *live{
	"NEW_PASSWORD_REQUIRED": func(t *testing.T, s *stage) *live {
		l := s.begin(t, s.optional, nil)
		s.optional.Must(t, "AdminSetUserPassword", M{"UserPoolId": l.w.pool, "Username": l.user, "Password": password, "Permanent": false})
		return l.answers(l.byPassword(t, nil), M{"NEW_PASSWORD": "Quite-Another-9"})
	},
	"SELECT_CHALLENGE": func(t *testing.T, s *stage) *live {
		l := s.begin(t, s.optional, nil)
		return l.answers(l.choose(t, "", nil), M{"ANSWER": "PASSWORD", "PASSWORD": password})
	},
	"PASSWORD": func(t *testing.T, s *stage) *live {
		l := s.begin(t, s.optional, nil)
		return l.answers(l.choose(t, "PASSWORD", nil), M{"PASSWORD": password})
	},
	"PASSWORD_SRP": func(t *testing.T, s *stage) *live {
		l := s.begin(t, s.optional, nil)
		return l.answers(l.choose(t, "PASSWORD_SRP", nil), M{"SRP_A": srp.NewClient().Public()})
	},
	"PASSWORD_VERIFIER of USER_AUTH": func(t *testing.T, s *stage) *live {
		l, c := s.begin(t, s.optional, nil), srp.NewClient()
		return l.signs(t, c, l.choose(t, "PASSWORD_SRP", M{"SRP_A": c.Public()}))
	},
	"PASSWORD_VERIFIER of USER_SRP_AUTH": func(t *testing.T, s *stage) *live {
		l, c := s.begin(t, s.optional, nil), srp.NewClient()
		return l.signs(t, c, l.w.Must(t, "InitiateAuth", l.w.start("USER_SRP_AUTH", l.user, M{"SRP_A": c.Public()})))
	},
	"EMAIL_OTP": func(t *testing.T, s *stage) *live {
		l := s.begin(t, s.optional, nil)
		return l.answers(l.choose(t, "EMAIL_OTP", nil), M{"EMAIL_OTP_CODE": l.w.Code(t, mail(l.user))})
	},
	"SMS_OTP": func(t *testing.T, s *stage) *live {
		l := s.begin(t, s.optional, nil)
		return l.answers(l.choose(t, "SMS_OTP", nil), M{"SMS_OTP_CODE": l.w.Code(t, number(l.user))})
	},
	"WEB_AUTHN": func(t *testing.T, s *stage) *live {
		l, a := s.begin(t, s.optional, nil), &passkeytest.Authenticator{Counter: 1}
		l.token = M{"AccessToken": l.access(t)["AccessToken"]}
		l.w.registerPasskey(t, a, l.token["AccessToken"])
		a.Counter = 2
		out := l.choose(t, "WEB_AUTHN", nil)
		return l.answers(out, M{"CREDENTIAL": a.Assert(t, servertest.Text(out, "ChallengeParameters.CREDENTIAL_REQUEST_OPTIONS"))})
	},
	"SMS_MFA": func(t *testing.T, s *stage) *live {
		l := s.begin(t, s.optional, M{"SMSMfaSettings": preferred})
		return l.answers(l.byPassword(t, nil), M{"SMS_MFA_CODE": l.w.Code(t, number(l.user))})
	},
	"EMAIL_OTP after a password": func(t *testing.T, s *stage) *live {
		l := s.begin(t, s.optional, M{"EmailMfaSettings": preferred})
		return l.answers(l.byPassword(t, nil), M{"EMAIL_OTP_CODE": l.w.Code(t, mail(l.user))})
	},
	"SOFTWARE_TOKEN_MFA": func(t *testing.T, s *stage) *live {
		l := s.begin(t, s.optional, nil)
		a := l.w.register(t, l.access(t)["AccessToken"])
		return l.answers(l.byPassword(t, nil), M{"SOFTWARE_TOKEN_MFA_CODE": a.code(l.w.Now())})
	},
	"SELECT_MFA_TYPE": func(t *testing.T, s *stage) *live {
		l := s.begin(t, s.optional, M{"SMSMfaSettings": on, "EmailMfaSettings": on})
		return l.answers(l.byPassword(t, nil), M{"ANSWER": "SMS_MFA"})
	},
	"DEVICE_SRP_AUTH": func(t *testing.T, s *stage) *live {
		l, out := s.onDevice(t)
		return l.answers(out, M{"DEVICE_KEY": l.device.key, "SRP_A": srp.NewClient().Public()})
	},
	"DEVICE_PASSWORD_VERIFIER": func(t *testing.T, s *stage) *live {
		l, out := s.onDevice(t)
		c := srp.NewClient()
		asked := l.w.Must(t, l.op, l.answers(out, M{"DEVICE_KEY": l.device.key, "SRP_A": c.Public()}).in)
		text := func(name string) string { return servertest.Text(asked, "ChallengeParameters."+name) }
		signature, timestamp, err := c.Answer(srp.Identity{Scope: l.device.group, User: l.device.key}, l.device.secret,
			srp.Challenge{Salt: text("SALT"), Public: text("SRP_B"), Block: text("SECRET_BLOCK")}, l.w.Now())
		if err != nil {
			t.Fatal(err)
		}
		return l.answers(asked, M{"DEVICE_KEY": l.device.key, "TIMESTAMP": timestamp, "PASSWORD_CLAIM_SIGNATURE": signature,
			"PASSWORD_CLAIM_SECRET_BLOCK": text("SECRET_BLOCK")})
	},
	"MFA_SETUP by mail": func(t *testing.T, s *stage) *live {
		l := s.bare(t)
		return l.answers(l.byPassword(t, nil), M{"EMAIL": mail(l.user)})
	},
	"EMAIL_OTP to a new address": func(t *testing.T, s *stage) *live {
		l := s.bare(t)
		sent := l.w.Must(t, l.op, l.answers(l.byPassword(t, nil), M{"EMAIL": mail(l.user)}).in)
		return l.answers(sent, M{"EMAIL_OTP_CODE": l.w.Code(t, mail(l.user))})
	},
	"MFA_SETUP to associate": func(t *testing.T, s *stage) *live {
		l := s.bare(t)
		l.op, l.in = "AssociateSoftwareToken", M{"Session": l.byPassword(t, nil)["Session"]}
		return l
	},
	"MFA_SETUP to verify": func(t *testing.T, s *stage) *live {
		l := s.bare(t)
		out := l.w.Must(t, "AssociateSoftwareToken", M{"Session": l.byPassword(t, nil)["Session"]})
		l.op, l.in = "VerifySoftwareToken", M{"Session": out["Session"], "UserCode": app(t, out["SecretCode"]).code(l.w.Now())}
		return l
	},
	"MFA_SETUP verified": func(t *testing.T, s *stage) *live {
		l := s.bare(t)
		out := l.w.Must(t, "AssociateSoftwareToken", M{"Session": l.byPassword(t, nil)["Session"]})
		out = l.w.Must(t, "VerifySoftwareToken", M{"Session": out["Session"], "UserCode": app(t, out["SecretCode"]).code(l.w.Now())})
		return l.answers(M{"ChallengeName": "MFA_SETUP", "Session": out["Session"]}, nil)
	},
	"SIGNING_UP": func(t *testing.T, s *stage) *live {
		l, out := s.signUp(t)
		l.op, l.in = "ConfirmSignUp", M{
			"ClientId": l.w.client, "Username": l.user, "ConfirmationCode": l.w.Code(t, mail(l.user)), "Session": out["Session"],
		}
		return l
	},
	"SIGNED_UP": func(t *testing.T, s *stage) *live {
		l, _ := s.signUp(t)
		out := l.w.Must(t, "ConfirmSignUp", M{"ClientId": l.w.client, "Username": l.user, "ConfirmationCode": l.w.Code(t, mail(l.user))})
		l.op, l.in = "InitiateAuth", servertest.With(l.w.start("USER_AUTH", l.user, nil), M{"Session": out["Session"]})
		return l
	},
}

// bare is a user without a second factor where one is demanded.
func (s *stage) bare(t *testing.T) *live {
	t.Helper()
	s.users++
	l := &live{w: s.demanding, user: fmt.Sprintf("u%d", s.users), op: "RespondToAuthChallenge"}
	l.w.user(t, l.user, M{})
	l.w.Advance(time.Millisecond)
	return l
}

// signUp is a user who waits to be confirmed.
func (s *stage) signUp(t *testing.T) (*live, M) {
	t.Helper()
	s.users++
	l := &live{w: s.optional, user: fmt.Sprintf("u%d", s.users)}
	out := l.w.Must(t, "SignUp", M{"ClientId": l.w.client, "Username": l.user, "Password": password,
		"UserAttributes": servertest.Attributes("email", mail(l.user))})
	l.w.Advance(time.Millisecond)
	return l, out
}

// onDevice is a user who has a remembered device, and is asked for it.
func (s *stage) onDevice(t *testing.T) (*live, M) {
	t.Helper()
	l := s.begin(t, s.optional, nil)
	l.device = l.w.confirm(t, l.access(t))
	l.w.prefer(t, l.user, M{"SMSMfaSettings": preferred})
	return l, l.byPassword(t, M{"DEVICE_KEY": l.device.key})
}
