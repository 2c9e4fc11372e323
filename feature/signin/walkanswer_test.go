package signin_test

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"cardea/engine/passkey/passkeytest"
	"cardea/server/servertest"
	"cardea/spec/awsjson"
	"cardea/spec/srp"
)

// another is the third password of the setting.
const another = "Another-Horse-9"

// steps are all challenges that there are.
var steps = []string{
	"PASSWORD_VERIFIER", "NEW_PASSWORD_REQUIRED", "SELECT_CHALLENGE", "PASSWORD", "PASSWORD_SRP", "EMAIL_OTP", "SMS_OTP", "SMS_MFA",
	"SOFTWARE_TOKEN_MFA", "SELECT_MFA_TYPE", "MFA_SETUP", "WEB_AUTHN", "DEVICE_SRP_AUTH", "DEVICE_PASSWORD_VERIFIER",
}

// pick picks a challenge, mostly one of the newest.
func (w *walk) pick() *pending {
	n := len(w.waiting)
	if w.often(75, "new") {
		n = min(n, 3)
	}
	return w.waiting[len(w.waiting)-1-w.draw(n, "pending")]
}

// answer answers a challenge, mostly rightly.
func (w *walk) answer() {
	k := w.pick()
	r := w.right(k)
	if w.often(20, "wrong") {
		w.spoil(r, k)
	}
	if w.often(20, "admin") {
		r.admin = r.app.pool
	}
	w.do(r)
}

// right is the right answer to a challenge, as far as there is one.
func (w *walk) right(k *pending) *request {
	p := k.who
	r := &request{app: k.app, step: k.step, session: k.session, given: M{"USERNAME": k.name}}
	switch k.step {
	case "PASSWORD":
		r.given["PASSWORD"] = p.password + "x"
		if p.password != "" {
			r.given["PASSWORD"] = p.password
		}
	case "PASSWORD_VERIFIER":
		w.sign(r, k, srp.Identity{Scope: p.pool.short(), User: servertest.Text(k.parameters, "USER_ID_FOR_SRP")}, p.password)
	case "NEW_PASSWORD_REQUIRED":
		r.given["NEW_PASSWORD"] = []string{password, another, temporary}[w.draw(3, "new password")]
	case "PASSWORD_SRP":
		w.half(r)
	case "SELECT_CHALLENGE", "SELECT_MFA_TYPE":
		w.choose(r, k)
	case "MFA_SETUP":
		if w.often(50, "by mail") {
			r.given["EMAIL"] = fmt.Sprintf("new.%d.%d@example.com", w.made, len(w.waiting))
		}
	case "SOFTWARE_TOKEN_MFA":
		r.given["SOFTWARE_TOKEN_MFA_CODE"] = "000000"
		if p.software != nil {
			r.given["SOFTWARE_TOKEN_MFA_CODE"] = p.software.code(w.Now())
		}
	case "WEB_AUTHN":
		if w.often(20, "cancel") {
			r.step = "SELECT_CHALLENGE"
			w.choose(r, k)
			break
		}
		w.assert(r, k, p)
	case "DEVICE_SRP_AUTH":
		r.given["DEVICE_KEY"] = w.deviceKey(p)
		w.half(r)
	case "DEVICE_PASSWORD_VERIFIER":
		if d := k.device; d != nil {
			r.given["DEVICE_KEY"] = d.key
			w.sign(r, k, srp.Identity{Scope: d.group, User: d.key}, d.secret)
		}
	default:
		r.given[k.step+"_CODE"] = k.code + strings.Repeat("0", max(0, 1-len(k.code)))
	}
	return r
}

// half gives an answer an SRP_A, and keeps the client's half of the exchange for the next step.
func (w *walk) half(r *request) {
	c := srp.NewClient()
	w.halves[c.Public()] = c
	r.given["SRP_A"] = c.Public()
}

// choose answers one of the offered choices.
func (w *walk) choose(r *request, k *pending) {
	if len(k.options) == 0 {
		r.given["ANSWER"] = "PASSWORD"
		return
	}
	r.given["ANSWER"] = w.oneOf(k.options, "option")
	switch {
	case r.given["ANSWER"] == "PASSWORD" && k.who.password != "" && w.often(50, "inline"):
		r.given["PASSWORD"] = k.who.password
	case r.given["ANSWER"] == "PASSWORD_SRP" && w.often(50, "inline"):
		w.half(r)
	case r.given["ANSWER"] == "EMAIL_OTP" && k.step == "SELECT_MFA_TYPE" && w.often(50, "by its other name"):
		r.given["ANSWER"] = "EMAIL_MFA"
	}
}

