package unknown_test

import (
	"regexp"
	"testing"

	"cardea/engine/message"
	"cardea/engine/unknown"
	"cardea/platform/seal"
	"cardea/record/pool"
	"cardea/spec/cognitoidp"
)

func newBox(t *testing.T) *seal.Box {
	t.Helper()
	box, err := seal.NewBox("us-east-1_AbC123xyz", 1, seal.Key{ID: 1, Secret: seal.NewKey()})
	if err != nil {
		t.Fatal(err)
	}
	return box
}

var uuid = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

func TestAnIDIsItsOwn(t *testing.T) {
	t.Parallel()
	box := newBox(t)
	both := &pool.Pool{Doc: cognitoidp.UserPoolType{UsernameAttributes: []string{"email", "phone_number"}}}
	none := &pool.Pool{}
	for _, name := range []string{"bob", "bob@example.com", "+15550100200", "", "01234567-89ab-4cde-8f01-23456789abcd"} {
		if id := unknown.ID(none, box, name); id != name {
			t.Errorf("where addresses are no names, %q has the id %q", name, id)
		}
		id := unknown.ID(both, box, name)
		if again := unknown.ID(both, box, id); again != id {
			t.Errorf("the id %q of %q has the id %q", id, name, again)
		}
		if address := len(name) > 0 && (name[0] == '+' || name == "bob@example.com"); address != (id != name) || id != name && !uuid.MatchString(id) {
			t.Errorf("%q has the id %q", name, id)
		}
	}
}

func TestTheIDOfAnAddressIsMaskedLikeIt(t *testing.T) {
	t.Parallel()
	box, other := newBox(t), newBox(t)
	p := &pool.Pool{Doc: cognitoidp.UserPoolType{UsernameAttributes: []string{"email", "phone_number"}}}
	for name, kind := range map[string]string{
		"bob@example.com": "email", "~@z.org": "email", "a@b.co": "email", "+15550100200": "phone_number", "+4930123": "phone_number",
		"+123456789012345": "phone_number", "+15550100007": "phone_number",
	} {
		id := unknown.ID(p, box, name)
		attribute, value := unknown.Contact(box, id)
		if attribute != kind || message.Mask(attribute, value) != message.Mask(kind, name) {
			t.Errorf("%s: %s %s, masked %s; want %s", name, attribute, value, message.Mask(attribute, value), message.Mask(kind, name))
		}
		if attribute, value := unknown.Contact(other, id); attribute == kind && message.Mask(attribute, value) == message.Mask(kind, name) {
			t.Errorf("the id of %s tells its contact to everybody", name)
		}
	}
	for _, text := range []string{"", "bob", "01234567-89ab-4cde-8f01-23456789abc", "zzzzzzzz-zzzz-zzzz-zzzz-zzzzzzzzzzzz", "é1234567-89ab-4cde-8f01-23456789ab"} {
		if attribute, value := unknown.Contact(box, text); attribute != "" || value != "" {
			t.Errorf("%q is of %s %s", text, attribute, value)
		}
	}
}
