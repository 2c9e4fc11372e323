package main

import (
	"bytes"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

func main() {
	folder := flag.String("folder", ".", "the package's folder, such as spec/cognitoidp")
	flag.Parse()
	if err := run(*folder); err != nil {
		fmt.Fprintln(os.Stderr, "modelgen:", err)
		os.Exit(1)
	}
}

// run writes what generate makes, and removes generated files that are no longer made.
func run(folder string) error {
	files, err := generate(folder)
	if err != nil {
		return err
	}
	old, err := filepath.Glob(filepath.Join(folder, "*.gen.go"))
	if err != nil {
		return err
	}
	for _, path := range old {
		if _, kept := files[path]; !kept {
			if err := os.Remove(path); err != nil {
				return err
			}
		}
	}
	for _, path := range slices.Sorted(maps.Keys(files)) {
		if err := write(path, files[path]); err != nil {
			return err
		}
	}
	return nil
}

// write leaves a file that is already right untouched.
func write(path string, content []byte) error {
	was, err := os.ReadFile(path)
	if err == nil && bytes.Equal(was, content) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, content, 0o644)
}

// generate makes every file of the package in folder, by path.
func generate(folder string) (map[string][]byte, error) {
	m, err := load(folder)
	if err != nil {
		return nil, err
	}
	if err := m.check(); err != nil {
		return nil, err
	}

	files := make(map[string][]byte)
	emit := func(name string, f *file) error {
		source, err := f.source()
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		files[filepath.Join(folder, name)] = source
		return nil
	}
	for name, f := range m.types() {
		if err := emit(name, f); err != nil {
			return nil, err
		}
	}
	table, err := m.table()
	if err != nil {
		return nil, err
	}
	for name, f := range map[string]*file{
		"enums.gen.go":    m.enums(),
		"faults.gen.go":   m.faults(),
		"features.gen.go": m.interfaces(),
		"dispatch.gen.go": m.dispatch(),
		"table.gen.go":    table,
	} {
		if err := emit(name, f); err != nil {
			return nil, err
		}
	}
	coverage, err := m.coverage(folder)
	if err != nil {
		return nil, err
	}
	files[filepath.Join(folder, "..", "..", "docs", "coverage.md")] = coverage
	return files, nil
}
