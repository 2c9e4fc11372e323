package server

import (
	"fmt"
	"os"

	"cardea/engine/kmskey"
	"cardea/outbound/kms"
	"cardea/platform/awscred"
	"cardea/platform/config"
	"cardea/platform/web"
	"cardea/spec/esdk"
)

// newKMSKeys makes the keys of the configuration, which need a database yet.
func newKMSKeys(c Config) (*kmskey.Keys, error) {
	client, err := web.New(web.Options{Allow: c.Outgoing.Allow, PlainHTTP: c.Outgoing.PlainHTTP})
	if err != nil {
		return nil, fmt.Errorf("outgoing.allow: %w", err)
	}
	keys := &kmskey.Keys{Any: c.Dev}
	found := foundKeys(c.now())
	for _, given := range c.KMSKeys {
		entry := kmskey.Entry{Key: given.Key, Aliases: given.Aliases}
		switch {
		case given.KMS != "":
			entry.Remote = &kms.Client{Endpoint: given.KMS, Keys: kmsCredentials(given, found), HTTP: client, Now: c.now()}
		case given.RawAESFile != "":
			secret, err := given.RawAES()
			if err != nil {
				return nil, err
			}
			entry.Raw = &esdk.RawAES{Provider: given.Provider, Name: given.Name, Key: secret}
		}
		keys.Entries = append(keys.Entries, entry)
	}
	return keys, nil
}

// kmsCredentials sign calls of KMS: those given, or those that are found on the machine.
func kmsCredentials(given config.KMSKey, found awscred.Source) awscred.Source {
	switch {
	case given.AccessKeyID != "":
		return awscred.Static(awscred.Keys{ID: given.AccessKeyID, Secret: given.SecretAccessKey.Reveal(), Token: given.SessionToken.Reveal()})
	case given.Profile != "":
		return awscred.Profile(os.LookupEnv, given.Profile)
	}
	return found
}
