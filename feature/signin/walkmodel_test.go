package signin_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"cardea/spec/srp"
	"cardea/spec/totp"
)

// The model: what a sign-in may do, written from docs/cognito/sign-in.md and factors.md and not from the pipeline. It
// keeps for every challenge what was proven before it, and decides from that what an answer must lead to.

// pending is a challenge that waits for its answer.
type pending struct {
	step, session string
	app           *testApp
	who           *testUser
	name          string // that the sign-in began with
	epoch         int    // of the password then
	proven        []string
	at            time.Time
	parameters    M
	options       []string
	code, to      string      // the code that was sent, and where; "" when none was
	adopts        bool        // the address becomes theirs
	client        *srp.Client // the client's half of an exchange
	device        *remembered // that the exchange is with
	secret        any         // SecretCode, when a software token is being set up
	used          bool
	doubtful      bool // may have been used up by a wrong answer
}

// sending are the steps that send a code: what they send it to, and what it proves as the first factor and the second.
var sending = map[string][3]string{
	"EMAIL_OTP": {"email", "mail code", "mail"},
	"SMS_OTP":   {"phone_number", "text code", "sms"},
	"SMS_MFA":   {"phone_number", "text code", "sms"},
}

// secondBy names the proofs of second factors by their challenges.
var secondBy = map[string]string{"SMS_MFA": "sms", "EMAIL_OTP": "mail", "SOFTWARE_TOKEN_MFA": "software"}

var firsts = []string{"password", "mail code", "text code", "passkey", "verified passkey"}

func first(proven []string) bool {
	return slices.ContainsFunc(proven, func(p string) bool { return slices.Contains(firsts, p) })
}

// due are the second factors of which a user has to show one, as challenges; when there are none although one is required,
// setup are those that can be set up.
func (p *testUser) due() (list, setup []string, required bool) {
	h := p.pool
	if h.mode == "OFF" {
		return nil, nil, false
	}
	email, phone := p.attributes["email"] != "", p.attributes["phone_number"] != ""
	on := func(name string) bool { return slices.Contains(p.factors, name) }
	has := map[string]bool{
		"SMS_MFA":            on("SMS_MFA") && h.sms && phone,
		"EMAIL_OTP":          on("EMAIL_OTP") && h.mail && email,
		"SOFTWARE_TOKEN_MFA": on("SOFTWARE_TOKEN_MFA"),
	}
	if has[p.preferred] {
		return []string{p.preferred}, nil, true
	}
	if h.mode == "ON" {
		has["SMS_MFA"] = has["SMS_MFA"] || h.sms && phone && h.recovery != "phone_number"
		has["EMAIL_OTP"] = has["EMAIL_OTP"] || h.mail && email && h.recovery != "email"
	}
	for name, yes := range has {
		if yes {
			list = append(list, name)
		}
	}
	if len(list) > 0 || h.mode == "OPTIONAL" {
		return list, nil, len(list) > 0
	}
	if h.software {
		setup = append(setup, "SOFTWARE_TOKEN_MFA")
	}
	if h.mail && !email && h.recovery != "email" {
		setup = append(setup, "EMAIL_OTP")
	}
	if len(setup) > 0 && h.sms && !phone && h.recovery != "phone_number" {
		setup = append(setup, "SMS_MFA") // is shown, and cannot be set up
	}
	return nil, setup, true
}

// complete tells whether the proofs are all that the pool and the user ask for.
func (p *testUser) complete(proven []string) bool {
	if p.gone || !p.enabled || p.status != "CONFIRMED" || !first(proven) {
		return false
	}
	list, _, required := p.due()
	if !required || p.isBoth(proven) {
		return true
	}
	if p.onlyCodes(proven) {
		return false
	}
	return slices.Contains(proven, "device") ||
		slices.ContainsFunc(list, func(name string) bool { return slices.Contains(proven, secondBy[name]) })
}

// isBoth tells whether a passkey is both factors.
func (p *testUser) isBoth(proven []string) bool {
	return slices.Contains(proven, "verified passkey") &&
		(p.pool.mode == "ON" || slices.Contains(p.factors, "WEB_AUTHN_MFA"))
}

// onlyCodes tells whether a code is the only first factor, so that no second may follow it.
func (p *testUser) onlyCodes(proven []string) bool {
	return !slices.ContainsFunc(proven, func(s string) bool {
		return s == "password" || s == "passkey" || s == "verified passkey"
	})
}

// stuck tells whether a second factor is missing that the user neither has nor can set up.
func (p *testUser) stuck(proven []string) bool {
	list, setup, required := p.due()
	return required && !p.complete(proven) && (p.onlyCodes(proven) || len(list)+len(setup) == 0)
}

