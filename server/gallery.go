package server

import (
	"context"
	"net"
	"net/http"
	"time"

	"cardea/inbound/login"
	"cardea/platform/browser"
)

// ServeGallery shows the pages of managed login with sample data, until ctx ends. It needs no database and does nothing.
func ServeGallery(ctx context.Context, listener net.Listener) error {
	srv := &http.Server{Handler: browser.Guard{Next: login.Gallery{}}, ReadHeaderTimeout: 10 * time.Second}
	stop := context.AfterFunc(ctx, func() { _ = srv.Close() })
	defer stop()
	return srv.Serve(listener)
}
