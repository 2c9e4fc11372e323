package iampolicy

import (
	"regexp"
	"slices"
	"strings"
)

const (
	// identityPools is the provider that every identity pool is to STS.
	identityPools = "cognito-identity.amazonaws.com"
	// identityPoolsAudience is the condition key that tells identity pools apart.
	identityPoolsAudience = identityPools + ":aud"
)

// principals is the Principal of a statement of a trust policy.
type principals struct {
	everybody bool // "*"
	aws       []string
	federated []string
	service   []string
}

func (c *compiler) trust(s *statement, n *node, elements map[string]*node) error {
	value, other := elements["Principal"], elements["NotPrincipal"]
	if c.kind != Trust {
		if value != nil {
			return refuse(value, "Policy document should not specify a principal.")
		}
		if other != nil {
			return refuse(other, "Policy document should not specify a principal.")
		}
		return nil
	}
	if other != nil {
		return refuse(other, "Has prohibited field NotPrincipal: name who is denied with Principal, or with a condition on aws:PrincipalArn.")
	}
	if value == nil {
		return refuse(n, "Syntax errors in policy: a statement of a trust policy has no Principal.")
	}
	if err := s.principal.compile(value); err != nil {
		return err
	}
	s.opensPools = s.allow && slices.Contains(s.principal.federated, identityPools) &&
		s.names("sts:AssumeRoleWithWebIdentity") && !s.namesPools()
	return nil
}

func (p *principals) compile(value *node) error {
	if value.kind == isText && value.text == "*" {
		p.everybody = true
		return nil
	}
	if value.kind != isObject || len(value.members) == 0 {
		return refuse(value, `Invalid principal in policy: it is neither "*" nor an object that names somebody.`)
	}
	for _, m := range value.members {
		list, err := texts("Principal", m.value)
		if err != nil {
			return err
		}
		if len(list) == 0 {
			return refuse(m.value, "Invalid principal in policy: %s is empty.", m.name)
		}
		for _, one := range list {
			if !p.take(m.name, one.text) {
				return refuse(one, `Invalid principal in policy: "%s":"%s"`, m.name, one.text)
			}
		}
	}
	return nil
}

var (
	validAWS = regexp.MustCompile(`^(\d{12}|A[A-Z0-9]{15,127}|` +
		`arn:aws[a-z-]*:iam::\d{12}:(root|(user|role)/[\w+=,.@/-]+)|` +
		`arn:aws[a-z-]*:sts::\d{12}:(assumed-role/[\w+=,.@-]+/[\w+=,.@-]+|federated-user/[\w+=,.@-]+))$`)
	validProvider = regexp.MustCompile(`^(arn:aws[a-z-]*:iam::\d{12}:(saml-provider/[\w._-]+|oidc-provider/[^*?\s]+)|[a-zA-Z0-9.-]+)$`)
	validService  = regexp.MustCompile(`^[a-z0-9-]+(\.[a-z0-9-]+)+$`)
)

// take adds a principal of a type. It fails if there can be no such principal.
func (p *principals) take(kind, name string) bool {
	switch {
	case kind == "AWS" && name == "*":
		p.everybody = true
	case kind == "AWS" && validAWS.MatchString(name):
		p.aws = append(p.aws, name)
	case kind == "Federated" && validProvider.MatchString(name):
		p.federated = append(p.federated, name)
	case kind == "Service" && validService.MatchString(name):
		p.service = append(p.service, name)
	default:
		return false
	}
	return true
}

// names reports whether the statement concerns an action.
func (s *statement) names(action string) bool {
	e := entry{statement: s, names: s.actions}
	return e.concernsAction(action)
}

// namesPools reports whether a condition holds only for identity pools that it names, if by a pattern, then by one that is more
// than wildcards.
func (s *statement) namesPools() bool {
	return slices.ContainsFunc(s.conditions, func(c condition) bool {
		if c.key != identityPoolsAudience || c.negated || c.ifExists || c.qualifier == forAllValues || len(c.tests) == 0 {
			return false
		}
		return !slices.ContainsFunc(c.tests, func(t test) bool { return !narrows(t) })
	})
}

// narrows reports whether a test is one of text that not every text passes.
func narrows(t test) bool {
	var parts []part
	switch t := t.(type) {
	case *pattern:
		parts = t.parts
	case *foldedTest:
		parts = t.pattern.parts
	}
	return slices.ContainsFunc(parts, func(p part) bool { return p.kind == literal })
}

// admits reports whether the statement's Principal is somebody, and whether it names them alone. Whom everybody stands for: a
// statement that denies, all; one that allows, principals of AWS, but no provider and no service.
func (p *principals) admits(who *Who, allow bool) (admitted, named bool) {
	switch {
	case slices.Contains(p.federated, who.Federated), slices.Contains(p.service, who.Service):
		return true, true
	case p.everybody:
		admitted = !allow || len(who.AWS) > 0 || who.Account != ""
	}
	for _, name := range p.aws {
		switch {
		case name == who.Account, strings.HasSuffix(name, ":iam::"+who.Account+":root"):
			admitted = true
		case slices.Contains(who.AWS, name):
			return true, true
		}
	}
	return admitted, false
}
