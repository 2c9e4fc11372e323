package pool

import (
	"fmt"

	"cardea/platform/db"
	"cardea/spec/id"
)

// tables are all those whose rows belong to a pool; a test compares them with the schema of both engines.
var tables = []string{
	"custom_auth",
	"passkey_ceremony",
	"passkey",
	"outbox",
	"device",
	"quota",
	"code",
	"auth_code",
	"sso_session",
	"logout_notice",
	"pushed_request",
	"device_grant",
	"software_token",
	"attempt",
	"replay",
	"refresh_token",
	"session",
	"signing_key",
	"group_member",
	"user_group",
	"user_attribute",
	"user_name",
	"user_account",
	"linked_identity",
	"identity_provider_identifier",
	"saml_metadata",
	"identity_provider",
	"saml_key",
	"federation_trace",
	"resource_server",
	"domain",
	"branding_image",
	"branding",
	"terms",
	"client_secret",
	"client",
	"data_key",
	"pool",
}

// Delete removes the pool and every row that any record keeps for it, its data keys too: nothing sealed under them
// can be opened again. It answers db.ErrNotFound when there is no such pool.
func Delete(tx *db.Tx, pool id.Pool) error {
	for _, table := range tables {
		rows, err := tx.Exec(`
			DELETE FROM `+table+`
			WHERE pool_id = $1`,
			string(pool))
		if err != nil {
			return fmt.Errorf("delete from %s: %w", table, err)
		}
		if table == Table && rows == 0 {
			return db.ErrNotFound
		}
		if rows > 0 {
			tx.Changed(table)
		}
	}
	return nil
}
