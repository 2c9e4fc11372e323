package main

import (
	"context"
	"errors"
	"time"

	"cardea/spec/srp"
)

func srpSignIn(ctx context.Context, c *connection) error {
	client := srp.NewClient()
	offered, err := c.call(ctx, "InitiateAuth", fields{
		"ClientId": c.client, "AuthFlow": "USER_SRP_AUTH",
		"AuthParameters": fields{"USERNAME": c.user(), "SRP_A": client.Public()},
	})
	if err != nil {
		return err
	}
	p := offered.ChallengeParameters
	identity := srp.Identity{Scope: c.pool.Short(), User: p["USER_ID_FOR_SRP"]}
	challenge := srp.Challenge{Salt: p["SALT"], Public: p["SRP_B"], Block: p["SECRET_BLOCK"]}
	signature, timestamp, err := client.Answer(identity, secret, challenge, time.Now())
	if err != nil {
		return err
	}
	out, err := c.call(ctx, "RespondToAuthChallenge", fields{
		"ClientId": c.client, "ChallengeName": "PASSWORD_VERIFIER",
		"ChallengeResponses": fields{
			"USERNAME": p["USER_ID_FOR_SRP"], "PASSWORD_CLAIM_SECRET_BLOCK": p["SECRET_BLOCK"],
			"PASSWORD_CLAIM_SIGNATURE": signature, "TIMESTAMP": timestamp,
		},
	})
	return hasToken(out, err)
}

func passwordSignIn(ctx context.Context, c *connection) error {
	out, err := c.call(ctx, "InitiateAuth", fields{
		"ClientId": c.client, "AuthFlow": "USER_PASSWORD_AUTH",
		"AuthParameters": fields{"USERNAME": c.user(), "PASSWORD": secret},
	})
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

func hasToken(out answer, err error) error {
	if err == nil && out.AuthenticationResult.AccessToken == "" {
		err = errors.New("no access token in the answer")
	}
	return err
}
