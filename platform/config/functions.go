package config

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

// maxFunctionTimeout is how long Cognito waits for a function.
const maxFunctionTimeout = 5 * time.Second

// Function says what stands behind the ARN of a Lambda function: exactly one of Lambda, Webhook and Local.
type Function struct {
	// Name is the function's name, or name:qualifier, in whichever account and Region; ARN names one exact function.
	Name string `toml:"name,omitempty"`
	ARN  string `toml:"arn,omitempty"`

	// Lambda is the address of AWS Lambda, or of a service that speaks its Invoke API; {region} stands for the function's.
	Lambda string `toml:"lambda,omitempty"`
	// LambdaName is invoked instead of the ARN, for services that know no ARNs.
	LambdaName string `toml:"lambda_name,omitempty"`
	// AccessKeyID, SecretAccessKey and SessionToken sign the calls; Profile names a profile of the shared credentials file.
	// Without either, the environment, that file, and the container's or machine's endpoint are asked.
	AccessKeyID     string `toml:"access_key_id,omitempty"`
	SecretAccessKey Secret `toml:"secret_access_key,omitempty"`
	SessionToken    Secret `toml:"session_token,omitempty"`
	Profile         string `toml:"profile,omitempty"`

	// Webhook is an address that gets the event and answers it.
	Webhook string `toml:"webhook,omitempty"`
	// WebhookSecret signs the calls; WebhookFormerSecret signs too, while it is being replaced.
	WebhookSecret       Secret `toml:"webhook_secret,omitempty"`
	WebhookFormerSecret Secret `toml:"webhook_former_secret,omitempty"`

	// Local is path/file.py:handler, path/file.mjs:handler, or an executable.
	Local string `toml:"local,omitempty"`
	// Env is a local function's environment, besides what Lambda sets.
	Env map[string]Secret `toml:"env,omitempty"`
	// Interpreter runs a local handler; User is whose rights it has.
	Interpreter string `toml:"interpreter,omitempty"`
	User        string `toml:"user,omitempty"`
	// MemoryMB, Concurrency and Keep bound a local function's processes.
	MemoryMB    int `toml:"memory_mb,omitempty"`
	Concurrency int `toml:"concurrency,omitempty"`
	Keep        int `toml:"keep,omitempty"`

	// Timeout bounds one try; 0 means five seconds, which is also the most.
	Timeout Duration `toml:"timeout,omitempty"`
	// NoBreaker keeps calling a function that fails and fails.
	NoBreaker bool `toml:"no_breaker,omitempty"`
}

// Key is the function's name or ARN; empty for the default.
func (f Function) Key() string { return f.Name + f.ARN }

