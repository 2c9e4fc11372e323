package awsjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A small service: enough to hold each kind of shape and constraint.
var (
	plainString = Shape{Name: "StringType", Kind: String}
	shortName   = Shape{Name: "NameType", Kind: String, Limits: HasMin | HasMax, Min: 1, Max: 5, Pattern: &Pattern{Source: `[\w]+`, RE2: `\A(?:[\w]+)\z`, Class: true}}
	password    = Shape{Name: "PasswordType", Kind: String, Limits: HasMin, Min: 6, Sensitive: true}
	clientID    = Shape{Name: "ClientIdType", Kind: String, Limits: HasMax, Max: 4, Sensitive: true}
	flow        = Shape{Name: "FlowType", Kind: String, Enum: []string{"implicit", "client_credentials", "code"}}
	flows       = Shape{Name: "FlowsType", Kind: List, Limits: HasMax, Max: 3, Element: &flow}
	names       = Shape{Name: "NamesType", Kind: List, Element: &shortName}
	number      = Shape{Name: "NumberType", Kind: Integer, Limits: HasMin | HasMax, Min: 0, Max: 60}
	boolean     = Shape{Name: "BooleanType", Kind: Boolean}
	moment      = Shape{Name: "DateType", Kind: Timestamp}
	blob        = Shape{Name: "BlobType", Kind: Blob, Limits: HasMax, Max: 4}
	document    = Shape{Name: "Document", Kind: Document}
	tags        = Shape{Name: "TagsType", Kind: Map, Key: &shortName, Element: &shortName}
	secrets     = Shape{Name: "SecretsType", Kind: Map, Key: &plainString, Element: &shortName, Sensitive: true}
	attribute   = Shape{Name: "AttributeType", Kind: Structure, Members: []Member{
		{Name: "Name", Path: "name", Shape: &shortName, Required: true},
		{Name: "Value", Path: "value", Shape: &plainString},
	}}
	schema  = Shape{Name: "SchemaType", Kind: List, Element: &attribute}
	byName  = Shape{Name: "ByNameType", Kind: Map, Key: &plainString, Element: &attribute}
	request = Shape{Name: "Request", Kind: Structure, Members: []Member{
		{Name: "ClientId", Path: "clientId", Shape: &clientID},
		{Name: "Password", Path: "password", Shape: &password},
		{Name: "Flows", Path: "flows", Shape: &flows},
		{Name: "Names", Path: "names", Shape: &names},
		{Name: "Number", Path: "number", Shape: &number},
		{Name: "Box", Path: "box", Shape: &number},
		{Name: "Flag", Path: "flag", Shape: &boolean},
		{Name: "Yes", Path: "yes", Shape: &boolean},
		{Name: "At", Path: "at", Shape: &moment},
		{Name: "Blob", Path: "blob", Shape: &blob},
		{Name: "Doc", Path: "doc", Shape: &document},
		{Name: "Tags", Path: "tags", Shape: &tags},
		{Name: "Secrets", Path: "secrets", Shape: &secrets},
		{Name: "Attribute", Path: "attribute", Shape: &attribute},
		{Name: "Schema", Path: "schema", Shape: &schema},
		{Name: "ByName", Path: "byName", Shape: &byName},
	}}
)

type attributeType struct {
	Name  string `json:"Name,omitzero"`
	Value string `json:"Value,omitzero"`
}

type requestType struct {
	ClientID  string                   `json:"ClientId,omitzero"`
	Password  string                   `json:"Password,omitzero"`
	Flows     []string                 `json:"Flows,omitzero"`
	Names     []string                 `json:"Names,omitzero"`
	Number    int64                    `json:"Number"`
	Box       *int64                   `json:"Box,omitzero"`
	Flag      bool                     `json:"Flag"`
	Yes       *bool                    `json:"Yes,omitzero"`
	At        *Time                    `json:"At,omitzero"`
	Blob      []byte                   `json:"Blob,omitzero"`
	Doc       json.RawMessage          `json:"Doc,omitzero"`
	Tags      map[string]string        `json:"Tags,omitzero"`
	Secrets   map[string]string        `json:"Secrets,omitzero"`
	Attribute *attributeType           `json:"Attribute,omitzero"`
	Schema    []attributeType          `json:"Schema,omitzero"`
	ByName    map[string]attributeType `json:"ByName,omitzero"`
}

