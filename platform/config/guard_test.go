package config

import (
	"strings"
	"testing"
)

func TestGuardsAreChecked(t *testing.T) {
	t.Parallel()
	good := Guard{
		Addr: ":9300", Upstream: "http://127.0.0.1:7070", UpstreamRegion: "us-east-1", AccessKeyID: "k", SecretAccessKey: "s",
		Domains: []string{"s3.example.com"}, Origins: []string{"https://app.example.com", "*"}, Regions: []string{"eu-west-1"},
	}
	if err := good.check(); err != nil {
		t.Error(err)
	}
	alone := Guard{Addr: ":9300", DynamoDBUpstream: "http://127.0.0.1:8000", DynamoDBUpstreamRegion: "us-east-1", DynamoDBAccessKeyID: "k", DynamoDBSecretAccessKey: "s"}
	if err := alone.check(); err != nil {
		t.Errorf("DynamoDB alone: %v", err)
	}
	if err := (Guard{}).check(); err != nil {
		t.Errorf("none: %v", err)
	}
	for name, change := range map[string]func(g *Guard){
		"guard.addr":                       func(g *Guard) { g.Addr = "x" },
		"guard.upstream":                   func(g *Guard) { g.Upstream = "http://127.0.0.1:7070/path" },
		"guard.upstream_region":            func(g *Guard) { g.UpstreamRegion = "" },
		"guard.access_key_id":              func(g *Guard) { g.AccessKeyID = "" },
		"guard.secret_access_key":          func(g *Guard) { g.SecretAccessKey = "" },
		"guard.dynamodb_upstream":          func(g *Guard) { g.DynamoDBUpstream = "http://127.0.0.1:8000/path" },
		"guard.dynamodb_upstream_region":   func(g *Guard) { g.DynamoDBUpstreamRegion = "" },
		"guard.dynamodb_access_key_id":     func(g *Guard) { g.DynamoDBAccessKeyID = "" },
		"guard.dynamodb_secret_access_key": func(g *Guard) { g.DynamoDBSecretAccessKey = "" },
		"guard.regions":                    func(g *Guard) { g.Regions = []string{"x"} },
		"guard.domains":                    func(g *Guard) { g.Domains = []string{""} },
		"guard.origins":                    func(g *Guard) { g.Origins = []string{"https://app.example.com/"} },
	} {
		g := good
		g.DynamoDBUpstream, g.DynamoDBUpstreamRegion, g.DynamoDBAccessKeyID, g.DynamoDBSecretAccessKey = alone.DynamoDBUpstream, "us-east-1", "k", "s"
		change(&g)
		if err := g.check(); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	for name, s := range map[string]S3IAM{
		"s3_iam.socket":            {Socket: "x", AccessKeyID: "k", SecretAccessKey: "s"},
		"s3_iam.access_key_id":     {Socket: "/x", SecretAccessKey: "s"},
		"s3_iam.secret_access_key": {Socket: "/x", AccessKeyID: "k"},
	} {
		if err := s.check(); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
