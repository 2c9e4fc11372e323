package sms

// Text is one text message; its JSON is the webhook's body.
type Text struct {
	ID   string `json:"id"`
	To   string `json:"to"` // E.164
	Body string `json:"body"`
	Pool string `json:"user_pool_id"`

	Attempt int64 `json:"-"` // the first is 1

	// What the pool's EumsSms says; empty: as the sender is configured.
	Origination      string `json:"-"`
	ConfigurationSet string `json:"-"`
	Entity, Template string `json:"-"` // that India demands
}
