package server

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"time"

	"cardea/inbound/guard"
	"cardea/inbound/s3iam"
	"cardea/platform/serve"
	"cardea/spec/sigv4"
)

// answerWithin is how long a server of S3 may take to begin its answer. Copies and large uploads that are completed take long.
const answerWithin = 5 * time.Minute

// newS3 makes the reverse proxy before a server of S3, and what answers versitygw, where they are configured.
func (s *Server) newS3() error {
	c := &s.config
	recorder := serve.Recorder{Log: c.Log, Observe: s.metrics.Operation}
	if c.S3IAM.Socket != "" {
		s.S3IAM = &s3iam.Handler{
			Authorizer: s.authorizer, Now: c.now(), Account: c.account(), Version: c.Version, Recorder: recorder,
			Key: sigv4.Key{ID: c.S3IAM.AccessKeyID, Secret: c.S3IAM.SecretAccessKey.Reveal()},
		}
	}
	if c.Guard.Addr == "" {
		return nil
	}
	upstream, err := url.Parse(c.Guard.Upstream)
	if err != nil {
		return fmt.Errorf("guard.upstream: %w", err)
	}
	regions := c.Guard.Regions
	if len(regions) == 0 {
		regions = []string{c.Region}
	}
	handler := &guard.Handler{
		Signer: s.authorizer.Signer, Decide: s.authorizer.Decide, Now: c.now(),
		Upstream: upstream, Region: c.Guard.UpstreamRegion,
		Key: sigv4.Key{ID: c.Guard.AccessKeyID, Secret: c.Guard.SecretAccessKey.Reveal()},
		Transport: &http.Transport{
			DialContext:  (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
			MaxIdleConns: 200, MaxIdleConnsPerHost: 200, IdleConnTimeout: 60 * time.Second,
			ResponseHeaderTimeout: answerWithin, DisableCompression: true,
			WriteBufferSize: 64 << 10, ReadBufferSize: 64 << 10,
		},
		Regions: regions, Domains: c.Guard.Domains, Origins: c.Guard.Origins,
		Partition: c.account().Partition, Account: c.Account, PlainBodies: c.Dev,
		Recorder: recorder,
	}
	s.Guard = trustProxies(c.TrustedProxies, handler)
	return nil
}

// openS3 opens the sockets of the guard and for versitygw, where there are any.
func (s *Server) openS3() error {
	if s.Guard != nil {
		l, err := s.open(s.config.Guard.Addr, s.Guard, s.tlsConfig())
		if err != nil {
			return fmt.Errorf("guard: %w", err)
		}
		l.server.ReadTimeout, l.server.WriteTimeout = 0, 0 // objects may be large; the guard bounds each piece
		s.listeners = append(s.listeners, l)
	}
	if s.S3IAM == nil {
		return nil
	}
	l, err := s.openSocket(s.config.S3IAM.Socket, s.S3IAM)
	if err != nil {
		return fmt.Errorf("s3_iam: %w", err)
	}
	s.listeners = append(s.listeners, l)
	return nil
}

// openSocket listens on a Unix socket that this user alone may connect to. One that a former run has left is removed.
func (s *Server) openSocket(path string, handler http.Handler) (listener, error) {
	info, err := os.Lstat(path)
	if err == nil && info.Mode().Type() != os.ModeSocket {
		return listener{}, fmt.Errorf("%s is there and is no socket", path)
	}
	if err == nil {
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return listener{}, fmt.Errorf("remove the former socket: %w", err)
		}
	}
	socket, err := net.Listen("unix", path)
	if err != nil {
		return listener{}, fmt.Errorf("listen: %w", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		_ = socket.Close() // the reason for giving up matters more
		return listener{}, fmt.Errorf("protect the socket: %w", err)
	}
	return s.on(socket, handler, nil), nil
}
