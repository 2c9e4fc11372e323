package awsmanaged

import (
	"embed"
	"strings"
	"sync"
	"time"

	"cardea/spec/iampolicy"
)

// Policy is a policy that AWS manages. It is shared and must not be changed.
type Policy struct {
	ID          string // "ANPA…", made of the name
	Name        string
	Path        string // "/", "/service-role/" or "/job-function/"
	Description string
	Version     string            // the only one that there is here, such as "v3"
	Changed     time.Time         // when AWS made the version
	Compiled    *iampolicy.Policy // with the document
}

// owner follows the partition in the ARNs of these policies.
const owner = ":iam::aws:policy/"

// ARN is the policy's ARN in a partition.
func (p *Policy) ARN(partition string) string {
	return "arn:" + partition + owner + strings.TrimPrefix(p.Path, "/") + p.Name
}

//go:embed policies/*.json
var files embed.FS

//go:embed guests.json
var guestsDocument string

// table is all policies, compiled when the first is asked for.
type table struct {
	list   []*Policy
	byName map[string]*Policy // by path and name: "service-role/AWSLambdaBasicExecutionRole"
	guests []*iampolicy.Policy
}

var loaded = sync.OnceValue(load)

// Get finds a policy by its ARN, in any partition.
func Get(arn string) (*Policy, bool) {
	partition, name, found := strings.Cut(arn, owner)
	if !found || !strings.HasPrefix(partition, "arn:aws") || strings.Count(partition, ":") != 1 {
		return nil, false
	}
	p, known := loaded().byName[name]
	return p, known
}

// List returns all policies in the order of their ARNs. The list is shared and must not be changed.
func List() []*Policy { return loaded().list }

// Guests are the session policies that credentials of guests are narrowed by in the enhanced flow: one group, of which one must
// allow what a guest does. See docs/cognito/credentials.md, "Policies".
func Guests() []*iampolicy.Policy { return loaded().guests }

// GuestsDocument is the first policy of Guests as text, for other token services.
func GuestsDocument() string { return guestsDocument }
