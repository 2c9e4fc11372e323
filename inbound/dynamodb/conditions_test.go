package dynamodb

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// attempt is a request, and whether policies should allow it.
type attempt struct {
	operation, body string
	allowed         bool
}

// try sends requests in the table notes.
func (w *world) try(all []attempt) {
	w.t.Helper()
	for _, a := range all {
		body := strings.Replace(strings.Replace(a.body, "{", `{"TableName":"notes",`, 1), ",}", "}", 1)
		if strings.HasPrefix(a.operation, "Batch") || strings.HasPrefix(a.operation, "Transact") {
			body = a.body
		}
		code, text := w.call(a.operation, body)
		sent := len(w.takeGot()) > 0
		if want := map[bool]string{false: "AccessDeniedException"}[a.allowed]; code != want || sent != a.allowed {
			w.t.Errorf("%s %s: got %q, %s, sent %v", a.operation, body, code, text, sent)
		}
	}
}

const (
	mine   = `"Key":{"pk":{"S":"alice"},"sk":{"S":"1"}}`
	others = `"Key":{"pk":{"S":"bob"},"sk":{"S":"1"}}`
	values = `"ExpressionAttributeNames":{"#p":"pk","#s":"sk","#m":"mail"},"ExpressionAttributeValues":{":v":{"S":"alice"},":w":{"S":"bob"},":n":{"N":"7"},":m":{"N":"7.0"},"":{"S":"alice"},"pk":{"S":"alice"}}}`
)

func TestPartitionKeysAreTheirOwners(t *testing.T) {
	t.Parallel()
	w := newWorld(t, own)
	w.try([]attempt{
		{"GetItem", `{` + mine + `}`, true},
		{"GetItem", `{` + others + `}`, false},
		{"GetItem", `{"Key":{"sk":{"S":"alice"}}}`, false},
		{"GetItem", `{"Key":{"pk":{"N":"7"}}}`, true},
		{"GetItem", `{"Key":{"pk":{"N":"7.0"}}}`, false},
		{"GetItem", `{"Key":{"pk":{"N":"07"}}}`, false},
		{"GetItem", `{"Key":{"pk":{"B":"alice"}}}`, false},
		{"GetItem", `{"Key":{"pk":{"S":"alice","N":"1"}}}`, false},
		{"GetItem", `{"Key":{"pk":"alice"}}`, false},
		{"GetItem", `{"Key":["pk"]}`, false},
		{"GetItem", `{"Key":{}}`, false},
		{"PutItem", `{"Item":{"pk":{"S":"alice"},"a":{"S":"bob"}}}`, true},
		{"PutItem", `{"Item":{"pk":{"S":"bob"},"a":{"S":"alice"}}}`, false},
		{"UpdateItem", `{` + mine + `}`, true},
		{"UpdateItem", `{` + others + `}`, false},
		{"DeleteItem", `{` + mine + `}`, true},
		{"DeleteItem", `{` + others + `}`, false},
		{"Scan", `{}`, false},
		{"Scan", `{"FilterExpression":"pk = :v",` + values, false},
		{"DeleteTable", `{}`, false},
		{"BatchGetItem", `{"RequestItems":{"notes":{"Keys":[{"pk":{"S":"alice"}},{"pk":{"N":"7"}}]}}}`, true},
		{"BatchGetItem", `{"RequestItems":{"notes":{"Keys":[{"pk":{"S":"alice"}},{"pk":{"S":"bob"}}]}}}`, false},
		{"BatchGetItem", `{"RequestItems":{"notes":{"Keys":[{"pk":{"S":"alice"}},{"sk":{"S":"1"}}]}}}`, false},
		{"BatchGetItem", `{"RequestItems":{"notes":{"Keys":[]}}}`, false},
		{"BatchGetItem", `{"RequestItems":{"notes":{"Keys":[{"pk":{"S":"alice"}}]},"other":{"Keys":[{"pk":{"S":"bob"}}]}}}`, false},
		{"BatchWriteItem", `{"RequestItems":{"notes":[{"PutRequest":{"Item":{"pk":{"S":"alice"}}}},{"DeleteRequest":{` + mine + `}}]}}`, true},
		{"BatchWriteItem", `{"RequestItems":{"notes":[{"PutRequest":{"Item":{"pk":{"S":"alice"}}}},{"DeleteRequest":{` + others + `}}]}}`, false},
		{"TransactGetItems", `{"TransactItems":[{"Get":{"TableName":"notes",` + mine + `}}]}`, true},
		{"TransactGetItems", `{"TransactItems":[{"Get":{"TableName":"notes",` + mine + `}},{"Get":{"TableName":"notes",` + others + `}}]}`, false},
		{"TransactWriteItems", `{"TransactItems":[{"ConditionCheck":{"TableName":"notes",` + others + `}}]}`, false},
		{"TransactWriteItems", `{"TransactItems":[{"Put":{"TableName":"notes","Item":{"pk":{"S":"bob"}}}}]}`, false},
	})
}

