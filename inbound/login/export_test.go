package login

// Paths are those of all pages.
func Paths() (all []string) {
	for _, p := range allPages {
		all = append(all, p.path)
	}
	return all
}

// Uncounted are the names with a category that no page and no callback has.
func Uncounted() (all []string) {
	named := map[string]bool{}
	for _, p := range allPages {
		named[p.name] = true
	}
	for _, c := range callbacks {
		named[c.page.name] = true
	}
	for name := range categories {
		if !named[name] {
			all = append(all, name)
		}
	}
	return all
}
