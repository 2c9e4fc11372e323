package trail

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"

	"cardea/platform/audit"
	"cardea/spec/awsjson"
)

// Bounds of what is shown of a request or an answer.
const (
	maxText  = 1024 // bytes of a text
	maxItems = 200  // of a list or a map
)

// hidden are members, by their names in all services, whose texts are secret or personal, although the models do not mark them as
// sensitive: codes, what proves or names a person, what apps pass on to functions, and what makes the next page of a list.
var hidden = map[string]bool{
	"AnalyticsEndpointId": true, "ChallengeParameters": true, "City": true, "ClientMetadata": true, "Code": true, "ConfirmationCode": true,
	"Country": true, "Destination": true, "DeviceName": true, "EncodedData": true, "Filter": true, "FriendlyCredentialName": true,
	"FriendlyDeviceName": true, "IpAddress": true, "PasswordVerifier": true, "ProviderAttributeValue": true, "ProviderDetails": true,
	"Salt": true, "ServerName": true, "ServerPath": true, "headerName": true, "headerValue": true, "Timezone": true, "CSVHeader": true,
	"ValidationData": true, "PreSignedUrl": true, "CompletionMessage": true,

	"NextToken": true, "PaginationToken": true, "Marker": true,

	"DestinationUserIdentifier": true, "DeveloperUserIdentifier": true, "DeveloperUserIdentifierList": true, "Logins": true,
	"SourceUserIdentifier": true,

	"ContextAssertion": true, "DecodedMessage": true, "EncodedMessage": true, "ExternalId": true, "GrantTokens": true,
	"NameQualifier": true, "SessionToken": true, "Subject": true, "SubjectFromWebIdentityToken": true, "TokenCode": true,
}

// shownShapes are shapes that the models mark as sensitive, and that are shown all the same: ids of app clients, which are in the
// address of every sign-in page.
var shownShapes = []string{"ClientIdType"}

// Shown writes what the audit log tells of a value, whose form the shape describes, as JSON. secrets are the texts that it hides.
//
// It tells only of members that the shape has, with values of the right type: numbers, flags and times, values that an enumeration
// has, and texts. It hides texts that the models mark as sensitive, alone or with what is around them, those of the members in the
// table above, and all documents and blobs.
func Shown(shape *awsjson.Shape, value *awsjson.Node) (shown json.RawMessage, secrets Secrets) {
	w := writer{b: make([]byte, 0, 256)}
	w.structure(shape, value)
	return w.b, w.secrets
}

// ShownAnswer is Shown for the output of an operation; nil for one without.
func ShownAnswer(op *awsjson.Operation, out any) json.RawMessage {
	if op.Output == nil || out == nil {
		return nil
	}
	var text bytes.Buffer
	if awsjson.Encode(&text, out) != nil {
		return nil
	}
	tree, err := awsjson.Parse(text.Bytes())
	if err != nil {
		return nil
	}
	shown, _ := Shown(op.Output, &tree)
	return shown
}

// Secrets are what is hidden of a request.
type Secrets struct {
	texts []string
	keys  []string // of maps: words of errors when they are written in another case, such as PASSWORD
}

// Message is an error's text, or says that it is hidden where it repeats a secret of the request: a text in whatever case, and a key as
// it was written.
func Message(text string, secrets Secrets) string {
	folded := strings.ToLower(text)
	repeated := slices.ContainsFunc(secrets.texts, func(s string) bool { return len(s) > 2 && strings.Contains(folded, strings.ToLower(s)) }) ||
		slices.ContainsFunc(secrets.keys, func(s string) bool { return len(s) > 2 && strings.Contains(text, s) })
	if repeated {
		return audit.Hidden
	}
	return text
}

type writer struct {
	b       []byte
	secrets Secrets
}

func (w *writer) structure(shape *awsjson.Shape, n *awsjson.Node) {
	w.b = append(w.b, '{')
	begun := false
	for i := range shape.Members {
		member := &shape.Members[i]
		value := n.Given(member.Name)
		if value == nil {
			continue
		}
		if begun {
			w.b = append(w.b, ',')
		}
		begun = true
		w.b = append(audit.AppendText(w.b, member.Path), ':')
		if hidden[member.Name] {
			w.hide(value)
			continue
		}
		w.value(member.Shape, value)
	}
	w.b = append(w.b, '}')
}

// types are the types of JSON that values of a kind have.
var types = map[awsjson.Kind]awsjson.Type{
	awsjson.String: awsjson.Text, awsjson.Integer: awsjson.Number, awsjson.Long: awsjson.Number, awsjson.Boolean: awsjson.Bool,
	awsjson.Timestamp: awsjson.Number, awsjson.List: awsjson.Array, awsjson.Map: awsjson.Object, awsjson.Structure: awsjson.Object,
}

func (w *writer) value(shape *awsjson.Shape, n *awsjson.Node) {
	want, known := types[shape.Kind]
	if !known || n.Type != want || sensitive(shape) {
		w.hide(n)
		return
	}
	switch shape.Kind {
	case awsjson.String:
		if shape.Enum != nil && !slices.Contains(shape.Enum, n.Text) {
			w.hide(n)
			return
		}
		w.b = audit.AppendText(w.b, shortened(n.Text))
	case awsjson.List:
		w.list(shape, n)
	case awsjson.Map:
		w.mapping(shape, n)
	case awsjson.Structure:
		w.structure(shape, n)
	default:
		w.b = append(w.b, n.Text...)
	}
}

func sensitive(shape *awsjson.Shape) bool {
	return shape.Sensitive && !slices.Contains(shownShapes, shape.Name)
}

func (w *writer) list(shape *awsjson.Shape, n *awsjson.Node) {
	w.b = append(w.b, '[')
	for i := range n.Items[:min(len(n.Items), maxItems)] {
		if i > 0 {
			w.b = append(w.b, ',')
		}
		w.value(shape.Element, &n.Items[i])
	}
	w.b = append(w.b, ']')
}

// mapping writes a map. Keys that may not be shown hide all of it.
func (w *writer) mapping(shape *awsjson.Shape, n *awsjson.Node) {
	if sensitive(shape.Key) {
		w.hide(n)
		return
	}
	w.b = append(w.b, '{')
	for i := range n.Items[:min(len(n.Items), maxItems)] {
		if i > 0 {
			w.b = append(w.b, ',')
		}
		w.b = append(audit.AppendText(w.b, shortened(n.Keys[i])), ':')
		w.value(shape.Element, &n.Items[i])
	}
	w.b = append(w.b, '}')
}

// hide writes that a value is hidden, and remembers what it says.
func (w *writer) hide(n *awsjson.Node) {
	w.b = audit.AppendText(w.b, audit.Hidden)
	w.remember(n)
}

func (w *writer) remember(n *awsjson.Node) {
	if n.Type == awsjson.Text || n.Type == awsjson.Number {
		w.secrets.texts = append(w.secrets.texts, n.Text)
	}
	w.secrets.keys = append(w.secrets.keys, n.Keys...)
	for i := range n.Items {
		w.remember(&n.Items[i])
	}
}

// shortened cuts a text that is too long.
func shortened(text string) string {
	if len(text) <= maxText {
		return text
	}
	cut := maxText
	for !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + "..."
}
