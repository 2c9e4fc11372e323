package saml_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/beevik/etree"

	"cardea/spec/saml"
	"cardea/spec/saml/samltest"
)

// evil copies an element, lets another person be named in it, and takes its own signature away.
func evil(e *etree.Element, id string) *etree.Element {
	c := e.Copy()
	c.CreateAttr("ID", id)
	for _, name := range c.FindElements(".//NameID") {
		name.SetText("admin@example.com")
	}
	if s := c.SelectElement("Signature"); s != nil {
		c.RemoveChild(s)
	}
	return c
}

// bare copies an element without its own signature.
func bare(e *etree.Element) *etree.Element {
	c := e.Copy()
	if s := c.SelectElement("Signature"); s != nil {
		c.RemoveChild(s)
	}
	return c
}

// wrappings are the eight known ways to wrap a signature, by the numbers that they are known under. They get a signed document and
// the element in it that is signed: the Response or the assertion.
var wrappings = map[string]func(doc *etree.Document, signed *etree.Element){
	"1: the Response is a child of the signature in another": func(doc *etree.Document, _ *etree.Element) {
		r := doc.Root()
		original, signature := bare(r), r.FindElement(".//Signature")
		other := evil(r, "_evil")
		if signature.Parent() != r {
			signature = other.FindElement(".//Signature")
		} else {
			signature = signature.Copy()
			other.InsertChildAt(1, signature)
		}
		signature.AddChild(original)
		doc.SetRoot(other)
	},
	"2: the Response is before its signature in another": func(doc *etree.Document, _ *etree.Element) {
		r := doc.Root()
		other := evil(r, "_evil")
		other.InsertChildAt(1, bare(r))
		other.InsertChildAt(2, r.FindElement(".//Signature").Copy())
		doc.SetRoot(other)
	},
	"3: another assertion before the assertion": func(doc *etree.Document, _ *etree.Element) {
		a := doc.Root().SelectElement("Assertion")
		doc.Root().InsertChildAt(a.Index(), evil(a, "_evil"))
	},
	"4: the assertion in another": func(doc *etree.Document, _ *etree.Element) {
		a := doc.Root().SelectElement("Assertion")
		other := evil(a, "_evil")
		doc.Root().InsertChildAt(a.Index(), other)
		other.AddChild(a)
	},
	"5: another assertion with the signature, the assertion at the end": func(doc *etree.Document, signed *etree.Element) {
		a := doc.Root().SelectElement("Assertion")
		other := evil(a, "_evil")
		other.InsertChildAt(1, signed.SelectElement("Signature").Copy())
		doc.Root().InsertChildAt(a.Index(), other)
		doc.Root().AddChild(bare(a))
		doc.Root().RemoveChild(a)
	},
	"6: the assertion in the signature in another": func(doc *etree.Document, signed *etree.Element) {
		a := doc.Root().SelectElement("Assertion")
		other, signature := evil(a, "_evil"), signed.SelectElement("Signature").Copy()
		other.InsertChildAt(1, signature)
		signature.AddChild(bare(a))
		doc.Root().InsertChildAt(a.Index(), other)
		doc.Root().RemoveChild(a)
	},
	"7: another assertion in Extensions": func(doc *etree.Document, _ *etree.Element) {
		a := doc.Root().SelectElement("Assertion")
		extensions := etree.NewElement("samlp:Extensions")
		doc.Root().InsertChildAt(a.Index(), extensions)
		extensions.AddChild(evil(a, value(a, "ID")))
	},
	"8: the assertion in an Object of the signature": func(doc *etree.Document, signed *etree.Element) {
		a := doc.Root().SelectElement("Assertion")
		other, signature := evil(a, "_evil"), signed.SelectElement("Signature").Copy()
		signature.CreateElement("ds:Object").AddChild(bare(a))
		other.InsertChildAt(1, signature)
		doc.Root().InsertChildAt(a.Index(), other)
		doc.Root().RemoveChild(a)
	},
	"9: another assertion after the assertion": func(doc *etree.Document, _ *etree.Element) {
		doc.Root().AddChild(evil(doc.Root().SelectElement("Assertion"), "_evil"))
	},
	"10: the assertion in Extensions, another in its place": func(doc *etree.Document, _ *etree.Element) {
		a := doc.Root().SelectElement("Assertion")
		doc.Root().AddChild(evil(a, "_evil"))
		doc.Root().CreateElement("samlp:Extensions").AddChild(a)
	},
	"11: another person in the assertion": func(doc *etree.Document, _ *etree.Element) {
		doc.FindElement("//NameID").SetText("admin@example.com")
	},
	"12: another assertion with the same ID in its place, the assertion in StatusDetail": func(doc *etree.Document, signed *etree.Element) {
		a := doc.Root().SelectElement("Assertion")
		other := evil(a, value(a, "ID"))
		other.InsertChildAt(1, signed.SelectElement("Signature").Copy())
		doc.Root().AddChild(other)
		doc.Root().SelectElement("Status").CreateElement("samlp:StatusDetail").AddChild(a)
	},
}

