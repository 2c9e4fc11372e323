package interaction

import (
	"bytes"
	"crypto/hmac"
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"

	"cardea/engine/proposal"
	"cardea/platform/db"
	"cardea/platform/seal"
	"cardea/spec/id"
	"cardea/spec/oauth2"
)

// Bounds of an interaction.
const (
	Life = 15 * time.Minute // from its last step
	Most = 3800             // characters of a sealed one
	step = 512              // bytes by which it grows, so that its length does not tell what is in it
)

// Interaction is how far a visitor has come.
type Interaction struct {
	Page    string            `json:"p"` // what is asked of them: a challenge, or a page of another kind
	Session string            `json:"s,omitempty"`
	Name    string            `json:"n,omitempty"` // the name that they have typed
	Shown   map[string]string `json:"v,omitempty"` // what the page shows
	Ways    []string          `json:"w,omitempty"` // the challenges that they can begin with
	Choice  *Choice           `json:"c,omitempty"` // the choice that has led to the page, to be made once more
	Notice  string            `json:"m,omitempty"` // what the next page says has been done
	Back    *oauth2.Location  `json:"b,omitempty"` // where in the app they are sent after the page
	Until   int64             `json:"u,omitempty"` // when the step ends, in Unix milliseconds; 0: by Life alone
	At      int64             `json:"t"`           // when the step was taken, in Unix milliseconds
	Lasting
}

// Lasting is what stays from one step to the next until the visitor is sent back to the app.
type Lasting struct {
	Then     string `json:"h,omitempty"` // the path of the page that they come to once they have signed in, in the place of the app
	SignedUp bool   `json:"g,omitempty"` // they have made an account

	Link *proposal.Proposal `json:"l,omitempty"` // what is linked with the account that they sign in to
}

// Choice is an answer that may be given again.
type Choice struct {
	Session string `json:"s"`
	Answer  string `json:"a"`
}

// Owner is what an interaction is sealed for.
type Owner struct {
	Pool    id.Pool
	Domain  string
	Client  id.Client
	Request string // the hash of the authorization request
	Browser string // the id of the browser
}

func (o Owner) label(purpose string) string {
	return strings.Join([]string{"pages", purpose, string(o.Pool), o.Domain, string(o.Client), o.Request, o.Browser}, "/")
}

// Seal makes the text of an interaction. It is empty when the interaction is too long.
func Seal(box *seal.Box, o Owner, it Interaction, now time.Time) string {
	it.At = db.Millis(now)
	plain, err := json.Marshal(it)
	if err != nil {
		panic(err) // it is strings and numbers
	}
	plain = append(plain, bytes.Repeat([]byte(" "), step-len(plain)%step)...)
	text := base64.RawURLEncoding.EncodeToString(box.Seal(o.label("interaction"), plain))
	if len(text) > Most {
		return ""
	}
	return text
}

// Open reads a text that Seal has made for the same owner. A text that is none, that is another's or too old is no interaction.
func Open(box *seal.Box, o Owner, text string, now time.Time) (it Interaction, ok bool) {
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(text) > Most {
		return it, false
	}
	plain, err := box.Open(o.label("interaction"), sealed)
	if err != nil || json.Unmarshal(plain, &it) != nil {
		return Interaction{}, false
	}
	if age := now.Sub(db.Time(it.At)); age < 0 || age > Life || it.Until != 0 && !now.Before(db.Time(it.Until)) {
		return Interaction{}, false
	}
	return it, true
}

// Token is what a form of the owner's pages carries, to show that the browser has it from there.
func Token(box *seal.Box, o Owner) string {
	return base64.RawURLEncoding.EncodeToString(box.MAC(o.label("form"), nil))
}

// CheckToken tells whether a form's token is the owner's.
func CheckToken(box *seal.Box, o Owner, token string) bool {
	return hmac.Equal([]byte(Token(box, o)), []byte(token))
}
