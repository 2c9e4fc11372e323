package userpool

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"cardea/engine/scope"
	"cardea/record/pool"
	"cardea/spec/cognitoidp"
)

// occasion tells a new pool's settings from those of an existing pool.
type occasion int

const (
	creating occasion = iota
	updating
)

// configure checks settings and puts them into the pool, with the default of whatever is omitted
// (docs/cognito/pools-and-clients.md, "Defaults of a pool").
func (s *Service) configure(p *pool.Pool, in *cognitoidp.UpdateUserPoolRequest, when occasion) error {
	doc := &p.Doc
	if in.PoolName != "" {
		doc.Name = in.PoolName
	}
	if in.UserPoolTier != "" {
		doc.UserPoolTier = in.UserPoolTier
	}
	doc.DeletionProtection = orElse(in.DeletionProtection, cognitoidp.DeletionProtectionTypeInactive)
	doc.AutoVerifiedAttributes = given(in.AutoVerifiedAttributes)
	if in.UserAttributeUpdateSettings != nil {
		doc.UserAttributeUpdateSettings = in.UserAttributeUpdateSettings
	}
	doc.DeviceConfiguration = in.DeviceConfiguration
	doc.UserPoolAddOns = in.UserPoolAddOns
	doc.AccountRecoverySetting = in.AccountRecoverySetting
	doc.KeyConfiguration = in.KeyConfiguration
	doc.IssuerConfiguration = in.IssuerConfiguration
	doc.AcrConfiguration = in.AcrConfiguration
	doc.DcrConfiguration = in.DcrConfiguration

	for _, step := range []func(*pool.Pool, *cognitoidp.UpdateUserPoolRequest) error{
		setPolicies, s.setLambdas, setMessages, s.setEmail, s.setSMS, setTags, checkVerification, checkRecovery, checkKey,
		checkRegistration, checkLevels,
	} {
		if err := step(p, in); err != nil {
			return err
		}
	}
	return s.setMFA(p, in, when)
}

// setTags replaces the tags. Tags beginning with "cardea:" are settings for which AWS's API has no member: they stay
// when the request has no tags at all.
func setTags(p *pool.Pool, in *cognitoidp.UpdateUserPoolRequest) error {
	tags := map[string]string{}
	if in.UserPoolTags == nil {
		for key, value := range p.Doc.UserPoolTags {
			if strings.HasPrefix(key, pool.SettingPrefix) {
				tags[key] = value
			}
		}
	}
	maps.Copy(tags, in.UserPoolTags)
	if err := checkTags(tags); err != nil {
		return err
	}
	p.Doc.UserPoolTags = tags
	return nil
}

// checkVerification checks which attributes are verified automatically, and which before they are updated.
func checkVerification(p *pool.Pool, _ *cognitoidp.UpdateUserPoolRequest) error {
	if p.AutoVerifies("phone_number") && p.Doc.SmsConfiguration == nil {
		return cognitoidp.InvalidParameter("SMS configuration is required when phone_number is selected for auto verification")
	}
	for _, attribute := range []string{"email", "phone_number"} {
		if p.VerifiesBeforeUpdate(attribute) && !p.AutoVerifies(attribute) {
			return cognitoidp.InvalidParameter("All attributes in AttributesRequireVerificationBeforeUpdate must exist in AutoVerifiedAttributes")
		}
	}
	return nil
}

func checkRecovery(p *pool.Pool, _ *cognitoidp.UpdateUserPoolRequest) error {
	if p.Doc.AccountRecoverySetting == nil {
		return nil
	}

	names, priorities, adminOnly := map[string]bool{}, map[int64]bool{}, false
	mechanisms := p.Doc.AccountRecoverySetting.RecoveryMechanisms
	for _, mechanism := range mechanisms {
		if names[mechanism.Name] || priorities[mechanism.Priority] {
			return cognitoidp.InvalidParameter("Account Recovery Setting cannot have duplicate priorities or recovery mechanisms.")
		}
		names[mechanism.Name], priorities[mechanism.Priority] = true, true
		adminOnly = adminOnly || mechanism.Name == cognitoidp.RecoveryOptionNameTypeAdminOnly
	}
	if adminOnly && len(mechanisms) > 1 {
		return cognitoidp.InvalidParameter("Account Recovery Setting cannot use admin_only setting with any other recovery mechanisms.")
	}
	return nil
}

func checkKey(p *pool.Pool, _ *cognitoidp.UpdateUserPoolRequest) error {
	key := p.Doc.KeyConfiguration
	if key != nil && key.KeyType == cognitoidp.EncryptionKeyTypeCustomerManagedKey && key.KmsKeyArn == "" {
		return cognitoidp.InvalidParameter("KmsKeyArn is required when KeyType is CUSTOMER_MANAGED_KEY.")
	}
	return nil
}

// checkRegistration checks what apps that register themselves may have: no implicit grant, which AWS does not list, and not the
// scope that lets them register others.
func checkRegistration(p *pool.Pool, _ *cognitoidp.UpdateUserPoolRequest) error {
	c := p.Doc.DcrConfiguration
	if c == nil {
		return nil
	}
	if slices.Contains(slices.Concat(c.OpenDcrGrantTypes, c.AuthenticatedGrantTypes), cognitoidp.OAuthFlowTypeImplicit) {
		return cognitoidp.InvalidParameter("The implicit flow cannot be used with dynamic client registration.")
	}
	if slices.Contains(c.AllowedScopes, scope.Register) {
		return cognitoidp.InvalidParameter("The scope " + scope.Register + " cannot be allowed to registered clients.")
	}
	return nil
}

// checkLevels checks the names that the pool gives to levels of authentication: each means one level, and none is another's
// default name.
func checkLevels(p *pool.Pool, _ *cognitoidp.UpdateUserPoolRequest) error {
	levels := p.Levels()
	for i, name := range levels {
		well := len(name) <= 64 && levelName.MatchString(name)
		number, isDefault := strings.CutPrefix(name, pool.DefaultLevel)
		if !well || slices.Index(levels, name) != i || isDefault && number != strconv.Itoa(i+1) {
			return cognitoidp.InvalidParameter("AcrValue " + name + " is not valid, or not unique across the levels of the user pool.")
		}
	}
	return nil
}

// levelName matches names of levels.
var levelName = regexp.MustCompile(`^[!#-\[\]-~]+$`)

// given makes an empty list an absent one.
func given(list []string) []string {
	if len(list) == 0 {
		return nil
	}
	return list
}

func orElse(value, def string) string {
	if value == "" {
		return def
	}
	return value
}