func value(e *etree.Element, name string) string { return e.SelectAttrValue(name, "") }

func TestSignatureWrappingIsRefused(t *testing.T) {
	t.Parallel()
	for name, wrap := range wrappings {
		for _, mode := range []struct {
			name                string
			response, assertion bool
		}{{"response signed", true, false}, {"assertion signed", false, true}, {"both signed", true, true}} {
			t.Run(name+"/"+mode.name, func(t *testing.T) {
				t.Parallel()
				r := answer()
				r.SignResponse, r.SignAssertion = mode.response, mode.assertion
				doc := etree.NewDocument()
				if err := doc.ReadFromString(r.XML()); err != nil {
					t.Fatal(err)
				}
				signed := doc.Root()
				if mode.assertion {
					signed = doc.Root().SelectElement("Assertion")
				}
				wrap(doc, signed)
				text, err := doc.WriteToString()
				if err != nil {
					t.Fatal(err)
				}
				a, err := saml.ReadResponse(base64.StdEncoding.EncodeToString([]byte(text)), expect())
				switch check(t, err) {
				case saml.CheckShape, saml.CheckSignature:
				default:
					t.Errorf("got %+v and %v, want it refused for its shape or signature", a, err)
				}
			})
		}
	}
}

// replace makes a knob that replaces text, which has to be there.
func replace(old, with string) func(string) string {
	return func(text string) string {
		if !strings.Contains(text, old) {
			panic("the text has no " + old)
		}
		return strings.Replace(text, old, with, 1)
	}
}

