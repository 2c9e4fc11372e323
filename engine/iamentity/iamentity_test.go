package iamentity_test

import (
	"bytes"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cardea/engine/iamentity"
	"cardea/platform/page"
	"cardea/platform/seal"
	"cardea/record/principal"
	"cardea/spec/iam"
)

func codec(t *testing.T) *page.Codec {
	t.Helper()
	master, err := seal.NewMaster(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return page.New(master)
}

func itself(text string) string { return text }

func TestListsAreReadPageByPage(t *testing.T) {
	t.Parallel()
	pages := codec(t)
	for items, want := range map[int64][]string{
		1: {"[a]", "[b]", "[c]", "[d]"},
		3: {"[a b c]", "[d]"},
		4: {"[a b c d]"},
		0: {"[a b c d]"},
	} {
		var got []string
		q := iamentity.Query{Binding: "List", MaxItems: items}
		for {
			list, next, err := iamentity.Page(pages, q, iamentity.Among([]string{"a", "b", "c", "d"}, itself), itself)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, fmt.Sprint(list))
			if q.Marker = next; next == "" {
				break
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("pages of %d (-want +got):\n%s", items, diff)
		}
	}
}

func TestPagesHaveAHundredEntriesAndAreNeverNil(t *testing.T) {
	t.Parallel()
	var list []string
	for i := range 101 {
		list = append(list, fmt.Sprintf("%03d", i))
	}
	got, next, err := iamentity.Page(codec(t), iamentity.Query{}, iamentity.Among(list, itself), itself)
	if len(got) != 100 || next == "" || err != nil {
		t.Errorf("%d entries, next %q, %v", len(got), next, err)
	}
	got, next, err = iamentity.Page(codec(t), iamentity.Query{}, iamentity.Among(nil, itself), itself)
	if got == nil || next != "" || err != nil {
		t.Errorf("of nothing: %v, next %q, %v", got, next, err)
	}
}

func TestMarkersAreGoodForTheirListAlone(t *testing.T) {
	t.Parallel()
	pages := codec(t)
	list := []string{strings.Repeat("a", 160), "b"}
	_, next, err := iamentity.Page(pages, iamentity.Query{Binding: "ListRoles//", MaxItems: 1}, iamentity.Among(list, itself), itself)
	if err != nil || len(next) > 320 {
		t.Errorf("marker %q of %d characters, %v", next, len(next), err)
	}
	for _, marker := range []string{next, "garbage"} {
		_, _, err = iamentity.Page(pages, iamentity.Query{Binding: "ListUsers//", Marker: marker}, iamentity.Among(list, itself), itself)
		if !errors.Is(err, iamentity.ErrMarker) {
			t.Errorf("marker %q: got %v, want ErrMarker", marker, err)
		}
	}
}

func TestTagsAreMergedByTheirKeys(t *testing.T) {
	t.Parallel()
	have := []iam.Tag{{Key: "Department", Value: "finance"}, {Key: "team", Value: "a"}}
	for name, c := range map[string]struct {
		keys iamentity.Keys
		add  []iam.Tag
		want any
	}{
		"folded":          {iamentity.FoldedKeys, []iam.Tag{{Key: "department", Value: "hr"}}, []iam.Tag{{Key: "department", Value: "hr"}, {Key: "team", Value: "a"}}},
		"exact":           {iamentity.ExactKeys, []iam.Tag{{Key: "Team"}}, []iam.Tag{{Key: "Department", Value: "finance"}, {Key: "Team"}, {Key: "team", Value: "a"}}},
		"twice, folded":   {iamentity.FoldedKeys, []iam.Tag{{Key: "x"}, {Key: "X"}}, iamentity.ErrTagTwice},
		"cases, exact":    {iamentity.ExactKeys, []iam.Tag{{Key: "x"}, {Key: "X"}}, []iam.Tag{{Key: "Department", Value: "finance"}, {Key: "X"}, {Key: "team", Value: "a"}, {Key: "x"}}},
		"twice, exact":    {iamentity.ExactKeys, []iam.Tag{{Key: "x"}, {Key: "x"}}, iamentity.ErrTagTwice},
		"AWS's":           {iamentity.ExactKeys, []iam.Tag{{Key: "Aws:x"}}, iamentity.ErrSystemTag},
		"too many":        {iamentity.ExactKeys, tags(49), iamentity.ErrManyTags},
		"as many as may":  {iamentity.ExactKeys, tags(48), append(append([]iam.Tag{have[0]}, tags(48)...), have[1])},
		"nothing changes": {iamentity.ExactKeys, nil, have},
	} {
		got, err := c.keys.Merge(have, c.add)
		if want, ok := c.want.(error); ok {
			if !errors.Is(err, want) {
				t.Errorf("%s: got %v, want %v", name, err, want)
			}
			continue
		}
		if diff := cmp.Diff(c.want, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
		}
	}

	if got := iamentity.FoldedKeys.Without(have, []string{"TEAM", "none"}); len(got) != 1 {
		t.Errorf("without TEAM: %v", got)
	}
	if got := iamentity.ExactKeys.Without(have, []string{"TEAM"}); len(got) != 2 {
		t.Errorf("without TEAM, exactly: %v", got)
	}
}

func tags(n int) (list []iam.Tag) {
	for i := range n {
		list = append(list, iam.Tag{Key: fmt.Sprintf("k%02d", i)})
	}
	return list
}

func TestCursorsOfLongTagsAreShortAndTheirOwn(t *testing.T) {
	t.Parallel()
	a, b := iamentity.TagCursor(iam.Tag{Key: strings.Repeat("ü", 127) + "a"}), iamentity.TagCursor(iam.Tag{Key: strings.Repeat("ü", 127) + "b"})
	if a == b || len(a) > 120 || len(b) > 120 {
		t.Errorf("cursors %q and %q", a, b)
	}
}

func TestDocumentsAreEncodedAsRFC3986Says(t *testing.T) {
	t.Parallel()
	const text = "{\"Sid\": \"a+b*c~d-e_f.g/ü!'()\"}\n"
	got := iamentity.Document(text)
	if want := "%7B%22Sid%22%3A%20%22a%2Bb%2Ac~d-e_f.g%2F%C3%BC%21%27%28%29%22%7D%0A"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if back, err := url.PathUnescape(got); back != text || err != nil {
		t.Errorf("read back as %q, %v", back, err)
	}
}

func TestQuotasAreKept(t *testing.T) {
	t.Parallel()
	q := iamentity.Attached(principal.Role)
	if err := q.Check(9); err != nil {
		t.Error(err)
	}
	if many, ok := errors.AsType[*iamentity.QuotaError](q.Check(10)); !ok || many.Quota != q || q.Most != 10 {
		t.Errorf("the eleventh: %v", many)
	}
	small := iamentity.Quota{Name: "PolicySize", Most: 3}
	if err := small.CheckSize(" a\tb\r\nü "); err != nil {
		t.Error(err)
	}
	if err := small.CheckSize("abcd"); err == nil {
		t.Error("a policy may be too long")
	}
}

func TestARNsOfManagedPoliciesAreTold(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"arn:aws:iam::123456789012:policy/p":      true,
		"arn:aws-cn:iam::aws:policy/service/p":    true,
		"arn:aws:iam::123456789012:role/policy/p": false,
		"arn:aws:iam:eu:123456789012:policy/p":    false,
		"arn:aws:iam:::policy/p":                  false,
		"arn:aws:s3::123456789012:policy/p":       false,
		"AdministratorAccess":                     false,
	} {
		if got := iamentity.IsPolicyARN(text); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
}
