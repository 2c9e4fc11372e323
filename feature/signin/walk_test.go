package signin_test

import (
	"encoding/base64"
	"encoding/json"
	"flag"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"cardea/platform/db/dbtest"
	"cardea/server"
	"cardea/server/servertest"
	"cardea/spec/awsjson"
	"cardea/spec/srp"
)

// By default there are 60 walks, which take a few seconds; -rapid.checks=5000 makes more, -rapid.seed=N repeats a run. The
// default must be set before flags are parsed.
func init() {
	if err := flag.Set("rapid.checks", "60"); err != nil {
		panic(err)
	}
}

// walk is a random sequence of sign-ins in a setting, and the model's state.
type walk struct {
	*setting
	waiting []*pending
	halves  map[string]*srp.Client // the client's halves of exchanges, by SRP_A
	origins map[string]origin      // by signature or CREDENTIAL
	faults  []string               // that the model of the interface does not list
	count   map[string]int         // how often each result was seen
}

func TestTokensRequireEveryProof(t *testing.T) {
	t.Parallel()
	dbtest.EachURL(t, func(t *testing.T, url string) {
		w := &walk{setting: &setting{t: t}, count: map[string]int{}}
		w.World = servertest.New(t, url, func(c *server.Config) {
			c.Test.Strict = func(operation string, fault *awsjson.Fault) {
				w.faults = append(w.faults, operation+": "+fault.Error())
			}
		})
		rapid.Check(t, func(rt *rapid.T) {
			w.rt, w.waiting, w.halves, w.origins, w.faults = rt, nil, map[string]*srp.Client{}, map[string]origin{}, nil
			if strings.HasPrefix(url, "postgres") && w.draw(5, "shorter run") > 0 {
				return // a shorter run: the rules do not depend on the database
			}
			w.build()
			for range 10 + w.draw(50, "steps") {
				w.step()
			}
		})
		t.Log(w.count)
	})
}

// step takes one random step.
func (w *walk) step() {
	switch n := w.draw(100, "action"); {
	case n < 22 || len(w.waiting) == 0:
		w.begin()
	case n < 68:
		w.answer()
	case n < 77:
		w.swap()
	case n < 85:
		w.setUp()
	default:
		w.change()
	}
}

// send sends a request. An internal error, or a fault that the interface does not list, fails the walk.
func (w *walk) send(op string, in M) (M, error) {
	w.Advance(time.Millisecond) // no two passwords are set at once
	out, err := w.Call(op, in)
	w.rt.Logf("%s %v %v: %v %v", op, in["AuthFlow"], in["ChallengeName"], out["ChallengeName"], err)
	if len(w.faults) > 0 {
		w.rt.Fatalf("the interface does not list %v", w.faults)
	}
	if fault, ok := err.(*awsjson.Fault); err != nil && (!ok || fault.Status >= 500) {
		w.rt.Fatalf("%s: %v", op, err)
	}
	return out, err
}

func (w *walk) oneOf(list []string, label string) string { return list[w.draw(len(list), label)] }

// begin begins a sign-in.
func (w *walk) begin() {
	p := w.users[w.draw(len(w.users), "who")]
	if p.gone {
		p = p.unknown()
	}
	k := &pending{app: p.pool.apps[w.draw(2, "app")], who: p, name: p.name, epoch: p.epoch, at: w.Now()}
	if p.sub != "" && w.often(15, "by sub") {
		k.name = p.sub
	}
	given := M{"USERNAME": k.name}
	if w.often(40, "device") {
		given["DEVICE_KEY"] = w.deviceKey(p)
	}
	pw := p.password
	if pw == "" || w.often(20, "wrong password") {
		pw = w.oneOf([]string{"wrong", temporary, password, another}, "password")
	}
	op, in := "InitiateAuth", M{"ClientId": k.app.id, "AuthParameters": given}
	switch n := w.draw(10, "flow"); {
	case n < 4:
		in["AuthFlow"], given["PASSWORD"] = "USER_PASSWORD_AUTH", pw
		if w.often(30, "admin") {
			op, in["AuthFlow"], in["UserPoolId"] = "AdminInitiateAuth", "ADMIN_USER_PASSWORD_AUTH", p.pool.id
		}
		out, err := w.send(op, in)
		w.begun(k, p.knows(pw), "password", out, err)
	case n < 6:
		k.client = srp.NewClient()
		in["AuthFlow"], given["SRP_A"] = "USER_SRP_AUTH", k.client.Public()
		out, err := w.send(op, in)
		w.begun(k, !p.gone || k.app.hides, "", out, err)
	default:
		w.beginChoice(k, in, pw)
	}
}

