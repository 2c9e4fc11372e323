package s3iam

import (
	"context"
	"encoding/json"
	"errors"
	"regexp"
	"strings"

	"cardea/engine/temporary"
	"cardea/spec/arn"
	"cardea/spec/iampolicy"
	"cardea/spec/sigv4"
)

// Bounds of one question.
const (
	maxDecisions = 1000
	maxKeys      = 1000
)

type deriveRequest struct {
	AccessKeyID  string `json:"accessKeyId"`
	SessionToken string `json:"sessionToken"`
	Date         string `json:"date"`
	Region       string `json:"region"`
	Service      string `json:"service"`
}

type deriveAnswer struct {
	DerivedKey   []byte `json:"derivedKey"`
	PrincipalARN string `json:"principalArn"`
	RoleARN      string `json:"roleArn,omitempty"`
}

var (
	datePattern   = regexp.MustCompile(`^\d{8}$`)
	regionPattern = regexp.MustCompile(`^[a-z0-9-]{1,32}$`)
)

// deriveSigningKey answers the key that signs requests of one day, Region and service. The gateway gets those of S3 only, and so no key
// for requests to this server.
func (h *Handler) deriveSigningKey(ctx context.Context, body []byte) (any, error) {
	var asked deriveRequest
	if json.Unmarshal(body, &asked) != nil || !datePattern.MatchString(asked.Date) || !regionPattern.MatchString(asked.Region) || asked.Service != "s3" {
		return nil, errRequest
	}
	signer, p, err := h.signer(ctx, asked.AccessKeyID, asked.SessionToken)
	if err != nil {
		return nil, err
	}
	scope := sigv4.Scope{AccessKeyID: asked.AccessKeyID, Date: asked.Date, Region: asked.Region, Service: asked.Service}
	answer := &deriveAnswer{DerivedKey: sigv4.SigningKey(signer.Secret, scope), PrincipalARN: p.ARN}
	if p.Session != nil && p.Session.Kind == temporary.AssumedRole {
		answer.RoleARN = p.Entity.ARN(h.Account)
	}
	return answer, nil
}

type evaluateRequest struct {
	AccessKeyID  string              `json:"accessKeyId"`
	SessionToken string              `json:"sessionToken"`
	Actions      []string            `json:"actions"`
	Resources    []string            `json:"resources"`
	Condition    map[string][]string `json:"condition"`
}

type evaluateAnswer struct {
	Decisions        [][]string `json:"decisions"`
	SessionDecisions [][]string `json:"sessionDecisions,omitempty"`
	HasSessionPolicy bool       `json:"hasSessionPolicy,omitempty"`
	PrincipalARN     string     `json:"principalArn"`
}

// evaluatePolicy answers what policies say of each action on each resource. The gateway puts them together with the bucket's own policy:
// that may allow what no policy of the principal does, but not what the session was narrowed by.
func (h *Handler) evaluatePolicy(ctx context.Context, body []byte) (any, error) {
	var asked evaluateRequest
	if json.Unmarshal(body, &asked) != nil || len(asked.Actions)*len(asked.Resources) > maxDecisions {
		return nil, errRequest
	}
	_, p, err := h.signer(ctx, asked.AccessKeyID, asked.SessionToken)
	if err != nil {
		return nil, err
	}
	policies, err := h.Authorizer.Apart(ctx, p, asked.Condition)
	if err != nil {
		return nil, err
	}
	answer := &evaluateAnswer{Decisions: [][]string{}, HasSessionPolicy: policies.Narrowed, PrincipalARN: p.ARN}
	for _, resource := range asked.Resources {
		own, session := make([]string, len(asked.Actions)), make([]string, len(asked.Actions))
		for i, action := range asked.Actions {
			o, s := policies.Decide(action, resource)
			own[i], session[i] = word(o), word(s)
		}
		answer.Decisions = append(answer.Decisions, own)
		if policies.Narrowed {
			answer.SessionDecisions = append(answer.SessionDecisions, session)
		}
	}
	return answer, nil
}

// word is a decision as the gateway reads it.
func word(d iampolicy.Decision) string {
	switch {
	case d.Allowed:
		return "allow"
	case d.Explicit:
		return "deny"
	}
	return "no_match"
}

type identity struct {
	Found        bool   `json:"found"`
	Kind         string `json:"kind,omitempty"`
	PrincipalARN string `json:"principalArn,omitempty"`
}

// resolveIdentity answers whose access keys there are. Temporary keys cannot be found without their tokens.
func (h *Handler) resolveIdentity(ctx context.Context, body []byte) (any, error) {
	var asked struct {
		AccessKeyIDs []string `json:"accessKeyIds"`
	}
	if json.Unmarshal(body, &asked) != nil || len(asked.AccessKeyIDs) > maxKeys {
		return nil, errRequest
	}
	found := make([]identity, len(asked.AccessKeyIDs))
	for i, keyID := range asked.AccessKeyIDs {
		_, p, err := h.signer(ctx, keyID, "")
		if _, refused := errors.AsType[*problem](err); refused {
			continue
		}
		if err != nil {
			return nil, err
		}
		found[i] = identity{Found: true, Kind: "user", PrincipalARN: p.ARN}
	}
	return map[string]any{"identities": found}, nil
}

// resolvePrincipals answers which of the principals that a bucket's policy names there are not.
func (h *Handler) resolvePrincipals(ctx context.Context, body []byte) (any, error) {
	var asked struct {
		Principals []string `json:"principals"`
	}
	if json.Unmarshal(body, &asked) != nil || len(asked.Principals) > maxKeys {
		return nil, errRequest
	}
	invalid := []string{}
	for _, name := range asked.Principals {
		exists, err := h.exists(ctx, name)
		if err != nil {
			return nil, err
		}
		if !exists {
			invalid = append(invalid, name)
		}
	}
	return map[string]any{"invalid": invalid}, nil
}

var sessionName = regexp.MustCompile(`^[A-Za-z0-9_+=,.@-]{2,64}$`)

// exists reports whether a principal of a policy is one of this account that there is: the account, a user, a role, or a session of a role.
func (h *Handler) exists(ctx context.Context, name string) (bool, error) {
	if name == h.Account.ID || name == h.Account.Root() {
		return true, nil
	}
	parsed, ok := arn.Parse(name)
	if !ok || parsed.Account != h.Account.ID || parsed.Partition != h.Account.Partition || parsed.Region != "" {
		return false, nil
	}
	kind, path, _ := strings.Cut(parsed.Resource, "/")
	switch parsed.Service + " " + kind {
	case "iam user", "iam role":
		short := path[strings.LastIndexByte(path, '/')+1:]
		found, err := h.Authorizer.Named(ctx, kind, short)
		return found != nil && h.Account.IAM(kind+found.Path+found.Name) == name, err
	case "sts assumed-role":
		role, session, _ := strings.Cut(path, "/")
		if !sessionName.MatchString(session) {
			return false, nil
		}
		found, err := h.Authorizer.Named(ctx, "role", role)
		return found != nil && found.Name == role, err
	}
	return false, nil
}
