package awscred

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"time"
)

const (
	containerHost = "http://169.254.170.2"
	machineHost   = "http://169.254.169.254"

	maxAnswer = 64 << 10
)

// NewClient is the client for endpoints that serve credentials. They are on the machine or beside it, so that no proxy is
// used, no redirect followed and no wait is long.
func NewClient() *http.Client {
	return &http.Client{
		Timeout:       5 * time.Second,
		Transport:     &http.Transport{DialContext: (&net.Dialer{Timeout: time.Second}).DialContext},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Container is the source of ECS, EKS and others that name their endpoint by AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or
// AWS_CONTAINER_CREDENTIALS_FULL_URI.
func Container(env Lookup, client *http.Client) Source {
	return func(ctx context.Context) (Keys, error) {
		address := env.get("AWS_CONTAINER_CREDENTIALS_FULL_URI")
		if relative := env.get("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"); relative != "" {
			address = containerHost + relative
		}
		if address == "" {
			return Keys{}, ErrNone
		}
		if err := checkContainer(address); err != nil {
			return Keys{}, err
		}
		token := env.get("AWS_CONTAINER_AUTHORIZATION_TOKEN")
		if file := env.get("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"); file != "" {
			text, err := os.ReadFile(file)
			if err != nil {
				return Keys{}, fmt.Errorf("read the container's token: %w", err)
			}
			token = strings.TrimSpace(string(text))
		}
		text, err := call(ctx, client, http.MethodGet, address, map[string]string{"Authorization": token})
		if err != nil {
			return Keys{}, err
		}
		return parse(text)
	}
}

// checkContainer refuses what SDKs refuse: to send the token in the clear to some other machine.
func checkContainer(address string) error {
	u, err := url.Parse(address)
	if err != nil {
		return errors.New("the container's credentials endpoint is no address")
	}
	ip, err := netip.ParseAddr(u.Hostname())
	near := err == nil && (ip.IsLoopback() || ip.IsLinkLocalUnicast() || ip == netip.MustParseAddr("fd00:ec2::23"))
	if u.Scheme == "https" || near || u.Hostname() == "localhost" {
		return nil
	}
	return fmt.Errorf("the container's credentials endpoint is on another machine: %s", u.Host)
}

// Machine is the source of EC2's instance metadata service, version 2, unless AWS_EC2_METADATA_DISABLED is true.
func Machine(env Lookup, client *http.Client) Source {
	return func(ctx context.Context) (Keys, error) {
		if strings.EqualFold(env.get("AWS_EC2_METADATA_DISABLED"), "true") {
			return Keys{}, ErrNone
		}
		host := strings.TrimSuffix(env.get("AWS_EC2_METADATA_SERVICE_ENDPOINT"), "/")
		if host == "" {
			host = machineHost
		}
		token, err := call(ctx, client, http.MethodPut, host+"/latest/api/token", map[string]string{"X-Aws-Ec2-Metadata-Token-Ttl-Seconds": "300"})
		if err != nil {
			return Keys{}, err
		}
		header := map[string]string{"X-Aws-Ec2-Metadata-Token": string(token)}
		path := host + "/latest/meta-data/iam/security-credentials/"
		role, err := call(ctx, client, http.MethodGet, path, header)
		if err != nil {
			return Keys{}, err
		}
		name, _, _ := strings.Cut(strings.TrimSpace(string(role)), "\n")
		text, err := call(ctx, client, http.MethodGet, path+url.PathEscape(name), header)
		if err != nil {
			return Keys{}, err
		}
		return parse(text)
	}
}

// call fetches a small document.
func call(ctx context.Context, client *http.Client, method, address string, header map[string]string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, method, address, nil)
	if err != nil {
		return nil, errors.New("the credentials endpoint is no address")
	}
	for name, value := range header {
		if value != "" {
			request.Header.Set(name, value)
		}
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("ask for AWS credentials: %w", err)
	}
	defer func() { _ = response.Body.Close() }() // all that is used was read
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return nil, fmt.Errorf("read AWS credentials: %w", err)
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the credentials endpoint answered %d", response.StatusCode)
	}
	return text, nil
}

// parse reads the document that both endpoints serve.
func parse(text []byte) (Keys, error) {
	var served struct {
		AccessKeyID     string `json:"AccessKeyId"`
		SecretAccessKey string
		Token           string
		Expiration      time.Time
	}
	if json.Unmarshal(text, &served) != nil || served.AccessKeyID == "" || served.SecretAccessKey == "" {
		return Keys{}, errors.New("the credentials endpoint answered something else than credentials")
	}
	return Keys{served.AccessKeyID, served.SecretAccessKey, served.Token, served.Expiration}, nil
}
