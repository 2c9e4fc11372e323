package signin_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"cardea/server/servertest"
	"cardea/spec/awsjson"
)

// eachKind runs body as a subtest for every kind of Session and SECRET_BLOCK, on both engines.
func eachKind(t *testing.T, body func(t *testing.T, s *stage, l *live, kind string)) {
	t.Helper()
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		s := newStage(t, w)
		for _, kind := range slices.Sorted(maps.Keys(kinds)) {
			body(t, s, kinds[kind](t, s), kind)
		}
	})
}

// fails sends a request that must be refused. The World fails the test if the interface does not list the fault.
func (l *live) fails(t *testing.T, what, op string, in M) {
	t.Helper()
	out, err := l.w.Call(op, in)
	fault, ok := err.(*awsjson.Fault)
	if !ok || fault.Status >= 500 {
		t.Fatalf("%s was taken: %v, %v", what, out, err)
	}
}

// responses are all that any challenge can be answered with, beside the right answer to this one.
func (l *live) responses() M {
	given, _ := l.in["ChallengeResponses"].(M)
	return servertest.With(M{
		"USERNAME": l.user, "PASSWORD": password, "NEW_PASSWORD": password, "ANSWER": "PASSWORD", "SRP_A": "2", "CREDENTIAL": "{}",
		"EMAIL": "e@example.com", "EMAIL_OTP_CODE": "00000000", "SMS_OTP_CODE": "00000000", "SMS_MFA_CODE": "000000",
		"SOFTWARE_TOKEN_MFA_CODE": "000000", "DEVICE_KEY": "us-east-1_01234567-89ab-cdef-0123-456789abcdef",
		"PASSWORD_CLAIM_SIGNATURE": "AAAA", "PASSWORD_CLAIM_SECRET_BLOCK": "AAAA", "TIMESTAMP": "Tue Nov 5 09:03:07 UTC 2024",
	}, given)
}

// steps are the requests that use the Session, or the SECRET_BLOCK, for another step.
func (l *live) steps() map[string][2]any {
	uses := map[string][2]any{}
	session, own := l.in["Session"], l.in["ChallengeName"]
	if l.op == "AssociateSoftwareToken" || l.op == "VerifySoftwareToken" {
		own = "MFA_SETUP"
	}
	for _, step := range steps {
		if own != step && !(own == "WEB_AUTHN" && step == "SELECT_CHALLENGE") { // a user who cancels may choose again
			uses[step] = [2]any{"RespondToAuthChallenge", M{
				"ClientId": l.w.client, "ChallengeName": step, "Session": session, "ChallengeResponses": l.responses(),
			}}
		}
	}
	if session == nil {
		return uses
	}
	if l.op != "InitiateAuth" && l.op != "ConfirmSignUp" { // USER_AUTH takes the Session of a sign-up, too
		uses["a sign-up confirmed"] = [2]any{"InitiateAuth", servertest.With(l.w.start("USER_AUTH", l.user, nil), M{"Session": session})}
	}
	if l.op != "ConfirmSignUp" {
		uses["a sign-up"] = [2]any{"ConfirmSignUp", M{"ClientId": l.w.client, "Username": l.user, "ConfirmationCode": "000000", "Session": session}}
	}
	if own != "MFA_SETUP" {
		uses["a factor to associate"] = [2]any{"AssociateSoftwareToken", M{"Session": session}}
		uses["a factor to verify"] = [2]any{"VerifySoftwareToken", M{"Session": session, "UserCode": "000000"}}
	}
	return uses
}

// others are the right request, but from another client, in another pool, or for another user.
func (l *live) others(t *testing.T, s *stage) map[string][2]any {
	t.Helper()
	uses := map[string][2]any{}
	if l.in["ClientId"] == nil {
		return uses // Associate and Verify know the user by the Session alone
	}
	elsewhere := s.demanding
	if l.w == elsewhere {
		elsewhere = s.optional
	}
	uses["another client"] = [2]any{l.op, servertest.With(l.in, M{"ClientId": l.w.another(t)})}
	uses["another pool"] = [2]any{l.op, servertest.With(l.in, M{"ClientId": elsewhere.client})}
	member := map[string]string{"InitiateAuth": "AuthParameters", "RespondToAuthChallenge": "ChallengeResponses"}[l.op]
	for _, name := range []string{s.bare(t).user, s.begin(t, s.optional, nil).user, "unknown", mail(l.user)} {
		if member == "" {
			uses["user "+name] = [2]any{l.op, servertest.With(l.in, M{"Username": name})}
			continue
		}
		uses["user "+name] = [2]any{l.op, servertest.With(l.in, M{member: servertest.With(l.in[member].(M), M{"USERNAME": name})})}
	}
	if member != "" {
		uses["an administrator of another pool"] = [2]any{"Admin" + l.op, servertest.With(l.in, M{"UserPoolId": elsewhere.pool})}
		uses["an administrator of another pool and client"] = [2]any{"Admin" + l.op,
			servertest.With(l.in, M{"UserPoolId": elsewhere.pool, "ClientId": elsewhere.client})}
	}
	return uses
}

// broken are the right request with a Session, and a block, that are too short or wrong in a place.
func (l *live) broken() map[string][2]any {
	uses := map[string][2]any{}
	spoil := func(what, text string, put func(text string) M) {
		for i := 0; i < len(text); i += 16 {
			uses[fmt.Sprintf("%s cut at %d", what, i)] = [2]any{l.op, put(text[:i])}
			c := byte('A')
			if text[i] == c {
				c = 'B'
			}
			uses[fmt.Sprintf("%s changed at %d", what, i)] = [2]any{l.op, put(text[:i] + string(c) + text[i+1:])}
		}
	}
	if session, ok := l.in["Session"].(string); ok {
		spoil("session", session, func(text string) M { return servertest.With(l.in, M{"Session": text}) })
	}
	given, _ := l.in["ChallengeResponses"].(M)
	if block, ok := given["PASSWORD_CLAIM_SECRET_BLOCK"].(string); ok {
		spoil("block", block, func(text string) M {
			return servertest.With(l.in, M{"ChallengeResponses": servertest.With(given, M{"PASSWORD_CLAIM_SECRET_BLOCK": text})})
		})
	}
	return uses
}

