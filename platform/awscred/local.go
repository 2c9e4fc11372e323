package awscred

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Lookup finds a variable of the environment; it is os.LookupEnv's form.
type Lookup func(name string) (string, bool)

func (l Lookup) get(name string) string {
	value, _ := l(name)
	return value
}

// Environment is the source that reads AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN.
func Environment(env Lookup) Source {
	return func(context.Context) (Keys, error) {
		keys := Keys{ID: env.get("AWS_ACCESS_KEY_ID"), Secret: env.get("AWS_SECRET_ACCESS_KEY"), Token: env.get("AWS_SESSION_TOKEN")}
		if keys.ID == "" || keys.Secret == "" {
			return Keys{}, ErrNone
		}
		return keys, nil
	}
}

// Profile is the source that reads a profile of the shared credentials file, at each call, so that a changed file counts. An
// empty name is AWS_PROFILE's, or "default". The file is AWS_SHARED_CREDENTIALS_FILE's, or .aws/credentials at home.
func Profile(env Lookup, name string) Source {
	if name == "" {
		name = env.get("AWS_PROFILE")
	}
	if name == "" {
		name = "default"
	}
	return func(context.Context) (Keys, error) {
		path := env.get("AWS_SHARED_CREDENTIALS_FILE")
		if path == "" {
			home := env.get("HOME")
			if home == "" {
				return Keys{}, ErrNone
			}
			path = filepath.Join(home, ".aws", "credentials")
		}
		keys, err := readProfile(path, name)
		if errors.Is(err, fs.ErrNotExist) {
			return Keys{}, ErrNone
		}
		return keys, err
	}
}

// readProfile reads the keys of a profile from an INI file.
func readProfile(path, name string) (Keys, error) {
	file, err := os.Open(path)
	if err != nil {
		return Keys{}, fmt.Errorf("read AWS profile: %w", err)
	}
	defer func() { _ = file.Close() }() // it was only read

	var keys Keys
	here := false
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		if strings.HasPrefix(line, "[") {
			here = strings.TrimSpace(strings.Trim(line, "[]")) == name
			continue
		}
		setting, value, found := strings.Cut(line, "=")
		if !here || !found || strings.HasPrefix(line, "#") || strings.HasPrefix(line, ";") {
			continue
		}
		value = strings.TrimSpace(value)
		switch strings.TrimSpace(setting) {
		case "aws_access_key_id":
			keys.ID = value
		case "aws_secret_access_key":
			keys.Secret = value
		case "aws_session_token":
			keys.Token = value
		}
	}
	if err := lines.Err(); err != nil {
		return Keys{}, fmt.Errorf("read AWS profile: %w", err)
	}
	if keys.ID == "" || keys.Secret == "" {
		return Keys{}, ErrNone
	}
	return keys, nil
}
