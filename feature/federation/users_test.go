package federation_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cardea/engine/account"
	"cardea/engine/identity"
	"cardea/platform/db"
	"cardea/record/linkedidentity"
	"cardea/server/servertest"
)

// person is somebody at the provider.
func person(pairs ...any) M {
	p := M{"sub": "1"}
	for i := 0; i+1 < len(pairs); i += 2 {
		p[pairs[i].(string)] = pairs[i+1]
	}
	return p
}

// as signs somebody in, and answers the attributes that their user has then.
func (w *world) as(t testing.TB, p M) map[string]string {
	t.Helper()
	w.idp.SetClaims(p)
	w.signIn(t)
	_, attributes := w.user(t, "Corp_"+p["sub"].(string))
	delete(attributes, "sub")
	delete(attributes, "identities")
	return attributes
}

func TestMappedAttributesFollowTheProvider(t *testing.T) {
	both := M{"email": "email", "email_verified": "email_verified", "name": "name"}
	for name, c := range map[string]struct {
		mapping     M
		first, then M
		want, later map[string]string
	}{
		"a change": {
			both, person("email", "a@b.example", "email_verified", true, "name", "A"), person("email", "c@b.example", "email_verified", true, "name", "C"),
			map[string]string{"email": "a@b.example", "email_verified": "true", "name": "A"},
			map[string]string{"email": "c@b.example", "email_verified": "true", "name": "C"},
		},
		"missing claims": {
			both, person("email", "a@b.example", "email_verified", true, "name", "A"), person(),
			map[string]string{"email": "a@b.example", "email_verified": "true", "name": "A"},
			map[string]string{"email": "a@b.example", "email_verified": "true", "name": "A"},
		},
		"a new address of which nothing is said": {
			both, person("email", "a@b.example", "email_verified", true), person("email", "c@b.example"),
			map[string]string{"email": "a@b.example", "email_verified": "true"},
			map[string]string{"email": "c@b.example", "email_verified": "false"},
		},
		"the same address of which nothing is said": {
			both, person("email", "a@b.example", "email_verified", true), person("email", "a@b.example"),
			map[string]string{"email": "a@b.example", "email_verified": "true"},
			map[string]string{"email": "a@b.example", "email_verified": "true"},
		},
		"a mark without an address": {
			both, person("email", "a@b.example", "email_verified", false), person("email_verified", true),
			map[string]string{"email": "a@b.example", "email_verified": "false"},
			map[string]string{"email": "a@b.example", "email_verified": "false"},
		},
		"a mark that is neither": {
			both, person("email", "a@b.example", "email_verified", "yes"), person("email", "a@b.example", "email_verified", "TRUE"),
			map[string]string{"email": "a@b.example", "email_verified": "false"},
			map[string]string{"email": "a@b.example", "email_verified": "true"},
		},
		"the mark is not mapped": {
			M{"email": "email"}, person("email", "a@b.example", "email_verified", true), person("email", "a@b.example", "email_verified", true),
			map[string]string{"email": "a@b.example", "email_verified": "false"},
			map[string]string{"email": "a@b.example", "email_verified": "false"},
		},
		"the address is not mapped": {
			M{"email_verified": "email_verified", "name": "name"}, person("email", "a@b.example", "email_verified", true, "name", "A"), person(),
			map[string]string{"name": "A"}, map[string]string{"name": "A"},
		},
		"a list": {
			M{"nickname": "groups"}, person("groups", []string{"Group A", "B"}), person("groups", []string{}),
			map[string]string{"nickname": "[Group+A, B]"}, map[string]string{"nickname": "[]"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, with{mapping: c.mapping}, func(t *testing.T, w *world) {
				if diff := cmp.Diff(c.want, w.as(t, c.first)); diff != "" {
					t.Errorf("first (-want +got):\n%s", diff)
				}
				if diff := cmp.Diff(c.later, w.as(t, c.then)); diff != "" {
					t.Errorf("then (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// An administrator may have verified the address of a linked user; a provider that says nothing of it takes that away.
func TestLinkedUsersAddressesAreAsVerifiedAsTheirProviderSays(t *testing.T) {
	each(t, with{}, func(t *testing.T, w *world) {
		w.User(t, w.pool, "jane", "email", "jane@example.com", "email_verified", "true")
		w.link(t, "jane", "Cognito_Subject", "1234567890")
		first := claims(t, w.signIn(t)["id_token"])
		_, attributes := w.user(t, "jane")
		if first["cognito:username"] != "jane" || first["sub"] != attributes["sub"] || attributes["email_verified"] != "false" {
			t.Errorf("signed in as %v, whose attributes are %v", first, attributes)
		}
		if groups, member := first["cognito:groups"]; member {
			t.Errorf("a linked user has the groups %v", groups)
		}
	})
}

// link makes an identity at the provider a user's, as an administrator does.
func (w *world) link(t testing.TB, username, attribute, value string) {
	t.Helper()
	err := w.DB.Write(t.Context(), func(tx *db.Tx) error {
		p, u, err := account.Admin(tx, w.pool, username)
		if err != nil {
			return err
		}
		err = identity.Link(tx, u, linkedidentity.Identity{
			Key: linkedidentity.Key{Provider: w.name, Attribute: attribute, Value: value}, Doc: linkedidentity.Doc{Type: w.idp.Kind},
		})
		if err != nil {
			return err
		}
		return account.Save(tx, p, u, false)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestAttributesAreRefused(t *testing.T) {
	schema := M{"Schema": []M{
		{"Name": "email", "AttributeDataType": "String", "Required": true, "Mutable": true},
		{"Name": "name", "AttributeDataType": "String", "Required": true, "Mutable": true},
		{"Name": "short", "AttributeDataType": "String", "Mutable": true, "StringAttributeConstraints": M{"MaxLength": "4"}},
		{"Name": "fixed", "AttributeDataType": "String", "Mutable": false},
		{"Name": "age", "AttributeDataType": "Number", "Mutable": true},
	}}
	mapping := M{
		"email": "email", "name": "name", "custom:short": "short", "custom:fixed": "fixed", "custom:age": "age", "nickname": "nick", "phone_number": "phone",
	}
	o := with{pool: schema, mapping: mapping, client: M{
		"WriteAttributes": []string{"email", "name", "custom:short", "custom:fixed", "custom:age", "phone_number"},
	}}
	each(t, o, func(t *testing.T, w *world) {
		full := person("email", "a@b.example", "name", "A")
		refusals := map[string]M{
			"invalid_request: user.custom:short: The value is longer than 4":      servertest.With(full, M{"short": "12345"}),
			"invalid_request: user.custom:age: The value is not a number":         servertest.With(full, M{"age": "old"}),
			"invalid_request: user.email: The value is not an e-mail address":     servertest.With(full, M{"email": "a"}),
			"invalid_request: user.phone_number: The value is not a phone number": servertest.With(full, M{"phone": "1"}),
			"invalid_request: user.nickname: Attribute cannot be updated.":        servertest.With(full, M{"nick": "x"}),
			"invalid_request: user.name: The value is longer than 2048":           servertest.With(full, M{"name": strings.Repeat("x", 2049)}),
		}
		check := func(refusals map[string]M) {
			t.Helper()
			for want, who := range refusals {
				w.idp.SetClaims(who)
				w.refused(t, want)
			}
		}
		check(refusals)
		check(map[string]M{
			"invalid_request: attributes required: [name]":        person("email", "a@b.example"),
			"invalid_request: attributes required: [name, email]": person(),
		})
		if w.count(t, "user_account") != 0 || w.count(t, "linked_identity") != 0 || w.count(t, "user_group") != 0 {
			t.Error("a refused sign-in has left something behind")
		}

		w.as(t, servertest.With(full, M{"fixed": "1"}))
		check(refusals)
		check(map[string]M{"invalid_request: user.custom:fixed: Attribute cannot be updated.": servertest.With(full, M{"fixed": "2"})})
		w.as(t, servertest.With(full, M{"fixed": "1"})) // as it is
		if got := w.as(t, person()); got["email"] != "a@b.example" || got["custom:fixed"] != "1" {
			t.Errorf("a sign-in without claims leaves %v", got)
		}
	})
}

func TestNamesOfOthersAreNotTaken(t *testing.T) {
	each(t, with{}, func(t *testing.T, w *world) {
		w.User(t, w.pool, "Corp_1")
		w.idp.SetClaims(person())
		w.refused(t, "invalid_request: Already found an entry for username Corp_1")
		w.refused(t, "invalid_request: Already found an entry for username Corp_1")
	})
}

// Providers whose names differ by case alone would name their users alike where the pool does not tell case apart. No other names of
// providers can be mistaken for one another: an underscore is in none but as the second character.
func TestProvidersThatAreNamedAlikeDoNotShareUsers(t *testing.T) {
	each(t, with{pool: M{"UsernameConfiguration": M{"CaseSensitive": false}}}, func(t *testing.T, w *world) {
		w.provider(t, "CORP", w.idp, with{})
		w.offer(t, "Corp", "CORP")
		first := claims(t, w.signIn(t)["id_token"])
		w.name = "CORP"
		w.refused(t, "invalid_request: Already found an entry for username corp_1234567890")
		w.name = "Corp"
		if again := claims(t, w.signIn(t)["id_token"]); again["sub"] != first["sub"] {
			t.Errorf("signed in as %v, want %v", again["sub"], first["sub"])
		}
		w.idp.SetClaims(person("sub", "2"))
		w.name = "CORP"
		if other := claims(t, w.signIn(t)["id_token"]); other["cognito:username"] != "corp_2" {
			t.Errorf("signed in as %v", other)
		}
	})
}

func TestSubjectsDifferByCase(t *testing.T) {
	for folds, refusal := range map[bool]string{true: "invalid_request: Already found an entry for username corp_abc", false: ""} {
		o := with{pool: M{"UsernameConfiguration": M{"CaseSensitive": !folds}}}
		t.Run(refusal, func(t *testing.T) {
			each(t, o, func(t *testing.T, w *world) {
				w.idp.SetClaims(person("sub", "abc"))
				first := claims(t, w.signIn(t)["id_token"])
				w.idp.SetClaims(person("sub", "ABC"))
				if folds {
					if first["cognito:username"] != "corp_abc" {
						t.Errorf("the user is named %v", first["cognito:username"])
					}
					w.refused(t, refusal)
					return
				}
				if second := claims(t, w.signIn(t)["id_token"]); second["sub"] == first["sub"] || second["cognito:username"] != "Corp_ABC" {
					t.Errorf("signed in as %v", second)
				}
			})
		})
	}
}

// Whatever the provider says of an address, it never makes its user another's, nor gives them another's name.
func TestAnAddressIsNobodysIdentity(t *testing.T) {
	both := M{"email": "email", "email_verified": "email_verified"}
	for name, c := range map[string]struct {
		pool     M
		verified bool // says the provider
		refusal  string
	}{
		"an unverified alias":     {M{"AliasAttributes": []string{"email"}}, false, ""},
		"a verified alias":        {M{"AliasAttributes": []string{"email"}}, true, "invalid_request: An account with the given email already exists."},
		"an unverified user name": {M{"UsernameAttributes": []string{"email"}}, false, ""},
		"a verified user name":    {M{"UsernameAttributes": []string{"email"}}, true, "invalid_request: An account with the given email already exists."},
		"no name":                 {nil, true, ""},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, with{pool: c.pool, mapping: both}, func(t *testing.T, w *world) {
				owner := "owner"
				if c.pool["UsernameAttributes"] != nil {
					owner = "jane@example.com"
				}
				w.User(t, w.pool, owner, "email", "jane@example.com", "email_verified", "true")
				_, before := w.user(t, owner)
				w.idp.SetClaims(person("email", "jane@example.com", "email_verified", c.verified))
				if c.refusal != "" {
					w.refused(t, c.refusal)
				} else if got := claims(t, w.signIn(t)["id_token"]); got["sub"] == before["sub"] || got["cognito:username"] != "Corp_1" {
					t.Errorf("signed in as %v", got)
				}
				if _, after := w.user(t, owner); !cmp.Equal(before, after) {
					t.Errorf("the owner was %v and is %v", before, after)
				}

				// Somebody who is known comes with the address.
				w.idp.SetClaims(person("sub", "2", "email", "eve@example.com", "email_verified", true))
				w.signIn(t)
				w.idp.SetClaims(person("sub", "2", "email", "jane@example.com", "email_verified", c.verified))
				if c.refusal != "" {
					w.refused(t, c.refusal)
				} else {
					w.signIn(t)
				}
				if _, after := w.user(t, owner); !cmp.Equal(before, after) {
					t.Errorf("the owner was %v and is %v", before, after)
				}
			})
		})
	}
}

// The lower case of the Kelvin sign is the letter k: the pool would have another mailbox's address.
func TestAnAddressThatFoldingMakesAnotherIsRefused(t *testing.T) {
	mapping := M{"email": "email", "email_verified": "email_verified"}
	pool := M{"AliasAttributes": []string{"email"}, "UsernameConfiguration": M{"CaseSensitive": false}}
	each(t, with{pool: pool, mapping: mapping}, func(t *testing.T, w *world) {
		w.idp.SetClaims(person("email", "\u212aim@example.com", "email_verified", true))
		w.refused(t, "invalid_request: user.email: The value is not an e-mail address")
		w.none(t, "kim@example.com")
		if got := w.as(t, person("sub", "2", "email", "ÜMIT@Example.com", "email_verified", true)); got["email"] != "ümit@example.com" {
			t.Errorf("attributes %v", got)
		}
	})
}

func TestSubjectsMakeUserNames(t *testing.T) {
	each(t, with{}, func(t *testing.T, w *world) {
		for subject, named := range map[string]bool{
			strings.Repeat("x", 123): true, strings.Repeat("x", 124): false, "a b": false, "ü–€😀": true,
		} {
			w.idp.SetClaims(person("sub", subject))
			_, err := w.land(t, w.depart(t))
			if (err == nil) != named {
				t.Errorf("%.20q: %v", subject, err)
			}
			if err != nil {
				told(t, err, "invalid_request: Invalid subject from identity provider")
			}
		}
	})
}

// The profile of a deleted user does not come back: whoever signs in again is somebody new.
func TestADeletedUserIsAnotherAfterwards(t *testing.T) {
	each(t, with{}, func(t *testing.T, w *world) {
		first := claims(t, w.signIn(t)["id_token"])
		w.Must(t, "AdminDeleteUser", M{"UserPoolId": w.pool, "Username": "Corp_1234567890"})
		if n := w.count(t, "linked_identity"); n != 0 {
			t.Errorf("%d identities are left", n)
		}
		second := claims(t, w.signIn(t)["id_token"])
		if first["sub"] == second["sub"] || second["cognito:username"] != first["cognito:username"] {
			t.Errorf("signed in as %v, and then as %v", first["sub"], second["sub"])
		}
	})
}

// Another subject is another user, whatever else is the same.
func TestAChangedSubjectIsAnotherUser(t *testing.T) {
	each(t, with{mapping: M{"email": "email", "email_verified": "email_verified"}}, func(t *testing.T, w *world) {
		first := claims(t, w.signIn(t)["id_token"])
		w.idp.SetClaims(M{"sub": "other", "email": "jane@example.com", "email_verified": true, "name": "Jane Doe"})
		if second := claims(t, w.signIn(t)["id_token"]); second["sub"] == first["sub"] {
			t.Error("the subject has changed, the user has not")
		}
		w.idp.EditUserInfo(func(c M) { c["sub"] = "1234567890" })
		if _, err := w.land(t, w.depart(t)); err == nil {
			t.Error("the ID token and the attributes are of two people")
		}
	})
}

func TestIdentitiesAreNobodysToWriteOrToSearchBy(t *testing.T) {
	each(t, with{}, func(t *testing.T, w *world) {
		tokens := w.signIn(t, "scope", "openid aws.cognito.signin.user.admin")
		_, before := w.user(t, "Corp_1234567890")
		mine := servertest.Attributes("identities", `[{"userId":"1"}]`)
		for operation, in := range map[string]M{
			"AdminUpdateUserAttributes": {"UserPoolId": w.pool, "Username": "Corp_1234567890", "UserAttributes": mine},
			"AdminDeleteUserAttributes": {"UserPoolId": w.pool, "Username": "Corp_1234567890", "UserAttributeNames": []string{"identities"}},
			"UpdateUserAttributes":      {"AccessToken": tokens["access_token"], "UserAttributes": mine},
			"DeleteUserAttributes":      {"AccessToken": tokens["access_token"], "UserAttributeNames": []string{"identities"}},
			"AdminCreateUser":           {"UserPoolId": w.pool, "Username": "x", "UserAttributes": mine},
			"SignUp":                    {"ClientId": w.app, "Username": "x", "Password": servertest.Password, "UserAttributes": mine},
			"ListUsers":                 {"UserPoolId": w.pool, "Filter": `identities ^= "["`},
		} {
			if out, err := w.Call(operation, in); err == nil {
				t.Errorf("%s: %v", operation, out)
			}
		}
		if _, after := w.user(t, "Corp_1234567890"); !cmp.Equal(before, after) {
			t.Errorf("the user was %v and is %v", before, after)
		}
		if n := w.count(t, "user_attribute WHERE name = 'identities'"); n != 0 {
			t.Error("identities are in the index of searches")
		}
		self := w.Must(t, "GetUser", M{"AccessToken": tokens["access_token"]})
		listed := w.Must(t, "ListUsers", M{"UserPoolId": w.pool})
		for name, shown := range map[string]map[string]string{
			"GetUser": attributesOf(self["UserAttributes"]), "ListUsers": attributesOf(servertest.At(listed, "Users.0.Attributes")),
		} {
			if shown["identities"] != before["identities"] || before["identities"] == "" {
				t.Errorf("%s shows %v", name, shown)
			}
		}
	})
}