func TestASessionIsForItsStepAndUserAlone(t *testing.T) {
	eachKind(t, func(t *testing.T, s *stage, l *live, kind string) {
		for _, uses := range []map[string][2]any{l.steps(), l.others(t, s), l.broken()} {
			for what, use := range uses {
				l.fails(t, kind+" as that of "+what, use[0].(string), use[1].(M))
			}
		}
		// None of these requests counts as a guess or uses anything up.
		l.w.Must(t, l.op, l.in)
		if kind == "PASSWORD_SRP" { // begins an exchange, which proves nothing
			l.w.Must(t, l.op, l.in)
			return
		}
		l.fails(t, kind+" used again", l.op, l.in)
	})
}

func TestASessionEndsWithItsTime(t *testing.T) {
	eachKind(t, func(t *testing.T, _ *stage, l *live, kind string) {
		l.w.Advance(3*time.Minute + time.Second)
		l.fails(t, kind+" after its time", l.op, l.in)
	})
}

func TestASessionEndsWithWhatItIsOf(t *testing.T) {
	eachKind(t, func(t *testing.T, s *stage, _ *live, kind string) {
		for what, end := range map[string]func(l *live, who M){
			"another password": func(l *live, who M) {
				l.w.Must(t, "AdminSetUserPassword", servertest.With(who, M{"Password": "Quite-Another-9", "Permanent": true}))
			},
			"another temporary password": func(l *live, who M) {
				l.w.Must(t, "AdminSetUserPassword", servertest.With(who, M{"Password": "Quite-Another-9", "Permanent": false}))
			},
			"a disabled user": func(l *live, who M) { l.w.Must(t, "AdminDisableUser", who) },
			"a deleted user":  func(l *live, who M) { l.w.Must(t, "AdminDeleteUser", who) },
			"another user of the same name": func(l *live, who M) {
				l.w.Must(t, "AdminDeleteUser", who)
				l.w.user(t, l.user, M{"UserAttributes": servertest.Attributes("email", mail(l.user), "phone_number", number(l.user))})
			},
		} {
			l := kinds[kind](t, s)
			l.w.Advance(time.Second)
			end(l, M{"UserPoolId": l.w.pool, "Username": l.user})
			if kind == "PASSWORD_SRP" && what == "a disabled user" || kind == "SIGNING_UP" && what == "a disabled user" {
				continue // the next step refuses it
			}
			l.fails(t, kind+" of "+what, l.op, l.in)
		}
	})
}

func TestASessionEndsWithItsFactor(t *testing.T) {
	off := M{"Enabled": false}
	replaced := M{"SMSMfaSettings": off, "EmailMfaSettings": preferred}
	byKind := map[string]func(t *testing.T, l *live, who M){
		"SMS_MFA": func(t *testing.T, l *live, _ M) { l.w.prefer(t, l.user, replaced) },
		"EMAIL_OTP after a password": func(t *testing.T, l *live, _ M) {
			l.w.prefer(t, l.user, M{"EmailMfaSettings": off, "SMSMfaSettings": preferred})
		},
		"SOFTWARE_TOKEN_MFA": func(t *testing.T, l *live, who M) { l.w.Must(t, "AdminDeleteSoftwareToken", who) },
		"SELECT_MFA_TYPE":    func(t *testing.T, l *live, _ M) { l.w.prefer(t, l.user, replaced) },
		"WEB_AUTHN": func(t *testing.T, l *live, _ M) {
			id := servertest.Text(l.w.Must(t, "ListWebAuthnCredentials", l.token), "Credentials.0.CredentialId")
			l.w.Must(t, "DeleteWebAuthnCredential", servertest.With(l.token, M{"CredentialId": id}))
		},
	}
	forget := func(t *testing.T, l *live, who M) {
		l.w.Must(t, "AdminForgetDevice", servertest.With(who, M{"DeviceKey": l.device.key}))
	}
	byKind["DEVICE_SRP_AUTH"], byKind["DEVICE_PASSWORD_VERIFIER"] = forget, forget
	secondFactor := func(t *testing.T, l *live, _ M) { l.w.prefer(t, l.user, M{"SMSMfaSettings": preferred}) }
	for _, kind := range []string{"EMAIL_OTP", "SMS_OTP", "PASSWORD", "PASSWORD_VERIFIER of USER_AUTH", "PASSWORD_VERIFIER of USER_SRP_AUTH"} {
		byKind[kind] = secondFactor
	}
	reachable := func(t *testing.T, l *live, _ M) { l.w.give(t, l.user, "phone_number", number(l.user)) }
	for _, kind := range []string{"MFA_SETUP by mail", "EMAIL_OTP to a new address", "MFA_SETUP to associate", "MFA_SETUP to verify"} {
		byKind[kind] = reachable
	}

	eachKind(t, func(t *testing.T, _ *stage, l *live, kind string) {
		end, ok := byKind[kind]
		if !ok {
			return
		}
		end(t, l, M{"UserPoolId": l.w.pool, "Username": l.user})
		out, err := l.w.Call(l.op, l.in)
		if err == nil && out["ChallengeName"] != "SMS_MFA" && out["ChallengeName"] != "EMAIL_OTP" {
			t.Errorf("%s of what the user has no more gave %v", kind, out)
		}
	})
}
