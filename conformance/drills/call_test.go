package drills_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"cardea/conformance/wiretest"
)

// answer is a decoded response.
type answer map[string]json.RawMessage

// pick returns a string two levels down.
func (a answer) pick(outer, inner string) string {
	var members map[string]any
	_ = json.Unmarshal(a[outer], &members) // what is not there is ""
	text, _ := members[inner].(string)
	return text
}

// errRefused is an answer that refuses a request, as opposed to no answer or an internal error.
var errRefused = errors.New("refused")

// call calls an operation of user pools, signed by the cluster's root key.
func (n *node) call(operation, body string) (answer, error) { return n.callAs(n.key, operation, body) }

// callAs is call, signed by another key.
func (n *node) callAs(key [2]string, operation, body string) (answer, error) {
	request, err := http.NewRequest(http.MethodPost, n.url+"/", strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/x-amz-json-1.1")
	request.Header.Set("X-Amz-Target", "AWSCognitoIdentityProviderService."+operation)
	wiretest.Sign(request, []byte(body), key[0], key[1], time.Now())
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	switch {
	case response.StatusCode == http.StatusBadRequest:
		return nil, fmt.Errorf("%w: %s", errRefused, text)
	case response.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("%s: %s", response.Status, text)
	case len(bytes.TrimSpace(text)) == 0:
		return nil, nil
	}
	var a answer
	return a, json.Unmarshal(text, &a)
}

// must is call for a request that must succeed.
func (n *node) must(operation, body string) answer {
	n.t.Helper()
	a, err := n.call(operation, body)
	if err != nil {
		n.t.Fatalf("%s: %v", operation, err)
	}
	return a
}
