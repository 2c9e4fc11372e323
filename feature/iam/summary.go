package iam

import (
	"context"
	"slices"

	"cardea/engine/iamentity"
	"cardea/platform/db"
	"cardea/record/accesskey"
	"cardea/record/policy"
	"cardea/record/principal"
	"cardea/record/trustprovider"
	"cardea/spec/iam"
)

// GetAccountSummary counts what the account has, and tells its quotas. What this server does not have, such as devices for
// multi-factor authentication, counts as none.
func (s *Service) GetAccountSummary(ctx context.Context, _ *iam.GetAccountSummaryRequest) (*iam.GetAccountSummaryResponse, error) {
	summary := quotas()
	err := s.DB.Read(ctx, func(tx *db.Tx) error {
		for name, kind := range map[string]principal.Kind{"Users": principal.User, "Groups": principal.Group, "Roles": principal.Role} {
			n, err := principal.Count(tx, kind)
			if err != nil {
				return err
			}
			summary[name] = int64(n)
		}
		providers := 0
		for _, kind := range []trustprovider.Kind{trustprovider.OIDC, trustprovider.SAML} {
			list, err := trustprovider.List(tx, kind)
			if err != nil {
				return err
			}
			providers += len(list)
		}
		summary["Providers"] = int64(providers)
		policies, err := policy.Count(tx)
		if err != nil {
			return err
		}
		versions, err := policy.CountVersions(tx)
		if err != nil {
			return err
		}
		summary["Policies"], summary["PolicyVersionsInUse"] = int64(policies), int64(versions)
		keys, err := accesskey.List(tx, "")
		if slices.ContainsFunc(keys, func(key *accesskey.Key) bool { return key.Status == accesskey.Active }) {
			summary["AccountAccessKeysPresent"] = 1
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return &iam.GetAccountSummaryResponse{SummaryMap: summary}, nil
}

// quotas is a summary of an account that has nothing.
func quotas() map[string]int64 {
	return map[string]int64{
		"Users": 0, "UsersQuota": int64(iamentity.Users.Most),
		"Groups": 0, "GroupsQuota": int64(iamentity.Groups.Most),
		"Roles": 0, "RolesQuota": int64(iamentity.Roles.Most),
		"Policies": 0, "PoliciesQuota": int64(iamentity.Policies.Most),
		"PolicyVersionsInUse": 0, "PolicyVersionsInUseQuota": 10_000,
		"VersionsPerPolicyQuota":        int64(iamentity.VersionsPerPolicy.Most),
		"GroupsPerUserQuota":            int64(iamentity.GroupsPerUser.Most),
		"AccessKeysPerUserQuota":        int64(iamentity.AccessKeysPerUser.Most),
		"AttachedPoliciesPerUserQuota":  int64(iamentity.Attached(principal.User).Most),
		"AttachedPoliciesPerGroupQuota": int64(iamentity.Attached(principal.Group).Most),
		"AttachedPoliciesPerRoleQuota":  int64(iamentity.Attached(principal.Role).Most),
		"PolicySizeQuota":               int64(iamentity.PolicySize.Most),
		"AssumeRolePolicySizeQuota":     int64(iamentity.TrustPolicySize.Most),
		"UserPolicySizeQuota":           int64(iamentity.InlineSize(principal.User)),
		"GroupPolicySizeQuota":          int64(iamentity.InlineSize(principal.Group)),
		"RolePolicySizeQuota":           int64(iamentity.InlineSize(principal.Role)),
		"Providers":                     0,
		"InstanceProfiles":              0, "InstanceProfilesQuota": 1000,
		"ServerCertificates": 0, "ServerCertificatesQuota": 20,
		"SigningCertificatesPerUserQuota": 2,
		"MFADevices":                      0, "MFADevicesInUse": 0,
		"AccountMFAEnabled": 0, "AccountAccessKeysPresent": 0, "AccountPasswordPresent": 0, "AccountSigningCertificatesPresent": 0,
		"GlobalEndpointTokenVersion": 1,
	}
}

// ListAccountAliases answers that the account has no other name: there are no sign-in pages that it could stand in the address of.
func (s *Service) ListAccountAliases(context.Context, *iam.ListAccountAliasesRequest) (*iam.ListAccountAliasesResponse, error) {
	return &iam.ListAccountAliasesResponse{AccountAliases: []string{}}, nil
}
