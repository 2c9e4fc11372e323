package sdkgo

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/document"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

// The tests of this file make the calls of Terraform's resources in their order, and compare what they read with what was declared,
// as the next plan would.

// declared is a style as a configuration has it. Numbers, depths and empty objects are such as a comparison stumbles over.
const declared = `{
	"components": {
		"primaryButton": {"lightMode": {"defaults": {"backgroundColor": "0972d3ff", "textColor": "ffffffff"}}},
		"form": {"borderRadius": 8.0, "logo": {"enabled": false, "position": "TOP"}},
		"pageBackground": {"image": {"enabled": true}, "lightMode": {"color": "ffffffff"}}
	},
	"categories": {"form": {"instructions": {"enabled": false}, "languageSelector": {"enabled": true}}, "global": {"colorSchemeMode": "LIGHT"}},
	"componentClasses": {"buttons": {"borderRadius": 8}, "link": {"lightMode": {"defaults": {"textColor": "0972d3ff"}}}}
}`

// decoded is a document in JSON as it is compared.
func decoded(t *testing.T, text string) (v any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// style is aws_cognito_managed_login_branding.
type style struct {
	app
	id *string
}

// settings are those that a read finds: of the style alone, or merged with Cognito's own. It answers nil where there are none.
func (s style) settings(t *testing.T, merged bool) any {
	t.Helper()
	out, err := s.api.DescribeManagedLoginBranding(t.Context(), &idp.DescribeManagedLoginBrandingInput{
		UserPoolId: &s.pool, ManagedLoginBrandingId: s.id, ReturnMergedResources: merged,
	})
	if err != nil {
		t.Fatal(err)
	}
	if out.ManagedLoginBranding.Settings == nil {
		return nil
	}
	text, err := out.ManagedLoginBranding.Settings.MarshalSmithyDocument()
	if err != nil {
		t.Fatal(err)
	}
	return decoded(t, string(text))
}

// client finds the client of a style as the resource does: it asks for the style of each.
func (s style) client(t *testing.T) (found string) {
	t.Helper()
	clients, err := s.api.ListUserPoolClients(t.Context(), &idp.ListUserPoolClientsInput{UserPoolId: &s.pool})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range clients.UserPoolClients {
		out, err := s.api.DescribeManagedLoginBrandingByClient(t.Context(), &idp.DescribeManagedLoginBrandingByClientInput{UserPoolId: &s.pool, ClientId: c.ClientId})
		if _, none := errors.AsType[*types.ResourceNotFoundException](err); none {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if aws.ToString(out.ManagedLoginBranding.ManagedLoginBrandingId) == *s.id {
			found = *c.ClientId
		}
	}
	return found
}

func TestADeclaredStyleIsReadAsDeclared(t *testing.T) {
	a := newApp(t)
	if _, err := a.api.CreateUserPoolClient(t.Context(), &idp.CreateUserPoolClientInput{UserPoolId: &a.pool, ClientName: aws.String("without a style")}); err != nil {
		t.Fatal(err)
	}
	want := decoded(t, declared)
	logo := types.AssetType{
		Category: types.AssetCategoryTypeFormLogo, ColorMode: types.ColorSchemeModeTypeLight, Extension: types.AssetExtensionTypeSvg,
		Bytes: []byte(`<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0h1v1"/></svg>`),
	}
	made, err := a.api.CreateManagedLoginBranding(t.Context(), &idp.CreateManagedLoginBrandingInput{
		UserPoolId: &a.pool, ClientId: &a.client, Settings: document.NewLazyDocument(want), Assets: []types.AssetType{logo},
	})
	if err != nil {
		t.Fatal(err)
	}
	s := style{a, made.ManagedLoginBranding.ManagedLoginBrandingId}
	if got := s.settings(t, false); !reflect.DeepEqual(got, want) {
		t.Errorf("created: read %v, declared %v", got, want)
	}
	merged, ok := s.settings(t, true).(map[string]any)
	if !ok || len(merged) < len(want.(map[string]any)) {
		t.Errorf("merged: %v", merged)
	}
	if got := s.client(t); got != a.client {
		t.Errorf("the style is of client %q, want %q", got, a.client)
	}

	// A change of something else sends no settings; a change of the settings sends all of them.
	update := func(settings any) {
		t.Helper()
		in := &idp.UpdateManagedLoginBrandingInput{UserPoolId: &a.pool, ManagedLoginBrandingId: s.id, Assets: []types.AssetType{logo}}
		if settings != nil {
			in.Settings = document.NewLazyDocument(settings)
		}
		if _, err := a.api.UpdateManagedLoginBranding(t.Context(), in); err != nil {
			t.Fatal(err)
		}
	}
	update(nil)
	if got := s.settings(t, false); !reflect.DeepEqual(got, want) {
		t.Errorf("after an update without settings: %v", got)
	}
	changed := decoded(t, strings.Replace(declared, "LIGHT", "DARK", 1))
	update(changed)
	if got := s.settings(t, false); !reflect.DeepEqual(got, changed) {
		t.Errorf("changed: read %v, declared %v", got, changed)
	}
	out, err := a.api.DescribeManagedLoginBranding(t.Context(), &idp.DescribeManagedLoginBrandingInput{UserPoolId: &a.pool, ManagedLoginBrandingId: s.id})
	if err != nil || len(out.ManagedLoginBranding.Assets) != 1 || !bytes.Equal(out.ManagedLoginBranding.Assets[0].Bytes, logo.Bytes) {
		t.Errorf("assets: %+v, %v", out, err)
	}

	gone := &idp.DeleteManagedLoginBrandingInput{UserPoolId: &a.pool, ManagedLoginBrandingId: s.id}
	if _, err := a.api.DeleteManagedLoginBranding(t.Context(), gone); err != nil {
		t.Fatal(err)
	}
	_, err = a.api.DescribeManagedLoginBranding(t.Context(), &idp.DescribeManagedLoginBrandingInput{UserPoolId: &a.pool, ManagedLoginBrandingId: s.id})
	if _, none := errors.AsType[*types.ResourceNotFoundException](err); !none {
		t.Errorf("after deletion: %v", err)
	}
}

// A style of Cognito's own values has no settings but merged ones, or a plan would want to remove them.
func TestADeclaredStyleOfCognitosValuesHasNoSettings(t *testing.T) {
	a := newApp(t)
	made, err := a.api.CreateManagedLoginBranding(t.Context(), &idp.CreateManagedLoginBrandingInput{UserPoolId: &a.pool, ClientId: &a.client, UseCognitoProvidedValues: true})
	if err != nil || !made.ManagedLoginBranding.UseCognitoProvidedValues {
		t.Fatalf("%+v, %v", made, err)
	}
	s := style{a, made.ManagedLoginBranding.ManagedLoginBrandingId}
	if got := s.settings(t, false); got != nil {
		t.Errorf("read %v, declared none", got)
	}
	if s.settings(t, true) == nil {
		t.Error("merged: none")
	}
}

func TestADeclaredCustomizationIsReadAsDeclared(t *testing.T) {
	a := newApp(t)
	name := "declared-" + strings.ToLower(strings.SplitN(a.pool, "_", 2)[1])
	if _, err := a.api.CreateUserPoolDomain(t.Context(), &idp.CreateUserPoolDomainInput{Domain: &name, UserPoolId: &a.pool}); err != nil {
		t.Fatal(err)
	}
	for _, client := range []string{"ALL", a.client} {
		read := func() *types.UICustomizationType {
			t.Helper()
			out, err := a.api.GetUICustomization(t.Context(), &idp.GetUICustomizationInput{UserPoolId: &a.pool, ClientId: &client})
			if err != nil {
				t.Fatal(err)
			}
			return out.UICustomization
		}
		for _, css := range []string{".label-customizable {font-weight: 400;}", ".label-customizable {font-weight: 700;}"} {
			if _, err := a.api.SetUICustomization(t.Context(), &idp.SetUICustomizationInput{UserPoolId: &a.pool, ClientId: &client, CSS: &css}); err != nil {
				t.Fatal(err)
			}
			got := read()
			if aws.ToString(got.CSS) != css || aws.ToString(got.ClientId) != client || aws.ToString(got.UserPoolId) != a.pool ||
				got.CreationDate == nil || got.LastModifiedDate == nil || aws.ToString(got.CSSVersion) == "" {
				t.Errorf("%s: read %+v, declared %s", client, got, css)
			}
		}
		if _, err := a.api.SetUICustomization(t.Context(), &idp.SetUICustomizationInput{UserPoolId: &a.pool, ClientId: &client}); err != nil {
			t.Fatal(err)
		}
		if got := read(); !reflect.ValueOf(*got).IsZero() {
			t.Errorf("%s: after deletion %+v, where nothing is what tells the resource that it is gone", client, got)
		}
	}
}
