package esdk

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/sha512"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"maps"
	"strings"
	"testing"
)

var wrapping = &RawAES{Provider: "example", Name: "codes", Key: bytes.Repeat([]byte{7}, keySize)}

func write(t *testing.T, plaintext string) (*Writer, []byte) {
	t.Helper()
	w, err := NewWriter(map[string]string{"userpool-id": "us-east-1_AbC123xyz"})
	if err != nil {
		t.Fatal(err)
	}
	key, err := wrapping.DataKey(w.Context())
	if err != nil {
		t.Fatal(err)
	}
	message, err := w.Write(key, []byte(plaintext))
	if err != nil {
		t.Fatal(err)
	}
	return w, message
}

func TestMessageIsLaidOutAsTheFormatSays(t *testing.T) {
	t.Parallel()
	w, err := NewWriter(map[string]string{"userpool-id": "us-east-1_AbC123xyz"})
	if err != nil {
		t.Fatal(err)
	}
	copy(w.id[:], "0123456789abcdef")
	message, err := w.Write(DataKey{Plain: make([]byte, keySize), Provider: "aws-kms", Info: "arn:key", Wrapped: []byte{1, 2, 3}}, []byte("123456"))
	if err != nil {
		t.Fatal(err)
	}

	public := w.Context()["aws-crypto-public-key"]
	if point, err := base64.StdEncoding.DecodeString(public); err != nil || len(point) != 49 || point[0]|1 != 3 {
		t.Errorf("the public key %q is no compressed point of P-384", public)
	}
	tag := strings.Repeat("..", tagSize)
	want := strings.Join([]string{
		"01", "80", "0378", hex.EncodeToString([]byte("0123456789abcdef")),
		"0081", "0002", // the context has 129 bytes and two entries
		"0015", hex.EncodeToString([]byte("aws-crypto-public-key")), "0044", hex.EncodeToString([]byte(public)),
		"000b", hex.EncodeToString([]byte("userpool-id")), "0013", hex.EncodeToString([]byte("us-east-1_AbC123xyz")),
		"0001", "0007", hex.EncodeToString([]byte("aws-kms")), "0007", hex.EncodeToString([]byte("arn:key")), "0003", "010203",
		"02", "00000000", "0c", "00001000",
		"000000000000000000000000", tag,
		"ffffffff", "00000001", "000000000000000000000001", "00000006", strings.Repeat("..", 6), tag,
	}, "")
	got := hex.EncodeToString(message)
	for i := range want {
		if i >= len(got) || want[i] != '.' && want[i] != got[i] {
			t.Fatalf("differs from byte %d on:\ngot  %s\nwant %s", i/2, got, want)
		}
	}
	footer := message[len(want)/2:]
	if int(binary.BigEndian.Uint16(footer)) != len(footer)-2 {
		t.Errorf("the footer's length is wrong: %x", footer)
	}
}

func TestMessagesOpenAndNoChangedByteDoes(t *testing.T) {
	t.Parallel()
	for _, plaintext := range []string{"", "012345", strings.Repeat("x", frameSize)} {
		w, message := write(t, plaintext)
		got, context, err := read(message)
		if err != nil || string(got) != plaintext || !maps.Equal(context, w.Context()) {
			t.Fatalf("%d bytes: got %q, %v, %v", len(plaintext), got, context, err)
		}
	}
	_, message := write(t, "012345")
	for i := range message {
		changed := bytes.Clone(message)
		changed[i] ^= 1
		if _, _, err := read(changed); err == nil {
			t.Errorf("a message with byte %d changed opens", i)
		}
	}
}

func TestMessagesShareNothing(t *testing.T) {
	t.Parallel()
	first, a := write(t, "012345")
	second, b := write(t, "012345")
	if first.id == second.id || first.Context()[publicKey] == second.Context()[publicKey] || bytes.Equal(a[len(a)-200:], b[len(b)-200:]) {
		t.Error("two messages have the same id, signing key or ciphertext")
	}
}

