package handlers_test

import (
	"flag"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"jijian/handlers"
	"jijian/templates"
	"jijian/templates/browsertest"
)

// table is every line of the table of routes, once a server was made.
var table struct {
	sync.Mutex
	lines []handlers.Line
}

// remember keeps the table of routes of a server.
func remember(server *handlers.Server) {
	table.Lock()
	defer table.Unlock()
	table.lines = server.Table()
}

// noPages are GET paths that answer no page, and so nobody looks at them.
var noPages = []string{
	"/healthz", "/readyz", "/static/*", "/sw.js", "/push-sw.js", "/manifest.webmanifest", "/me.webmanifest", "/api/openapi.json", "/scan/data",
	"/sessions/:session/events", "/runs/:run/export", "/takehomes/export",
	"/runs/:run/ledger/download", "/statements/:statement/export", "/photos/:photo", "/d/:code/photos/:photo",
	"/runs/computing/:code",                                 // is gone when the run is there; TestLookRest cannot make it wait
	"/signin/with/:provider", "/signin/with/:provider/back", // only lead on
	"/Q/:code", // as /q/:code
}

// TestMain runs the tests and, when all that look at pages have run, sees to it that they looked at every page in every language.
func TestMain(m *testing.M) {
	code := m.Run()
	if run := flag.Lookup("test.run").Value.String(); code == 0 && (run == "" || run == "Look|Scan") && flag.Lookup("test.skip").Value.String() == "" && flag.Lookup("test.list").Value.String() == "" {
		for _, page := range unseen(table.lines, browsertest.Seen()) {
			fmt.Printf("no test looks at %s\n", page)
			code = 1
		}
	}
	os.Exit(code)
}

// unseen is the pages of a table at which nobody has looked, with the language.
func unseen(lines []handlers.Line, seen []browsertest.Sight) []string {
	var missing []string
	for _, line := range lines {
		path := line.Path
		if line.Method != http.MethodGet || slices.Contains(noPages, path) || strings.HasSuffix(path, ".pdf") || line.API || strings.HasPrefix(path, "/api/v1/") {
			continue
		}
		for _, lang := range templates.Languages {
			if !slices.ContainsFunc(seen, func(s browsertest.Sight) bool { return s.Lang == lang && leads(lines, s.Path) == path }) {
				missing = append(missing, path+" in "+lang)
			}
		}
	}
	return missing
}

// leads is the path of the table that a path leads to: of those that fit, the one that leaves least open, as the router has it.
func leads(lines []handlers.Line, path string) string {
	best, fewest := "", 99
	for _, line := range lines {
		if line.Method != http.MethodGet {
			continue
		}
		want, got, open := strings.Split(line.Path, "/"), strings.Split(path, "/"), 0
		fits := len(want) == len(got)
		for i := range min(len(want), len(got)) {
			switch {
			case strings.HasPrefix(want[i], ":"):
				open++
			case want[i] != got[i]:
				fits = false
			}
		}
		if fits && open < fewest {
			best, fewest = line.Path, open
		}
	}
	return best
}

func TestUnseenPagesAreFound(t *testing.T) {
	lines := []handlers.Line{{Method: "GET", Path: "/a/:order"}, {Method: "GET", Path: "/a/new"}, {Method: "POST", Path: "/b"}, {Method: "GET", Path: "/a/:order/x.pdf"}}
	seen := []browsertest.Sight{{Path: "/a/new", Lang: "zh"}, {Path: "/a/new", Lang: "en"}, {Path: "/a/3", Lang: "zh"}, {Path: "/c", Lang: "en"}}
	if missing := unseen(lines, seen); !slices.Equal(missing, []string{"/a/:order in en"}) {
		t.Errorf("unseen: %q", missing)
	}
}