// blocked tells whether a step is refused whatever the user proves, or may be locked.
func (p *testUser) blocked(step string, now time.Time) bool {
	return p.gone || !p.enabled || p.status == "RESET_REQUIRED" || p.locked(step, now)
}

// locked tells whether so many wrong answers may have counted that the step is refused. Passwords and the other factors
// are counted separately; a step that is no guess may be refused because of either.
func (p *testUser) locked(step string, now time.Time) bool {
	if now.Sub(p.missed) >= 15*time.Minute {
		clear(p.misses)
	}
	switch step {
	case "SELECT_MFA_TYPE", "MFA_SETUP", "NEW_PASSWORD_REQUIRED":
		return p.misses["password"] >= 5 || p.misses["factor"] >= 5
	}
	return p.misses[countedAt(step)] >= 5
}

// miss notes a wrong answer, which may have counted.
func (p *testUser) miss(step string, now time.Time) {
	p.locked(step, now)
	p.misses[countedAt(step)]++
	p.missed = now
}

// countedAt is what the failures of a step count at.
func countedAt(step string) string {
	switch step {
	case "", "PASSWORD", "PASSWORD_SRP", "PASSWORD_VERIFIER", "SELECT_CHALLENGE":
		return "password"
	}
	return "factor"
}

// request is an answer that the walk is about to send.
type request struct {
	app     *testApp
	admin   *testPool // the pool that an administrator names; nil: through the public operation
	step    string
	session string
	given   M
}

// origin is what a signature, of an SRP exchange or of a passkey, was made from.
type origin struct {
	of       *pending
	with     string    // the password or device secret
	key      *testUser // whose passkey
	count    uint32    // that the passkey says
	verified bool      // that it verified its user
}

// String leaves out long values.
func (r *request) String() string {
	short := map[string]string{}
	for name, value := range r.given {
		text, _ := value.(string)
		short[name] = text[:min(len(text), 40)]
	}
	return fmt.Sprint(r.step, " ", short)
}

// verdict is what the model expects of a request.
type verdict struct {
	pending *pending // that it answers, nil when it answers none
	right   bool
	why     string // why it is not right
	proof   string // what it proves; "" for nothing
}

// judge says what the model expects of a request.
func (w *walk) judge(r *request) verdict {
	k := w.find(r)
	if k == nil {
		return verdict{why: "no such challenge"}
	}
	v := verdict{pending: k}
	name, _ := r.given["USERNAME"].(string)
	life := k.app.life
	if k.client != nil {
		life = min(life, 3*time.Minute)
	}
	switch {
	case r.admin != nil && r.admin != k.app.pool || r.app != k.app:
		v.why = "another pool or client"
	case r.step != k.step && !(r.step == "SELECT_CHALLENGE" && k.step == "WEB_AUTHN"): // a user who cancels may choose again
		v.why = "another step"
	case k.client != nil && k.session != "" && r.session != k.session:
		v.why = "another exchange"
	case k.used:
		v.why = "used"
	case w.Now().After(k.at.Add(life)):
		v.why = "expired"
	case name != k.name && name != k.who.name && name != k.who.sub && name != k.parameters["USERNAME"]:
		v.why = "another user"
	case k.epoch != k.who.epoch || k.who.gone && k.who.sub != "":
		v.why = "another password, or user"
	case !k.who.gone && !k.who.enabled && k.step != "PASSWORD_SRP":
		v.why = "disabled"
	default:
		v.right, v.proof = w.judgeAnswer(r, k)
		if !v.right {
			v.why = "wrong answer"
		}
	}
	return v
}

// find is the challenge that a request answers. USER_SRP_AUTH has no Session; SECRET_BLOCK names the exchange.
func (w *walk) find(r *request) *pending {
	exchange := strings.HasSuffix(r.step, "_VERIFIER")
	for _, k := range w.waiting {
		if exchange && k.client != nil && k.parameters["SECRET_BLOCK"] == r.given["PASSWORD_CLAIM_SECRET_BLOCK"] ||
			!exchange && r.session != "" && k.session == r.session {
			return k
		}
	}
	return nil
}

