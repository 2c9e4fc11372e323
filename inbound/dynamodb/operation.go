package dynamodb

import "strings"

// operation is what is known of an operation.
type operation struct {
	members string // those that its request may have
	// demands are what policies must allow.
	demands func(r *request) ([]demand, error)
	// alters says that the keys of the table may be others afterwards.
	alters bool
}

// Members that several operations have.
const (
	reading   = " ProjectionExpression AttributesToGet ExpressionAttributeNames ConsistentRead "
	returning = " ReturnConsumedCapacity ReturnItemCollectionMetrics "
	filtering = " IndexName Select Limit ExclusiveStartKey FilterExpression ExpressionAttributeValues ConditionalOperator ReturnConsumedCapacity "
	checking  = " ConditionExpression ExpressionAttributeNames ExpressionAttributeValues ReturnValuesOnConditionCheckFailure "
	expecting = checking + "Expected ConditionalOperator ReturnValues" + returning
)

// Members of parts of requests.
const (
	ofBatchRead = "Keys" + reading
	ofGet       = "TableName Key ProjectionExpression ExpressionAttributeNames"
	ofPut       = "TableName Item" + checking
	ofUpdate    = "TableName Key UpdateExpression" + checking
	ofKey       = "TableName Key" + checking
)

// operations are those that are passed on, by name.
var operations = map[string]*operation{
	"GetItem":    {members: "TableName Key ReturnConsumedCapacity" + reading, demands: (*request).read},
	"Query":      {members: "TableName KeyConditions KeyConditionExpression QueryFilter ScanIndexForward" + reading + filtering, demands: (*request).search},
	"Scan":       {members: "TableName ScanFilter Segment TotalSegments" + reading + filtering, demands: (*request).search},
	"PutItem":    {members: "TableName Item" + expecting, demands: (*request).write},
	"DeleteItem": {members: "TableName Key" + expecting, demands: (*request).write},
	"UpdateItem": {members: "TableName Key AttributeUpdates UpdateExpression" + expecting, demands: (*request).write},

	"BatchGetItem":       {members: "RequestItems ReturnConsumedCapacity", demands: (*request).batchRead},
	"BatchWriteItem":     {members: "RequestItems" + returning, demands: (*request).batchWrite},
	"TransactGetItems":   {members: "TransactItems ReturnConsumedCapacity", demands: (*request).transaction},
	"TransactWriteItems": {members: "TransactItems ClientRequestToken" + returning, demands: (*request).transaction},

	"ListTables":                {members: "ExclusiveStartTableName Limit", demands: (*request).everything},
	"DescribeLimits":            {demands: (*request).everything},
	"DescribeTable":             {members: "TableName", demands: (*request).table},
	"DescribeTimeToLive":        {members: "TableName", demands: (*request).table},
	"UpdateTimeToLive":          {members: "TableName TimeToLiveSpecification", demands: (*request).table},
	"DescribeContinuousBackups": {members: "TableName", demands: (*request).table},
	"UpdateContinuousBackups":   {members: "TableName PointInTimeRecoverySpecification", demands: (*request).table},
	"DeleteTable":               {members: "TableName", demands: (*request).table, alters: true},
	"CreateTable": {
		members: "TableName AttributeDefinitions KeySchema LocalSecondaryIndexes GlobalSecondaryIndexes BillingMode ProvisionedThroughput " +
			"OnDemandThroughput WarmThroughput StreamSpecification SSESpecification TableClass DeletionProtectionEnabled",
		demands: (*request).table, alters: true,
	},
	"UpdateTable": {
		members: "TableName AttributeDefinitions GlobalSecondaryIndexUpdates BillingMode ProvisionedThroughput OnDemandThroughput " +
			"WarmThroughput StreamSpecification SSESpecification TableClass DeletionProtectionEnabled",
		demands: (*request).table, alters: true,
	},
}

// parts are the kinds of entries of transactions: the action that each needs, and its members.
var parts = map[string]map[string][2]string{
	"dynamodb:TransactGetItems": {"Get": {"dynamodb:GetItem", ofGet}},
	"dynamodb:TransactWriteItems": {
		"Put": {"dynamodb:PutItem", ofPut}, "Update": {"dynamodb:UpdateItem", ofUpdate}, "Delete": {"dynamodb:DeleteItem", ofKey},
		"ConditionCheck": {"dynamodb:ConditionCheckItem", ofKey},
	},
}

// listed reports whether a name stands in a list with spaces between.
func listed(list, name string) bool {
	for one := range strings.FieldsSeq(list) {
		if one == name {
			return true
		}
	}
	return false
}
