//go:build openssl && linux && (amd64 || arm64)

package server

import (
	"bytes"
	"crypto/rsa"
	"encoding/base64"
	"encoding/hex"
	"log/slog"
	"strings"
	"testing"
	"time"

	"cardea/feature/signin"
	"cardea/platform/config"
	"cardea/platform/libcrypto"
	"cardea/platform/seal"
	"cardea/platform/telemetry"
	"cardea/record/signingkey/signingkeytest"
	"cardea/spec/jose"
	"cardea/spec/srp"
)

func TestOpenSSLComputesUnlessGoIsWanted(t *testing.T) {
	t.Parallel()
	for setting, want := range map[string]string{
		"": config.ArithmeticOpenSSL, config.ArithmeticAuto: config.ArithmeticOpenSSL,
		config.ArithmeticOpenSSL: config.ArithmeticOpenSSL, config.ArithmeticGo: config.ArithmeticGo,
	} {
		a, err := newArithmetic(Config{Arithmetic: setting})
		if err != nil {
			t.Fatalf("%q: %v (Debian: libssl3)", setting, err)
		}
		defer a.close()
		if a.name != want || (want == config.ArithmeticOpenSSL) != strings.HasPrefix(a.version, "OpenSSL 3.") {
			t.Errorf("%q: computed by %s, %s", setting, a.name, a.version)
		}
		if (want == config.ArithmeticOpenSSL) != (a.srp.Arithmetic != nil) {
			t.Errorf("%q: SRP by %T", setting, a.srp.Arithmetic)
		}
	}
}

// Every signer, and all of SRP, is what the configuration chose.
func TestServersSignAndComputeByOpenSSL(t *testing.T) {
	t.Parallel()
	c := Config{Dev: true, Arithmetic: config.ArithmeticOpenSSL}
	a, err := newArithmetic(c)
	if err != nil {
		t.Fatal(err)
	}
	master, err := seal.NewMaster(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	e := newEngines(&c, opened{arithmetic: a}, master, telemetry.New("v1"))
	f := newFeatures(&c, e, telemetry.New("v1"))
	if _, ours := f.api.Signin.(*signin.Service).Passwords.SRP.Arithmetic.(*libcrypto.Group); !ours {
		t.Error("SRP is not computed by OpenSSL")
	}
	key, err := signingkeytest.Make()
	if err != nil {
		t.Fatal(err)
	}
	for name, sign := range map[string]func(*rsa.PrivateKey) jose.Signer{
		"user pools": e.tokens.Signer, "identity pools": e.identityTokens.Signer, "principals": e.principalTokens.Signer,
	} {
		metered, ok := sign(key).(signer)
		if _, ours := metered.Signer.(*libcrypto.Signer); !ok || !ours {
			t.Errorf("tokens of %s are signed by %T", name, metered.Signer)
		}
	}
}

func TestAMissingLibraryIsWarnedOfOrRefused(t *testing.T) {
	t.Parallel()
	for _, library := range []string{"/nowhere/libcrypto.so.3", "libc.so.6"} {
		var log bytes.Buffer
		c := Config{Arithmetic: config.ArithmeticAuto, ArithmeticLibrary: library, Log: slog.New(slog.NewTextHandler(&log, nil))}
		a, err := newArithmetic(c)
		if err != nil || a.name != config.ArithmeticGo || !strings.Contains(log.String(), "level=WARN") || !strings.Contains(log.String(), library) {
			t.Errorf("%s: by %q, %v, logged %q", library, a.name, err, log.String())
		}
		c.Arithmetic = config.ArithmeticOpenSSL
		if _, err := newArithmetic(c); err == nil || !strings.Contains(err.Error(), library) {
			t.Errorf("%s is required: %v", library, err)
		}
	}
}

func TestSRPByOpenSSLAgreesWithClients(t *testing.T) {
	t.Parallel()
	a, err := newArithmetic(Config{Arithmetic: config.ArithmeticOpenSSL})
	if err != nil {
		t.Fatal(err)
	}
	alice := srp.Identity{Scope: "ABCdef123", User: "alice"}
	for range 20 {
		salt := srp.NewSalt()
		verifier, err := a.srp.Verifier(alice, "secret", salt)
		if err != nil {
			t.Fatal(err)
		}
		if same, err := (srp.Server{}).Matches(alice, "secret", salt, verifier); err != nil || !same {
			t.Errorf("math/big does not know the verifier: %v", err)
		}
		for password, want := range map[string]bool{"secret": true, "Secret": false} {
			if got, err := a.srp.Matches(alice, password, salt, verifier); err != nil || got != want {
				t.Errorf("%s: matches %v, %v", password, got, err)
			}
			if got := proves(t, a.srp, alice, password, salt, verifier); got != want {
				t.Errorf("%s: proves %v", password, got)
			}
		}
	}
}

// proves is a whole exchange.
func proves(t *testing.T, server srp.Server, who srp.Identity, password string, salt, verifier []byte) bool {
	t.Helper()
	client := srp.NewClient()
	public, err := srp.ParsePublic(client.Public())
	if err != nil {
		t.Fatal(err)
	}
	offer, err := server.NewOffer(verifier)
	if err != nil {
		t.Fatal(err)
	}
	key, err := server.Key(offer, public, verifier)
	if err != nil {
		t.Fatal(err)
	}
	asked := srp.Challenge{Salt: hex.EncodeToString(salt), Public: srp.Hex(offer.Public), Block: "YmxvY2s="}
	answer, timestamp, err := client.Answer(who, password, asked, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return answer == base64.StdEncoding.EncodeToString(srp.Sign(key, who, []byte("block"), timestamp))
}
