package config

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"

	"cardea/platform/seal"
)

// KMSKey says what stands behind a key that pools name by KMSKeyID: exactly one of KMS, Local and RawAESFile.
type KMSKey struct {
	// Key is the key's ARN, or its id in whichever account and Region. Of KMS and raw_aes_file, it may be an alias too: its ARN,
	// or alias/<name>.
	Key string `toml:"key"`
	// Aliases are further names of a local key: ARNs of aliases, or alias/<name>.
	Aliases []string `toml:"aliases,omitempty"`

	// KMS is the address of AWS KMS, or of a service that speaks its interface; {region} stands for the key's Region.
	KMS string `toml:"kms,omitempty"`
	// AccessKeyID, SecretAccessKey and SessionToken sign the calls; Profile names a profile of the shared credentials file.
	// Without either, the environment, that file, and the container's or machine's endpoint are asked.
	AccessKeyID     string `toml:"access_key_id,omitempty"`
	SecretAccessKey Secret `toml:"secret_access_key,omitempty"`
	SessionToken    Secret `toml:"session_token,omitempty"`
	Profile         string `toml:"profile,omitempty"`

	// Local keys are this server's own: functions ask it to decrypt, as they would ask AWS KMS.
	Local bool `toml:"local,omitempty"`

	// RawAESFile holds 32 bytes in base64, which functions have too; they find the key by Provider and Name.
	RawAESFile string `toml:"raw_aes_file,omitempty"`
	Provider   string `toml:"provider,omitempty"`
	Name       string `toml:"name,omitempty"`
}

var (
	kmsKeyName   = regexp.MustCompile(`^(arn:aws(-[a-z]+)*:kms:[a-z]{2}(-[a-z]+)+-\d:\d{12}:key/)?[A-Za-z0-9-]{1,128}$`)
	kmsAliasName = regexp.MustCompile(`^(arn:aws(-[a-z]+)*:kms:[a-z]{2}(-[a-z]+)+-\d:\d{12}:)?alias/[A-Za-z0-9/_-]{1,250}$`)
)

func (c Config) checkKMSKeys() error {
	var wrong []error
	seen := map[string]bool{}
	for i, k := range c.KMSKeys {
		where := fmt.Sprintf("kms_keys[%d]", i)
		for _, name := range append([]string{k.Key}, k.Aliases...) {
			if seen[name] {
				wrong = append(wrong, fmt.Errorf("%s: %s is configured twice", where, name))
			}
			seen[name] = true
		}
		if err := k.check(c.Outgoing); err != nil {
			wrong = append(wrong, Within(where, err))
		}
	}
	return errors.Join(wrong...)
}

// check reports the first thing that is wrong with a key.
func (k KMSKey) check(outgoing Outgoing) error {
	given := 0
	for _, is := range []bool{k.KMS != "", k.Local, k.RawAESFile != ""} {
		if is {
			given++
		}
	}
	switch {
	case given != 1:
		return errors.New("give one of kms, local and raw_aes_file")
	case !kmsKeyName.MatchString(k.Key) && (k.Local || !kmsAliasName.MatchString(k.Key)):
		return fmt.Errorf("key: %q is not the ARN or id of a KMS key", k.Key)
	case !k.Local && len(k.Aliases) > 0:
		return errors.New("aliases go with local; of other keys, an alias is the key of an entry")
	case k.KMS == "" && (k.AccessKeyID != "" || k.SecretAccessKey != "" || k.SessionToken != "" || k.Profile != ""):
		return errors.New("keys and profile go with kms")
	case k.RawAESFile == "" && (k.Provider != "" || k.Name != ""):
		return errors.New("provider and name go with raw_aes_file")
	}
	for _, alias := range k.Aliases {
		if !kmsAliasName.MatchString(alias) {
			return fmt.Errorf("aliases: %q is neither alias/<name> nor the ARN of an alias", alias)
		}
	}
	return k.checkKind(outgoing)
}

func (k KMSKey) checkKind(outgoing Outgoing) error {
	switch {
	case k.KMS != "":
		if (k.AccessKeyID == "") != (k.SecretAccessKey == "") {
			return errors.New("access_key_id and secret_access_key go together")
		}
		if k.AccessKeyID != "" && k.Profile != "" {
			return errors.New("give either keys or a profile")
		}
		return checkCalled("kms", strings.ReplaceAll(k.KMS, "{region}", "us-east-1"), outgoing)
	case k.RawAESFile != "":
		if k.Provider == "" || k.Name == "" {
			return errors.New("provider and name are required with raw_aes_file")
		}
		if strings.HasPrefix(k.Provider, "aws-kms") {
			return errors.New("provider: aws-kms is reserved for keys of KMS")
		}
	}
	return nil
}

// RawAES reads the key of a file.
func (k KMSKey) RawAES() ([]byte, error) {
	text, err := os.ReadFile(k.RawAESFile)
	if err != nil {
		return nil, fmt.Errorf("read raw AES key: %w", err)
	}
	key, err := seal.ParseKey(string(text))
	if err != nil {
		return nil, fmt.Errorf("%s: not 32 bytes in base64 (openssl rand -base64 32 makes them)", k.RawAESFile)
	}
	return key, nil
}
