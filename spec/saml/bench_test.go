package saml_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"cardea/spec/saml"
)

func BenchmarkReadResponse(b *testing.B) {
	encoded, x := answer().Encoded(), expect()
	for b.Loop() {
		if _, err := saml.ReadResponse(encoded, x); err != nil {
			b.Fatal(err)
		}
	}
}

// What strangers may have read at most: as many elements as are allowed, with many prefixes in scope.
func BenchmarkReadHostileResponse(b *testing.B) {
	r := answer()
	r.Tamper = replace("<samlp:Status>", "<samlp:Status "+numbered(`xmlns:a%="b" `, 25)+">"+strings.Repeat("<aiii:x y='z'/>", 4_900))
	r.Signing.Key = own
	encoded, x := base64.StdEncoding.EncodeToString([]byte(r.XML())), expect()
	if _, err := saml.ReadResponse(encoded, x); err == nil {
		b.Fatal("accepted")
	} else {
		b.Log(err)
	}
	for b.Loop() {
		_, _ = saml.ReadResponse(encoded, x)
	}
}
