package main

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const dependencyPage = "../../docs/decisions/0007-dependencies.md"

// TestDependenciesAreExplained holds the page on dependencies to what the code imports, in both directions.
func TestDependenciesAreExplained(t *testing.T) {
	page, err := os.ReadFile(dependencyPage)
	if err != nil {
		t.Fatal(err)
	}
	makefile, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	used := importedModules(t)
	for _, folder := range []string{"../../templates/assets", "../../.ci/lighthouse"} {
		for name := range npmPackages(t, folder) {
			used[name] = true
		}
	}
	for _, tool := range regexp.MustCompile(`(\S+\.\S+)@v[0-9]`).FindAllStringSubmatch(string(makefile), -1) {
		used[tool[1]] = true
	}

	var listed []string
	for _, row := range regexp.MustCompile("(?m)^\\| `([^`]+)`").FindAllStringSubmatch(string(page), -1) {
		listed = append(listed, row[1])
	}
	covers := func(module, path string) bool { return path == module || strings.HasPrefix(path, module+"/") }
	for path := range used {
		if !slices.ContainsFunc(listed, func(module string) bool { return covers(module, path) }) {
			t.Errorf("%s is used and has no line in %s", path, dependencyPage)
		}
	}
	for _, module := range listed {
		found := false
		for path := range used {
			found = found || covers(module, path)
		}
		if !found {
			t.Errorf("%s has a line for %s, which nothing uses", dependencyPage, module)
		}
	}
}

// importedModules is every package from outside the standard library that our code or our tests import.
func importedModules(t *testing.T) map[string]bool {
	t.Helper()
	used := map[string]bool{}
	for _, p := range listPackages(t) {
		for _, path := range slices.Concat(p.Imports, p.TestImports, p.XTestImports) {
			domain, _, _ := strings.Cut(path, "/")
			if strings.Contains(domain, ".") {
				used[path] = true
			}
		}
	}
	return used
}

func npmPackages(t *testing.T, folder string) map[string]string {
	t.Helper()
	data, err := os.ReadFile(folder + "/package.json")
	if err != nil {
		t.Fatal(err)
	}
	var manifest struct{ DevDependencies, Dependencies map[string]string }
	if err := json.Unmarshal(data, &manifest); err != nil {
		t.Fatal(err)
	}
	if len(manifest.DevDependencies) == 0 || len(manifest.Dependencies) > 0 {
		t.Fatal("npm packages are devDependencies: nothing of them runs where the program runs")
	}
	return manifest.DevDependencies
}
