package appclient_test

import (
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"cardea/platform/db"
	"cardea/record/client"
	"cardea/server/servertest"
	"cardea/spec/id"
)

func TestGeneratedAndChosenSecretsAreShownByDescribe(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		p := w.Pool(t, nil)
		generated := create(t, w, p, M{"GenerateSecret": true})
		if secret := servertest.Text(generated, "ClientSecret"); !regexp.MustCompile(`^[a-z0-9]{52}$`).MatchString(secret) {
			t.Errorf("generated secret %q", secret)
		}
		const chosen = "a+chosen_Secret+of+24+or+more"
		custom := create(t, w, p, M{"ClientSecret": chosen})
		if got := describe(t, w, p, custom["ClientId"])["ClientSecret"]; got != chosen {
			t.Errorf("chosen secret %v, want %q", got, chosen)
		}
		if got := describe(t, w, p, generated["ClientId"])["ClientSecret"]; got != generated["ClientSecret"] {
			t.Errorf("generated secret %v, want %v", got, generated["ClientSecret"])
		}
		public := create(t, w, p, nil)
		if _, shown := public["ClientSecret"]; shown {
			t.Errorf("a public client shows a secret: %v", public)
		}
		w.Fails(t, "CreateUserPoolClient", M{"UserPoolId": p, "ClientName": "web", "GenerateSecret": true, "ClientSecret": chosen}, "InvalidParameterException", "")
	})
}

func TestSecretsRotate(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		p := w.Pool(t, nil)
		c := create(t, w, p, M{"GenerateSecret": true})
		of := M{"UserPoolId": p, "ClientId": c["ClientId"]}
		name := servertest.Text(c, "ClientId")
		w.Advance(time.Hour)

		added, _ := w.Must(t, "AddUserPoolClientSecret", of)["ClientSecretDescriptor"].(M)
		if servertest.Text(added, "ClientSecretId") != name+"--1773504566" || added["ClientSecretCreateDate"] != 1773504566.535 {
			t.Errorf("added %v", added)
		}
		if secret := servertest.Text(added, "ClientSecretValue"); len(secret) != 52 || secret == c["ClientSecret"] {
			t.Errorf("added secret %q", secret)
		}
		w.Fails(t, "AddUserPoolClientSecret", of, "LimitExceededException", "")

		listed := w.Must(t, "ListUserPoolClientSecrets", of)
		first := servertest.Text(listed, "ClientSecrets.0.ClientSecretId")
		if first != name+"--1773500966" || servertest.Text(listed, "ClientSecrets.1.ClientSecretId") != name+"--1773504566" {
			t.Errorf("listed %v", listed)
		}
		if strings.Contains(text(t, listed), "ClientSecretValue") {
			t.Errorf("the list shows secrets: %v", listed)
		}
		w.Fails(t, "ListUserPoolClientSecrets", servertest.With(of, M{"NextToken": "x"}), "InvalidParameterException", "")

		remove := servertest.With(of, M{"ClientSecretId": first})
		w.Must(t, "DeleteUserPoolClientSecret", remove)
		w.Fails(t, "DeleteUserPoolClientSecret", remove, "ResourceNotFoundException", "")
		if got := describe(t, w, p, name)["ClientSecret"]; got != added["ClientSecretValue"] {
			t.Errorf("after rotation the client shows %v, want the added secret", got)
		}
		last := servertest.With(of, M{"ClientSecretId": added["ClientSecretId"]})
		w.Fails(t, "DeleteUserPoolClientSecret", last, "InvalidParameterException", "")
	})
}

func TestChosenSecretIsNotEchoedWhenAdded(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		p := w.Pool(t, nil)
		c := create(t, w, p, M{"GenerateSecret": true})
		const chosen = "a+chosen_Secret+of+24+or+more"
		out := w.Must(t, "AddUserPoolClientSecret", M{"UserPoolId": p, "ClientId": c["ClientId"], "ClientSecret": chosen})
		if strings.Contains(text(t, out), chosen) || strings.Contains(text(t, out), "ClientSecretValue") {
			t.Errorf("answer %v", out)
		}

		public := create(t, w, p, nil)
		w.Fails(t, "AddUserPoolClientSecret", M{"UserPoolId": p, "ClientId": public["ClientId"]}, "InvalidParameterException", "")
	})
}

func TestSecretsAreStoredSealed(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		p := w.Pool(t, nil)
		c := create(t, w, p, M{"GenerateSecret": true})
		secret := servertest.Text(c, "ClientSecret")
		err := w.DB.Read(t.Context(), func(tx *db.Tx) error {
			stored, err := client.Get(tx, id.Pool(p), id.Client(servertest.Text(c, "ClientId")))
			if err != nil {
				return err
			}
			if len(stored.Secrets) != 1 || strings.Contains(string(stored.Secrets[0].Sealed), secret) || strings.Contains(text(t, stored.Doc), secret) {
				t.Errorf("stored in the clear: %+v", stored)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestNeverMoreThanTwoSecretsEvenAtOnce(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		p := w.Pool(t, nil)
		of := M{"UserPoolId": p, "ClientId": create(t, w, p, M{"GenerateSecret": true})["ClientId"]}

		const callers = 20
		added := make([]bool, callers)
		var wait sync.WaitGroup
		for i := range callers {
			wait.Go(func() {
				_, err := w.Call("AddUserPoolClientSecret", of)
				added[i] = err == nil
			})
		}
		wait.Wait()
		count := 0
		for _, one := range added {
			if one {
				count++
			}
		}
		listed := w.Must(t, "ListUserPoolClientSecrets", of)["ClientSecrets"].([]any)
		if count != 1 || len(listed) != 2 {
			t.Errorf("%d secrets were added and %d are there, want 1 and 2", count, len(listed))
		}
	})
}
