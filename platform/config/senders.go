package config

import (
	"errors"
	"fmt"
	"net/url"
	"reflect"
	"slices"
	"strings"
)

// Sender is one way of sending mails or text messages, for the pools that it matches.
type Sender struct {
	// Name is the sender's in environment variables.
	Name string `toml:"name"`
	// Transport is "smtp" or "ses" for mail; "sns", "end_user_messaging", "twilio" or "webhook" for text messages.
	Transport string `toml:"transport"`
	// Match says for which pools: SES identities' ARNs, mail addresses or domains; roles' ARNs or Regions; "default" for pools
	// that name none, "*" for those that no other sender matches.
	Match []string `toml:"match"`
	// Domains are those that From may be of; empty means any.
	Domains []string `toml:"domains"`
	// From is the sender of mails when a pool names none, or Twilio's phone number.
	From string `toml:"from"`

	Host     string `toml:"host"`
	Port     int    `toml:"port"`
	Username string `toml:"username"`
	Password Secret `toml:"password"`
	TLS      string `toml:"tls"`

	// Region, Endpoint and the key are AWS's; without a key that of the environment is taken.
	Region           string `toml:"region"`
	Endpoint         string `toml:"endpoint"`
	AccessKeyID      string `toml:"access_key_id"`
	SecretAccessKey  Secret `toml:"secret_access_key"`
	SessionToken     Secret `toml:"session_token"`
	ConfigurationSet string `toml:"configuration_set"`
	SenderID         string `toml:"sender_id"`
	Origination      string `toml:"origination"`

	// Account, User and Password are Twilio's account, and its API key or the account again with its token.
	Account          string `toml:"account"`
	MessagingService string `toml:"messaging_service"`

	// URL, Secret and NextSecret are the webhook's; the latter is empty unless the secret is being replaced.
	URL        string `toml:"url"`
	Secret     Secret `toml:"secret"`
	NextSecret Secret `toml:"next_secret"`
}

// settings of a transport besides name, transport and match, those that are required in front.
type transport struct{ required, optional []string }

var awsKey = []string{"endpoint", "access_key_id", "secret_access_key", "session_token"}

var transports = map[string]transport{
	"smtp":               {[]string{"host", "from"}, []string{"port", "username", "password", "tls", "domains"}},
	"ses":                {[]string{"region", "from"}, append([]string{"domains", "configuration_set"}, awsKey...)},
	"sns":                {[]string{"region"}, append([]string{"sender_id", "origination"}, awsKey...)},
	"end_user_messaging": {[]string{"region"}, append([]string{"origination", "configuration_set"}, awsKey...)},
	"twilio":             {[]string{"account", "password"}, []string{"username", "from", "messaging_service", "endpoint"}},
	"webhook":            {[]string{"url", "secret"}, []string{"next_secret"}},
}

// overlaySenders puts the variables CARDEA_SENDER_<NAME>_<SETTING> over the settings of the senders, completes their keys by
// AWS's own variables and their defaults, and returns the variables that it has not used.
func overlaySenders(environ []string, senders []Sender) (rest []string) {
	aws := map[string]string{}
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		aws[name] = value
		if !setSender(senders, name, value) {
			rest = append(rest, entry)
		}
	}
	for i := range senders {
		s := &senders[i]
		if s.Transport == "smtp" {
			s.Port, s.TLS = or(s.Port, 587), or(s.TLS, "starttls")
		}
		if slices.Contains(transports[s.Transport].optional, "access_key_id") && s.AccessKeyID == "" {
			s.AccessKeyID = aws["AWS_ACCESS_KEY_ID"]
			s.SecretAccessKey = or(s.SecretAccessKey, Secret(aws["AWS_SECRET_ACCESS_KEY"]))
			s.SessionToken = or(s.SessionToken, Secret(aws["AWS_SESSION_TOKEN"]))
		}
		if s.Transport == "twilio" {
			s.Username = or(s.Username, s.Account)
		}
	}
	return rest
}

func or[T comparable](value, def T) T {
	var zero T
	if value == zero {
		return def
	}
	return value
}

// setSender sets the text that a variable is for, and tells whether it is for any.
func setSender(senders []Sender, variable, value string) bool {
	for i := range senders {
		for field, into := range reflect.ValueOf(&senders[i]).Elem().Fields() {
			key := field.Tag.Get("toml")
			if into.Kind() == reflect.String && key != "name" && variable == senders[i].variable(key) {
				into.SetString(value)
				return true
			}
		}
	}
	return false
}

