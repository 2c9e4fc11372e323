package message

// Content is what was composed: subject, body, and whether the body is HTML.
func Content(m *Composed) (subject, body string, isHTML bool) {
	return m.content.Subject, m.content.Body, m.content.HTML
}
