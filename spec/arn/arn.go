package arn

import "strings"

// Account is an AWS account of a partition: what the ARNs of IAM and STS begin with.
type Account struct {
	Partition string // "aws", "aws-cn" or "aws-us-gov"
	ID        string // twelve digits
}

// IAM is the ARN of a resource of IAM, such as "role/path/name".
func (a Account) IAM(resource string) string {
	return "arn:" + a.Partition + ":iam::" + a.ID + ":" + resource
}

// STS is the ARN of a resource of STS, such as "assumed-role/name/session".
func (a Account) STS(resource string) string {
	return "arn:" + a.Partition + ":sts::" + a.ID + ":" + resource
}

// Root is the ARN of the account's root user.
func (a Account) Root() string { return a.IAM("root") }

// ARN is an Amazon Resource Name in its parts.
type ARN struct {
	Partition, Service, Region, Account string
	Resource                            string // all that follows the fifth colon
}

// Parse reads "arn:partition:service:region:account:resource".
func Parse(text string) (ARN, bool) {
	parts := strings.SplitN(text, ":", 6)
	if len(parts) != 6 || parts[0] != "arn" || parts[1] == "" || parts[2] == "" || parts[5] == "" {
		return ARN{}, false
	}
	return ARN{parts[1], parts[2], parts[3], parts[4], parts[5]}, true
}

// String is the ARN as text.
func (a ARN) String() string {
	return "arn:" + a.Partition + ":" + a.Service + ":" + a.Region + ":" + a.Account + ":" + a.Resource
}
