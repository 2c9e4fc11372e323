package oauth

import (
	"net/http"
	"slices"

	"cardea/engine/issuer"
	"cardea/feature/oauth"
)

// endpoint is one of the paths.
type endpoint struct {
	name     string
	path     string
	member   string // of OpenID configurations, which name it; empty: they do not
	standard string // it answers in pools that offer this one of feature/oauth; empty: in all
	methods  []string
	posts    string // it takes POST as well in pools that follow this one; empty: in none
	open     bool   // to scripts of any origin
	reads    bool   // it changes nothing and gives no tokens
	answer   func(c *call) error
}

var (
	get       = []string{"GET"}
	post      = []string{"POST"}
	getOrPost = []string{"GET", "POST"}
)

var endpoints = []endpoint{
	{name: "Token", path: "/oauth2/token", member: "token_endpoint", methods: post, open: true, answer: (*call).token},
	{name: "UserInfo", path: "/oauth2/userInfo", member: "userinfo_endpoint", methods: getOrPost, open: true, reads: true, answer: (*call).userInfo},
	{name: "Revoke", path: "/oauth2/revoke", member: "revocation_endpoint", methods: post, open: true, answer: (*call).revoke},
	{name: "Introspect", path: "/oauth2/introspect", member: "introspection_endpoint", methods: post, open: true, reads: true,
		standard: oauth.Introspection, answer: (*call).introspect},
	{name: "Push", path: "/oauth2/par", member: "pushed_authorization_request_endpoint", methods: post, open: true,
		standard: oauth.PushedRequests, answer: (*call).push},
	{name: "Device", path: "/oauth2/device_authorization", member: "device_authorization_endpoint", methods: post, open: true,
		standard: oauth.DeviceGrant, answer: (*call).device},
	{name: "Register", path: "/oauth2/register", member: "registration_endpoint", methods: post, open: true,
		standard: oauth.Registration, answer: (*call).register},

	{name: "Authorize", path: "/oauth2/authorize", member: "authorization_endpoint", methods: get, posts: oauth.Strict,
		answer: (*call).authorize},
	{name: "Logout", path: "/logout", member: "end_session_endpoint", methods: get, posts: oauth.RPInitiatedLogout,
		answer: (*call).logout},
}

// Discovered are the endpoints that pools' OpenID configurations name.
func Discovered() (list []issuer.Endpoint) {
	for _, e := range endpoints {
		if e.member != "" {
			list = append(list, issuer.Endpoint{Member: e.member, Path: e.path, Standard: e.standard})
		}
	}
	return list
}

// exists tells whether the pool has the endpoint.
func (c *call) exists() (bool, error) { return c.standard == "" || c.follows(c.standard), c.failure }

// takes tells whether the endpoint takes the method of the request.
func (c *call) takes() bool {
	return slices.Contains(c.methods, c.r.Method) || c.posts != "" && c.r.Method == http.MethodPost && c.follows(c.posts)
}

// follows tells whether the pool offers a standard. A failure to find out is the call's.
func (c *call) follows(standard string) bool {
	follows, err := c.Service.Offers(c.r.Context(), c.pool, standard)
	if err != nil {
		c.failure = err
	}
	return follows
}
