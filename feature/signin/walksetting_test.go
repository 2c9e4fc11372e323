package signin_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"cardea/engine/passkey/passkeytest"
	"cardea/server/servertest"
	"cardea/spec/awsjson"
)

// setting is two pools with their clients and users, on a server that many walks share.
type setting struct {
	*servertest.World
	t     *testing.T // for what has to work
	rt    *rapid.T
	pools []*testPool
	users []*testUser
	made  int // of settings, so that no two have an address in common
}

// testPool is a pool, as the model knows it.
type testPool struct {
	id, mode            string
	first               []string // AllowedFirstAuthFactors
	sms, mail, software bool     // second factors that it has while mode is not OFF
	multi               bool     // a passkey that verified its user is two factors
	devices             bool     // a remembered device stands for a second factor
	recovery            string   // the attribute by which a password is reset first, "" for none
	apps                []*testApp
}

// testApp is an app client.
type testApp struct {
	id    string
	pool  *testPool
	life  time.Duration // of its sessions
	hides bool
}

// testUser is a user, or a name that no user has, as the model knows them.
type testUser struct {
	pool       *testPool
	name, sub  string
	gone       bool
	password   string // "" for none
	epoch      int    // counts passwords: another voids what has begun
	status     string
	enabled    bool
	attributes map[string]string
	factors    []string // those that are on: UserMFASettingList and, if it is unset, the software token
	unset      bool     // the software token was verified, and no preference has named it since
	preferred  string
	software   *authenticator
	step       int64 // the software token's last used
	key        *passkeytest.Authenticator
	count      uint32 // the passkey's last
	device     *remembered
	misses     map[string]int // wrong answers that may have counted, by what they are counted at
	missed     time.Time
	image      string // what AdminGetUser shows
}

// even draws a number of 16 bits. rapid's own numbers are mostly small.
var even = rapid.Custom(func(rt *rapid.T) (n int) {
	for range 16 {
		n <<= 1
		if rapid.Bool().Draw(rt, "bit") {
			n++
		}
	}
	return n
})

// draw draws a number below n. All draws have the same range, so that a failing walk stays the same when lists change.
func (w *setting) draw(n int, label string) int { return even.Draw(w.rt, label) % n }

func (w *setting) often(percent int, label string) bool { return w.draw(100, label) < percent }

func (w *setting) some(list []string, percent int, label string) (picked []string) {
	for _, item := range list {
		if w.often(percent, label+" "+item) {
			picked = append(picked, item)
		}
	}
	return picked
}

// build makes two pools and their users.
func (w *setting) build() {
	w.made++
	w.pools, w.users = nil, nil
	for i := range 2 {
		h := w.newPool()
		w.pools = append(w.pools, h)
		for _, name := range []string{"ann", "bob"}[:2-i] {
			w.users = append(w.users, w.newUser(h, name))
		}
		w.users = append(w.users, &testUser{pool: h, name: "unknown", gone: true, misses: map[string]int{}})
	}
	for _, h := range w.pools {
		w.setMode(h, h.mode)
	}
	for _, p := range w.users {
		w.look(p)
	}
}

