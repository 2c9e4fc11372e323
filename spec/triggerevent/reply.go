package triggerevent

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// MaxReply is how long a function's reply may be, in bytes.
const MaxReply = 1 << 20

// ErrReply says that a reply is not what the trigger may answer. Errors that wrap it tell where, never what the reply says.
var ErrReply = errors.New("unusable reply")

// object is a JSON object, read member by member. Of a member given twice the last counts, and names match exactly; a struct
// of encoding/json would merge the former and be lax about the latter.
type object struct {
	members map[string]json.RawMessage
	wrong   *error // the first member of a wrong type, shared by all objects of a reply
}

// readResponse reads a reply as far as its response, which is empty when there is none.
func readResponse(reply []byte) (object, error) {
	var wrong error
	if len(reply) > MaxReply {
		return object{}, fmt.Errorf("%w: longer than %d bytes", ErrReply, MaxReply)
	}
	event := object{wrong: &wrong}
	if !event.fill(reply) {
		return object{}, fmt.Errorf("%w: not a JSON object", ErrReply)
	}
	response, _ := event.object("response")
	return response, wrong
}

// ReadNothing checks the reply of a trigger that has nothing to say: PostConfirmation, PreAuthentication, PostAuthentication.
func ReadNothing(reply []byte) error {
	_, err := readResponse(reply)
	return err
}

// fill reads raw, and reports whether it is an object.
func (o *object) fill(raw []byte) bool {
	return json.Unmarshal(raw, &o.members) == nil && o.members != nil
}

// raw is a member's text; nil when it is absent or null.
func (o object) raw(name string) json.RawMessage {
	raw := o.members[name]
	if bytes.Equal(raw, []byte("null")) {
		return nil
	}
	return raw
}

func (o object) fail(name string) {
	if *o.wrong == nil {
		*o.wrong = fmt.Errorf("%w: %s has a wrong type", ErrReply, name)
	}
}

// object is a member that is an object; the second result is false when it is absent or null.
func (o object) object(name string) (object, bool) {
	inner := object{wrong: o.wrong}
	raw := o.raw(name)
	if raw == nil {
		return inner, false
	}
	if !inner.fill(raw) {
		o.fail(name)
	}
	return inner, true
}

// member reads a member whose type is told by T.
func member[T any](o object, name string) (value T) {
	raw := o.raw(name)
	if raw == nil {
		return value
	}
	if json.Unmarshal(raw, &value) != nil {
		o.fail(name)
		var none T
		return none
	}
	return value
}

func (o object) bool(name string) bool   { return member[bool](o, name) }
func (o object) text(name string) string { return member[string](o, name) }

// texts is a member that is a list of strings. A null in it is a wrong type.
func (o object) texts(name string) []string {
	given := member[[]*string](o, name)
	if given == nil {
		return nil
	}
	all := make([]string, 0, len(given))
	for _, text := range given {
		if text == nil {
			o.fail(name)
			return nil
		}
		all = append(all, *text)
	}
	return all
}

// strings is a member that maps names to strings; nil when it is absent. Names whose value is null are left out.
func (o object) strings(name string) map[string]string {
	given := member[map[string]*string](o, name)
	if given == nil {
		return nil
	}
	all := make(map[string]string, len(given))
	for key, value := range given {
		if value != nil {
			all[key] = *value
		}
	}
	return all
}

// values is a member that maps names to values of any kind, numbers as json.Number. Names whose value is null are left out.
func (o object) values(name string) map[string]any {
	raw := o.raw(name)
	if raw == nil {
		return nil
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var all map[string]any
	if decoder.Decode(&all) != nil {
		o.fail(name)
		return nil
	}
	for key, value := range all {
		if value == nil {
			delete(all, key)
		}
	}
	return all
}
