package sts_test

import (
	"crypto/rand"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/engine/temporary"
	"cardea/platform/db"
	"cardea/record/policy"
	"cardea/server/servertest"
)

const narrow = `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::photos/*"}]}`

func TestAssumedRolesAnswerWhatTheirCredentialsSay(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		w = w.On("sts")
		arn := role(t, w, "Reader", rootTrust, 7200)
		out := w.Must(t, "AssumeRole", M{
			"RoleArn": arn, "RoleSessionName": "build-42", "DurationSeconds": 5400, "Policy": narrow,
			"PolicyArns": []M{{"arn": "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"}, {"arn": "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"}},
			"Tags":       []M{{"Key": "Team", "Value": "ä"}, {"Key": "Empty", "Value": ""}}, "TransitiveTagKeys": []string{"team"},
			"SourceIdentity": "alice", "ExternalId": "x1",
		})
		got := session(t, w, out)
		want := &temporary.Session{
			Kind: temporary.AssumedRole, Account: servertest.Account, PrincipalID: got.PrincipalID, Name: "build-42",
			Issued: w.Now().Truncate(time.Second), Expires: w.Now().Truncate(time.Second).Add(90 * time.Minute),
			Tags: map[string]string{"Team": "ä", "Empty": ""}, Transitive: []string{"Team"}, Policy: narrow,
			PolicyARNs: []string{"arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"}, SourceIdentity: "alice",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if servertest.Text(out, "AssumedRoleUser.Arn") != stsARN+"assumed-role/Reader/build-42" ||
			servertest.Text(out, "AssumedRoleUser.AssumedRoleId") != got.PrincipalID+":build-42" || !strings.HasPrefix(got.PrincipalID, "AROA") ||
			servertest.Text(out, "SourceIdentity") != "alice" {
			t.Errorf("got %v", out)
		}
		if size, _ := strconv.Atoi(servertest.Text(out, "PackedPolicySize")); size < 1 || size > 100 {
			t.Errorf("got a PackedPolicySize of %v", out["PackedPolicySize"])
		}
		if got := session(t, w, w.Must(t, "AssumeRole", M{"RoleArn": arn, "RoleSessionName": "plain"})); got.Expires.Sub(got.Issued) != time.Hour || got.Policy != "" {
			t.Errorf("without members: got %+v", got)
		}
	})
}

func TestRolesAreAssumedAsTheirTrustPolicySays(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		w = w.On("sts")
		root := `"AWS": "` + iamARN + `root"`
		external := role(t, w, "External", trusting(root, `"sts:AssumeRole"`, `"StringEquals": {"sts:ExternalId": "secret-7"}`), 0)
		plain := role(t, w, "Plain", trusting(root, `"sts:AssumeRole"`, ""), 0)
		named := role(t, w, "Named", trusting(root, `"sts:AssumeRole"`, `"StringLike": {"sts:RoleSessionName": "ci-*"}`), 0)
		other := role(t, w, "Other", trusting(`"AWS": "arn:aws:iam::999999999999:root"`, `"sts:AssumeRole"`, ""), 0)
		web := role(t, w, "Web", trusting(`"Federated": "cognito-identity.amazonaws.com"`, `"sts:AssumeRoleWithWebIdentity"`, `"StringEquals": {"cognito-identity.amazonaws.com:aud": "x"}`), 0)
		for name, c := range map[string]struct {
			in     M
			denied string // the action; empty: none
		}{
			"the external id":           {M{"RoleArn": external, "RoleSessionName": "ab", "ExternalId": "secret-7"}, ""},
			"another external id":       {M{"RoleArn": external, "RoleSessionName": "ab", "ExternalId": "secret-8"}, "AssumeRole"},
			"no external id":            {M{"RoleArn": external, "RoleSessionName": "ab"}, "AssumeRole"},
			"the session's name":        {M{"RoleArn": named, "RoleSessionName": "ci-1"}, ""},
			"another name":              {M{"RoleArn": named, "RoleSessionName": "cd-1"}, "AssumeRole"},
			"tags without TagSession":   {M{"RoleArn": plain, "RoleSessionName": "ab", "Tags": []M{{"Key": "a", "Value": "b"}}}, "TagSession"},
			"a source, not allowed":     {M{"RoleArn": plain, "RoleSessionName": "ab", "SourceIdentity": "alice"}, "SetSourceIdentity"},
			"another account":           {M{"RoleArn": other, "RoleSessionName": "ab"}, "AssumeRole"},
			"a role for tokens":         {M{"RoleArn": web, "RoleSessionName": "ab"}, "AssumeRole"},
			"no such role":              {M{"RoleArn": iamARN + "role/Nobody", "RoleSessionName": "ab"}, "AssumeRole"},
			"a role of another account": {M{"RoleArn": "arn:aws:iam::999999999999:role/Plain", "RoleSessionName": "ab"}, "AssumeRole"},
			"another path":              {M{"RoleArn": iamARN + "role/path/Plain", "RoleSessionName": "ab"}, "AssumeRole"},
		} {
			if c.denied == "" {
				session(t, w, w.Must(t, "AssumeRole", c.in))
				continue
			}
			out, err := w.Call("AssumeRole", c.in)
			want := "AccessDenied: User: " + iamARN + "root is not authorized to perform: sts:" + c.denied + " on resource: " + c.in["RoleArn"].(string)
			if err == nil || err.Error() != want {
				t.Errorf("%s: got %v, %v, want %s", name, out, err, want)
			}
		}
	})
}

