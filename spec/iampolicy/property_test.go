package iampolicy_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"cardea/spec/iampolicy"
)

// drawStatement draws a statement of a small world, in which most requests meet some statement.
func drawStatement(t *rapid.T, effect string) string {
	action := rapid.SampledFrom([]string{`"Action":"a:X"`, `"Action":["a:*","b:Y"]`, `"Action":"*"`, `"NotAction":"a:X"`, `"Action":"b:?"`}).Draw(t, "action")
	resource := rapid.SampledFrom([]string{`"Resource":"*"`, `"Resource":"arn:aws:a:::r"`, `"Resource":"arn:aws:a:::${k:v}"`, `"NotResource":"arn:aws:a:::${k:v}"`, `"NotResource":"arn:aws:a:::s*"`}).Draw(t, "resource")
	condition := rapid.SampledFrom([]string{`{}`, `{"StringEquals":{"k:v":"r"}}`, `{"StringNotLike":{"k:w":["${k:v}*","q"]}}`, `{"ForAllValues:StringEquals":{"k:w":["r","s"]}}`,
		`{"ForAnyValue:StringLike":{"k:w":"r*"}}`, `{"Null":{"k:w":"true"}}`}).Draw(t, "condition")
	return fmt.Sprintf(`{"Effect":%q,%s,%s,"Condition":%s}`, effect, action, resource, condition)
}

func drawStatements(t *rapid.T, name string) []string {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) string {
		return drawStatement(t, rapid.SampledFrom([]string{"Allow", "Allow", "Deny"}).Draw(t, "effect"))
	}), 1, 4).Draw(t, name)
}

func drawRequest(t *rapid.T) *iampolicy.Request {
	keys := iampolicy.Keys{}
	for _, key := range []string{"k:v", "k:w"} {
		keys[key] = rapid.SliceOfN(rapid.SampledFrom([]string{"r", "s", "sr", "*"}), 0, 2).Draw(t, key)
	}
	return &iampolicy.Request{
		Action:   rapid.SampledFrom([]string{"a:X", "a:Y", "b:X", "b:Y", "A:x"}).Draw(t, "action"),
		Resource: rapid.SampledFrom([]string{"*", "arn:aws:a:::r", "arn:aws:a:::s"}).Draw(t, "resource"), Keys: keys,
	}
}

func policyOf(t *rapid.T, list []string) *iampolicy.Policy {
	p, err := iampolicy.Parse(`{"Version":"2012-10-17","Statement":[`+strings.Join(list, ",")+`]}`, iampolicy.InlineOfRole)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// drawSet draws policies of every layer.
func drawSet(t *rapid.T) *iampolicy.Set {
	one := func(name string) *iampolicy.Policy { return policyOf(t, drawStatements(t, name)) }
	set := &iampolicy.Set{Identity: []*iampolicy.Policy{one("identity"), one("identity")}}
	if rapid.Bool().Draw(t, "has boundary") {
		set.Boundary = one("boundary")
	}
	if rapid.Bool().Draw(t, "has session") {
		set.Session = [][]*iampolicy.Policy{{one("session"), one("session")}, {one("second session")}}
	}
	return set
}

// denial denies what the request does.
const denial = `{"Effect":"Deny","Action":["a:*","b:*"],"Resource":"*"}`

func TestDenyWinsWhereverItStands(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		set, r := drawSet(t), drawRequest(t)
		list := slices.Insert(drawStatements(t, "statements"), 0, denial)
		p := policyOf(t, rapid.Permutation(list).Draw(t, "order"))
		switch rapid.SampledFrom([]string{"identity", "boundary", "session"}).Draw(t, "layer") {
		case "identity":
			set.Identity = rapid.Permutation(append(set.Identity, p)).Draw(t, "policies")
		case "boundary":
			set.Boundary = p
		case "session":
			set.Session = append(set.Session, []*iampolicy.Policy{p})
		}
		if d := set.Decide(r); d.Allowed || !d.Explicit {
			t.Fatalf("got %+v", d)
		}
	})
}

func TestOrderOfStatementsDoesNotMatter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		list, r := drawStatements(t, "statements"), drawRequest(t)
		first := (&iampolicy.Set{Identity: []*iampolicy.Policy{policyOf(t, list)}}).Decide(r)
		mixed := rapid.Permutation(list).Draw(t, "order")
		if got := (&iampolicy.Set{Identity: []*iampolicy.Policy{policyOf(t, mixed)}}).Decide(r); got != first {
			t.Fatalf("in one order %+v, in another %+v", first, got)
		}
		var split []*iampolicy.Policy
		for _, one := range mixed {
			split = append(split, policyOf(t, []string{one}))
		}
		if got := (&iampolicy.Set{Identity: split}).Decide(r); got != first {
			t.Fatalf("in one policy %+v, in many %+v", first, got)
		}
	})
}

