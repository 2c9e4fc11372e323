package function

import (
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// environment is the whole environment of a process: nothing of the server's is in it.
func (f *Function) environment(address, home string) []string {
	cfg, p := f.cfg, f.program
	env := map[string]string{
		"LANG":                            "en_US.UTF-8",
		"TZ":                              ":UTC",
		"HOME":                            home,
		"TMPDIR":                          home,
		"_HANDLER":                        p.handler,
		"LAMBDA_TASK_ROOT":                p.root,
		"LAMBDA_RUNTIME_DIR":              f.dir,
		"AWS_REGION":                      cfg.Region,
		"AWS_DEFAULT_REGION":              cfg.Region,
		"AWS_LAMBDA_FUNCTION_NAME":        cfg.Name,
		"AWS_LAMBDA_FUNCTION_VERSION":     "$LATEST",
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": strconv.Itoa(cfg.MemoryMB),
		"AWS_LAMBDA_LOG_GROUP_NAME":       "/aws/lambda/" + cfg.Name,
		"AWS_LAMBDA_LOG_STREAM_NAME":      time.Now().UTC().Format("2006/01/02/") + "[$LATEST]" + strings.ReplaceAll(newID(), "-", ""),
		"AWS_LAMBDA_INITIALIZATION_TYPE":  "on-demand",
		"AWS_LAMBDA_RUNTIME_API":          address,
		"PATH":                            "/usr/local/bin:/usr/bin:/bin",
	}
	if p.execution != "" {
		env["AWS_EXECUTION_ENV"] = p.execution
		env["PATH"] = filepath.Dir(p.path) + string(filepath.ListSeparator) + env["PATH"]
	}
	if runtime.GOOS == "windows" {
		windowsEnvironment(env, home)
	}
	maps.Copy(env, cfg.Env)

	list := make([]string, 0, len(env))
	for _, name := range slices.Sorted(maps.Keys(env)) {
		list = append(list, name+"="+env[name])
	}
	return list
}

var variable = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// settable are names of Lambda's that a function's settings may set all the same: credentials, what is logged, and where
// AWS is.
var settable = regexp.MustCompile(`^AWS_(ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN|LAMBDA_LOG_FORMAT|LAMBDA_LOG_LEVEL)$|^AWS_ENDPOINT_URL`)

var reserved = regexp.MustCompile(`^(_HANDLER|_X_AMZN_TRACE_ID|LAMBDA_TASK_ROOT|LAMBDA_RUNTIME_DIR|AWS_REGION|AWS_DEFAULT_REGION|AWS_EXECUTION_ENV|AWS_LAMBDA_.*)$`)

// checkEnv refuses variables that are none, and those that the runner sets.
func checkEnv(env map[string]string) error {
	for name, value := range env {
		switch {
		case !variable.MatchString(name) || strings.ContainsRune(value, 0):
			return fmt.Errorf("%q cannot be an environment variable", name)
		case reserved.MatchString(name) && !settable.MatchString(name):
			return fmt.Errorf("the environment variable %s is reserved", name)
		}
	}
	return nil
}
