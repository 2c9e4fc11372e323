package main

import (
	"errors"
	"fmt"
	"net"
	"net/http"

	"cardea/server"
)

// pagesCommand shows the pages of managed login to whoever designs or translates them.
type pagesCommand struct {
	Listen    string `help:"Address to listen on." default:"127.0.0.1:0"`
	Templates string `help:"A folder with templates and texts of your own." type:"existingdir" placeholder:"DIR"`
}

// Run serves the gallery until the process is told to end.
func (c pagesCommand) Run(t terminal) error {
	listener, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return err
	}
	fmt.Fprintf(t.stdout, "every page in every state, with sample data: http://%s/\n", listener.Addr())
	if err := server.ServeGallery(t.ctx, listener, c.Templates); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