// read parses, binds and validates body.
func read(t *testing.T, body string) (requestType, error) {
	t.Helper()
	n, err := Parse([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	var into requestType
	err = Read(&request, &n, &into)
	return into, err
}

func TestValidateWordsViolationsAsAWSDoes(t *testing.T) {
	t.Parallel()
	const one = "1 validation error detected: "
	for body, want := range map[string]string{
		`{"Number":61}`:        one + `Value '61' at 'number' failed to satisfy constraint: Member must have value less than or equal to 60`,
		`{"Number":-1}`:        one + `Value '-1' at 'number' failed to satisfy constraint: Member must have value greater than or equal to 0`,
		`{"Attribute":{}}`:     one + `Value null at 'attribute.name' failed to satisfy constraint: Member must not be null`,
		`{"Password":"abc"}`:   one + `Value at 'password' failed to satisfy constraint: Member must have length greater than or equal to 6`,
		`{"ClientId":"abcde"}`: one + `Value at 'clientId' failed to satisfy constraint: Member must have length less than or equal to 4`,
		`{"Schema":[{"Name":"abcdef"}]}`: one + `Value 'abcdef' at 'schema.1.member.name' failed to satisfy constraint: ` +
			`Member must have length less than or equal to 5`,
		`{"Schema":[{"Name":"a"},{"Name":null}]}`: one + `Value null at 'schema.2.member.name' failed to satisfy constraint: Member must not be null`,
		`{"Schema":[null]}`:                       one + `Value null at 'schema.1.member' failed to satisfy constraint: Member must not be null`,
		`{"ByName":{"k":{"Name":"abcdef"}}}`: one + `Value 'abcdef' at 'byName.k.member.name' failed to satisfy constraint: ` +
			`Member must have length less than or equal to 5`,
		`{"Flows":["code","token"]}`: one + `Value '[code, token]' at 'flows' failed to satisfy constraint: ` +
			`Member must satisfy constraint: [Member must satisfy enum value set: [implicit, client_credentials, code]]`,
		`{"Flows":["code","code","code","code"]}`: one + `Value '[code, code, code, code]' at 'flows' failed to satisfy constraint: ` +
			`Member must have length less than or equal to 3`,
		`{"Names":[""]}`: one + `Value '[]' at 'names' failed to satisfy constraint: Member must satisfy constraint: ` +
			`[Member must have length less than or equal to 5, Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: [\w]+]`,
		`{"Tags":{"a":"b!"}}`: one + `Value '{a=b!}' at 'tags' failed to satisfy constraint: Map value must satisfy constraint: ` +
			`[Member must have length less than or equal to 5, Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: [\w]+]`,
		`{"Tags":{"":"b"}}`: one + `Value '{=b}' at 'tags' failed to satisfy constraint: Map keys must satisfy constraint: ` +
			`[Member must have length less than or equal to 5, Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: [\w]+]`,
		`{"Secrets":{"a":"b!"}}`: one + `Value at 'secrets' failed to satisfy constraint: Map value must satisfy constraint: ` +
			`[Member must have length less than or equal to 5, Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: [\w]+]`,
		`{"Blob":"AAAAAAA="}`: one + `Value at 'blob' failed to satisfy constraint: Member must have length less than or equal to 4`,
		`{"Attribute":{"Name":""}}`: `2 validation errors detected: ` +
			`Value '' at 'attribute.name' failed to satisfy constraint: Member must have length greater than or equal to 1; ` +
			`Value '' at 'attribute.name' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w]+`,
	} {
		_, err := read(t, body)
		if !errors.Is(err, ErrConstraint) {
			t.Errorf("%s: got %v, want ErrConstraint", body, err)
			continue
		}
		if diff := cmp.Diff(want, err.Error()); diff != "" {
			t.Errorf("%s: %s", body, diff)
		}
	}
}

func TestMissingSecretsAndIdentifiersAreWordedAsRecorded(t *testing.T) {
	t.Parallel()
	shape := Shape{Kind: Structure, Members: []Member{
		{Name: "Password", Path: "password", Shape: &password, Required: true},
		{Name: "ClientId", Path: "clientId", Shape: &clientID, Required: true},
	}}
	want := "2 validation errors detected: " +
		"Value at 'password' failed to satisfy constraint: Member must not be null; " +
		"Value null at 'clientId' failed to satisfy constraint: Member must not be null"
	if got := Validate(&shape, &Node{Type: Object}); got == nil || got.Error() != want {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

func TestLengthsCountCharacters(t *testing.T) {
	t.Parallel()
	shape := Shape{Name: "NameType", Kind: String, Limits: HasMin | HasMax, Min: 3, Max: 8}
	for text, broken := range map[string]bool{
		"ab": true, "abc": false, "abcdefgh": false, "abcdefghi": true,
		"üü": true, "üüü": false, "üüüüüüüü": false, "üüüüüüüüü": true,
		"𝄞𝄞": true, "𝄞𝄞𝄞": false, "𝄞𝄞𝄞𝄞𝄞𝄞𝄞𝄞": false, "𝄞𝄞𝄞𝄞𝄞𝄞𝄞𝄞𝄞": true,
	} {
		if got := breaks(&shape, &Node{Type: Text, Text: text}); got != broken {
			t.Errorf("%s: broken is %t, want %t", text, got, broken)
		}
	}
}

func TestValidateKeepsEnormousMessagesShort(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"value":      `{"Attribute":{"Name":"` + strings.Repeat("ü", 400_000) + `"}}`,
		"list":       `{"Names":["` + strings.Repeat(`","`, 10_000) + `"]}`,
		"violations": `{"Schema":[` + strings.Repeat(`{},`, 5000) + `{}]}`,
	} {
		_, err := read(t, body)
		if err == nil || len(err.Error()) > 8192 {
			t.Errorf("%s: got a message of %d bytes", name, len(err.Error()))
		}
		if name == "violations" && !strings.Contains(err.Error(), "5001 validation errors detected: ") {
			t.Errorf("violations were not all counted: %.80s", err)
		}
	}
}

func TestBindFillsEveryKind(t *testing.T) {
	t.Parallel()
	got, err := read(t, `{"ClientId":"c1","Flows":["code"],"Names":[],"Number":5.0,"Box":1e1,"Flag":true,"Yes":false,
		"At":1700000000.123,"Blob":"AAEC","Doc":{"a":[1]},"Tags":{"k":"v","n":null},"Attribute":{"Name":"n","Unknown":1},
		"Schema":[{"Name":"x","Value":""}],"ByName":{"k":{"Name":"y"}},"clientId":"another member","Password":null}`)
	if err != nil {
		t.Fatal(err)
	}
	want := requestType{
		ClientID: "c1", Flows: []string{"code"}, Names: []string{}, Number: 5, Box: new(int64(10)), Flag: true, Yes: new(false),
		At: At(time.UnixMilli(1700000000123).UTC()), Blob: []byte{0, 1, 2}, Doc: json.RawMessage(`{"a":[1]}`),
		Tags: map[string]string{"k": "v"}, Attribute: &attributeType{Name: "n"}, Schema: []attributeType{{Name: "x"}},
		ByName: map[string]attributeType{"k": {Name: "y"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestBindRefusesWrongTypes(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"ClientId":1}`:               "NUMBER_VALUE cannot be converted to String",
		`{"ClientId":true}`:            "TRUE_VALUE cannot be converted to String",
		`{"ClientId":{}}`:              "Start of structure or map found where not expected.",
		`{"ClientId":[]}`:              "Start of list found where not expected.",
		`{"Number":"1"}`:               "STRING_VALUE cannot be converted to Integer",
		`{"Number":1.5}`:               "NUMBER_VALUE cannot be converted to Integer",
		`{"Number":2147483648}`:        "NUMBER_VALUE cannot be converted to Integer",
		`{"Number":1e999999999}`:       "NUMBER_VALUE cannot be converted to Integer",
		`{"Flag":"true"}`:              "STRING_VALUE cannot be converted to Boolean",
		`{"Flag":0}`:                   "NUMBER_VALUE cannot be converted to Boolean",
		`{"At":"2020-01-01"}`:          "STRING_VALUE cannot be converted to Timestamp",
		`{"At":1e300}`:                 "NUMBER_VALUE cannot be converted to Timestamp",
		`{"Blob":"not base64"}`:        "A blob is not valid base64.",
		`{"Blob":1}`:                   "NUMBER_VALUE cannot be converted to Blob",
		`{"Flows":"code"}`:             "STRING_VALUE cannot be converted to List",
		`{"Flows":[1]}`:                "NUMBER_VALUE cannot be converted to String",
		`{"Tags":[]}`:                  "Start of list found where not expected.",
		`{"Tags":{"k":false}}`:         "FALSE_VALUE cannot be converted to String",
		`{"Attribute":"x"}`:            "STRING_VALUE cannot be converted to Structure",
		`{"ByName":{"k":"x"}}`:         "STRING_VALUE cannot be converted to Structure",
		`{"Schema":[{"Name":"ok"},1]}`: "NUMBER_VALUE cannot be converted to Structure",
		`[]`:                           "Start of list found where not expected.",
		`null`:                         "NULL_VALUE cannot be converted to Structure",
	} {
		_, err := read(t, body)
		if !errors.Is(err, ErrSyntax) || err.Error() != want {
			t.Errorf("%s: got %v, want %q", body, err, want)
		}
	}
}

func TestEncodeLeavesOutWhatIsUnset(t *testing.T) {
	t.Parallel()
	for want, in := range map[string]requestType{
		`{"Number":0,"Flag":false}`:                            {},
		`{"Flows":[],"Number":0,"Flag":false,"Tags":{}}`:       {Flows: []string{}, Tags: map[string]string{}},
		`{"ClientId":"<a&b>","Number":0,"Box":0,"Flag":false}`: {ClientID: "<a&b>", Box: new(int64(0))},
	} {
		got := bytes.NewBufferString("before ")
		if err := Encode(got, in); err != nil || got.String() != "before "+want {
			t.Errorf("got %s, %v, want %s", got, err, want)
		}
	}
}
