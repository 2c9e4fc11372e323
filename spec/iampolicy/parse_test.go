package iampolicy_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cardea/spec/iampolicy"
)

// statement is an identity policy of one statement with more elements after Effect.
func statement(elements string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow",` + elements + `}]}`
}

// refusals are documents that are no policies of an identity, each with a part of the reason.
var refusals = []struct{ name, document, want string }{
	{"empty", ``, "it is not JSON"},
	{"no JSON", `{`, "it is not JSON"},
	{"trailing comma", `{"Statement":[],}`, "it is not JSON"},
	{"two documents", statement(`"Action":"*","Resource":"*"`) + "{}", "something follows the policy"},
	{"no UTF-8", "{\"Statement\":\"\xff\"}", "it is not UTF-8"},
	{"no object", `[]`, "it is not an object"},
	{"nested", strings.Repeat(`{"Statement":`, 20) + "1" + strings.Repeat("}", 20), "it nests too deep"},
	{"nested lists", strings.Repeat(`[`, 6000), "it nests too deep"},
	{"key twice", `{"Version":"2012-10-17","Version":"2012-10-17"}`, `the key "Version" stands twice`},
	{"escaped key twice", `{"Version":"2012-10-17","\u0056ersion":"2012-10-17"}`, `the key "Version" stands twice`},
	{"Effect twice", statement(`"Action":"*","Resource":"*","Effect":"Deny"`), `the key "Effect" stands twice`},
	{"condition key twice", statement(`"Action":"*","Resource":"*","Condition":{"StringEquals":{"a:b":"1","a:b":"2"}}`), `the key "a:b" stands twice`},
	{"condition key twice, in other case", statement(`"Action":"*","Resource":"*","Condition":{"StringEquals":{"a:b":"1","A:b":"2"}}`), "StringEquals has the key A:b twice"},
	{"version", `{"Version":"2012-10-18","Statement":[]}`, "must contain a valid version string"},
	{"version of today", `{"Version":20121017,"Statement":[]}`, "must contain a valid version string"},
	{"Id", `{"Id":1,"Statement":[]}`, "Id is not a string"},
	{"unknown element", `{"Statement":[],"Comment":""}`, `there is no element "Comment"`},
	{"lower-case element", `{"statement":[]}`, `there is no element "statement"`},
	{"no statement", `{"Version":"2012-10-17"}`, "it has no Statement"},
	{"empty statements", `{"Statement":[]}`, "Statement is empty"},
	{"statement of text", `{"Statement":"Allow"}`, "a statement is not an object"},
	{"unknown element of a statement", statement(`"Action":"*","Resource":"*","Conditions":{}`), `there is no element "Conditions"`},
	{"no effect", `{"Statement":{"Action":"*","Resource":"*"}}`, "a statement has no Effect"},
	{"effect in lower case", `{"Statement":{"Effect":"allow","Action":"*","Resource":"*"}}`, "Effect is neither Allow nor Deny"},
	{"effect of a list", `{"Statement":{"Effect":["Allow"],"Action":"*","Resource":"*"}}`, "Effect is neither Allow nor Deny"},
	{"sid", statement(`"Sid":"a b","Action":"*","Resource":"*"`), "must be alpha-numeric"},
	{"sid twice", `{"Statement":[{"Sid":"a","Effect":"Deny","Action":"*","Resource":"*"},{"Sid":"a","Effect":"Deny","Action":"*","Resource":"*"}]}`, "must be unique"},
	{"no action", statement(`"Resource":"*"`), "must contain actions"},
	{"empty action", statement(`"Action":[],"Resource":"*"`), "must contain actions"},
	{"null action", statement(`"Action":null,"Resource":"*"`), "Action is not a string or a list of strings"},
	{"Action and NotAction", statement(`"Action":"*","NotAction":"a:b","Resource":"*"`), "has both Action and NotAction"},
	{"action without vendor", statement(`"Action":"GetObject","Resource":"*"`), "must be prefaced by a vendor"},
	{"action with vendor pattern", statement(`"Action":"s*:GetObject","Resource":"*"`), "Vendor s* is not valid"},
	{"every vendor", statement(`"Action":"*:Get*","Resource":"*"`), "Vendor * is not valid"},
	{"action with variable", statement(`"Action":"s3:${aws:username}","Resource":"*"`), "is not an action"},
	{"action with nothing", statement(`"Action":"s3:","Resource":"*"`), "is not an action"},
	{"action with two colons", statement(`"Action":"s3:Get:x","Resource":"*"`), "is not an action"},
	{"no resource", statement(`"Action":"*"`), "must contain resources"},
	{"empty resource", statement(`"Action":"*","Resource":[]`), "must contain resources"},
	{"Resource and NotResource", statement(`"Action":"*","Resource":"*","NotResource":"*"`), "has both Resource and NotResource"},
	{"resource that is no ARN", statement(`"Action":"*","Resource":"bucket/*"`), `must be in ARN format or "*"`},
	{"resource of stars", statement(`"Action":"*","Resource":"**"`), `must be in ARN format or "*"`},
	{"resource that ends early", statement(`"Action":"*","Resource":"arn:aws:s3"`), `must be in ARN format or "*"`},
	{"resource without a name", statement(`"Action":"*","Resource":"arn:aws:s3:::"`), `must be in ARN format or "*"`},
	{"resource of another partition", statement(`"Action":"*","Resource":"arn:azure:s3:::a"`), `Partition "azure" is not valid`},
	{"variable without end", statement(`"Action":"*","Resource":"arn:aws:s3:::${aws:username"`), "does not end"},
	{"variable without prefix", statement(`"Action":"*","Resource":"arn:aws:s3:::${username}"`), "variable ${username} is not valid"},
	{"empty variable", statement(`"Action":"*","Resource":"arn:aws:s3:::${}"`), "variable ${} is not valid"},
	{"nested variable", statement(`"Action":"*","Resource":"arn:aws:s3:::${a:${b:c}}"`), "is not valid"},
	{"default without quotes", statement(`"Action":"*","Resource":"arn:aws:s3:::${a:b, c}"`), "between single quotes"},
	{"default with one quote", statement(`"Action":"*","Resource":"arn:aws:s3:::${a:b, '}"`), "between single quotes"},
	{"principal", statement(`"Action":"*","Resource":"*","Principal":"*"`), "should not specify a principal"},
	{"not principal", statement(`"Action":"*","Resource":"*","NotPrincipal":"*"`), "should not specify a principal"},
	{"condition of text", statement(`"Action":"*","Resource":"*","Condition":"x"`), "Condition is not an object"},
	{"operator of text", statement(`"Action":"*","Resource":"*","Condition":{"StringEquals":"x"}`), "has no object of keys"},
	{"unknown operator", statement(`"Action":"*","Resource":"*","Condition":{"StringMatches":{"a:b":"x"}}`), "Invalid Condition type : StringMatches"},
	{"unknown qualifier", statement(`"Action":"*","Resource":"*","Condition":{"ForSomeValues:StringEquals":{"a:b":"x"}}`), "Invalid Condition type"},
	{"NullIfExists", statement(`"Action":"*","Resource":"*","Condition":{"NullIfExists":{"a:b":"true"}}`), "Invalid Condition type"},
	{"qualified Null", statement(`"Action":"*","Resource":"*","Condition":{"ForAnyValue:Null":{"a:b":"true"}}`), "Invalid Condition type"},
	{"key without prefix", statement(`"Action":"*","Resource":"*","Condition":{"StringEquals":{"username":"x"}}`), "must be prefaced by a vendor"},
	{"value that is null", statement(`"Action":"*","Resource":"*","Condition":{"StringEquals":{"a:b":null}}`), "is not a string, a number or a boolean"},
	{"value in two lists", statement(`"Action":"*","Resource":"*","Condition":{"StringEquals":{"a:b":[["x"]]}}`), "is not a string, a number or a boolean"},
	{"value that is no number", statement(`"Action":"*","Resource":"*","Condition":{"NumericEquals":{"a:b":"0x10"}}`), `"0x10" is not valid`},
	{"value that is infinite", statement(`"Action":"*","Resource":"*","Condition":{"NumericLessThan":{"a:b":"inf"}}`), `"inf" is not valid`},
	{"value that is no date", statement(`"Action":"*","Resource":"*","Condition":{"DateEquals":{"a:b":"today"}}`), `"today" is not valid`},
	{"value that is no boolean", statement(`"Action":"*","Resource":"*","Condition":{"Bool":{"a:b":"yes"}}`), `"yes" is not valid`},
	{"null that is no boolean", statement(`"Action":"*","Resource":"*","Condition":{"Null":{"a:b":"yes"}}`), "Null is neither true nor false"},
	{"value that is no base64", statement(`"Action":"*","Resource":"*","Condition":{"BinaryEquals":{"a:b":"?"}}`), `"?" is not valid`},
	{"value that is no address", statement(`"Action":"*","Resource":"*","Condition":{"IpAddress":{"a:b":"10.0.0.0/33"}}`), "neither an address nor a range"},
	{"variable in a value that does not end", statement(`"Action":"*","Resource":"*","Condition":{"StringEquals":{"a:b":"${c:d"}}`), "does not end"},
}

