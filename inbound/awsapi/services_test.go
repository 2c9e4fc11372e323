package awsapi

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"cardea/engine/authorization"
	"cardea/engine/temporary"
	"cardea/platform/caller"
	"cardea/platform/db"
	"cardea/spec/awsjson"
	"cardea/spec/sigv4"
)

// threeServices is a world whose three services have operations of the same names: two speak JSON, the third query.
func threeServices() *world {
	w := newWorld()
	for i, service := range []string{"first", "second", "third"} {
		answer := func(*input) (*output, error) { return &output{Text: service}, nil }
		w.addTo(i, "Which", false, answer)
		w.addTo(i, "Who", true, answer)
		w.addTo(i, "Find", false, func(*input) (*output, error) { return nil, errLost })
		w.Services[i].Word = func(_ *awsjson.Operation, err error) error {
			if errors.Is(err, errLost) {
				return awsjson.Refuse("Lost", "lost by the "+service)
			}
			return err
		}
	}
	w.Services[2].Operations["Unbuilt"] = awsjson.Operation{Name: "Unbuilt", Input: &request}
	w.addTo(2, "Unsure", false, func(*input) (*output, error) { return nil, fmt.Errorf("sign up: %w", db.ErrUnsure) })
	w.addTo(2, "Fail", false, func(*input) (*output, error) { return nil, errors.New("the disk is full") })
	w.addTo(2, "Command", false, nil)
	command := w.Services[2].Operations["Command"]
	command.Invoke = awsjson.Command(&request, func(context.Context, *input) error { return nil })
	w.Services[2].Operations["Command"] = command
	return w
}

var errLost = errors.New("lost")

// post asks in the query protocol, by a form.
func (w *world) post(form string, change func(r *http.Request)) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(form))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	if change != nil {
		change(r)
	}
	recorder := httptest.NewRecorder()
	w.ServeHTTP(recorder, r)
	return recorder
}

const version = "&Version=2011-06-15"

func TestTargetsFindTheirService(t *testing.T) {
	t.Parallel()
	for target, want := range map[string]string{"Test.Which": `{"Text":"first"}`, "Second.Which": `{"Text":"second"}`} {
		got := threeServices().ask("", "{}", func(r *http.Request) { r.Header.Set("X-Amz-Target", target) })
		if got.Code != 200 || got.Body.String() != want {
			t.Errorf("%s: got %d %s", target, got.Code, got.Body)
		}
	}
	for _, target := range []string{"Third.Which", ".Which", "Which", "Second.Empty"} {
		got := threeServices().ask("", "{}", func(r *http.Request) { r.Header.Set("X-Amz-Target", target) })
		refused(t, got, 400, "UnknownOperationException")
	}
}

func TestVersionsFindTheirService(t *testing.T) {
	t.Parallel()
	const want = `<WhichResponse xmlns="urn:third"><WhichResult><Text>third</Text></WhichResult><ResponseMetadata><RequestId>`
	for name, got := range map[string]*httptest.ResponseRecorder{
		"POST": threeServices().post("Action=Which"+version, nil),
		"GET":  threeServices().post("", func(r *http.Request) { r.Method, r.URL.RawQuery = http.MethodGet, "Action=Which"+version }),
		"POST without a form": threeServices().post("", func(r *http.Request) {
			r.URL.RawQuery = "Action=Which" + version
			r.Header.Del("Content-Type")
		}),
	} {
		if got.Code != 200 || !strings.HasPrefix(got.Body.String(), want) || got.Header().Get("Content-Type") != "text/xml" {
			t.Errorf("%s: got %d %q %s", name, got.Code, got.Header().Get("Content-Type"), got.Body)
		}
	}
	got := threeServices().post("Action=Command"+version, nil)
	if want := `<CommandResponse xmlns="urn:third"><ResponseMetadata>`; got.Code != 200 || !strings.HasPrefix(got.Body.String(), want) {
		t.Errorf("an operation without an output: got %d %s", got.Code, got.Body)
	}
}

