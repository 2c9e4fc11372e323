package main

import "fmt"

// enums writes a constant for each value of each enum that a request or an answer can hold.
func (m *model) enums() *file {
	f := m.file()
	users := m.users()
	for _, s := range m.shapes() {
		if len(s.Enum) == 0 || len(users[s.name]) == 0 {
			continue
		}
		f.line("// The values of %s.\nconst (", s.name)
		for _, value := range s.Enum {
			f.line("\t%s = %q", s.constant(value), value)
		}
		f.line(")\n")
	}
	return f
}

// faults writes a constructor for each modelled error.
func (m *model) faults() *file {
	f := m.file(awsjsonPath)
	for _, s := range m.shapes() {
		if !s.Exception {
			continue
		}
		f.line("// %s makes a %s, HTTP %d.", s.constructor(), s.code(), s.status())
		f.line("func %s(message string) error {\n\treturn %s\n}\n", s.constructor(), s.made())
	}
	return f
}

// status is the HTTP status of an exception.
func (s *shape) status() int {
	switch {
	case s.Error != nil:
		return s.Error.HTTPStatusCode
	case s.Fault:
		return 500
	}
	return 400
}

// made is the expression that makes an exception with a message.
func (s *shape) made() string {
	switch s.status() {
	case 400:
		return fmt.Sprintf("awsjson.Refuse(%q, message)", s.code())
	case 500:
		return fmt.Sprintf("awsjson.Fail(%q, message)", s.code())
	}
	return fmt.Sprintf("&awsjson.Fault{Code: %q, Message: message, Status: %d}", s.code(), s.status())
}
