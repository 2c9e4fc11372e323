package iampolicy

// Keys are the condition keys of a request with their values, by the key in lower case. A key that is absent has no value;
// an empty list counts as absent.
type Keys map[string][]string

// Request is one action on one resource, as policies see it.
type Request struct {
	Action   string // "s3:GetObject"
	Resource string // an ARN, or "*"
	Keys     Keys
}

// Set is the policies that apply to a principal.
type Set struct {
	Identity []*Policy // of the role, or of the user and their groups
	// Boundary is the permissions boundary; nil: there is none.
	Boundary *Policy
	// Session are the policies that a session was narrowed by: each group of them must allow what the session does. A group that
	// is empty allows nothing.
	Session [][]*Policy
}

// Layer is a kind of policies in a Set.
type Layer int

// The layers, in the order in which a missing Allow is reported.
const (
	IdentityLayer Layer = iota
	BoundaryLayer
	SessionLayer
	TrustLayer
)

// Decision is what policies say of a request.
type Decision struct {
	Allowed bool
	// Explicit says that a statement of Layer denies the request. Otherwise a denied request is one that no statement of Layer
	// allows. Both mean nothing if the request is allowed.
	Explicit bool
	Layer    Layer
}

// Explanation is a decision with what it came from.
type Explanation struct {
	Decision
	// Matched are the statements that decided: those that deny, or else those that allow, in every layer.
	Matched []Match
	// Missing are the condition keys that statements about this action and resource ask for and the request does not have, as the
	// policies spell them, each once.
	Missing []string
	// Boundary says that the permissions boundary allows the request; false without one.
	Boundary bool
}

// Match is a statement that decided a request.
type Match struct {
	Policy    *Policy
	Statement int // counted from 0
}

// Who is a principal as trust policies name it. What does not hold is empty.
type Who struct {
	AWS       []string // ARNs and unique ids that name the caller: of the session, its role or user, and the account's root
	Federated string   // the identity provider that vouches for the caller
	Service   string
	Account   string // twelve digits: "arn:aws:iam::<account>:root" and the bare number name everybody in it
}