func TestQueryFaultsAreXML(t *testing.T) {
	t.Parallel()
	authorized := func(r *http.Request) { r.Header.Set("Authorization", scope) }
	foreign := func(r *http.Request) { authorized(r); r.Header.Set("Origin", "https://evil.example") }
	const none = "http://webservices.amazon.com/AWSFault/2005-15-09"
	for name, c := range map[string]struct {
		form            string
		change          func(r *http.Request)
		status          int
		code, namespace string
		message         string
	}{
		"no action":         {"Version=2011-06-15", nil, 400, "InvalidAction", "urn:third", "Could not find operation  for version 2011-06-15"},
		"no version":        {"Action=Which", nil, 400, "InvalidAction", none, "Could not find operation Which for version NO_VERSION_SPECIFIED"},
		"an unknown one":    {"Action=Which&Version=1999-01-01", nil, 400, "InvalidAction", none, "Could not find operation Which for version 1999-01-01"},
		"a JSON service's":  {"Action=Echo" + version, nil, 400, "InvalidAction", "urn:third", "Could not find operation Echo for version 2011-06-15"},
		"not built":         {"Action=Unbuilt" + version, nil, 400, "NotImplemented", "urn:third", ""},
		"malformed":         {"Action=Which&x=%zz" + version, nil, 400, "MalformedInput", none, ""},
		"a wrong type":      {"Action=Which&Password.x=y" + version, nil, 400, "MalformedInput", "urn:third", ""},
		"out of bounds":     {"Action=Which&Password=short" + version, nil, 400, "ValidationError", "urn:third", "1 validation error detected: Value at 'password' failed to satisfy constraint: Member must have length greater than or equal to 6"},
		"not signed":        {"Action=Who" + version, nil, 403, "MissingAuthenticationToken", "urn:third", "Missing Authentication Token"},
		"a foreign page":    {"Action=Who" + version, foreign, 403, "AccessDenied", "urn:third", ""},
		"too large":         {"Action=Which&x=" + strings.Repeat("x", 256<<10) + version, nil, 413, "RequestEntityTooLarge", none, ""},
		"a service's words": {"Action=Find" + version, nil, 400, "Lost", "urn:third", "lost by the third"},
		"unsure":            {"Action=Unsure" + version, nil, 500, "InternalFailure", "urn:third", "It is not known whether the request has been carried out."},
		"a failure":         {"Action=Fail" + version, nil, 500, "InternalFailure", "urn:third", "Something went wrong."},
	} {
		w := threeServices()
		got := w.post(c.form, c.change)
		var answer struct {
			XMLName xml.Name
			Error   struct{ Type, Code, Message string }
			ID      string `xml:"RequestId"`
		}
		if err := xml.Unmarshal(got.Body.Bytes(), &answer); err != nil {
			t.Errorf("%s: %v in %s", name, err, got.Body)
			continue
		}
		kind := "Sender"
		if c.status >= 500 {
			kind = "Receiver"
		}
		if got.Code != c.status || answer.Error.Code != c.code || answer.XMLName.Space != c.namespace || answer.Error.Type != kind ||
			answer.ID != got.Header().Get("x-amzn-RequestId") || answer.Error.Message == "" || c.message != "" && answer.Error.Message != c.message {
			t.Errorf("%s: got %d %s, want %d %s", name, got.Code, got.Body, c.status, c.code)
		}
		if line := w.logged(t); line["code"] != c.code || line["status"] != float64(c.status) {
			t.Errorf("%s: logged %v", name, line)
		}
	}
}

// Each service words the same condition in its own way.
func TestEachServiceHasItsOwnWords(t *testing.T) {
	t.Parallel()
	for target, want := range map[string]string{"Test.Find": "lost by the first", "Second.Find": "lost by the second"} {
		got := threeServices().ask("", "{}", func(r *http.Request) { r.Header.Set("X-Amz-Target", target) })
		refused(t, got, 400, "Lost")
		if !strings.Contains(got.Body.String(), want) {
			t.Errorf("%s: got %s", target, got.Body)
		}
	}
}

