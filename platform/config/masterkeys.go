package config

import (
	"errors"
	"fmt"
	"strings"
)

// MasterKeySource gives one or more master keys at the start: exactly one of File, Command, KMS and Vault.
type MasterKeySource struct {
	// File holds keys, one to a line.
	File string `toml:"file,omitempty"`
	// Command is a program with its arguments, which prints keys, one to a line.
	Command []string `toml:"command,omitempty"`

	// KMS is the address of AWS KMS, or of a service that speaks its interface; {region} stands for the key's Region.
	KMS string `toml:"kms,omitempty"`
	// Context is the encryption context that the ciphertext is bound to.
	Context map[string]string `toml:"context,omitempty"`
	// AccessKeyID, SecretAccessKey and SessionToken sign the calls; Profile names a profile of the shared credentials file.
	// Without either, the environment, that file, and the container's or machine's endpoint are asked.
	AccessKeyID     string `toml:"access_key_id,omitempty"`
	SecretAccessKey Secret `toml:"secret_access_key,omitempty"`
	SessionToken    Secret `toml:"session_token,omitempty"`
	Profile         string `toml:"profile,omitempty"`

	// Vault is the address of Vault or OpenBao, whose transit engine at Mount decrypts.
	Vault string `toml:"vault,omitempty"`
	Mount string `toml:"mount,omitempty"`
	// Token or the file with it authenticates; without either, VAULT_TOKEN of the environment.
	Token     Secret `toml:"token,omitempty"`
	TokenFile string `toml:"token_file,omitempty"`

	// Key is the ARN of the key of KMS, or the name of transit's.
	Key string `toml:"key,omitempty"`
	// Ciphertext is the encrypted master key: base64 of KMS, vault:v1:… of transit.
	Ciphertext string `toml:"ciphertext,omitempty"`
	// CAFile holds the roots that the address is verified by, in PEM; empty means the system's.
	CAFile string `toml:"ca_file,omitempty"`
}

// checkMasterKeys checks what gives the master keys, without asking.
func (c Config) checkMasterKeys() error {
	var wrong []error
	given := 0
	for _, is := range []bool{c.MasterKey != "", c.MasterKeyFile != "", len(c.MasterKeyCommand) > 0} {
		if is {
			given++
		}
	}
	if given > 1 {
		wrong = append(wrong, errors.New("master_key: only one of master_key, master_key_file and master_key_command may be set"))
	}
	for i, s := range c.MasterKeySources {
		wrong = append(wrong, Within(fmt.Sprintf("master_keys[%d]", i), s.check(c.Outgoing)))
	}
	return errors.Join(wrong...)
}

// check reports the first thing that is wrong with a source.
func (s MasterKeySource) check(outgoing Outgoing) error {
	given := 0
	for _, is := range []bool{s.File != "", len(s.Command) > 0, s.KMS != "", s.Vault != ""} {
		if is {
			given++
		}
	}
	remote := s.KMS != "" || s.Vault != ""
	switch {
	case given != 1:
		return errors.New("give one of file, command, kms and vault")
	case remote && (s.Key == "" || s.Ciphertext == ""):
		return errors.New("key and ciphertext are required with kms and vault")
	case !remote && (s.Key != "" || s.Ciphertext != "" || s.CAFile != ""):
		return errors.New("key, ciphertext and ca_file go with kms and vault")
	case s.KMS == "" && (s.AccessKeyID != "" || s.SecretAccessKey != "" || s.SessionToken != "" || s.Profile != "" || len(s.Context) > 0):
		return errors.New("context, access keys and profile go with kms")
	case s.Vault == "" && (s.Mount != "" || s.Token != "" || s.TokenFile != ""):
		return errors.New("mount, token and token_file go with vault")
	case s.KMS != "" && !strings.HasPrefix(s.Key, "arn:"):
		return errors.New("key: the ARN of the key of KMS is needed")
	case s.Vault != "" && !strings.HasPrefix(s.Ciphertext, "vault:"):
		return errors.New("the ciphertext of transit begins with \"vault:\"")
	case (s.AccessKeyID == "") != (s.SecretAccessKey == ""):
		return errors.New("access_key_id and secret_access_key go together")
	case s.Token != "" && s.TokenFile != "":
		return errors.New("give either token or token_file")
	case s.KMS != "":
		return checkCalled("kms", strings.ReplaceAll(s.KMS, "{region}", "us-east-1"), outgoing)
	case s.Vault != "":
		return checkCalled("vault", s.Vault, outgoing)
	}
	return nil
}
