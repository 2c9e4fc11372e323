package server

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"cardea/engine/kmskey"
	"cardea/outbound/delivery"
	"cardea/outbound/kms"
	"cardea/platform/config"
	"cardea/platform/seal"
	"cardea/platform/web"
)

const (
	// keysWithin bounds how long one source of master keys may take.
	keysWithin = 15 * time.Second

	// keysPatience bounds how long a start waits for a source that is away, in all its tries.
	keysPatience = 30 * time.Second

	// maxKeyText bounds what a source may print or answer.
	maxKeyText = 64 << 10
)

// keySources read the master keys that a configuration names.
type keySources struct {
	config.Config
	stderr   io.Writer     // gets what commands say
	log      *slog.Logger  // is told that a source is away
	patience time.Duration // how long a source that is away is asked again; 0: not at all
}

// ReadMasterKeys reads the master keys of a configuration from wherever they are, the one in front first: those of master_key,
// master_key_file or master_key_command, then those of each of master_keys. stderr gets what commands say there. No key is in an error.
func ReadMasterKeys(ctx context.Context, c config.Config, stderr io.Writer) (keys [][]byte, err error) {
	return keySources{Config: c, stderr: stderr}.read(ctx)
}

// AwaitMasterKeys is ReadMasterKeys for a start: while KMS or Vault is away it asks again, for half a minute, and tells the log. A refusal
// is an error at once.
func AwaitMasterKeys(ctx context.Context, c config.Config, stderr io.Writer, log *slog.Logger) (keys [][]byte, err error) {
	return keySources{c, stderr, log, keysPatience}.read(ctx)
}

func (r keySources) read(ctx context.Context) (keys [][]byte, err error) {
	var wrong []error
	if len(r.MasterKeyCommand) > 0 {
		keys, err = r.command(ctx, r.MasterKeyCommand)
		wrong = append(wrong, config.Within("master_key_command", err))
	} else if r.MasterKey != "" || r.MasterKeyFile != "" || len(r.MasterKeySources) == 0 {
		keys, err = r.MasterKeys()
		wrong = append(wrong, err)
	}
	for i, source := range r.MasterKeySources {
		more, err := r.source(ctx, source)
		wrong = append(wrong, config.Within(fmt.Sprintf("master_keys[%d]", i), err))
		keys = append(keys, more...)
	}
	if err := errors.Join(wrong...); err != nil {
		return nil, err
	}
	for i, key := range keys {
		if slices.ContainsFunc(keys[:i], func(other []byte) bool { return bytes.Equal(other, key) }) {
			return nil, fmt.Errorf("master_key: key %d is there twice", i+1)
		}
	}
	return keys, nil
}

func (r keySources) source(ctx context.Context, s config.MasterKeySource) ([][]byte, error) {
	switch {
	case len(s.Command) > 0:
		return r.command(ctx, s.Command)
	case s.KMS != "":
		return r.await(ctx, func(ctx context.Context) ([][]byte, error) { return r.kms(ctx, s) })
	case s.Vault != "":
		return r.await(ctx, func(ctx context.Context) ([][]byte, error) { return r.vault(ctx, s) })
	}
	return config.Config{MasterKeyFile: s.File}.MasterKeys()
}

// await asks a service until it has answered something else than that it is away.
func (r keySources) await(ctx context.Context, ask func(context.Context) ([][]byte, error)) ([][]byte, error) {
	until := time.Now().Add(r.patience)
	for pause := firstPause; ; pause = min(2*pause, longestPause) {
		try, cancel := context.WithTimeout(ctx, keysWithin)
		keys, err := ask(try)
		cancel()
		if err == nil || !away(err) || time.Now().Add(pause).After(until) {
			return keys, err
		}
		r.log.Warn("the service that has the master key is away: it is asked again", "error", err, "pause", pause, "until", until.UTC().Format(time.RFC3339))
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return nil, err
		}
	}
}

// Pauses between the tries of a service that is away.
const (
	firstPause   = 250 * time.Millisecond
	longestPause = 4 * time.Second
)

// away reports whether a service has not answered, has answered that something is wrong with itself, or that it is asked too often.
func away(err error) bool {
	failure, ok := errors.AsType[*delivery.Error](err)
	return ok && (failure.Class == delivery.Transient || failure.Class == delivery.Throttled)
}

// command runs a program, not by a shell, and reads what it prints.
func (r keySources) command(ctx context.Context, argv []string) ([][]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, keysWithin)
	defer cancel()
	var out limited
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = &out, r.stderr, time.Second
	err := cmd.Run()
	switch {
	case ctx.Err() != nil:
		return nil, fmt.Errorf("%s did not end within %s", argv[0], keysWithin)
	case out.cut:
		return nil, fmt.Errorf("%s printed more than %d bytes", argv[0], maxKeyText)
	case err != nil:
		return nil, fmt.Errorf("%s: %w", argv[0], err)
	}
	return config.ParseMasterKeys(out.text.String(), argv[0])
}

