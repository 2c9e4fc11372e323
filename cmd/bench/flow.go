package main

import (
	"context"
	"errors"
	"time"

	"cardea/spec/srp"
)

func srpSignIn(ctx context.Context, c *connection) error {
	return hasToken(c.bySRP(ctx, c.user()))
}

func passwordSignIn(ctx context.Context, c *connection) error {
	out, err := c.byPassword(ctx, c.user())
	c.refresh = out.AuthenticationResult.RefreshToken
	return hasToken(out, err)
}

// refresh signs in once and refreshes from then on.
func refresh(ctx context.Context, c *connection) error {
	if c.refresh == "" {
		return passwordSignIn(ctx, c)
	}
	out, err := c.call(ctx, "InitiateAuth", fields{
		"ClientId": c.client, "AuthFlow": "REFRESH_TOKEN_AUTH",
		"AuthParameters": fields{"REFRESH_TOKEN": c.refresh},
	})
	return hasToken(out, err)
}

// srpWithout and passwordWithout are sign-ins of users who have no software token in a pool where others have one.
func srpWithout(ctx context.Context, c *connection) error {
	return hasToken(c.bySRP(ctx, c.withoutToken()))
}

func passwordWithout(ctx context.Context, c *connection) error {
	return hasToken(c.byPassword(ctx, c.withoutToken()))
}

// srpWithTOTP and passwordWithTOTP are those of the others.
func srpWithTOTP(ctx context.Context, c *connection) error {
	name, i := c.withToken()
	asked, err := c.bySRP(ctx, name)
	if err != nil {
		return err
	}
	return hasToken(c.byCode(ctx, asked, name, c.factors.code(ctx, i)))
}

func passwordWithTOTP(ctx context.Context, c *connection) error {
	name, i := c.withToken()
	asked, err := c.byPassword(ctx, name)
	if err != nil {
		return err
	}
	return hasToken(c.byCode(ctx, asked, name, c.factors.code(ctx, i)))
}

func passkeySignIn(ctx context.Context, c *connection) error {
	name := c.withoutToken()
	asked, err := c.call(ctx, "InitiateAuth", fields{
		"ClientId": c.client, "AuthFlow": "USER_AUTH",
		"AuthParameters": fields{"USERNAME": name, "PREFERRED_CHALLENGE": "WEB_AUTHN"},
	})
	if err != nil {
		return err
	}
	credential, err := assert(c.factors.passkey, asked.ChallengeParameters["CREDENTIAL_REQUEST_OPTIONS"])
	if err != nil {
		return err
	}
	return hasToken(c.call(ctx, "RespondToAuthChallenge", fields{
		"ClientId": c.client, "ChallengeName": "WEB_AUTHN", "Session": asked.Session,
		"ChallengeResponses": fields{"USERNAME": name, "CREDENTIAL": credential},
	}))
}

func (c *connection) bySRP(ctx context.Context, name string) (answer, error) {
	client := srp.NewClient()
	offered, err := c.call(ctx, "InitiateAuth", fields{
		"ClientId": c.client, "AuthFlow": "USER_SRP_AUTH",
		"AuthParameters": fields{"USERNAME": name, "SRP_A": client.Public()},
	})
	if err != nil {
		return answer{}, err
	}
	p := offered.ChallengeParameters
	identity := srp.Identity{Scope: c.pool.Short(), User: p["USER_ID_FOR_SRP"]}
	challenge := srp.Challenge{Salt: p["SALT"], Public: p["SRP_B"], Block: p["SECRET_BLOCK"]}
	signature, timestamp, err := client.Answer(identity, secret, challenge, time.Now())
	if err != nil {
		return answer{}, err
	}
	return c.call(ctx, "RespondToAuthChallenge", fields{
		"ClientId": c.client, "ChallengeName": "PASSWORD_VERIFIER",
		"ChallengeResponses": fields{
			"USERNAME": p["USER_ID_FOR_SRP"], "PASSWORD_CLAIM_SECRET_BLOCK": p["SECRET_BLOCK"],
			"PASSWORD_CLAIM_SIGNATURE": signature, "TIMESTAMP": timestamp,
		},
	})
}

func (c *connection) byPassword(ctx context.Context, name string) (answer, error) {
	return c.call(ctx, "InitiateAuth", fields{
		"ClientId": c.client, "AuthFlow": "USER_PASSWORD_AUTH",
		"AuthParameters": fields{"USERNAME": name, "PASSWORD": secret},
	})
}

// byCode answers the challenge that asks for a software token's code.
func (c *connection) byCode(ctx context.Context, asked answer, name, code string) (answer, error) {
	return c.call(ctx, "RespondToAuthChallenge", fields{
		"ClientId": c.client, "ChallengeName": "SOFTWARE_TOKEN_MFA", "Session": asked.Session,
		"ChallengeResponses": fields{"USERNAME": name, "SOFTWARE_TOKEN_MFA_CODE": code},
	})
}

func hasToken(out answer, err error) error {
	if err == nil && out.AuthenticationResult.AccessToken == "" {
		err = errors.New("no access token in the answer")
	}
	return err
}
