package server

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"cardea/inbound/login"
	"cardea/platform/browser"
)

// ServeGallery shows the pages of managed login with sample data, until ctx ends. It needs no database and does nothing.
// Its frames and texts are those of the folder that templates names, unless it is empty.
func ServeGallery(ctx context.Context, listener net.Listener, templates string) error {
	own, err := ReadTemplates(templates)
	if err != nil {
		return err
	}
	gallery := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		browser.SetHeaders(w.Header(), false)
		login.Gallery{Templates: own}.ServeHTTP(w, r)
	})
	srv := &http.Server{Handler: browser.Guard(gallery), ReadHeaderTimeout: 10 * time.Second}
	stop := context.AfterFunc(ctx, func() { _ = srv.Close() })
	defer stop()
	return srv.Serve(listener)
}

// ReadTemplates reads a folder of operators' templates; nil if folder is empty.
func ReadTemplates(folder string) (*login.Templates, error) {
	if folder == "" {
		return nil, nil
	}
	templates, err := login.ReadTemplates(os.DirFS(folder))
	if err != nil {
		return nil, fmt.Errorf("templates %s: %w", folder, err)
	}
	return templates, nil
}
