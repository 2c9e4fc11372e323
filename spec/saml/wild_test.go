package saml_test

import (
	"strings"
	"testing"

	"cardea/spec/saml"
)

// elaborate are metadata as large products write them: several roles, a signature, extensions, names in languages, comments.
const elaborate = `<?xml version="1.0" encoding="utf-8"?>
<!-- generated -->
<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" ID="_1" entityID="https://adfs.example/adfs/services/trust"
  xmlns:ds="http://www.w3.org/2000/09/xmldsig#" xmlns:shibmd="urn:mace:shibboleth:metadata:1.0" xmlns:mdui="urn:oasis:names:tc:SAML:metadata:ui">
<ds:Signature><ds:SignedInfo/><ds:SignatureValue/></ds:Signature>
<RoleDescriptor xsi:type="fed:SecurityTokenServiceType" protocolSupportEnumeration="http://docs.oasis-open.org/wsfed/federation/200706"
  xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:fed="http://docs.oasis-open.org/wsfed/federation/200706">
<KeyDescriptor use="signing"><ds:KeyInfo><ds:X509Data><ds:X509Certificate>not read</ds:X509Certificate></ds:X509Data></ds:KeyInfo></KeyDescriptor>
</RoleDescriptor>
<SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
<KeyDescriptor use="signing"><ds:KeyInfo><ds:X509Data><ds:X509Certificate>not read</ds:X509Certificate></ds:X509Data></ds:KeyInfo></KeyDescriptor>
<AssertionConsumerService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://adfs.example/acs" index="0"/>
</SPSSODescriptor>
<IDPSSODescriptor protocolSupportEnumeration="urn:mace:shibboleth:1.0 urn:oasis:names:tc:SAML:2.0:protocol" WantAuthnRequestsSigned="1">
<Extensions><shibmd:Scope regexp="false">example</shibmd:Scope>
<mdui:UIInfo><mdui:DisplayName xml:lang="en">Example</mdui:DisplayName><mdui:Logo height="16" width="16">data:image/png;base64,AAAA</mdui:Logo></mdui:UIInfo></Extensions>
<KeyDescriptor use="encryption"><ds:KeyInfo><ds:X509Data><ds:X509Certificate>not read</ds:X509Certificate></ds:X509Data></ds:KeyInfo></KeyDescriptor>
<KeyDescriptor><ds:KeyInfo><ds:KeyName>one</ds:KeyName><ds:X509Data><ds:X509Certificate>
PAPER
</ds:X509Certificate></ds:X509Data></ds:KeyInfo></KeyDescriptor>
<ArtifactResolutionService Binding="urn:oasis:names:tc:SAML:2.0:bindings:SOAP" Location="https://adfs.example:8443/soap" index="1"/>
<SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://adfs.example/slo"/>
<NameIDFormat>urn:oasis:names:tc:SAML:2.0:nameid-format:transient</NameIDFormat>
<SingleSignOnService Binding="urn:mace:shibboleth:1.0:profiles:AuthnRequest" Location="https://adfs.example/old"/>
<SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://adfs.example/sso"/>
<SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://adfs.example/second"/>
</IDPSSODescriptor>
<Organization><OrganizationName xml:lang="en-US">Example</OrganizationName></Organization>
</EntityDescriptor>
`

func TestMetadataOfLargeProductsAreRead(t *testing.T) {
	t.Parallel()
	base := paper(idp.Certificate)
	lines := base[:64] + "\r\n            " + base[64:]
	p, err := saml.ParseMetadata([]byte("\uFEFF"+strings.Replace(elaborate, "PAPER", lines, 1)), now)
	if err != nil {
		t.Fatal(err)
	}
	if p.EntityID != "https://adfs.example/adfs/services/trust" || p.SSO != (saml.Endpoints{Redirect: "https://adfs.example/sso"}) ||
		p.SLO.Redirect != "https://adfs.example/slo" || !p.WantAuthnRequestsSigned || len(p.Certificates) != 1 || !p.Certificates[0].Equal(idp.Certificate) {
		t.Errorf("got %+v", p)
	}
}

// A response as other products write it: the assertion's namespace is the default, declared where it is used, with every prefix.
func TestResponsesWithDefaultNamespacesAreRead(t *testing.T) {
	t.Parallel()
	r := answer()
	r.EditAssertion = func(text string) string {
		text = strings.ReplaceAll(strings.ReplaceAll(text, "<saml:", "<"), "</saml:", "</")
		return replace(`xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"`, `xmlns="urn:oasis:names:tc:SAML:2.0:assertion"`)(text)
	}
	a, err := saml.ReadResponse(r.Encoded(), expect())
	if err != nil || a.NameID.Value != "jane@example.com" || len(a.Attributes) != 2 {
		t.Errorf("got %+v and %v", a, err)
	}
}
