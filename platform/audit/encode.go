package audit

import (
	"encoding/json"
	"strconv"
	"time"
	"unicode/utf8"
)

// Bounds of what a record takes of a request, in bytes.
const (
	maxMessage  = 1024
	maxHost     = 255
	maxRaw      = 64 << 10 // longer parameters and responses are left out, as CloudTrail does
	maxStranger = 8 << 10  // likewise, of those who have not proven who they are
)

// object writes an object member by member. Its methods leave out what is empty.
type object struct {
	b     []byte
	begun bool
}

func begin(b []byte) object { return object{b: append(b, '{')} }

func (o *object) end() []byte { return append(o.b, '}') }

func (o *object) name(name string) {
	if o.begun {
		o.b = append(o.b, ',')
	}
	o.begun = true
	o.b = append(o.b, '"')
	o.b = append(o.b, name...)
	o.b = append(o.b, '"', ':')
}

func (o *object) text(name, value string) {
	if value != "" {
		o.name(name)
		o.b = AppendText(o.b, value)
	}
}

func (o *object) flag(name string, value bool) {
	o.name(name)
	o.b = strconv.AppendBool(o.b, value)
}

func (o *object) moment(name string, t time.Time) {
	o.name(name)
	o.b = append(o.b, '"')
	o.b = t.UTC().AppendFormat(o.b, time.RFC3339)
	o.b = append(o.b, '"')
}

// raw writes JSON, or null where there is none. More of it than most is left out, which is said.
func (o *object) raw(name string, value json.RawMessage, most int) {
	o.name(name)
	switch {
	case len(value) == 0:
		o.b = append(o.b, "null"...)
	case len(value) > most:
		o.b = append(o.b, `{"omitted":true,"originalSize":`...)
		o.b = strconv.AppendInt(o.b, int64(len(value)), 10)
		o.b = append(o.b, `,"reasonOmitted":"UNKNOWN"}`...)
	default:
		o.b = append(o.b, value...)
	}
}

// object begins a member that is an object itself, which done ends.
func (o *object) object(name string) object {
	o.name(name)
	return begin(o.b)
}

func (o *object) done(inner object) { o.b = inner.end() }

// Append adds the record to b, as one line of JSON without the line's end.
func (e *Event) Append(b []byte) []byte {
	o := begin(b)
	o.text("eventVersion", version)
	identity := o.object("userIdentity")
	e.Identity.append(&identity)
	o.done(identity)
	o.moment("eventTime", e.Time)
	o.text("eventSource", e.Source)
	o.text("eventName", e.Name)
	o.text("awsRegion", e.Region)
	o.text("sourceIPAddress", e.SourceIP)
	o.text("userAgent", e.UserAgent)
	o.text("errorCode", e.ErrorCode)
	o.text("errorMessage", shortened(e.Message, maxMessage))
	most := maxRaw
	if e.Identity.ARN == "" {
		most = maxStranger
	}
	o.raw("requestParameters", e.Parameters, most)
	o.raw("responseElements", e.Response, most)
	e.Additional.append(&o)
	o.text("requestID", e.RequestID)
	o.text("eventID", e.ID)
	o.flag("readOnly", e.ReadOnly)
	o.text("eventType", e.Type)
	o.flag("managementEvent", !e.Data)
	o.text("recipientAccountId", e.Account)
	o.text("eventCategory", category(e.Data))
	if e.TLS != (TLS{}) {
		t := o.object("tlsDetails")
		t.text("tlsVersion", e.TLS.Version)
		t.text("cipherSuite", e.TLS.Suite)
		t.text("clientProvidedHostHeader", shortened(e.TLS.Host, maxHost))
		o.done(t)
	}
	return o.end()
}

func category(data bool) string {
	if data {
		return "Data"
	}
	return "Management"
}

func (i *Identity) append(o *object) {
	o.text("type", i.Type)
	o.text("principalId", i.PrincipalID)
	o.text("arn", i.ARN)
	o.text("accountId", i.Account)
	o.text("accessKeyId", i.AccessKeyID)
	o.text("userName", i.UserName)
	if i.Session != nil {
		session := o.object("sessionContext")
		i.Session.append(&session)
		o.done(session)
	}
	o.text("invokedBy", i.InvokedBy)
}

func (s *Session) append(o *object) {
	if s.Issuer != nil {
		issuer := o.object("sessionIssuer")
		s.Issuer.append(&issuer)
		o.done(issuer)
	}
	if s.Provider != "" {
		federated := o.object("webIdFederationData")
		federated.text("federatedProvider", s.Provider)
		o.done(federated)
	}
	attributes := o.object("attributes")
	attributes.moment("creationDate", s.Created)
	attributes.text("mfaAuthenticated", strconv.FormatBool(s.MFA))
	o.done(attributes)
}

func (a *Additional) append(o *object) {
	if a.Sub == "" && a.Pool == "" && a.Client == "" && a.Domain == "" && a.ClaimedKey == "" && a.Status == 0 {
		return
	}
	inner := o.object("additionalEventData")
	if a.Status != 0 {
		response := inner.object("responseParameters")
		response.name("status")
		response.b = strconv.AppendInt(response.b, int64(a.Status), 10)
		inner.done(response)
		inner.raw("requestParameters", a.Parameters, maxStranger)
	}
	inner.text("userPoolDomain", shortened(a.Domain, maxHost))
	inner.text("userPoolId", a.Pool)
	inner.text("clientId", a.Client)
	inner.text("sub", a.Sub)
	inner.text("claimedAccessKeyId", a.ClaimedKey)
	o.done(inner)
}

// shortened cuts a text that is too long.
func shortened(text string, most int) string {
	if len(text) <= most {
		return text
	}
	for !utf8.RuneStart(text[most]) {
		most--
	}
	return text[:most] + "..."
}

const digits = "0123456789abcdef"

// AppendText adds a string in JSON to b. Control characters, line separators and bytes that are not UTF-8 are escaped or replaced, so
// that a record stays one line whatever stands in it.
func AppendText(b []byte, text string) []byte {
	b = append(b, '"')
	from := 0
	for i := 0; i < len(text); {
		c := text[i]
		if c >= ' ' && c < 0x7f && c != '"' && c != '\\' {
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		if r > 0x9f && r != utf8.RuneError && r != '\u2028' && r != '\u2029' {
			i += size
			continue
		}
		b = append(b, text[from:i]...)
		b = appendEscaped(b, r)
		i += size
		from = i
	}
	b = append(b, text[from:]...)
	return append(b, '"')
}

func appendEscaped(b []byte, r rune) []byte {
	if r == '"' || r == '\\' {
		return append(b, '\\', byte(r))
	}
	return append(b, '\\', 'u', digits[r>>12&15], digits[r>>8&15], digits[r>>4&15], digits[r&15])
}
