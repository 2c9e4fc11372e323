package transient

import (
	"slices"

	"cardea/platform/db"
)

// Class is what kind of rows a table has, as far as a restore is concerned.
type Class int

// The classes.
const (
	Lasting  Class = iota // settings, users, keys, and what was used or failed
	Servers               // of the servers that were running
	Sessions              // sessions, and what they may still come of: codes, grants, sign-ins that have begun
	Messages              // messages that may have been delivered since, and notices of logouts
)

// tables are those that do not last.
var tables = map[Class][]string{
	Servers: {"job_run", "lease", "node"},
	Sessions: {
		"session", "refresh_token", "sso_session", "auth_code", "pushed_request", "device_grant", "custom_auth", "code", "passkey_ceremony",
	},
	Messages: {"outbox", "logout_notice"},
}

// lasting are all others. Whoever adds a table decides here what a restore does with it.
var lasting = []string{
	"access_key", "acme", "attached_policy", "attempt", "branding", "branding_image", "client", "client_secret", "cutoff", "data_key", "device",
	"domain", "federation_trace", "group_member", "identity", "identity_login", "identity_pool", "identity_provider",
	"identity_provider_identifier", "inline_policy", "linked_identity", "managed_policy", "managed_policy_version", "passkey", "pool",
	"principal", "principal_member", "principal_tag_map", "provisioned_limit", "quota", "replay", "resource_server", "saml_key", "saml_metadata", "signing_key",
	"software_token", "spare_signing_key", "terms", "trust_provider", "user_account", "user_attribute", "user_group", "user_name",
}

// Of is the class of a table, and whether it is known.
func Of(t *db.Table) (class Class, known bool) {
	for class, names := range tables {
		if slices.Contains(names, t.Name) {
			return class, true
		}
	}
	return Lasting, slices.Contains(lasting, t.Name)
}
