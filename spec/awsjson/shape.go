package awsjson

import "context"

// Kind is a shape's type in the model.
type Kind uint8

// The kinds of the model. Document is JSON of any form, passed on unchanged.
const (
	String Kind = iota
	Integer
	Long
	Boolean
	Timestamp
	Blob
	List
	Map
	Structure
	Document
)

// Limits says which of a shape's Min and Max hold.
type Limits uint8

// A shape has a least value or length, a greatest, both or none.
const (
	HasMin Limits = 1 << iota
	HasMax
)

// Shape is one row of a service's validation table: what the model says about a value's form. Min and Max bound the
// value of numbers and the length of everything else.
type Shape struct {
	Name      string
	Kind      Kind
	Limits    Limits
	Sensitive bool // the value must not appear in messages or logs
	Min, Max  int64
	Pattern   *Pattern
	Enum      []string // the values a string may have; nil for any
	Element   *Shape   // of a list's elements and a map's values
	Key       *Shape   // of a map's keys
	Members   []Member // of a structure, in the order of the generated struct's fields
}

// Member is a structure's named part.
type Member struct {
	Name     string // exactly as it stands in JSON
	Path     string // as validation messages write it: with a lower-case first letter
	Shape    *Shape
	Required bool
}

// Operation is an entry of a generated dispatch table.
type Operation struct {
	Name    string
	Feature string   // the feature that claims it
	Signed  bool     // the request needs a SigV4 signature
	Input   *Shape   // a structure
	Output  *Shape   // a structure; nil without an output
	Errors  []string // the codes that the model lists for it
	// Category is the name by which requests are counted for rate limits; empty: they are not.
	Category string
	// Permissions are what the caller of a signed operation must be allowed, all of them. Exempt says that nothing is asked before the
	// operation runs: it needs no permission, or asks by itself.
	Permissions []Permission
	Exempt      bool
	// Invoke binds the request, validates it and runs the feature's method. The result is a pointer to the output
	// struct, or nil for operations without one. It is nil itself when the operation is not built.
	Invoke func(ctx context.Context, request Node) (any, error)
}

// Category is one of those by which requests are counted for rate limits.
type Category struct {
	Quota      int64 // AWS's, in requests per second
	Adjustable bool  // AWS's customers set its limit themselves
}

// Permission is something that the caller of an operation must be allowed.
type Permission struct {
	Action string // "cognito-idp:DescribeUserPool"
	// Resource is "*", or the end of an ARN of the service and the account. In braces stands a part that the request gives:
	//
	//	{Member}       a text, as it came; {Member=text} has a default
	//	{url:Member}   a URL without its scheme
	//	{role:Member}  a role with its path, by its name; also {user:…}, in whose place the caller is meant, and {group:…}
	//	{moved:user}   what a user or a group will be called
	//	{key:Member}   the user whose access key is named
	//	{arn:Member}   a whole ARN
	//	{each:A.*.B}   whole ARNs, of which there may be none: members of members, * being every one
	//
	// A request that does not give a part that it must have is for a resource that only "*" is.
	Resource string
	If       string // the permission is needed if the request has this member; "" is always
	PassedTo string // of iam:PassRole: iam:PassedToService
}

// Service is one AWS service: how its requests name it, and its operations by name. A service speaks either JSON, and has a
// TargetPrefix, or the query protocol, and has a Version and a Namespace.
type Service struct {
	TargetPrefix string // X-Amz-Target is this, a dot and the operation
	Version      string // of the interface, which requests name
	Namespace    string // of the XML that answers are written in
	SigningName  string // the service part of the credential scope
	Operations   map[string]Operation
}
