package sdkgo

import (
	"encoding/base64"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/document"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

// TestDomainIsAppliedWithoutDrift makes the calls of a declarative tool: create, wait until it is active, read back what was
// asked for, change in place, delete, and find it gone.
func TestDomainIsAppliedWithoutDrift(t *testing.T) {
	a := newApp(t)
	name := "shop-" + strings.ToLower(strings.SplitN(a.pool, "_", 2)[1])
	_, err := a.api.CreateUserPoolDomain(t.Context(), &idp.CreateUserPoolDomainInput{Domain: &name, UserPoolId: &a.pool})
	if err != nil {
		t.Fatal(err)
	}
	read := func() *types.DomainDescriptionType {
		t.Helper()
		out, err := a.api.DescribeUserPoolDomain(t.Context(), &idp.DescribeUserPoolDomainInput{Domain: &name})
		if err != nil {
			t.Fatal(err)
		}
		return out.DomainDescription
	}
	got := read()
	if got.Status != types.DomainStatusTypeActive || aws.ToString(got.UserPoolId) != a.pool || aws.ToString(got.Domain) != name ||
		aws.ToInt32(got.ManagedLoginVersion) != 1 || aws.ToString(got.CloudFrontDistribution) == "" || aws.ToString(got.Version) == "" || got.CustomDomainConfig != nil {
		t.Errorf("read: %+v", got)
	}
	_, err = a.api.UpdateUserPoolDomain(t.Context(), &idp.UpdateUserPoolDomainInput{Domain: &name, UserPoolId: &a.pool, ManagedLoginVersion: aws.Int32(2)})
	if err != nil {
		t.Fatal(err)
	}
	if got := aws.ToInt32(read().ManagedLoginVersion); got != 2 {
		t.Errorf("changed to version 2: %d", got)
	}
	pool, err := a.api.DescribeUserPool(t.Context(), &idp.DescribeUserPoolInput{UserPoolId: &a.pool})
	if err != nil || aws.ToString(pool.UserPool.Domain) != name {
		t.Errorf("the pool: %v, %v", pool, err)
	}

	gone := &idp.DeleteUserPoolDomainInput{Domain: &name, UserPoolId: &a.pool}
	if _, err := a.api.DeleteUserPoolDomain(t.Context(), gone); err != nil {
		t.Fatal(err)
	}
	if got := read(); got.Status != "" {
		t.Errorf("after deletion: %+v", got)
	}
	_, err = a.api.DeleteUserPoolDomain(t.Context(), gone)
	if invalid, ok := errors.AsType[*types.InvalidParameterException](err); !ok || !strings.Contains(invalid.ErrorMessage(), "No such domain") {
		t.Errorf("deleted twice: %v", err)
	}
}

func TestCustomizationIsAppliedWithoutDrift(t *testing.T) {
	a := newApp(t)
	name := "shop-" + strings.ToLower(strings.SplitN(a.pool, "_", 2)[1])
	if _, err := a.api.CreateUserPoolDomain(t.Context(), &idp.CreateUserPoolDomainInput{Domain: &name, UserPoolId: &a.pool}); err != nil {
		t.Fatal(err)
	}
	const css = ".label-customizable { font-weight: 400; }"
	logo, err := base64.StdEncoding.DecodeString("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
	if err != nil {
		t.Fatal(err)
	}
	_, err = a.api.SetUICustomization(t.Context(), &idp.SetUICustomizationInput{UserPoolId: &a.pool, ClientId: &a.client, CSS: aws.String(css), ImageFile: logo})
	if err != nil {
		t.Fatal(err)
	}
	read := func() *types.UICustomizationType {
		t.Helper()
		out, err := a.api.GetUICustomization(t.Context(), &idp.GetUICustomizationInput{UserPoolId: &a.pool, ClientId: &a.client})
		if err != nil {
			t.Fatal(err)
		}
		return out.UICustomization
	}
	got := read()
	if aws.ToString(got.CSS) != css || aws.ToString(got.ClientId) != a.client || aws.ToString(got.CSSVersion) == "" {
		t.Errorf("read: %+v", got)
	}
	answer, err := http.Get(aws.ToString(got.ImageUrl))
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	if answer.StatusCode != http.StatusOK || answer.Header.Get("Content-Type") != "image/png" {
		t.Errorf("the logo at %s: %s", aws.ToString(got.ImageUrl), answer.Status)
	}
	if _, err := a.api.SetUICustomization(t.Context(), &idp.SetUICustomizationInput{UserPoolId: &a.pool, ClientId: &a.client}); err != nil {
		t.Fatal(err)
	}
	if got := read(); got.CSS != nil || got.ImageUrl != nil || got.LastModifiedDate != nil {
		t.Errorf("after deletion: %+v", got)
	}
}

func TestStyleIsAppliedWithoutDrift(t *testing.T) {
	a := newApp(t)
	type form struct {
		BorderRadius float64 `document:"borderRadius"`
	}
	type components struct {
		Form form `document:"form"`
	}
	type settings struct {
		Components components `document:"components"`
	}
	asset := types.AssetType{
		Category: types.AssetCategoryTypeFormLogo, ColorMode: types.ColorSchemeModeTypeDark, Extension: types.AssetExtensionTypeSvg,
		Bytes: []byte(`<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0h1v1"/></svg>`),
	}
	made, err := a.api.CreateManagedLoginBranding(t.Context(), &idp.CreateManagedLoginBrandingInput{
		UserPoolId: &a.pool, ClientId: &a.client, Settings: document.NewLazyDocument(settings{components{form{8}}}), Assets: []types.AssetType{asset},
	})
	if err != nil {
		t.Fatal(err)
	}
	out, err := a.api.DescribeManagedLoginBranding(t.Context(), &idp.DescribeManagedLoginBrandingInput{
		UserPoolId: &a.pool, ManagedLoginBrandingId: made.ManagedLoginBranding.ManagedLoginBrandingId,
	})
	if err != nil {
		t.Fatal(err)
	}
	var got settings
	if err := out.ManagedLoginBranding.Settings.UnmarshalSmithyDocument(&got); err != nil || got.Components.Form.BorderRadius != 8 {
		t.Errorf("settings: %+v, %v", got, err)
	}
	if assets := out.ManagedLoginBranding.Assets; len(assets) != 1 || string(assets[0].Bytes) != string(asset.Bytes) {
		t.Errorf("assets: %+v", assets)
	}
	_, err = a.api.CreateManagedLoginBranding(t.Context(), &idp.CreateManagedLoginBrandingInput{UserPoolId: &a.pool, ClientId: &a.client, UseCognitoProvidedValues: true})
	if _, ok := errors.AsType[*types.ManagedLoginBrandingExistsException](err); !ok {
		t.Errorf("a second style: %v", err)
	}
	_, err = a.api.DeleteManagedLoginBranding(t.Context(), &idp.DeleteManagedLoginBrandingInput{
		UserPoolId: &a.pool, ManagedLoginBrandingId: made.ManagedLoginBranding.ManagedLoginBrandingId,
	})
	if err != nil {
		t.Fatal(err)
	}

	terms, err := a.api.CreateTerms(t.Context(), &idp.CreateTermsInput{
		UserPoolId: &a.pool, ClientId: &a.client, TermsName: aws.String("terms-of-use"), TermsSource: types.TermsSourceTypeLink,
		Enforcement: types.TermsEnforcementTypeNone, Links: map[string]string{"cognito:default": "https://shop.example/terms"},
	})
	if err != nil {
		t.Fatal(err)
	}
	read, err := a.api.DescribeTerms(t.Context(), &idp.DescribeTermsInput{UserPoolId: &a.pool, TermsId: terms.Terms.TermsId})
	if err != nil || read.Terms.Links["cognito:default"] != "https://shop.example/terms" {
		t.Errorf("terms: %+v, %v", read, err)
	}
}
