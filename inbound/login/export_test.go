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
	for _, names := range []map[string]string{categories, senders} {
		for name := range names {
			if !named[name] {
				all = append(all, name)
			}
		}
	}
	return all
}

// Boundless are the names of pages that take a form and have no category.
func Boundless() (all []string) {
	shows := map[string]bool{"Error": true, "Account": true} // and take nothing
	for _, p := range allPages {
		if categories[p.name] == "" && !shows[p.name] {
			all = append(all, p.name)
		}
	}
	return all
}
