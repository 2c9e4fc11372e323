package trigger

import (
	"context"
	"maps"
	"slices"

	"cardea/engine/attributes"
	"cardea/spec/cognitoidp"
	"cardea/spec/triggerevent"
)

// Admission is what PreSignUp grants a user who is about to be created.
type Admission struct {
	Confirm bool     // the user is confirmed; never for AdminCreateUser
	Verify  []string // the contacts, "email" and "phone_number", that are verified
}

// Data makes validationData of a request's ValidationData; nil, which is null, when the request has none. Of a name given
// twice the last value counts.
func Data(list []cognitoidp.AttributeType) map[string]string {
	if list == nil {
		return nil
	}
	data := make(map[string]string, len(list))
	for _, pair := range list {
		data[pair.Name] = pair.Value
	}
	return data
}

// PreSignUp asks whether a user with the submitted attributes may be created, and how. Call.User is nil: the user is not
// there yet, and their sub is not told.
func (t Triggers) PreSignUp(ctx context.Context, c Call, submitted map[string]string) (Admission, error) {
	const name = triggerevent.PreSignUp
	if !c.has(name) {
		return Admission{}, nil
	}
	reply, err := t.ask(ctx, c, triggerevent.PreSignUpRequest{UserAttributes: submitted, ValidationData: c.Data, ClientMetadata: c.Metadata})
	if err != nil {
		return Admission{}, err
	}
	response, err := read(name, reply, triggerevent.ReadPreSignUp)
	if err != nil {
		return Admission{}, err
	}
	admission := Admission{Confirm: response.AutoConfirmUser && c.Occasion != triggerevent.AdminCreateUser}
	if response.AutoVerifyEmail {
		admission.Verify = append(admission.Verify, "email")
	}
	if response.AutoVerifyPhone {
		admission.Verify = append(admission.Verify, "phone_number")
	}
	for _, contact := range admission.Verify {
		if submitted[contact] == "" {
			return Admission{}, invalid(name, "there is no %s to verify", contact)
		}
	}
	return admission, nil
}

// PostConfirmation tells that the user was confirmed, or has a new password. That is done by now, so that the function is
// told even when the client has gone away.
func (t Triggers) PostConfirmation(ctx context.Context, c Call) error {
	if !c.has(triggerevent.PostConfirmation) {
		return nil
	}
	request := triggerevent.PostConfirmationRequest{UserAttributes: c.attributes(), ClientMetadata: c.Metadata}
	return t.tell(context.WithoutCancel(ctx), c, request)
}

// tell asks a function that has nothing to say but that the operation may go on.
func (t Triggers) tell(ctx context.Context, c Call, request triggerevent.Request) error {
	reply, err := t.ask(ctx, c, request)
	if err != nil {
		return err
	}
	if err := triggerevent.ReadNothing(reply); err != nil {
		return &Error{request.Trigger(), Invalid, "", err}
	}
	return nil
}

// Migrant is a user whom UserMigration has found in another directory, to be created with the password that they gave.
type Migrant struct {
	Attributes map[string]string // of the pool's schema, and fit for it
	Status     string            // CONFIRMED or RESET_REQUIRED
	Invite     bool              // send the invitation, by Mediums
	Mediums    []string          // "SMS", "EMAIL"; SMS when the function names none
	MoveAlias  bool              // take over an address that another user signs in with
	SMSMFA     bool              // with text messages as second factor
}

// UserMigration asks for a user whom the pool does not have; password is empty when it was forgotten. It answers nil when the
// pool has no such trigger. The caller treats an *Error as an unknown user.
func (t Triggers) UserMigration(ctx context.Context, c Call, password string) (*Migrant, error) {
	const name = triggerevent.UserMigration
	if !c.has(name) {
		return nil, nil
	}
	reply, err := t.ask(ctx, c, triggerevent.UserMigrationRequest{Password: password, ValidationData: c.Data, ClientMetadata: c.Metadata})
	if err != nil {
		return nil, err
	}
	response, err := read(name, reply, triggerevent.ReadUserMigration)
	if err != nil {
		return nil, err
	}
	return c.migrant(response)
}

// migrant checks a user of another directory.
func (c *Call) migrant(response triggerevent.UserMigrationResponse) (*Migrant, error) {
	const name = triggerevent.UserMigration
	if response.UserAttributes == nil {
		return nil, invalid(name, "the reply has no userAttributes")
	}
	given := maps.Clone(response.UserAttributes)
	maps.DeleteFunc(given, func(_, value string) bool { return value == "" })
	if c.Pool.UsernameIs("email") || c.Pool.UsernameIs("phone_number") {
		delete(given, "username") // which such pools choose themselves
	}
	if err := attributes.Check(c.Pool, attributes.Unordered(given), attributes.Invite); err != nil {
		return nil, invalid(name, "attributes: %w", err)
	}

	status := response.FinalUserStatus
	switch status {
	case cognitoidp.UserStatusTypeConfirmed, cognitoidp.UserStatusTypeResetRequired:
	case "":
		status = cognitoidp.UserStatusTypeResetRequired
	default:
		return nil, invalid(name, "finalUserStatus is neither CONFIRMED nor RESET_REQUIRED")
	}
	switch response.MessageAction {
	case "", cognitoidp.MessageActionTypeSuppress, cognitoidp.MessageActionTypeResend:
	default:
		return nil, invalid(name, "messageAction is neither SUPPRESS nor RESEND")
	}
	mediums := response.DesiredDeliveryMediums
	if len(mediums) == 0 {
		mediums = []string{cognitoidp.DeliveryMediumTypeSms}
	}
	if slices.ContainsFunc(mediums, func(m string) bool {
		return m != cognitoidp.DeliveryMediumTypeSms && m != cognitoidp.DeliveryMediumTypeEmail
	}) {
		return nil, invalid(name, "desiredDeliveryMediums has others than SMS and EMAIL")
	}
	return &Migrant{
		Attributes: given, Status: status, Mediums: mediums,
		Invite:    response.MessageAction != cognitoidp.MessageActionTypeSuppress,
		MoveAlias: response.ForceAliasCreation, SMSMFA: response.EnableSMSMFA,
	}, nil
}

// InboundFederation asks what to take over of what an identity provider has said. nil means all of it.
func (t Triggers) InboundFederation(ctx context.Context, c Call, request triggerevent.InboundFederationRequest) (map[string]string, error) {
	const name = triggerevent.InboundFederation
	if !c.has(name) {
		return nil, nil
	}
	reply, err := t.ask(ctx, c, request)
	if err != nil {
		return nil, err
	}
	replaced, err := read(name, reply, triggerevent.ReadInboundFederation)
	if err != nil || len(replaced) == 0 {
		return nil, err
	}
	return replaced, nil
}
