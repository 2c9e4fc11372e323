package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Call is what a signature is about, besides the body.
type Call struct {
	Delivery string // the same for every attempt
	Attempt  int64  // the first is 1
	At       time.Time
}

// Sign sets the headers of a call. secrets are those that are active: one, or two while a secret is being replaced, with a
// signature for each. New headers never change what version 1 signs.
func Sign(header http.Header, secrets [][]byte, c Call, body []byte) {
	timestamp := strconv.FormatInt(c.At.Unix(), 10)
	var signatures, ids []string
	for _, secret := range secrets {
		signatures = append(signatures, "v1="+signature(secret, timestamp, c.Delivery, body))
		ids = append(ids, KeyID(secret))
	}
	header.Set("Cardea-Version", "1")
	header.Set("Cardea-Delivery", c.Delivery)
	header.Set("Cardea-Attempt", strconv.FormatInt(c.Attempt, 10))
	header.Set("Cardea-Timestamp", timestamp)
	header.Set("Cardea-Key-Id", strings.Join(ids, ","))
	header.Set("Cardea-Signature", strings.Join(signatures, ","))
}

// signature is the HMAC-SHA256 of "v1.<timestamp>.<delivery>.<hex SHA-256 of the body>", in hex.
func signature(secret []byte, timestamp, delivery string, body []byte) string {
	hash := sha256.Sum256(body)
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte("v1." + timestamp + "." + delivery + "." + hex.EncodeToString(hash[:])))
	return hex.EncodeToString(mac.Sum(nil))
}

// KeyID names a secret without showing it.
func KeyID(secret []byte) string {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte("key id"))
	return hex.EncodeToString(mac.Sum(nil)[:4])
}
