package id

import (
	"regexp"
	"strings"
)

// Pool is a user pool id such as "us-east-1_AbC123xyz": the pool's Region, an underscore, nine letters and digits.
type Pool string

// NewPool makes an id for a new user pool in region.
func NewPool(region string) Pool {
	return Pool(region + "_" + Random(mixedAlphabet, poolLength))
}

// maxPool is the greatest length of a pool's id in the model.
const maxPool = 55

// Valid tells whether the id has the form of a pool's: letters, digits, underscores and hyphens, then an underscore, then
// letters and digits. Other texts name no pool and need not be looked up.
func (p Pool) Valid() bool {
	i := strings.LastIndexByte(string(p), '_')
	if i < 1 || i == len(p)-1 || len(p) > maxPool {
		return false
	}
	for j, c := range []byte(p) {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !letter && (j > i || c != '_' && c != '-') {
			return false
		}
	}
	return true
}

// Region is the part of the id before the underscore, or "" when there is none.
func (p Pool) Region() string {
	region, _, found := strings.Cut(string(p), "_")
	if !found {
		return ""
	}
	return region
}

// Short is the part of the id after the underscore. SRP proofs are computed over it.
func (p Pool) Short() string {
	_, short, _ := strings.Cut(string(p), "_")
	return short
}

// ARN is the pool's Amazon Resource Name in account, a string of twelve digits.
func (p Pool) ARN(account string) string {
	return "arn:" + Partition(p.Region()) + ":cognito-idp:" + p.Region() + ":" + account + ":userpool/" + string(p)
}

// DeviceARN is the Amazon Resource Name of a device of one of the pool's users, in account.
func (p Pool) DeviceARN(account, username, key string) string {
	return "arn:" + Partition(p.Region()) + ":cognito-idp:" + p.Region() + ":" + account + ":owner/" + p.Owner(username) + "/device/" + key
}

// Owner names one of the pool's users as the owner of devices.
func (p Pool) Owner(username string) string { return username + "." + string(p) }

// NewDeviceKey makes the key of a device in region: the Region, an underscore, a UUID.
func NewDeviceKey(region string) string { return region + "_" + NewUUID() }

// NewDeviceGroupKey makes the other half of a device's name: a hyphen, eight letters and digits. Proofs of the device's
// password are computed over both.
func NewDeviceGroupKey() string { return "-" + Random(mixedAlphabet, groupKeyLength) }

// Client is an app client id: 26 lower-case letters and digits. It alone identifies the pool in public operations.
type Client string

// NewClient makes an id for a new app client.
func NewClient() Client { return Client(Random(lowerAlphabet, clientLength)) }

// NewClientSecret makes a client secret: 52 lower-case letters and digits, some 268 bits.
func NewClientSecret() string { return Random(lowerAlphabet, secretLength) }

// Sub is a user's immutable identifier, a UUID in lower case. It is the sub claim of the user's tokens.
type Sub string

// NewSub makes the identifier of a new user.
func NewSub() Sub { return Sub(NewUUID()) }

// RootARN is the Amazon Resource Name of the root of account, as it is called in region.
func RootARN(region, account string) string {
	return "arn:" + Partition(region) + ":iam::" + account + ":root"
}

// Partition tells which of AWS's partitions a Region belongs to; ARNs begin with it.
func Partition(region string) string {
	switch {
	case strings.HasPrefix(region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(region, "us-gov-"):
		return "aws-us-gov"
	default:
		return "aws"
	}
}

// known matches pool ids and client ids as this server makes them.
var known = regexp.MustCompile(`^(?:[a-z0-9-]{2,32}_[0-9A-Za-z]{9}|[a-z0-9]{26})$`)

// Loggable is text if it has the form of a pool's or client's id, else "". Any other text in the place of an id is not to be
// logged, since it might be a secret.
func Loggable(text string) string {
	if len(text) > maxPool || !known.MatchString(text) {
		return ""
	}
	return text
}
