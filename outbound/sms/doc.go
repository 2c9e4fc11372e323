// Package sms hands text messages to a provider: Amazon SNS, AWS End User Messaging, Twilio, or the operator's own gateway by
// a signed webhook.
//
// What failed comes back as a *delivery.Error. When to try again is engine/message's business.
package sms
