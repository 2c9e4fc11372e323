package wording

import (
	"errors"

	"cardea/engine/brand"
	"cardea/spec/cognitoidp"
)

// brandFault words the conditions of engine/brand; nil when err is none of them.
func brandFault(err error) error {
	if class, ok := errors.AsType[*brand.ClassError](err); ok {
		return cognitoidp.InvalidParameter("The CSS class " + class.Selector + " is not in the list of allowed classes.")
	}
	if css, ok := errors.AsType[*brand.CSSError](err); ok {
		return cognitoidp.InvalidParameter("Invalid CSS, " + css.Error() + ".")
	}
	if settings, ok := errors.AsType[*brand.SettingsError](err); ok {
		return cognitoidp.InvalidParameter("Invalid settings: " + settings.Error() + ".")
	}
	return nil
}