var (
	functionName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,140}(:(\$LATEST|[A-Za-z0-9_-]{1,128}))?$`)
	functionARN  = regexp.MustCompile(`^arn:aws(-[a-z]+)*:lambda:[a-z]{2}(-[a-z]+)+-\d:\d{12}:function:[A-Za-z0-9_-]{1,140}(:(\$LATEST|[A-Za-z0-9_-]{1,128}))?$`)
)

// CheckFunctions reports everything that is wrong with the entries and the default, which may be nil.
func CheckFunctions(entries []Function, rest *Function, outgoing Outgoing) error {
	var wrong []error
	seen := map[string]bool{}
	for i, f := range entries {
		where := fmt.Sprintf("functions[%d]", i)
		switch {
		case (f.Name == "") == (f.ARN == ""):
			wrong = append(wrong, fmt.Errorf("%s: give either name or arn", where))
		case f.Name != "" && !functionName.MatchString(f.Name):
			wrong = append(wrong, fmt.Errorf("%s: %q is not a function's name or name:qualifier", where, f.Name))
		case f.ARN != "" && !functionARN.MatchString(f.ARN):
			wrong = append(wrong, fmt.Errorf("%s: %q is not the ARN of a Lambda function", where, f.ARN))
		case seen[f.Key()]:
			wrong = append(wrong, fmt.Errorf("%s: %s is configured twice", where, f.Key()))
		}
		seen[f.Key()] = true
		if err := f.check(outgoing); err != nil {
			wrong = append(wrong, Within(where, err))
		}
	}
	if rest != nil {
		if rest.Key() != "" {
			wrong = append(wrong, errors.New("functions_default: it stands for all functions and has neither name nor arn"))
		}
		if err := rest.check(outgoing); err != nil {
			wrong = append(wrong, Within("functions_default", err))
		}
	}
	return errors.Join(wrong...)
}

// check reports the first thing that is wrong with what stands behind the name.
func (f Function) check(outgoing Outgoing) error {
	given := 0
	for _, transport := range []string{f.Lambda, f.Webhook, f.Local} {
		if transport != "" {
			given++
		}
	}
	switch {
	case given != 1:
		return errors.New("give one of lambda, webhook and local")
	case f.Timeout > 0 && time.Duration(f.Timeout) < time.Millisecond:
		return errUnit("timeout")
	case f.Timeout < 0 || time.Duration(f.Timeout) > maxFunctionTimeout:
		return fmt.Errorf("timeout: %s is not between 0s and %s", f.Timeout, maxFunctionTimeout)
	case f.Lambda == "" && (f.LambdaName != "" || f.AccessKeyID != "" || f.SecretAccessKey != "" || f.SessionToken != "" || f.Profile != ""):
		return errors.New("lambda_name, keys and profile go with lambda")
	case f.Webhook == "" && (f.WebhookSecret != "" || f.WebhookFormerSecret != ""):
		return errors.New("webhook_secret and webhook_former_secret go with webhook")
	case f.Local == "" && (len(f.Env) > 0 || f.Interpreter != "" || f.User != "" || f.MemoryMB != 0 || f.Concurrency != 0 || f.Keep != 0):
		return errors.New("env, interpreter, user, memory_mb, concurrency and keep go with local")
	}
	return f.checkTransport(outgoing)
}

func (f Function) checkTransport(outgoing Outgoing) error {
	switch {
	case f.Lambda != "":
		if (f.AccessKeyID == "") != (f.SecretAccessKey == "") {
			return errors.New("access_key_id and secret_access_key go together")
		}
		if f.AccessKeyID != "" && f.Profile != "" {
			return errors.New("give either keys or a profile")
		}
		return checkCalled("lambda", strings.ReplaceAll(f.Lambda, "{region}", "us-east-1"), outgoing)
	case f.Webhook != "":
		if f.WebhookSecret == "" {
			return errors.New("webhook_secret is required with webhook")
		}
		return checkCalled("webhook", f.Webhook, outgoing)
	case f.MemoryMB < 0, f.Keep < 0, f.Concurrency < 0, f.Concurrency > 64:
		return errors.New("memory_mb and keep are not negative, concurrency is 1 to 64")
	}
	return nil
}

// checkCalled refuses an address that the server may not call. It is not quoted: it may hold a secret.
func checkCalled(name, address string, outgoing Outgoing) error {
	u, err := url.Parse(address)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || u.User != nil || u.Fragment != "" {
		return fmt.Errorf("%s: not an http or https address", name)
	}
	if u.Scheme == "http" && !outgoing.PlainHTTP {
		return fmt.Errorf("%s: use https, or set outgoing.plain_http to allow http", name)
	}
	return nil
}

// ParseFunction reads a flag, NAME[:QUALIFIER]=SOURCE or ARN=SOURCE, which stands for a local function.
func ParseFunction(flag string) (Function, error) {
	key, source, found := strings.Cut(flag, "=")
	if !found || source == "" {
		return Function{}, fmt.Errorf("%q is not NAME=path/file.py:handler", flag)
	}
	f := Function{Name: key, Local: source}
	if strings.HasPrefix(key, "arn:") {
		f.Name, f.ARN = "", key
	}
	return f, CheckFunctions([]Function{f}, nil, Outgoing{})
}

// OverrideFunctions puts entries given by flags in the place of those of the same name, and behind the others.
func OverrideFunctions(entries, flags []Function) []Function {
	all := slices.DeleteFunc(slices.Clone(entries), func(f Function) bool {
		return slices.ContainsFunc(flags, func(flag Function) bool { return flag.Key() == f.Key() })
	})
	return append(all, flags...)
}
