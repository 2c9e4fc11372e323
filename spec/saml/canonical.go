package saml

import (
	"strings"

	"github.com/beevik/etree"
	dsig "github.com/russellhaering/goxmldsig"
)

// exclusive is the only canonicalization that is used (Exclusive XML Canonicalization 1.0, without comments).
const exclusive = "http://www.w3.org/2001/10/xml-exc-c14n#"

// canonical is the canonical form of an element. Without is left out of it; inclusive are the prefixes of InclusiveNamespaces.
func canonical(e, without *etree.Element, inclusive string) ([]byte, error) {
	alone := detach(e)
	if without != nil && without.Parent() == e {
		alone.RemoveChildAt(without.Index())
	}
	form, err := dsig.MakeC14N10ExclusiveCanonicalizerWithPrefixList(inclusive).Canonicalize(alone)
	if err != nil {
		return nil, fail(CheckXML, "canonical form of %s: %v", e.Tag, err)
	}
	return form, nil
}

// detach copies an element and declares in the copy all prefixes that are in scope.
func detach(e *etree.Element) *etree.Element {
	alone := e.Copy()
	seen := map[string]bool{}
	for _, a := range alone.Attr {
		seen[a.FullKey()] = true
	}
	for up := e.Parent(); up != nil; up = up.Parent() {
		for _, a := range up.Attr {
			if declaration(a) && !seen[a.FullKey()] {
				seen[a.FullKey()] = true
				alone.Attr = append(alone.Attr, etree.Attr{Space: a.Space, Key: a.Key, Value: a.Value})
			}
		}
	}
	return alone
}

// inclusivePrefixes reads the PrefixList of a canonicalization method or transform, which may have nothing else in it.
func inclusivePrefixes(method *etree.Element) (string, error) {
	inside := method.ChildElements()
	if len(inside) == 0 {
		return "", nil
	}
	if len(inside) > 1 || !is(inside[0], exclusive, "InclusiveNamespaces") || len(inside[0].ChildElements()) > 0 {
		return "", fail(CheckAlgorithm, "a canonicalization has parameters that are not known")
	}
	prefixes := strings.Fields(value(inside[0], "PrefixList"))
	for i, prefix := range prefixes {
		if prefix == "#default" {
			return "", fail(CheckAlgorithm, "the canonicalization includes the default namespace")
		}
		prefixes[i] = prefix
	}
	return strings.Join(prefixes, " "), nil
}
