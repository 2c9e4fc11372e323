package awsquery

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardea/spec/awsjson"
)

// The tests' request has a member of each kind.
type requestType struct {
	Name  string            `json:"Name,omitzero"`
	Count *int64            `json:"Count,omitzero"`
	Flag  *bool             `json:"Flag,omitzero"`
	At    *awsjson.Time     `json:"At,omitzero"`
	Blob  []byte            `json:"Blob,omitzero"`
	Names []string          `json:"Names,omitzero"`
	Tags  []tag             `json:"Tags,omitzero"`
	Map   map[string]string `json:"Map,omitzero"`
	Inner *tag              `json:"Inner,omitzero"`
}

type tag struct {
	Key   string `json:"Key,omitzero"`
	Value string `json:"Value,omitzero"`
}

var (
	word     = awsjson.Shape{Name: "word", Kind: awsjson.String}
	tagShape = awsjson.Shape{Name: "tag", Kind: awsjson.Structure, Members: []awsjson.Member{
		{Name: "Key", Shape: &word}, {Name: "Value", Shape: &word},
	}}
	input = awsjson.Shape{Name: "request", Kind: awsjson.Structure, Members: []awsjson.Member{
		{Name: "Name", Shape: &word},
		{Name: "Count", Shape: &awsjson.Shape{Kind: awsjson.Integer}},
		{Name: "Flag", Shape: &awsjson.Shape{Kind: awsjson.Boolean}},
		{Name: "At", Shape: &awsjson.Shape{Kind: awsjson.Timestamp}},
		{Name: "Blob", Shape: &awsjson.Shape{Kind: awsjson.Blob}},
		{Name: "Names", Shape: &awsjson.Shape{Kind: awsjson.List, Element: &word}},
		{Name: "Tags", Shape: &awsjson.Shape{Kind: awsjson.List, Element: &tagShape}},
		{Name: "Map", Shape: &awsjson.Shape{Kind: awsjson.Map, Key: &word, Element: &word}},
		{Name: "Inner", Shape: &tagShape},
	}}
)

// read is a request as its operation would get it.
func read(form string) (in requestType, err error) {
	p, err := Parse(form)
	if err != nil {
		return in, err
	}
	tree, err := p.Tree(&input)
	if err != nil {
		return in, err
	}
	return in, awsjson.Bind(&input, &tree, &in)
}

func TestParametersBecomeRequests(t *testing.T) {
	t.Parallel()
	for form, want := range map[string]requestType{
		"":                                   {},
		"Action=Do&Version=1&Other.member.1": {},
		"Name=a+b%26%C3%BC&Count=-7&Flag=true": {
			Name: "a b&ü", Count: new(int64(-7)), Flag: new(true),
		},
		"At=2026-01-02T03:04:05.5Z&Blob=AAE%3D": {
			At: awsjson.At(time.Date(2026, 1, 2, 3, 4, 5, 5e8, time.UTC)), Blob: []byte{0, 1},
		},
		"Names.member.2=b&Names.member.1=a": {Names: []string{"a", "b"}},
		"Names=":                            {Names: []string{}},
		"Tags.member.1.Key=k&Tags.member.1.Value=v&Tags.member.2.Key=l": {
			Tags: []tag{{"k", "v"}, {"l", ""}},
		},
		"Map.entry.1.key=k&Map.entry.1.value=v": {Map: map[string]string{"k": "v"}},
		"Inner.Key=k&&":                         {Inner: &tag{Key: "k"}},
		"Name":                                  {},
	} {
		got, err := read(form)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v %s", form, err, diff)
		}
	}
}

func TestActionAndVersionAreRead(t *testing.T) {
	t.Parallel()
	p, err := Parse("Version=2011-06-15&Action=GetCallerIdentity")
	if err != nil || p.Action() != "GetCallerIdentity" || p.Version() != "2011-06-15" {
		t.Errorf("got %q of %q, %v", p.Action(), p.Version(), err)
	}
	if p, err = Parse(""); err != nil || p.Action() != "" {
		t.Errorf("got %q, %v", p.Action(), err)
	}
}