func TestWhatAMessageCannotHoldIsRefused(t *testing.T) {
	t.Parallel()
	key := DataKey{Plain: make([]byte, keySize), Provider: "p", Info: "i", Wrapped: []byte{1}}
	with := func(change func(*DataKey)) DataKey { k := key; change(&k); return k }
	for name, c := range map[string]struct {
		key  DataKey
		text int
	}{
		"a long text":      {key, frameSize + 1},
		"a short key":      {with(func(k *DataKey) { k.Plain = k.Plain[1:] }), 1},
		"a long provider":  {with(func(k *DataKey) { k.Provider = strings.Repeat("p", maxField+1) }), 1},
		"a long data key":  {with(func(k *DataKey) { k.Wrapped = make([]byte, maxField+1) }), 1},
		"a long key's ARN": {with(func(k *DataKey) { k.Info = strings.Repeat("i", maxField+1) }), 1},
	} {
		w, err := NewWriter(nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(c.key, make([]byte, c.text)); err == nil {
			t.Errorf("%s was written", name)
		}
	}
	for name, context := range map[string]map[string]string{
		"a reserved entry": {"aws-crypto-public-key": "mine"},
		"a long entry":     {"n": strings.Repeat("v", maxField+1)},
	} {
		if _, err := NewWriter(context); err == nil {
			t.Errorf("a context with %s was taken", name)
		}
	}
	if _, err := (&RawAES{Key: []byte("short")}).DataKey(nil); err == nil {
		t.Error("a raw key that is too short was taken")
	}
}

func TestContextsAreEncodedOneToOne(t *testing.T) {
	t.Parallel()
	got, err := EncodeContext(map[string]string{"b": "2", "a": "1", "ä": ""})
	if err != nil || hex.EncodeToString(got) != "0003"+"000161000131"+"000162000132"+"0002c3a40000" {
		t.Errorf("got %x, %v", got, err)
	}
	if none, err := EncodeContext(nil); err != nil || hex.EncodeToString(none) != "0000" {
		t.Errorf("without entries: got %x, %v", none, err)
	}
}

var errForged = errors.New("the message was changed")

// reader takes a message apart, and notes when it wanted more than there is.
type reader struct {
	rest  []byte
	short bool
}

func (r *reader) take(n int) []byte {
	r.short = r.short || n > len(r.rest)
	n = min(n, len(r.rest))
	taken := r.rest[:n]
	r.rest = r.rest[n:]
	return taken
}

func (r *reader) number(size int) (n int) {
	for _, b := range r.take(size) {
		n = n<<8 | int(b)
	}
	return n
}

func (r *reader) field() []byte { return r.take(r.number(2)) }

// read opens a message whose data key is wrapped under the raw key, as the format's description says.
func read(message []byte) ([]byte, map[string]string, error) {
	r := &reader{rest: bytes.Clone(message)}
	if r.number(4) != 0x01800378 {
		return nil, nil, errForged
	}
	id := bytes.Clone(r.take(16))
	encoded := bytes.Clone(r.field())
	context := map[string]string{}
	fields := &reader{rest: bytes.Clone(encoded)}
	for range fields.number(2) {
		if name := string(fields.field()); name != "" {
			context[name] = string(fields.field())
		}
	}
	if r.number(2) != 1 {
		return nil, nil, errForged
	}
	provider, info, wrapped := string(r.field()), string(r.field()), bytes.Clone(r.field())
	if r.number(1) != 2 || r.number(4) != 0 || r.number(1) != nonceSize || r.number(4) != frameSize {
		return nil, nil, errForged
	}
	header := message[:len(message)-len(r.rest)]

	if provider != wrapping.Provider || !strings.HasPrefix(info, wrapping.Name+"\x00\x00\x00\x80\x00\x00\x00\x0c") || len(info) != len(wrapping.Name)+8+nonceSize {
		return nil, nil, errForged
	}
	data, err := open(wrapping.Key, []byte(info[len(info)-nonceSize:]), wrapped, encoded)
	if err != nil {
		return nil, nil, err
	}
	key, err := hkdf.Key(sha512.New384, data, nil, "\x03\x78"+string(id), keySize)
	if err != nil {
		return nil, nil, err
	}
	iv := bytes.Clone(r.take(nonceSize))
	if _, err := open(key, iv, bytes.Clone(r.take(tagSize)), header); err != nil {
		return nil, nil, err
	}

	if r.number(4) != 0xFFFFFFFF {
		return nil, nil, errForged
	}
	number := bytes.Clone(r.take(4))
	iv = bytes.Clone(r.take(nonceSize))
	length := r.number(4)
	bound := append(id, "AWSKMSEncryptionClient Final Frame"...)
	bound = binary.BigEndian.AppendUint64(append(bound, number...), uint64(length))
	plaintext, err := open(key, iv, bytes.Clone(r.take(length+tagSize)), bound)
	if err != nil {
		return nil, nil, err
	}
	signed := message[:len(message)-len(r.rest)]
	if signature := r.field(); r.short || len(r.rest) != 0 || !verifies(context[publicKey], signed, signature) {
		return nil, nil, errForged
	}
	return plaintext, context, nil
}

func open(key, iv, sealed, bound []byte) ([]byte, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	opener, err := cipher.NewGCM(block)
	if err != nil || len(iv) != nonceSize {
		return nil, errForged
	}
	return opener.Open(nil, iv, sealed, bound)
}

func verifies(public string, signed, signature []byte) bool {
	point, err := base64.StdEncoding.DecodeString(public)
	if err != nil {
		return false
	}
	x, y := elliptic.UnmarshalCompressed(elliptic.P384(), point)
	if x == nil {
		return false
	}
	uncompressed := make([]byte, 97)
	uncompressed[0] = 4
	x.FillBytes(uncompressed[1:49])
	y.FillBytes(uncompressed[49:])
	key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P384(), uncompressed)
	digest := sha512.Sum384(signed)
	return err == nil && ecdsa.VerifyASN1(key, digest[:], signature)
}
