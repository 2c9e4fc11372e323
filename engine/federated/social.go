package federated

// Social are the addresses of social providers; those that are empty are the providers' own.
type Social struct {
	Google, Apple    string // issuers
	Facebook, Amazon string // of their APIs, without a slash at the end
}
