package main

import (
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"cardea/spec/iampolicy"
)

// folders is a policy of n statements, one for each of n buckets, with variables and conditions.
func folders(n int) string {
	var list []string
	for i := range n {
		list = append(list, fmt.Sprintf(`{"Effect":"Allow","Action":["s3:Get*","s3:PutObject"],"Resource":"arn:aws:s3:::bucket%d/home/${cognito-identity.amazonaws.com:sub}/*",`+
			`"Condition":{"StringEquals":{"aws:PrincipalTag/team":["red","blue"]},"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}}`, i))
	}
	return `{"Version":"2012-10-17","Statement":[` + strings.Join(list, ",") + `]}`
}

// hostile is a policy whose patterns take as long as patterns can.
func hostile() string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::*` + strings.Repeat("a?", 500) + `b*"}]}`
}

// policyDecisions prints the cost of one decision by policies of a length. Ten statements are to take 20 µs at most.
func policyDecisions() error {
	fmt.Println()
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "policy\tdecision by the last statement\tby none\t")
	request := func(bucket int) *iampolicy.Request {
		return &iampolicy.Request{
			Action: "s3:GetObject", Resource: fmt.Sprintf("arn:aws:s3:::bucket%d/home/us-east-1:id/%s", bucket, strings.Repeat("a", 900)),
			Keys: iampolicy.Keys{"cognito-identity.amazonaws.com:sub": {"us-east-1:id"}, "aws:principaltag/team": {"blue"}, "aws:sourceip": {"10.1.2.3"}},
		}
	}
	for _, one := range []struct {
		name, document string
		last           int
	}{
		{"1 statement", folders(1), 0},
		{"10 statements", folders(10), 9},
		{"100 statements", folders(100), 99},
		{"1 hostile pattern", hostile(), 0},
	} {
		p, err := iampolicy.Load(one.document, iampolicy.Managed)
		if err != nil {
			return err
		}
		set := &iampolicy.Set{Identity: []*iampolicy.Policy{p}}
		var costs []time.Duration
		for _, bucket := range []int{one.last, -1} {
			r := request(bucket)
			cost, err := everywhere(func() error { set.Decide(r); return nil })
			if err != nil {
				return err
			}
			costs = append(costs, cost)
		}
		fmt.Fprintf(w, "%s\t%v\t%v\t\n", one.name, costs[0].Round(10*time.Nanosecond), costs[1].Round(10*time.Nanosecond))
	}
	return w.Flush()
}
