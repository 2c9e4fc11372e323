package upstream

import (
	"slices"
	"strings"
)

// person is a field of Google's People API, and the member of its first entry that is the value.
type person struct{ field, member string }

// people are what Google's People API is asked for, by the name that is mapped: its own names, and those claims of an ID token that
// Google may leave out of it.
var people = map[string]person{
	"addresses":      {"addresses", "formattedValue"},
	"ageRanges":      {"ageRanges", "ageRange"},
	"biographies":    {"biographies", "value"},
	"birthdays":      {"birthdays", "date"},
	"emailAddresses": {"emailAddresses", "value"},
	"genders":        {"genders", "value"},
	"locales":        {"locales", "value"},
	"names":          {"names", "displayName"},
	"nicknames":      {"nicknames", "value"},
	"occupations":    {"occupations", "value"},
	"organizations":  {"organizations", "name"},
	"phoneNumbers":   {"phoneNumbers", "canonicalForm"},
	"photos":         {"photos", "url"},
	"urls":           {"urls", "value"},

	"name":        {"names", "displayName"},
	"given_name":  {"names", "givenName"},
	"family_name": {"names", "familyName"},
	"picture":     {"photos", "url"},
}

// wanted are the mapped names that the ID token does not have and the People API may.
func (r *redemption) wanted() map[string]person {
	wanted := map[string]person{}
	for _, name := range r.p.Attributes {
		of, known := people[name]
		if _, signed := r.claims[name]; known && !signed {
			wanted[name] = of
		}
	}
	return wanted
}

// peopleFields are the fields that the People API has to be asked for. Where there is none it is not asked: what is mapped as a rule
// is in the ID token.
func (r *redemption) peopleFields() []string {
	var fields []string
	for _, of := range r.wanted() {
		if !slices.Contains(fields, of.field) {
			fields = append(fields, of.field)
		}
	}
	slices.Sort(fields)
	return fields
}

// readPeople reads an answer of the People API, which names the user by people/<sub>.
func (r *redemption) readPeople(object map[string]any) error {
	if !same("people/"+text(r.claims, "sub"), text(object, "resourceName")) {
		return fail("attributes subject", "Invalid subject from identity provider", "attributes_url has to be that of Google's People API, for people/me.",
			"resourceName of the attributes is not the user's of the ID token")
	}
	r.userInfo = map[string]string{}
	for name, of := range r.wanted() {
		if value, ok := personal(object, of); ok {
			r.userInfo[name] = value
		}
	}
	r.passed("attributes subject", nil)
	return nil
}

// personal is the value of the entry that Google marks as primary, or of the first.
func personal(object map[string]any, of person) (string, bool) {
	entries, _ := object[of.field].([]any)
	var chosen map[string]any
	for _, one := range entries {
		entry, ok := one.(map[string]any)
		if !ok {
			continue
		}
		metadata, _ := entry["metadata"].(map[string]any)
		if primary, _ := metadata["primary"].(bool); primary || chosen == nil {
			chosen = entry
			if primary {
				break
			}
		}
	}
	if date, ok := chosen[of.member].(map[string]any); ok && of.member == "date" {
		return day(date)
	}
	if value, ok := stored(chosen[of.member]); ok {
		return value, true
	}
	return stored(chosen["value"])
}

// day is a date of Google's as the attribute birthdate has it: a year of 0000 is one that was left out.
func day(date map[string]any) (string, bool) {
	part := func(name string, width int) string {
		digits, _ := stored(date[name])
		return strings.Repeat("0", max(0, width-len(digits))) + digits
	}
	month, day := part("month", 2), part("day", 2)
	if month == "00" || day == "00" {
		return "", false
	}
	return part("year", 4) + "-" + month + "-" + day, true
}
