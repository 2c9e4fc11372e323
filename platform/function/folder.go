package function

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// makeFolder makes a folder that only the function's user can read: inside the given one or, if that is empty, where
// temporary files are.
func makeFolder(inside string, owner *account) (string, error) {
	if inside != "" { // removed perhaps by what cleans up old temporary files
		if err := os.MkdirAll(inside, 0o700); err != nil {
			return "", fmt.Errorf("make folder: %w", err)
		}
		if err := owner.give(inside); err != nil {
			return "", err
		}
	}
	name, err := os.MkdirTemp(inside, "cardea-function-*") // with mode 0700
	if err != nil {
		return "", fmt.Errorf("make folder: %w", err)
	}
	if name, err = filepath.Abs(name); err != nil {
		return "", err
	}
	return name, owner.give(name)
}

func removeFolder(name string) error {
	if name == "" {
		return nil
	}
	return os.RemoveAll(name)
}

// writeBootstrap makes sure that the function's folder has the bootstrap, and returns its path.
func writeBootstrap(f *Function) (string, error) {
	sum := sha256.Sum256(f.program.bootstrap)
	name := filepath.Join(f.dir, hex.EncodeToString(sum[:8])+f.program.extension)
	if _, err := os.Stat(name); err == nil {
		return name, nil
	}
	temporary, err := os.CreateTemp(f.dir, "bootstrap-*")
	if err != nil {
		return "", fmt.Errorf("write bootstrap: %w", err)
	}
	_, err = temporary.Write(f.program.bootstrap)
	err = errors.Join(err, temporary.Close(), f.account.give(temporary.Name()), os.Rename(temporary.Name(), name))
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return "", fmt.Errorf("write bootstrap: %w", err)
	}
	return name, nil
}

// give makes the account the owner of a file; without an account it stays the server's.
func (a *account) give(name string) error {
	if a == nil {
		return nil
	}
	if err := os.Chown(name, a.uid, a.gid); err != nil {
		return fmt.Errorf("give a folder to the function's user: %w", err)
	}
	return nil
}
