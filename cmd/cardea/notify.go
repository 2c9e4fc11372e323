package main

import (
	"net"
	"os"
)

// notify tells systemd of a change, such as READY=1, where a service of Type=notify runs; see sd_notify(3). Elsewhere it does nothing.
func notify(state string) error {
	address := os.Getenv("NOTIFY_SOCKET")
	if address == "" {
		return nil
	}
	socket, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: address, Net: "unixgram"}) // "@" begins an abstract name
	if err != nil {
		return err
	}
	defer func() { _ = socket.Close() }() // a datagram is sent already
	_, err = socket.Write([]byte(state))
	return err
}