// documents are tricks with XML. What the provider itself has signed is marked so; the rest was done to a signed document.
var documents = map[string]struct {
	turn func(*samltest.Response)
	want string
}{
	"comment in the NameID, signed": {func(r *samltest.Response) {
		r.EditAssertion = replace("jane@example.com</saml:NameID>", "jane@example.com<!---->.evil.example</saml:NameID>")
	}, saml.CheckXML},
	"comment in the NameID":           {func(r *samltest.Response) { r.Tamper = replace("jane@", "jane<!-- x -->@") }, saml.CheckXML},
	"comment elsewhere":               {func(r *samltest.Response) { r.Tamper = replace("<samlp:Status>", "<!-- x --><samlp:Status>") }, saml.CheckXML},
	"comment before the root":         {func(r *samltest.Response) { r.Tamper = replace("<samlp:Response", "<!-- x --><samlp:Response") }, saml.CheckXML},
	"processing instruction":          {func(r *samltest.Response) { r.EditAssertion = replace("jane@", "jane<?x?>@") }, saml.CheckXML},
	"processing instruction in front": {func(r *samltest.Response) { r.Tamper = replace("<samlp:Response", "<?x y?><samlp:Response") }, saml.CheckXML},
	"DTD":                             {func(r *samltest.Response) { r.Tamper = replace("<samlp:Response", "<!DOCTYPE x><samlp:Response") }, saml.CheckXML},
	"DTD with an attribute's default": {func(r *samltest.Response) {
		r.Tamper = replace("<samlp:Response", `<!DOCTYPE x [<!ATTLIST x ID CDATA "y">]><samlp:Response`)
	}, saml.CheckXML},
	"DTD in the middle": {func(r *samltest.Response) { r.EditAssertion = replace("jane@", "<!DOCTYPE x>jane@") }, saml.CheckXML},
	"entity of a DTD":   {func(r *samltest.Response) { r.Tamper = replace("jane@", "&who;@") }, saml.CheckXML},
	"XML declaration": {func(r *samltest.Response) {
		r.Tamper = replace("<samlp:Response", `<?xml version="1.0" encoding="UTF-8" standalone="no"?>`+"\n<samlp:Response")
	}, ""},
	"XML declaration of a charset": {func(r *samltest.Response) {
		r.Tamper = replace("<samlp:Response", `<?xml version="1.0" encoding="UTF-7"?><samlp:Response`)
	}, saml.CheckXML},
	"XML 1.1": {func(r *samltest.Response) {
		r.Tamper = replace("<samlp:Response", `<?xml version="1.1"?><samlp:Response`)
	}, saml.CheckXML},
	"XML declaration after white space": {tamper("<samlp:Response", "\n"+`<?xml version="1.0"?><samlp:Response`), saml.CheckXML},
	"instruction that looks like one":   {tamper("<samlp:Response", `<?x version="1.0"?><samlp:Response`), saml.CheckXML},
	"two roots":                         {func(r *samltest.Response) { r.Tamper = func(s string) string { return s + s } }, saml.CheckXML},
	"text after the root":               {func(r *samltest.Response) { r.Tamper = func(s string) string { return s + "x" } }, saml.CheckXML},
	"no root":                           {func(r *samltest.Response) { r.Tamper = func(string) string { return " " } }, saml.CheckXML},
	"not closed":                        {func(r *samltest.Response) { r.Tamper = replace("</samlp:Response>", "") }, saml.CheckXML},
	"not UTF-8":                         {func(r *samltest.Response) { r.Tamper = replace("jane@", "j\xe4ne@") }, saml.CheckXML},
	"CDATA, signed": {func(r *samltest.Response) {
		r.EditAssertion = replace("jane@example.com</saml:NameID>", "<![CDATA[jane@]]>example.com</saml:NameID>")
	}, ""},
	"CDATA": {func(r *samltest.Response) {
		r.Tamper = replace("jane@example.com</saml:NameID>", "<![CDATA[jane@]]>example.com</saml:NameID>")
	}, ""},
	"element in the NameID, signed": {func(r *samltest.Response) { r.EditAssertion = replace("jane@", "jane<saml:x/>@") }, saml.CheckShape},
	"two NameIDs, signed": {func(r *samltest.Response) {
		r.EditAssertion = replace("<saml:NameID", "<saml:NameID>x</saml:NameID><saml:NameID")
	}, saml.CheckShape},
	"two Issuers, signed": {func(r *samltest.Response) {
		r.EditAssertion = replace("<saml:Issuer>", "<saml:Issuer>x</saml:Issuer><saml:Issuer>")
	}, saml.CheckShape},
	"attribute twice":           {func(r *samltest.Response) { r.Tamper = replace("<saml:Assertion", `<saml:Assertion ID="_x"`) }, saml.CheckXML},
	"prefixed ID beside the ID": {func(r *samltest.Response) { r.Tamper = replace("<saml:Assertion", `<saml:Assertion saml:ID="_x"`) }, saml.CheckSignature},
	"prefixed ID alone, signed": {func(r *samltest.Response) { r.EditAssertion = replace(` ID="`, ` saml:ID="`) }, saml.CheckSignature},
	"ID of the assertion elsewhere": {func(r *samltest.Response) {
		r.Tamper = replace("<samlp:Status>", `<samlp:Status xml:id="`+r.AssertionID+`">`)
	}, saml.CheckShape},
	"element with two colons":           {func(r *samltest.Response) { r.Tamper = replace("<samlp:Status>", `<samlp::Status/><samlp:Status>`) }, saml.CheckXML},
	"element that begins with a colon":  {tamper("<samlp:Status>", `<:x/><samlp:Status>`), saml.CheckXML},
	"attribute that begins with colons": {func(r *samltest.Response) { r.Tamper = replace("<samlp:Status>", `<samlp:Status ::a="b">`) }, saml.CheckXML},
	"directive that does not survive": {func(r *samltest.Response) {
		r.Tamper = replace("<samlp:Status>", `<! <<!-- -->!-- x --><samlp:Status>`)
	}, saml.CheckXML},
	"prefix that is not declared":     {func(r *samltest.Response) { r.Tamper = replace("<samlp:Status>", `<x:y/><samlp:Status>`) }, saml.CheckXML},
	"attribute's prefix not declared": {func(r *samltest.Response) { r.Tamper = replace("<samlp:Status>", `<samlp:Status x:y="z">`) }, saml.CheckXML},
	"prefix declared to be nothing":   {func(r *samltest.Response) { r.Tamper = replace("<samlp:Status>", `<samlp:Status xmlns:saml="">`) }, saml.CheckXML},
	"prefix xml declared":             {func(r *samltest.Response) { r.Tamper = replace("<samlp:Status>", `<samlp:Status xmlns:xml="urn:x">`) }, saml.CheckXML},
	"prefix xmlns declared":           {func(r *samltest.Response) { r.Tamper = replace("<samlp:Status>", `<samlp:Status xmlns:xmlns="urn:x">`) }, saml.CheckXML},
	"element of the prefix xmlns":     {func(r *samltest.Response) { r.Tamper = replace("<samlp:Status>", `<xmlns:x/><samlp:Status>`) }, saml.CheckXML},
	"prefix of an assertion's changed": {func(r *samltest.Response) {
		r.Tamper = replace(`<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"`, `<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:1.0:assertion"`)
	}, saml.CheckSignature},
	"no Response": {func(r *samltest.Response) {
		r.Tamper = func(s string) string { return strings.ReplaceAll(s, "samlp:Response", "samlp:ArtifactResponse") }
	}, saml.CheckShape},
	"Response of another namespace": {func(r *samltest.Response) { r.Tamper = replace("SAML:2.0:protocol", "SAML:1.1:protocol") }, saml.CheckShape},
	"Response in the Response":      {tamper("<samlp:Status>", "<samlp:Extensions><samlp:Response/></samlp:Extensions><samlp:Status>"), saml.CheckShape},
	"assertion not in its place": {func(r *samltest.Response) {
		r.Tamper = func(s string) string {
			return strings.NewReplacer("<saml:Assertion ", "<samlp:Extensions><saml:Assertion ", "</saml:Assertion>", "</saml:Assertion></samlp:Extensions>").Replace(s)
		}
	}, saml.CheckSignature},
	"version":                          {func(r *samltest.Response) { r.Tamper = replace(`Version="2.0"`, `Version="1.1"`) }, saml.CheckShape},
	"version of the assertion, signed": {func(r *samltest.Response) { r.EditAssertion = replace(`Version="2.0"`, `Version="1.1"`) }, saml.CheckShape},
	"ID with other characters, signed": {func(r *samltest.Response) { r.AssertionID = "a b" }, saml.CheckSignature},
	"large":                            {func(r *samltest.Response) { r.NameID = strings.Repeat("x", 192<<10) }, saml.CheckEncoding},
	"deep": {func(r *samltest.Response) {
		r.Tamper = replace("<samlp:Status>", strings.Repeat("<saml:x>", 32)+strings.Repeat("</saml:x>", 32)+"<samlp:Status>")
	}, saml.CheckXML},
	"many elements": {func(r *samltest.Response) {
		r.Tamper = replace("<samlp:Status>", strings.Repeat("<saml:x/>", 5_000)+"<samlp:Status>")
	}, saml.CheckXML},
	"many tags": {func(r *samltest.Response) {
		r.Tamper = replace("<samlp:Status>", strings.Repeat("<x></x>", 6_000)+"<samlp:Status>")
	}, saml.CheckXML},
	"many attributes": {func(r *samltest.Response) {
		r.Tamper = replace("<samlp:Status>", "<samlp:Status "+numbered(`a%="b" `, 65)+">")
	}, saml.CheckXML},
	"many prefixes": {func(r *samltest.Response) {
		r.Tamper = replace("<samlp:Status>", "<samlp:Status "+numbered(`xmlns:a%="b" `, 33)+">")
	}, saml.CheckXML},
}

