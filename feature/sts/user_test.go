package sts_test

import (
	"testing"
	"time"

	"cardea/engine/temporary"
	"cardea/record/accesskey"
	"cardea/server/servertest"
)

func TestRootSessionsLastAnHour(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		w = w.On("sts")
		for seconds, want := range map[int]time.Duration{0: time.Hour, 900: 15 * time.Minute, 3600: time.Hour, 129600: time.Hour} {
			in := M{"Name": "bob", "DurationSeconds": seconds}
			if seconds == 0 {
				delete(in, "DurationSeconds")
			}
			for operation, kind := range map[string]temporary.Kind{"GetSessionToken": temporary.SessionToken, "GetFederationToken": temporary.FederatedToken} {
				if operation == "GetSessionToken" {
					in = servertest.With(in, M{"Name": nil})
				}
				got := session(t, w, w.Must(t, operation, servertest.With(in, nil)))
				if got.Kind != kind || got.PrincipalID != "" || got.Expires.Sub(got.Issued) != want {
					t.Errorf("%s of %d seconds: got %+v", operation, seconds, got)
				}
				in["Name"] = "bob"
			}
		}
		w.Fails(t, "GetSessionToken", M{"SerialNumber": iamARN + "mfa/root", "TokenCode": "123456"}, "AccessDenied", "")
	})
}

func TestFederatedUsersAreNarrowed(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		w = w.On("sts")
		out := w.Must(t, "GetFederationToken", M{"Name": "bob", "Policy": narrow, "Tags": []M{{"Key": "Team", "Value": "x"}}})
		got := session(t, w, out)
		if got.Name != "bob" || got.Policy != narrow || got.Tags["Team"] != "x" || len(got.Transitive) != 0 {
			t.Errorf("got %+v", got)
		}
		if servertest.Text(out, "FederatedUser.Arn") != stsARN+"federated-user/bob" || servertest.Text(out, "FederatedUser.FederatedUserId") != servertest.Account+":bob" {
			t.Errorf("got %v", out)
		}
		w.Fails(t, "GetFederationToken", M{"Name": "bob", "Policy": "{}"}, "MalformedPolicyDocument", "")
	})
}

func TestAccessKeysTellTheirAccount(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		w = w.On("sts")
		key := temporaryKey(t, w)
		for id, known := range map[string]bool{
			key: true, storedKey(t, w, accesskey.NewID()).ID: true, "AKIAEXAMPLEEXAMPLE22": false, "ASIAEXAMPLE_EXAMPLE2": false, "ASIAEXAMPLEEXAMPLE222": false,
		} {
			in := M{"AccessKeyId": id}
			if !known {
				w.Fails(t, "GetAccessKeyInfo", in, "ValidationError", "")
			} else if got := w.Must(t, "GetAccessKeyInfo", in); got["Account"] != servertest.Account {
				t.Errorf("%s: got %v", id, got)
			}
		}
	})
}

func TestWhatNeedsAnOrganizationSaysSo(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		w = w.On("sts")
		w.Fails(t, "AssumeRoot", M{"TargetPrincipal": "210987654321", "TaskPolicyArn": M{"arn": "arn:aws:iam::aws:policy/root-task/IAMAuditRootUserCredentials"}},
			"AccessDenied", "AssumeRoot is for accounts of an AWS organization. This server has one account, and no organization.")
		w.Fails(t, "GetDelegatedAccessToken", M{"TradeInToken": "token"},
			"AccessDenied", "GetDelegatedAccessToken is for partners of AWS. This server has one account, and no delegation of access.")
		w.Fails(t, "DecodeAuthorizationMessage", M{"EncodedMessage": "bm9uZQ"}, "InvalidAuthorizationMessageException", "")
	})
}
