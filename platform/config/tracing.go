package config

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// Tracing says where traces are sent, and which there are.
type Tracing struct {
	// Endpoint is the full address that spans are posted to, such as http://localhost:4318/v1/traces. Without it nothing is traced.
	Endpoint string `toml:"endpoint"`
	// Headers are sent with them, each as "Name: value".
	Headers []Secret `toml:"headers"`
	// Ratio is the share of requests and jobs that are traced, from 0 to 1.
	Ratio float64 `toml:"ratio"`
	// Incoming lets traces of trusted proxies go on here.
	Incoming bool `toml:"incoming"`
	// Propagate are host names whose servers are told of the trace when they are called.
	Propagate []string `toml:"propagate"`
}

// Header are the headers, as check lets them through.
func (t Tracing) Header() http.Header {
	header := http.Header{}
	for _, line := range t.Headers {
		name, value, _ := strings.Cut(line.Reveal(), ":")
		header.Add(strings.TrimSpace(name), strings.TrimSpace(value))
	}
	return header
}

func (t Tracing) check(proxies int) error {
	var wrong []error
	if t.Endpoint != "" {
		u, err := url.Parse(t.Endpoint)
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || u.Fragment != "" || strings.Trim(u.Path, "/") == "" {
			wrong = append(wrong, errors.New("tracing.endpoint: must be an http or https address with its path, such as http://localhost:4318/v1/traces"))
		}
	}
	for i, line := range t.Headers {
		name, value, found := strings.Cut(line.Reveal(), ":")
		if !found || name == "" || strings.ContainsAny(name, " \t\r\n") || strings.ContainsAny(value, "\r\n") {
			wrong = append(wrong, fmt.Errorf("tracing.headers %d: is not of the form Name: value", i+1)) // it may be a secret
		}
	}
	if !(t.Ratio >= 0 && t.Ratio <= 1) {
		wrong = append(wrong, fmt.Errorf("tracing.ratio: %v is not between 0 and 1", t.Ratio))
	}
	if t.Incoming && proxies == 0 {
		wrong = append(wrong, errors.New("tracing.incoming: needs trusted_proxies, whose traces are to go on here"))
	}
	for _, host := range t.Propagate {
		if host == "" || strings.ContainsAny(host, "/:*@ ") {
			wrong = append(wrong, fmt.Errorf("tracing.propagate: %q is no host name", host))
		}
	}
	return errors.Join(wrong...)
}
