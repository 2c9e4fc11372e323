package awsmanaged

import (
	"embed"
	"strings"
	"time"

	"cardea/spec/iampolicy"
)

// Policy is a policy that AWS manages. It is shared and must not be changed.
type Policy struct {
	ID          string // "ANPA…"
	Name        string
	Path        string // "/", "/service-role/" or "/job-function/"
	Description string
	Version     string // the only one that there is here, such as "v3"
	Created     time.Time
	Updated     time.Time
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

var (
	all    = load()
	byName = index(all) // by path and name: "service-role/AWSLambdaBasicExecutionRole"
	guests = []*iampolicy.Policy{compile("guests.json", guestsDocument), byName["AmazonCognitoUnAuthedIdentitiesSessionPolicy"].Compiled}
)

// Get finds a policy by its ARN, in any partition.
func Get(arn string) (*Policy, bool) {
	partition, name, found := strings.Cut(arn, owner)
	if !found || !strings.HasPrefix(partition, "arn:aws") || strings.Count(partition, ":") != 1 {
		return nil, false
	}
	p, known := byName[name]
	return p, known
}

// List returns all policies in the order of their ARNs. The list is shared and must not be changed.
func List() []*Policy { return all }

// Guests are the session policies that credentials of guests are narrowed by in the enhanced flow: one group, of which one must
// allow what a guest does. See docs/cognito/credentials.md, "Policies".
func Guests() []*iampolicy.Policy { return guests }
