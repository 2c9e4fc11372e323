package trail

import (
	"net/http"
	"strings"

	"cardea/engine/authorization"
	"cardea/platform/audit"
	"cardea/spec/id"
	"cardea/spec/sigv4"
)

// Passed is a request that a reverse proxy before a server of another service has judged.
type Passed struct {
	Service, Operation string
	Principal          *authorization.Principal // nil: not proven
	AccessKeyID        string                   // of the principal
	Request            *http.Request
	Bucket, Key        string // of S3; empty: none
}

// Event is what the audit log is told of the request; nil for one that names no operation.
func (p Passed) Event() *audit.Event {
	if p.Operation == "" || p.Request.Method == http.MethodOptions {
		return nil
	}
	e := &audit.Event{
		ID: id.NewUUID(), Source: p.Service + ".amazonaws.com", Name: p.Operation, Type: audit.APICall, Data: true, Identity: Anonymous,
		ReadOnly: reads(p.Operation),
	}
	if p.Principal != nil {
		e.Identity = Identity(p.Principal, p.AccessKeyID)
	} else if scope, err := sigv4.ScopeOf(p.Request); err == nil {
		e.Additional.ClaimedKey = ClaimedKey(scope.AccessKeyID)
	}
	if p.Bucket != "" {
		e.Parameters = append(audit.AppendText([]byte(`{"bucketName":`), p.Bucket), `,"key":`...)
		e.Parameters = append(audit.AppendText(e.Parameters, shortened(p.Key)), '}')
	}
	return e
}

// reads reports whether an operation of S3 or DynamoDB changes nothing, by its name.
func reads(operation string) bool {
	for _, verb := range []string{"BatchGet", "Describe", "Get", "Head", "List", "Query", "Scan", "TransactGet"} {
		if strings.HasPrefix(operation, verb) {
			return true
		}
	}
	return false
}
