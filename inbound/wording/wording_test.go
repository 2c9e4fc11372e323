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
	"cardea/engine/attributes"
	"cardea/engine/lockout"
	"cardea/engine/message"
	"cardea/engine/migration"
	"cardea/engine/password"
	"cardea/engine/verification"
	"cardea/inbound/wording"
	"cardea/spec/awsjson"
	"cardea/spec/cognitoidp"
)

func TestConditionsAreWorded(t *testing.T) {
	t.Parallel()
	knows := &awsjson.Operation{Name: "GetUser", Errors: []string{"UserNotFoundException"}}
	creates := &awsjson.Operation{Name: "SignUp", Errors: []string{"UsernameExistsException"}}
	limits := &awsjson.Operation{Name: "SignUp", Errors: []string{"LimitExceededException"}}
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
		"a wrong code":              {knows, verification.ErrMismatch, "CodeMismatchException: Invalid verification code provided, please try again."},
		"no code":                   {knows, verification.ErrExpired, "ExpiredCodeException: Invalid code provided, please request a code again."},
		"too many attempts":         {limits, verification.ErrTooMany, "LimitExceededException: Attempt limit exceeded, please try after some time."},
		"too many, and no code":     {knows, verification.ErrTooMany, "TooManyRequestsException: Attempt limit exceeded, please try after some time."},
		"too many messages":         {limits, message.ErrLimit, "LimitExceededException: Attempt limit exceeded, please try after some time."},
		"no sender":                 {knows, message.ErrNoSender, "CodeDeliveryFailureException: This server has no way of sending such messages."},
		"no user":                   {knows, account.ErrNoUser, "UserNotFoundException: User does not exist."},
		"no user, and no code":      {signed, account.ErrNoUser, "ResourceNotFoundException: User does not exist."},
		"no bearer, and no code":    {unsigned, account.ErrNoUser, "NotAuthorizedException: Access Token has been revoked"},
		"no pool":                   {knows, &access.UnknownError{Pool: "p_1"}, "ResourceNotFoundException: User pool p_1 does not exist."},
		"no client":                 {knows, &access.UnknownError{Client: "c"}, "ResourceNotFoundException: User pool client c does not exist."},
		"no secret hash":            {knows, &access.SecretError{Client: "c", Hash: true, Missing: true}, "NotAuthorizedException: Client c is configured with secret but SECRET_HASH was not received"},
		"a wrong secret hash":       {knows, &access.SecretError{Client: "c", Hash: true}, "NotAuthorizedException: Unable to verify secret hash for client c"},
		"a wrong secret":            {knows, &access.SecretError{Client: "c"}, "NotAuthorizedException: Invalid client secret for client c"},
		"a status without tokens":   {knows, account.StatusError{Status: "COMPROMISED"}, "NotAuthorizedException: User cannot be given tokens. Current status is COMPROMISED"},
		"unwritable":                {knows, attributes.ErrUnwritable, "NotAuthorizedException: A client attempted to write unauthorized attribute"},
		"a former password":         {knows, password.ErrUsed, "PasswordHistoryPolicyViolationException: Password has previously been used"},
		"a weak password":           {knows, &password.PolicyError{Rule: password.NoUppercase}, "InvalidPasswordException: Password did not conform with policy: Password must have uppercase characters"},
		"too many hashes":           {knows, password.ErrBusy, "TooManyRequestsException: Rate exceeded"},
		"an alias is taken":         {knows, &account.TakenError{Kind: "email"}, "AliasExistsException: An account with the given email already exists."},
		"an email is taken":         {creates, &account.TakenError{Kind: "email"}, "UsernameExistsException: An account with the given email already exists."},
		"a username is taken":       {creates, &account.TakenError{Kind: "username"}, "UsernameExistsException: User already exists"},
		"nothing to verify":         {knows, &account.ContactError{Contact: "phone_number"}, "InvalidParameterException: Phone Number is required to verify/un-verify a phone number"},
		"another email":             {knows, &account.MismatchError{Attribute: "email"}, "InvalidParameterException: The email attribute does not match the username."},
		"nobody to migrate":         {knows, &migration.NobodyError{Client: "c"}, "UserNotFoundException: Exception migrating user in app client c"},
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

func TestAttributeErrorsDependOnTheOperation(t *testing.T) {
	t.Parallel()
	value := func(w attributes.Writer, name string, rule attributes.Rule, bound string) error {
		return &attributes.ValueError{Name: name, Rule: rule, Bound: bound, Writer: w}
	}
	type unknown = attributes.UnknownError
	type immutable = attributes.ImmutableError
	type username = attributes.UsernameError
	for want, err := range map[string]error{
		"Attributes did not conform to the schema: b: Attribute does not exist in the schema.\na: Attribute does not exist in the schema.\n": &unknown{Names: []string{"b", "a"}, Writer: attributes.SignUp},
		"Attributes did not conform to the schema: c: Attribute does not exist in the schema.\n":                                             &unknown{Names: []string{"c"}, Writer: attributes.Invite},
		"Invalid user attributes: user.c: Attribute does not exist in the schema.\n":                                                         &unknown{Names: []string{"c"}, Writer: attributes.Admin},
		"Attributes did not conform to the schema: name: The attribute is required\nemail: The attribute is required\n":                      &attributes.RequiredError{Names: []string{"name", "email"}},

		"user.custom:fixed: Attribute cannot be updated.\n":               &immutable{Name: "custom:fixed", Writer: attributes.Self},
		"user.custom:team: Attribute cannot be updated.\n":                &immutable{Name: "custom:team", Writer: attributes.Admin},
		"Cannot modify the non-mutable attribute sub":                     &immutable{Name: "sub", Writer: attributes.Self},
		"Cannot modify the non-mutable attribute identities":              &immutable{Name: "identities", Writer: attributes.Invite},
		"Cannot modify the non-mutable attribute email_verified":          &immutable{Name: "email_verified", Writer: attributes.Challenge},
		"Cannot modify the non-mutable attribute custom:fixed":            &immutable{Name: "custom:fixed", Writer: attributes.Challenge},
		"NotAuthorizedException: Cannot modify an already provided email": &attributes.ProvidedError{Name: "email"},

		"Invalid email address format.": value(attributes.SignUp, "email", attributes.NotEmail, ""),
		"Invalid phone number format.":  value(attributes.Self, "phone_number", attributes.NotPhone, ""),
		"Attributes did not conform to the schema: birthdate: String must be no longer than 10 characters": value(attributes.SignUp, "birthdate", attributes.TooLong, "10"),
		"Invalid user attributes: birthdate: String must be no shorter than 10 characters":                 value(attributes.Self, "birthdate", attributes.TooShort, "10"),
		"Invalid user attributes: custom:n: Number must be no greater than 7":                              value(attributes.Admin, "custom:n", attributes.TooGreat, "7"),
		"Attributes did not conform to the schema: custom:n: Number must be no less than -7":               value(attributes.Invite, "custom:n", attributes.TooSmall, "-7"),
		"Invalid user attributes: custom:n: Number must be a decimal number":                               value(attributes.Self, "custom:n", attributes.NotNumber, ""),
		"Invalid user attributes: custom:b: Boolean must be true or false":                                 value(attributes.Self, "custom:b", attributes.NotBoolean, ""),
		"Invalid user attributes: custom:d: DateTime must be a date and time":                              value(attributes.Self, "custom:d", attributes.NotDateTime, ""),

		"Username should be an email.":                                                                     &username{Wanted: []string{"email"}},
		"Username should be a phone number.":                                                               &username{Wanted: []string{"phone_number"}},
		"Username should be either an email or a phone number.":                                            &username{Wanted: []string{"phone_number", "email"}},
		"Username cannot be of email format, since user pool is configured for email alias.":               &username{Alias: "email"},
		"Username cannot be of phone number format, since user pool is configured for phone number alias.": &username{Alias: "phone_number"},
	} {
		if !strings.Contains(want, "Exception: ") {
			want = "InvalidParameterException: " + want
		}
		if got := wording.Cognito(&awsjson.Operation{Name: "SignUp"}, err); got.Error() != want {
			t.Errorf("got  %q\nwant %q", got, want)
		}
	}
}

// wordedByFeatures are conditions that never reach the edge: features handle them, or word them for their
// operation.
var wordedByFeatures = map[string]bool{
	"factor.ErrNone": true, "factor.ErrMismatch": true, "factor.ErrReused": true,
	"passkey.ErrNone": true, "passkey.ErrRefused": true, "passkey.ErrClone": true,
	"password.ErrNoVerifier":  true,
	"account.ErrUnsearchable": true, "token.ErrForgedID": true,
	// Package federated has conditions of its own for all tokens.
	"identitytoken.ErrForged": true, "identitytoken.ErrExpired": true,
	// Package awsapi shows these as the protocol of the service has them; the others are what a DeniedError wraps.
	"authorization.DeniedError": true, "authorization.ErrUnknownKey": true, "authorization.ErrSession": true,
	"authorization.ErrNoRole": true, "authorization.ErrTrust": true,
}

// Every condition that an engine exports has its words, or a feature is known to have them: a new one without words
// would be answered as InternalErrorException.
func TestEveryConditionHasWords(t *testing.T) {
	t.Parallel()
	source, err := filepath.Glob("*.go")
	if err != nil || len(source) == 0 {
		t.Fatal(source, err)
	}
	endpoints, err := filepath.Glob("../oauth/*.go") // which have codes of their own
	if err != nil || len(endpoints) == 0 {
		t.Fatal(endpoints, err)
	}
	source = append(source, endpoints...)
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
