package limits_test

import (
	"strings"
	"testing"

	"cardea/platform/config"
	"cardea/server"
	"cardea/server/servertest"
)

type M = servertest.M

// bounded is a server whose configuration bounds categories, of none it is none.
func bounded(initial string, categories ...string) func(c *server.Config) {
	return func(c *server.Config) { c.Rates = &config.Rates{Default: initial, Categories: categories} }
}

func of(category string) M {
	return M{"LimitClass": "API_CATEGORY", "Attributes": M{"Category": category}}
}

// told are the limit in force and the one of the configuration, as an answer has them.
func told(t *testing.T, out M, category string) [2]float64 {
	t.Helper()
	if got := servertest.Text(out, "Limit.LimitDefinition.LimitClass"); got != "API_CATEGORY" {
		t.Errorf("the answer is about the class %q", got)
	}
	if got := servertest.Text(out, "Limit.LimitDefinition.Attributes.Category"); got != category {
		t.Errorf("the answer is about the category %q, want %s", got, category)
	}
	provisioned, _ := servertest.At(out, "Limit.ProvisionedLimitValue").(float64)
	free, _ := servertest.At(out, "Limit.FreeLimitValue").(float64)
	return [2]float64{provisioned, free}
}

func get(t *testing.T, w *servertest.World, category string) [2]float64 {
	t.Helper()
	return told(t, w.Must(t, "GetProvisionedLimit", M{"LimitDefinition": of(category)}), category)
}

func set(t *testing.T, w *servertest.World, category string, value int) [2]float64 {
	t.Helper()
	return told(t, w.Must(t, "UpdateProvisionedLimit", M{"LimitDefinition": of(category), "RequestedLimitValue": value}), category)
}

// admitted counts how many requests are admitted before one is refused for its rate, of at most a hundred.
func admitted(t *testing.T, w *servertest.World, operation string, in M) (n int) {
	t.Helper()
	for ; n < 100; n++ {
		if _, err := w.Call(operation, in); err != nil && strings.HasPrefix(err.Error(), "TooManyRequestsException") {
			break
		}
	}
	return n
}

func TestLimitsAreTheConfigurationsUntilTheyAreSet(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change   func(c *server.Config)
		category string
		want     [2]float64
	}{
		"Cognito's quota":         {bounded("cognito"), "UserAuthentication", [2]float64{120, 120}},
		"one that stays":          {bounded("cognito"), "UserUpdate", [2]float64{25, 25}},
		"a category's own":        {bounded("cognito", "UserAuthentication=300:600"), "UserAuthentication", [2]float64{300, 300}},
		"a fraction":              {bounded("none", "UserRead=0.5"), "UserRead", [2]float64{1, 1}},
		"none":                    {nil, "UserRead", [2]float64{1_000_000, 120}},
		"none for one category":   {bounded("cognito", "UserRead=0"), "UserRead", [2]float64{1_000_000, 120}},
		"none for other ones":     {bounded("none", "UserRead=1"), "UserCreation", [2]float64{1_000_000, 50}},
		"that of these questions": {bounded("cognito"), "LimitManagement", [2]float64{1, 1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			servertest.EachWith(t, c.change, func(t *testing.T, w *servertest.World) {
				if got := get(t, w, c.category); got != c.want {
					t.Errorf("got %v, want %v", got, c.want)
				}
			})
		})
	}
}

func TestASetLimitBoundsRequestsOnEveryNode(t *testing.T) {
	t.Parallel()
	change := bounded("none", "UserRead=2:4", "UserPoolRead=1:1")
	servertest.EachWith(t, change, func(t *testing.T, w *servertest.World) {
		pool := w.Pool(t, nil)
		read := M{"UserPoolId": pool, "Username": "jane"}
		other := servertest.New(t, w.Database(), change)
		if got := admitted(t, w, "AdminGetUser", read); got != 4 {
			t.Errorf("%d are admitted before, want 4", got)
		}
		w.Must(t, "DescribeUserPool", M{"UserPoolId": pool})

		if got := set(t, w, "UserRead", 5); got != [2]float64{5, 2} {
			t.Errorf("got %v", got)
		}
		if got := admitted(t, w, "AdminGetUser", read); got != 10 { // as twice as many at once as in a second
			t.Errorf("%d are admitted, want 10", got)
		}
		w.Fails(t, "DescribeUserPool", M{"UserPoolId": pool}, "TooManyRequestsException", "") // other categories go on

		if got := get(t, other, "UserRead"); got != [2]float64{5, 2} {
			t.Errorf("another node tells %v", got)
		}
		if got := admitted(t, other, "AdminGetUser", read); got != 4 {
			t.Errorf("another node admits %d before it has read the limit, want 4", got)
		}
		for range 2 { // which changes nothing the second time
			if err := other.Server.RunJob(t.Context(), "read limits of request rates"); err != nil {
				t.Fatal(err)
			}
			_, _ = other.Call("AdminGetUser", read)
		}
		if got := admitted(t, other, "AdminGetUser", read); got != 8 {
			t.Errorf("another node admits %d more, want 8", got)
		}
		if got := admitted(t, servertest.New(t, w.Database(), change), "AdminGetUser", read); got != 10 {
			t.Errorf("a new node admits %d, want 10", got)
		}

		if got := set(t, w, "UserRead", 2); got != [2]float64{2, 2} {
			t.Errorf("got %v", got)
		}
		if got := admitted(t, w, "AdminGetUser", read); got != 4 {
			t.Errorf("%d are admitted after the limit is the configuration's again, want 4", got)
		}
		if got := get(t, servertest.New(t, w.Database(), bounded("none", "UserRead=1:4")), "UserRead"); got != [2]float64{1, 1} {
			t.Errorf("a limit that was the configuration's stays when that changes: %v", got)
		}
	})
}

