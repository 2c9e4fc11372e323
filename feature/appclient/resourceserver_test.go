package appclient_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cardea/server/servertest"
)

func TestResourceServersAreMadeChangedAndTaken(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		p, other := w.Pool(t, nil), w.Pool(t, nil)
		of := M{"UserPoolId": p, "Identifier": "https://api.example.com/v1"}
		given := servertest.With(of, M{"Name": "API", "Scopes": []any{
			M{"ScopeName": "read", "ScopeDescription": "see things"},
			M{"ScopeName": "write", "ScopeDescription": "change things"},
		}})
		created := w.Must(t, "CreateResourceServer", given)
		if diff := cmp.Diff(M{"ResourceServer": given}, created); diff != "" {
			t.Errorf("given (-), created (+):\n%s", diff)
		}
		if diff := cmp.Diff(created, w.Must(t, "DescribeResourceServer", of)); diff != "" {
			t.Errorf("created (-), described (+):\n%s", diff)
		}
		w.Fails(t, "CreateResourceServer", given, "InvalidParameterException", "https://api.example.com/v1 already exists in user pool "+p+".")
		w.Must(t, "CreateResourceServer", servertest.With(given, M{"UserPoolId": other}))

		changed := servertest.With(of, M{"Name": "New"})
		w.Must(t, "UpdateResourceServer", changed)
		if diff := cmp.Diff(M{"ResourceServer": changed}, w.Must(t, "DescribeResourceServer", of)); diff != "" {
			t.Errorf("changed (-), described (+):\n%s", diff)
		}

		w.Must(t, "DeleteResourceServer", of)
		const gone = "Resource server https://api.example.com/v1 does not exist."
		w.Fails(t, "DescribeResourceServer", of, "ResourceNotFoundException", gone)
		w.Fails(t, "UpdateResourceServer", changed, "ResourceNotFoundException", gone)
		w.Fails(t, "DeleteResourceServer", of, "ResourceNotFoundException", gone)
		w.Must(t, "DescribeResourceServer", servertest.With(of, M{"UserPoolId": other}))
	})
}

func TestResourceServersRefuseDuplicatesAndReservedNames(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		p := w.Pool(t, nil)
		scope := M{"ScopeName": "read", "ScopeDescription": "see things"}
		w.Fails(t, "CreateResourceServer", M{"UserPoolId": p, "Identifier": "api", "Name": "API", "Scopes": []M{scope, scope}}, "InvalidParameterException", "")
		w.Fails(t, "CreateResourceServer", M{"UserPoolId": p, "Identifier": "aws.cognito/dcr", "Name": "API"}, "InvalidParameterException", "")
		for _, operation := range []string{"CreateResourceServer", "UpdateResourceServer"} {
			w.Fails(t, operation, M{"UserPoolId": "us-east-1_nowhere00", "Identifier": "api", "Name": "API"}, "ResourceNotFoundException", "User pool us-east-1_nowhere00 does not exist.")
		}
	})
}

func TestListShowsEveryResourceServerOnce(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		p := w.Pool(t, nil)
		for i := range 5 {
			w.Must(t, "CreateResourceServer", M{"UserPoolId": p, "Identifier": fmt.Sprint("api", i), "Name": "API"})
		}
		var got []string
		request := M{"UserPoolId": p, "MaxResults": 2}
		for {
			out := w.Must(t, "ListResourceServers", request)
			for _, item := range out["ResourceServers"].([]any) {
				got = append(got, servertest.Text(item.(M), "Identifier"))
			}
			if out["NextToken"] == nil {
				break
			}
			request["NextToken"] = out["NextToken"]
		}
		if diff := cmp.Diff([]string{"api0", "api1", "api2", "api3", "api4"}, got); diff != "" {
			t.Errorf("want (-), got (+):\n%s", diff)
		}
		w.Fails(t, "ListResourceServers", M{"UserPoolId": p, "NextToken": "garbage"}, "InvalidParameterException", "Invalid pagination token.")
	})
}
