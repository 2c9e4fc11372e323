package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cardea/platform/config"
)

const someKeys = minimal + `
[[kms_keys]]
key = "arn:aws:kms:eu-west-1:123456789012:key/1b0c6f8e-2f43-4a0e-9b1d-0c5a7e3d2f11"
kms = "https://kms.{region}.amazonaws.com"
access_key_id = "AKID"
secret_access_key = "key secret"
[[kms_keys]]
key = "5c0e51f2-7d29-4a2c-8a0e-6d1f9b7c3e42"
aliases = ["alias/codes", "arn:aws:kms:eu-west-1:123456789012:alias/others"]
local = true
[[kms_keys]]
key = "alias/raw"
raw_aes_file = "codes.key"
provider = "example"
name = "codes-2026"
`

func TestKMSKeysAreReadAndTheirSecretsMasked(t *testing.T) {
	t.Parallel()
	c, err := load(t, someKeys)
	if err != nil {
		t.Fatal(err)
	}
	want := []config.KMSKey{
		{Key: "arn:aws:kms:eu-west-1:123456789012:key/1b0c6f8e-2f43-4a0e-9b1d-0c5a7e3d2f11", KMS: "https://kms.{region}.amazonaws.com", AccessKeyID: "AKID", SecretAccessKey: "key secret"},
		{Key: "5c0e51f2-7d29-4a2c-8a0e-6d1f9b7c3e42", Aliases: []string{"alias/codes", "arn:aws:kms:eu-west-1:123456789012:alias/others"}, Local: true},
		{Key: "alias/raw", RawAESFile: "codes.key", Provider: "example", Name: "codes-2026"},
	}
	if diff := cmp.Diff(want, c.KMSKeys); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	text, err := c.Show()
	if err != nil || strings.Contains(text, "key secret") || !strings.Contains(text, "********") || c.KMSKeys[0].SecretAccessKey != "key secret" {
		t.Errorf("shown as %s, %v", text, err)
	}
}

func TestWrongKMSKeysAreRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, want string }{
		{`key = "k"`, "give one of kms, local and raw_aes_file"},
		{"key = \"k\"\nlocal = true\nkms = \"https://kms\"", "give one of"},
		{"key = \"not a key\"\nlocal = true", `"not a key" is not the ARN or id of a KMS key`},
		{"key = \"arn:aws:lambda:us-east-1:123456789012:function:f\"\nlocal = true", "is not the ARN or id"},
		{"key = \"alias/k\"\nlocal = true", "is not the ARN or id"},
		{"key = \"k\"\nlocal = true\naliases = [\"k2\"]", `"k2" is neither alias/<name>`},
		{"key = \"k\"\nkms = \"https://kms\"\naliases = [\"alias/k\"]", "aliases go with local"},
		{"key = \"k\"\nlocal = true\nprofile = \"p\"", "keys and profile go with kms"},
		{"key = \"k\"\nlocal = true\nname = \"n\"", "provider and name go with raw_aes_file"},
		{"key = \"k\"\nkms = \"https://kms\"\naccess_key_id = \"a\"", "access_key_id and secret_access_key go together"},
		{"key = \"k\"\nkms = \"https://kms\"\naccess_key_id = \"a\"\nsecret_access_key = \"s\"\nprofile = \"p\"", "either keys or a profile"},
		{"key = \"k\"\nkms = \"http://kms\"", "kms: use https"},
		{"key = \"k\"\nkms = \"ftp://kms\"", "not an http or https address"},
		{"key = \"k\"\nraw_aes_file = \"f\"\nname = \"n\"", "provider and name are required"},
		{"key = \"k\"\nraw_aes_file = \"f\"\nname = \"n\"\nprovider = \"aws-kms\"", "aws-kms is reserved"},
		{"key = \"k\"\nlocal = true\n[[kms_keys]]\nkey = \"k2\"\naliases = [\"alias/a\", \"alias/a\"]\nlocal = true", "alias/a is configured twice"},
		{"key = \"k\"\nlocal = true\n[[kms_keys]]\nkey = \"k\"\nlocal = true", "kms_keys[1]: k is configured twice"},
	} {
		if _, err := load(t, minimal+"[[kms_keys]]\n"+c.text+"\n"); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s\ngot  %v\nwant %s", c.text, err, c.want)
		}
	}
}

func TestRawAESKeysAreReadFromTheirFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "codes.key")
	key := config.KMSKey{RawAESFile: file}
	if _, err := key.RawAES(); err == nil {
		t.Error("a file that is not there was read")
	}
	for text, size := range map[string]int{"BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\n": 32, "BwcH": 0, "": 0} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := key.RawAES()
		if len(got) != size || (err == nil) != (size > 0) || err != nil && !strings.Contains(err.Error(), file) {
			t.Errorf("%q: got %d bytes, %v", text, len(got), err)
		}
	}
}
