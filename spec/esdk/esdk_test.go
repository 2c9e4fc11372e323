package esdk

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"maps"
	"strings"
	"testing"

	"cardea/spec/esdk/esdktest"
)

var wrapping = &RawAES{Provider: "example", Name: "codes", Key: bytes.Repeat([]byte{7}, keySize)}

var unwrap = esdktest.RawAES(wrapping.Provider, wrapping.Name, wrapping.Key)

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
		got, context, err := esdktest.Read(message, unwrap)
		if err != nil || string(got) != plaintext || !maps.Equal(context, w.Context()) {
			t.Fatalf("%d bytes: got %q, %v, %v", len(plaintext), got, context, err)
		}
	}
	_, message := write(t, "012345")
	for i := range message {
		changed := bytes.Clone(message)
		changed[i] ^= 1
		if _, _, err := esdktest.Read(changed, unwrap); err == nil {
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

func TestRawDataKeysAreRandom(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{string(make([]byte, keySize)): true}
	for range 3 {
		key, err := wrapping.DataKey(nil)
		if err != nil || len(key.Plain) != keySize || seen[string(key.Plain)] || seen[key.Info] {
			t.Errorf("got %x, %x, %v", key.Plain, key.Info, err)
		}
		seen[string(key.Plain)], seen[key.Info] = true, true
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