func (w *setting) newPool() *testPool {
	h := &testPool{
		mode:  []string{"OFF", "OPTIONAL", "OPTIONAL", "ON"}[w.draw(4, "mode")],
		first: []string{"PASSWORD"}, multi: w.often(50, "multi"), recovery: []string{"", "", "email", "phone_number"}[w.draw(4, "recovery")],
	}
	seconds := w.some([]string{"sms", "mail", "software"}, 60, "second")
	if len(seconds) == 0 {
		seconds = []string{"software"}
	}
	h.sms, h.mail, h.software = slices.Contains(seconds, "sms"), slices.Contains(seconds, "mail"), slices.Contains(seconds, "software")
	if h.mode != "ON" {
		h.first = append(h.first, w.some([]string{"EMAIL_OTP", "SMS_OTP"}, 60, "first")...)
	}
	if h.mode != "ON" || h.multi {
		h.first = append(h.first, w.some([]string{"WEB_AUTHN"}, 60, "first")...)
	}
	in := M{
		"EmailConfiguration": mailing(), "SmsConfiguration": texting(),
		"Policies": M{"SignInPolicy": M{"AllowedFirstAuthFactors": h.first}},
	}
	if w.often(60, "tracks devices") {
		h.devices = w.often(75, "devices stand for a factor")
		in["DeviceConfiguration"] = M{"ChallengeRequiredOnNewDevice": h.devices, "DeviceOnlyRememberedOnUserPrompt": false}
	}
	if h.recovery != "" {
		in["AccountRecoverySetting"] = M{"RecoveryMechanisms": []M{{"Name": "verified_" + h.recovery, "Priority": 1}}}
	}
	h.id = w.Pool(w.t, in)
	kind := "SINGLE_FACTOR"
	if h.multi {
		kind = "MULTI_FACTOR_WITH_USER_VERIFICATION"
	}
	w.Must(w.t, "SetUserPoolMfaConfig", M{"UserPoolId": h.id,
		"WebAuthnConfiguration": M{"RelyingPartyId": "localhost", "FactorConfiguration": kind}})
	w.setMode(h, "OPTIONAL") // the users get their factors first
	for i := range 2 {
		d := &testApp{pool: h, life: time.Duration(3+2*w.draw(2, "life")) * time.Minute, hides: w.often(50, "hides")}
		in := M{
			"AuthSessionValidity": int(d.life / time.Minute), "ClientName": fmt.Sprint(i),
			"ExplicitAuthFlows": []string{"ALLOW_USER_SRP_AUTH", "ALLOW_USER_PASSWORD_AUTH", "ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_USER_AUTH"},
		}
		if d.hides {
			in["PreventUserExistenceErrors"] = "ENABLED"
		}
		d.id = w.Client(w.t, h.id, in)
		h.apps = append(h.apps, d)
	}
	return h
}

func (w *setting) setMode(h *testPool, mode string) {
	in := M{"UserPoolId": h.id, "MfaConfiguration": mode}
	if mode != "OFF" {
		if h.sms {
			in["SmsMfaConfiguration"] = M{"SmsConfiguration": texting()}
		}
		if h.mail {
			in["EmailMfaConfiguration"] = M{"Message": "Code {####}", "Subject": "Code"}
		}
		in["SoftwareTokenMfaConfiguration"] = M{"Enabled": h.software}
	}
	w.Must(w.t, "SetUserPoolMfaConfig", in)
}

// mayDemand tells whether the pool's first factors allow it to require a second of every user.
func (h *testPool) mayDemand() bool {
	return !slices.Contains(h.first, "EMAIL_OTP") && !slices.Contains(h.first, "SMS_OTP") &&
		(h.multi || !slices.Contains(h.first, "WEB_AUTHN"))
}

// newUser makes a user who has some factors.
func (w *setting) newUser(h *testPool, name string) *testUser {
	p := &testUser{pool: h, name: name, password: password, misses: map[string]int{}}
	in := M{"UserPoolId": h.id, "Username": name, "MessageAction": "SUPPRESS"}
	var list []string
	if w.often(60, "email") {
		list = append(list, "email", fmt.Sprintf("%s.%d.%s@example.com", name, w.made, h.id[len(h.id)-9:]), "email_verified", "true")
	}
	if w.often(60, "phone") {
		list = append(list, "phone_number", fmt.Sprintf("+1555%02d%05d%d", slices.Index(w.pools, h)+10, w.made, len(name)+int(name[0])%7))
	}
	in["UserAttributes"] = servertest.Attributes(list...)
	passwordless := w.often(20, "no password")
	if !passwordless {
		in["TemporaryPassword"] = temporary
	}
	out := w.Must(w.t, "AdminCreateUser", in)
	p.sub = out["User"].(M)["Attributes"].([]any)[0].(M)["Value"].(string)
	if passwordless && out["User"].(M)["UserStatus"] == "CONFIRMED" {
		p.password = ""
		return p
	}
	w.setPassword(p, password, true)
	w.giveFactors(p)
	w.switchFactors(p)
	if w.often(25, "temporary") {
		w.setPassword(p, temporary, false)
	}
	return p
}

func (w *setting) setPassword(p *testUser, pw string, permanent bool) {
	w.Advance(time.Second)
	w.Must(w.t, "AdminSetUserPassword", M{"UserPoolId": p.pool.id, "Username": p.sub, "Password": pw, "Permanent": permanent})
	p.password, p.epoch = pw, p.epoch+1
}

