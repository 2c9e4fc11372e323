// Package triggerevent is the JSON that user pools exchange with their Lambda triggers: the event of each of the fifteen
// triggers, and what a function may answer.
//
// An [Event] is encoded with the members, and with null where nothing is known, as functions receive them from AWS. Replies
// are read strictly by the Read functions: what is missing has its default, unknown members are ignored, of a member given
// twice the last counts, names match in their exact case, and a value of another type than documented makes the whole reply
// invalid. The package knows formats, not rules: whether an answer may be followed is decided elsewhere.
//
// Document: "Customizing user pool workflows with Lambda triggers" in the Amazon Cognito Developer Guide.
package triggerevent
