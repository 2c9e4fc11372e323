package acmetest

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// identifier is the extension that answers a tls-alpn-01 challenge.
var identifier = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 1, 31}

func (a *Authority) order(w http.ResponseWriter, _ *http.Request, m message) error {
	var in struct {
		Identifiers []struct{ Type, Value string }
	}
	if err := json.Unmarshal(m.payload, &in); err != nil {
		return err
	}
	if len(in.Identifiers) != 1 || in.Identifiers[0].Type != "dns" {
		return errors.New("identifiers")
	}
	o := &order{domain: in.Identifiers[0].Value, account: m.account, token: rand.Text(), status: "pending", valid: "pending"}
	a.orders = append(a.orders, o)
	number := len(a.orders) - 1
	w.Header().Set("Location", a.url("order", number))
	a.write(w, http.StatusCreated, a.shown(o, number))
	return nil
}

func (a *Authority) url(kind string, number int) string {
	return fmt.Sprintf("%s/%s/%d", a.server.URL, kind, number)
}

func (a *Authority) shown(o *order, number int) map[string]any {
	shown := map[string]any{
		"status": o.status, "identifiers": []any{map[string]any{"type": "dns", "value": o.domain}},
		"authorizations": []string{a.url("authorization", number)}, "finalize": a.url("finalize", number),
	}
	if o.chain != nil {
		shown["certificate"] = a.url("certificate", number)
	}
	return shown
}

func (a *Authority) number(wanted *order) int {
	for i, o := range a.orders {
		if o == wanted {
			return i
		}
	}
	return -1
}

func (a *Authority) showOrder(w http.ResponseWriter, r *http.Request, m message) error {
	o, err := a.find(r, m)
	if err != nil {
		return err
	}
	w.Header().Set("Location", a.url("order", a.number(o)))
	a.write(w, http.StatusOK, a.shown(o, a.number(o)))
	return nil
}

func (a *Authority) authorization(w http.ResponseWriter, r *http.Request, m message) error {
	o, err := a.find(r, m)
	if err != nil {
		return err
	}
	a.write(w, http.StatusOK, map[string]any{
		"status": o.valid, "identifier": map[string]any{"type": "dns", "value": o.domain},
		"challenges": []any{a.shownChallenge(o)},
	})
	return nil
}

func (a *Authority) shownChallenge(o *order) map[string]any {
	return map[string]any{"type": "tls-alpn-01", "url": a.url("challenge", a.number(o)), "token": o.token, "status": o.valid}
}

// challenge asks the domain for the answer to its challenge.
func (a *Authority) challenge(w http.ResponseWriter, r *http.Request, m message) error {
	o, err := a.find(r, m)
	if err != nil {
		return err
	}
	o.valid, o.status = "valid", "ready"
	if err := a.validate(o, m.key); err != nil {
		a.t.Logf("acmetest: %s: %v", o.domain, err)
		o.valid, o.status = "invalid", "invalid"
	}
	a.write(w, http.StatusOK, a.shownChallenge(o))
	return nil
}

func (a *Authority) validate(o *order, key *jose.JSONWebKey) error {
	dialer := &net.Dialer{Timeout: 5 * time.Second}
	connection, err := tls.DialWithDialer(dialer, "tcp", a.address(o.domain), &tls.Config{
		ServerName: o.domain, NextProtos: []string{"acme-tls/1"}, InsecureSkipVerify: true,
	})
	if err != nil {
		return err
	}
	defer connection.Close()
	state := connection.ConnectionState()
	leaf := state.PeerCertificates[0]
	if state.NegotiatedProtocol != "acme-tls/1" || len(leaf.DNSNames) != 1 || leaf.DNSNames[0] != o.domain {
		return fmt.Errorf("protocol %q, names %v", state.NegotiatedProtocol, leaf.DNSNames)
	}
	print, err := key.Thumbprint(crypto.SHA256)
	if err != nil {
		return err
	}
	sum := sha256.Sum256([]byte(o.token + "." + base64.RawURLEncoding.EncodeToString(print)))
	want, err := asn1.Marshal(sum[:])
	if err != nil {
		return err
	}
	for _, extension := range leaf.Extensions {
		if extension.Id.Equal(identifier) && extension.Critical && bytes.Equal(extension.Value, want) {
			return nil
		}
	}
	return errors.New("no answer to the challenge")
}

func (a *Authority) finalize(w http.ResponseWriter, r *http.Request, m message) error {
	o, err := a.find(r, m)
	if err != nil {
		return err
	}
	var in struct{ CSR string }
	if err := json.Unmarshal(m.payload, &in); err != nil {
		return err
	}
	der, err := base64.RawURLEncoding.DecodeString(in.CSR)
	if err != nil {
		return err
	}
	csr, err := x509.ParseCertificateRequest(der)
	if err != nil {
		return err
	}
	if err := csr.CheckSignature(); err != nil {
		return err
	}
	if o.status != "ready" || len(csr.DNSNames) != 1 || csr.DNSNames[0] != o.domain {
		return fmt.Errorf("order is %s, request is for %v", o.status, csr.DNSNames)
	}
	if o.chain, err = a.issue(csr); err != nil {
		return err
	}
	o.status = "valid"
	w.Header().Set("Location", a.url("order", a.number(o)))
	a.write(w, http.StatusOK, a.shown(o, a.number(o)))
	return nil
}