// numbered repeats a text with % as a number.
func numbered(text string, n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.ReplaceAll(text, "%", strings.Repeat("i", i+1)))
	}
	return b.String()
}

// Whether a document survives being parsed and written is the first thing that is looked at.
func TestDocumentsMustSurviveARoundTrip(t *testing.T) {
	t.Parallel()
	for _, trick := range []string{"<! <<!-- -->!-- x -->", "<x::y/>", "<x ::y='z'/>"} {
		r := answer()
		r.Tamper = replace("<samlp:Status>", trick+"<samlp:Status>")
		if _, err := saml.ReadResponse(r.Encoded(), expect()); err == nil || !strings.Contains(err.Error(), "does not survive") {
			t.Errorf("%s: got %v", trick, err)
		}
	}
}

func TestDocumentsThatParsersReadDifferentlyAreRefused(t *testing.T) {
	t.Parallel()
	for name, c := range documents {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := answer()
			c.turn(r)
			a, err := saml.ReadResponse(r.Encoded(), expect())
			if got := check(t, err); got != c.want {
				t.Fatalf("got %q (%v), want %q", got, err, c.want)
			}
			if err == nil && a.NameID.Value != "jane@example.com" {
				t.Errorf("got %q", a.NameID.Value)
			}
		})
	}
}
