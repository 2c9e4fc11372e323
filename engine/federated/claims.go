package federated

import (
	"encoding/json"
	"math"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"cardea/spec/jose"
)

// Bounds of tokens, in bytes: those of the interface's model, and of subjects.
const (
	maxToken   = 50_000
	maxSubject = 1024
)

// Skew is how far the clock of a provider may be from this server's.
const Skew = 5 * time.Minute

// read is a token whose claims are read and not yet believed.
type read struct {
	token  *jose.Token
	claims map[string]json.RawMessage
}

// readToken takes a signed token apart. It answers ErrNotIdentity.
func readToken(compact string) (*read, error) {
	if len(compact) > maxToken {
		return nil, ErrNotIdentity
	}
	t, err := jose.Parse(compact)
	if err != nil {
		return nil, ErrNotIdentity
	}
	claims, err := t.Claims()
	if err != nil {
		return nil, ErrNotIdentity
	}
	return &read{t, claims}, nil
}

// text is a claim that is a string; "" if it is none.
func (r *read) text(name string) (text string) {
	if raw := r.claims[name]; len(raw) == 0 || raw[0] != '"' || json.Unmarshal(raw, &text) != nil {
		return ""
	}
	return text
}

// seconds is a claim that is a moment.
func (r *read) seconds(name string) (at int64, ok bool) {
	var number float64
	raw, found := r.claims[name]
	if !found || json.Unmarshal(raw, &number) != nil || math.IsNaN(number) || number < 0 || number > 1<<40 {
		return 0, false
	}
	return int64(number), true
}

// audience is the client that a token was made for, azp before aud. Of several in aud the one that is meant is not said: it is the
// first that known admits.
func (r *read) audience(known func(client string) bool) (string, error) {
	if azp := r.text("azp"); azp != "" {
		return azp, admitted(known(azp))
	}
	list := values(r.claims["aud"])
	if len(list) == 0 {
		return "", &ClaimError{"aud"}
	}
	for _, one := range list {
		if known(one) {
			return one, nil
		}
	}
	return "", ErrUnsupported
}

func admitted(ok bool) error {
	if !ok {
		return ErrUnsupported
	}
	return nil
}

// checkTimes decides whether a token is of now, by a clock that may be wrong by skew, and answers when it expires.
func (r *read) checkTimes(now time.Time, skew time.Duration) (expires int64, err error) {
	expires, ok := r.seconds("exp")
	if !ok {
		return 0, &ClaimError{"exp"}
	}
	if at := now.Add(-skew).Unix(); at >= expires {
		return 0, &ExpiredError{expires, now.Unix()}
	}
	for _, name := range []string{"nbf", "iat"} {
		if _, found := r.claims[name]; !found {
			continue
		}
		if from, ok := r.seconds(name); !ok || from > now.Add(skew).Unix() {
			return 0, ErrEarly
		}
	}
	return expires, nil
}

// all are the claims as strings.
func (r *read) all() map[string][]string {
	all := make(map[string][]string, len(r.claims))
	for name, raw := range r.claims {
		if list := values(raw); len(list) > 0 {
			all[name] = list
		}
	}
	return all
}

// values are the strings of a claim: the elements of a list, and what is no string as its JSON. A null is none.
func values(raw json.RawMessage) []string {
	if len(raw) == 0 {
		return nil
	}
	switch raw[0] {
	case '[':
		var list []json.RawMessage
		if json.Unmarshal(raw, &list) != nil {
			return nil
		}
		var all []string
		for _, element := range list {
			if len(element) > 0 && element[0] == '[' {
				all = append(all, string(element))
				continue
			}
			all = append(all, values(element)...)
		}
		return all
	case '"':
		var text string
		if json.Unmarshal(raw, &text) != nil {
			return nil
		}
		return []string{text}
	case 'n':
		return nil
	}
	return []string{string(raw)}
}

// names reports whether a provider's name for a user can be one.
func names(subject string) bool {
	return subject != "" && len(subject) <= maxSubject && utf8.ValidString(subject) && !strings.ContainsRune(subject, utf8.RuneError) &&
		!strings.ContainsFunc(subject, unicode.IsControl)
}
