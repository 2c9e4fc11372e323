package config_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cardea/platform/config"
)

func TestBrokersAreRead(t *testing.T) {
	t.Parallel()
	c, err := load(t, minimal+`
[[brokers]]
identity_pool = "us-east-1:11111111-2222-3333-4444-555555555555"
endpoint = "https://sts.amazonaws.com"
external_role = "arn:aws:iam::999999999999:role/app/theirs"
[[brokers]]
role = "arn:aws:iam::123456789012:role/own"
endpoint = "https://minio.example"
no_role = true
algorithm = "RS256"
guests = true
`)
	want := []config.Broker{
		{
			IdentityPool: "us-east-1:11111111-2222-3333-4444-555555555555", Endpoint: "https://sts.amazonaws.com",
			ExternalRole: "arn:aws:iam::999999999999:role/app/theirs",
		},
		{Role: "arn:aws:iam::123456789012:role/own", Endpoint: "https://minio.example", NoRole: true, Algorithm: "RS256", Guests: true},
	}
	if diff := cmp.Diff(want, c.Brokers); err != nil || diff != "" {
		t.Errorf("%v, %s", err, diff)
	}
}

func TestWrongBrokersAreRefused(t *testing.T) {
	t.Parallel()
	const role = "role = \"arn:aws:iam::123456789012:role/own\"\n"
	for setting, want := range map[string]string{
		"endpoint = \"https://x.example\"":       "identity_pool or role",
		role:                                     "endpoint: not an http or https address",
		role + "endpoint = \"http://x.example\"": "endpoint: use https",
		"identity_pool = \"pool\"\nendpoint = \"https://x.example\"":                                        "identity_pool: not the id",
		"role = \"own\"\nendpoint = \"https://x.example\"":                                                  "role: not the ARN",
		role + "endpoint = \"https://x.example\"\nexternal_role = \"theirs\"":                               "external_role: not the ARN",
		role + "endpoint = \"https://x.example\"\nalgorithm = \"HS256\"":                                    "algorithm: want",
		role + "endpoint = \"https://x.example\"\nno_role = true\nexternal_role = \"arn:aws:iam:::role/x\"": "contradict",
	} {
		_, err := load(t, minimal+"\n[[brokers]]\n"+setting+"\n")
		if err == nil || !strings.Contains(err.Error(), "brokers[0]: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", setting, err, want)
		}
	}
}
