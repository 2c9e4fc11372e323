package kmskey_test

import (
	"bytes"
	"errors"
	"maps"
	"regexp"
	"testing"

	"cardea/engine/kmskey"
	"cardea/outbound/delivery"
	"cardea/outbound/kms/kmstest"
	"cardea/platform/db"
	"cardea/platform/db/dbtest"
	"cardea/platform/seal"
	"cardea/record/datakey"
	"cardea/spec/esdk"
	"cardea/spec/esdk/esdktest"
)

const (
	account = "arn:aws:kms:us-east-1:123456789012:"
	own     = account + "key/own"
)

var bound = map[string]string{"userpool-id": "us-east-1_AbC123xyz"}

// each makes keys on a new database. The last entry by ARN stands before those by name.
func each(t *testing.T, body func(t *testing.T, k *kmskey.Keys, server *kmstest.Server)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		master, err := seal.NewMaster(seal.NewKey())
		if err != nil {
			t.Fatal(err)
		}
		server := kmstest.New(t)
		body(t, &kmskey.Keys{DB: d, Ring: &datakey.Ring{Master: master}, Entries: []kmskey.Entry{
			{Key: "own", Aliases: []string{"alias/own", "arn:aws:kms:eu-west-1:123456789012:alias/exact"}},
			{Key: "alias/remote", Remote: server.Client()},
			{Key: "raw", Raw: &esdk.RawAES{Provider: "example", Name: "codes", Key: bytes.Repeat([]byte{7}, 32)}},
			{Key: "arn:aws:kms:eu-west-1:123456789012:key/own", Remote: server.Client()},
		}}, server)
	})
}

func TestKeysAreFoundByTheMostExactName(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, k *kmskey.Keys, server *kmstest.Server) {
		for name, want := range map[string]string{
			own:                   own,
			account + "alias/own": own,
			"arn:aws-cn:kms:cn-north-1:210987654321:key/own": "arn:aws-cn:kms:cn-north-1:210987654321:key/own",
			"arn:aws:kms:eu-west-1:123456789012:alias/exact": "arn:aws:kms:eu-west-1:123456789012:key/own",
			"arn:aws:kms:eu-west-1:210987654321:alias/own":   "arn:aws:kms:eu-west-1:210987654321:key/own",
			"arn:aws:kms:eu-west-1:123456789012:key/own":     "", // not this server's
			"arn:aws:kms:eu-west-1:210987654321:alias/exact": "",
			account + "alias/remote":                         "",
			account + "key/raw":                              "",
			account + "key/none":                             "",
			account + "alias/none":                           "",
		} {
			asked, err := kmskey.Parse(name)
			if err != nil {
				t.Fatal(err)
			}
			got, err := k.Local(asked)
			if _, unknown := errors.AsType[*kmskey.UnknownError](err); want == "" != unknown || want != "" && got.String() != want {
				t.Errorf("%s: got %s, %v, want %q", name, got, err, want)
			}
		}
	})
}

func TestNamesThatAreNoKeysAreRefused(t *testing.T) {
	t.Parallel()
	k := &kmskey.Keys{Any: true}
	for _, name := range []string{
		"", "own", "alias/own", "arn:aws:kms:us-east-1:123456789012:own", "arn:aws:kms:us-east-1:123456789012:key/", "arn:aws:kms::123456789012:key/k",
		"arn:aws:kms:us-east-1:1:key/k", "arn:aws:lambda:us-east-1:123456789012:key/k", own + "/x", own + "\n", account + "grant/k",
	} {
		if _, wrong := errors.AsType[*kmskey.NameError](k.Check(name)); !wrong {
			t.Errorf("%q: got %v", name, k.Check(name))
		}
	}
	if err := (*kmskey.Keys)(nil).Check(own); err == nil {
		t.Error("a server without keys has one")
	}
	for name, want := range map[string]string{"k": account + "key/k", "alias/k": account + "alias/k", own: own} {
		if got, err := kmskey.ParseIn(name, "us-east-1", "123456789012"); err != nil || got.String() != want {
			t.Errorf("%s: got %s, %v", name, got, err)
		}
	}
	if _, err := kmskey.ParseIn("two words", "us-east-1", "123456789012"); err == nil {
		t.Error("two words name a key")
	}
}

