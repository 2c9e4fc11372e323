package kmskey

import (
	"context"
	"errors"
	"slices"

	"cardea/outbound/delivery"
	"cardea/outbound/kms"
	"cardea/platform/db"
	"cardea/record/datakey"
	"cardea/spec/esdk"
)

// Entry says what stands behind a key: Remote, Raw, or without either this server itself.
type Entry struct {
	Key     string   // its ARN, or its id in whichever account and Region; for keys of others alias/<name> too
	Aliases []string // further ARNs, or alias/<name>
	Remote  *kms.Client
	Raw     *esdk.RawAES
}

// Keys finds keys and uses them.
type Keys struct {
	DB      *db.DB
	Ring    *datakey.Ring
	Entries []Entry
	Any     bool // a key that no entry names is one of this server, as on a development server
}

// Check reports whether a pool may name the key: its ARN is well-formed and something stands behind it. Errors are *NameError
// and *UnknownError.
func (k *Keys) Check(arn string) error {
	asked, err := Parse(arn)
	if err != nil {
		return err
	}
	_, _, err = k.find(asked)
	return err
}

// Local is the ARN of one of this server's own keys. The error is *UnknownError.
func (k *Keys) Local(asked ARN) (ARN, error) {
	entry, key, err := k.find(asked)
	if err == nil && !entry.local() {
		err = &UnknownError{asked}
	}
	return key, err
}

func (e *Entry) local() bool { return e.Remote == nil && e.Raw == nil }

// find is the entry for a key, the most exact one by ARN before one by name, and the ARN of the key itself.
func (k *Keys) find(asked ARN) (*Entry, ARN, error) {
	if k == nil {
		return nil, asked, &UnknownError{asked}
	}
	for _, name := range []string{asked.String(), asked.ID()} {
		for i := range k.Entries {
			if e := &k.Entries[i]; e.Key == name || slices.Contains(e.Aliases, name) {
				return e, e.arn(asked), nil
			}
		}
	}
	if !k.Any {
		return nil, asked, &UnknownError{asked}
	}
	if asked.IsAlias() {
		asked = asked.imagined()
	}
	return &Entry{}, asked, nil
}

// arn is that of the key which was asked for by one of its names.
func (e *Entry) arn(asked ARN) ARN {
	if own, err := Parse(e.Key); err == nil {
		return own
	}
	if !asked.IsAlias() || !keyForm.MatchString(e.Key) {
		return asked
	}
	return asked.key(e.Key)
}

// Encrypt writes a message that holders of the key which the ARN names can read, in the AWS Encryption SDK's format and bound
// to an encryption context. Errors are *delivery.Error, or failures.
func (k *Keys) Encrypt(ctx context.Context, arn string, bound map[string]string, plaintext []byte) ([]byte, error) {
	asked, err := Parse(arn)
	if err != nil {
		return nil, &delivery.Error{Class: delivery.Misconfigured, Reason: err.Error()}
	}
	entry, key, err := k.find(asked)
	if err != nil {
		return nil, &delivery.Error{Class: delivery.Misconfigured, Reason: err.Error()}
	}
	message, err := esdk.NewWriter(bound)
	if err != nil {
		return nil, err
	}
	data, err := k.dataKey(ctx, entry, dataKeyOf{asked, key, message.Context()})
	if err != nil {
		return nil, err
	}
	defer clear(data.Plain)
	return message.Write(data, plaintext)
}

// kmsProvider is the provider of all data keys that KMS unwraps.
const kmsProvider = "aws-kms"

// dataKeyOf is what a data key is made for.
type dataKeyOf struct {
	asked, key ARN
	bound      map[string]string
}

func (k *Keys) dataKey(ctx context.Context, entry *Entry, of dataKeyOf) (esdk.DataKey, error) {
	switch {
	case entry.Raw != nil:
		return entry.Raw.DataKey(of.bound)
	case entry.Remote != nil:
		made, err := entry.Remote.GenerateDataKey(ctx, of.asked.Region, of.asked.String(), of.bound)
		if err != nil {
			return esdk.DataKey{}, err
		}
		return esdk.DataKey{Plain: made.Plain, Provider: kmsProvider, Info: made.KeyARN, Wrapped: made.Wrapped}, nil
	}
	plain, wrapped, err := k.Generate(ctx, of.key, of.bound, dataKeySize)
	if err != nil {
		return esdk.DataKey{}, err
	}
	return esdk.DataKey{Plain: plain, Provider: kmsProvider, Info: of.key.String(), Wrapped: wrapped}, nil
}

// ErrCiphertext says that something was not wrapped by this server, or not under this encryption context, or was changed.
var ErrCiphertext = errors.New("the ciphertext does not open")
