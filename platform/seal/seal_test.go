package seal

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The vectors of C2SP's XAES-256-GCM: one for each value of the bit that CMAC's doubling carries.
func TestXAESVectors(t *testing.T) {
	t.Parallel()
	nonce := []byte("ABCDEFGHIJKLMNOPQRSTUVWX")
	for _, test := range []struct {
		key        byte
		bound      string
		ciphertext string
	}{
		{1, "", "ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271"},
		{3, "c2sp.org/XAES-256-GCM", "986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d"},
	} {
		x := newXAES(bytes.Repeat([]byte{test.key}, keySize))
		got := x.message(nonce).Seal(nil, nonce[12:], []byte("XAES-256-GCM"), []byte(test.bound))
		if diff := cmp.Diff(test.ciphertext, hex.EncodeToString(got)); diff != "" {
			t.Error(diff)
		}
		plain, err := x.open(append(bytes.Clone(nonce), got...), []byte(test.bound))
		if string(plain) != "XAES-256-GCM" || err != nil {
			t.Errorf("open: got %q, %v", plain, err)
		}
	}
}

func repeated(b byte) []byte { return bytes.Repeat([]byte{b}, keySize) }

func box(t testing.TB, scope string, active uint32, ids ...uint32) *Box {
	t.Helper()
	var keys []Key
	for _, number := range ids {
		keys = append(keys, Key{number, repeated(byte(number))})
	}
	b, err := NewBox(scope, active, keys...)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestSealedOpensOnlyUnderItsKeyAndLabel(t *testing.T) {
	t.Parallel()
	b := box(t, "pool", 1, 1)
	for _, plaintext := range [][]byte{nil, []byte("x"), bytes.Repeat([]byte("long"), 1000)} {
		sealed := b.Seal("label", plaintext)
		if got, err := b.Open("label", sealed); !bytes.Equal(got, plaintext) || err != nil {
			t.Errorf("got %q, %v", got, err)
		}
		if got := len(sealed) - len(plaintext); got != 45 {
			t.Errorf("sealing adds %d bytes, want 45", got)
		}
		if bytes.Equal(sealed, b.Seal("label", plaintext)) {
			t.Error("sealing twice gave the same bytes")
		}
		for name, open := range map[string]func() ([]byte, error){
			"other label":    func() ([]byte, error) { return b.Open("labe", sealed) },
			"other scope":    func() ([]byte, error) { return box(t, "pool2", 1, 1).Open("label", sealed) },
			"shifted border": func() ([]byte, error) { return box(t, "pooll", 1, 1).Open("abel", sealed) },
		} {
			if got, err := open(); !errors.Is(err, ErrForged) || got != nil {
				t.Errorf("%s: got %q, %v", name, got, err)
			}
		}
	}
}

func TestAnyFlippedBitIsNoticed(t *testing.T) {
	t.Parallel()
	b := box(t, "pool", 1, 1)
	sealed := b.Seal("label", []byte("secret"))
	for i := range len(sealed) * 8 {
		forged := bytes.Clone(sealed)
		forged[i/8] ^= 1 << (i % 8)
		if _, err := b.Open("label", forged); err == nil {
			t.Errorf("bit %d was flipped unnoticed", i)
		}
	}
	for n := range sealed {
		if _, err := b.Open("label", sealed[:n]); !errors.Is(err, ErrForged) {
			t.Errorf("cut to %d bytes: got %v", n, err)
		}
	}
}

func TestRotatedKeysOpenOldAndSealNew(t *testing.T) {
	t.Parallel()
	before, after := box(t, "pool", 1, 1), box(t, "pool", 2, 1, 2)
	old, fresh := before.Seal("l", []byte("old")), after.Seal("l", []byte("new"))
	if got, err := after.Open("l", old); string(got) != "old" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	if after.Current(old) || !after.Current(fresh) {
		t.Error("Current does not tell old from new")
	}
	if _, err := before.Open("l", fresh); !errors.Is(err, ErrUnknownKey) {
		t.Errorf("got %v, want ErrUnknownKey", err)
	}
	if !bytes.Equal(before.MAC("l", []byte("x")), after.MAC("l", []byte("x"))) {
		t.Error("rotation changed the MAC")
	}
}

func TestMACsDifferByLabelScopeDataAndKey(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for _, b := range []*Box{box(t, "p", 1, 1), box(t, "q", 1, 1), box(t, "p", 2, 2)} {
		for _, label := range []string{"a", "ab"} {
			for _, data := range []string{"", "b", "bc"} {
				mac := b.MAC(label, []byte(data))
				if !bytes.Equal(mac, b.MAC(label, []byte(data))) || len(mac) != 32 {
					t.Fatal("the MAC is not 32 steady bytes")
				}
				name := fmt.Sprint(b.scope, b.active.id, label, "|", data)
				if other := seen[string(mac)]; other != "" {
					t.Errorf("%s and %s have the same MAC", name, other)
				}
				seen[string(mac)] = name
			}
		}
	}
}

func TestWhatIsDerivedGoesWithTheKeyThatSealed(t *testing.T) {
	t.Parallel()
	before, after := box(t, "pool", 1, 1), box(t, "pool", 2, 1, 2)
	old, fresh := before.Seal("l", []byte("x")), after.Seal("l", []byte("x"))
	derive := func(b *Box, label string, sealed []byte) string {
		t.Helper()
		got, err := b.Derive(label, sealed)
		if err != nil || len(got) != 32 {
			t.Fatalf("got %x, %v", got, err)
		}
		return string(got)
	}
	want := derive(before, "l", old)
	if derive(after, "l", old) != want {
		t.Error("rotation changed what is derived")
	}
	for name, got := range map[string]string{
		"another label": derive(before, "m", old),
		"another scope": derive(box(t, "p", 1, 1), "l", old),
		"another key":   derive(box(t, "pool", 1, 1, 2), "l", fresh),
		"another text":  derive(before, "l", before.Seal("l", []byte("x"))),
		"a MAC":         string(before.MAC("l", old)),
	} {
		if got == want {
			t.Errorf("%s derives the same", name)
		}
	}
	if _, err := before.Derive("l", fresh); !errors.Is(err, ErrUnknownKey) {
		t.Errorf("got %v, want ErrUnknownKey", err)
	}
	other := bytes.Clone(old)
	other[0]++
	for _, sealed := range [][]byte{nil, old[:44], other} {
		if _, err := before.Derive("l", sealed); !errors.Is(err, ErrForged) {
			t.Errorf("got %v, want ErrForged", err)
		}
	}
}

func TestMasterWrapsAndUnwraps(t *testing.T) {
	t.Parallel()
	old, err := NewMaster(repeated(1))
	if err != nil {
		t.Fatal(err)
	}
	both, err := NewMaster(repeated(2), repeated(1))
	if err != nil {
		t.Fatal(err)
	}
	key := NewKey()
	wrapped := old.Wrap("l", key)

	if got, err := both.Unwrap("l", wrapped); !bytes.Equal(got, key) || err != nil {
		t.Errorf("older key: got %x, %v", got, err)
	}
	if both.Current(wrapped) || !both.Current(both.Wrap("l", key)) {
		t.Error("Current does not tell old from new")
	}
	if _, err := old.Unwrap("l", both.Wrap("l", key)); !errors.Is(err, ErrUnknownKey) {
		t.Errorf("unknown key: got %v, want ErrUnknownKey", err)
	}
	if _, err := old.Unwrap("other", wrapped); !errors.Is(err, ErrForged) {
		t.Errorf("other label: got %v, want ErrForged", err)
	}
	if ids := both.IDs(); old.ID() == both.ID() || len(ids) != 2 || ids[0] != both.ID() || ids[1] != old.ID() || WrappedBy(wrapped) != old.ID() {
		t.Errorf("ids: got %v, and %s wrapped by %s", ids, WrappedBy(wrapped), old.ID())
	}
}

func TestBoxesOfAMasterOpenWhicheverKeyIsInFront(t *testing.T) {
	t.Parallel()
	masters := map[string]*Master{}
	for name, keys := range map[string][][]byte{"old": {repeated(1)}, "behind": {repeated(1), repeated(2)}, "front": {repeated(2), repeated(1)}} {
		m, err := NewMaster(keys...)
		if err != nil {
			t.Fatal(err)
		}
		masters[name] = m
	}
	opens := func(by, made string) bool {
		sealed := masters[made].Boxes("x")[0].Seal("l", nil)
		for _, box := range masters[by].Boxes("x") {
			if _, err := box.Open("l", sealed); err == nil {
				return true
			}
		}
		return false
	}
	for _, pair := range [][2]string{{"behind", "front"}, {"front", "behind"}, {"front", "old"}, {"old", "behind"}} {
		if !opens(pair[0], pair[1]) {
			t.Errorf("%s does not open what %s has sealed", pair[0], pair[1])
		}
	}
	if opens("old", "front") {
		t.Error("what a key has sealed opens without it")
	}
	sealed := masters["old"].Boxes("x")[0].Seal("l", nil)
	if _, err := masters["old"].Boxes("y")[0].Open("l", sealed); !errors.Is(err, ErrForged) {
		t.Errorf("another purpose: got %v, want ErrForged", err)
	}
}

func TestKeysHaveOneTextForm(t *testing.T) {
	t.Parallel()
	key := NewKey()
	if got, err := ParseKey(" " + FormatKey(key) + "\n"); !bytes.Equal(got, key) || err != nil {
		t.Errorf("got %x, %v", got, err)
	}
	for _, text := range []string{"", "short", FormatKey(key[:31]), FormatKey(key) + "AAAA", hex.EncodeToString(key)} {
		if _, err := ParseKey(text); err == nil {
			t.Errorf("%q was taken for a key", text)
		}
	}
	if _, err := NewMaster(); err == nil {
		t.Error("a master without a key")
	}
	if _, err := NewMaster(key[:16]); err == nil {
		t.Error("a master with a short key")
	}
}

func FuzzOpen(f *testing.F) {
	b := box(f, "pool", 1, 1)
	sealed := b.Seal("label", []byte("secret"))
	f.Add([]byte{})
	f.Add(sealed)
	f.Add(sealed[:45])
	f.Fuzz(func(t *testing.T, in []byte) {
		if got, err := b.Open("label", in); err == nil && string(got) != "secret" {
			t.Errorf("opened %x as %q", in, got)
		}
	})
}

func FuzzUnwrap(f *testing.F) {
	m, err := NewMaster(repeated(1))
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte{version})
	f.Add(m.Wrap("l", repeated(9)))
	f.Fuzz(func(t *testing.T, in []byte) {
		if got, err := m.Unwrap("l", in); err == nil && !bytes.Equal(got, repeated(9)) {
			t.Errorf("unwrapped %x", in)
		}
	})
}

func BenchmarkSeal(b *testing.B) {
	x := box(b, "pool", 1, 1)
	secret := make([]byte, 400)
	b.ReportAllocs()
	for b.Loop() {
		x.Seal("label", secret)
	}
}

func BenchmarkMAC(b *testing.B) {
	x := box(b, "pool", 1, 1)
	secret := make([]byte, 400)
	for b.Loop() {
		x.MAC("label", secret)
	}
}
