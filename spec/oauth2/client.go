package oauth2

// Client reads how a client identifies itself at the token or the revocation endpoint: by the header Authorization with the
// scheme Basic, or by client_id and client_secret in the form (RFC 6749 §2.3.1). The answer are the readings of it, of which
// any may be right. basic tells whether it was by the header. It answers an *Error when the client does neither, or both.
func Client(headers []string, form Values) (given []Credentials, basic bool, err error) {
	id, secret := form.Get("client_id"), form.Get("client_secret")
	if len(headers) == 0 {
		if id == "" {
			return nil, false, &Error{Code: InvalidRequest}
		}
		return []Credentials{{id, secret}}, false, nil
	}
	if len(headers) > 1 || secret != "" {
		return nil, true, &Error{Code: InvalidRequest}
	}
	given = ParseBasic(headers[0])
	if len(given) == 0 {
		return nil, true, &Error{Code: InvalidClient}
	}
	if id != "" && id != given[0].ID {
		return nil, true, &Error{Code: InvalidRequest}
	}
	return given, true, nil
}
