package signin

import (
	"cardea/platform/db"
	"cardea/spec/cognitoidp"
)

// flow is one AuthFlow: where it may be begun, what it needs, and its first step.
type flow struct {
	public, admin bool   // which operations may begin it
	permit        string // the ExplicitAuthFlows value that allows it
	refusal       string // Cognito's words when the client lacks the permit
	required      []string
	load          func(*turn, *db.Tx) error
	begin         func(*turn) (*Outcome, error)
}

var (
	srpFlow = flow{
		public: true, admin: true,
		permit:   cognitoidp.ExplicitAuthFlowsTypeAllowUserSrpAuth,
		refusal:  "USER_SRP_AUTH is not enabled for the client.",
		required: []string{"USERNAME", "SRP_A"},
		load:     (*turn).find, // the answer to the exchange is the attempt
		begin:    beginSRP,
	}
	userPasswordFlow = flow{
		public:   true,
		permit:   cognitoidp.ExplicitAuthFlowsTypeAllowUserPasswordAuth,
		refusal:  "USER_PASSWORD_AUTH flow not enabled for this client",
		required: []string{"USERNAME", "PASSWORD"},
		load:     (*turn).identify,
		begin:    beginPassword,
	}
	adminPasswordFlow = flow{
		admin:    true,
		permit:   cognitoidp.ExplicitAuthFlowsTypeAllowAdminUserPasswordAuth,
		refusal:  "Auth flow not enabled for this client",
		required: []string{"USERNAME", "PASSWORD"},
		load:     (*turn).identify,
		begin:    beginPassword,
	}
	choiceFlow = flow{
		public: true, admin: true,
		permit:   cognitoidp.ExplicitAuthFlowsTypeAllowUserAuth,
		refusal:  "USER_AUTH is not enabled for the client.",
		required: []string{"USERNAME"},
		load:     loadChoice,
		begin:    beginChoice,
	}
	refreshFlow = flow{
		public: true, admin: true,
		permit:   cognitoidp.ExplicitAuthFlowsTypeAllowRefreshTokenAuth,
		refusal:  "REFRESH_TOKEN_AUTH is not enabled for the client.", // nor when it rotates refresh tokens
		required: []string{"REFRESH_TOKEN"},
		load:     func(*turn, *db.Tx) error { return nil },
		begin:    beginRefresh,
	}
)

// flows are those that can be begun; the model knows CUSTOM_AUTH besides.
var flows = map[string]flow{
	cognitoidp.AuthFlowTypeUserSrpAuth:           srpFlow,
	cognitoidp.AuthFlowTypeUserPasswordAuth:      userPasswordFlow,
	cognitoidp.AuthFlowTypeAdminUserPasswordAuth: adminPasswordFlow,
	cognitoidp.AuthFlowTypeAdminNoSrpAuth:        adminPasswordFlow,
	cognitoidp.AuthFlowTypeUserAuth:              choiceFlow,
	cognitoidp.AuthFlowTypeRefreshTokenAuth:      refreshFlow,
	cognitoidp.AuthFlowTypeRefreshToken:          refreshFlow,
}

// proofs are the challenges that can be answered.
var proofs = map[string]proof{
	cognitoidp.ChallengeNameTypePasswordVerifier:       passwordVerifier{},
	cognitoidp.ChallengeNameTypeNewPasswordRequired:    newPassword{bySession{step: cognitoidp.ChallengeNameTypeNewPasswordRequired}},
	cognitoidp.ChallengeNameTypeSelectChallenge:        selectChallenge{bySession{step: cognitoidp.ChallengeNameTypeSelectChallenge}},
	cognitoidp.ChallengeNameTypePassword:               sentPassword{bySession{step: cognitoidp.ChallengeNameTypePassword}},
	cognitoidp.ChallengeNameTypePasswordSrp:            srpStart{bySession{step: cognitoidp.ChallengeNameTypePasswordSrp}},
	cognitoidp.ChallengeNameTypeEmailOtp:               emailCode,
	cognitoidp.ChallengeNameTypeSmsOtp:                 smsOTP,
	cognitoidp.ChallengeNameTypeSmsMfa:                 smsMFA,
	cognitoidp.ChallengeNameTypeSoftwareTokenMfa:       softwareToken{bySession{step: cognitoidp.ChallengeNameTypeSoftwareTokenMfa, factors: true}},
	cognitoidp.ChallengeNameTypeSelectMfaType:          selectMFA{bySession{step: cognitoidp.ChallengeNameTypeSelectMfaType}},
	cognitoidp.ChallengeNameTypeMfaSetup:               setUpMFA{bySession{step: cognitoidp.ChallengeNameTypeMfaSetup}},
	cognitoidp.ChallengeNameTypeWebAuthn:               passkeyAssertion{bySession{step: cognitoidp.ChallengeNameTypeWebAuthn, factors: true}},
	cognitoidp.ChallengeNameTypeDeviceSrpAuth:          askDevice,
	cognitoidp.ChallengeNameTypeDevicePasswordVerifier: deviceVerifier{},
}

func (f flow) in(admin bool) bool {
	if admin {
		return f.admin
	}
	return f.public
}

// admit checks what needs no user: whether the client may use the flow and whether everything was sent.
func (f flow) admit(t *turn) error {
	if !t.Client.Allows(f.permit) {
		return cognitoidp.InvalidParameter(f.refusal)
	}
	return t.require(f.required...)
}
