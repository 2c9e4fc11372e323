package server

import (
	"cmp"
	"context"
	"crypto/rsa"
	"crypto/tls"
	"io"
	"log/slog"
	"net/netip"
	"time"

	"cardea/engine/issuer"
	"cardea/engine/trigger"
	"cardea/platform/certs"
	"cardea/platform/config"
	"cardea/platform/db"
	"cardea/spec/awsjson"
)

// Config says what kind of server to build. Every option may be zero; Addr, PublicURL, Region, Account,
// Database and MasterKeys must be set.
type Config struct {
	// Dev makes a development server: signatures are not checked, messages stay in the inbox, and requests whose Host is
	// not the server's own are refused.
	Dev bool
	// EnforceIAM makes a development server check signatures and ask policies, as others do.
	EnforceIAM bool
	// Hosts are further host names that a development server answers to.
	Hosts []string

	// Addr is where the API is served, AdminAddr where the metrics are; the latter may be empty.
	Addr, AdminAddr string
	// AdminPprof serves profiles of the program on AdminAddr even if other machines may reach it.
	AdminPprof bool
	// PublicURL is the address under which clients reach the server, without a path.
	PublicURL string
	// IssuerBase begins every issuer, {region} standing for the pool's Region; empty means PublicURL.
	IssuerBase string
	// BaseDomain ends the host names of prefix domains; empty means that pools have none. A development server has localhost.
	BaseDomain string
	// Region is where requests without a signed Region belong.
	Region string
	// Account is the account number in ARNs.
	Account string

	// Database is a URL for db.Open.
	Database string
	// MasterKeys are the active master key and, behind it, the former ones.
	MasterKeys [][]byte
	// PasswordStorage is how pools without a tag of their own keep passwords: "srp" (also when empty) or "argon2id".
	PasswordStorage string

	// Arithmetic is what computes signatures and SRP, as config.Config has it; empty means config.ArithmeticAuto.
	Arithmetic, ArithmeticLibrary string

	// Certificate answers TLS handshakes; nil means plain HTTP.
	Certificate func(*tls.ClientHelloInfo) (*tls.Certificate, error)
	// Certificates are those of custom domains, by CertificateArn.
	Certificates map[string]*certs.Files
	// IssueCertificate makes the certificates of a development server's domains; nil where Certificate is for all names.
	IssueCertificate func(host string) (*tls.Certificate, error)
	// ACME orders certificates of domains that have no others.
	ACME config.ACME
	// TrustedProxies are the networks whose X-Forwarded-For is believed.
	TrustedProxies []netip.Prefix
	// Templates is a folder with operators' own frames, style sheets and texts for the pages of domains; empty means that there is none.
	Templates string
	// GeoDatabase is a file by which lists of sessions name places; empty means that they name none.
	GeoDatabase string
	// ShutdownDelay is how long /readyz says no before the listeners close.
	ShutdownDelay time.Duration

	// Senders deliver messages of the pools that they match, SMTP and SMS those of others; the latter may be empty. Dev
	// ignores all.
	Senders []config.Sender
	SMTP    config.SMTP
	SMS     config.SMS
	// Limits bound the messages of each pool; nil means those of config.Default, and none on a development server.
	Limits *config.Limits
	// Outgoing says which addresses outgoing HTTP may reach besides public hosts by https.
	Outgoing config.Outgoing
	// Brokers are other token services, whose credentials identity pools give, as config.Load lets them through.
	Brokers []config.Broker
	// Federation says where social providers are, if not at their own addresses.
	Federation config.Federation

	// Guard is the reverse proxy before servers of S3 and DynamoDB, and S3IAM answers versitygw; each may be empty.
	Guard config.Guard
	S3IAM config.S3IAM

	// Functions and FunctionsDefault say what stands behind the ARNs of Lambda triggers, as config.CheckFunctions lets them
	// through. Without them a pool's triggers fail.
	Functions        []config.Function
	FunctionsDefault *config.Function
	// KMSKeys say what stands behind the keys that pools name by KMSKeyID, as config.Load lets them through. On a development
	// server all other keys are its own.
	KMSKeys []config.KMSKey

	// Rates bound how often requests are answered; nil means those of config.Default, and on a development server none for identity
	// pools.
	Rates *config.Rates
	// Audit says where the records of the audit log go, and Stdout is what stands for standard output there.
	Audit  config.Audit
	Stdout io.Writer

	// Tracing says where traces are sent, as config.Load lets it through.
	Tracing config.Tracing
	// Log gets one line for each request; nil drops them.
	Log *slog.Logger
	// Version names the build.
	Version string

	// Test replaces parts of the server in tests.
	Test Test
}

// Test are the parts that a test replaces; production leaves it empty.
type Test struct {
	// Now is the clock of the server; nil: time.Now.
	Now func() time.Time
	// SigningKey makes signing keys; nil: new ones.
	SigningKey func() (*rsa.PrivateKey, error)
	// Strict is told of each fault that the model does not list for its operation.
	Strict func(operation string, fault *awsjson.Fault)
	// TriggerLimit bounds the triggers of one operation; 0: trigger.MaxOperation.
	TriggerLimit time.Duration
	// Transaction is told of every transaction of the database, with the context of the request that it was for.
	Transaction func(ctx context.Context, t db.Transaction)
	// FastDatabase gives up durability.
	FastDatabase bool
	// SharedFile lets several servers have one SQLite file.
	SharedFile bool
}

// now is the clock of the server.
func (c *Config) now() func() time.Time {
	if c.Test.Now != nil {
		return c.Test.Now
	}
	return time.Now
}

// log never is nil.
func (c *Config) log() *slog.Logger {
	if c.Log != nil {
		return c.Log
	}
	return slog.New(slog.DiscardHandler)
}

// triggerLimit bounds the triggers of one operation.
func (c *Config) triggerLimit() time.Duration {
	return cmp.Or(c.Test.TriggerLimit, trigger.MaxOperation)
}

// issuers names the issuers of the pools' tokens, and the pools' domains.
func (c *Config) issuers() issuer.Names {
	names := issuer.Names{PublicURL: c.PublicURL, Base: c.IssuerBase, BaseDomain: c.BaseDomain, ByPath: c.Dev, Region: c.Region}
	if c.Dev && names.BaseDomain == "" {
		names.BaseDomain = "localhost"
	}
	return names
}
