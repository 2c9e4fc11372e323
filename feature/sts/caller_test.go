package sts_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/engine/temporary"
	"cardea/server/servertest"
	"cardea/spec/sigv4"
)

// whoami is what GetCallerIdentity says of who has a key.
func whoami(t testing.TB, w *servertest.World, key sigv4.Key) M {
	t.Helper()
	return w.As(key).Must(t, "GetCallerIdentity", nil)
}

func TestCallersAreWhoTheirCredentialsSay(t *testing.T) {
	t.Parallel()
	enforced(t, func(t *testing.T, w *servertest.World) {
		alice, aliceID := user(t, w, "alice", allowing(`"sts:GetFederationToken"`))
		arn := role(t, w, "Worker", trusting(`"AWS": "`+iamARN+`user/alice"`, `"sts:AssumeRole"`, ""), 0)
		worker := w.As(alice).Must(t, "AssumeRole", M{"RoleArn": arn, "RoleSessionName": "job"})
		federated := w.As(alice).Must(t, "GetFederationToken", M{"Name": "bob"})
		roleID := session(t, w, worker).PrincipalID
		for name, c := range map[string]struct {
			key         sigv4.Key
			userID, arn string
		}{
			"a user":           {alice, aliceID, iamARN + "user/alice"},
			"a user's session": {keyOf(w.As(alice).Must(t, "GetSessionToken", nil)), aliceID, iamARN + "user/alice"},
			"an assumed role":  {keyOf(worker), roleID + ":job", stsARN + "assumed-role/Worker/job"},
			"a federated user": {keyOf(federated), servertest.Account + ":bob", stsARN + "federated-user/bob"},
			"root's session":   {keyOf(w.Must(t, "GetSessionToken", nil)), servertest.Account, iamARN + "root"},
			"root's federated": {keyOf(w.Must(t, "GetFederationToken", M{"Name": "bob"})), servertest.Account + ":bob", stsARN + "federated-user/bob"},
		} {
			want := M{"UserId": c.userID, "Account": servertest.Account, "Arn": c.arn}
			if diff := cmp.Diff(want, whoami(t, w, c.key)); diff != "" {
				t.Error(name, diff)
			}
		}
		if diff := cmp.Diff(M{"UserId": servertest.Account, "Account": servertest.Account, "Arn": iamARN + "root"}, w.Must(t, "GetCallerIdentity", nil)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestUsersAssumeRolesThatBothSidesAllow(t *testing.T) {
	t.Parallel()
	enforced(t, func(t *testing.T, w *servertest.World) {
		allowed, _ := user(t, w, "allowed", allowing(`"sts:AssumeRole"`))
		plain, _ := user(t, w, "plain", "")
		account := role(t, w, "Account", rootTrust, 0)
		named := role(t, w, "Named", trusting(`"AWS": "`+iamARN+`user/plain"`, `"sts:AssumeRole"`, ""), 0)
		for name, c := range map[string]struct {
			key    sigv4.Key
			arn    string
			denied string // empty: none
		}{
			"the account is trusted, and the policy allows": {allowed, account, ""},
			"the account is trusted alone":                  {plain, account, "user/plain is not authorized to perform: sts:AssumeRole on resource: " + account + " because no identity-based policy allows the sts:AssumeRole action"},
			"the user is trusted":                           {plain, named, ""},
			"another user is trusted":                       {allowed, named, "user/allowed is not authorized to perform: sts:AssumeRole on resource: " + named},
		} {
			in := M{"RoleArn": c.arn, "RoleSessionName": "ab"}
			if c.denied == "" {
				session(t, w, w.As(c.key).Must(t, "AssumeRole", in))
				continue
			}
			t.Run(name, func(t *testing.T) {
				w.As(c.key).Fails(t, "AssumeRole", in, "AccessDenied", "User: "+iamARN+c.denied)
			})
		}
	})
}

func TestChainsOfRolesKeepWhatIsHandedOn(t *testing.T) {
	t.Parallel()
	enforced(t, func(t *testing.T, w *servertest.World) {
		first, second := role(t, w, "First", rootTrust, 43200), role(t, w, "Second", rootTrust, 43200)
		w.On("iam").Must(t, "PutRolePolicy", M{
			"RoleName": "First", "PolicyName": "own", "PolicyDocument": allowing(`"sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"`),
		})
		w.On("iam").Must(t, "PutRolePolicy", M{
			"RoleName": "Second", "PolicyName": "own", "PolicyDocument": allowing(`"sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"`),
		})
		bottom := w.As(keyOf(w.Must(t, "AssumeRole", M{
			"RoleArn": first, "RoleSessionName": "one", "SourceIdentity": "alice", "DurationSeconds": 43200,
			"Tags": []M{{"Key": "Team", "Value": "x"}, {"Key": "Job", "Value": "y"}}, "TransitiveTagKeys": []string{"Team"},
		})))
		chained := bottom.Must(t, "AssumeRole", M{"RoleArn": second, "RoleSessionName": "two", "Tags": []M{{"Key": "Step", "Value": "2"}}})
		got := session(t, w, chained)
		if !got.Chained || got.SourceIdentity != "alice" || !cmp.Equal(got.Tags, map[string]string{"Team": "x", "Step": "2"}) ||
			!cmp.Equal(got.Transitive, []string{"Team"}) || got.Expires.Sub(got.Issued) != time.Hour || servertest.Text(chained, "SourceIdentity") != "alice" {
			t.Errorf("got %+v", got)
		}
		again := session(t, w, w.As(keyOf(chained)).Must(t, "AssumeRole", M{"RoleArn": first, "RoleSessionName": "three"}))
		if !cmp.Equal(again.Tags, map[string]string{"Team": "x"}) || again.SourceIdentity != "alice" {
			t.Errorf("got %+v", again)
		}

		in := M{"RoleArn": second, "RoleSessionName": "two"}
		bottom.Fails(t, "AssumeRole", servertest.With(in, M{"DurationSeconds": 3601}), "ValidationError",
			"The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.")
		bottom.Must(t, "AssumeRole", servertest.With(in, M{"DurationSeconds": 3600, "SourceIdentity": "alice"}))
		bottom.Fails(t, "AssumeRole", servertest.With(in, M{"SourceIdentity": "mallory"}), "AccessDenied",
			"User: "+stsARN+"assumed-role/First/one is not authorized to perform: sts:SetSourceIdentity on resource: "+second)
		bottom.Fails(t, "AssumeRole", servertest.With(in, M{"Tags": []M{{"Key": "team", "Value": "z"}}}), "InvalidParameterValue",
			"One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.")
	})
}

func TestSessionsCannotProlongThemselves(t *testing.T) {
	t.Parallel()
	enforced(t, func(t *testing.T, w *servertest.World) {
		alice, _ := user(t, w, "alice", allowing(`"sts:*"`))
		arn := role(t, w, "Worker", rootTrust, 0)
		w.On("iam").Must(t, "PutRolePolicy", M{"RoleName": "Worker", "PolicyName": "own", "PolicyDocument": allowing(`"sts:*"`)})
		a := w.As(alice)
		for name, key := range map[string]sigv4.Key{
			"user": keyOf(a.Must(t, "GetSessionToken", nil)), "federated": keyOf(a.Must(t, "GetFederationToken", M{"Name": "bob", "Policy": allowing(`"*"`)})),
			"role": keyOf(a.Must(t, "AssumeRole", M{"RoleArn": arn, "RoleSessionName": "ab"})),
		} {
			t.Run(name, func(t *testing.T) {
				w.As(key).Fails(t, "GetSessionToken", nil, "AccessDenied", "Cannot call GetSessionToken with session credentials")
				w.As(key).Fails(t, "GetFederationToken", M{"Name": "bob"}, "AccessDenied", "Cannot call GetFederationToken with session credentials")
			})
		}
		for seconds, want := range map[int]time.Duration{900: 15 * time.Minute, 129600: 36 * time.Hour} {
			got := session(t, w, a.Must(t, "GetSessionToken", M{"DurationSeconds": seconds}))
			if got.Expires.Sub(got.Issued) != want || got.Kind != temporary.SessionToken || got.AccessKeyID != alice.ID {
				t.Errorf("%d seconds: got %+v", seconds, got)
			}
		}
		if got := session(t, w, a.Must(t, "GetSessionToken", nil)); got.Expires.Sub(got.Issued) != 12*time.Hour {
			t.Errorf("got %+v", got)
		}
	})
}

func TestSessionsEndWithWhatTheyAreOf(t *testing.T) {
	t.Parallel()
	enforced(t, func(t *testing.T, w *servertest.World) {
		alice, _ := user(t, w, "alice", allowing(`"sts:AssumeRole"`))
		role(t, w, "Worker", rootTrust, 0)
		of := keyOf(w.As(alice).Must(t, "GetSessionToken", nil))
		worker := keyOf(w.As(alice).Must(t, "AssumeRole", M{"RoleArn": iamARN + "role/Worker", "RoleSessionName": "ab"}))
		const gone = "The security token included in the request is invalid."

		other := of
		other.ID = worker.ID
		w.As(other).Fails(t, "GetCallerIdentity", nil, "InvalidClientTokenId", gone)
		other = of
		other.Secret = worker.Secret
		w.As(other).Fails(t, "GetCallerIdentity", nil, "SignatureDoesNotMatch", "")
		other = of
		other.SessionToken = ""
		w.As(other).Fails(t, "GetCallerIdentity", nil, "InvalidClientTokenId", gone)

		w.On("iam").Must(t, "UpdateAccessKey", M{"UserName": "alice", "AccessKeyId": alice.ID, "Status": "Inactive"})
		w.As(of).Fails(t, "GetCallerIdentity", nil, "InvalidClientTokenId", gone)
		w.On("iam").Must(t, "DeleteRole", M{"RoleName": "Worker"})
		w.As(worker).Fails(t, "GetCallerIdentity", nil, "InvalidClientTokenId", gone)
		role(t, w, "Worker", rootTrust, 0) // of the same name
		w.As(worker).Fails(t, "GetCallerIdentity", nil, "InvalidClientTokenId", gone)

		expires := keyOf(w.Must(t, "GetSessionToken", M{"DurationSeconds": 900}))
		w.Advance(15*time.Minute - time.Second)
		whoami(t, w, expires)
		w.Advance(time.Second)
		w.As(expires).Fails(t, "GetCallerIdentity", nil, "ExpiredToken", "The security token included in the request is expired")
	})
}

// What a session may do is both what its role or user may, and what it was narrowed to.
func TestSessionsAreNarrowedByWhatWasPassed(t *testing.T) {
	t.Parallel()
	enforced(t, func(t *testing.T, w *servertest.World) {
		alice, _ := user(t, w, "alice", allowing(`"sts:*", "cognito-idp:ListUserPools"`))
		role(t, w, "Worker", rootTrust, 0)
		w.On("iam").Must(t, "PutRolePolicy", M{"RoleName": "Worker", "PolicyName": "own", "PolicyDocument": allowing(`"cognito-idp:ListUserPools"`)})
		a, in := w.As(alice), M{"RoleArn": iamARN + "role/Worker", "RoleSessionName": "ab"}
		pools, other := allowing(`"cognito-idp:*"`), allowing(`"s3:*"`)
		for name, c := range map[string]struct {
			key     sigv4.Key
			allowed bool
		}{
			"a role":                        {keyOf(a.Must(t, "AssumeRole", in)), true},
			"a role, to the same":           {keyOf(a.Must(t, "AssumeRole", servertest.With(in, M{"Policy": pools}))), true},
			"a role, to something else":     {keyOf(a.Must(t, "AssumeRole", servertest.With(in, M{"Policy": other}))), false},
			"a role, to a managed policy":   {keyOf(a.Must(t, "AssumeRole", servertest.With(in, M{"PolicyArns": []M{{"arn": "arn:aws:iam::aws:policy/AdministratorAccess"}}}))), true},
			"a role, to another":            {keyOf(a.Must(t, "AssumeRole", servertest.With(in, M{"PolicyArns": []M{{"arn": "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"}}}))), false},
			"a user's session":              {keyOf(a.Must(t, "GetSessionToken", nil)), true},
			"a federated user, not at all":  {keyOf(a.Must(t, "GetFederationToken", M{"Name": "bob"})), false},
			"a federated user":              {keyOf(a.Must(t, "GetFederationToken", M{"Name": "bob", "Policy": pools})), true},
			"a federated user, beyond":      {keyOf(a.Must(t, "GetFederationToken", M{"Name": "bob", "Policy": other})), false},
			"root's federated, not at all":  {keyOf(w.Must(t, "GetFederationToken", M{"Name": "bob"})), false},
			"root's federated, with policy": {keyOf(w.Must(t, "GetFederationToken", M{"Name": "bob", "Policy": pools})), true},
		} {
			_, err := w.As(c.key).On("cognito-idp").Call("ListUserPools", M{"MaxResults": 1})
			if (err == nil) != c.allowed {
				t.Errorf("%s: got %v", name, err)
			}
		}
	})
}
