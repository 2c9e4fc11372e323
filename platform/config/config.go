package config

import (
	"strings"
	"time"
)

// Config is every setting of a production server, with its name in the file.
type Config struct {
	// Addr is where the API is served, host:port.
	Addr string `toml:"addr"`
	// AdminAddr is where /metrics, /livez and /readyz are served for the operator; empty turns it off.
	// The two health pages are also on Addr; the metrics are not.
	AdminAddr string `toml:"admin_addr"`
	// AdminPprof serves profiles of the program at /debug/pprof/ on AdminAddr even if that is not a loopback address.
	AdminPprof bool `toml:"admin_pprof"`
	// PublicURL is the address under which clients reach the server, without a path.
	PublicURL string `toml:"public_url"`
	// IssuerBase begins the "iss" of every token; the pool's id follows it. "{region}" stands for the pool's Region,
	// so https://cognito-idp.{region}.amazonaws.com keeps AWS's issuers. Empty means PublicURL.
	IssuerBase string `toml:"issuer_base"`
	// BaseDomain ends the host names of domains by prefix, <prefix>.auth.<Region>.<BaseDomain>; without it pools cannot have any.
	BaseDomain string `toml:"base_domain"`
	// Region is where requests without a signed Region belong.
	Region string `toml:"region"`
	// Account is the twelve-digit account number in ARNs.
	Account string `toml:"account"`
	// MasterKey is 32 random bytes in base64 which wraps the keys of everything sealed at rest. Usually set by environment.
	MasterKey Secret `toml:"master_key"`
	// MasterKeyFile holds the master key, one to a line: the first seals, the others still open.
	MasterKeyFile string `toml:"master_key_file"`
	// MasterKeyCommand is a program with its arguments, which prints the master keys, one to a line.
	MasterKeyCommand []string `toml:"master_key_command"`
	// TrustedProxies are the networks whose X-Forwarded-For is believed; none by default.
	TrustedProxies []string `toml:"trusted_proxies"`
	// ShutdownDelay is how long /readyz says no before the listener closes, so that balancers stop sending requests first.
	ShutdownDelay Duration `toml:"shutdown_delay"`
	// GeoDatabase is a MaxMind file that says where users' sessions are used; empty means that sessions have no place.
	GeoDatabase string `toml:"geo_database"`
	// Arithmetic is what computes signatures and SRP: ArithmeticGo, ArithmeticOpenSSL, or ArithmeticAuto, OpenSSL if there is one.
	Arithmetic string `toml:"arithmetic"`
	// ArithmeticLibrary is the file of OpenSSL's libcrypto, or its name for the dynamic linker.
	ArithmeticLibrary string `toml:"arithmetic_library"`
	// Templates is a folder with frames, style sheets and texts for the pages of domains; empty means Cardea's own.
	Templates string `toml:"templates"`

	Database   Database   `toml:"database"`
	TLS        TLS        `toml:"tls"`
	ACME       ACME       `toml:"acme"`
	Passwords  Passwords  `toml:"passwords"`
	SMTP       SMTP       `toml:"smtp"`
	SMS        SMS        `toml:"sms"`
	Senders    []Sender   `toml:"senders"`
	Limits     Limits     `toml:"limits"`
	Outgoing   Outgoing   `toml:"outgoing"`
	Federation Federation `toml:"federation"`
	Log        Log        `toml:"log"`
	Audit      Audit      `toml:"audit"`
	Rates      Rates      `toml:"rates"`
	Tracing    Tracing    `toml:"tracing"`
	Guard      Guard      `toml:"guard"`
	S3IAM      S3IAM      `toml:"s3_iam"`

	// MasterKeySources give further master keys, behind those of the settings before.
	MasterKeySources []MasterKeySource `toml:"master_keys"`
	// Certificates are those of custom domains.
	Certificates []Certificate `toml:"certificates"`

	// Functions say what stands behind the ARNs of Lambda triggers, and FunctionsDefault behind all that they do not name.
	Functions        []Function `toml:"functions"`
	FunctionsDefault *Function  `toml:"functions_default"`
	// KMSKeys say what stands behind the keys that pools name by KMSKeyID.
	KMSKeys []KMSKey `toml:"kms_keys"`
	// Brokers are other token services, whose credentials identity pools give.
	Brokers []Broker `toml:"brokers"`
}

// What computes signatures and SRP.
const (
	ArithmeticAuto    = "auto"
	ArithmeticGo      = "go"
	ArithmeticOpenSSL = "openssl"
)

// Database says where data are stored.
type Database struct {
	// URL is sqlite:<path> or postgres://….
	URL SecretURL `toml:"url"`
	// Pooler is what stands before PostgreSQL: "transaction" is a pooler such as PgBouncer in transaction mode, "none" anything
	// else.
	Pooler string `toml:"pooler"`
}

