package temporary

import (
	"bytes"
	"compress/flate"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

// The forms of a payload, which its first byte names.
const (
	plain    = 1 // JSON
	deflated = 2 // JSON that is deflated with dictionary
)

// maxPayload bounds the JSON of a session, in bytes.
const maxPayload = 64 << 10

// small is the length up to which JSON stays as it is: deflating would cost more time than the rest of a token.
const small = 768

// stored is a session as its token has it.
type stored struct {
	Kind       Kind                `json:"k"`
	Account    string              `json:"a"`
	Principal  string              `json:"p,omitzero"`
	Key        string              `json:"y,omitzero"`
	Name       string              `json:"n,omitzero"`
	Issued     int64               `json:"i"`
	Expires    int64               `json:"e"`
	Keys       map[string][]string `json:"c,omitempty"`
	Tags       map[string]string   `json:"t,omitempty"`
	Transitive []string            `json:"r,omitempty"`
	Policy     string              `json:"d,omitzero"`
	PolicyARNs []string            `json:"m,omitempty"`
	Guest      bool                `json:"g,omitzero"`
	MFA        bool                `json:"f,omitzero"`
	Chained    bool                `json:"h,omitzero"`
	Source     string              `json:"s,omitzero"`
}

// encode is the payload of a session's token.
func encode(s *Session) ([]byte, error) {
	text, err := json.Marshal(stored{
		s.Kind, s.Account, s.PrincipalID, s.AccessKeyID, s.Name, s.Issued.Unix(), s.Expires.Unix(), s.Keys, s.Tags, s.Transitive,
		s.Policy, s.PolicyARNs, s.Guest, s.MFA, s.Chained, s.SourceIdentity,
	})
	if err != nil {
		return nil, fmt.Errorf("encode session: %w", err)
	}
	if len(text) > maxPayload {
		return nil, &TooLargeError{percentOf(len(text), maxPayload)}
	}
	if len(text) <= small {
		return append([]byte{plain}, text...), nil
	}
	out := bytes.NewBuffer([]byte{deflated})
	w := writers.Get().(*flate.Writer)
	defer writers.Put(w)
	w.Reset(out)
	if _, err := w.Write(text); err != nil {
		return nil, fmt.Errorf("deflate session: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("deflate session: %w", err)
	}
	return out.Bytes(), nil
}

// decode reads what encode has made.
func decode(payload []byte) (*Session, error) {
	if len(payload) == 0 {
		return nil, errors.New("empty")
	}
	text := payload[1:]
	switch payload[0] {
	case plain:
	case deflated:
		var err error
		if text, err = inflate(text); err != nil {
			return nil, err
		}
	default:
		return nil, fmt.Errorf("form %d is not known", payload[0])
	}
	var t stored
	if err := json.Unmarshal(text, &t); err != nil {
		return nil, fmt.Errorf("decode session: %w", err)
	}
	return &Session{
		Kind: t.Kind, Account: t.Account, PrincipalID: t.Principal, AccessKeyID: t.Key, Name: t.Name,
		Issued: time.Unix(t.Issued, 0).UTC(), Expires: time.Unix(t.Expires, 0).UTC(), Keys: t.Keys, Tags: t.Tags, Transitive: t.Transitive,
		Policy: t.Policy, PolicyARNs: t.PolicyARNs, Guest: t.Guest, MFA: t.MFA, Chained: t.Chained, SourceIdentity: t.Source,
	}, nil
}

func inflate(packed []byte) ([]byte, error) {
	r := flate.NewReaderDict(bytes.NewReader(packed), []byte(dictionary))
	text, err := io.ReadAll(io.LimitReader(r, maxPayload+1))
	if err != nil {
		return nil, fmt.Errorf("inflate session: %w", err)
	}
	if len(text) > maxPayload {
		return nil, errors.New("session is too large")
	}
	return text, nil
}

// writers are used again, since making one costs more than a token.
var writers = sync.Pool{New: func() any {
	w, err := flate.NewWriterDict(io.Discard, flate.DefaultCompression, []byte(dictionary))
	if err != nil {
		panic(err) // only for levels that there are not
	}
	return w
}}

// dictionary is what sessions are likely to say, the likeliest last. Another one needs a form of its own: tokens that were issued with this one
// must open.
const dictionary = `kms:Decrypt` + `sqs:SendMessage` + `sns:Publish` + `lambda:InvokeFunction` + `execute-api:Invoke` +
	`dynamodb:Query` + `dynamodb:UpdateItem` + `dynamodb:DeleteItem` + `dynamodb:PutItem` + `dynamodb:GetItem` +
	`arn:aws:dynamodb:us-east-1:` + `dynamodb:LeadingKeys` + `:table/` + `arn:aws:iam::aws:policy/` + `ReadOnlyAccess` +
	`\"NotResource\":` + `\"NotAction\":[` + `\"IpAddress\":{\"aws:SourceIp\":` + `\"Bool\":{\"aws:SecureTransport\":\"false\"}` +
	`\"ForAllValues:StringEquals\":{` + `\"ForAnyValue:StringLike\":{` + `\"StringNotEquals\":{` + `\"StringEquals\":{\"aws:` +
	`\"StringLike\":{\"s3:prefix\":[\"` + `\"Condition\":{` + `\"Sid\":\"` +
	`s3:ListBucketMultipartUploads` + `s3:AbortMultipartUpload` + `s3:GetBucketLocation` + `s3:ListBucket` + `s3:DeleteObject` +
	`s3:PutObject` + `s3:GetObject\",\"` + `\"Resource\":[\"arn:aws:s3:::` + `/${cognito-identity.amazonaws.com:sub}/*\"` +
	`/${aws:PrincipalTag/` + `\"Effect\":\"Deny\",` + `\"Resource\":\"*\"}]}` +
	`{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":[\"` +
	`"aws:sourceidentity":["` + `"saml:namequalifier":["` + `"saml:sub_type":["` + `"saml:iss":["` + `"accounts.google.com:aud":["` +
	`"cognito-identity.amazonaws.com:amr":["unauthenticated","authenticated","cognito-idp.us-east-1.amazonaws.com/us-east-1_` +
	`:CognitoSignIn:` + `"cognito-identity.amazonaws.com:aud":["us-east-1:` + `"cognito-identity.amazonaws.com:sub":["us-east-1:` +
	`"aws:federatedprovider":["cognito-identity.amazonaws.com"],` + `"m":["arn:aws:iam::` + `:policy/` + `"t":{"` + `"d":"` +
	`{"k":"role","a":"` + `","p":"AROA` + `","n":"CognitoIdentityCredentials","i":17` + `,"e":17` + `,"c":{"`
