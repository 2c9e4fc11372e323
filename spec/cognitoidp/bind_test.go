package cognitoidp_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"

	"cardea/spec/awsjson"
	"cardea/spec/cognitoidp"

	"github.com/google/go-cmp/cmp"
)

// TestStructsHoldWholeRequests binds a request with every member to its struct and writes it again: nothing may get lost
// or land in another field.
func TestStructsHoldWholeRequests(t *testing.T) {
	t.Parallel()
	m := loadModel(t)
	operations := (&cognitoidp.API{}).Service().Operations
	features := reflect.TypeFor[cognitoidp.API]()
	seen := 0
	for i := range features.NumField() {
		feature := features.Field(i).Type
		for j := range feature.NumMethod() {
			method := feature.Method(j)
			op, ok := operations[method.Name]
			if !ok {
				t.Errorf("%s is in an interface and not in the table", method.Name)
				continue
			}
			want := m.sample(t, m.operations[op.Name].Input, true)
			body, err := json.Marshal(want)
			if err != nil {
				t.Fatal(err)
			}
			into := reflect.New(method.Type.In(1).Elem())
			if err := bindBody(op.Input, body, into.Interface()); err != nil {
				t.Errorf("%s: %v", op.Name, err)
				continue
			}
			var again bytes.Buffer
			if err := awsjson.Encode(&again, into.Interface()); err != nil {
				t.Fatal(err)
			}
			var got any
			if err := json.Unmarshal(again.Bytes(), &got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s: %s", op.Name, diff)
			}
			if given := method.Type.NumOut() == 2; given != (m.operations[op.Name].Output != "") {
				t.Errorf("%s: an output is modelled or not, and the method says otherwise", op.Name)
			}
			seen++
		}
	}
	if seen < 60 {
		t.Errorf("only %d operations were seen", seen)
	}
}

func bindBody(shape *awsjson.Shape, body []byte, into any) error {
	n, err := awsjson.Parse(body)
	if err != nil {
		return err
	}
	return awsjson.Bind(shape, &n, into)
}

func TestAbsentFeaturesAnswerAsUnbuilt(t *testing.T) {
	t.Parallel()
	for name, op := range (&cognitoidp.API{}).Service().Operations {
		if op.Invoke != nil {
			t.Errorf("%s has a method although there is no feature", name)
		}
	}
}

func TestFaultsHaveTheModelsCodes(t *testing.T) {
	t.Parallel()
	if err := cognitoidp.CodeMismatch("x"); !awsjson.IsFault(err, "CodeMismatchException") || err.(*awsjson.Fault).Status != 400 {
		t.Errorf("got %v", err)
	}
	if err := cognitoidp.InternalError("x"); !awsjson.IsFault(err, "InternalErrorException") || err.(*awsjson.Fault).Status != 500 {
		t.Errorf("got %v", err)
	}
}

func BenchmarkReadInitiateAuth(b *testing.B) {
	benchmarkRead(b, "InitiateAuth", new(cognitoidp.InitiateAuthRequest), `{"AuthFlow":"USER_SRP_AUTH","ClientId":"1example23456789abcdefghij",
		"AuthParameters":{"USERNAME":"someone@example.com","SRP_A":"`+hexText(768)+`"},"ClientMetadata":{}}`)
}

func BenchmarkReadRespondToAuthChallenge(b *testing.B) {
	benchmarkRead(b, "RespondToAuthChallenge", new(cognitoidp.RespondToAuthChallengeRequest), `{"ChallengeName":"PASSWORD_VERIFIER",
		"ClientId":"1example23456789abcdefghij","ChallengeResponses":{"USERNAME":"0af0af0a-0af0-40af-80af-0af0af0af0af",
		"PASSWORD_CLAIM_SECRET_BLOCK":"`+hexText(1400)+`","TIMESTAMP":"Fri Jan 2 15:04:05 UTC 2026","PASSWORD_CLAIM_SIGNATURE":"`+hexText(44)+`"},
		"ClientMetadata":{}}`)
}

func BenchmarkReadSignUp(b *testing.B) {
	benchmarkRead(b, "SignUp", new(cognitoidp.SignUpRequest), `{"ClientId":"1example23456789abcdefghij","Username":"Jürgen","Password":"Pässw0rd!",
		"UserAttributes":[{"Name":"email","Value":"someone@example.com"},{"Name":"custom:team","Value":"red"}]}`)
}

func hexText(n int) string {
	text := make([]byte, n)
	for i := range text {
		text[i] = "0123456789abcdef"[i%16]
	}
	return string(text)
}

func benchmarkRead(b *testing.B, operation string, into any, body string) {
	op := (&cognitoidp.API{}).Service().Operations[operation]
	text := []byte(body)
	b.ReportAllocs()
	for b.Loop() {
		n, err := awsjson.Parse(text)
		if err != nil {
			b.Fatal(err)
		}
		if err := awsjson.Read(op.Input, &n, into); err != nil {
			b.Fatal(err)
		}
	}
}
