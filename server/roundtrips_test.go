package server_test

import (
	"strings"
	"testing"
	"time"

	"cardea/platform/db/dbtest"
	"cardea/server/servertest"
	"cardea/spec/id"
	"cardea/spec/srp"
)

// cost is what a use of the server costs at the database.
type cost struct {
	transactions int
	statements   int // BEGIN and COMMIT not included
	roundTrips   int // on PostgreSQL, those of BEGIN and COMMIT included
}

// The figures are those of requests that find in memory what is kept there. One that has to grow is for the commit that makes it
// grow to defend.
var counted = []struct {
	name string
	most cost
	use  func(u *counting, t *testing.T)
}{
	{"sign-in by password", cost{2, 7, 5}, (*counting).byPassword},
	{"sign-in by SRP", cost{3, 10, 6}, (*counting).bySRP},
	{"sign-in by password and code", cost{3, 13, 9}, (*counting).byPasswordAndCode},
	{"refresh", cost{1, 4, 3}, (*counting).refresh},
	{"rotating refresh", cost{2, 7, 4}, (*counting).rotate},
	{"GetUser", cost{1, 3, 1}, (*counting).getUser},
	{"signed AdminGetUser", cost{1, 2, 2}, (*counting).adminGetUser},
	{"forged refresh token", cost{1, 1, 1}, (*counting).forgedRefresh},
	{"SignUp", cost{3, 6, 5}, (*counting).signUp},
}

// Latency on PostgreSQL is round trips times the way to the server.
func TestFlowsTakeFewStatementsAndRoundTrips(t *testing.T) {
	t.Parallel()
	dbtest.EachURL(t, func(t *testing.T, url string) {
		u := newCounting(t, servertest.New(t, url, enforcing))
		for _, flow := range counted {
			got := u.cheapest(t, flow.use)
			t.Logf("%s cost %+v", flow.name, got)
			most := flow.most
			if u.DB.Engine() == "sqlite" {
				most.roundTrips = 0
			}
			if got.transactions > most.transactions || got.statements > most.statements || got.roundTrips > most.roundTrips {
				t.Errorf("%s cost %+v, want at most %+v", flow.name, got, most)
			}
		}
	})
}

// counting is somebody whose requests are counted.
type counting struct {
	*servertest.World
	root  *servertest.World
	count *servertest.Count

	pool             string
	client, rotating string // the second rotates refresh tokens
	session          M      // tokens of the first
	newest           string // refresh token of the second
	software         string // the secret of bob's software token
}

func newCounting(t *testing.T, w *servertest.World) *counting {
	t.Helper()
	u := &counting{}
	u.World, u.count = w.Counted()
	u.root = u.Root(t)
	u.pool = u.root.Pool(t, nil)
	u.client = u.root.Client(t, u.pool, nil)
	u.rotating = u.root.Client(t, u.pool, M{
		"ExplicitAuthFlows": []string{"ALLOW_USER_PASSWORD_AUTH"}, "RefreshTokenRotation": M{"Feature": "ENABLED"},
	})
	u.root.Must(t, "SetUserPoolMfaConfig", M{
		"UserPoolId": u.pool, "MfaConfiguration": "OPTIONAL", "SoftwareTokenMfaConfiguration": M{"Enabled": true},
	})
	u.root.User(t, u.pool, "alice", "email", "alice@example.com")
	u.root.User(t, u.pool, "bob")
	u.session = u.SignIn(t, u.client, "alice")
	u.newest = servertest.Text(u.SignIn(t, u.rotating, "alice"), "RefreshToken")

	bobs := u.SignIn(t, u.client, "bob")["AccessToken"]
	u.software = u.SoftwareToken(t, bobs)
	u.Must(t, "SetUserMFAPreference", M{"AccessToken": bobs, "SoftwareTokenMfaSettings": M{"Enabled": true, "PreferredMfa": true}})
	return u
}