func TestDocumentsAreRefused(t *testing.T) {
	t.Parallel()
	for _, c := range refusals {
		_, err := iampolicy.Parse(c.document, iampolicy.Managed)
		var syntax *iampolicy.SyntaxError
		if !errors.As(err, &syntax) || !strings.Contains(syntax.Text, c.want) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
}

func TestDocumentsAreAccepted(t *testing.T) {
	t.Parallel()
	for _, document := range []string{
		statement(`"Action":"s3:GetObject","Resource":"*"`),
		statement(`"Sid":"","Action":["s3:*","EC2:Run?nstances"],"NotResource":["arn:aws:s3:::a","arn:aws-cn:s3:::b/*"],"Condition":{}`),
		statement(`"Action":"*","Resource":["arn:*:s3:::a","arn:aws:logs:*:*:*","arn:aws:s3:*","arn:aws:iam::${aws:PrincipalAccount}:user/*"]`),
		statement(`"Action":"*","Resource":"*","Condition":{"StringEquals":{"a:b":[true,5,"x"]},"stringlike":{"aws:PrincipalTag/a b":"${*}"}}`),
		`{"Id":"x","Statement":{"Effect":"Deny","NotAction":"iam:*","Resource":"*"}}`,
		"\n\t " + statement(`"Action":"*","Resource":"*"`) + " \r\n",
	} {
		if _, err := iampolicy.Parse(document, iampolicy.Managed); err != nil {
			t.Errorf("%s: %v", document, err)
		}
	}
}

func TestSyntaxErrorsSayWhere(t *testing.T) {
	t.Parallel()
	_, err := iampolicy.Parse("{\n  \"Statement\": {\n    \"Effect\": \"Ällow\", \"Efect\": 1}}", iampolicy.Managed)
	want := &iampolicy.SyntaxError{Offset: 43, Line: 3, Column: 24, Text: `Syntax errors in policy: there is no element "Efect".`}
	if diff := cmp.Diff(error(want), err); diff != "" {
		t.Error(diff)
	}
	if got := err.Error(); got != `Syntax errors in policy: there is no element "Efect". (line 3, column 24)` {
		t.Error(got)
	}
}

func TestLengthIsLimitedWithoutWhiteSpace(t *testing.T) {
	t.Parallel()
	for kind, limit := range map[iampolicy.Kind]int{
		iampolicy.Managed: 6144, iampolicy.InlineOfUser: 2048, iampolicy.InlineOfGroup: 5120, iampolicy.InlineOfRole: 10240,
		iampolicy.SessionPolicy: 2048,
	} {
		fill := limit - len(statement(`"Action":"*","Resource":"arn:aws:s3:::"`))
		fits := statement(`"Action":"*",` + strings.Repeat(" \t\r\n", 5000) + `"Resource":"arn:aws:s3:::` + strings.Repeat("ä", fill) + `"`)
		if _, err := iampolicy.Parse(fits, kind); err != nil {
			t.Errorf("%d: %d characters: %v", kind, limit, err)
		}
		long := strings.Replace(fits, "ä", "ää", 1)
		var size *iampolicy.SizeError
		if _, err := iampolicy.Parse(long, kind); !errors.As(err, &size) || size.Limit != limit || !strings.Contains(err.Error(), "longer than") {
			t.Errorf("%d: %d characters: got %v", kind, limit+1, err)
		}
		if _, err := iampolicy.Load(long, kind); err != nil {
			t.Errorf("%d: a stored policy was refused: %v", kind, err)
		}
	}
}

func TestPoliciesKnowTheirKeys(t *testing.T) {
	t.Parallel()
	document := statement(`"Action":"*","Resource":"arn:aws:s3:::${aws:username}/*","Condition":{` +
		`"StringEquals":{"AWS:UserName":"x","aws:ResourceTag/a":["${aws:PrincipalTag/b, 'c'}","${*}"]},"Null":{"x:y":"true"}}`)
	p := parse(t, document, iampolicy.Managed)
	want := []string{"aws:PrincipalTag/b", "aws:ResourceTag/a", "aws:username", "x:y"}
	if diff := cmp.Diff(want, p.Keys()); diff != "" {
		t.Error(diff)
	}
	if p.Document() != document {
		t.Errorf("the document is %s", p.Document())
	}
	boundary := parse(t, statement(`"Action":"*","Resource":"*","Condition":{"Bool":{"b:c":true}}`), iampolicy.Managed)
	session := parse(t, statement(`"Action":"*","Resource":"*","Condition":{"Bool":{"s:c":true}}`), iampolicy.Managed)
	set := &iampolicy.Set{Identity: []*iampolicy.Policy{p}, Boundary: boundary, Session: [][]*iampolicy.Policy{{session}}}
	for prefix, want := range map[string]bool{
		"aws:resourcetag/": true, "aws:principaltag/b": true, "x:y": true, "b:": true, "s:c": true,
		"aws:requesttag/": false, "y": false, "zz": false, "aws:username2": false,
	} {
		if got := set.UsesKey(prefix); got != want {
			t.Errorf("%s: got %t, want %t", prefix, got, want)
		}
	}
}

func TestExplanationsNameStatementsAndMissingKeys(t *testing.T) {
	t.Parallel()
	p := parse(t, `{"Version":"2012-10-17","Statement":[
  {"Effect":"Allow","Action":"s3:*","Resource":"*"},
  {"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::${aws:username}/*"},
  {"Effect":"Deny","Action":"s3:Get*","Resource":"*","Condition":{"StringEquals":{"x:a":"${x:B}","X:A ":"1"},"Null":{"x:A":"true"}}},
  {"Effect":"Allow","Action":"s3:GetObject","Resource":"*","Condition":{"StringEquals":{"x:a ":"2"}}},
  {"Effect":"Allow","Action":"ec2:*","Resource":"*","Condition":{"StringEquals":{"ec2:Vpc":"1"}}}]}`, iampolicy.Managed)
	set := &iampolicy.Set{Identity: []*iampolicy.Policy{p}, Boundary: p}
	got := set.Explain(&iampolicy.Request{Action: "s3:GetObject", Resource: "arn:aws:s3:::x/y", Keys: iampolicy.Keys{"x:a ": {"1"}}})
	want := iampolicy.Explanation{
		Decision: iampolicy.Decision{Allowed: true},
		Matched:  []iampolicy.Match{{Policy: p, Statement: 0}, {Policy: p, Statement: 0}},
		Missing:  []string{"aws:username", "x:a", "x:B"},
		Boundary: true,
	}
	same := cmp.Comparer(func(a, b *iampolicy.Policy) bool { return a == b })
	if diff := cmp.Diff(want, got, same); diff != "" {
		t.Error(diff)
	}
	from, to := p.Statement(1)
	if from != (iampolicy.Position{Line: 2, Column: 53}) || to != (iampolicy.Position{Line: 3, Column: 89}) {
		t.Errorf("the second statement stands from %v to %v", from, to)
	}
}
