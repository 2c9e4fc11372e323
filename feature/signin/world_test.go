package signin_test

import (
	"encoding/base64"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"cardea/server/servertest"
	"cardea/spec/srp"
)

type M = servertest.M

const (
	password  = "Correct-Horse-9"
	temporary = "Temporary-1!"
	wrong     = "Incorrect username or password."
	locked    = "Password attempts exceeded"
)

// world is a server with one pool, one client that may do everything, and the confirmed user alice.
type world struct {
	*servertest.World
	pool, client string
}

func each(t *testing.T, body func(t *testing.T, w *world)) {
	t.Helper()
	eachWith(t, nil, nil, body)
}

// eachWith is each with settings of the pool and the client.
func eachWith(t *testing.T, pool, client M, body func(t *testing.T, w *world)) {
	t.Helper()
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.World) {
		body(t, furnish(t, s, pool, client))
	})
}

// furnish makes the pool, the client and alice.
func furnish(t *testing.T, s *servertest.World, pool, client M) *world {
	t.Helper()
	w := &world{World: s}
	w.pool = s.Pool(t, pool)
	all := M{"ExplicitAuthFlows": []string{
		"ALLOW_USER_SRP_AUTH", "ALLOW_USER_PASSWORD_AUTH", "ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH",
		"ALLOW_USER_AUTH",
	}}
	maps.Copy(all, client)
	w.client = s.Client(t, w.pool, all)
	w.user(t, "alice", M{})
	return w
}

// user makes a confirmed user.
func (w *world) user(t *testing.T, name string, overrides M) (sub string) {
	t.Helper()
	sub = w.invited(t, name, overrides)
	w.Must(t, "AdminSetUserPassword", M{"UserPoolId": w.pool, "Username": name, "Password": password, "Permanent": true})
	return sub
}

// invited makes a user with a temporary password.
func (w *world) invited(t *testing.T, name string, overrides M) (sub string) {
	t.Helper()
	in := M{"UserPoolId": w.pool, "Username": name, "TemporaryPassword": temporary, "MessageAction": "SUPPRESS"}
	maps.Copy(in, overrides)
	out := w.Must(t, "AdminCreateUser", in)
	for _, a := range out["User"].(M)["Attributes"].([]any) {
		if a.(M)["Name"] == "sub" {
			return a.(M)["Value"].(string)
		}
	}
	t.Fatal("the new user has no sub")
	return ""
}

// byPassword is a request of USER_PASSWORD_AUTH.
func (w *world) byPassword(name, pw string) M {
	return M{"ClientId": w.client, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": M{"USERNAME": name, "PASSWORD": pw}}
}

// exchange is a sign-in by SRP that waits for its answer.
type exchange struct {
	client     *srp.Client
	parameters M
}

func (w *world) challenge(t *testing.T, name string) exchange {
	t.Helper()
	c := srp.NewClient()
	out := w.Must(t, "InitiateAuth", M{
		"ClientId": w.client, "AuthFlow": "USER_SRP_AUTH", "AuthParameters": M{"USERNAME": name, "SRP_A": c.Public()},
	})
	if out["ChallengeName"] != "PASSWORD_VERIFIER" || out["Session"] != nil {
		t.Fatalf("USER_SRP_AUTH answers %v", out)
	}
	return exchange{client: c, parameters: out["ChallengeParameters"].(M)}
}

// answer is the request that answers an exchange.
func (w *world) answer(t *testing.T, x exchange, pw string) M {
	t.Helper()
	text := func(name string) string { return x.parameters[name].(string) }
	_, short, _ := strings.Cut(w.pool, "_")
	signature, timestamp, err := x.client.Answer(srp.Identity{Scope: short, User: text("USER_ID_FOR_SRP")}, pw,
		srp.Challenge{Salt: text("SALT"), Public: text("SRP_B"), Block: text("SECRET_BLOCK")}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return M{"ClientId": w.client, "ChallengeName": "PASSWORD_VERIFIER", "ChallengeResponses": M{
		"USERNAME": text("USER_ID_FOR_SRP"), "TIMESTAMP": timestamp, "PASSWORD_CLAIM_SIGNATURE": signature,
		"PASSWORD_CLAIM_SECRET_BLOCK": text("SECRET_BLOCK"),
	}}
}

// tokens checks an answer with tokens and gives them.
func tokens(t *testing.T, out M) M {
	t.Helper()
	result, ok := out["AuthenticationResult"].(M)
	if !ok || result["AccessToken"] == nil || result["IdToken"] == nil || result["TokenType"] != "Bearer" {
		t.Fatalf("no tokens in %v", out)
	}
	if parameters, ok := out["ChallengeParameters"].(M); !ok || len(parameters) != 0 {
		t.Errorf("ChallengeParameters beside tokens: %v, want {}", out["ChallengeParameters"])
	}
	return result
}

// attempt is the result of one of many requests sent at once.
type attempt struct {
	out M
	err error
}

// atOnce sends a request many times at once.
func (w *world) atOnce(times int, op string, in M) []attempt {
	attempts := make([]attempt, times)
	var wait sync.WaitGroup
	start := make(chan struct{})
	for i := range attempts {
		wait.Go(func() {
			<-start
			attempts[i].out, attempts[i].err = w.Call(op, in)
		})
	}
	close(start)
	wait.Wait()
	return attempts
}

// winners counts the answers that carry tokens, and checks what the others say.
func winners(t *testing.T, attempts []attempt, others ...string) (n int) {
	t.Helper()
	for _, a := range attempts {
		if a.err == nil && a.out["AuthenticationResult"] != nil {
			n++
			continue
		}
		expected := false
		for _, text := range others {
			expected = expected || a.err != nil && strings.Contains(a.err.Error(), text)
		}
		if !expected {
			t.Errorf("a loser was told %v, %v", a.out, a.err)
		}
	}
	return n
}

func flip(text string) string {
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		panic(err)
	}
	b[len(b)/2] ^= 1
	return base64.StdEncoding.EncodeToString(b)
}
