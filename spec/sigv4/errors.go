package sigv4

import "errors"

// Why a request's signature is not accepted. The text to show a client is the error's own, see Problem.
var (
	// ErrMissing says that the request is not signed at all.
	ErrMissing = errors.New("sigv4: request is not signed")
	// ErrIncomplete says that parts of the signature are missing or malformed.
	ErrIncomplete = errors.New("sigv4: signature is incomplete")
	// ErrInvalid says that the signature is wrong, for another service or Region, too old or too new.
	ErrInvalid = errors.New("sigv4: signature is invalid")
)

// Further reasons, for requests of S3.
var (
	// ErrUnsupported says that the request is signed in a way that is not supported.
	ErrUnsupported = errors.New("sigv4: signature is of an unsupported kind")
	// ErrScope says that the credential is for another service, Region or day.
	ErrScope = errors.New("sigv4: credential is scoped to something else")
	// ErrSkewed says that the signature is too old or too new.
	ErrSkewed = errors.New("sigv4: clocks differ too much")
	// ErrExpired says that a presigned request is too old or too new.
	ErrExpired = errors.New("sigv4: presigned request is not valid now")
	// ErrPayload says that the request does not say how its body is signed, or does it wrongly.
	ErrPayload = errors.New("sigv4: body is not described")
	// ErrLength says that the length of the content is not known.
	ErrLength = errors.New("sigv4: length is unknown")
	// ErrMismatch says that the body has another hash than the request says.
	ErrMismatch = errors.New("sigv4: body has another hash")
	// ErrMalformed says that a body's chunks or trailers are malformed.
	ErrMalformed = errors.New("sigv4: chunks are malformed")
	// ErrTruncated says that the body ended too early.
	ErrTruncated = errors.New("sigv4: body ended too early")
	// ErrChecksum says that the content has another checksum than its trailer says.
	ErrChecksum = errors.New("sigv4: content has another checksum")
)

// UncoveredError says which headers should be signed and are not.
type UncoveredError struct{ Headers []string }

// Error is the sentence that AWS answers.
func (e *UncoveredError) Error() string {
	return "There were headers present in the request which were not signed"
}

// Problem is one of the errors above with the sentence that AWS answers in that case.
type Problem struct {
	Kind error
	Text string
}

// Error is the sentence.
func (p *Problem) Error() string { return p.Text }

// Unwrap makes errors.Is find the kind.
func (p *Problem) Unwrap() error { return p.Kind }

func missing() error               { return &Problem{ErrMissing, "Missing Authentication Token"} }
func incomplete(text string) error { return &Problem{ErrIncomplete, text} }
func invalid(text string) error    { return &Problem{ErrInvalid, text} }

func unsupported(text string) error { return &Problem{ErrUnsupported, text} }
