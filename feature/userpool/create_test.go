package userpool_test

import (
	"encoding/json"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cardea/server/servertest"
)

type M = servertest.M

// object reads a JSON object as a client would see it.
func object(t *testing.T, text string) M {
	t.Helper()
	var m M
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		t.Fatal(err)
	}
	return m
}

// settings is a pool as DescribeUserPool shows it, without what differs from pool to pool.
func settings(t *testing.T, w *servertest.World, pool string) M {
	t.Helper()
	shown, _ := w.Must(t, "DescribeUserPool", M{"UserPoolId": pool})["UserPool"].(M)
	return servertest.With(shown, M{"Id": nil, "Arn": nil, "CreationDate": nil, "LastModifiedDate": nil, "SchemaAttributes": nil})
}

const defaults = `{
	"Name": "test",
	"Policies": {
		"PasswordPolicy": {
			"MinimumLength": 8, "RequireUppercase": true, "RequireLowercase": true, "RequireNumbers": true,
			"RequireSymbols": true, "TemporaryPasswordValidityDays": 7
		},
		"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD"]}
	},
	"DeletionProtection": "INACTIVE",
	"LambdaConfig": {},
	"VerificationMessageTemplate": {"DefaultEmailOption": "CONFIRM_WITH_CODE"},
	"MfaConfiguration": "OFF",
	"EstimatedNumberOfUsers": 0,
	"EmailConfiguration": {"EmailSendingAccount": "COGNITO_DEFAULT"},
	"AdminCreateUserConfig": {"AllowAdminCreateUserOnly": false, "UnusedAccountValidityDays": 7},
	"AccountRecoverySetting": {"RecoveryMechanisms": [{"Name": "verified_email", "Priority": 1}, {"Name": "verified_phone_number", "Priority": 2}]},
	"UserPoolTags": {},
	"UserPoolTier": "ESSENTIALS"
}`

func TestPoolCreatedWithNameAloneHasEveryDefault(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		created, _ := w.Must(t, "CreateUserPool", M{"PoolName": "test"})["UserPool"].(M)
		pool := servertest.Text(created, "Id")
		if !regexp.MustCompile(`^us-east-1_[A-Za-z0-9]{9}$`).MatchString(pool) {
			t.Errorf("id %q", pool)
		}
		if want := "arn:aws:cognito-idp:us-east-1:123456789012:userpool/" + pool; created["Arn"] != want {
			t.Errorf("ARN %q, want %q", created["Arn"], want)
		}
		if want := 1773500966.535; created["CreationDate"] != want || created["LastModifiedDate"] != want {
			t.Errorf("dates %v and %v, want %v", created["CreationDate"], created["LastModifiedDate"], want)
		}
		if diff := cmp.Diff(object(t, defaults), settings(t, w, pool)); diff != "" {
			t.Errorf("want (-), got (+):\n%s", diff)
		}
		if diff := cmp.Diff(created, w.Must(t, "DescribeUserPool", M{"UserPoolId": pool})["UserPool"]); diff != "" {
			t.Errorf("created (-), described (+):\n%s", diff)
		}
	})
}

const standardSchema = `{"SchemaAttributes": [
	{"Name": "sub", "AttributeDataType": "String", "DeveloperOnlyAttribute": false, "Mutable": false, "Required": true, "StringAttributeConstraints": {"MinLength": "1", "MaxLength": "2048"}},
	STRING(name), STRING(given_name), STRING(family_name), STRING(middle_name), STRING(nickname),
	STRING(preferred_username), STRING(profile), STRING(picture), STRING(website), STRING(email),
	{"Name": "email_verified", "AttributeDataType": "Boolean", "DeveloperOnlyAttribute": false, "Mutable": true, "Required": false},
	STRING(gender),
	{"Name": "birthdate", "AttributeDataType": "String", "DeveloperOnlyAttribute": false, "Mutable": true, "Required": false, "StringAttributeConstraints": {"MinLength": "10", "MaxLength": "10"}},
	STRING(zoneinfo), STRING(locale), STRING(phone_number),
	{"Name": "phone_number_verified", "AttributeDataType": "Boolean", "DeveloperOnlyAttribute": false, "Mutable": true, "Required": false},
	STRING(address),
	{"Name": "updated_at", "AttributeDataType": "Number", "DeveloperOnlyAttribute": false, "Mutable": true, "Required": false, "NumberAttributeConstraints": {"MinValue": "0"}}
]}`

