package config

import (
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/netip"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"cardea/platform/db"
	"cardea/platform/seal"
)

// maxShutdownDelay leaves time to drain within the ten seconds that shutting down may take.
const maxShutdownDelay = 5 * time.Second

// check reports everything that is wrong with the settings by themselves, without opening anything.
func (c Config) check() error {
	return errors.Join(
		checkAddr("addr", c.Addr, false),
		checkAddr("admin_addr", c.AdminAddr, true),
		checkBase("public_url", c.PublicURL),
		CheckIssuer("issuer_base", c.IssuerBase),
		checkBaseDomain("base_domain", c.BaseDomain),
		CheckRegion("region", c.Region),
		CheckAccount("account", c.Account),
		c.checkShutdown(),
		checkOneOf("arithmetic", c.Arithmetic, ArithmeticAuto, ArithmeticGo, ArithmeticOpenSSL),
		checkDatabase("database.url", c.Database.URL),
		c.Database.checkPooler(),
		c.checkAddresses(),
		c.checkProxies(),
		c.checkMasterKeys(),
		c.checkTLS(),
		c.checkCertificates(),
		checkOneOf("passwords.storage", c.Passwords.Storage, "srp", "argon2id"),
		c.checkSMTP(),
		c.checkSMS(),
		c.checkSenders(),
		c.Limits.check(),
		CheckFunctions(c.Functions, c.FunctionsDefault, c.Outgoing),
		c.checkKMSKeys(),
		c.checkBrokers(),
		c.Federation.check(c.Outgoing),
		c.checkCalls(),
		c.Tracing.check(len(c.TrustedProxies)),
		c.Guard.check(),
		c.S3IAM.check(),
		c.Audit.check(c.Outgoing.PlainHTTP),
		c.Rates.check(),
		checkOneOf("log.level", c.Log.Level, "debug", "info", "warn", "error"),
		checkOneOf("log.format", c.Log.Format, "json", "text"),
	)
}

// Proxies are the networks of trusted_proxies. Beside an error, which names all that are none, they are the others.
func (c Config) Proxies() (all []netip.Prefix, err error) {
	var wrong []error
	for _, text := range c.TrustedProxies {
		network, err := netip.ParsePrefix(text)
		if err != nil {
			wrong = append(wrong, fmt.Errorf("trusted_proxies: %q is no network such as 10.0.0.0/8", text))
			continue
		}
		all = append(all, network)
	}
	return all, errors.Join(wrong...)
}

func (c Config) checkProxies() error {
	_, err := c.Proxies()
	return err
}

func checkAddr(name, addr string, optional bool) error {
	if optional && addr == "" {
		return nil
	}
	if _, port, err := net.SplitHostPort(addr); err != nil || port == "" {
		return fmt.Errorf("%s: %q is not host:port", name, addr)
	}
	return nil
}

func checkBase(name, base string) error {
	if base == "" {
		return fmt.Errorf("%s is required: the address under which clients reach this server, such as https://auth.example.com", name)
	}
	u, err := url.Parse(base)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return fmt.Errorf("%s: %q is not an http or https address", name, base)
	}
	if u.Path != "" {
		return fmt.Errorf("%s: %q must not have a path, nor a slash at its end", name, base)
	}
	return nil
}

// CheckIssuer refuses a text that cannot be the beginning of an issuer. It may be empty; {region} stands for a Region. name
// is the setting's, for the error.
func CheckIssuer(name, value string) error {
	return CheckBase(name, strings.ReplaceAll(value, "{region}", "us-east-1"))
}

// CheckBase refuses a text that is not the address of a server, without a path. It may be empty; name is the setting's, for the
// error.
func CheckBase(name, value string) error {
	if value == "" {
		return nil
	}
	return checkBase(name, value)
}

// checkBaseDomain refuses a text that is no domain name in lower case; it may be empty.
func checkBaseDomain(name, value string) error {
	if value == "" {
		return nil
	}
	return checkMatch(name, value, `^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$`, "a domain name in lower case, such as example.com")
}

// CheckRegion refuses a text that has not the form of a Region; name is the setting's, for the error.
func CheckRegion(name, value string) error {
	return checkMatch(name, value, `^[a-z]{2}(-[a-z]+)+-\d$`, "a Region such as us-east-1")
}

// CheckAccount refuses a text that is not an account number; name is the setting's, for the error.
func CheckAccount(name, value string) error {
	return checkMatch(name, value, `^\d{12}$`, "twelve digits")
}