// giveFactors gives a user who signs in with the password alone some of the other factors.
func (w *setting) giveFactors(p *testUser) {
	out := w.Must(w.t, "InitiateAuth", M{"ClientId": p.pool.apps[0].id, "AuthFlow": "USER_PASSWORD_AUTH",
		"AuthParameters": M{"USERNAME": p.name, "PASSWORD": password}})
	access := servertest.Text(out, "AuthenticationResult.AccessToken")
	if access == "" {
		w.t.Fatalf("%s got no tokens: %v", p.name, out)
	}
	if key := servertest.Text(out, "AuthenticationResult.NewDeviceMetadata.DeviceKey"); key != "" && w.often(60, "device") {
		d := (&world{World: w.World}).confirm(w.t, out["AuthenticationResult"].(M))
		p.device = &d
	}
	if slices.Contains(p.pool.first, "WEB_AUTHN") && w.often(60, "passkey") {
		p.key = &passkeytest.Authenticator{Origin: "http://localhost:3000", Counter: 1}
		options, err := json.Marshal(w.Must(w.t, "StartWebAuthnRegistration", M{"AccessToken": access})["CredentialCreationOptions"])
		if err != nil {
			w.t.Fatal(err)
		}
		w.Must(w.t, "CompleteWebAuthnRegistration", M{"AccessToken": access, "Credential": p.key.Register(w.t, options)})
		p.count = 1
	}
	if p.pool.software && w.often(50, "software token") {
		a := app(w.t, w.Must(w.t, "AssociateSoftwareToken", M{"AccessToken": access})["SecretCode"])
		p.software, p.step = &a, step(w.Now())
		w.Must(w.t, "VerifySoftwareToken", M{"AccessToken": access, "UserCode": a.code(w.Now())})
		p.unset = true
		w.Advance(time.Minute)
	}
}

// switchFactors switches factors of a user on and off. A refusal changes nothing.
func (w *setting) switchFactors(p *testUser) {
	in := M{"UserPoolId": p.pool.id, "Username": p.sub}
	favourite := w.draw(5, "favourite")
	for i, name := range []string{"SMSMfaSettings", "EmailMfaSettings", "SoftwareTokenMfaSettings", "WebAuthnMfaSettings"} {
		if w.often(50, "set "+name) {
			in[name] = M{"Enabled": w.often(70, "switch on")}
			if in[name].(M)["Enabled"] == true && i == favourite && i < 3 {
				in[name] = preferred
			}
		}
	}
	_, err := w.Call("AdminSetUserMFAPreference", in)
	if err != nil && !awsjson.IsFault(err, "InvalidParameterException") {
		w.t.Fatalf("AdminSetUserMFAPreference: %v", err)
	}
	if err == nil && in["SoftwareTokenMfaSettings"] != nil {
		p.unset = false
	}
}

// look reads a user as administrators see them. It tells whether anything has changed.
func (w *setting) look(p *testUser) (changed bool) {
	if p.gone {
		return false
	}
	out := w.Must(w.t, "AdminGetUser", M{"UserPoolId": p.pool.id, "Username": p.sub})
	text, err := json.Marshal(out)
	if err != nil {
		w.t.Fatal(err)
	}
	changed = p.image != string(text)
	p.image = string(text)
	p.status, p.enabled = out["UserStatus"].(string), out["Enabled"].(bool)
	p.preferred, p.factors, p.attributes = "", nil, map[string]string{}
	p.preferred, _ = out["PreferredMfaSetting"].(string)
	list, _ := out["UserMFASettingList"].([]any)
	for _, name := range list {
		p.factors = append(p.factors, name.(string))
	}
	if p.unset {
		p.factors = append(p.factors, "SOFTWARE_TOKEN_MFA")
	}
	for _, a := range out["UserAttributes"].([]any) {
		p.attributes[a.(M)["Name"].(string)] = a.(M)["Value"].(string)
	}
	return changed
}

// unknown is an unknown user of the same name.
func (p *testUser) unknown() *testUser {
	return &testUser{pool: p.pool, name: p.name, gone: true, misses: map[string]int{}}
}

// other is another user.
func (w *setting) other(p *testUser) *testUser {
	i := slices.Index(w.users, p)
	return w.users[(i+1+w.draw(len(w.users)-1, "other person"))%len(w.users)]
}

func step(now time.Time) int64 { return now.Unix() / 30 }

// short is the part of a pool's id that SRP hashes.
func (h *testPool) short() string {
	_, short, _ := strings.Cut(h.id, "_")
	return short
}
