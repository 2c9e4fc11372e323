package brand

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

func TestSettingsAreKnownPropertiesOfTheirKind(t *testing.T) {
	t.Parallel()
	for document, want := range map[string]string{
		`{}`:             "",
		string(defaults): "",
		`{"components":{"form":{"borderRadius":8.0,"lightMode":{"backgroundColor":"FFFFFF80"}}}}`:                                                   "",
		`{"components":{"idpButton":{"custom":{"MyProvider":{"lightMode":{"hover":{"textColor":"00000000"}}}}}}}`:                                   "",
		`{"categories":{"auth":{"authMethodOrder":[[{"display":"INPUT","type":"USERNAME_PASSWORD"}]],"federation":{"order":["Google","my idp"]}}}}`: "",
		`{"categories":{"global":{"colorSchemeMode":"DARK"}}}`:                                                                                      "",

		`[]`:             "the document is not an object",
		`{"unknown":{}}`: "there is no setting unknown",
		`{"components":{"form":{"backgroundColor":"ffffffff"}}}`:               "there is no setting components.form.backgroundColor",
		`{"components":{"idpButton":{"custom":{"P":{"lightMode":{"x":1}}}}}}`:  "there is no setting components.idpButton.custom.P.lightMode.x",
		`{"components":{"form":{"borderRadius":"8px"}}}`:                       "components.form.borderRadius is not a number from 0 to 1000",
		`{"components":{"form":{"borderRadius":-1}}}`:                          "components.form.borderRadius is not a number from 0 to 1000",
		`{"components":{"form":{"borderRadius":1e300}}}`:                       "components.form.borderRadius is not a number from 0 to 1000",
		`{"components":{"pageBackground":{"lightMode":{"color":"#ffffff"}}}}`:  "components.pageBackground.lightMode.color is not a colour: red, green, blue and opacity in eight hexadecimal digits",
		`{"components":{"pageBackground":{"lightMode":{"color":"red;}x{}"}}}}`: "components.pageBackground.lightMode.color is not a colour: red, green, blue and opacity in eight hexadecimal digits",
		`{"components":{"pageBackground":{"lightMode":{"color":null}}}}`:       "components.pageBackground.lightMode.color is not a colour: red, green, blue and opacity in eight hexadecimal digits",
		`{"components":{"pageBackground":{"image":{"enabled":"yes"}}}}`:        "components.pageBackground.image.enabled is not true or false",
		`{"categories":{"global":{"colorSchemeMode":"BLUE"}}}`:                 "categories.global.colorSchemeMode is not one of LIGHT, DARK, DYNAMIC",
		`{"categories":{"auth":{"federation":{"order":[1]}}}}`:                 "categories.auth.federation.order is not a list of providers' names",
		`{"categories":{"auth":{"authMethodOrder":[[{"display":"LINK"}]]}}}`:   "categories.auth.authMethodOrder.display is not one of BUTTON, INPUT",
		`{"categories":{"auth":{"authMethodOrder":[[{"type":"<script>"}]]}}}`:  "categories.auth.authMethodOrder.type is not a word",
		`{"components":{"favicon":{"enabledTypes":["GIF"]}}}`:                  "components.favicon.enabledTypes is not one of ICO, SVG",
		`{"components":{"favicon":{"enabledTypes":"ICO"}}}`:                    "components.favicon.enabledTypes is not a list",
	} {
		got := ""
		if err := Check([]byte(document)); err != nil {
			if _, ok := errors.AsType[*SettingsError](err); !ok {
				t.Errorf("%.100s: %T", document, err)
			}
			got = err.Error()
		}
		if got != want {
			t.Errorf("%.150s:\n got %q\nwant %q", document, got, want)
		}
	}
}

func TestMergedSettingsAreComplete(t *testing.T) {
	t.Parallel()
	text, err := Merged([]byte(`{"components":{"form":{"borderRadius":3},"favicon":{"enabledTypes":["ICO"]}}}`))
	if err != nil {
		t.Fatal(err)
	}
	if err := Check(text); err != nil {
		t.Error(err)
	}
	var got map[string]map[string]map[string]any
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	form := got["components"]["form"]
	if form["borderRadius"] != 3.0 || form["lightMode"] == nil || got["categories"]["global"]["spacingDensity"] != "REGULAR" {
		t.Errorf("merged: %s", text)
	}
	if types, _ := got["components"]["favicon"]["enabledTypes"].([]any); len(types) != 1 {
		t.Errorf("a list that was given: %v", types)
	}
	if text, err = Merged(nil); err != nil || !strings.Contains(string(text), `"colorSchemeMode"`) {
		t.Errorf("the defaults: %.100s, %v", text, err)
	}
}

func FuzzCheck(f *testing.F) {
	f.Add(string(defaults))
	f.Add(`{"components":{"idpButton":{"custom":{"P":{"lightMode":{"hover":{"textColor":"00000000"}}}}}}}`)
	f.Fuzz(func(t *testing.T, document string) {
		if Check([]byte(document)) != nil {
			return
		}
		merged, err := Merged([]byte(document))
		if err != nil {
			t.Fatalf("%q: %v", document, err)
		}
		if err := Check(merged); err != nil {
			t.Fatalf("%q, merged: %v", document, err)
		}
	})
}
