package config

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// examineWithin bounds how long names are looked up.
const examineWithin = 5 * time.Second

// Findings are what is wrong, and what is doubtful and keeps nobody from starting a server. Each is a list for [Problems].
type Findings struct {
	Wrong, Doubtful error
}

// Join adds what another look has found.
func (f *Findings) Join(other Findings) {
	f.Wrong, f.Doubtful = errors.Join(f.Wrong, other.Wrong), errors.Join(f.Doubtful, other.Doubtful)
}

func (f *Findings) wrong(setting, text string) {
	f.Wrong = errors.Join(f.Wrong, errors.New(setting+": "+text))
}

func (f *Findings) doubtful(setting, text string) {
	f.Doubtful = errors.Join(f.Doubtful, errors.New(setting+": "+text))
}

// Examine looks whether what the settings name is on this machine as it should be: files, folders, free ports, and hosts that the
// guard lets calls through to. path is the configuration's own file, or empty. It changes nothing.
func (c Config) Examine(ctx context.Context, path string) (f Findings) {
	c.examineProxy(&f)
	c.Rates.examine(&f)
	c.examineLogins(&f)
	c.examineFolders(&f)
	c.examineFunctions(&f)
	c.Audit.examine(&f)
	for _, secret := range c.secretFiles() {
		examineSecret(&f, secret)
	}
	examineFile(&f, path)
	for _, listener := range c.listeners() {
		examinePort(&f, listener)
	}
	c.examineCalls(ctx, &f)
	return f
}

// examineProxy compares the public address with what the server serves.
func (c Config) examineProxy(f *Findings) {
	if strings.HasPrefix(c.PublicURL, "https://") && !c.servesTLS() && len(c.TrustedProxies) == 0 {
		f.doubtful("public_url", "it is https, and the server serves plain HTTP: name the proxy before it in trusted_proxies, or give tls.cert_file")
	}
	networks, _ := c.Proxies() // check says what is wrong
	for _, network := range networks {
		if network.Bits() == 0 {
			f.doubtful("trusted_proxies", network.String()+" is everybody, so that clients choose the address that they count as")
		}
	}
}

// examineLogins tells of relays that are logged in to without a password. It may be in an environment that only the server has.
func (c Config) examineLogins(f *Findings) {
	if c.SMTP.Host != "" && c.SMTP.Username != "" && c.SMTP.Password == "" {
		f.doubtful("smtp.password", "there is none for smtp.username")
	}
	for _, s := range c.Senders {
		if s.Transport == "smtp" && s.Username != "" && s.Password == "" {
			f.doubtful("senders ("+s.Name+").password", "there is none for its username")
		}
	}
}

func (c Config) examineFolders(f *Findings) {
	if file, found := strings.CutPrefix(c.Database.URL.Reveal(), "sqlite:"); found {
		file = strings.TrimPrefix(file, "//")
		examineFolder(f, given{"database.url", filepath.Dir(file)})
		if opened, err := os.OpenFile(file, os.O_RDWR, 0); err == nil {
			_ = opened.Close() // nothing was written
		} else if !errors.Is(err, fs.ErrNotExist) {
			f.wrong("database.url", err.Error())
		}
	}
	if c.Templates != "" {
		examineFolder(f, given{"templates", c.Templates})
	}
	if c.S3IAM.Socket != "" {
		examineFolder(f, given{"s3_iam.socket", filepath.Dir(c.S3IAM.Socket)})
	}
}

func examineFolder(f *Findings, folder given) {
	info, err := os.Stat(folder.value)
	switch {
	case err != nil:
		f.wrong(folder.setting, fmt.Sprintf("there is no folder %s", folder.value))
	case !info.IsDir():
		f.wrong(folder.setting, fmt.Sprintf("%s is not a folder", folder.value))
	}
}

// examineFunctions looks for the files of local functions.
func (c Config) examineFunctions(f *Findings) {
	local := func(table string, function Function) {
		if function.Local == "" {
			return
		}
		file := function.Local
		if _, err := os.Stat(file); err != nil {
			if at := strings.LastIndexByte(file, ':'); at > 1 {
				file = file[:at]
			}
		}
		if info, err := os.Stat(file); err != nil || info.IsDir() {
			f.wrong(table+".local", fmt.Sprintf("there is no file %s", file))
		}
		if function.Interpreter != "" {
			if _, err := exec.LookPath(function.Interpreter); err != nil {
				f.wrong(table+".interpreter", fmt.Sprintf("there is no program %s", function.Interpreter))
			}
		}
	}
	for i, function := range c.Functions {
		local(fmt.Sprintf("functions[%d]", i), function)
	}
	if c.FunctionsDefault != nil {
		local("functions_default", *c.FunctionsDefault)
	}
}

