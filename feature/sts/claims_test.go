package sts

import (
	"errors"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cardea/engine/federated"
	"cardea/spec/awsjson"
)

func TestTokensSayWhatSessionsHave(t *testing.T) {
	t.Parallel()
	const tags, source = "https://aws.amazon.com/tags", "https://aws.amazon.com/source_identity"
	type all = map[string][]string
	for name, c := range map[string]struct {
		claims     all
		tags       map[string]string
		transitive []string
		source     string
		refused    bool
	}{
		"nothing": {claims: all{"sub": {"jane"}}, tags: map[string]string{}},
		"an object": {
			claims: all{tags: {`{"principal_tags":{"Team":["x"],"Empty":[""]},"transitive_tag_keys":["team"]}`}},
			tags:   map[string]string{"Team": "x", "Empty": ""}, transitive: []string{"Team"},
		},
		"a claim each": {
			claims: all{tags + "/principal_tags/Team": {"x"}, tags + "/transitive_tag_keys": {"Team"}},
			tags:   map[string]string{"Team": "x"}, transitive: []string{"Team"},
		},
		"a source":             {claims: all{source: {"jane@example.com"}}, tags: map[string]string{}, source: "jane@example.com"},
		"two sources":          {claims: all{source: {"jane", "joe"}}, refused: true},
		"a source of AWS's":    {claims: all{source: {"aws:jane"}}, refused: true},
		"a short source":       {claims: all{source: {"j"}}, refused: true},
		"a strange source":     {claims: all{source: {"jane\ndoe"}}, refused: true},
		"no object":            {claims: all{tags: {"Team"}}, refused: true},
		"two objects":          {claims: all{tags: {"{}", "{}"}}, refused: true},
		"a list of values":     {claims: all{tags: {`{"principal_tags":{"Team":["x","y"]}}`}}, refused: true},
		"a wildcard":           {claims: all{tags: {`{"principal_tags":{"Team":["*"]}}`}}, refused: true},
		"a long value":         {claims: all{tags: {`{"principal_tags":{"Team":["` + strings.Repeat("x", 257) + `"]}}`}}, refused: true},
		"a long key":           {claims: all{tags: {`{"principal_tags":{"` + strings.Repeat("x", 129) + `":["x"]}}`}}, refused: true},
		"a key of AWS's":       {claims: all{tags: {`{"principal_tags":{"aws:x":["x"]}}`}}, refused: true},
		"a key in both spells": {claims: all{tags: {`{"principal_tags":{"Team":["x"],"TEAM":["y"]}}`}}, refused: true},
		"51 tags":              {claims: many(51), refused: true},
		"transitive, no tag":   {claims: all{tags: {`{"transitive_tag_keys":["Team"]}`}}, refused: true},
	} {
		a := assumption{}
		err := a.claim(claimsOf(&federated.Token{Provider: "login.example", Claims: c.claims}))
		if c.refused {
			if _, ok := errors.AsType[*awsjson.Fault](err); !ok {
				t.Errorf("%s: got %v, %+v", name, err, a)
			}
			continue
		}
		if diff := cmp.Diff(c.tags, a.Tags); diff != "" || err != nil || a.SourceIdentity != c.source || !cmp.Equal(a.Transitive, c.transitive) {
			t.Errorf("%s: %v %v %+v", name, err, diff, a)
		}
	}
}

// many are claims of so many tags.
func many(n int) map[string][]string {
	all := map[string][]string{}
	for i := range n {
		all["https://aws.amazon.com/tags/principal_tags/key"+strconv.Itoa(i)] = []string{"x"}
	}
	return all
}

func TestKeysOfTokensAreNamedAsProvidersAre(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		token federated.Token
		want  map[string][]string
	}{
		{
			federated.Token{Provider: "Login.example/A", ARN: "arn", Subject: "s", Audience: "a"},
			map[string][]string{"aws:federatedprovider": {"arn"}, "login.example/a:aud": {"a"}, "login.example/a:sub": {"s"}},
		},
		{
			federated.Token{Provider: federated.Google, Subject: "s", Audience: "azp", Claims: map[string][]string{"aud": {"a"}}},
			map[string][]string{
				"aws:federatedprovider": {federated.Google}, "accounts.google.com:aud": {"azp"}, "accounts.google.com:oaud": {"a"},
				"accounts.google.com:sub": {"s"},
			},
		},
		{
			federated.Token{Provider: federated.Facebook, Subject: "s", Audience: "a"},
			map[string][]string{"aws:federatedprovider": {federated.Facebook}, "graph.facebook.com:app_id": {"a"}, "graph.facebook.com:id": {"s"}},
		},
		{
			federated.Token{Provider: federated.Amazon, Subject: "s", Audience: "a"},
			map[string][]string{"aws:federatedprovider": {federated.Amazon}, "www.amazon.com:app_id": {"a"}, "www.amazon.com:user_id": {"s"}},
		},
	} {
		if diff := cmp.Diff(c.want, map[string][]string(webKeys(&c.token))); diff != "" {
			t.Error(diff)
		}
	}
}
