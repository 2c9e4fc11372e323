package trail

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"cardea/platform/audit"
	"cardea/spec/awsjson"
	"cardea/spec/cognitoidentity"
	"cardea/spec/cognitoidp"
	"cardea/spec/iam"
	"cardea/spec/kms"
	"cardea/spec/sts"
)

var update = flag.Bool("update", false, "write testdata anew")

func services() []awsjson.Service {
	return []awsjson.Service{
		(&cognitoidp.API{}).Service(), (&cognitoidentity.API{}).Service(), (&iam.API{}).Service(), (&sts.API{}).Service(), (&kms.API{}).Service(),
	}
}

// full makes a value of a shape in which every text is a marker that says where it stands: the name of the member, that of the shape,
// and whether the models mark it, or what is around it, as sensitive.
func full(shape *awsjson.Shape, member string, sensitive bool, depth int) awsjson.Node {
	sensitive = sensitive || shape.Sensitive
	marker := fmt.Sprintf("<<%s %s %t>>", member, shape.Name, sensitive)
	if depth > 12 {
		return awsjson.Node{}
	}
	switch shape.Kind {
	case awsjson.Structure:
		n := awsjson.Node{Type: awsjson.Object}
		for _, m := range shape.Members {
			n.Keys = append(n.Keys, m.Name)
			n.Items = append(n.Items, full(m.Shape, m.Name, sensitive, depth+1))
		}
		return n
	case awsjson.List:
		return awsjson.Node{Type: awsjson.Array, Items: []awsjson.Node{full(shape.Element, member, sensitive, depth+1)}}
	case awsjson.Map:
		key := full(shape.Key, member, sensitive, depth+1)
		return awsjson.Node{Type: awsjson.Object, Keys: []string{key.Text}, Items: []awsjson.Node{full(shape.Element, member, sensitive, depth+1)}}
	case awsjson.Integer, awsjson.Long, awsjson.Timestamp:
		return awsjson.Node{Type: awsjson.Number, Text: "7"}
	case awsjson.Boolean:
		return awsjson.Node{Type: awsjson.Bool, Text: "true"}
	case awsjson.Document:
		return awsjson.Node{Type: awsjson.Object, Keys: []string{marker}, Items: []awsjson.Node{{Type: awsjson.Text, Text: marker}}}
	}
	return awsjson.Node{Type: awsjson.Text, Text: marker}
}

var markers = regexp.MustCompile(`<<(\S*) (\S+) (true|false)>>`)

// suspicious are names of what is secret or personal as a rule; harmless are those of them that are not.
var (
	suspicious = regexp.MustCompile(`(?i)passw|secret|token|code$|session$|credential|assert|verif|salt|address$|phone|answer|metadata|username|private|ipaddress|filter|useridentifier|plaintext|signature|birth|friendly`)
	harmless   = regexp.MustCompile(`^(ClientSecretId|PreTokenGeneration|UserName|NewUserName|Email(Verification)\w*|Sms(Verification)\w*|VerifyAuthChallengeResponse|CredentialId|` +
		`ReplyToEmailAddress|SAMLMetadataDocument|RemovePrivateKey|TokenType)$`)
)

func TestMarkedTextsAndSuspiciousMembersAreHidden(t *testing.T) {
	t.Parallel()
	shown := map[string]bool{}
	for _, service := range services() {
		for name, op := range service.Operations {
			for part, shape := range map[string]*awsjson.Shape{"request": op.Input, "answer": op.Output} {
				if shape == nil {
					continue
				}
				value := full(shape, "", false, 0)
				text, _ := Shown(shape, &value)
				if !json.Valid(text) {
					t.Fatalf("%s: %s is no JSON", name, text)
				}
				var plain string
				var tree any
				_ = json.Unmarshal(text, &tree) // it is valid
				plain = fmt.Sprint(tree)
				for _, found := range markers.FindAllStringSubmatch(plain, -1) {
					member, of, sensitive := found[1], found[2], found[3] == "true" && found[2] != "ClientIdType"
					if sensitive || suspicious.MatchString(member) && !harmless.MatchString(member) {
						t.Errorf("%s: the %s shows %s, a %s", name, part, member, of)
					}
					shown[service.SigningName+" "+part+" "+member+" "+of] = true
				}
			}
		}
	}
	compareShown(t, slices.Sorted(maps.Keys(shown)))
}

