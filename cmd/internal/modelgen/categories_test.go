package main

import "testing"

func TestEveryOperationIsInOneCategory(t *testing.T) {
	t.Parallel()
	for text, good := range map[string]bool{
		"Read 15: Get\n    + List\nWrite 1: Put\n": true, "Read 15: Get Put\n": false, "Read 15: Get List Put Put\n": false,
		"Read 15: Get List Put Other\n": false, "Read: Get List Put\n": false, " Get\n": false, "Read 15 adjustable: Get List Put\n": true, "Read 15 never: Get List Put\n": false,
	} {
		m := &model{Operations: map[string]*operation{"Get": {}, "List": {}, "Put": {}}}
		if err := m.parseCategories(text); (err == nil) != good {
			t.Errorf("%q: %v", text, err)
		}
	}
}
