package federated

import (
	"context"
	"errors"
	"net/url"
	"strings"

	"cardea/platform/db"
	"cardea/record/trustprovider"
	"cardea/spec/saml"
)

// What identity providers know AWS as (docs/cognito/credentials.md, "Logins").
const (
	samlAudience  = "urn:amazon:webservices"
	samlRecipient = "https://signin.aws.amazon.com/saml"
)

// Attributes of assertions that are about roles, and the names that the default tags of a session come from.
const samlAttributes = "https://aws.amazon.com/SAML/Attributes/"

// samlProvider is a SAML provider of IAM with its metadata read.
type samlProvider struct {
	*trustprovider.Provider
	metadata *saml.Provider // nil: they cannot be read, or hold no more
}

// VerifySAML verifies a SAML response of a provider of IAM, which is named by its ARN. An assertion may be shown more than once while
// it holds: first for an identity, then for credentials. It answers ErrNoProvider and ErrAssertion.
func (v *Verifier) VerifySAML(ctx context.Context, arn, response string) (*Token, error) {
	v.caches()
	p, err := v.saml.Get(ctx, arn, func(tx *db.Tx) (*samlProvider, error) { return readSAML(tx, arn) })
	if err != nil {
		return nil, err
	}
	if p == nil {
		return nil, ErrNoProvider
	}
	if p.metadata == nil || len(response) > maxToken*2 {
		return nil, ErrAssertion
	}
	key := keyOf(arn, response)
	if known := v.verified.get(key, v.DB.Now()); known != nil {
		return known, nil
	}
	a, err := saml.ReadResponse(response, saml.Expect{
		ServiceProvider: samlAudience, ACS: samlRecipient, Audiences: v.samlAddresses(), Addresses: v.samlAddresses(),
		Issuer: p.metadata.EntityID, Certificates: p.metadata.Certificates, Now: v.DB.Now(), Skew: Skew,
	})
	if err != nil {
		return nil, ErrAssertion // whose reasons are for who runs the provider
	}
	made := tokenOf(arn, a)
	if !names(a.NameID.Value) || !names(made.Subject) || made.Expires <= v.DB.Now().Unix() {
		return nil, ErrAssertion
	}
	v.verified.put(key, made, v.DB.Now(), len(response))
	return made, nil
}

// verifySAML is VerifySAML for a provider that an identity pool names: ErrUnsupported if IAM does not have it any more.
func (v *Verifier) verifySAML(ctx context.Context, arn, response string) (*Token, error) {
	t, err := v.VerifySAML(ctx, arn, response)
	if errors.Is(err, ErrNoProvider) {
		return nil, ErrUnsupported
	}
	return t, err
}

// samlAddresses are the addresses that an assertion may be meant for, besides the one that identity providers have for AWS: those
// of the sign-in endpoints of a Region, and this server's own.
func (v *Verifier) samlAddresses() []string {
	return []string{samlRecipient, "https://" + v.Region + ".signin.aws.amazon.com/saml", v.Names.PublicURL + "/saml"}
}

func readSAML(tx *db.Tx, arn string) (*samlProvider, error) {
	p, err := trustprovider.Get(tx, arn)
	if isNotFound(err) || err == nil && p.Kind != trustprovider.SAML {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	metadata, err := saml.ParseMetadata([]byte(p.Doc.Metadata), tx.Now)
	if err != nil {
		metadata = nil // they were right when they came, and have expired
	}
	return &samlProvider{p, metadata}, nil
}

// tokenOf is a verified assertion as a login. Subjects of other formats and qualifiers are other users.
func tokenOf(arn string, a *saml.Assertion) *Token {
	id := a.NameID
	claims := make(map[string][]string, len(a.Attributes)+2)
	for name, list := range a.Attributes {
		claims[name] = list
	}
	claims["sub"], claims["aud"] = []string{id.Value}, []string{a.Issuer}
	t := &Token{
		Provider: arn, ARN: arn, Audience: a.Issuer, Claims: claims, Expires: a.NotOnOrAfter.Unix(),
		Subject: strings.Join([]string{url.QueryEscape(id.Format), url.QueryEscape(id.NameQualifier), id.Value}, ","),
		Assertion: &Assertion{
			ID: a.ID, SessionEnds: a.SessionNotOnOrAfter, Issuer: a.Issuer, Recipient: samlRecipient, NameID: id.Value, Format: id.Format, Qualifier: id.NameQualifier,
		},
	}
	t.Detail = arn + ":SAML:" + id.Value
	for _, pair := range a.Attributes[samlAttributes+"Role"] {
		first, second, _ := strings.Cut(strings.ReplaceAll(pair, " ", ""), ",")
		switch arn {
		case second:
			t.Roles = append(t.Roles, first)
		case first:
			t.Roles = append(t.Roles, second)
		}
	}
	return t
}