// compareShown compares the texts that are shown with those that somebody has looked at: a new member is either as harmless as these, and
// added by -update, or hidden by the table in shown.go.
func compareShown(t *testing.T, got []string) {
	const path = "testdata/shown.txt"
	text := strings.Join(got, "\n") + "\n"
	if *update {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	known := strings.Split(string(want), "\n")
	for _, line := range got {
		if !slices.Contains(known, line) {
			t.Errorf("newly shown: %s", line)
		}
	}
	if string(want) != text {
		t.Error("testdata/shown.txt is not what is shown; -update writes it, once it has been looked at")
	}
}

func parsed(t *testing.T, text string) *awsjson.Node {
	t.Helper()
	tree, err := awsjson.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return &tree
}

func TestWhatIsShown(t *testing.T) {
	t.Parallel()
	operations := (&cognitoidp.API{}).Service().Operations
	hidden := `"` + audit.Hidden + `"`
	for _, c := range []struct{ operation, request, want string }{
		{"InitiateAuth", `{"AuthFlow":"USER_PASSWORD_AUTH","ClientId":"app","AuthParameters":{"USERNAME":"jane","PASSWORD":"pw"},"Other":"pw"}`,
			`{"authFlow":"USER_PASSWORD_AUTH","authParameters":` + hidden + `,"clientId":"app"}`},
		{"InitiateAuth", `{"AuthFlow":"pw","ClientId":{"a":"pw"},"AuthParameters":null}`, `{"authFlow":` + hidden + `,"clientId":` + hidden + `}`},
		{"AdminCreateUser", `{"UserPoolId":"p","Username":"jane","UserAttributes":[{"Name":"email","Value":"j@x"}],"DesiredDeliveryMediums":["EMAIL","pw"],"ForceAliasCreation":true}`,
			`{"desiredDeliveryMediums":["EMAIL",` + hidden + `],"forceAliasCreation":true,"userAttributes":[{"name":"email","value":` + hidden + `}],"userPoolId":"p","username":` + hidden + `}`},
		{"ListUsers", `{"UserPoolId":"p","Filter":"email = \"j@x\"","Limit":5}`, `{"filter":` + hidden + `,"limit":5,"userPoolId":"p"}`},
		{"ListUsers", `[1]`, `{}`},
	} {
		var got, want map[string]any
		shown, _ := Shown(operations[c.operation].Input, parsed(t, c.request))
		if json.Unmarshal(shown, &got) != nil || json.Unmarshal([]byte(c.want), &want) != nil || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: got %s\nwant %s", c.operation, shown, c.want)
		}
	}
}

func TestLongRequestsAreCut(t *testing.T) {
	t.Parallel()
	operation := (&cognitoidp.API{}).Service().Operations["CreateUserPoolClient"]
	long := `{"ClientName":"` + strings.Repeat("ü", 5000) + `","CallbackURLs":["a"` + strings.Repeat(`,"a"`, 5000) + `]}`
	shown, _ := Shown(operation.Input, parsed(t, long))
	if len(shown) > maxText+maxItems*4+100 || !json.Valid(shown) {
		t.Errorf("%d bytes are shown: %.100s", len(shown), shown)
	}
}

func TestMessagesThatRepeatSecretsAreHidden(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, want string }{
		{"Incorrect username or password.", "Incorrect username or password."},
		{"PreSignUp failed with error jane@example.com is not invited.", audit.Hidden},
		{"There is no parameter jane.", audit.Hidden},
	} {
		if got := Message(c.text, Secrets{texts: []string{"in", "Jane@Example.com"}, keys: []string{"PASSWORD", "jane"}}); got != c.want {
			t.Errorf("got %s", got)
		}
	}
}

func TestReadOnlyOperationsChangeNothing(t *testing.T) {
	t.Parallel()
	got := map[string]bool{}
	for _, service := range services() {
		for name, op := range service.Operations {
			got[name] = ReadOnly(&op)
		}
	}
	for _, name := range []string{"AdminGetUser", "DescribeUserPool", "GetUser", "ListUsers", "ListDevices", "GetRole", "SimulatePrincipalPolicy", "GetCallerIdentity"} {
		if !got[name] {
			t.Errorf("%s is not read-only", name)
		}
	}
	for _, name := range []string{
		"InitiateAuth", "SignUp", "GetTokensFromRefreshToken", "GetId", "GetOpenIdToken", "GetCredentialsForIdentity", "GetClientToken", "RevokeToken",
		"CreateUserPool", "AdminInitiateAuth", "AssumeRole", "Decrypt", "UpdateRole",
	} {
		if got[name] {
			t.Errorf("%s is read-only", name)
		}
	}
}
