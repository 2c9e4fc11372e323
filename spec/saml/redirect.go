package saml

import (
	"bytes"
	"compress/flate"
	"crypto/rsa"
	"encoding/base64"
	"fmt"
	"io"
	"net/url"
	"strings"

	"github.com/beevik/etree"
)

// redirect writes a message for the redirect binding, signed if there is a key (SAML Bindings §3.4.4.1).
func redirect(e *etree.Element, field, relayState string, key *rsa.PrivateKey) (string, error) {
	destination := value(e, "Destination")
	document, err := written(e)
	if err != nil {
		return "", err
	}
	packed, err := deflate(document)
	if err != nil {
		return "", err
	}
	query := field + "=" + url.QueryEscape(base64.StdEncoding.EncodeToString(packed))
	if relayState != "" {
		query += "&" + RelayField + "=" + url.QueryEscape(relayState)
	}
	if key != nil {
		query += "&SigAlg=" + url.QueryEscape(RSASHA256)
		signed, err := signRSA(key, []byte(query))
		if err != nil {
			return "", fmt.Errorf("sign %s: %w", e.Tag, err)
		}
		query += "&Signature=" + url.QueryEscape(base64.StdEncoding.EncodeToString(signed))
	}
	joint := "?"
	if strings.Contains(destination, "?") {
		joint = "&"
	}
	return destination + joint + query, nil
}

func deflate(document []byte) ([]byte, error) {
	var packed bytes.Buffer
	w, err := flate.NewWriter(&packed, flate.BestCompression)
	if err != nil {
		return nil, fmt.Errorf("deflate: %w", err)
	}
	if _, err := w.Write(document); err != nil {
		return nil, fmt.Errorf("deflate: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("deflate: %w", err)
	}
	return packed.Bytes(), nil
}

// inflate unpacks what is no longer than a message may be.
func inflate(packed []byte) ([]byte, error) {
	document, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(packed)), maxMessage+1))
	if err != nil {
		return nil, fail(CheckEncoding, "the message is not deflated")
	}
	if len(document) > maxMessage {
		return nil, fail(CheckEncoding, "the message is longer than %d bytes when it is inflated", maxMessage)
	}
	return document, nil
}

// query is a query of the redirect binding. The values are as they came, since the signature is over them.
type query struct {
	field                          string
	message, relay, algorithm, sig string
	hasRelay                       bool
}

// parseQuery reads a query that has each of the binding's parameters once.
func parseQuery(raw, field string) (*query, error) {
	if len(raw) > MaxEncoded {
		return nil, fail(CheckEncoding, "the query has more than %d bytes", MaxEncoded)
	}
	found := map[string]string{}
	for part := range strings.SplitSeq(raw, "&") {
		escaped, value, _ := strings.Cut(part, "=")
		name, err := url.QueryUnescape(escaped)
		if err != nil {
			return nil, fail(CheckEncoding, "the query is not well-formed")
		}
		if _, twice := found[name]; twice {
			return nil, fail(CheckEncoding, "the query has the parameter %.40q twice", name)
		}
		found[name] = value
	}
	q := &query{field: field, message: found[field], algorithm: found["SigAlg"], sig: found["Signature"]}
	q.relay, q.hasRelay = found[RelayField]
	if q.message == "" {
		return nil, fail(CheckEncoding, "the query has no %s", field)
	}
	return q, nil
}

// verify verifies the signature over the query as it came (SAML Bindings §3.4.4.1).
func (q *query) verify(t trust) error {
	if q.algorithm == "" || q.sig == "" {
		return fail(CheckSignature, "the query is not signed").advise("Set the identity provider to sign logout messages.")
	}
	signed := q.field + "=" + q.message
	if q.hasRelay {
		signed += "&" + RelayField + "=" + q.relay
	}
	signed += "&SigAlg=" + q.algorithm
	algorithm, err := url.QueryUnescape(q.algorithm)
	if err != nil {
		return fail(CheckEncoding, "SigAlg is not well-formed")
	}
	signature, err := unescape64(q.sig)
	if err != nil {
		return err
	}
	return t.check(algorithm, []byte(signed), signature)
}

// document decodes the message.
func (q *query) document() ([]byte, error) {
	packed, err := unescape64(q.message)
	if err != nil {
		return nil, err
	}
	return inflate(packed)
}

func unescape64(value string) ([]byte, error) {
	written, err := url.QueryUnescape(value)
	if err != nil {
		return nil, fail(CheckEncoding, "the query is not well-formed")
	}
	bytes, err := unbase64(written)
	if err != nil {
		return nil, fail(CheckEncoding, "the query has a value that is not base64")
	}
	return bytes, nil
}