// beginChoice begins with USER_AUTH.
func (w *walk) beginChoice(k *pending, in M, pw string) {
	given := in["AuthParameters"].(M)
	in["AuthFlow"] = "USER_AUTH"
	p, open := k.who, w.beginnings(k.who)
	if len(open) == 0 && !p.gone && p.enabled { // goes on as an unknown user
		k.who, k.epoch = p.unknown(), 0
	}
	prefers := w.oneOf([]string{"", "PASSWORD", "PASSWORD_SRP", "EMAIL_OTP", "SMS_OTP", "WEB_AUTHN"}, "preferred")
	right, proof := k.app.hides || !k.who.gone, ""
	if prefers != "" {
		given["PREFERRED_CHALLENGE"] = prefers
	}
	switch {
	case prefers == "PASSWORD" && w.often(60, "inline"):
		given["PASSWORD"] = pw
		if slices.Contains(open, prefers) || k.who.gone {
			right, proof = k.who.knows(pw), "password"
		}
	case prefers == "PASSWORD_SRP" && w.often(60, "inline"):
		k.client = srp.NewClient()
		given["SRP_A"] = k.client.Public()
	}
	out, err := w.send("InitiateAuth", in)
	w.begun(k, right, proof, out, err)
	if err == nil && !k.who.gone && out["AvailableChallenges"] != nil {
		if got := texts(out["AvailableChallenges"]); !slices.Equal(got, open) {
			w.rt.Fatalf("%s can begin with %v, was offered %v", p.name, open, got)
		}
	}
}

// begun checks what a first step gave.
func (w *walk) begun(k *pending, right bool, proof string, out M, err error) {
	p := k.who
	if !right || !p.gone && !p.enabled && (proof != "" || k.client == nil) {
		if err == nil {
			w.rt.Fatalf("%s began but must not, and got %v", k.name, out)
		}
		w.refused(k, err)
		return
	}
	proven := []string{}
	if proof != "" {
		proven = append(proven, proof)
	}
	if err != nil {
		if !p.blocked("", w.Now()) && !(proof != "" && w.stops(p, proven)) {
			w.rt.Fatalf("%s could not begin: %v", k.name, err)
		}
		return
	}
	w.follow(k, proven, out)
}

// stops tells whether no second factor can follow the proofs, so that the sign-in is refused.
func (w *walk) stops(p *testUser, proven []string) bool {
	return p.status != "FORCE_CHANGE_PASSWORD" && first(proven) && p.stuck(proven)
}

// refused counts a refusal and checks that it has changed no user.
func (w *walk) refused(k *pending, err error) {
	w.count["refused"]++
	k.who.miss(k.step, w.Now())
	for _, p := range w.users {
		if before := p.image; w.look(p) {
			w.rt.Fatalf("a refused request (%v) changed\n%s to\n%s", err, before, p.image)
		}
	}
}

// follow checks what a right answer gave, tokens or another challenge, and remembers the challenge.
func (w *walk) follow(from *pending, proven []string, out M) {
	for _, p := range w.users {
		w.look(p)
	}
	if result, ok := out["AuthenticationResult"].(M); ok {
		w.count["tokens of "+strings.Join(proven, " and ")]++
		w.checkTokens(from, proven, result)
		return
	}
	k := &pending{
		app: from.app, who: from.who, name: from.name, epoch: from.who.epoch, proven: proven, at: w.Now(),
		parameters: out["ChallengeParameters"].(M), client: from.client, device: from.device, options: from.options,
	}
	k.step, _ = out["ChallengeName"].(string)
	k.session, _ = out["Session"].(string)
	w.count[k.step]++
	for _, old := range w.waiting {
		if old.session != "" && old.session == k.session {
			w.rt.Fatalf("%s and %s have one session", old.step, k.step)
		}
	}
	if k.step != "DEVICE_PASSWORD_VERIFIER" && from.who.complete(proven) {
		w.rt.Fatalf("after %v nothing is missing, yet %s is asked", proven, k.step)
	}
	w.fill(k, out)
	w.waiting = append(w.waiting, k)
}

// fill notes what a challenge asks for and the code that answers it.
func (w *walk) fill(k *pending, out M) {
	if !strings.HasSuffix(k.step, "_VERIFIER") {
		k.client = nil
	}
	list, setup, _ := k.who.due()
	switch k.step {
	case "SELECT_CHALLENGE", "WEB_AUTHN":
		if out["AvailableChallenges"] != nil {
			k.options = texts(out["AvailableChallenges"])
		}
	case "SELECT_MFA_TYPE":
		k.options = names(k.parameters, "MFAS_CAN_CHOOSE")
	case "MFA_SETUP":
		k.options = names(k.parameters, "MFAS_CAN_SETUP")
		if len(list) > 0 || len(setup) == 0 {
			w.rt.Fatalf("%s may set up a factor beside %v", k.name, list)
		}
	case "EMAIL_OTP", "SMS_OTP", "SMS_MFA":
		if k.who.gone {
			return
		}
		if k.to = k.who.attributes[sending[k.step][0]]; k.to == "" {
			return // newAddress, see adopt
		}
		k.code = w.Code(w.t, k.to)
	}
}

