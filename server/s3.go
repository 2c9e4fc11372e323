package server

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"cardea/inbound/dynamodb"
	"cardea/inbound/guard"
	"cardea/inbound/s3iam"
	"cardea/platform/serve"
	"cardea/spec/sigv4"
)

// answerWithin is how long a server of S3 may take to begin its answer. Copies and large uploads that are completed take long.
const answerWithin = 5 * time.Minute

// newS3 makes the reverse proxy before servers of S3 and DynamoDB, and what answers versitygw, where they are configured.
func (s *Server) newS3() error {
	c := &s.config
	recorder := serve.Recorder{Log: c.Log, Observe: s.metrics.Operation}
	if c.Audit.DataEvents {
		recorder.Audit = s.audit.log
	}
	if c.S3IAM.Socket != "" {
		s.S3IAM = &s3iam.Handler{
			Authorizer: s.authorizer, Now: c.now(), Account: c.account(), Version: c.Version, Recorder: recorder,
			Key: sigv4.Key{ID: c.S3IAM.AccessKeyID, Secret: c.S3IAM.SecretAccessKey.Reveal()},
		}
	}
	if c.Guard.Addr == "" {
		return nil
	}
	handler, err := s.newGuard(recorder)
	if err != nil {
		return err
	}
	s.Guard = trustProxies(c.TrustedProxies, handler)
	return nil
}

// newGuard makes the reverse proxies before the servers of S3 and of DynamoDB that are configured.
func (s *Server) newGuard(recorder serve.Recorder) (http.Handler, error) {
	g := &s.config.Guard
	tables, err := s.newTables(recorder)
	if g.Upstream == "" || err != nil {
		return tables, err
	}
	upstream, err := url.Parse(g.Upstream)
	if err != nil {
		return nil, fmt.Errorf("guard.upstream: %w", err)
	}
	regions := g.Regions
	if len(regions) == 0 {
		regions = []string{s.config.Region}
	}
	objects := &guard.Handler{
		Signer: s.authorizer.Signer, Decide: s.authorizer.Decide, Now: s.config.now(),
		Upstream: upstream, Region: g.UpstreamRegion,
		Key:       sigv4.Key{ID: g.AccessKeyID, Secret: g.SecretAccessKey.Reveal()},
		Transport: guardTransport(),
		Regions:   regions, Domains: g.Domains, Origins: g.Origins,
		Partition: s.config.account().Partition, Account: s.config.Account, PlainBodies: s.config.Dev,
		Recorder: recorder,
	}
	if g.DynamoDBUpstream == "" {
		return objects, nil
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if aboutTables(r) {
			tables.ServeHTTP(w, r)
			return
		}
		objects.ServeHTTP(w, r)
	}), nil
}

// newTables makes the reverse proxy before a server of DynamoDB; nil if there is none.
func (s *Server) newTables(recorder serve.Recorder) (http.Handler, error) {
	g := &s.config.Guard
	if g.DynamoDBUpstream == "" {
		return nil, nil
	}
	upstream, err := url.Parse(g.DynamoDBUpstream)
	if err != nil {
		return nil, fmt.Errorf("guard.dynamodb_upstream: %w", err)
	}
	return &dynamodb.Handler{
		Signer: s.authorizer.Signer, Weigh: s.authorizer.Weigh, Now: s.config.now(),
		Upstream: upstream, UpstreamRegion: g.DynamoDBUpstreamRegion, Transport: guardTransport(),
		Key:       sigv4.Key{ID: g.DynamoDBAccessKeyID, Secret: g.DynamoDBSecretAccessKey.Reveal()},
		Partition: s.config.account().Partition, Region: s.config.Region, Account: s.config.Account,
		Origins: g.Origins, Recorder: recorder,
	}, nil
}

// aboutTables reports whether a request is one of DynamoDB: it names an operation, is signed for that service, or asks whether a page may
// send such a one. The proxies verify that target and signature agree.
func aboutTables(r *http.Request) bool {
	if len(r.Header["X-Amz-Target"]) > 0 {
		return true
	}
	if r.Method == http.MethodOptions {
		return strings.Contains(strings.ToLower(r.Header.Get("Access-Control-Request-Headers")), "x-amz-target")
	}
	scope, err := sigv4.ScopeOf(r)
	return err == nil && scope.Service == "dynamodb"
}

// guardTransport sends requests to a server behind the guard.
func guardTransport() *http.Transport {
	return &http.Transport{
		DialContext:  (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
		MaxIdleConns: 200, MaxIdleConnsPerHost: 200, IdleConnTimeout: 60 * time.Second,
		ResponseHeaderTimeout: answerWithin, DisableCompression: true,
		WriteBufferSize: 64 << 10, ReadBufferSize: 64 << 10,
	}
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
