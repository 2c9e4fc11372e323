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

func TestMessagesAboutLogoutsAreSmall(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		inside string
		want   string
	}{
		"long":          {strings.Repeat("x", 65<<10), saml.CheckXML},
		"many elements": {strings.Repeat("<samlp:Extensions/>", 1000), saml.CheckXML},
		"not too many":  {strings.Repeat("<samlp:Extensions/>", 900), ""},
	} {
		request := idp.Logout(now, here)
		request.Edit = replace("</saml:Issuer>", "</saml:Issuer>"+c.inside)
		_, err := saml.ReadLogoutRequest(saml.Incoming{Query: request.Query("relay")}, expectLogout())
		if got := check(t, err); got != c.want {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
}