// A signature says which service it is for. One that is made for another is refused, whatever else the request says.
func TestSignaturesAreForTheServiceThatAnswers(t *testing.T) {
	t.Parallel()
	for target, want := range map[string]string{"Test.Who": "test", "Second.Who": "second"} {
		w := threeServices()
		w.Verify = func(_ *http.Request, _ []byte, service string) (caller.Caller, *authorization.Principal, error) {
			if service != want {
				t.Errorf("%s: verified as %s", target, service)
			}
			return caller.Caller{}, root, nil
		}
		w.ask("", "{}", func(r *http.Request) { r.Header.Set("X-Amz-Target", target) })
	}

	w := threeServices()
	w.Verify = strict().Verify
	answer := w.ask("Who", "{}", signed("AKROOT", "", "{}")) // for the service "test"
	if answer.Code != 200 {
		t.Errorf("got %d %s", answer.Code, answer.Body)
	}
	other := w.ask("", "{}", func(r *http.Request) {
		r.Header.Set("X-Amz-Target", "Second.Who")
		signed("AKROOT", "", "{}")(r)
	})
	refused(t, other, 400, "InvalidSignatureException")
	if want := "Credential should be scoped to correct service: 'second'."; !strings.Contains(other.Body.String(), want) {
		t.Errorf("got %s", other.Body)
	}
}

func TestQueriesAreVerifiedWithTheirForm(t *testing.T) {
	t.Parallel()
	form := url.Values{"Action": {"Who"}, "Version": {"2011-06-15"}}.Encode()
	w := threeServices()
	var verified string
	w.Verify = func(_ *http.Request, body []byte, service string) (caller.Caller, *authorization.Principal, error) {
		verified = service + " " + string(body)
		return caller.Caller{Account: "123456789012"}, root, nil
	}
	if got := w.post(form, nil); got.Code != 200 || verified != "third "+form || w.caller.Account != "123456789012" {
		t.Errorf("got %d %s, verified %q as %+v", got.Code, got.Body, verified, w.caller)
	}
}

// A browser sends no Origin with the request for an image, but its Sec-Fetch-Site says that another site has caused it.
func TestDevelopmentRefusesImagesOfPagesFromElsewhere(t *testing.T) {
	t.Parallel()
	for site, allowed := range map[string]bool{"": true, "none": true, "same-origin": true, "same-site": false, "cross-site": false} {
		got := threeServices().post("", func(r *http.Request) {
			r.Method, r.URL.RawQuery = http.MethodGet, "Action=Who"+version+"&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=a%2F20260101%2Fus-east-1%2Fthird%2Faws4_request"
			if site != "" {
				r.Header.Set("Sec-Fetch-Site", site)
			}
		})
		if allowed != (got.Code == 200) {
			t.Errorf("%q: got %d %s", site, got.Code, got.Body)
		}
	}
}

// Each protocol has a code for every condition of a request; without one the answer would be an internal error.
func TestProtocolsNameEveryCondition(t *testing.T) {
	t.Parallel()
	conditions := []error{
		errUnknown, errTooLarge, errUnfinished, errBusy, errForbidden, errInternal, authorization.ErrUnknownKey, temporary.ErrExpired,
		awsjson.ErrSyntax, awsjson.ErrConstraint, awsjson.ErrNotBuilt, sigv4.ErrMissing, sigv4.ErrIncomplete, sigv4.ErrInvalid,
	}
	for _, p := range []protocol{jsonProtocol{}, queryProtocol{}} {
		for _, condition := range conditions {
			c := &call{protocol: p}
			fault := c.fault(&awsjson.Problem{Kind: condition, Text: "m"})
			if c.failure != nil || fault.Message != "m" || (fault.Status >= 500) != (condition == errInternal) {
				t.Errorf("%T: %v is %+v", p, condition, fault)
			}
		}
	}
}
