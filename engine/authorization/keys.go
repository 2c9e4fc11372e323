package authorization

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"cardea/platform/caller"
	"cardea/record/principal"
	"cardea/spec/iampolicy"
)

// identityKeys begin the keys that say who somebody is. Only the principal gives them.
var identityKeys = []string{
	"aws:principal", "aws:userid", "aws:username", "aws:tokenissuetime", "aws:multifactorauth", "aws:federatedprovider",
	"aws:sourceidentity", "aws:viaawsservice", "aws:assumedroot", "aws:currenttime", "aws:epochtime", "saml:",
}

// callerKeys say where a request came from.
var callerKeys = []string{"aws:sourceip", "aws:useragent", "aws:securetransport", "aws:requestedregion"}

// keys are those of a request together with what is known of the principal, who may be nil, of the caller and of the time.
func (a *Authorizer) keys(ctx context.Context, p *Principal, given iampolicy.Keys) iampolicy.Keys {
	from := caller.From(ctx)
	all := make(iampolicy.Keys, len(given)+24)
	for name, values := range given {
		name = strings.ToLower(name)
		if identifies(name) || from.IP != "" && slices.Contains(callerKeys, name) {
			continue
		}
		all[name] = values
	}
	now := a.DB.Now().UTC()
	set := func(name, value string) { all[name] = []string{value} }
	set("aws:currenttime", now.Format(time.RFC3339))
	set("aws:epochtime", strconv.FormatInt(now.Unix(), 10))
	set("aws:resourceaccount", a.Account.ID)
	if from.IP != "" {
		set("aws:sourceip", from.IP)
		set("aws:securetransport", strconv.FormatBool(from.Secure))
		if from.UserAgent != "" {
			set("aws:useragent", from.UserAgent)
		}
		if from.Region != "" {
			set("aws:requestedregion", from.Region)
		}
	}
	if p != nil {
		a.identify(p, now, all)
	}
	return all
}

// identifies reports whether a key, in lower case, says who somebody is: one of AWS's, or of an identity provider, whose
// keys begin with its host.
func identifies(key string) bool {
	for _, prefix := range identityKeys {
		if strings.HasPrefix(key, prefix) {
			return true
		}
	}
	owner, _, _ := strings.Cut(key, ":")
	return strings.ContainsAny(owner, "./")
}

// typeName is the value of aws:PrincipalType.
func (p *Principal) typeName() string {
	switch {
	case p.federated():
		return "FederatedUser"
	case p.Entity == nil:
		return "Account"
	case p.Entity.Kind == principal.Role:
		return "AssumedRole"
	}
	return "User"
}

// KeysOf are the keys that a role or user gives to its requests.
func (a *Authorizer) KeysOf(e *principal.Principal) iampolicy.Keys {
	all := iampolicy.Keys{}
	a.identify(&Principal{Account: a.Account.ID, ARN: e.ARN(a.Account), UserID: e.ID, Entity: e}, a.DB.Now().UTC(), all)
	return all
}

// identify adds the keys of the principal.
func (a *Authorizer) identify(p *Principal, now time.Time, all iampolicy.Keys) {
	set := func(name, value string) { all[name] = []string{value} }
	set("aws:principalaccount", p.Account)
	set("aws:principaltype", p.typeName())
	set("aws:principalarn", p.Lasting(a.Account))
	set("aws:principalisawsservice", "false")
	set("aws:viaawsservice", "false")
	set("aws:userid", p.UserID)
	if name := p.UserName(); name != "" && !p.federated() {
		set("aws:username", name)
	}
	if p.Session != nil {
		maps.Copy(all, p.Session.Keys)
	}
	p.eachTag(func(key, value string) { set("aws:principaltag/"+strings.ToLower(key), value) })
	if p.Session == nil {
		return
	}
	set("aws:tokenissuetime", p.Session.Issued.UTC().Format(time.RFC3339))
	set("aws:multifactorauthpresent", strconv.FormatBool(p.Session.MFA))
	if p.Session.MFA {
		set("aws:multifactorauthage", strconv.FormatInt(int64(now.Sub(p.Session.Issued).Seconds()), 10))
	}
	if p.Session.SourceIdentity != "" {
		set("aws:sourceidentity", p.Session.SourceIdentity)
	}
}