func TestSchemaHasTheTwentyStandardAttributesExactly(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		text := regexp.MustCompile(`STRING\((\w+)\)`).ReplaceAllString(standardSchema,
			`{"Name": "$1", "AttributeDataType": "String", "DeveloperOnlyAttribute": false, "Mutable": true, "Required": false, "StringAttributeConstraints": {"MinLength": "0", "MaxLength": "2048"}}`)
		want := object(t, text)["SchemaAttributes"]
		got := servertest.At(w.Must(t, "DescribeUserPool", M{"UserPoolId": w.Pool(t, nil)}), "UserPool.SchemaAttributes")
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("want (-), got (+):\n%s", diff)
		}
	})
}

// everything sets every member of CreateUserPool that another does not exclude.
func everything() M {
	return M{
		"PoolName": "test",
		"Policies": M{
			"PasswordPolicy": M{
				"MinimumLength": 12.0, "RequireUppercase": false, "RequireLowercase": true, "RequireNumbers": false,
				"RequireSymbols": false, "PasswordHistorySize": 3.0, "TemporaryPasswordValidityDays": 30.0,
			},
			"SignInPolicy": M{"AllowedFirstAuthFactors": []any{"PASSWORD", "EMAIL_OTP"}},
		},
		"DeletionProtection": "ACTIVE",
		"LambdaConfig": M{
			"PreSignUp":                "arn:aws:lambda:us-east-1:123456789012:function:pre",
			"PreTokenGeneration":       "arn:aws:lambda:us-east-1:123456789012:function:token",
			"PreTokenGenerationConfig": M{"LambdaVersion": "V2_0", "LambdaArn": "arn:aws:lambda:us-east-1:123456789012:function:token"},
			"CustomEmailSender":        M{"LambdaVersion": "V1_0", "LambdaArn": "arn:aws:lambda:us-east-1:123456789012:function:mail"},
			"KMSKeyID":                 "arn:aws:kms:us-east-1:123456789012:key/1234",
		},
		"AutoVerifiedAttributes":   []any{"email", "phone_number"},
		"AliasAttributes":          []any{"email", "preferred_username"},
		"SmsVerificationMessage":   "SMS {####}",
		"EmailVerificationMessage": "Mail {####}",
		"EmailVerificationSubject": "Subject",
		"VerificationMessageTemplate": M{
			"SmsMessage": "SMS {####}", "EmailMessage": "Mail {####}", "EmailSubject": "Subject",
			"EmailMessageByLink": "Click {##here##}", "EmailSubjectByLink": "Link", "DefaultEmailOption": "CONFIRM_WITH_LINK",
		},
		"SmsAuthenticationMessage":    "Sign in with {####}",
		"MfaConfiguration":            "OPTIONAL",
		"UserAttributeUpdateSettings": M{"AttributesRequireVerificationBeforeUpdate": []any{"email"}},
		"DeviceConfiguration":         M{"ChallengeRequiredOnNewDevice": true, "DeviceOnlyRememberedOnUserPrompt": false},
		"EmailConfiguration": M{
			"EmailSendingAccount": "DEVELOPER", "SourceArn": "arn:aws:ses:eu-west-1:123456789012:identity/example.com",
			"From": "Shop <shop@example.com>", "ReplyToEmailAddress": "help@example.com", "ConfigurationSet": "set",
		},
		"SmsConfiguration": M{"SnsCallerArn": "arn:aws:iam::123456789012:role/sms", "ExternalId": "id", "SnsRegion": "us-east-1"},
		"UserPoolTags":     M{"team": "red", "cardea:password-storage": "argon2id"},
		"AdminCreateUserConfig": M{
			"AllowAdminCreateUserOnly": true, "UnusedAccountValidityDays": 30.0,
			"InviteMessageTemplate": M{"SMSMessage": "{username} {####}", "EmailMessage": "{username} {####}", "EmailSubject": "Hello"},
		},
		"UserPoolAddOns":         M{"AdvancedSecurityMode": "ENFORCED", "AdvancedSecurityAdditionalFlows": M{"CustomAuthMode": "AUDIT"}},
		"UsernameConfiguration":  M{"CaseSensitive": false},
		"AccountRecoverySetting": M{"RecoveryMechanisms": []any{M{"Priority": 1.0, "Name": "verified_email"}, M{"Priority": 2.0, "Name": "verified_phone_number"}}},
		"UserPoolTier":           "LITE",
		"KeyConfiguration":       M{"KeyType": "CUSTOMER_MANAGED_KEY", "KmsKeyArn": "arn:aws:kms:us-east-1:123456789012:key/1234"},
		"IssuerConfiguration":    M{"Type": "ORIGINAL"},
		"AcrConfiguration":       M{"Level1": M{"AcrValue": "low"}, "Level2": M{"AcrValue": "high"}},
		"DcrConfiguration":       M{"EnableStatus": "Disabled", "OpenDcrEnabled": false, "AllowedScopes": []any{"openid"}},
	}
}