func checkMatch(name, value, pattern, want string) error {
	if !regexp.MustCompile(pattern).MatchString(value) {
		return fmt.Errorf("%s: %q is not %s", name, value, want)
	}
	return nil
}

func checkOneOf(name, value string, allowed ...string) error {
	for _, a := range allowed {
		if value == a {
			return nil
		}
	}
	return fmt.Errorf("%s: %q is none of %s", name, value, strings.Join(allowed, ", "))
}

func (c Config) checkShutdown() error {
	if c.ShutdownDelay > 0 && time.Duration(c.ShutdownDelay) < time.Millisecond {
		return errUnit("shutdown_delay")
	}
	if c.ShutdownDelay < 0 || time.Duration(c.ShutdownDelay) > maxShutdownDelay {
		return fmt.Errorf("shutdown_delay: %s is not between 0s and %s", c.ShutdownDelay, maxShutdownDelay)
	}
	return nil
}

// errUnit says that a time span was written as a number, which counts nanoseconds.
func errUnit(setting string) error {
	return fmt.Errorf(`%s: a time span is a text with its unit, such as "2s"`, setting)
}

// CheckDatabase refuses a text that names no database. It may be empty; name is the setting's, for the error.
func CheckDatabase(name string, u SecretURL) error {
	if u == "" {
		return nil
	}
	return checkDatabase(name, u)
}

func checkDatabase(name string, u SecretURL) error {
	scheme, rest, _ := strings.Cut(u.Reveal(), ":")
	switch scheme {
	case "sqlite", "postgres", "postgresql":
		if rest != "" {
			return Within(name, db.CheckURL(u.Reveal()))
		}
	}
	return errors.New(name + ": must be sqlite:<path> or postgres://…")
}

func (d Database) checkPooler() error {
	if d.Pooler == "transaction" && strings.HasPrefix(d.URL.Reveal(), "sqlite:") {
		return errors.New("database.pooler: there is none before SQLite")
	}
	return checkOneOf("database.pooler", d.Pooler, "none", "transaction")
}

// checkAddresses refuses one address for two listeners.
func (c Config) checkAddresses() error {
	var wrong []error
	taken := map[string]string{}
	for _, one := range c.listeners() {
		if other, found := taken[one.value]; found {
			wrong = append(wrong, fmt.Errorf("%s: %s is the address of %s too", one.setting, one.value, other))
		}
		taken[one.value] = one.setting
	}
	return errors.Join(wrong...)
}

// given is a setting with its value.
type given struct{ setting, value string }

// listeners are the addresses that the server listens on.
func (c Config) listeners() []given {
	all := []given{{"addr", c.Addr}, {"admin_addr", c.AdminAddr}, {"guard.addr", c.Guard.Addr}}
	return slices.DeleteFunc(all, func(g given) bool { return g.value == "" || strings.HasSuffix(g.value, ":0") })
}

func (c Config) checkTLS() error {
	var wrong []error
	if (c.TLS.CertFile == "") != (c.TLS.KeyFile == "") {
		wrong = append(wrong, errors.New("tls: cert_file and key_file go together"))
	}
	if c.servesTLS() && strings.HasPrefix(c.PublicURL, "http://") {
		wrong = append(wrong, fmt.Errorf("public_url: %s is not how clients reach a server that serves TLS: use https", c.PublicURL))
	}
	return errors.Join(wrong...)
}

// servesTLS reports whether the main listener is to speak TLS.
func (c Config) servesTLS() bool {
	return c.TLS.CertFile != "" || c.TLS.KeyFile != "" || c.ACME.Directory != ""
}

// checkCertificates checks what serves the domains of pools by TLS.
func (c Config) checkCertificates() error {
	var wrong []error
	arns := map[string]bool{}
	for i, cert := range c.Certificates {
		if cert.ARN == "" || cert.CertFile == "" || cert.KeyFile == "" {
			wrong = append(wrong, fmt.Errorf("certificates %d: arn, cert_file and key_file are required", i+1))
		}
		if arns[cert.ARN] {
			wrong = append(wrong, fmt.Errorf("certificates %d: another certificate has this arn", i+1))
		}
		arns[cert.ARN] = true
	}
	if len(c.Certificates) > 0 && c.TLS.CertFile == "" && c.ACME.Directory == "" {
		wrong = append(wrong, errors.New("certificates: the server itself has none; set tls.cert_file, or acme.directory"))
	}
	if c.ACME.Directory != "" && !c.ACME.AcceptTerms {
		wrong = append(wrong, errors.New("acme.accept_terms: read the terms of service of the authority, and accept them here"))
	}
	return errors.Join(append(wrong, checkCall("acme.directory", c.ACME.Directory, c.Outgoing.PlainHTTP))...)
}