// checkTokens checks that the proofs suffice for tokens and that the tokens are the user's.
func (w *walk) checkTokens(k *pending, proven []string, result M) {
	if !k.who.complete(proven) {
		w.rt.Fatalf("%s got tokens for %v (mode %s, factors %v, preferred %q, %s)",
			k.name, proven, k.who.pool.mode, k.who.factors, k.who.preferred, k.who.image)
	}
	parts := strings.Split(result["AccessToken"].(string), ".")
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	var claims M
	if err != nil || json.Unmarshal(text, &claims) != nil {
		w.rt.Fatalf("access token %s", parts[1])
	}
	if claims["sub"] != k.who.sub || claims["client_id"] != k.app.id || !strings.HasSuffix(claims["iss"].(string), "/"+k.app.pool.id) {
		w.rt.Fatalf("%s got the tokens of %v", k.name, claims)
	}
}

// texts reads a list of strings.
func texts(list any) (out []string) {
	items, _ := list.([]any)
	for _, item := range items {
		out = append(out, item.(string))
	}
	return out
}

// deviceKey is the key of the user's device, of another user's, or of none.
func (w *walk) deviceKey(p *testUser) string {
	of := p
	if w.often(30, "other's device") {
		of = w.other(p)
	}
	if of.device == nil {
		return "us-east-1_01234567-89ab-cdef-0123-456789abcdef"
	}
	return of.device.key
}

// do sends an answer and checks the result against the model.
func (w *walk) do(r *request) {
	v := w.judge(r)
	in := M{"ClientId": r.app.id, "ChallengeName": r.step, "ChallengeResponses": r.given}
	if r.session != "" {
		in["Session"] = r.session
	}
	op := "RespondToAuthChallenge"
	if r.admin != nil {
		op, in["UserPoolId"] = "AdminRespondToAuthChallenge", r.admin.id
	}
	sure := v.right && !v.pending.doubtful && !v.pending.who.blocked(r.step, w.Now())
	out, err := w.send(op, in)
	switch {
	case v.right && err == nil:
		w.accepted(r, v, out)
	case err == nil:
		w.rt.Fatalf("%v: %s, and still it gave %s", r, v.why, out["ChallengeName"])
	case sure && !w.stopped(r, v):
		w.rt.Fatalf("%v after %v is right, and was refused: %v", r, v.pending.proven, err)
	case v.pending != nil:
		if v.pending.who.miss(r.step, w.Now()); v.pending.client != nil || v.pending.who.locked(r.step, w.Now()) {
			v.pending.doubtful = true // a block is good for one try, a session ends with a lock
		}
		w.refused(v.pending, err)
	default:
		w.refused(&pending{who: &testUser{misses: map[string]int{}}}, err)
	}
}

// stopped tells whether the rules stop a user after a right answer.
func (w *walk) stopped(r *request, v verdict) bool {
	p := *v.pending.who
	if r.step == "NEW_PASSWORD_REQUIRED" {
		p.status = "CONFIRMED"
	}
	proven := v.pending.proven
	if v.proof != "" {
		proven = append(slices.Clone(proven), v.proof)
	}
	return w.stops(&p, proven)
}

// accepted notes what a right answer has changed.
func (w *walk) accepted(r *request, v verdict, out M) {
	k, p := v.pending, v.pending.who
	from := *k
	switch r.step {
	case "SELECT_CHALLENGE", "PASSWORD_SRP": // proves nothing by itself
		k.used = k.used || v.proof != ""
	default:
		k.used = true
	}
	proven := slices.Clone(k.proven)
	if v.proof != "" {
		delete(p.misses, countedAt(r.step))
		proven = append(proven, v.proof)
	}
	switch r.step {
	case "NEW_PASSWORD_REQUIRED":
		p.password, p.epoch = r.given["NEW_PASSWORD"].(string), p.epoch+1
	case "SOFTWARE_TOKEN_MFA":
		p.step = w.matched(p.software, r.given["SOFTWARE_TOKEN_MFA_CODE"].(string))
	case "WEB_AUTHN":
		p.count = w.origins[r.given["CREDENTIAL"].(string)].count
	case "PASSWORD_SRP", "SELECT_CHALLENGE", "DEVICE_SRP_AUTH":
		public, _ := r.given["SRP_A"].(string)
		from.client, from.device = w.halves[public], p.device
	}
	w.follow(&from, proven, out)
	if email, ok := r.given["EMAIL"].(string); ok && r.step == "MFA_SETUP" && out["ChallengeName"] == "EMAIL_OTP" {
		sent := w.waiting[len(w.waiting)-1]
		sent.adopts, sent.to, sent.code = true, email, w.Code(w.t, email)
	}
}

// union is several answers in one.
func union(answers ...M) M {
	all := M{}
	for _, a := range answers {
		maps.Copy(all, a)
	}
	return all
}

// matched is the time step of a code.
func (w *walk) matched(a *authenticator, code string) (found int64) {
	for d := -1; d <= 1; d++ {
		if a.code(w.Now().Add(time.Duration(d)*30*time.Second)) == code {
			found = step(w.Now()) + int64(d)
		}
	}
	return found
}