// variable names the environment variable for a setting of the sender.
func (s *Sender) variable(setting string) string {
	return prefix + "SENDER_" + strings.ToUpper(strings.ReplaceAll(s.Name, "-", "_")+"_"+setting)
}

func (c Config) checkSenders() error {
	var wrong []error
	names := map[string]bool{}
	matched := map[string]bool{}
	for i, s := range c.Senders {
		label := fmt.Sprintf("senders %d", i+1)
		if s.Name != "" {
			label += " (" + s.Name + ")"
			if names[s.Name] {
				wrong = append(wrong, fmt.Errorf("%s: another sender has this name", label))
			}
			names[s.Name] = true
		}
		if err := s.check(c.Outgoing.PlainHTTP); err != nil {
			wrong = append(wrong, Within(label, err))
		}
		for _, match := range s.Match {
			key := fmt.Sprint(s.mail(), " ", strings.ToLower(match))
			if matched[key] {
				wrong = append(wrong, fmt.Errorf("%s: another sender matches %q too", label, match))
			}
			matched[key] = true
		}
	}
	return errors.Join(wrong...)
}

// mail tells senders of mail from those of text messages.
func (s Sender) mail() bool { return s.Transport == "smtp" || s.Transport == "ses" }

// check reports everything that is wrong with one sender.
func (s Sender) check(plainHTTP bool) error {
	known, ok := transports[s.Transport]
	if !ok {
		return checkOneOf("transport", s.Transport, "smtp", "ses", "sns", "end_user_messaging", "twilio", "webhook")
	}
	var wrong []error
	if len(s.Match) == 0 {
		wrong = append(wrong, errors.New(`match is required, such as ["default"]`))
	}
	for field, value := range reflect.ValueOf(s).Fields() {
		key := field.Tag.Get("toml")
		required := slices.Contains(known.required, key)
		switch {
		case value.IsZero() && required:
			wrong = append(wrong, fmt.Errorf("%s is required for %s", key, s.Transport))
		case !value.IsZero() && !required && !slices.Contains(append([]string{"name", "transport", "match"}, known.optional...), key):
			wrong = append(wrong, fmt.Errorf("%s is no setting of %s", key, s.Transport))
		}
	}
	return errors.Join(append(wrong, s.checkValues(plainHTTP))...)
}

func (s Sender) checkValues(plainHTTP bool) error {
	var wrong []error
	if s.Region != "" {
		wrong = append(wrong, CheckRegion("region", s.Region))
		if s.AccessKeyID == "" || s.SecretAccessKey == "" {
			wrong = append(wrong, errors.New("access_key_id and secret_access_key are required, here or as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"))
		}
	}
	if s.mail() {
		wrong = append(wrong, checkMailbox("from", s.From))
	}
	if s.Transport == "smtp" {
		wrong = append(wrong, checkOneOf("tls", s.TLS, "starttls", "implicit", "none"), checkLogin("tls", relay{s.Host, s.Username, s.TLS}))
		if s.Port < 1 || s.Port > 65535 {
			wrong = append(wrong, fmt.Errorf("port: %d is not a port", s.Port))
		}
	}
	if s.Transport == "twilio" && s.From != "" {
		wrong = append(wrong, checkMatch("from", s.From, `^(\+[1-9][0-9]{4,14}|[0-9]{3,8}|[A-Za-z0-9 ]{1,11})$`, "a phone number such as +15550001111, a short code or a name"))
	}
	if s.Transport == "twilio" && (s.From == "") == (s.MessagingService == "") {
		wrong = append(wrong, errors.New("one of from and messaging_service is required for twilio"))
	}
	return errors.Join(append(wrong, checkCall("url", s.URL, plainHTTP), checkCall("endpoint", s.Endpoint, plainHTTP))...)
}

// checkCall refuses what cannot be called; empty is allowed.
func checkCall(name, value string, plainHTTP bool) error {
	if value == "" {
		return nil
	}
	u, err := url.Parse(value)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" {
		return fmt.Errorf("%s: not an http or https address", name) // it may hold a secret
	}
	if u.Scheme == "http" && !plainHTTP {
		return fmt.Errorf("%s: use https, or set outgoing.plain_http to allow http", name)
	}
	return nil
}