// judgeAnswer judges the values of an answer whose Session, client and user are right.
func (w *walk) judgeAnswer(r *request, k *pending) (right bool, proof string) {
	p := k.who
	said := func(name string) string { text, _ := r.given[name].(string); return text }
	signed := w.origins[said("PASSWORD_CLAIM_SIGNATURE")]
	offered := slices.Contains(k.options, said("ANSWER")) || r.step == "SELECT_MFA_TYPE" && said("ANSWER") == "EMAIL_MFA" &&
		slices.Contains(k.options, "EMAIL_OTP")
	switch r.step {
	case "PASSWORD":
		return p.knows(said("PASSWORD")), "password"
	case "PASSWORD_SRP":
		return said("SRP_A") != "", ""
	case "PASSWORD_VERIFIER":
		return signed.of == k && p.knows(signed.with), "password"
	case "NEW_PASSWORD_REQUIRED":
		return p.status == "FORCE_CHANGE_PASSWORD" && said("NEW_PASSWORD") != "", ""
	case "SELECT_CHALLENGE":
		if said("ANSWER") == "PASSWORD" && said("PASSWORD") != "" {
			return offered && p.knows(said("PASSWORD")), "password"
		}
		return offered && w.available(p, said("ANSWER")), ""
	case "SELECT_MFA_TYPE":
		list, _, _ := p.due()
		answer := said("ANSWER")
		if answer == "EMAIL_MFA" {
			answer = "EMAIL_OTP"
		}
		return offered && slices.Contains(list, answer), ""
	case "MFA_SETUP":
		list, setup, _ := p.due()
		if slices.Contains(k.proven, "software") {
			return true, ""
		}
		return said("EMAIL") != "" && len(list) == 0 && slices.Contains(setup, "EMAIL_OTP"), ""
	case "SOFTWARE_TOKEN_MFA":
		return p.shows(said("SOFTWARE_TOKEN_MFA_CODE"), w.Now()), "software"
	case "WEB_AUTHN":
		return w.asserts(w.origins[said("CREDENTIAL")], k)
	case "DEVICE_SRP_AUTH":
		return said("SRP_A") != "" && p.device != nil && p.pool.devices && said("DEVICE_KEY") == p.device.key, ""
	case "DEVICE_PASSWORD_VERIFIER":
		d := k.device
		return signed.of == k && d != nil && d == p.device && p.pool.devices && signed.with == d.secret && said("DEVICE_KEY") == d.key, "device"
	}
	return w.received(k, said)
}

// received judges a code that was sent.
func (w *walk) received(k *pending, said func(string) string) (bool, string) {
	sent := sending[k.step]
	typed := said(k.step + "_CODE")
	if k.step == "EMAIL_OTP" && typed == "" {
		typed = said("EMAIL_MFA_CODE")
	}
	proof := sent[1]
	if first(k.proven) {
		proof = sent[2]
	}
	right := k.code != "" && typed == k.code
	if k.adopts {
		list, setup, _ := k.who.due()
		return right && len(list) == 0 && slices.Contains(setup, "EMAIL_OTP"), proof
	}
	return right && k.who.attributes[sent[0]] == k.to, proof
}

// asserts judges a passkey's answer.
func (w *walk) asserts(o origin, k *pending) (bool, string) {
	p := k.who
	if o.of != k || p.gone || p.key == nil || o.key != p || o.count <= p.count || p.pool.multi && !o.verified {
		return false, ""
	}
	if p.pool.multi {
		return true, "verified passkey"
	}
	return true, "passkey"
}

func (p *testUser) knows(pw string) bool {
	return !p.gone && p.password != "" && pw == p.password && p.status != "RESET_REQUIRED"
}

// shows tells whether a code is one that the user's software token shows about now and has not been used.
func (p *testUser) shows(code string, now time.Time) bool {
	if p.gone || p.software == nil || code == "" {
		return false
	}
	for s := step(now) - 1; s <= step(now)+1; s++ {
		if totp.Code(p.software.secret, s) == code && s > p.step {
			return true
		}
	}
	return false
}

// available tells whether a user can begin with a challenge now. The choices of an unknown user are those that were offered.
func (w *walk) available(p *testUser, name string) bool {
	if p.gone {
		return true
	}
	_, _, required := p.due()
	required = required || p.pool.mode == "ON"
	switch name {
	case "PASSWORD", "PASSWORD_SRP":
		return p.password != ""
	case "EMAIL_OTP", "SMS_OTP":
		return p.status != "FORCE_CHANGE_PASSWORD" && !required && slices.Contains(p.pool.first, name) && p.attributes[sending[name][0]] != ""
	case "WEB_AUTHN":
		return p.status != "FORCE_CHANGE_PASSWORD" && p.key != nil && slices.Contains(p.pool.first, name) &&
			(!required || p.isBoth([]string{"verified passkey"}) && p.pool.multi)
	}
	return false
}

// beginnings are all challenges that a user can begin with.
func (w *walk) beginnings(p *testUser) (list []string) {
	for _, name := range []string{"PASSWORD_SRP", "PASSWORD", "EMAIL_OTP", "SMS_OTP", "WEB_AUTHN"} {
		if w.available(p, name) {
			list = append(list, name)
		}
	}
	return list
}

// names reads a list that a challenge has as JSON.
func names(parameters M, member string) (list []string) {
	text, _ := parameters[member].(string)
	_ = json.Unmarshal([]byte(text), &list) // no list has no names
	return list
}