func TestDurationsOfRolesAreBounded(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		w = w.On("sts")
		hour, long := role(t, w, "Hour", rootTrust, 0), role(t, w, "Long", rootTrust, 43200)
		const beyond = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
		for _, c := range []struct {
			arn     string
			seconds int
			fault   string // empty: none
		}{
			{hour, 900, ""},
			{hour, 3600, ""},
			{hour, 3601, beyond},
			{long, 43200, ""},
			{long, 43201, "1 validation error detected: Value '43201' at 'durationSeconds' failed to satisfy constraint: Member must have value less than or equal to 43200"},
			{long, 899, "1 validation error detected: Value '899' at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to 900"},
		} {
			in := M{"RoleArn": c.arn, "RoleSessionName": "ab", "DurationSeconds": c.seconds}
			if c.fault != "" {
				w.Fails(t, "AssumeRole", in, "ValidationError", c.fault)
				continue
			}
			if got := session(t, w, w.Must(t, "AssumeRole", in)); got.Expires.Sub(got.Issued) != time.Duration(c.seconds)*time.Second {
				t.Errorf("%d seconds: got %v to %v", c.seconds, got.Issued, got.Expires)
			}
		}
	})
}

func TestWhatNarrowsSessionsIsChecked(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		w = w.On("sts")
		arn := role(t, w, "Reader", rootTrust, 0)
		own := iamARN + "policy/own"
		err := w.DB.Write(t.Context(), func(tx *db.Tx) error {
			return policy.Insert(tx, &policy.Managed{ARN: own, Name: "own", Path: "/"}, narrow)
		})
		if err != nil {
			t.Fatal(err)
		}
		arns := func(list ...string) (all []M) {
			for _, arn := range list {
				all = append(all, M{"arn": arn})
			}
			return all
		}
		var many []string
		for i := range 11 {
			many = append(many, iamARN+"policy/p"+strconv.Itoa(i))
		}
		var tags []M
		for i := range 50 {
			tags = append(tags, M{"Key": "key" + strconv.Itoa(i), "Value": rand.Text() + rand.Text() + rand.Text() + rand.Text()})
		}
		for name, c := range map[string]struct {
			in            M
			code, message string
		}{
			"own policy":        {M{"PolicyArns": arns(own)}, "", ""},
			"no policy":         {M{"Policy": "{}"}, "MalformedPolicyDocument", ""},
			"a trust policy":    {M{"Policy": rootTrust}, "MalformedPolicyDocument", ""},
			"a long policy":     {M{"Policy": narrow + strings.Repeat(" ", 2048)}, "ValidationError", "1 validation error detected: Value at 'policy' failed to satisfy constraint: Member must have length less than or equal to 2048"},
			"eleven policies":   {M{"PolicyArns": arns(many...)}, "ValidationError", "1 validation error detected: Value at 'policyArns' failed to satisfy constraint: Member must have length less than or equal to 10"},
			"an unknown policy": {M{"PolicyArns": arns(own, iamARN+"policy/gone")}, "MalformedPolicyDocument", "Policy " + iamARN + "policy/gone does not exist or is not attachable."},
			"AWS's, unknown":    {M{"PolicyArns": arns("arn:aws:iam::aws:policy/NoSuchThing")}, "MalformedPolicyDocument", ""},
			"no policy's ARN":   {M{"PolicyArns": arns(arn)}, "ValidationError", "ARN " + arn + " is not valid."},
			"a tag twice":       {M{"Tags": []M{{"Key": "a", "Value": "1"}, {"Key": "A", "Value": "2"}}}, "InvalidParameterValue", "Duplicate tag keys found. Please note that Tag keys are case insensitive."},
			"a tag of AWS's":    {M{"Tags": []M{{"Key": "AWS:a", "Value": "1"}}}, "InvalidParameterValue", ""},
			"not a tag":         {M{"Tags": []M{{"Key": "a", "Value": "1"}}, "TransitiveTagKeys": []string{"b"}}, "InvalidParameterValue", ""},
			"AWS's source":      {M{"SourceIdentity": "aws:x"}, "ValidationError", ""},
			"large tags":        {M{"Tags": tags}, "PackedPolicyTooLarge", ""},
			"a code":            {M{"SerialNumber": iamARN + "mfa/alice", "TokenCode": "123456"}, "AccessDenied", ""},
			"contexts":          {M{"ProvidedContexts": []M{{"ProviderArn": iamARN + "context/x"}}}, "ValidationError", ""},
			"no role's ARN":     {M{"RoleArn": "arn:aws:s3:::photos-and-more"}, "AccessDenied", ""},
		} {
			in := servertest.With(M{"RoleArn": arn, "RoleSessionName": "ab"}, c.in)
			if c.code == "" {
				w.Must(t, "AssumeRole", in)
				continue
			}
			t.Run(name, func(t *testing.T) { w.Fails(t, "AssumeRole", in, c.code, c.message) })
		}
	})
}