// sign finishes an exchange.
func (w *walk) sign(r *request, k *pending, who srp.Identity, secret string) {
	text := func(name string) string { return servertest.Text(k.parameters, name) }
	signature, timestamp, err := k.client.Answer(who, secret,
		srp.Challenge{Salt: text("SALT"), Public: text("SRP_B"), Block: text("SECRET_BLOCK")}, w.Now())
	if err != nil {
		w.t.Fatal(err)
	}
	w.origins[signature] = origin{of: k, with: secret}
	r.given["PASSWORD_CLAIM_SIGNATURE"], r.given["TIMESTAMP"] = signature, timestamp
	r.given["PASSWORD_CLAIM_SECRET_BLOCK"] = text("SECRET_BLOCK")
	if strings.HasPrefix(k.step, "PASSWORD") && w.often(50, "by id") {
		r.given["USERNAME"] = text("USERNAME")
	}
}

// assert has a passkey of the user's answer, or none.
func (w *walk) assert(r *request, k *pending, p *testUser) {
	r.given["CREDENTIAL"] = "{}"
	if p.key == nil {
		return
	}
	key := *p.key
	p.key.Counter++
	o := origin{of: k, key: p, count: p.key.Counter, verified: w.often(70, "verifies")}
	if key.Counter = o.count; !o.verified {
		key.Flags = passkeytest.UserPresent
	}
	text := key.Assert(w.t, servertest.Text(k.parameters, "CREDENTIAL_REQUEST_OPTIONS"))
	r.given["CREDENTIAL"], w.origins[text] = text, o
}

// spoil makes an answer wrong, or right for another time, user or challenge.
func (w *walk) spoil(r *request, k *pending) {
	p, q := k.who, w.other(w.users[w.draw(len(w.users), "other user")])
	switch k.step {
	case "PASSWORD":
		r.given["PASSWORD"] = w.oneOf([]string{"wrong", temporary, password, another}, "password")
	case "PASSWORD_VERIFIER":
		pw := w.oneOf([]string{"wrong", temporary, password, another}, "password")
		w.sign(r, k, srp.Identity{Scope: p.pool.short(), User: servertest.Text(k.parameters, "USER_ID_FOR_SRP")}, pw)
	case "SELECT_CHALLENGE", "SELECT_MFA_TYPE":
		r.given["ANSWER"] = w.oneOf(steps, "option")
		delete(r.given, "PASSWORD")
		if w.often(50, "inline") {
			r.given["PASSWORD"] = w.oneOf([]string{"wrong", temporary, password, another}, "password")
		}
	case "SOFTWARE_TOKEN_MFA":
		of := p.software
		if q.software != nil {
			of = q.software
		}
		if of != nil {
			r.given["SOFTWARE_TOKEN_MFA_CODE"] = of.code(w.Now().Add(time.Duration(w.draw(9, "when")-4) * 30 * time.Second))
		}
	case "WEB_AUTHN":
		w.assert(r, w.similar(k), q)
	case "DEVICE_PASSWORD_VERIFIER":
		if d := k.device; d != nil {
			w.sign(r, k, srp.Identity{Scope: d.group, User: d.key}, "guess")
		}
	case "EMAIL_OTP", "SMS_OTP", "SMS_MFA":
		r.given[k.step+"_CODE"] = w.oneOf([]string{"0", "000000", "00000000", "x"}, "code") + w.similar(k).code
	}
}

// similar is another challenge of the same kind, if there is one.
func (w *walk) similar(k *pending) *pending {
	var alike []*pending
	for _, other := range w.waiting {
		if other != k && other.step == k.step {
			alike = append(alike, other)
		}
	}
	if len(alike) == 0 {
		return k
	}
	return alike[w.draw(len(alike), "alike")]
}

// swap answers a challenge with what belongs to another: session, client, user, pool, step, or proof.
func (w *walk) swap() {
	k := w.pick()
	other := w.waiting[w.draw(len(w.waiting), "other")]
	r, foreign := w.right(k), w.right(other)
	switch w.draw(8, "swap") {
	case 0:
		r.session = foreign.session
	case 1:
		r.app = w.pools[w.draw(2, "pool")].apps[w.draw(2, "app")]
	case 2:
		r.given["USERNAME"] = []string{w.other(w.users[0]).name, w.other(w.users[0]).sub + "-"}[w.draw(2, "name")]
	case 3:
		r.step = w.oneOf(steps, "step")
		r.given = union(foreign.given, r.given)
	case 4:
		name := r.given["USERNAME"]
		r.given = foreign.given
		r.given["USERNAME"] = name
	case 5:
		r.admin = w.pools[w.draw(2, "pool")]
	case 6:
		if n := len(r.session); n > 0 {
			i := w.draw(n, "place")
			c := byte('A')
			if r.session[i] == c {
				c = 'B'
			}
			r.session = r.session[:i] + string(c) + r.session[i+1:]
		}
	case 7:
		r.session = r.session[:w.draw(len(r.session)+1, "length")]
	}
	w.do(r)
}

