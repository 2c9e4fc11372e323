package wording_test

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"

	"cardea/engine/access"
	"cardea/engine/account"
	"cardea/engine/lockout"
	"cardea/inbound/wording"
	"cardea/spec/awsjson"
	"cardea/spec/cognitoidp"
)

func TestConditionsAreWorded(t *testing.T) {
	t.Parallel()
	knows := &awsjson.Operation{Name: "GetUser", Errors: []string{"UserNotFoundException"}}
	signed := &awsjson.Operation{Name: "AdminGetDevice", Signed: true}
	unsigned := &awsjson.Operation{Name: "ListDevices"}
	for name, c := range map[string]struct {
		op   *awsjson.Operation
		err  error
		want string
	}{
		"a condition":               {knows, lockout.ErrLocked, "NotAuthorizedException: Password attempts exceeded"},
		"a wrapped condition":       {knows, fmt.Errorf("judge: %w", account.ErrDisabled), "NotAuthorizedException: User is disabled."},
		"a fault":                   {knows, cognitoidp.CodeMismatch("no"), "CodeMismatchException: no"},
		"a wrapped fault":           {knows, fmt.Errorf("judge: %w", cognitoidp.CodeMismatch("no")), "CodeMismatchException: no"},
		"no user":                   {knows, account.ErrNoUser, "UserNotFoundException: User does not exist."},
		"no user, and no code":      {signed, account.ErrNoUser, "ResourceNotFoundException: User does not exist."},
		"no bearer, and no code":    {unsigned, account.ErrNoUser, "NotAuthorizedException: Access Token has been revoked"},
		"no pool":                   {knows, &access.UnknownError{Pool: "p_1"}, "ResourceNotFoundException: User pool p_1 does not exist."},
		"no client":                 {knows, &access.UnknownError{Client: "c"}, "ResourceNotFoundException: User pool client c does not exist."},
		"no secret hash":            {knows, &access.SecretError{Client: "c", Hash: true, Missing: true}, "NotAuthorizedException: Client c is configured with secret but SECRET_HASH was not received"},
		"a wrong secret hash":       {knows, &access.SecretError{Client: "c", Hash: true}, "NotAuthorizedException: Unable to verify secret hash for client c"},
		"a wrong secret":            {knows, &access.SecretError{Client: "c"}, "NotAuthorizedException: Invalid client secret for client c"},
		"a status without tokens":   {knows, account.StatusError{Status: "COMPROMISED"}, "NotAuthorizedException: User cannot be given tokens. Current status is COMPROMISED"},
		"a failure stays a failure": {knows, errors.New("disk full"), "disk full"},
	} {
		if got := wording.Cognito(c.op, c.err); got == nil || got.Error() != c.want {
			t.Errorf("%s: got %v, want %s", name, got, c.want)
		}
	}
	if err := wording.Cognito(knows, nil); err != nil {
		t.Errorf("success became %v", err)
	}
}

// wordedByFeatures are conditions that never reach the edge: the features that meet them act on them, or word them for
// their operation.
var wordedByFeatures = map[string]bool{
	"factor.ErrNone": true, "factor.ErrMismatch": true, "factor.ErrReused": true,
	"passkey.ErrNone": true, "passkey.ErrRefused": true, "passkey.ErrClone": true,
	"password.ErrNoVerifier": true,
	"account.TakenError":     true, "account.ErrUnsearchable": true,
	"verification.ErrMismatch": true, "verification.ErrExpired": true, "verification.ErrTooMany": true,
}

// Every condition that an engine exports has its words, or a feature is known to have them: a new one that nobody words
// would be answered as InternalErrorException.
func TestEveryConditionHasWords(t *testing.T) {
	t.Parallel()
	source, err := filepath.Glob("*.go")
	if err != nil || len(source) == 0 {
		t.Fatal(source, err)
	}
	worded := map[string]bool{}
	for _, path := range source {
		if !strings.HasSuffix(path, "_test.go") {
			mentioned(t, path, worded)
		}
	}
	engines, err := filepath.Glob("../../engine/*/*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range engines {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		for _, name := range exported(t, path) {
			if !worded[name] && !wordedByFeatures[name] {
				t.Errorf("%s: %s has no words", path, name)
			}
		}
	}
}

// mentioned collects the Err… names that a file mentions, as "package.Name".
func mentioned(t *testing.T, path string, into map[string]bool) {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(f, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := s.X.(*ast.Ident); ok {
				into[x.Name+"."+s.Sel.Name] = true
			}
		}
		return true
	})
}

// exported lists the conditions that a file declares: variables Err… and types …Error.
func exported(t *testing.T, path string) (names []string) {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range f.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok {
			continue
		}
		for _, spec := range g.Specs {
			switch s := spec.(type) {
			case *ast.ValueSpec:
				for _, name := range s.Names {
					if strings.HasPrefix(name.Name, "Err") {
						names = append(names, f.Name.Name+"."+name.Name)
					}
				}
			case *ast.TypeSpec:
				if strings.HasSuffix(s.Name.Name, "Error") && s.Name.IsExported() {
					names = append(names, f.Name.Name+"."+s.Name.Name)
				}
			}
		}
	}
	return names
}