func TestADevelopmentServerHasEveryKey(t *testing.T) {
	t.Parallel()
	k := &kmskey.Keys{Any: true}
	alias, err := kmskey.Parse(account + "alias/any")
	if err != nil {
		t.Fatal(err)
	}
	first, err := k.Local(alias)
	again, _ := k.Local(alias)
	if err != nil || first != again || !regexp.MustCompile(`:key/[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(first.String()) {
		t.Errorf("behind an alias: got %s and %s, %v", first, again, err)
	}
	if key, err := k.Local(first); err != nil || key != first {
		t.Errorf("by its own name: got %s, %v", key, err)
	}
}

func TestMessagesAreEncryptedUnderWhatStandsBehindTheKey(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, k *kmskey.Keys, server *kmstest.Server) {
		for name, c := range map[string]struct {
			info   string
			unwrap func(key esdktest.DataKey, bound map[string]string) ([]byte, error)
		}{
			account + "alias/own": {own, func(key esdktest.DataKey, bound map[string]string) ([]byte, error) {
				plain, _, err := k.Unwrap(t.Context(), key.Wrapped, bound)
				return plain, err
			}},
			account + "alias/remote": {kmstest.ARN, func(key esdktest.DataKey, _ map[string]string) ([]byte, error) {
				return server.Open(key.Wrapped), nil
			}},
			account + "key/raw": {"", esdktest.RawAES("example", "codes", bytes.Repeat([]byte{7}, 32))},
		} {
			message, err := k.Encrypt(t.Context(), name, bound, []byte("012345"))
			if err != nil {
				t.Fatal(err)
			}
			plain, context, err := esdktest.Read(message, func(key esdktest.DataKey, context map[string]string) ([]byte, error) {
				if c.info != "" && (key.Provider != "aws-kms" || key.Info != c.info) {
					t.Errorf("%s: wrapped by %s %s, want %s", name, key.Provider, key.Info, c.info)
				}
				return c.unwrap(key, context)
			})
			if err != nil || string(plain) != "012345" || context["userpool-id"] != bound["userpool-id"] || len(context) != 2 {
				t.Errorf("%s: got %q, %v, %v", name, plain, context, err)
			}
		}
		if calls := server.Calls(); len(calls) != 1 || calls[0].KeyID != account+"alias/remote" || calls[0].Region != "us-east-1" || len(calls[0].Context) != 2 {
			t.Errorf("KMS was asked %+v", calls)
		}
		for _, name := range []string{account + "key/none", "no key"} {
			if _, err := k.Encrypt(t.Context(), name, bound, nil); delivery.Of(err) != delivery.Misconfigured {
				t.Errorf("%s: got %v", name, err)
			}
		}
	})
}

func TestDataKeysOpenForTheirKeyAndContextOnly(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, k *kmskey.Keys, _ *kmstest.Server) {
		key, err := kmskey.Parse(own)
		if err != nil {
			t.Fatal(err)
		}
		plain, wrapped, err := k.Generate(t.Context(), key, bound, 32)
		if err != nil {
			t.Fatal(err)
		}
		got, by, err := k.Unwrap(t.Context(), wrapped, maps.Clone(bound))
		if err != nil || !bytes.Equal(got, plain) || by != key || bytes.Contains(wrapped, plain) {
			t.Fatalf("got %x by %s, %v", got, by, err)
		}
		for _, other := range []map[string]string{nil, {}, {"userpool-id": "us-east-1_Another00"}, {"userpool-id": bound["userpool-id"], "more": ""}} {
			if _, _, err := k.Unwrap(t.Context(), wrapped, other); !errors.Is(err, kmskey.ErrCiphertext) {
				t.Errorf("under %v: got %v", other, err)
			}
		}
		for i := range wrapped {
			changed := bytes.Clone(wrapped)
			changed[i] ^= 1
			if _, _, err := k.Unwrap(t.Context(), changed, bound); !errors.Is(err, kmskey.ErrCiphertext) {
				t.Errorf("with byte %d changed: got %v", i, err)
			}
		}
		for size := range len(wrapped) {
			if _, _, err := k.Unwrap(t.Context(), wrapped[:size], bound); !errors.Is(err, kmskey.ErrCiphertext) {
				t.Errorf("cut to %d bytes: got %v", size, err)
			}
		}
		if _, _, err := k.Generate(t.Context(), key, map[string]string{"k": string(make([]byte, 1<<16))}, 32); err == nil {
			t.Error("an endless context was taken")
		}
	})
}

// What else the server seals under the same box does not open as a data key.
func TestOtherSecretsAreNoDataKeys(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, k *kmskey.Keys, _ *kmstest.Server) {
		var box *seal.Box
		err := k.DB.Write(t.Context(), func(tx *db.Tx) (err error) {
			box, err = k.Ring.ServerBox(tx)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, label := range []string{"access key/AKID", own, own + "/", own + "/\x00\x00", "\x00\x00"} {
			sealed := append([]byte{1, 0, byte(len(own))}, own...)
			sealed = append(sealed, box.Seal(label, []byte("secret"))...)
			if plain, _, err := k.Unwrap(t.Context(), sealed, nil); !errors.Is(err, kmskey.ErrCiphertext) {
				t.Errorf("sealed for %q: got %q, %v", label, plain, err)
			}
		}
	})
}