func TestEveryMemberIsStoredAndEchoed(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		pool := w.Pool(t, everything())
		want := servertest.With(everything(), M{"PoolName": nil, "Name": "test", "EstimatedNumberOfUsers": 0.0})
		if diff := cmp.Diff(want, settings(t, w, pool)); diff != "" {
			t.Errorf("given (-), shown (+):\n%s", diff)
		}
	})
}

// member sets one member of the request.
func member(name string, value any) M { return M{name: value} }

func TestCreateUserPoolRefusesWhatCognitoRefuses(t *testing.T) {
	t.Parallel()

	sms := M{"SnsCallerArn": "arn:aws:iam::123456789012:role/sms"}
	lambda := func(changes M) M { return member("LambdaConfig", changes) }
	email := func(changes M) M { return member("EmailConfiguration", changes) }
	recovery := func(mechanisms ...M) M {
		return member("AccountRecoverySetting", M{"RecoveryMechanisms": mechanisms})
	}
	cases := []struct {
		given M
		want  string
	}{
		{M{"AliasAttributes": []string{"email"}, "UsernameAttributes": []string{"email"}}, "Only one of the aliasAttributes or usernameAttributes can be set in a User pool."},
		{M{"Policies": M{"PasswordPolicy": M{"TemporaryPasswordValidityDays": 3}}, "AdminCreateUserConfig": M{"UnusedAccountValidityDays": 4}}, "Please use TemporaryPasswordValidityDays in PasswordPolicy instead of UnusedAccountValidityDays"},
		{member("Policies", M{"SignInPolicy": M{"AllowedFirstAuthFactors": []string{"EMAIL_OTP"}}}), "Password should be configured as one of the allowed first auth factors."},
		{member("AutoVerifiedAttributes", []string{"phone_number"}), "SMS configuration is required when phone_number is selected for auto verification"},
		{M{"AutoVerifiedAttributes": []string{"email"}, "SmsConfiguration": sms, "UserAttributeUpdateSettings": M{"AttributesRequireVerificationBeforeUpdate": []string{"phone_number"}}}, "All attributes in AttributesRequireVerificationBeforeUpdate must exist in AutoVerifiedAttributes"},
		{recovery(M{"Priority": 1, "Name": "admin_only"}, M{"Priority": 2, "Name": "verified_email"}), "Account Recovery Setting cannot use admin_only setting with any other recovery mechanisms."},
		{recovery(M{"Priority": 1, "Name": "verified_email"}, M{"Priority": 1, "Name": "verified_phone_number"}), "Account Recovery Setting cannot have duplicate priorities or recovery mechanisms."},
		{recovery(M{"Priority": 1, "Name": "verified_email"}, M{"Priority": 2, "Name": "verified_email"}), "Account Recovery Setting cannot have duplicate priorities or recovery mechanisms."},
		{email(M{"EmailSendingAccount": "DEVELOPER"}), "Source ARN is required to use DEVELOPER email sending owner"},
		{email(M{"EmailSendingAccount": "COGNITO_DEFAULT", "SourceArn": "arn:aws:ses:us-east-1:123456789012:identity/example.com"}), "Cognito is not allowed to use your email identity"},
		{email(M{"EmailSendingAccount": "DEVELOPER", "SourceArn": "arn:aws:ses:ap-south-1:123456789012:identity/example.com"}), "Provided SourceArn must be in one of the following SES regions: eu-west-1, us-east-1, us-west-2."},
		{email(M{"EmailSendingAccount": "DEVELOPER", "SourceArn": "arn:aws:ses:us-east-1:123456789012:identity/example.com", "From": "unknown"}), "Provided From email address is invalid"},
		{member("SmsConfiguration", servertest.With(sms, M{"SnsRegion": "eu-west-1"})), "Invalid snsRegion. Allowed SNS region for us-east-1 is us-east-1"},
		{member("SmsConfiguration", M{"SnsCallerArn": "arn:aws:iam::999999999999:role/sms"}), "Cross-account pass role is not allowed."},
		{lambda(M{"PreSignUp": "arn:aws:lambda:eu-west-1:123456789012:function:pre"}), "Cross-region lambda functions are not supported"},
		{lambda(M{"CustomSMSSender": M{"LambdaVersion": "V1_0", "LambdaArn": "arn:aws:lambda:us-east-1:123456789012:function:sms"}}), "KMSKeyId parameter is required when Custom SMS/Email Lambda trigger is used."},
		{lambda(M{
			"PreTokenGeneration":       "arn:aws:lambda:us-east-1:123456789012:function:one",
			"PreTokenGenerationConfig": M{"LambdaVersion": "V1_0", "LambdaArn": "arn:aws:lambda:us-east-1:123456789012:function:two"},
		}), "Cannot use PreTokenGenerationLambda and PreTokenGeneration with different Lambda function ARN's"},
		{member("SmsConfiguration", M{"ExternalId": "x"}), "1 validation error detected: Value null at 'smsConfiguration.snsCallerArn' failed to satisfy constraint: Member must not be null"},
		{M{"SmsVerificationMessage": "one {####}", "VerificationMessageTemplate": M{"SmsMessage": "two {####}"}}, ""},
		{M{"EmailVerificationMessage": "one {####}", "VerificationMessageTemplate": M{"EmailMessage": "two {####}"}}, ""},
		{M{"EmailVerificationSubject": "one", "VerificationMessageTemplate": M{"EmailSubject": "two"}}, ""},
		{member("AdminCreateUserConfig", M{"InviteMessageTemplate": M{"EmailMessage": "Your password is {####}"}}), ""},
		{servertest.With(firstFactors("WEB_AUTHN"), member("AdminCreateUserConfig", M{"InviteMessageTemplate": M{"SMSMessage": "Welcome, {username}"}})), ""},
		{member("UserPoolTags", M{"cardea:password-storage": "plain"}), ""},
		{member("UserPoolTags", M{"cardea:pasword-storage": "srp"}), ""},
		{member("UserPoolTags", M{"aws:team": "red"}), ""},
		{member("UserPoolTags", many(51)), ""},
		{member("KeyConfiguration", M{"KeyType": "CUSTOMER_MANAGED_KEY"}), ""},
	}
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		for _, c := range cases {
			w.Fails(t, "CreateUserPool", servertest.With(M{"PoolName": "test"}, c.given), "InvalidParameterException", c.want)
		}
		if left := w.Must(t, "ListUserPools", M{"MaxResults": 60})["UserPools"]; len(left.([]any)) != 0 {
			t.Errorf("refused pools exist: %v", left)
		}
	})
}