func TestQueriesAreOfOnePartition(t *testing.T) {
	t.Parallel()
	w := newWorld(t, own)
	for condition, allowed := range map[string]bool{
		"pk = :v": true, "#p=:v": true, "pk = :n": true, "#p = :v AND begins_with(#s, :w)": true, "(#p = :v) and (sk between :v and :w)": true,
		"(pk = :v AND sk > :w)": true, "sk = :w AND pk = :v": true,
		"pk = :w": false, "pk = :m": false, "pk = :missing": false, "sk = :v": false, "#x = :v": false, "pk > :v": false, "begins_with(pk, :v)": false,
		"pk = :v OR pk = :w": false, "pk = :v AND sk = :w OR pk = :w": false, "NOT pk = :v": false, "pk = :v AND pk = :w": false, "pk = :w AND pk = :v": false, "pk = :v AND #p = :w": false,
		"pk.x = :v": false, "pk = pk": false, "pk = :v AND": false, "(pk = :v": false, "pk = :v)": false, "": false, "pk = :v AND sk <> :w": false, "pk = :v;": false,
	} {
		w.try([]attempt{{"Query", `{"KeyConditionExpression":"` + condition + `",` + values, allowed}})
	}
	const eq = `"pk":{"ComparisonOperator":"EQ","AttributeValueList":[{"S":"alice"}]}`
	w.try([]attempt{
		{"Query", `{"KeyConditions":{` + eq + `}}`, true},
		{"Query", `{"KeyConditions":{` + eq + `},"KeyConditionExpression":"pk = :w",` + values, false},
		{"Query", `{"KeyConditions":{"pk":{"ComparisonOperator":"GT","AttributeValueList":[{"S":"alice"}]}}}`, false},
		{"Query", `{"KeyConditions":{"pk":{"ComparisonOperator":"EQ","AttributeValueList":[{"S":"alice"},{"S":"bob"}]}}}`, false},
		{"Query", `{"KeyConditions":{"pk":{"ComparisonOperator":"EQ","AttributeValueList":[{"S":"bob"}]}}}`, false},
		{"Query", `{}`, false},
		{"Query", `{"IndexName":"local","KeyConditionExpression":"pk = :v",` + values, true},
		{"Query", `{"IndexName":"byMail","KeyConditionExpression":"mail = :v",` + values, true},
		{"Query", `{"IndexName":"byMail","KeyConditionExpression":"mail = :w AND pk = :v",` + values, false},
		{"Query", `{"IndexName":"byMail","KeyConditionExpression":"pk = :v",` + values, false},
		{"Query", `{"IndexName":"unknown","KeyConditionExpression":"pk = :v",` + values, false},
		{"Query", `{"IndexName":"several","KeyConditionExpression":"pk = :v AND mail = :v",` + values, false},
	})
	if w.described != 1 {
		t.Errorf("the table was described %d times", w.described)
	}
}

func TestKeysOfTablesAreRememberedForAMinute(t *testing.T) {
	t.Parallel()
	w := newWorld(t, own)
	ahead := time.Duration(0)
	w.Now = func() time.Time { return time.Now().Add(ahead) }
	get := attempt{"GetItem", `{` + mine + `}`, true}
	w.try([]attempt{get, get})
	ahead = fresh + time.Second
	w.try([]attempt{get})
	if w.described != 2 {
		t.Errorf("the table was described %d times", w.described)
	}
	open := newWorld(t, everything)
	open.try([]attempt{get})
	if open.described != 0 {
		t.Error("the table was described although no policy asks for its keys")
	}
	open.schemas.put("notes", schema{})
	open.try([]attempt{{"UpdateTable", `{}`, true}})
	if _, found := open.schemas.known["notes"]; found {
		t.Error("the keys of a changed table are remembered")
	}
}

