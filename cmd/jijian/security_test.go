package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// asvs is how many requirements of levels 1 and 2 each chapter of OWASP ASVS 5.0 has.
var asvs = map[string]int{"1": 27, "2": 11, "3": 19, "4": 10, "5": 9, "6": 35, "7": 18, "8": 7, "9": 7, "10": 29, "11": 14, "12": 9, "13": 13, "14": 9, "15": 13, "16": 16, "17": 7}

// TestSecurityPageIsWhole holds docs/security.md to the standard's numbers and to the tests there are.
func TestSecurityPageIsWhole(t *testing.T) {
	page, err := os.ReadFile("../../docs/security.md")
	if err != nil {
		t.Fatal(err)
	}
	there := testNames(t)
	counted, states, last := map[string]int{}, map[string]int{}, []string(nil)
	var seen []string
	for _, row := range regexp.MustCompile(`(?m)^\| (\d+\.\d+\.\d+) \| ([^|]+) \| ([^|]+) \| ([^|]*) \|$`).FindAllStringSubmatch(string(page), -1) {
		number, state, how := row[1], row[2], strings.TrimSpace(row[3])
		if slices.Contains(seen, number) {
			t.Errorf("%s stands twice", number)
		}
		seen = append(seen, number)
		chapter, _, _ := strings.Cut(number, ".")
		counted[chapter]++
		states[state]++
		if !slices.Contains([]string{"met", "in part", "**open**", "does not apply"}, state) || how == "" {
			t.Errorf("%s is %q: %q", number, state, how)
		}
		for _, name := range strings.Fields(strings.ReplaceAll(row[4], "`", "")) {
			if !there[name] {
				t.Errorf("%s names %s, which is no test", number, name)
			}
		}
		last = row
	}
	if last == nil {
		t.Fatal("the page lists nothing")
	}
	told := fmt.Sprintf("Of its %d requirements %d are met, %d in part, %d are open, and %d are about something", len(seen), states["met"], states["in part"], states["**open**"], states["does not apply"])
	if !strings.Contains(string(page), told) {
		t.Errorf("the page does not say: %s", told)
	}
	for chapter, want := range asvs {
		if counted[chapter] != want {
			t.Errorf("chapter V%s has %d requirements on the page, %d in the standard", chapter, counted[chapter], want)
		}
	}
}

// testNames are all tests and fuzz targets of the program.
func testNames(t *testing.T) map[string]bool {
	names := map[string]bool{}
	test := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || d.Name() == ".git") {
			return fs.SkipDir
		}
		if !strings.HasSuffix(path, "_test.go") {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, m := range test.FindAllStringSubmatch(string(text), -1) {
			names[m[1]] = true
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}
