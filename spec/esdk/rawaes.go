package esdk

import (
	"crypto/rand"
	"encoding/binary"
)

// RawAES is a key of 32 bytes that the SDK's raw AES keyrings unwrap data keys with. They find it by the two names, which
// AWS calls key namespace and key name.
type RawAES struct {
	Provider, Name string
	Key            []byte
}

// DataKey makes a data key and wraps it under an encryption context.
func (k *RawAES) DataKey(context map[string]string) (DataKey, error) {
	sealer, err := gcm(k.Key)
	if err != nil {
		return DataKey{}, err
	}
	bound, err := EncodeContext(context)
	if err != nil {
		return DataKey{}, err
	}
	plain, iv := make([]byte, keySize), make([]byte, nonceSize)
	_, _ = rand.Read(plain) // never fails: it would end the program
	_, _ = rand.Read(iv)

	info := binary.BigEndian.AppendUint32([]byte(k.Name), tagSize*8)
	info = append(binary.BigEndian.AppendUint32(info, nonceSize), iv...)
	return DataKey{Plain: plain, Provider: k.Provider, Info: string(info), Wrapped: sealer.Seal(nil, iv, plain, bound)}, nil
}
