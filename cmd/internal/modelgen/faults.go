package main

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
		status, maker := 400, "Refuse"
		if s.Fault {
			status, maker = 500, "Fail"
		}
		f.line("// %s makes a %s, HTTP %d.", s.constructor(), s.name, status)
		f.line("func %s(message string) error {\n\treturn awsjson.%s(%q, message)\n}\n", s.constructor(), maker, s.name)
	}
	return f
}
