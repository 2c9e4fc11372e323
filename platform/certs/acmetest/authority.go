package acmetest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// Authority is a certificate authority. Start makes one.
type Authority struct {
	// Directory is the address of its directory, and Roots verify the certificates that it issues.
	Directory string
	Roots     *x509.CertPool

	t      testing.TB
	server *httptest.Server
	issuer *x509.Certificate
	key    *ecdsa.PrivateKey

	mu       sync.Mutex
	address  func(domain string) string
	nonces   map[string]bool
	accounts map[string]*jose.JSONWebKey
	orders   []*order
}

// order is one order, with its one authorization and its one challenge.
type order struct {
	domain, account, token string
	status                 string // of the order
	valid                  string // of the challenge
	chain                  []byte
}

// Start starts an authority that validates domains at the address that it is told, and stops it with the test.
func Start(t testing.TB, address func(domain string) string) *Authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test authority"}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(time.Hour * 24 * 365), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	issuer, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	a := &Authority{
		t: t, Roots: x509.NewCertPool(), issuer: issuer, key: key, address: address,
		nonces: map[string]bool{}, accounts: map[string]*jose.JSONWebKey{},
	}
	a.Roots.AddCert(issuer)
	a.server = httptest.NewServer(a.routes())
	t.Cleanup(a.server.Close)
	a.Directory = a.server.URL + "/directory"
	return a
}

// Orders are the domains that certificates were ordered for.
func (a *Authority) Orders() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	var all []string
	for _, o := range a.orders {
		all = append(all, o.domain)
	}
	return all
}

// Accounts is the number of accounts.
func (a *Authority) Accounts() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.accounts)
}

func (a *Authority) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /directory", func(w http.ResponseWriter, _ *http.Request) {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.write(w, http.StatusOK, map[string]any{
			"newNonce": a.server.URL + "/nonce", "newAccount": a.server.URL + "/account", "newOrder": a.server.URL + "/order",
			"meta": map[string]any{"termsOfService": a.server.URL + "/terms"},
		})
	})
	mux.HandleFunc("HEAD /nonce", func(w http.ResponseWriter, _ *http.Request) {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.write(w, http.StatusOK, nil)
	})
	for path, handle := range map[string]func(w http.ResponseWriter, r *http.Request, m message) error{
		"/account": a.account, "/order": a.order, "/order/{id}": a.showOrder, "/authorization/{id}": a.authorization,
		"/challenge/{id}": a.challenge, "/finalize/{id}": a.finalize, "/certificate/{id}": a.certificate,
	} {
		mux.HandleFunc("POST "+path, a.signed(handle))
	}
	return mux
}

// message is a request whose signature is good.
type message struct {
	account string
	key     *jose.JSONWebKey
	payload []byte
}

// signed verifies a request: its nonce, its address, its key and its signature.
func (a *Authority) signed(next func(http.ResponseWriter, *http.Request, message) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		a.mu.Lock()
		defer a.mu.Unlock()
		m, err := a.open(r)
		if err == nil {
			err = next(w, r, m)
		}
		if err != nil {
			a.write(w, http.StatusBadRequest, map[string]any{"type": "urn:ietf:params:acme:error:malformed", "detail": err.Error()})
		}
	}
}

func (a *Authority) open(r *http.Request) (m message, err error) {
	if r.Header.Get("Content-Type") != "application/jose+json" {
		return m, errors.New("content type")
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return m, err
	}
	parsed, err := jose.ParseSignedJSON(string(body), []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		return m, err
	}
	header := parsed.Signatures[0].Protected
	if !a.nonces[header.Nonce] {
		return m, errors.New("nonce")
	}
	delete(a.nonces, header.Nonce)
	if header.ExtraHeaders["url"] != a.server.URL+r.URL.Path {
		return m, errors.New("url")
	}
	m.key, m.account = header.JSONWebKey, header.KeyID
	if m.key == nil {
		m.key = a.accounts[m.account]
	}
	if m.key == nil {
		return m, errors.New("account does not exist")
	}
	m.payload, err = parsed.Verify(m.key)
	return m, err
}

// nonce makes a nonce, for one request.
func (a *Authority) nonce() string {
	nonce := rand.Text()
	a.nonces[nonce] = true
	return nonce
}

// write answers with JSON and a fresh nonce.
func (a *Authority) write(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Replay-Nonce", a.nonce())
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if body != nil {
		_ = json.NewEncoder(w).Encode(body) // the client may be gone
	}
}

func (a *Authority) account(w http.ResponseWriter, _ *http.Request, m message) error {
	var in struct {
		Terms        bool `json:"termsOfServiceAgreed"`
		OnlyExisting bool `json:"onlyReturnExisting"`
	}
	if err := json.Unmarshal(m.payload, &in); err != nil {
		return err
	}
	print, err := m.key.Thumbprint(crypto.SHA256)
	if err != nil {
		return err
	}
	address := a.server.URL + "/account/" + base64.RawURLEncoding.EncodeToString(print)
	_, known := a.accounts[address]
	if !known && (in.OnlyExisting || !in.Terms) {
		return fmt.Errorf("terms agreed: %v", in.Terms)
	}
	a.accounts[address] = m.key
	w.Header().Set("Location", address)
	status := http.StatusCreated
	if known {
		status = http.StatusOK
	}
	a.write(w, status, map[string]any{"status": "valid"})
	return nil
}

// find finds the order that a request is about.
func (a *Authority) find(r *http.Request, m message) (*order, error) {
	for i, o := range a.orders {
		if r.PathValue("id") == fmt.Sprint(i) && o.account == m.account {
			return o, nil
		}
	}
	return nil, errors.New("no such order of the account")
}

func (a *Authority) certificate(w http.ResponseWriter, r *http.Request, m message) error {
	o, err := a.find(r, m)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/pem-certificate-chain")
	w.Header().Set("Replay-Nonce", a.nonce())
	_, _ = w.Write(o.chain) // the client may be gone
	return nil
}

// issue signs what a certificate signing request asks for.
func (a *Authority) issue(csr *x509.CertificateRequest) ([]byte, error) {
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: serial, DNSNames: csr.DNSNames, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(90 * 24 * time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.issuer, csr.PublicKey, a.key)
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), nil
}
