package saml

import "fmt"

// The checks that an Error may name.
const (
	CheckEncoding     = "encoding"       // base64, deflate, size
	CheckXML          = "xml"            // the document is not one that every parser reads alike
	CheckShape        = "shape"          // elements that are missing, or that are there twice
	CheckStatus       = "status"         // the provider says that it has failed
	CheckSignature    = "signature"      // missing, or not by a key of the metadata
	CheckAlgorithm    = "algorithm"      // weak or unknown
	CheckEncryption   = "encryption"     // not encrypted, or not to be decrypted
	CheckIssuer       = "issuer"         //
	CheckDestination  = "destination"    //
	CheckRecipient    = "recipient"      // of SubjectConfirmationData
	CheckAudience     = "audience"       //
	CheckTime         = "time"           // too early, too late
	CheckInResponseTo = "in-response-to" // an answer to another request, or to none
	CheckSubject      = "subject"        // nobody is named
	CheckConditions   = "conditions"     // a condition that is not known
	CheckMetadata     = "metadata"       //
	CheckCertificate  = "certificate"    // of metadata: expired, weak or unreadable
)

// Error says which check has failed and what may be done. Detail has names and addresses of the message in it, but no attribute and
// no NameID; it is for operators.
type Error struct {
	Check  string // one of the Check constants
	Detail string
	Advice string // what an operator might change; empty: nothing to say
}

func (e *Error) Error() string { return "saml: " + e.Check + ": " + e.Detail }

func fail(check, format string, args ...any) *Error {
	return &Error{Check: check, Detail: fmt.Sprintf(format, args...)}
}

// advise adds what an operator might change.
func (e *Error) advise(advice string) *Error {
	e.Advice = advice
	return e
}