// firstFactors are the settings of a pool with one more first factor than the password.
func firstFactors(more string) M {
	return M{"Policies": M{"SignInPolicy": M{"AllowedFirstAuthFactors": []string{"PASSWORD", more}}}}
}

func TestInvitationsOfPasswordlessPoolsNeedNoPassword(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		template := M{"EmailMessage": "Welcome", "SMSMessage": "Welcome", "EmailSubject": "Welcome"}
		for _, factor := range []string{"EMAIL_OTP", "SMS_OTP"} {
			out := w.Must(t, "CreateUserPool", servertest.With(firstFactors(factor), M{
				"PoolName": "test", "AdminCreateUserConfig": M{"InviteMessageTemplate": template},
			}))
			if diff := cmp.Diff(template, servertest.At(out, "UserPool.AdminCreateUserConfig.InviteMessageTemplate")); diff != "" {
				t.Errorf("template (-want +got):\n%s", diff)
			}
		}
	})
}

// many gives a number of tags.
func many(number int) M {
	tags := M{}
	for i := range number {
		tags["tag"+string(rune('A'+i))] = ""
	}
	return tags
}

func TestOlderAndNewerMembersFillEachOther(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, w *servertest.World) {
		const function = "arn:aws:lambda:us-east-1:123456789012:function:token"
		old := settings(t, w, w.Pool(t, M{
			"SmsVerificationMessage": "SMS {####}", "EmailVerificationMessage": "Mail {####}", "EmailVerificationSubject": "Subject",
			"AdminCreateUserConfig": M{"UnusedAccountValidityDays": 3},
			"LambdaConfig":          M{"PreTokenGeneration": function},
		}))
		now := settings(t, w, w.Pool(t, M{
			"VerificationMessageTemplate": M{"SmsMessage": "SMS {####}", "EmailMessage": "Mail {####}", "EmailSubject": "Subject"},
			"Policies":                    M{"PasswordPolicy": M{"MinimumLength": 8, "RequireUppercase": true, "RequireLowercase": true, "RequireNumbers": true, "RequireSymbols": true, "TemporaryPasswordValidityDays": 3}},
			"LambdaConfig":                M{"PreTokenGenerationConfig": M{"LambdaVersion": "V1_0", "LambdaArn": function}},
		}))
		if diff := cmp.Diff(old, now); diff != "" {
			t.Errorf("older members (-), newer members (+):\n%s", diff)
		}
		for path, want := range map[string]any{
			"VerificationMessageTemplate.EmailSubject":              "Subject",
			"Policies.PasswordPolicy.TemporaryPasswordValidityDays": 3.0,
			"LambdaConfig.PreTokenGenerationConfig.LambdaArn":       function,
		} {
			if got := servertest.At(old, path); got != want {
				t.Errorf("%s: %v, want %v", path, got, want)
			}
		}
	})
}
