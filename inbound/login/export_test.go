package login

// Paths are those of all pages.
func Paths() (all []string) {
	for _, p := range allPages {
		all = append(all, p.path)
	}
	return all
}
