package saml

import (
	"bytes"
	"strings"

	"github.com/beevik/etree"
	validator "github.com/mattermost/xml-roundtrip-validator"
)

// Namespaces.
const (
	protocolNS   = "urn:oasis:names:tc:SAML:2.0:protocol"
	assertionNS  = "urn:oasis:names:tc:SAML:2.0:assertion"
	metadataNS   = "urn:oasis:names:tc:SAML:2.0:metadata"
	signatureNS  = "http://www.w3.org/2000/09/xmldsig#"
	encryptionNS = "http://www.w3.org/2001/04/xmlenc#"
	xmlNS        = "http://www.w3.org/XML/1998/namespace"
)

// Bounds of a document.
const (
	maxMessage    = 192 << 10 // bytes of XML in a message
	maxLogout     = 64 << 10  // bytes of XML in a message about a logout, which anybody may have read
	maxMetadata   = 1 << 20
	maxDepth      = 32
	maxElements   = 5_000
	maxFew        = 1_000 // elements of a message about a logout
	maxAttributes = 64    // of one element
	maxPrefixes   = 32    // in scope at once
)

// grammar is what is allowed in a document.
type grammar struct {
	bytes    int
	elements int
	comments bool // are dropped, instead of refused
}

var (
	messageXML  = grammar{bytes: maxMessage, elements: maxElements}
	logoutXML   = grammar{bytes: maxLogout, elements: maxFew}
	metadataXML = grammar{bytes: maxMetadata, elements: maxElements, comments: true}
)

// parse reads a document that every XML parser reads alike: it survives encoding/xml unchanged, has no DTD, no processing
// instructions, no attribute twice and no prefix without a namespace, and it is neither large nor deep.
func parse(text []byte, g grammar) (*etree.Element, error) {
	if len(text) > g.bytes {
		return nil, fail(CheckXML, "the document has more than %d bytes", g.bytes)
	}
	if g.comments {
		text = bytes.TrimPrefix(text, []byte("\uFEFF"))
	}
	if bytes.Count(text, []byte("<")) > 2*g.elements+16 { // tags, comments and declarations: each of them costs
		return nil, fail(CheckXML, "the document has more than %d elements", g.elements)
	}
	if err := validator.Validate(bytes.NewReader(text)); err != nil {
		return nil, fail(CheckXML, "the document does not survive being parsed and written: %.300s", err)
	}
	doc := etree.NewDocument()
	doc.ReadSettings = etree.ReadSettings{PreserveDuplicateAttrs: true, MaxDepth: maxDepth}
	if err := doc.ReadFromBytes(text); err != nil {
		return nil, fail(CheckXML, "the document is not well-formed: %.300s", err)
	}
	root, err := onlyRoot(doc, g)
	if err != nil {
		return nil, err
	}
	s := scan{grammar: g}
	if err := s.element(root, map[string]bool{"": true, "xml": true}); err != nil {
		return nil, err
	}
	return root, nil
}

// onlyRoot gives the one element of a document that has nothing else but an XML declaration and white space.
func onlyRoot(doc *etree.Document, g grammar) (*etree.Element, error) {
	var root *etree.Element
	for i, token := range doc.Child {
		switch t := token.(type) {
		case *etree.Element:
			if root != nil {
				return nil, fail(CheckXML, "the document has more than one root")
			}
			root = t
		case *etree.ProcInst:
			if i != 0 || t.Target != "xml" || !plainDeclaration(t.Inst) {
				return nil, fail(CheckXML, "the document has a processing instruction")
			}
		case *etree.CharData:
			if strings.TrimSpace(t.Data) != "" {
				return nil, fail(CheckXML, "the document has text outside its root")
			}
		case *etree.Comment:
			if !g.comments {
				return nil, fail(CheckXML, "the document has a comment")
			}
		default:
			return nil, fail(CheckXML, "the document has a DTD")
		}
	}
	if root == nil {
		return nil, fail(CheckXML, "the document is empty")
	}
	return root, nil
}

