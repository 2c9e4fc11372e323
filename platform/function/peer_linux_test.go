package function

import (
	"log/slog"
	"net"
	"os"
	"testing"
	"time"
)

func TestConnectionsOfOtherUsersAreRefused(t *testing.T) {
	t.Parallel()
	for _, network := range []string{"tcp4", "tcp6"} { // the latter for clients with a socket of IPv6
		for other, want := range map[int]bool{0: true, 1: false} {
			l, err := net.Listen("tcp4", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			g := guard(l, &Function{cfg: Config{Log: slog.New(slog.DiscardHandler)}}).(*guarded)
			g.uid = os.Getuid() + other
			go func() {
				if c, err := g.Accept(); err == nil {
					_, _ = c.Write([]byte("x")) // the test reads it
				}
			}()
			address := l.Addr().String()
			if network == "tcp6" {
				address = "[::ffff:127.0.0.1]" + address[len("127.0.0.1"):]
			}
			c, err := net.Dial("tcp", address)
			if err != nil {
				t.Fatal(err)
			}
			_ = c.SetReadDeadline(time.Now().Add(5 * time.Second))
			n, err := c.Read(make([]byte, 1))
			if got := n == 1; got != want {
				t.Errorf("%s, uid %d: passed %t (%v), want %t", network, g.uid, got, err, want)
			}
			_, _ = c.Close(), l.Close()
		}
	}
}

func TestAddressesAreWrittenAsTheKernelDoes(t *testing.T) {
	t.Parallel()
	at := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8080}
	for wide, want := range map[bool]string{false: "0100007F:1F90", true: "0000000000000000FFFF00000100007F:1F90"} {
		if got, err := kernelAddress(at, wide); err != nil || got != want {
			t.Errorf("got %s, %v, want %s", got, err, want)
		}
	}
}
