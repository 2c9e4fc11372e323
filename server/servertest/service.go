package servertest

import (
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"

	"cardea/spec/awsjson"
)

// service is an API besides that of user pools.
type service struct {
	name    string // the signing name
	target  string // what X-Amz-Target begins with, of a service that speaks JSON
	version string // of a service that speaks the query protocol
}

var services = map[string]service{
	"cognito-idp":      {"cognito-idp", "AWSCognitoIdentityProviderService", ""},
	"cognito-identity": {"cognito-identity", "AWSCognitoIdentityService", ""},
	"kms":              {"kms", "TrentService", ""},
	"sts":              {"sts", "", "2011-06-15"},
	"iam":              {"iam", "", "2010-05-08"},
}

// On is the same server, called at another service: "cognito-identity", "sts", "iam" or "kms". Answers in XML become what JSON would be:
// numbers and booleans are text, and an empty list is "".
func (w *World) On(name string) *World {
	other := *w
	known, found := services[name]
	if !found {
		w.t.Fatalf("there is no service %q", name)
	}
	other.service = known
	return &other
}

// query is a request of the query protocol.
func (w *World) query(operation string, in M) *http.Request {
	form := url.Values{"Action": {operation}, "Version": {w.service.version}}
	for name, value := range in {
		parameters(form, name, value)
	}
	r := httptest.NewRequest(http.MethodPost, w.URL+"/", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	return r
}

// parameters adds a member to a form.
func parameters(form url.Values, name string, value any) {
	switch v := value.(type) {
	case M:
		for member, inner := range v {
			parameters(form, name+"."+member, inner)
		}
	case []any:
		for i, inner := range v {
			parameters(form, name+".member."+strconv.Itoa(i+1), inner)
		}
	case []string:
		for i, inner := range v {
			parameters(form, name+".member."+strconv.Itoa(i+1), inner)
		}
	case []M:
		for i, inner := range v {
			parameters(form, name+".member."+strconv.Itoa(i+1), inner)
		}
	default:
		form.Set(name, fmt.Sprint(v))
	}
}

// readXML reads an answer of the query protocol.
func (w *World) readXML(operation string, answer *httptest.ResponseRecorder) (M, error) {
	tree, err := element(xml.NewDecoder(answer.Body))
	if err != nil {
		return nil, fmt.Errorf("%s answered %d with no XML: %w", operation, answer.Code, err)
	}
	root, _ := tree.(M)
	if answer.Code != http.StatusOK {
		code, _ := At(root, "ErrorResponse.Error.Code").(string)
		message, _ := At(root, "ErrorResponse.Error.Message").(string)
		if answer.Code >= 500 {
			w.t.Errorf("%s: %s; the log has the cause", operation, code)
		}
		return nil, &awsjson.Fault{Code: code, Message: message, Status: answer.Code}
	}
	out, _ := At(root, operation+"Response."+operation+"Result").(M)
	return out, nil
}

// element reads the content of an element, up to its end: a list of members, a map of entries, members by name, or text.
func element(d *xml.Decoder) (any, error) {
	out, text := M{}, ""
	var list []any
	for {
		token, err := d.Token()
		if err == io.EOF {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		switch t := token.(type) {
		case xml.CharData:
			text += string(t)
		case xml.EndElement:
			switch {
			case list != nil:
				return list, nil
			case len(out) > 0:
				return out, nil
			}
			return text, nil
		case xml.StartElement:
			inner, err := element(d)
			if err != nil {
				return nil, err
			}
			switch t.Name.Local {
			case "member":
				list = append(list, inner)
			case "entry":
				entry := inner.(M)
				out[entry["key"].(string)] = entry["value"]
			default:
				out[t.Name.Local] = inner
			}
		}
	}
}