func TestDeniesRestOnWhatIsKnown(t *testing.T) {
	t.Parallel()
	w := newWorld(t, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"dynamodb:*","Resource":"*"},
		{"Effect":"Deny","Action":"dynamodb:*","Resource":"`+tables+`notes","Condition":{"ForAnyValue:StringEquals":{"dynamodb:LeadingKeys":["bob","7"]}}}]}`)
	w.try([]attempt{
		{"GetItem", `{` + mine + `}`, true}, {"GetItem", `{` + others + `}`, false}, {"Scan", `{}`, false},
		{"GetItem", `{"Key":{"pk":{"N":"8"}}}`, true}, {"GetItem", `{"Key":{"pk":{"N":"7.0"}}}`, false}, {"GetItem", `{"Key":{"pk":{"B":"Nw=="}}}`, false},
		{"TransactGetItems", `{"TransactItems":[{"Get":{"TableName":"other",` + others + `}}]}`, true},
	})
	tagged := newWorld(t, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"dynamodb:*","Resource":"*",
		"Condition":{"StringNotEquals":{"aws:ResourceTag/secret":"yes"}}}}`)
	tagged.try([]attempt{{"GetItem", `{` + mine + `}`, false}})
}

func TestAttributesAreThoseOfTheRequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"dynamodb:*","Resource":"`+tables+`*","Condition":{
		"ForAllValues:StringEquals":{"dynamodb:Attributes":["pk","sk","a","b"]}}}}`)
	const names = `"ExpressionAttributeNames":{"#a":"a","#x":"secret"}`
	w.try([]attempt{
		{"GetItem", `{` + mine + `,"ProjectionExpression":"a, #a.secret, b[0].c",` + names + `}`, true},
		{"GetItem", `{` + mine + `,"ProjectionExpression":"a, #x",` + names + `}`, false},
		{"GetItem", `{` + mine + `,"ProjectionExpression":"a, #y",` + names + `}`, false},
		{"GetItem", `{` + mine + `,"ProjectionExpression":"a, add"}`, false},
		{"GetItem", `{` + mine + `,"AttributesToGet":["a"]}`, true},
		{"GetItem", `{` + mine + `,"AttributesToGet":["a","secret"]}`, false},
		{"GetItem", `{` + mine + `,"AttributesToGet":[]}`, false},
		{"GetItem", `{` + mine + `}`, false},
		{"BatchGetItem", `{"RequestItems":{"notes":{"Keys":[{"pk":{"S":"a"}}],"ProjectionExpression":"a"}}}`, true},
		{"BatchGetItem", `{"RequestItems":{"notes":{"Keys":[{"pk":{"S":"a"}}]}}}`, false},
		{"PutItem", `{"Item":{"pk":{"S":"a"},"a":{"S":"secret"}}}`, true},
		{"PutItem", `{"Item":{"pk":{"S":"a"},"secret":{"S":"a"}}}`, false},
		{"PutItem", `{"Item":{"pk":{"S":"a"}},"ReturnValues":"ALL_OLD"}`, false},
		{"PutItem", `{"Item":{"pk":{"S":"a"}},"ReturnValuesOnConditionCheckFailure":"ALL_OLD"}`, false},
		{"PutItem", `{"Item":{"pk":{"S":"a"}},"ConditionExpression":"attribute_not_exists(a) AND (NOT size(#a) > :v)",` + names + `}`, true},
		{"PutItem", `{"Item":{"pk":{"S":"a"}},"ConditionExpression":"attribute_not_exists(secret)"}`, false},
		{"PutItem", `{"Item":{"pk":{"S":"a"}},"ConditionExpression":"unheard_of(a)"}`, false},
		{"PutItem", `{"Item":{"pk":{"S":"a"}},"ConditionExpression":"and = :v"}`, false},
		{"UpdateItem", `{` + mine + `,"UpdateExpression":"SET a = if_not_exists(a, :v) + :w REMOVE b.secret, #a[1] ADD b :v"}`, false}, // no alias
		{"UpdateItem", `{` + mine + `,"UpdateExpression":"SET a = if_not_exists(a, :v) + :w REMOVE b.secret, #a[1] ADD b :v",` + names + `}`, true},
		{"UpdateItem", `{` + mine + `,"UpdateExpression":"SET a = secret"}`, false},
		{"UpdateItem", `{` + mine + `,"UpdateExpression":"SET set = :v"}`, false},
		{"UpdateItem", `{` + mine + `,"UpdateExpression":"REMOVE add"}`, false},
		{"UpdateItem", `{` + mine + `,"AttributeUpdates":{"secret":{}}}`, false},
		{"Query", `{"KeyConditionExpression":"pk = :v","ProjectionExpression":"a"}`, true},
		{"Query", `{"KeyConditionExpression":"pk = :v","FilterExpression":"secret = :v","ProjectionExpression":"a"}`, false},
		{"Query", `{"KeyConditionExpression":"pk = :v"}`, false},
		{"Query", `{"KeyConditionExpression":"pk = :v","Select":"COUNT"}`, true},
		{"Scan", `{"ScanFilter":{"secret":{}},"Select":"COUNT"}`, false},
	})
}

func TestSelectionAndReturnsAreConditions(t *testing.T) {
	t.Parallel()
	w := newWorld(t, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"dynamodb:*","Resource":"`+tables+`*","Condition":{
		"StringEqualsIfExists":{"dynamodb:Select":["SPECIFIC_ATTRIBUTES","ALL_PROJECTED_ATTRIBUTES"],"dynamodb:ReturnValues":["NONE","UPDATED_NEW"],
		"dynamodb:ReturnConsumedCapacity":"NONE","dynamodb:EnclosingOperation":"TransactGetItems"}}}}`)
	w.try([]attempt{
		{"GetItem", `{` + mine + `,"ProjectionExpression":"a"}`, true},
		{"GetItem", `{` + mine + `}`, false},
		{"GetItem", `{` + mine + `,"ProjectionExpression":"a","ReturnConsumedCapacity":"TOTAL"}`, false},
		{"Query", `{"ProjectionExpression":"a"}`, true},
		{"Query", `{"IndexName":"byMail"}`, true},
		{"Query", `{"IndexName":"byMail","Select":"ALL_ATTRIBUTES"}`, false},
		{"Query", `{}`, false},
		{"PutItem", `{"Item":{}}`, true},
		{"PutItem", `{"Item":{},"ReturnValues":"ALL_OLD"}`, false},
		{"UpdateItem", `{` + mine + `,"ReturnValues":"UPDATED_NEW"}`, true},
		{"TransactGetItems", `{"TransactItems":[{"Get":{"TableName":"notes",` + mine + `,"ProjectionExpression":"a"}}]}`, true},
		{"TransactWriteItems", `{"TransactItems":[{"Delete":{"TableName":"notes",` + mine + `}}]}`, false},
		{"BatchWriteItem", `{"ReturnConsumedCapacity":"TOTAL","RequestItems":{"notes":[{"PutRequest":{"Item":{}}}]}}`, false},
	})
}

func TestErrorsOfTheServerDoNotShowItsKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t, everything)
	for code, want := range map[string]string{
		"ResourceNotFoundException": "ResourceNotFoundException", "UnrecognizedClientException": "InternalServerError",
		"AccessDeniedException": "InternalServerError", "": "InternalServerError",
	} {
		w.answer = func(to http.ResponseWriter, _ *http.Request) {
			to.WriteHeader(http.StatusBadRequest)
			_, _ = to.Write([]byte(`{"__type":"com.amazonaws.dynamodb.v20120810#` + code + `","Message":"no table for ` + upstream.ID + `"}`))
		}
		got, text := w.call("DeleteItem", `{"TableName":"notes",`+mine+`}`)
		if got != want || strings.Contains(text, upstream.ID) {
			t.Errorf("%s: got %s, %s", code, got, text)
		}
	}
}