func (c Config) checkSMTP() error {
	if c.SMTP.Host == "" {
		return nil
	}
	from := checkMailbox("smtp.from", c.SMTP.From)
	if c.SMTP.From == "" {
		from = errors.New("smtp.from is required when smtp.host is set")
	}
	var port error
	if c.SMTP.Port < 1 || c.SMTP.Port > 65535 {
		port = fmt.Errorf("smtp.port: %d is not a port", c.SMTP.Port)
	}
	return errors.Join(from, port, checkOneOf("smtp.tls", c.SMTP.TLS, "starttls", "implicit", "none"),
		checkLogin("smtp.tls", relay{c.SMTP.Host, c.SMTP.Username, c.SMTP.TLS}))
}

// checkMailbox refuses what is no address of mail; a name may be with it. Empty is allowed.
func checkMailbox(name, value string) error {
	if value == "" {
		return nil
	}
	if _, err := mail.ParseAddress(value); err != nil {
		return fmt.Errorf("%s: %q is not an address such as no-reply@example.com or Example <no-reply@example.com>", name, value)
	}
	return nil
}

// relay is how a relay is logged in to.
type relay struct{ host, username, tls string }

// checkLogin refuses to show a password to whoever listens between here and the relay.
func checkLogin(name string, r relay) error {
	if r.username == "" || r.tls != "none" || r.host == "localhost" || r.host == "::1" || strings.HasPrefix(r.host, "127.") {
		return nil
	}
	return fmt.Errorf("%s: the password would be sent in the clear: use starttls or implicit, or no username", name)
}

func (l Limits) check() error {
	var wrong []error
	for name, n := range map[string]int64{
		"mail_hour": l.MailHour, "mail_day": l.MailDay, "sms_hour": l.SMSHour, "sms_day": l.SMSDay, "source_hour": l.SourceHour,
	} {
		if n < 0 {
			wrong = append(wrong, fmt.Errorf("limits.%s: %d is no count", name, n))
		}
	}
	for _, code := range l.SMSCountries {
		wrong = append(wrong, checkMatch("limits.sms_countries", code, `^\+[1-9][0-9]{0,6}$`, "a calling code such as +49"))
	}
	return errors.Join(wrong...)
}

func (c Config) checkSMS() error {
	if c.SMS.WebhookURL == "" {
		return nil
	}
	var secret error
	if c.SMS.WebhookSecret == "" {
		secret = errors.New("sms.webhook_secret is required when sms.webhook_url is set")
	}
	return errors.Join(checkCall("sms.webhook_url", c.SMS.WebhookURL, c.Outgoing.PlainHTTP), secret)
}

// ErrNoMasterKey is returned by MasterKeys when neither the environment nor a file gives one.
var ErrNoMasterKey = errors.New(`no master key: everything secret in the database is sealed under it, so the server does not start without.
Make one with  openssl rand -base64 32 > master.key  , keep it apart from the database and its backups, and name it by
master_key_file = "…" in the configuration, or put it into the environment as CARDEA_MASTER_KEY`)

// MasterKeys returns the active master key and, behind it, the former ones.
func (c Config) MasterKeys() ([][]byte, error) {
	text, source := c.MasterKey.Reveal(), "master_key"
	if c.MasterKeyFile != "" {
		if text != "" {
			return nil, errors.New("master_key and master_key_file are both set: which one holds?")
		}
		file, err := os.ReadFile(c.MasterKeyFile)
		if err != nil {
			return nil, fmt.Errorf("read master key: %w", err)
		}
		text, source = string(file), c.MasterKeyFile
	}
	return ParseMasterKeys(text, source)
}

// ParseMasterKeys reads keys of 32 bytes in base64, separated by white space; source is named in errors.
func ParseMasterKeys(text, source string) ([][]byte, error) {
	var keys [][]byte
	for i, word := range strings.Fields(text) {
		key, err := seal.ParseKey(word)
		if err != nil {
			return nil, fmt.Errorf("%s: key %d is not 32 bytes in base64 (openssl rand -base64 32 makes one)", source, i+1)
		}
		keys = append(keys, key)
	}
	if len(keys) == 0 {
		return nil, ErrNoMasterKey
	}
	return keys, nil
}
