package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"text/tabwriter"
	"time"
)

// identity is somebody known to an identity pool of the server.
type identity struct {
	id     string
	logins map[string]string // none: a guest
}

// credentials prints what credentials of an identity pool cost, for guests and for users of a user pool, and tokens of the pool,
// which are signed by RS512. Two cores are to give 5,000 credentials a second.
func (d driver) credentials(ctx context.Context, p population) error {
	setup := newConnection(d.server.url, p)
	guest, user, err := setup.identities(ctx)
	if err != nil {
		return fmt.Errorf("identity pool: %w", err)
	}
	fmt.Println()
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "identity pools\tper second\tserver CPU\ttwo cores' worth\t")
	for _, f := range []struct {
		name, operation string
		who             identity
	}{
		{"credentials of a guest", "GetCredentialsForIdentity", guest},
		{"credentials of a user", "GetCredentialsForIdentity", user},
		{"OpenID token of a user", "GetOpenIdToken", user},
	} {
		m, err := d.measure(ctx, p, func(ctx context.Context, c *connection) error {
			_, err := c.identity(ctx, f.operation, fields{"IdentityId": f.who.id, "Logins": f.who.logins})
			return err
		})
		if err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
		fmt.Fprintf(w, "%s\t%.0f\t%v\t%.0f/s\t\n", f.name, m.rate, m.cpu.Round(time.Microsecond), 2/m.cpu.Seconds())
	}
	return w.Flush()
}

// trust is the trust policy of a role for identities of a pool.
const trust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"cognito-identity.amazonaws.com"},
	"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"cognito-identity.amazonaws.com:aud":%q}}}]}`

// identities makes an identity pool for the user pool, with a role, and finds a guest and a user of it.
func (c *connection) identities(ctx context.Context) (guest, user identity, err error) {
	provider := "cognito-idp." + region + ".amazonaws.com/" + string(c.pool)
	made, err := c.identity(ctx, "CreateIdentityPool", fields{
		"IdentityPoolName": "bench", "AllowUnauthenticatedIdentities": true,
		"CognitoIdentityProviders": []fields{{"ProviderName": provider, "ClientId": c.client}},
	})
	if err != nil {
		return guest, user, err
	}
	if err := c.role(ctx, fmt.Sprintf(trust, made.IdentityPoolID)); err != nil {
		return guest, user, err
	}
	role := "arn:aws:iam::" + accountID + ":role/bench"
	_, err = c.identity(ctx, "SetIdentityPoolRoles", fields{
		"IdentityPoolId": made.IdentityPoolID, "Roles": map[string]string{"authenticated": role, "unauthenticated": role},
	})
	if err != nil {
		return guest, user, err
	}
	signedIn, err := c.byPassword(ctx, "user0")
	if err != nil {
		return guest, user, err
	}
	user.logins = map[string]string{provider: signedIn.AuthenticationResult.IDToken}
	for _, who := range []*identity{&guest, &user} {
		found, err := c.identity(ctx, "GetId", fields{"IdentityPoolId": made.IdentityPoolID, "Logins": who.logins})
		if err != nil {
			return guest, user, err
		}
		who.id = found.IdentityID
	}
	return guest, user, nil
}

// unverified is a signature as development servers want it: of the right form.
func unverified(service string) string {
	return "AWS4-HMAC-SHA256 Credential=bench/20260101/" + region + "/" + service + "/aws4_request, SignedHeaders=host, Signature=" + strings.Repeat("0", 64)
}

// named is what the flows need of the answers of identity pools.
type named struct {
	IdentityPoolID string `json:"IdentityPoolId"`
	IdentityID     string `json:"IdentityId"`
}

func (c *connection) identity(ctx context.Context, operation string, in fields) (out named, err error) {
	body, err := json.Marshal(in)
	if err != nil {
		return out, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(body))
	if err != nil {
		return out, err
	}
	request.Header.Set("Content-Type", "application/x-amz-json-1.1")
	request.Header.Set("X-Amz-Target", "AWSCognitoIdentityService."+operation)
	request.Header.Set("Authorization", unverified("cognito-identity"))
	text, err := c.send(request)
	if err != nil {
		return out, fmt.Errorf("%s: %w", operation, err)
	}
	if len(text) == 0 {
		return out, nil
	}
	return out, json.Unmarshal(text, &out)
}

// role makes the role.
func (c *connection) role(ctx context.Context, policy string) error {
	form := url.Values{"Action": {"CreateRole"}, "Version": {"2010-05-08"}, "RoleName": {"bench"}, "AssumeRolePolicyDocument": {policy}}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Authorization", unverified("iam"))
	_, err = c.send(request)
	return err
}