// Address is the URL with what else is set, as db.Open takes it.
func (d Database) Address() string {
	if d.Pooler == "none" {
		return d.URL.Reveal()
	}
	separator := "?"
	if strings.Contains(d.URL.Reveal(), "?") {
		separator = "&"
	}
	return d.URL.Reveal() + separator + "pooler=" + d.Pooler
}

// TLS names the certificate files; both empty means plain HTTP, for use behind a proxy.
type TLS struct {
	CertFile string `toml:"cert_file"`
	KeyFile  string `toml:"key_file"`
}

// Certificate is one of a custom domain: the files for its CertificateArn.
type Certificate struct {
	ARN      string `toml:"arn"`
	CertFile string `toml:"cert_file"`
	KeyFile  string `toml:"key_file"`
}

// ACME orders certificates for domains, and for the server itself if it has no files; there is none if Directory is empty.
type ACME struct {
	// Directory is the address of the authority's directory: https://acme-v02.api.letsencrypt.org/directory.
	Directory string `toml:"directory"`
	// Email is told of problems.
	Email string `toml:"email"`
	// AcceptTerms accepts the authority's terms of service.
	AcceptTerms bool `toml:"accept_terms"`
	// CAFile holds the roots that the authority's own address is verified by, in PEM; empty means the system's.
	CAFile string `toml:"ca_file"`
}

// Passwords says how passwords are stored in pools that have no setting of their own.
type Passwords struct {
	// Storage is "srp" (a sealed verifier, serves SRP and password sign-in) or "argon2id" (a sealed hash, SRP refused).
	Storage string `toml:"storage"`
}

// SMTP is the relay that delivers mail of pools that no other sender matches; there is none if Host is empty.
type SMTP struct {
	Host     string `toml:"host"`
	Port     int    `toml:"port"`
	Username string `toml:"username"`
	Password Secret `toml:"password"`
	// From is the sender when a pool names none.
	From string `toml:"from"`
	// TLS is "starttls" (required), "implicit" or "none".
	TLS string `toml:"tls"`
}

// SMS is the webhook that delivers text messages of pools that no other sender matches; there is none if WebhookURL is empty.
type SMS struct {
	WebhookURL string `toml:"webhook_url"`
	// WebhookSecret signs each call, and WebhookNextSecret too while the former is being replaced.
	WebhookSecret     Secret `toml:"webhook_secret"`
	WebhookNextSecret Secret `toml:"webhook_next_secret"`
}

// Limits bound the messages of each pool, by where they go and by the source address of the requests that cause them. Codes
// that sign in or recover a password are counted separately, and their bound is four times the number. 0 means no bound.
type Limits struct {
	// MailHour and MailDay are the mails to one address in an hour and in a day.
	MailHour int64 `toml:"mail_hour"`
	MailDay  int64 `toml:"mail_day"`
	// SMSHour and SMSDay are the text messages to one phone number.
	SMSHour int64 `toml:"sms_hour"`
	SMSDay  int64 `toml:"sms_day"`
	// SMSCountries are the calling codes that text messages may go to, such as "+49"; empty means any.
	SMSCountries []string `toml:"sms_countries"`
	// SourceHour is the messages that one source address causes in an hour.
	SourceHour int64 `toml:"source_hour"`
}

// Outgoing bounds which addresses the server may call: public hosts by https, and those named here.
type Outgoing struct {
	// Allow are private addresses, networks and host names that may be called; none by default.
	Allow []string `toml:"allow"`
	// PlainHTTP allows http:// too.
	PlainHTTP bool `toml:"plain_http"`
}

// Log says how much is written to standard error, and in which form.
type Log struct {
	// Level is "debug", "info", "warn" or "error".
	Level string `toml:"level"`
	// Format is "json" or "text".
	Format string `toml:"format"`
}

// Default returns the settings of an empty configuration.
func Default() Config {
	return Config{
		Addr:          ":9229",
		AdminAddr:     "127.0.0.1:9230",
		Region:        "us-east-1",
		Account:       "123456789012",
		ShutdownDelay: Duration(2 * time.Second),
		Database:      Database{URL: "sqlite:cardea.db", Pooler: "none"},
		Passwords:     Passwords{Storage: "srp"},
		SMTP:          SMTP{Port: 587, TLS: "starttls"},
		Arithmetic:    ArithmeticAuto,
		Limits:        Limits{MailHour: 6, MailDay: 20, SMSHour: 4, SMSDay: 10, SourceHour: 30},
		Log:           Log{Level: "info", Format: "json"},
		Rates:         defaultRates(),
		Tracing:       Tracing{Ratio: 0.1},
		Guard:         Guard{UpstreamRegion: "us-east-1", DynamoDBUpstreamRegion: "us-east-1"},
	}
}
