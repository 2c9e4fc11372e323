package server_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"cardea/platform/backup"
	"cardea/platform/db"
	"cardea/platform/db/dbtest"
	"cardea/server"
	"cardea/server/servertest"
)

// other is a new database of the other engine.
func other(t *testing.T, url string) string {
	if strings.HasPrefix(url, "sqlite:") {
		return dbtest.EmptyPostgres(t)
	}
	return dbtest.EmptySQLite(t)
}

// configOf is what commands beside a world's server are told.
func configOf(w *servertest.World, url string) server.Config {
	c := server.Config{Database: url, MasterKeys: [][]byte{bytes.Repeat([]byte{7}, 32)}, Version: "test"}
	c.Test.Now, c.Test.FastDatabase = w.Now, true
	return c
}

func backedUp(t *testing.T, c server.Config) []byte {
	t.Helper()
	var out bytes.Buffer
	if _, err := server.Backup(t.Context(), c, &out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// later is a World whose clock shows no less than another's.
func later(t *testing.T, url string, w *servertest.World) *servertest.World {
	t.Helper()
	next := servertest.New(t, url, nil)
	next.Advance(w.Now().Sub(next.Now()) + time.Second)
	return next
}

func refresh(client string, token any) M {
	return M{"ClientId": client, "AuthFlow": "REFRESH_TOKEN_AUTH", "AuthParameters": M{"REFRESH_TOKEN": token}}
}

func TestARestoredDatabaseRevivesNothing(t *testing.T) {
	t.Parallel()
	dbtest.EachURL(t, func(t *testing.T, url string) {
		w := servertest.New(t, url, nil)
		pool := w.Pool(t, M{"AutoVerifiedAttributes": []string{"email"}})
		w.Must(t, "SetUserPoolMfaConfig", M{"UserPoolId": pool, "MfaConfiguration": "OPTIONAL", "SoftwareTokenMfaConfiguration": M{"Enabled": true}})
		client := w.Client(t, pool, M{})
		w.User(t, pool, "alice")
		w.User(t, pool, "bob")
		tokens := w.SignIn(t, client, "alice")
		secret := w.SoftwareToken(t, tokens["AccessToken"])
		w.Must(t, "SetUserMFAPreference", M{"AccessToken": tokens["AccessToken"], "SoftwareTokenMfaSettings": M{"Enabled": true}})
		w.Must(t, "SignUp", M{"ClientId": client, "Username": "carol", "Password": servertest.Password, "UserAttributes": servertest.Attributes("email", "carol@example.com")})
		w.Advance(time.Minute)
		file := backedUp(t, configOf(w, url))

		// Everything happens once more after the backup, and is lost with the database.
		w.Must(t, "RevokeToken", M{"ClientId": client, "Token": tokens["RefreshToken"]})
		code := w.SoftwareCode(t, secret)
		challenged := w.Must(t, "InitiateAuth", M{"ClientId": client, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": M{"USERNAME": "alice", "PASSWORD": servertest.Password}})
		answer := M{
			"ClientId": client, "ChallengeName": "SOFTWARE_TOKEN_MFA", "Session": challenged["Session"],
			"ChallengeResponses": M{"USERNAME": "alice", "SOFTWARE_TOKEN_MFA_CODE": code},
		}
		w.Must(t, "RespondToAuthChallenge", answer)

		w.Advance(time.Second) // less than any of it is good for
		target := other(t, url)
		report, err := server.Restore(t.Context(), configOf(w, target), bytes.NewReader(file), server.RestoreOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if report.Dropped < 3 { // the session, a code and a message at least
			t.Errorf("%d rows were left out", report.Dropped)
		}
		again := later(t, target, w)
		again.Fails(t, "InitiateAuth", refresh(client, tokens["RefreshToken"]), "NotAuthorizedException", "Refresh Token has been revoked")
		again.Fails(t, "GetUser", M{"AccessToken": tokens["AccessToken"]}, "NotAuthorizedException", "Access Token has been revoked")
		again.Fails(t, "RespondToAuthChallenge", answer, "NotAuthorizedException", "Invalid session for the user, session is expired.")
		challenged = again.Must(t, "InitiateAuth", M{"ClientId": client, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": M{"USERNAME": "alice", "PASSWORD": servertest.Password}})
		again.Fails(t, "RespondToAuthChallenge", servertest.With(answer, M{"Session": challenged["Session"]}), "ExpiredCodeException", "Your software token has already been used once.")
		if n := len(again.Inbox("carol@example.com")); n != 0 {
			t.Errorf("%d messages would be delivered again", n)
		}
		bob := again.SignIn(t, client, "bob")
		again.Must(t, "GetUser", M{"AccessToken": bob["AccessToken"]})
		again.Must(t, "InitiateAuth", refresh(client, bob["RefreshToken"]))
	})
}

func TestARestoreKeepsSessionsWhenTold(t *testing.T) {
	t.Parallel()
	dbtest.EachURL(t, func(t *testing.T, url string) {
		w := servertest.New(t, url, nil)
		pool := w.Pool(t, M{"AutoVerifiedAttributes": []string{"email"}})
		client := w.Client(t, pool, M{})
		w.User(t, pool, "alice")
		tokens := w.SignIn(t, client, "alice")
		w.Must(t, "SignUp", M{"ClientId": client, "Username": "carol", "Password": servertest.Password, "UserAttributes": servertest.Attributes("email", "carol@example.com")})
		file := backedUp(t, configOf(w, url))
		target := other(t, url)
		options := server.RestoreOptions{KeepSessions: true, KeepMessages: true}
		if _, err := server.Restore(t.Context(), configOf(w, target), bytes.NewReader(file), options); err != nil {
			t.Fatal(err)
		}
		again := later(t, target, w)
		again.Must(t, "InitiateAuth", refresh(client, tokens["RefreshToken"]))
		again.Must(t, "GetUser", M{"AccessToken": tokens["AccessToken"]})
		again.Must(t, "ConfirmSignUp", M{"ClientId": client, "Username": "carol", "ConfirmationCode": again.Code(t, "carol@example.com")})
	})
}

func TestWhatCannotBeRestoredIsRefused(t *testing.T) {
	t.Parallel()
	dbtest.EachURL(t, func(t *testing.T, url string) {
		w := servertest.New(t, url, nil)
		w.Pool(t, M{})
		file := backedUp(t, configOf(w, url))
		target := other(t, url)
		to := configOf(w, target)
		restore := func(c server.Config, file []byte) error {
			_, err := server.Restore(t.Context(), c, bytes.NewReader(file), server.RestoreOptions{})
			return err
		}

		otherKey := to
		otherKey.MasterKeys = [][]byte{bytes.Repeat([]byte{8}, 32)}
		if missing, ok := errors.AsType[*server.MissingKeysError](restore(otherKey, file)); !ok || len(missing.IDs) != 1 {
			t.Errorf("without the master key: %v", missing)
		}
		changed := bytes.Clone(file)
		changed[len(changed)/2] ^= 1
		for name, bad := range map[string][]byte{"cut": file[:len(file)-20], "changed": changed} {
			if err := restore(to, bad); !errors.Is(err, backup.ErrDamaged) {
				t.Errorf("%s: %v, want ErrDamaged", name, err)
			}
			if _, err := server.VerifyBackup(bytes.NewReader(bad), nil); !errors.Is(err, backup.ErrDamaged) {
				t.Errorf("verify what is %s: %v, want ErrDamaged", name, err)
			}
		}
		if err := restore(configOf(w, url), file); !errors.Is(err, db.ErrNotEmpty) {
			t.Errorf("over a database in use: %v, want ErrNotEmpty", err)
		}
		if err := restore(to, file); err != nil {
			t.Errorf("all of these have left something: %v", err)
		}
	})
}

// A backup that the right keys could not open would be found out when it is needed.
func TestABackupNeedsTheKeysOfItsDatabase(t *testing.T) {
	t.Parallel()
	dbtest.EachURL(t, func(t *testing.T, url string) {
		w := servertest.New(t, url, nil)
		w.Pool(t, M{})
		right, wrong := bytes.Repeat([]byte{7}, 32), bytes.Repeat([]byte{8}, 32)
		c := configOf(w, url)
		c.MasterKeys = [][]byte{wrong}
		var out bytes.Buffer
		_, err := server.Backup(t.Context(), c, &out)
		if missing, ok := errors.AsType[*server.MissingKeysError](err); !ok || len(missing.IDs) != 1 {
			t.Errorf("with another master key: %v", err)
		}

		// Between the step that puts a new key in front and the one that moves the data keys, both are needed.
		c.MasterKeys = [][]byte{wrong, right}
		file := backedUp(t, c)
		report, err := server.VerifyBackup(bytes.NewReader(file), c.MasterKeys)
		if err != nil || len(report.MasterKeys) != 2 {
			t.Fatalf("it names the keys %v, %v", report, err)
		}
		to := configOf(w, other(t, url))
		_, err = server.Restore(t.Context(), to, bytes.NewReader(file), server.RestoreOptions{})
		if missing, ok := errors.AsType[*server.MissingKeysError](err); !ok || len(missing.IDs) != 1 {
			t.Errorf("restored with one of the two: %v", err)
		}
		to.MasterKeys = [][]byte{right, wrong}
		if _, err := server.Restore(t.Context(), to, bytes.NewReader(file), server.RestoreOptions{}); err != nil {
			t.Error(err)
		}
	})
}

// Nobody but a holder of the master key makes backups.
func TestABackupOfAStrangerIsRefused(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	b, err := backup.NewWriter(&out, backup.Header{Engine: "sqlite"})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.End(func(digest []byte) []byte { return digest }); err != nil {
		t.Fatal(err)
	}
	c := server.Config{Database: dbtest.SQLite(t), MasterKeys: [][]byte{bytes.Repeat([]byte{7}, 32)}}
	if _, err := server.Restore(t.Context(), c, bytes.NewReader(out.Bytes()), server.RestoreOptions{}); err == nil {
		t.Error("it was restored")
	}
	if _, err := server.VerifyBackup(bytes.NewReader(out.Bytes()), c.MasterKeys); err == nil {
		t.Error("it was verified")
	}
}

func TestABackupSaysWhatIsInIt(t *testing.T) {
	t.Parallel()
	dbtest.EachURL(t, func(t *testing.T, url string) {
		w := servertest.New(t, url, nil)
		pool := w.Pool(t, M{})
		w.User(t, pool, "alice")
		c := configOf(w, url)
		report, err := server.VerifyBackup(bytes.NewReader(backedUp(t, c)), c.MasterKeys)
		if err != nil {
			t.Fatal(err)
		}
		if report.Engine != w.DB.Engine() || report.Program != "test" || len(report.Migrations) < 14 || len(report.MasterKeys) != 1 || !report.Taken.Equal(w.Now().Truncate(time.Millisecond)) {
			t.Errorf("the header is %+v", report.Header)
		}
		if !slices.Contains(report.Counts, backup.Count{Table: "user_account", Rows: 1}) {
			t.Errorf("the counts are %v", report.Counts)
		}
	})
}