// secretFiles are the files that nobody but the server may read.
func (c Config) secretFiles() []given {
	all := []given{{"master_key_file", c.MasterKeyFile}, {"tls.key_file", c.TLS.KeyFile}}
	for i, source := range c.MasterKeySources {
		all = append(all, given{fmt.Sprintf("master_keys[%d].file", i), source.File}, given{fmt.Sprintf("master_keys[%d].token_file", i), source.TokenFile})
	}
	for i, cert := range c.Certificates {
		all = append(all, given{fmt.Sprintf("certificates %d.key_file", i+1), cert.KeyFile})
	}
	for i, key := range c.KMSKeys {
		all = append(all, given{fmt.Sprintf("kms_keys[%d].raw_aes_file", i), key.RawAESFile})
	}
	return all
}

// examineSecret looks at who may read a file; whether it can be read is said by whoever reads it. That others are in a group is for the
// operator to know.
func examineSecret(f *Findings, file given) {
	info, err := os.Stat(file.value)
	if file.value == "" || err != nil {
		return
	}
	switch mode := exposed(info); {
	case mode&0o007 != 0:
		f.wrong(file.setting, fmt.Sprintf("everybody on this machine can read %s: make it a file of the server's user, and chmod 600 %[1]s", file.value))
	case mode != 0:
		f.doubtful(file.setting, fmt.Sprintf("a group can read %s: see that nobody but the server's user is in it", file.value))
	}
}

// exposed is what others than the owner may do with a file.
func exposed(info fs.FileInfo) fs.FileMode {
	if runtime.GOOS == "windows" { // its files have no such mode
		return 0
	}
	return info.Mode() & 0o077
}

// examineFile looks whether everybody may read the configuration itself, if it says anything secret. A group may: packages make the
// file one of root's that the server's group reads.
func examineFile(f *Findings, path string) {
	info, err := os.Stat(path)
	if err != nil || exposed(info)&0o007 == 0 {
		return
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return
	}
	own, _, _ := read(path, text) // what is wrong with it is said elsewhere

	// In a URL Show writes xxxxx.
	if shown, err := own.Show(); err == nil && (strings.Contains(shown, mask) || strings.Contains(shown, "xxxxx")) {
		f.doubtful("configuration", fmt.Sprintf("%s holds secrets, and everybody on this machine can read it: chmod o= %[1]s, or give secrets by environment", path))
	}
}

// examinePort tries to listen where the server will.
func examinePort(f *Findings, listener given) {
	if checkAddr(listener.setting, listener.value, true) != nil {
		return // which has been said
	}
	socket, err := net.Listen("tcp", listener.value)
	if err == nil {
		_ = socket.Close() // it took no connection
		return
	}
	if listener.setting != "guard.addr" && isCardea(listener.value) {
		f.doubtful(listener.setting, listener.value+" is taken by a cardea that is running")
		return
	}
	f.wrong(listener.setting, err.Error())
}

// isCardea asks who listens on an address of this machine.
func isCardea(address string) bool {
	host, port, _ := net.SplitHostPort(address)
	if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
		host = "localhost"
	}
	client := &http.Client{Timeout: 2 * time.Second, Transport: &http.Transport{
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, // nothing is sent, and the answer decides on the words of a report alone
	}}
	defer client.CloseIdleConnections()
	for _, scheme := range []string{"http://", "https://"} {
		answer, err := client.Get(scheme + net.JoinHostPort(host, port) + "/livez")
		if err != nil {
			continue
		}
		text, _ := io.ReadAll(io.LimitReader(answer.Body, 16))
		_ = answer.Body.Close()
		if answer.StatusCode == http.StatusOK && strings.TrimSpace(string(text)) == "ok" {
			return true
		}
	}
	return false
}

// examineCalls looks up the hosts that the server is to call.
func (c Config) examineCalls(ctx context.Context, f *Findings) {
	ctx, cancel := context.WithTimeout(ctx, examineWithin)
	defer cancel()
	unsure := map[string]bool{}
	err := c.checkCallsBy(ctx, func(ctx context.Context, host string) ([]netip.Addr, error) {
		found, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
		if failed, ok := errors.AsType[*net.DNSError](err); ok && !failed.IsNotFound {
			unsure[host] = true
			return nil, nil
		}
		if err != nil {
			return nil, fmt.Errorf("there is no host %s", host)
		}
		return found, nil
	})
	f.Wrong = errors.Join(f.Wrong, err)
	for host := range unsure {
		f.doubtful("outgoing", fmt.Sprintf("whether %s may be called is not known: its name cannot be looked up", host))
	}
}
