package userpool_test

import (
	"testing"

	"cardea/feature/userpool"
	"cardea/platform/config"
	"cardea/server"
	"cardea/server/servertest"
)

func TestFunctionsThatTheServerCannotInvokeAreRefused(t *testing.T) {
	t.Parallel()
	const known, unknown = "arn:aws:lambda:us-east-1:123456789012:function:known", "arn:aws:lambda:us-east-1:123456789012:function:unknown"
	configured := func(c *server.Config) {
		c.Functions = []config.Function{{Name: "known", Lambda: "https://lambda.us-east-1.amazonaws.com"}}
	}
	servertest.EachWith(t, configured, func(t *testing.T, w *servertest.World) {
		named := func(arn string) M { return M{"LambdaConfig": M{"PreSignUp": arn}} }
		kept := w.Pool(t, named(unknown)) // a development server takes any
		w.Server.API.Userpool.(*userpool.Service).UnknownFunctions = false

		const refusal = "No function is configured on this server for " + unknown
		w.Fails(t, "CreateUserPool", servertest.With(M{"PoolName": "p"}, named(unknown)), "InvalidParameterException", refusal)
		w.Fails(t, "CreateUserPool", servertest.With(M{"PoolName": "p"}, named("arn:aws:sqs:us-east-1:123456789012:queue")), "InvalidParameterException",
			"arn:aws:sqs:us-east-1:123456789012:queue is not a valid Lambda function ARN")
		pool := w.Pool(t, named(known))
		w.Fails(t, "UpdateUserPool", servertest.With(M{"UserPoolId": pool}, named(unknown)), "InvalidParameterException", refusal)
		if got := servertest.Text(w.Must(t, "DescribeUserPool", M{"UserPoolId": pool}), "UserPool.LambdaConfig.PreSignUp"); got != known {
			t.Errorf("after a refused change the pool names %s", got)
		}

		// The function that a pool has stays valid when other settings are changed, and may be taken away.
		w.Must(t, "UpdateUserPool", servertest.With(M{"UserPoolId": kept, "MfaConfiguration": "OFF"}, named(unknown)))
		w.Must(t, "UpdateUserPool", M{"UserPoolId": kept})
		w.Fails(t, "UpdateUserPool", servertest.With(M{"UserPoolId": kept}, named(unknown)), "InvalidParameterException", refusal)
	})
}
