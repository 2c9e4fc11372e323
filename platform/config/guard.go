package config

import (
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
)

// Guard is the reverse proxy before a server of S3, one of DynamoDB, or both; there is none if Addr is empty.
type Guard struct {
	// Addr is where it listens, host:port. It has the certificate of the server itself.
	Addr string `toml:"addr"`
	// Upstream is the address of the server of S3, without a path; empty: there is none. Requests to it are signed for UpstreamRegion.
	Upstream       string `toml:"upstream"`
	UpstreamRegion string `toml:"upstream_region"`
	// AccessKeyID and SecretAccessKey are the key of the server of S3, for all that clients may be allowed.
	AccessKeyID     string `toml:"access_key_id"`
	SecretAccessKey Secret `toml:"secret_access_key"`
	// DynamoDBUpstream and what follows are the same of a server of DynamoDB. Clients sign for the server's own Region.
	DynamoDBUpstream        string `toml:"dynamodb_upstream"`
	DynamoDBUpstreamRegion  string `toml:"dynamodb_upstream_region"`
	DynamoDBAccessKeyID     string `toml:"dynamodb_access_key_id"`
	DynamoDBSecretAccessKey Secret `toml:"dynamodb_secret_access_key"`
	// Regions are those that clients may sign requests of S3 for; empty means the server's own.
	Regions []string `toml:"regions"`
	// Domains are host names before which clients may write a bucket's name; none by default.
	Domains []string `toml:"domains"`
	// Origins are the origins of web pages that may call, or "*"; none by default.
	Origins []string `toml:"origins"`
}

// S3IAM answers versitygw, which asks by its own protocol who signs requests and what they may do; nothing does if Socket is empty.
type S3IAM struct {
	// Socket is the path of a Unix socket. Whoever may connect to it and has the key may ask for keys of anybody.
	Socket string `toml:"socket"`
	// AccessKeyID and SecretAccessKey are the key that versitygw signs its questions with. It is the gateway's root key, and none of
	// Cardea's.
	AccessKeyID     string `toml:"access_key_id"`
	SecretAccessKey Secret `toml:"secret_access_key"`
}

func (g Guard) check() error {
	if g.Addr == "" {
		return nil
	}
	wrong := []error{checkAddr("guard.addr", g.Addr, false)}
	if g.Upstream != "" || g.DynamoDBUpstream == "" {
		wrong = append(wrong,
			checkServer("guard.upstream", g.Upstream),
			CheckRegion("guard.upstream_region", g.UpstreamRegion),
			checkGiven("guard.access_key_id", g.AccessKeyID),
			checkGiven("guard.secret_access_key", string(g.SecretAccessKey)))
	}
	if g.DynamoDBUpstream != "" {
		wrong = append(wrong,
			checkServer("guard.dynamodb_upstream", g.DynamoDBUpstream),
			CheckRegion("guard.dynamodb_upstream_region", g.DynamoDBUpstreamRegion),
			checkGiven("guard.dynamodb_access_key_id", g.DynamoDBAccessKeyID),
			checkGiven("guard.dynamodb_secret_access_key", string(g.DynamoDBSecretAccessKey)))
	}
	for _, region := range g.Regions {
		wrong = append(wrong, CheckRegion("guard.regions", region))
	}
	for _, domain := range g.Domains {
		wrong = append(wrong, checkBaseDomain("guard.domains", domain))
	}
	if slices.Contains(g.Domains, "") {
		wrong = append(wrong, errors.New("guard.domains: a name is empty"))
	}
	for _, origin := range g.Origins {
		if origin != "*" && checkServer("", origin) != nil {
			wrong = append(wrong, fmt.Errorf("guard.origins: %q is neither an origin, such as https://app.example.com, nor *", origin))
		}
	}
	return errors.Join(wrong...)
}

func (s S3IAM) check() error {
	if s.Socket == "" {
		return nil
	}
	var relative error
	if !filepath.IsAbs(s.Socket) {
		relative = fmt.Errorf("s3_iam.socket: %q is not an absolute path", s.Socket)
	}
	return errors.Join(relative, checkGiven("s3_iam.access_key_id", s.AccessKeyID), checkGiven("s3_iam.secret_access_key", string(s.SecretAccessKey)))
}

// checkServer refuses a text that is not the address of a server, without a path.
func checkServer(name, address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || address != u.Scheme+"://"+u.Host {
		return fmt.Errorf("%s: %q is not an http or https address without a path", name, address)
	}
	return nil
}

func checkGiven(name, value string) error {
	if strings.TrimSpace(value) == "" {
		return fmt.Errorf("%s is required", name)
	}
	return nil
}