func TestMalformedParametersAreRefused(t *testing.T) {
	t.Parallel()
	many := strings.Builder{}
	for i := range MaxParameters + 1 {
		fmt.Fprintf(&many, "&Names.member.%d=x", i+1)
	}
	for name, form := range map[string]string{
		"an escape that is none":    "Name=%zz",
		"a cut escape":              "Name=%4",
		"invalid UTF-8":             "Name=%ff",
		"invalid UTF-8 in a name":   "N%ff=a",
		"U+0000":                    "Name=a%00",
		"a name twice":              "Name=a&Name=b",
		"a name twice, escaped":     "Name=a&%4Eame=b",
		"too many":                  many.String(),
		"too deep":                  strings.Repeat("a.", MaxDepth) + "a=x",
		"a number that is none":     "Count=0x10",
		"an empty number":           "Count=",
		"a fraction":                "Count=1.5",
		"a number too large":        "Count=99999999999",
		"a boolean that is none":    "Flag=yes",
		"a time that is none":       "At=1700000000",
		"a blob that is none":       "Blob=%",
		"parts of a scalar":         "Name.x=a",
		"parts and a value":         "Name=b&Name.x=a",
		"a value of a list":         "Names=a",
		"a value of a structure":    "Inner=a",
		"a gap":                     "Names.member.1=a&Names.member.3=b",
		"a list from 0 on":          "Names.member.0=a",
		"an index that is none":     "Names.member.x=a",
		"an index with a zero":      "Names.member.01=a",
		"an entry without a key":    "Map.entry.1.value=v",
		"an entry without a value":  "Map.entry.1.key=v",
		"a key twice":               "Map.entry.1.key=k&Map.entry.1.value=v&Map.entry.2.key=k&Map.entry.2.value=w",
		"a structure that is text":  "Tags.member.1=x",
		"a list's element of parts": "Names.member.1.x=a",
	} {
		if got, err := read(form); !errors.Is(err, awsjson.ErrSyntax) {
			t.Errorf("%s: got %+v, %v, want ErrSyntax", name, got, err)
		}
	}
}

func FuzzRequestsAreReadOrRefused(f *testing.F) {
	for _, form := range []string{
		"Action=GetCallerIdentity&Version=2011-06-15", "Tags.member.1.Key=k&Tags.member.1.Value=v", "Map.entry.1.key=k&Map.entry.1.value=v",
		"Names.member.1=%C3%BC&Count=5&Flag=false&At=2026-01-02T03:04:05Z", "a.b.c.=.&=&..=", "Name=%zz",
	} {
		f.Add(form)
	}
	f.Fuzz(func(t *testing.T, form string) {
		in, err := read(form)
		if err != nil && !errors.Is(err, awsjson.ErrSyntax) {
			t.Errorf("%q: %v", form, err)
		}
		var b bytes.Buffer
		if err := (Envelope{}).Answer(&b, "Do", &in); err != nil {
			t.Errorf("%q: %v", form, err)
		}
		if err := xml.Unmarshal(b.Bytes(), new(struct{})); err != nil {
			t.Errorf("%q: %s is not XML: %v", form, b.String(), err)
		}
	})
}

func TestAnswersAreXML(t *testing.T) {
	t.Parallel()
	e := Envelope{Namespace: "https://sts.amazonaws.com/doc/2011-06-15/", RequestID: "r"}
	const head, foot = `<DoResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">`, `<ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></DoResponse>`
	for want, out := range map[string]any{
		head + foot:                           nil,
		head + `<DoResult></DoResult>` + foot: &requestType{},
		head + `<DoResult><Name>&lt;a&amp;b&gt;&#xD;�</Name><Count>0</Count><Flag>false</Flag><At>2026-01-02T03:04:05.500Z</At><Blob>AAE=</Blob>` +
			`<Names><member>a</member><member></member></Names><Tags><member><Key>k</Key></member></Tags>` +
			`<Map><entry><key>a</key><value>1</value></entry><entry><key>b</key><value>2</value></entry></Map>` +
			`<Inner><Value>v</Value></Inner></DoResult>` + foot: &requestType{
			Name: "<a&b>\r\x01", Count: new(int64(0)), Flag: new(false),
			At: awsjson.At(time.Date(2026, 1, 2, 3, 4, 5, 5e8, time.UTC)), Blob: []byte{0, 1},
			Names: []string{"a", ""}, Tags: []tag{{Key: "k"}}, Map: map[string]string{"b": "2", "a": "1"}, Inner: &tag{Value: "v"},
		},
	} {
		var b bytes.Buffer
		err := e.Answer(&b, "Do", out)
		if diff := cmp.Diff(want, b.String()); diff != "" || err != nil {
			t.Error(err, diff)
		}
	}

	b := bytes.NewBufferString("before")
	if err := e.Answer(b, "Do", &struct{ C chan int }{}); err == nil || b.String() != "before" {
		t.Errorf("what cannot be written left %q, %v", b, err)
	}
}

func TestFaultsAreXML(t *testing.T) {
	t.Parallel()
	e := Envelope{Namespace: "n", RequestID: "r"}
	for status, kind := range map[int]string{400: "Sender", 403: "Sender", 500: "Receiver", 503: "Receiver"} {
		var b bytes.Buffer
		e.Fault(&b, &awsjson.Fault{Code: "C", Message: "m<", Status: status})
		want := `<ErrorResponse xmlns="n"><Error><Type>` + kind + `</Type><Code>C</Code><Message>m&lt;</Message></Error><RequestId>r</RequestId></ErrorResponse>`
		if diff := cmp.Diff(want, b.String()); diff != "" {
			t.Error(diff)
		}
	}
}
