package triggerevent

// TokenResponse is how a PreTokenGeneration function wants tokens changed. A function of version 1 speaks of ID tokens and
// groups only.
type TokenResponse struct {
	ID, Access       ClaimChanges
	ScopesToAdd      []string
	ScopesToSuppress []string
	Groups           *GroupOverride // nil: as they are
}

// ClaimChanges are additions and removals, as the function has given them.
type ClaimChanges struct {
	AddOrOverride map[string]any // strings, json.Number, bool, lists and objects of them; in version 1 strings only
	Suppress      []string
}

// GroupOverride replaces groups and roles.
type GroupOverride struct {
	Groups, Roles []string
	PreferredRole string
}

// ReadPreTokenGeneration reads the reply of a PreTokenGeneration function to an event of the version.
func ReadPreTokenGeneration(reply []byte, version int) (TokenResponse, error) {
	response, err := readResponse(reply)
	if err != nil {
		return TokenResponse{}, err
	}
	read := response.version1
	if version > 1 {
		read = response.version2
	}
	return checked(read(), response)
}

// version1 reads claimsOverrideDetails.
func (o object) version1() TokenResponse {
	details, _ := o.object("claimsOverrideDetails")
	given := details.strings("claimsToAddOrOverride")
	add := make(map[string]any, len(given))
	for name, value := range given {
		add[name] = value
	}
	return TokenResponse{
		ID:     ClaimChanges{add, details.texts("claimsToSuppress")},
		Groups: details.groups(),
	}
}

// version2 reads claimsAndScopeOverrideDetails, which versions 2 and 3 have in common.
func (o object) version2() TokenResponse {
	details, _ := o.object("claimsAndScopeOverrideDetails")
	id, _ := details.object("idTokenGeneration")
	access, _ := details.object("accessTokenGeneration")
	return TokenResponse{
		ID:               id.claims(),
		Access:           access.claims(),
		ScopesToAdd:      access.texts("scopesToAdd"),
		ScopesToSuppress: access.texts("scopesToSuppress"),
		Groups:           details.groups(),
	}
}

func (o object) claims() ClaimChanges {
	return ClaimChanges{o.values("claimsToAddOrOverride"), o.texts("claimsToSuppress")}
}

// groups reads groupOverrideDetails. An empty object takes all groups away, null leaves them.
func (o object) groups() *GroupOverride {
	given, ok := o.object("groupOverrideDetails")
	if !ok {
		return nil
	}
	return &GroupOverride{given.texts("groupsToOverride"), given.texts("iamRolesToOverride"), given.text("preferredRole")}
}