func TestAnswersToChallengesFollowTheLimitOfSignIns(t *testing.T) {
	t.Parallel()
	servertest.EachWith(t, bounded("none", "UserAuthentication=1:1"), func(t *testing.T, w *servertest.World) {
		client := w.Client(t, w.Pool(t, nil), nil)
		set(t, w, "UserAuthentication", 2)
		if got := admitted(t, w, "RespondToAuthChallenge", M{"ClientId": client, "ChallengeName": "SMS_MFA"}); got != 8 {
			t.Errorf("%d answers are admitted, want three times two and what is left of sign-ins", got)
		}
	})
}

func TestALimitBoundsWhatTheConfigurationDoesNot(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool := w.Pool(t, nil)
		list := M{"UserPoolId": pool, "Username": "jane"}
		if got := admitted(t, w, "AdminListGroupsForUser", list); got != 100 {
			t.Errorf("%d are admitted, want all", got)
		}
		if got := set(t, w, "UserResourceRead", 50); got != [2]float64{50, 50} {
			t.Errorf("got %v", got)
		}
		if got := admitted(t, w, "AdminListGroupsForUser", list); got != 50 {
			t.Errorf("%d are admitted, want 50", got)
		}
		if got := set(t, w, "UserResourceRead", 1_000_000); got != [2]float64{1_000_000, 50} {
			t.Errorf("got %v", got)
		}
		if got := admitted(t, w, "AdminListGroupsForUser", list); got != 100 {
			t.Errorf("%d are admitted in the end, want all", got)
		}
	})
}

// The configuration may be changed while a limit is set.
func TestALimitIsNeverLowerThanTheConfigurations(t *testing.T) {
	t.Parallel()
	servertest.EachWith(t, bounded("none", "UserRead=1:1"), func(t *testing.T, w *servertest.World) {
		pool := w.Pool(t, nil)
		set(t, w, "UserRead", 3)
		raised := servertest.New(t, w.Database(), bounded("none", "UserRead=5:6"))
		if got := get(t, raised, "UserRead"); got != [2]float64{5, 5} {
			t.Errorf("got %v", got)
		}
		if got := admitted(t, raised, "AdminGetUser", M{"UserPoolId": pool, "Username": "jane"}); got != 6 {
			t.Errorf("%d are admitted, want 6", got)
		}
	})
}

func TestLimitsThatThereAreNotAreRefused(t *testing.T) {
	t.Parallel()
	const (
		alone  = "A limit of the class API_CATEGORY is identified by the attribute Category alone."
		bounds = "RequestedLimitValue must be between 120 and 1000000 for the category UserRead."
	)
	servertest.EachWith(t, bounded("cognito", "LimitManagement=0"), func(t *testing.T, w *servertest.World) {
		for name, c := range map[string]struct {
			definition M
			code, text string
		}{
			"class": {
				M{"LimitClass": "RESOURCE", "Attributes": M{"Category": "UserRead"}}, "InvalidParameterException",
				"1 validation error detected: Value 'RESOURCE' at 'limitDefinition.limitClass' failed to satisfy constraint: Member must satisfy enum value set: [API_CATEGORY]",
			},
			"category": {of("Sleeping"), "ResourceNotFoundException", "Category Sleeping does not exist."},
			"none":     {M{"LimitClass": "API_CATEGORY", "Attributes": M{}}, "InvalidParameterException", alone},
			"another": {
				M{"LimitClass": "API_CATEGORY", "Attributes": M{"Category": "UserRead", "UserPoolId": "x"}}, "InvalidParameterException", alone,
			},
		} {
			t.Run(name, func(t *testing.T) {
				w.Fails(t, "GetProvisionedLimit", M{"LimitDefinition": c.definition}, c.code, c.text)
				w.Fails(t, "UpdateProvisionedLimit", M{"LimitDefinition": c.definition, "RequestedLimitValue": 200}, c.code, c.text)
			})
		}
		for name, c := range map[string]struct {
			category   string
			value      int
			code, text string
		}{
			"too low":        {"UserRead", 119, "InvalidParameterException", bounds},
			"zero":           {"UserRead", 0, "InvalidParameterException", bounds},
			"too high":       {"UserRead", 1_000_001, "ServiceQuotaExceededException", bounds},
			"not adjustable": {"UserUpdate", 100, "InvalidParameterException", "The limit of the category UserUpdate is not adjustable."},
		} {
			t.Run(name, func(t *testing.T) {
				before := get(t, w, c.category)
				w.Fails(t, "UpdateProvisionedLimit", M{"LimitDefinition": of(c.category), "RequestedLimitValue": c.value}, c.code, c.text)
				if got := get(t, w, c.category); got != before {
					t.Errorf("the limit is %v after it was refused, and was %v", got, before)
				}
			})
		}
		w.Fails(t, "UpdateProvisionedLimit", M{"LimitDefinition": of("UserRead")}, "InvalidParameterException",
			"1 validation error detected: Value null at 'requestedLimitValue' failed to satisfy constraint: Member must not be null")
	})
}

func TestQuestionsAboutLimitsAreBoundedTogether(t *testing.T) {
	t.Parallel()
	servertest.EachWith(t, bounded("cognito"), func(t *testing.T, w *servertest.World) {
		get(t, w, "UserRead")
		w.Fails(t, "UpdateProvisionedLimit", M{"LimitDefinition": of("UserToken"), "RequestedLimitValue": 200}, "TooManyRequestsException", "Rate exceeded")
	})
}
