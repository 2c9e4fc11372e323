package kmskey

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"

	"cardea/platform/db"
	"cardea/platform/seal"
	"cardea/spec/esdk"
)

const (
	dataKeySize = 32
	version     = 1 // leads everything wrapped, so that the form can change
)

// Generate makes a data key of so many bytes and wraps it under one of this server's own keys, bound to an encryption
// context. What wraps it is the server's data key, so that it opens as long as the database's own secrets do.
func (k *Keys) Generate(ctx context.Context, key ARN, bound map[string]string, size int) (plain, wrapped []byte, err error) {
	box, err := k.box(ctx)
	if err != nil {
		return nil, nil, err
	}
	label, err := label(key, bound)
	if err != nil {
		return nil, nil, err
	}
	plain = make([]byte, size)
	_, _ = rand.Read(plain) // never fails: it would end the program

	// The key's name is in plain text, as KMS has it: whoever unwraps need not say which key it was.
	name := key.String()
	wrapped = binary.BigEndian.AppendUint16([]byte{version}, uint16(len(name)))
	wrapped = append(wrapped, name...)
	return plain, append(wrapped, box.Seal(label, plain)...), nil
}

// Unwrap opens what Generate has wrapped under the same encryption context, and tells the key. It answers ErrCiphertext.
func (k *Keys) Unwrap(ctx context.Context, wrapped []byte, bound map[string]string) (plain []byte, key ARN, err error) {
	if len(wrapped) < 3 || wrapped[0] != version {
		return nil, ARN{}, ErrCiphertext
	}
	size := int(binary.BigEndian.Uint16(wrapped[1:]))
	if len(wrapped) < 3+size {
		return nil, ARN{}, ErrCiphertext
	}
	if key, err = Parse(string(wrapped[3 : 3+size])); err != nil {
		return nil, ARN{}, ErrCiphertext
	}
	label, err := label(key, bound)
	if err != nil {
		return nil, ARN{}, ErrCiphertext
	}
	box, err := k.box(ctx)
	if err != nil {
		return nil, ARN{}, err
	}
	plain, err = box.Open(label, wrapped[3+size:])
	if errors.Is(err, seal.ErrForged) || errors.Is(err, seal.ErrUnknownKey) {
		return nil, ARN{}, ErrCiphertext
	}
	return plain, key, err
}

// label is what a data key is wrapped for. Nothing else that the server seals has such a label, so that no other secret can
// be unwrapped.
func label(key ARN, bound map[string]string) (string, error) {
	encoded, err := esdk.EncodeContext(bound)
	if err != nil {
		return "", &ContextError{err}
	}
	return "kms/" + key.String() + "/" + string(encoded), nil
}

// ContextError says that an encryption context is too long.
type ContextError struct{ Err error }

func (e *ContextError) Error() string { return "encryption context: " + e.Err.Error() }

// Unwrap gives the cause.
func (e *ContextError) Unwrap() error { return e.Err }

// box is the server's, made if it is the first secret.
func (k *Keys) box(ctx context.Context) (box *seal.Box, err error) {
	get := func(tx *db.Tx) (err error) {
		box, err = k.Ring.ServerBox(tx)
		return err
	}
	err = k.DB.Read(ctx, get)
	if errors.Is(err, db.ErrNotFound) {
		err = k.DB.Write(ctx, get)
	}
	if err != nil {
		return nil, fmt.Errorf("open server box: %w", err)
	}
	return box, nil
}