func TestBoundaryAndSessionNeverExceedIdentity(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		set, r := drawSet(t), drawRequest(t)
		alone := (&iampolicy.Set{Identity: set.Identity}).Decide(r)
		before := set.Decide(r)
		if before.Allowed && !alone.Allowed {
			t.Fatalf("more than identity: %+v, %+v", before, alone)
		}
		everything := policyOf(t, []string{`{"Effect":"Allow","Action":"*","Resource":"*"}`, drawStatement(t, "Allow")})
		set.Session = append(set.Session, []*iampolicy.Policy{everything})
		if got := set.Decide(r); got != before {
			t.Fatalf("a session policy that allows everything made %+v of %+v", got, before)
		}
		set.Boundary, set.Session = everything, nil
		if got := set.Decide(r); got != alone {
			t.Fatalf("a boundary that allows everything made %+v of %+v", got, alone)
		}
	})
}

func TestEveryLayerMustAllow(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		set, r := drawSet(t), drawRequest(t)
		allowed := (&iampolicy.Set{Identity: set.Identity}).Decide(r).Allowed
		if set.Boundary != nil {
			allowed = allowed && (&iampolicy.Set{Identity: []*iampolicy.Policy{set.Boundary}}).Decide(r).Allowed
		}
		for _, group := range set.Session {
			allowed = allowed && (&iampolicy.Set{Identity: group}).Decide(r).Allowed
		}
		if got := set.Decide(r).Allowed; got != allowed {
			t.Fatalf("got %t, want %t", got, allowed)
		}
		set.Session = append(set.Session, nil)
		if set.Decide(r).Allowed {
			t.Fatal("an empty group of session policies allows something")
		}
	})
}

func TestExplanationsAgreeWithDecisions(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		set, r := drawSet(t), drawRequest(t)
		e, d := set.Explain(r), set.Decide(r)
		if e.Decision != d || (d.Allowed || d.Explicit) != (len(e.Matched) > 0) {
			t.Fatalf("%+v explained by %+v", d, e)
		}
	})
}

func FuzzParse(f *testing.F) {
	f.Add(webTrust)
	f.Add(statement(`"Action":["s3:*"],"NotResource":"arn:aws:s3:::${a:b, 'c'}/*?","Condition":{"ForAllValues:StringNotLikeIfExists":{"a:b":[1,true,"${*}"]},"Null":{"c:d":false}}`))
	f.Add(statement(`"Action":"*","Resource":"*","Condition":{"ArnLike":{"a:b":"arn:*:${a:b}:*:::x"},"IpAddress":{"a:b":"::/0"},"DateEquals":{"a:b":"2026-01-02T03:04:05Z"},"NumericLessThan":{"a:b":-1.5e3},"BinaryEquals":{"a:b":"AA=="}}`))
	f.Add(`{"Version":"2008-10-17","Statement":{"Effect":"Deny","NotAction":"*","Resource":"*"}}`)
	f.Fuzz(func(t *testing.T, document string) {
		for _, kind := range []iampolicy.Kind{iampolicy.Managed, iampolicy.Trust} {
			p, err := iampolicy.Load(document, kind)
			if err != nil {
				continue
			}
			if !json.Valid([]byte(document)) {
				t.Fatalf("accepted what is no JSON: %q", document)
			}
			r := &iampolicy.Request{Action: "s3:GetObject", Resource: "arn:aws:s3:::a/b", Keys: iampolicy.Keys{"a:b": {"x", "1"}, "c:d": {"arn:aws:s3:::x"}}}
			set := &iampolicy.Set{Identity: []*iampolicy.Policy{p}}
			if kind == iampolicy.Managed {
				if e, d := set.Explain(r), set.Decide(r); e.Decision != d {
					t.Fatalf("%+v explained by %+v", d, e)
				}
			} else if d, _ := p.Admits(r, &iampolicy.Who{Federated: "x"}); d.Allowed {
				t.Fatal("a trust policy allows an action that is not of STS")
			}
			for _, key := range p.Keys() {
				if !p.UsesKey(strings.ToLower(key)) {
					t.Fatalf("%q is named and not used", key)
				}
			}
		}
	})
}
