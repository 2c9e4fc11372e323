package userpool

import (
	"net/mail"
	"slices"
	"strings"

	"cardea/record/pool"
	"cardea/spec/cognitoidp"
)

// setMessages sets the texts of verification messages. Three of them are in two members, an older and a newer one,
// that always have the same value.
func setMessages(p *pool.Pool, in *cognitoidp.UpdateUserPoolRequest) error {
	doc := &p.Doc
	template := cognitoidp.VerificationMessageTemplateType{}
	if in.VerificationMessageTemplate != nil {
		template = *in.VerificationMessageTemplate
	}
	template.DefaultEmailOption = orElse(template.DefaultEmailOption, cognitoidp.DefaultEmailOptionTypeConfirmWithCode)
	doc.SmsVerificationMessage = in.SmsVerificationMessage
	doc.EmailVerificationMessage = in.EmailVerificationMessage
	doc.EmailVerificationSubject = in.EmailVerificationSubject
	doc.SmsAuthenticationMessage = in.SmsAuthenticationMessage

	for _, pair := range []struct {
		name, newName string
		old, new      *string
	}{
		{"SmsVerificationMessage", "SmsMessage", &doc.SmsVerificationMessage, &template.SmsMessage},
		{"EmailVerificationMessage", "EmailMessage", &doc.EmailVerificationMessage, &template.EmailMessage},
		{"EmailVerificationSubject", "EmailSubject", &doc.EmailVerificationSubject, &template.EmailSubject},
	} {
		if *pair.old != "" && *pair.new != "" && *pair.old != *pair.new {
			return cognitoidp.InvalidParameter(pair.name + " and VerificationMessageTemplate." + pair.newName + " cannot have different values.")
		}
		*pair.old = orElse(*pair.old, *pair.new)
		*pair.new = *pair.old
	}
	doc.VerificationMessageTemplate = &template
	return nil
}

// setEmail sets the configuration of mail. It refuses what Cognito refuses, and a sender that this server does not have,
// unless the pool's configuration has it already.
func (s *Service) setEmail(p *pool.Pool, in *cognitoidp.UpdateUserPoolRequest) error {
	email := cognitoidp.EmailConfigurationType{}
	if in.EmailConfiguration != nil {
		email = *in.EmailConfiguration
	}
	email.EmailSendingAccount = orElse(email.EmailSendingAccount, cognitoidp.EmailSendingAccountTypeCognitoDefault)

	developer := email.EmailSendingAccount == cognitoidp.EmailSendingAccountTypeDeveloper
	if developer && email.SourceArn == "" {
		return cognitoidp.InvalidParameter("Source ARN is required to use DEVELOPER email sending owner")
	}
	if !developer && email.SourceArn != "" {
		return cognitoidp.InvalidParameter("Cognito is not allowed to use your email identity")
	}
	if regions := mailRegions(p.ID.Region()); email.SourceArn != "" && !slices.Contains(regions, part(email.SourceArn, 3)) {
		return cognitoidp.InvalidParameter("Provided SourceArn must be in one of the following SES regions: " + strings.Join(regions, ", ") + ".")
	}
	if _, err := mail.ParseAddress(email.From); email.From != "" && err != nil {
		return cognitoidp.InvalidParameter("Provided From email address is invalid")
	}
	known := p.Doc.EmailConfiguration != nil && *p.Doc.EmailConfiguration == email
	p.Doc.EmailConfiguration = &email
	if err := s.Messages.CheckMail(p); err != nil && !known {
		return err
	}
	return nil
}

// mailRegions are those whose SES a pool may use: three that every pool may use, and the pool's own.
func mailRegions(own string) []string {
	regions := []string{"eu-west-1", "us-east-1", "us-west-2", own}
	slices.Sort(regions)
	return slices.Compact(regions)
}

// setSMS sets the configuration of text messages.
func (s *Service) setSMS(p *pool.Pool, in *cognitoidp.UpdateUserPoolRequest) error {
	sms, err := s.smsConfiguration(p, in.SmsConfiguration, false)
	if err != nil {
		return err
	}
	p.Doc.SmsConfiguration = sms
	return nil
}

// smsConfiguration checks a configuration and completes it; nil when there is none. The role may be of another account if
// foreign is true or the pool has that role already.
func (s *Service) smsConfiguration(p *pool.Pool, given *cognitoidp.SmsConfigurationType, foreign bool) (*cognitoidp.SmsConfigurationType, error) {
	if given == nil {
		return nil, nil
	}
	if given.SnsCallerArn == "" && given.EumsSms == nil {
		return nil, cognitoidp.InvalidParameter("1 validation error detected: Value null at 'smsConfiguration.snsCallerArn' failed to satisfy constraint: Member must not be null")
	}
	sms := *given
	region := p.ID.Region()
	if sms.SnsRegion != "" && sms.SnsRegion != region {
		return nil, cognitoidp.InvalidParameter("Invalid snsRegion. Allowed SNS region for " + region + " is " + region)
	}
	own := s.ownRole(sms.SnsCallerArn) && (sms.EumsSms == nil || s.ownRole(sms.EumsSms.CallerArn))
	kept := p.Doc.SmsConfiguration != nil && p.Doc.SmsConfiguration.SnsCallerArn == sms.SnsCallerArn && sms.EumsSms == nil
	if !own && !kept && !foreign {
		return nil, cognitoidp.InvalidParameter("Cross-account pass role is not allowed.")
	}
	if sms.SnsCallerArn != "" {
		sms.SnsRegion = region
	}
	return &sms, nil
}

// ownRole tells whether a role, where one is given, is of the server's account.
func (s *Service) ownRole(arn string) bool {
	return arn == "" || part(arn, 4) == s.Account
}
