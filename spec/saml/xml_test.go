package saml_test

import (
	"strings"
	"testing"

	"cardea/spec/saml"
)

func TestErrorsDoNotRepeatDocuments(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 100_000)
	for name, document := range map[string]string{
		"prefix twice": `<x:a:b c="` + long + `"/>`, "attribute": `<a ::b="` + long + `"/>`, "directive": "<!DOCTYPE a <!-- x --> " + long + ">",
		"name": "<a></" + long + ">", "entity": "<a>&" + long + ";</a>",
	} {
		_, err := saml.ParseMetadata([]byte(document), now)
		if got := check(t, err); got != saml.CheckXML || len(err.Error()) > 1000 {
			t.Errorf("%s: %s, %d bytes: %.500s", name, got, len(err.Error()), err)
		}
	}
}