// setUp goes on with a challenge that waits for a software token to be set up.
func (w *walk) setUp() {
	var open []*pending
	for _, k := range w.waiting {
		if k.step == "MFA_SETUP" {
			open = append(open, k)
		}
	}
	k := w.pick() // no use for another step's session
	if len(open) > 0 && w.often(90, "to be set up") {
		k = open[max(0, len(open)-1-w.draw(3, "setup"))]
	}
	list, setup, _ := k.who.due()
	free := k.step == "MFA_SETUP" && !k.used && !w.Now().After(k.at.Add(k.app.life)) && k.epoch == k.who.epoch &&
		!k.who.gone && k.who.enabled && len(list) == 0 && slices.Contains(setup, "SOFTWARE_TOKEN_MFA")
	next := *k
	if k.secret == nil || w.often(20, "anew") {
		out, err := w.send("AssociateSoftwareToken", M{"Session": w.sessionOf(k)})
		w.set(k, &next, free, out, err)
		if err == nil {
			next.secret = out["SecretCode"]
			w.waiting = append(w.waiting, &next)
		}
		return
	}
	a, p := app(w.t, k.secret), k.who
	code := a.code(w.Now().Add(time.Duration(w.draw(5, "when")-2) * 30 * time.Second))
	newest := w.newest(p) == k.secret
	at := w.matched(&a, code)
	out, err := w.send("VerifySoftwareToken", M{"Session": k.session, "UserCode": code})
	if err != nil && free {
		p.miss("SOFTWARE_TOKEN_MFA", w.Now())
		free = at > 0 && newest && !p.locked("SOFTWARE_TOKEN_MFA", w.Now())
	}
	w.set(k, &next, free, out, err)
	if err == nil {
		if at == 0 || !newest {
			w.rt.Fatalf("%s verified a software token by a wrong code", k.name)
		}
		next.proven = append(slices.Clone(k.proven), "software")
		w.waiting = append(w.waiting, &next)
		p.software, p.step = &a, at
		p.unset = p.unset || !slices.Contains(p.factors, "SOFTWARE_TOKEN_MFA")
		w.look(p)
	}
}

// newest is the secret that a user was given last.
func (w *walk) newest(p *testUser) (secret any) {
	for _, k := range w.waiting {
		if k.who == p && k.secret != nil && !slices.Contains(k.proven, "software") {
			secret = k.secret
		}
	}
	return secret
}

func (w *walk) sessionOf(k *pending) string {
	if k.session == "" {
		return strings.Repeat("A", 40)
	}
	return k.session
}

// set checks a step of setting a software token up.
func (w *walk) set(k, next *pending, free bool, out M, err error) {
	switch {
	case err == nil && !free:
		w.rt.Fatalf("%s could go on setting a factor up: %s used %v, %v", k.name, k.step, k.used, out)
	case err != nil && free && !k.who.blocked("SOFTWARE_TOKEN_MFA", w.Now()):
		w.rt.Fatalf("%s could not set a factor up: %v", k.name, err)
	case err != nil:
		w.refused(k, err)
		return
	}
	k.used = true
	next.session = out["Session"].(string)
}

// change changes the time, a user or a pool.
func (w *walk) change() {
	p := w.users[w.draw(len(w.users), "to whom")]
	if len(w.waiting) > 0 && w.often(60, "to who signs in") {
		if q := w.pick().who; slices.Contains(w.users, q) {
			p = q
		}
	}
	who := M{"UserPoolId": p.pool.id, "Username": p.sub}
	n := w.draw(16, "event")
	switch {
	case n < 4:
		w.Advance([]time.Duration{time.Second, 31 * time.Second, 2 * time.Minute, 181 * time.Second, 16 * time.Minute}[w.draw(5, "time")])
	case n == 4 && p.pool.mayDemand():
		p.pool.mode = []string{"OFF", "OPTIONAL", "ON"}[w.draw(3, "mode")]
		w.setMode(p.pool, p.pool.mode)
	case p.gone:
	case n == 5:
		w.Must(w.t, "AdminDisableUser", who)
	case n < 8:
		w.Must(w.t, "AdminEnableUser", who)
	case n == 8:
		w.setPassword(p, w.oneOf([]string{password, another}, "password"), w.often(70, "permanent"))
	case n == 9 && p.status == "CONFIRMED" && p.attributes["email_verified"] == "true":
		w.Advance(time.Second)
		if _, err := w.send("AdminResetUserPassword", who); err == nil {
			p.password, p.epoch = "", p.epoch+1
		}
	case n < 12:
		w.switchFactors(p)
	case n == 12 && p.software != nil:
		if _, err := w.send("AdminDeleteSoftwareToken", who); err == nil {
			p.software, p.unset = nil, false
		}
	case n == 13 && p.device != nil:
		w.Must(w.t, "AdminForgetDevice", servertest.With(who, M{"DeviceKey": p.device.key}))
		p.device = nil
	case n == 14:
		_, err := w.Call("AdminDeleteUserAttributes", servertest.With(who, M{"UserAttributeNames": []string{"phone_number"}}))
		if err != nil && !awsjson.IsFault(err, "InvalidParameterException") { // it may be the only second factor
			w.t.Fatalf("AdminDeleteUserAttributes: %v", err)
		}
	case n == 15 && w.often(30, "delete"):
		w.Must(w.t, "AdminDeleteUser", who)
		p.gone, p.epoch = true, p.epoch+1
	}
	w.look(p)
}