// plainDeclaration reports whether an XML declaration is that of XML 1.0 in UTF-8.
func plainDeclaration(inst string) bool {
	inst = strings.ReplaceAll(strings.ToLower(inst), "'", `"`)
	version, encoding := strings.Contains(inst, `version="1.0"`), strings.Contains(inst, "encoding")
	return version && (!encoding || strings.Contains(inst, `encoding="utf-8"`) || strings.Contains(inst, `encoding="us-ascii"`))
}

// scan walks through a parsed document.
type scan struct {
	grammar
	seen int // elements
}

// element checks an element and what is in it, and drops comments where they are allowed. Declared are the prefixes around it.
func (s *scan) element(e *etree.Element, declared map[string]bool) error {
	if s.seen++; s.seen > s.elements {
		return fail(CheckXML, "the document has more than %d elements", s.elements)
	}
	declared, err := s.attributes(e, declared)
	if err != nil {
		return err
	}
	if !declared[e.Space] || e.Space == "xml" || strings.Contains(e.Tag, ":") {
		return fail(CheckXML, "the element %q has no proper name", e.FullTag())
	}
	for i := 0; i < len(e.Child); i++ {
		switch child := e.Child[i].(type) {
		case *etree.Element:
			if err := s.element(child, declared); err != nil {
				return err
			}
		case *etree.CharData:
		case *etree.Comment:
			if !s.comments {
				return fail(CheckXML, "there is a comment in %s", e.FullTag())
			}
			e.RemoveChildAt(i)
			i--
		default:
			return fail(CheckXML, "there is a processing instruction or declaration in %s", e.FullTag())
		}
	}
	return nil
}

// attributes checks those of an element and gives the prefixes that are declared in it.
func (s *scan) attributes(e *etree.Element, declared map[string]bool) (map[string]bool, error) {
	if len(e.Attr) > maxAttributes {
		return nil, fail(CheckXML, "%s has more than %d attributes", e.FullTag(), maxAttributes)
	}
	seen := make(map[string]bool, len(e.Attr))
	copied := false
	for _, a := range e.Attr {
		if seen[a.FullKey()] || strings.Contains(a.Key, ":") {
			return nil, fail(CheckXML, "%s has the attribute %q twice, or in no proper form", e.FullTag(), a.FullKey())
		}
		seen[a.FullKey()] = true
		if !declaration(a) {
			continue
		}
		if len(declared) > maxPrefixes || !soundDeclaration(a) {
			return nil, fail(CheckXML, "%s declares a namespace that may not be declared, or there are too many", e.FullTag())
		}
		if a.Space == "xmlns" && !declared[a.Key] {
			if !copied {
				declared, copied = clone(declared), true
			}
			declared[a.Key] = true
		}
	}
	for _, a := range e.Attr {
		if a.Space != "" && a.Space != "xmlns" && !declared[a.Space] {
			return nil, fail(CheckXML, "the prefix of the attribute %q is not declared", a.FullKey())
		}
	}
	return declared, nil
}

func clone(set map[string]bool) map[string]bool {
	all := make(map[string]bool, len(set)+1)
	for key := range set {
		all[key] = true
	}
	return all
}

// declaration reports whether an attribute declares a namespace.
func declaration(a etree.Attr) bool {
	return a.Space == "xmlns" || a.Space == "" && a.Key == "xmlns"
}

// soundDeclaration refuses to bind what is reserved, and prefixes to nothing.
func soundDeclaration(a etree.Attr) bool {
	if a.Space == "" {
		return a.Value != xmlNS && !strings.HasSuffix(a.Value, "/xmlns/")
	}
	return a.Key != "xml" && a.Key != "xmlns" && a.Value != "" && a.Value != xmlNS && !strings.HasSuffix(a.Value, "/xmlns/")
}
