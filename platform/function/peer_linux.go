package function

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// guard lets only connections of the function's user through, so that no other user of this machine receives events.
func guard(l net.Listener, f *Function) net.Listener {
	uid := syscall.Getuid()
	if f.account != nil {
		uid = f.account.uid
	}
	return &guarded{Listener: l, function: f, uid: uid}
}

type guarded struct {
	net.Listener
	function *Function
	uid      int
}

func (g *guarded) Accept() (net.Conn, error) {
	for {
		c, err := g.Listener.Accept()
		if err != nil {
			return nil, err
		}
		uid, err := ownerOf(c.RemoteAddr(), c.LocalAddr())
		if err == nil && uid == g.uid {
			return c, nil
		}
		_ = c.Close() // nothing was sent
		g.function.cfg.Log.Warn("connection to a function's Runtime API refused", "function", g.function.cfg.Name, "uid", uid, "error", err)
	}
}

// ownerOf finds the user at the other end of a connection within this machine.
func ownerOf(local, remote net.Addr) (uid int, err error) {
	for _, name := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		wide := strings.HasSuffix(name, "6")
		from, err := kernelAddress(local, wide)
		if err != nil {
			return -1, err
		}
		to, err := kernelAddress(remote, wide)
		if err != nil {
			return -1, err
		}
		if uid, ok := findSocket(name, from, to); ok {
			return uid, nil
		}
	}
	return -1, fmt.Errorf("no socket from %s to %s", local, remote)
}

// findSocket looks a socket up in the kernel's table.
func findSocket(table, from, to string) (uid int, ok bool) {
	file, err := os.Open(table)
	if err != nil {
		return -1, false
	}
	defer func() { _ = file.Close() }() // only read
	for lines := bufio.NewScanner(file); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) > 7 && fields[1] == from && fields[2] == to {
			uid, err := strconv.Atoi(fields[7])
			return uid, err == nil
		}
	}
	return -1, false
}

// kernelAddress writes an IPv4 address as the kernel's tables do, in the table of IPv6 as a mapped one.
func kernelAddress(a net.Addr, wide bool) (string, error) {
	at, err := netip.ParseAddrPort(a.String())
	if err != nil {
		return "", err
	}
	b := at.Addr().Unmap().As4()
	text := fmt.Sprintf("%s:%04X", strings.ToUpper(hex.EncodeToString(nativeOrder(b))), at.Port())
	if wide {
		text = "0000000000000000" + strings.ToUpper(hex.EncodeToString(nativeOrder([4]byte{0, 0, 0xff, 0xff}))) + text
	}
	return text, nil
}

// nativeOrder returns the bytes of a word in network order as the kernel prints it: as a number of this machine.
func nativeOrder(b [4]byte) []byte {
	return binary.BigEndian.AppendUint32(nil, binary.NativeEndian.Uint32(b[:]))
}
