package server

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// stopWithin is how long Run may take to return after its context ended.
const stopWithin = 9 * time.Second

// Limits on what a connection may cost.
const (
	readHeaderTimeout = 5 * time.Second
	readTimeout       = 30 * time.Second
	writeTimeout      = 60 * time.Second
	idleTimeout       = 120 * time.Second
	maxHeaderBytes    = 32 << 10
)

// listener is one open socket and what is served on it.
type listener struct {
	socket net.Listener
	server *http.Server
}

// Listen opens the sockets. Connections made from then on wait until Run serves them.
func (s *Server) Listen() error {
	main, err := s.open(s.config.Addr, s.Handler, s.tlsConfig())
	if err != nil {
		return err
	}
	s.listeners = append(s.listeners, main)
	if err := s.listenBeside(); err != nil {
		for _, l := range s.listeners {
			_ = l.socket.Close() // the reason for giving up matters more
		}
		return err
	}
	return nil
}

// listenBeside opens the sockets besides the API's.
func (s *Server) listenBeside() error {
	if s.config.AdminAddr != "" {
		admin, err := s.open(s.config.AdminAddr, s.Admin, nil)
		if err != nil {
			return err
		}
		s.listeners = append(s.listeners, admin)
	}
	return s.openS3()
}

// Addr is the address that the API is served on; known after Listen.
func (s *Server) Addr() net.Addr { return s.listeners[0].socket.Addr() }

func (s *Server) open(addr string, handler http.Handler, secure *tls.Config) (listener, error) {
	socket, err := net.Listen("tcp", addr)
	if err != nil {
		return listener{}, fmt.Errorf("listen: %w", err)
	}
	return s.on(socket, handler, secure), nil
}

// on is a listener on a socket that is open.
func (s *Server) on(socket net.Listener, handler http.Handler, secure *tls.Config) listener {
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(s.config.Log.Handler(), slog.LevelDebug),
		TLSConfig:         secure,
	}
	return listener{socket, server}
}

func (l listener) serve() error {
	if l.server.TLSConfig != nil {
		return l.server.ServeTLS(l.socket, "", "")
	}
	return l.server.Serve(l.socket)
}

// Run serves until ctx ends or a socket fails, then says so at /readyz, lets requests finish, and returns within ten
// seconds. Requests that are still running then are cut off.
func (s *Server) Run(ctx context.Context) error {
	stopJobs := s.startJobs(context.Background())
	failed := make(chan error, len(s.listeners))
	for _, l := range s.listeners {
		go func() { failed <- l.serve() }()
	}
	defer s.audit.followRotation(&s.config)()
	go s.arithmetic.warm() // in the background, so that neither the start nor the first sign-in waits

	var failure error
	select {
	case <-ctx.Done():
	case failure = <-failed:
		failure = fmt.Errorf("serve: %w", failure)
	}

	deadline, cancel := context.WithTimeout(context.Background(), stopWithin)
	defer cancel()
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		stopJobs()
	}()
	s.drain(deadline)
	select {
	case <-stopped:
		if err := s.health.node.Leave(deadline); err != nil {
			s.config.Log.Warn("other nodes will take this one for dead", "error", err)
		}
	case <-deadline.Done():
		s.config.Log.Warn("a background job did not stop in time")
	}
	return failure
}

// drain makes /readyz fail, waits for balancers to notice, and closes the listeners, the API's first.
func (s *Server) drain(deadline context.Context) {
	s.health.draining.Store(true)
	s.config.Log.Info("stopping", "delay", s.config.ShutdownDelay)
	select {
	case <-time.After(s.config.ShutdownDelay):
	case <-deadline.Done():
	}
	s.stop()
	for _, l := range s.listeners {
		if err := l.server.Shutdown(deadline); errors.Is(err, context.DeadlineExceeded) {
			s.config.Log.Warn("requests were cut off", "addr", l.socket.Addr().String())
			_ = l.server.Close() // after the deadline its error does not matter
		}
	}
}
