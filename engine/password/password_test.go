package password

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"cardea/platform/seal"
	"cardea/record/pool"
	"cardea/record/user"
	"cardea/spec/cognitoidp"
	"cardea/spec/id"
)

// world is a pool, its box and a user without a password.
type world struct {
	hasher *Hasher
	box    *seal.Box
	pool   *pool.Pool
	user   *user.User
}

func makeWorld(t testing.TB, storage string) *world {
	t.Helper()
	box, err := seal.NewBox("pool", 1, seal.Key{ID: 1, Secret: seal.NewKey()})
	if err != nil {
		t.Fatal(err)
	}
	p := &pool.Pool{ID: id.NewPool("us-east-1")}
	p.Doc.UserPoolTags = map[string]string{pool.PasswordStorageTag: storage}
	p.Doc.Policies = &cognitoidp.UserPoolPolicyType{PasswordPolicy: &cognitoidp.PasswordPolicyType{MinimumLength: 6}}
	u := &user.User{Sub: id.NewSub(), Username: "alice", Status: cognitoidp.UserStatusTypeConfirmed}
	return &world{hasher: &Hasher{}, box: box, pool: p, user: u}
}

func (w *world) set(t testing.TB, pw string, history bool) {
	t.Helper()
	change, err := w.hasher.Prepare(t.Context(), w.box, w.pool, w.user, Choice{Password: pw, History: history})
	if err != nil {
		t.Fatal(err)
	}
	change.Apply(w.user, time.Unix(1, 0))
}

func (w *world) right(t testing.TB, u *user.User, pw string) bool {
	t.Helper()
	right, err := w.hasher.Verify(t.Context(), w.box, w.pool, u, pw)
	if err != nil {
		t.Fatal(err)
	}
	return right
}

var storages = []string{pool.PasswordStorageSRP, pool.PasswordStorageArgon2id}

func TestOnlyTheRightPasswordVerifies(t *testing.T) {
	t.Parallel()
	for _, storage := range storages {
		w := makeWorld(t, storage)
		w.set(t, "Correct-Horse-9", false)
		for pw, want := range map[string]bool{"Correct-Horse-9": true, "correct-horse-9": false, "": false, strings.Repeat("x", 1<<16): false} {
			if got := w.right(t, w.user, pw); got != want {
				t.Errorf("%s: Verify(%.20q) = %v, want %v", storage, pw, got, want)
			}
		}
		if w.right(t, nil, "Correct-Horse-9") || w.right(t, &user.User{}, "") {
			t.Errorf("%s: a password of no user verifies", storage)
		}
	}
}

func TestAnArgon2idPoolKeepsNoVerifier(t *testing.T) {
	t.Parallel()
	w := makeWorld(t, pool.PasswordStorageArgon2id)
	w.set(t, "Correct-Horse-9", false)
	if _, _, err := w.hasher.Verifier(w.box, w.user); !errors.Is(err, ErrNoVerifier) {
		t.Errorf("Verifier: %v, want ErrNoVerifier", err)
	}
	delete(w.pool.Doc.UserPoolTags, pool.PasswordStorageTag)
	w.hasher.Default = pool.PasswordStorageArgon2id
	if w.hasher.Storage(w.pool) != pool.PasswordStorageArgon2id || w.hasher.Outdated(w.box, w.pool, w.user) {
		t.Error("the server's default does not count for a pool without the tag")
	}
	w.hasher.Default = ""
	if !w.hasher.Outdated(w.box, w.pool, w.user) {
		t.Error("a hash in a pool of verifiers is not outdated")
	}
}

func TestAStoredPasswordIsBoundToItsUser(t *testing.T) {
	t.Parallel()
	w := makeWorld(t, pool.PasswordStorageSRP)
	w.set(t, "Correct-Horse-9", false)
	other := &user.User{Sub: id.NewSub(), Username: "alice", Password: w.user.Password}
	if _, err := w.hasher.Verify(t.Context(), w.box, w.pool, other, "Correct-Horse-9"); err == nil {
		t.Error("another user's stored password was opened")
	}
}

func TestHistoryRefusesTheLastPasswords(t *testing.T) {
	t.Parallel()
	for _, storage := range storages {
		w := makeWorld(t, storage)
		w.pool.Doc.Policies.PasswordPolicy.PasswordHistorySize = new(int64(2))
		for _, pw := range []string{"first-1", "second-2", "third-3"} {
			w.set(t, pw, true)
		}
		for pw, want := range map[string]bool{"third-3": true, "second-2": true, "first-1": false, "fourth-4": false} {
			_, err := w.hasher.Prepare(t.Context(), w.box, w.pool, w.user, Choice{Password: pw, History: true})
			if got := errors.Is(err, ErrUsed); got != want {
				t.Errorf("%s: %s refused = %v (%v), want %v", storage, pw, got, err, want)
			}
		}
		if len(w.user.History) > 2 {
			t.Errorf("%s: %d former passwords kept, want at most 2", storage, len(w.user.History))
		}
	}
}

func TestATemporaryPasswordMayBeKept(t *testing.T) {
	t.Parallel()
	w := makeWorld(t, pool.PasswordStorageSRP)
	w.pool.Doc.Policies.PasswordPolicy.PasswordHistorySize = new(int64(2))
	w.user.Status = cognitoidp.UserStatusTypeForceChangePassword
	w.set(t, "Temporary-1", false)
	w.set(t, "Temporary-1", true)
	if len(w.user.History) != 0 {
		t.Error("a temporary password went into the history")
	}
}