// limited keeps what a program prints, up to a bound.
type limited struct {
	text bytes.Buffer // not embedded: its ReadFrom would have no bound
	cut  bool
}

// Write implements io.Writer.
func (l *limited) Write(p []byte) (int, error) {
	if l.text.Len()+len(p) > maxKeyText {
		l.cut = true
		return 0, errors.New("too much")
	}
	return l.text.Write(p)
}

// client calls an address that the operator has configured for this: it may be private.
func (r keySources) client(address, caFile string) (*http.Client, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, errors.New("the address cannot be parsed")
	}
	roots, err := acmeRoots(config.ACME{CAFile: caFile})
	if err != nil {
		return nil, err
	}
	allow := append(slices.Clone(r.Outgoing.Allow), u.Hostname())
	return web.New(web.Options{Allow: allow, PlainHTTP: r.Outgoing.PlainHTTP, Timeout: keysWithin, MaxBytes: maxKeyText, Roots: roots})
}

// kms asks AWS KMS to decrypt. What was encrypted is 32 bytes, as GenerateDataKeyWithoutPlaintext makes them, or keys as text.
func (r keySources) kms(ctx context.Context, s config.MasterKeySource) ([][]byte, error) {
	key, err := kmskey.Parse(s.Key)
	if err != nil {
		return nil, fmt.Errorf("key: %w", err)
	}
	ciphertext, err := base64.StdEncoding.DecodeString(strings.TrimSpace(s.Ciphertext))
	if err != nil {
		return nil, errors.New("ciphertext: not base64, as the CiphertextBlob of KMS is")
	}
	client, err := r.client(strings.ReplaceAll(s.KMS, "{region}", key.Region), s.CAFile)
	if err != nil {
		return nil, err
	}
	defer client.CloseIdleConnections()
	signing := config.KMSKey{AccessKeyID: s.AccessKeyID, SecretAccessKey: s.SecretAccessKey, SessionToken: s.SessionToken, Profile: s.Profile}
	caller := &kms.Client{Endpoint: s.KMS, Keys: kmsCredentials(signing, foundKeys(time.Now)), HTTP: client}
	plain, err := caller.Decrypt(ctx, key.Region, key.String(), kms.Ciphertext{Blob: ciphertext, Context: s.Context})
	if away(err) {
		return nil, err
	}
	if err != nil {
		return nil, fmt.Errorf("%w: the key, the Region, the context and the right kms:Decrypt must be those that the ciphertext was made with", err)
	}
	if len(plain) == 32 {
		return [][]byte{plain}, nil
	}
	return config.ParseMasterKeys(string(plain), "what KMS has decrypted")
}

// vault asks the transit engine of Vault to decrypt.
func (r keySources) vault(ctx context.Context, s config.MasterKeySource) ([][]byte, error) {
	token, err := vaultToken(s)
	if err != nil {
		return nil, err
	}
	client, err := r.client(s.Vault, s.CAFile)
	if err != nil {
		return nil, err
	}
	defer client.CloseIdleConnections()
	mount := s.Mount
	if mount == "" {
		mount = "transit"
	}
	body, err := json.Marshal(map[string]string{"ciphertext": s.Ciphertext})
	if err != nil {
		return nil, err
	}
	address := strings.TrimSuffix(s.Vault, "/") + "/v1/" + strings.Trim(mount, "/") + "/decrypt/" + url.PathEscape(s.Key)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return nil, errors.New("vault: the address cannot be called")
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-Vault-Token", token)
	answer, err := client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("vault does not answer: %w", delivery.Unreachable(err))
	}
	defer func() { _ = answer.Body.Close() }() // all that is used was read
	var said struct {
		Data   struct{ Plaintext string }
		Errors []string
	}
	err = json.NewDecoder(answer.Body).Decode(&said)
	if failure := delivery.Status("vault", answer); answer.StatusCode != http.StatusOK && away(failure) {
		return nil, fmt.Errorf("%w %q", failure, said.Errors)
	}
	if err != nil || answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("vault answers %s %q: the token must be good and its policy allow update on %s/decrypt/%s", answer.Status, said.Errors, mount, s.Key)
	}
	// The plaintext is in base64 as a master key is: what was encrypted are its 32 bytes.
	if key, err := seal.ParseKey(said.Data.Plaintext); err == nil {
		return [][]byte{key}, nil
	}
	return nil, errors.New("what vault has decrypted is not 32 bytes")
}

// vaultToken is what authenticates to Vault.
func vaultToken(s config.MasterKeySource) (string, error) {
	if s.Token != "" {
		return s.Token.Reveal(), nil
	}
	if s.TokenFile != "" {
		text, err := os.ReadFile(s.TokenFile)
		if err != nil {
			return "", fmt.Errorf("token_file: %w", err)
		}
		return strings.TrimSpace(string(text)), nil
	}
	if token := os.Getenv("VAULT_TOKEN"); token != "" {
		return token, nil
	}
	return "", errors.New("no token for vault: give token_file, or VAULT_TOKEN in the environment")
}
