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
	gallery := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		browser.SetHeaders(w.Header(), false)
		login.Gallery{}.ServeHTTP(w, r)
	})
	srv := &http.Server{Handler: browser.Guard(gallery), ReadHeaderTimeout: 10 * time.Second}
	stop := context.AfterFunc(ctx, func() { _ = srv.Close() })
	defer stop()
	return srv.Serve(listener)
}