func TestWithoutAPolicyNoFormerPasswordIsKept(t *testing.T) {
	t.Parallel()
	w := makeWorld(t, pool.PasswordStorageSRP)
	w.user.History = [][]byte{{1}}
	w.set(t, "first-1", false)
	w.set(t, "second-2", false)
	if len(w.user.History) != 0 {
		t.Errorf("%d former passwords kept", len(w.user.History))
	}
}

func TestPolicyNamesTheFirstBrokenRule(t *testing.T) {
	t.Parallel()
	all := &cognitoidp.PasswordPolicyType{
		MinimumLength: 8, RequireLowercase: true, RequireUppercase: true, RequireNumbers: true, RequireSymbols: true,
	}
	for pw, want := range map[string]Rule{
		"":                       TooShort,
		"aA1!":                   TooShort,
		"ééééééA1!":              NoLowercase,
		"AAAAAAA1!":              NoLowercase,
		"aaaaaaa1!":              NoUppercase,
		"aaaaaaaA!":              NoNumber,
		"aaaaaaA1é":              NoSymbol,
		"aaaa aaA1":              "",
		"aaaaaaA1!":              "",
		" aaaaaA1!":              OuterSpaces,
		strings.Repeat("é", 257): TooLong,
	} {
		if got := firstBroken(all, pw); got != want {
			t.Errorf("firstBroken(%.20q) = %q, want %q", pw, got, want)
		}
	}
	w := makeWorld(t, "")
	if err := CheckPolicy(w.pool, "aaaaaa"); err != nil {
		t.Errorf("a lax policy refuses: %v", err)
	}
	if err, ok := errors.AsType[*PolicyError](CheckPolicy(w.pool, "aaaaa")); !ok || err.Rule != TooShort {
		t.Errorf("a short password: %v", err)
	}
}

func TestGeneratedPasswordsConform(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		w := makeWorld(t, "")
		w.pool.Doc.Policies.PasswordPolicy = &cognitoidp.PasswordPolicyType{
			MinimumLength:    rapid.Int64Range(6, 99).Draw(rt, "length"),
			RequireLowercase: true, RequireUppercase: true, RequireNumbers: true, RequireSymbols: true,
		}
		if pw := Generate(w.pool); CheckPolicy(w.pool, pw) != nil || strings.ContainsAny(pw, "0O1Il \"'<&") {
			rt.Fatalf("Generate() = %q", pw)
		}
	})
}

func TestDecoysAreStableAndDiffer(t *testing.T) {
	t.Parallel()
	w := makeWorld(t, "")
	salt, verifier := Decoy(w.box, "bob")
	again, same := Decoy(w.box, "bob")
	other, _ := Decoy(w.box, "eve")
	if string(salt) != string(again) || string(verifier) != string(same) {
		t.Error("a decoy changes")
	}
	if string(salt) == string(other) {
		t.Error("two names share a decoy")
	}
}

func TestTheSemaphoreBoundsWhatRunsAndWhatWaits(t *testing.T) {
	t.Parallel()
	s := newSemaphore(2, 1)
	release1, err1 := s.acquire(t.Context())
	release2, err2 := s.acquire(t.Context())
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var wait sync.WaitGroup
	waiting := make(chan error)
	wait.Go(func() { _, err := s.acquire(ctx); waiting <- err })
	for len(s.pending) < 3 {
		time.Sleep(time.Millisecond)
	}
	if _, err := s.acquire(t.Context()); !errors.Is(err, ErrBusy) {
		t.Errorf("a fourth: %v, want ErrBusy", err)
	}
	cancel()
	if err := <-waiting; !errors.Is(err, context.Canceled) {
		t.Errorf("the one whose context ended: %v", err)
	}
	wait.Wait()
	release1()
	release2()
	if len(s.running)+len(s.pending) != 0 {
		t.Error("released slots still count")
	}
}

func TestTooManyHashesAreRefused(t *testing.T) {
	t.Parallel()
	for name, u := range map[string]*user.User{"an unknown user": nil, "a user without a password": {}} {
		w := makeWorld(t, pool.PasswordStorageArgon2id)
		w.hasher.Slots, w.hasher.Queue = 1, 1
		var wait sync.WaitGroup
		faults := make(chan error, 8)
		for range cap(faults) {
			wait.Go(func() { _, err := w.hasher.Verify(t.Context(), w.box, w.pool, u, "x"); faults <- err })
		}
		wait.Wait()
		close(faults)
		refused := 0
		for err := range faults {
			if errors.Is(err, ErrBusy) {
				refused++
			} else if err != nil {
				t.Error(err)
			}
		}
		if refused == 0 {
			t.Errorf("no computation was refused for %s", name)
		}
	}
}

func FuzzDecodeStored(f *testing.F) {
	f.Add(stored{kind: kindSRP, salt: make([]byte, 16), digest: make([]byte, 384)}.encode())
	f.Add(stored{kind: kindArgon2id, cost: standardCost, salt: make([]byte, 16), digest: make([]byte, 32)}.encode())
	f.Fuzz(func(t *testing.T, b []byte) {
		if s, err := decode(b); err == nil && string(s.encode()) != string(b) {
			t.Errorf("decode(%x) = %+v", b, s)
		}
	})
}

// BenchmarkVerify shows that unknown users cost what known ones do.
func BenchmarkVerify(b *testing.B) {
	for _, storage := range storages {
		w := makeWorld(b, storage)
		w.set(b, "Correct-Horse-9", false)
		for name, u := range map[string]*user.User{"right": w.user, "unknown": nil} {
			b.Run(storage+"/"+name, func(b *testing.B) {
				for b.Loop() {
					w.right(b, u, "Correct-Horse-9")
				}
			})
		}
	}
}