// cheapest is what the cheapest of some uses has cost: others fill what is kept in memory, or met a job of the server.
func (u *counting) cheapest(t *testing.T, use func(u *counting, t *testing.T)) (least cost) {
	t.Helper()
	for i := range 4 {
		u.count.Take()
		use(u, t)
		var c cost
		for _, one := range u.count.Take() {
			c.transactions++
			c.statements += one.Statements
			c.roundTrips += one.RoundTrips
		}
		if i == 0 || c.roundTrips < least.roundTrips || c.statements < least.statements {
			least = c
		}
	}
	return least
}

func (u *counting) byPassword(t *testing.T) { u.SignIn(t, u.client, "alice") }

func (u *counting) bySRP(t *testing.T) {
	exchange := srp.NewClient()
	p, _ := u.Must(t, "InitiateAuth", M{
		"ClientId": u.client, "AuthFlow": "USER_SRP_AUTH", "AuthParameters": M{"USERNAME": "alice", "SRP_A": exchange.Public()},
	})["ChallengeParameters"].(M)
	given := func(name string) string { return servertest.Text(p, name) }
	_, scope, _ := strings.Cut(u.pool, "_")
	signature, timestamp, err := exchange.Answer(
		srp.Identity{Scope: scope, User: given("USER_ID_FOR_SRP")}, servertest.Password,
		srp.Challenge{Salt: given("SALT"), Public: given("SRP_B"), Block: given("SECRET_BLOCK")}, u.Now())
	if err != nil {
		t.Fatal(err)
	}
	u.Must(t, "RespondToAuthChallenge", M{
		"ClientId": u.client, "ChallengeName": "PASSWORD_VERIFIER", "ChallengeResponses": M{
			"USERNAME": given("USER_ID_FOR_SRP"), "PASSWORD_CLAIM_SECRET_BLOCK": given("SECRET_BLOCK"),
			"PASSWORD_CLAIM_SIGNATURE": signature, "TIMESTAMP": timestamp,
		},
	})
}

func (u *counting) byPasswordAndCode(t *testing.T) {
	u.Advance(30 * time.Second)
	asked := u.Must(t, "InitiateAuth", M{
		"ClientId": u.client, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": M{"USERNAME": "bob", "PASSWORD": servertest.Password},
	})
	u.Must(t, "RespondToAuthChallenge", M{
		"ClientId": u.client, "ChallengeName": "SOFTWARE_TOKEN_MFA", "Session": asked["Session"],
		"ChallengeResponses": M{"USERNAME": "bob", "SOFTWARE_TOKEN_MFA_CODE": u.SoftwareCode(t, u.software)},
	})
}

func (u *counting) refresh(t *testing.T) {
	u.Must(t, "InitiateAuth", M{
		"ClientId": u.client, "AuthFlow": "REFRESH_TOKEN_AUTH", "AuthParameters": M{"REFRESH_TOKEN": u.session["RefreshToken"]},
	})
}

func (u *counting) rotate(t *testing.T) {
	out := u.Must(t, "GetTokensFromRefreshToken", M{"ClientId": u.rotating, "RefreshToken": u.newest})
	u.newest = servertest.Text(out, "AuthenticationResult.RefreshToken")
}

// forgedRefresh shows that strangers cannot have write transactions begun.
func (u *counting) forgedRefresh(t *testing.T) {
	forged := strings.Replace(u.newest, u.newest[60:70], "AAAAAAAAAA", 1)
	u.Fails(t, "GetTokensFromRefreshToken", M{"ClientId": u.rotating, "RefreshToken": forged}, "NotAuthorizedException", "Invalid Refresh Token")
}

func (u *counting) signUp(t *testing.T) {
	u.Must(t, "SignUp", M{"ClientId": u.client, "Username": "carol-" + string(id.NewSub()), "Password": servertest.Password})
}

func (u *counting) getUser(t *testing.T) {
	u.Must(t, "GetUser", M{"AccessToken": u.session["AccessToken"]})
}

func (u *counting) adminGetUser(t *testing.T) {
	u.root.Must(t, "AdminGetUser", M{"UserPoolId": u.pool, "Username": "alice"})
}
