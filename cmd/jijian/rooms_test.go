package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// rooms lists which rooms each room may look into. A subpackage counts as the room it stands in.
var rooms = map[string][]string{
	"cmd":        {"handlers", "payroll", "piecework", "templates", "migrations"},
	"handlers":   {"payroll", "piecework", "templates"},
	"payroll":    {"piecework"},
	"piecework":  {},
	"templates":  {},
	"migrations": {},
}

// databaseMaker prepares the databases of tests and may therefore run the migrations, unlike the rest of its room.
const databaseMaker = "jijian/piecework/pieceworktest"

// goPackage is what the rules need of go list's description of a package.
type goPackage struct {
	ImportPath, Dir string
	GoFiles         []string
	Deps            []string
	Imports         []string
	TestImports     []string
	XTestImports    []string
}

// room is the first folder of a package of ours, and "" for everything else.
func room(importPath string) string {
	rest, ours := strings.CutPrefix(importPath, "jijian/")
	if !ours {
		return ""
	}
	name, _, _ := strings.Cut(rest, "/")
	return name
}

func listPackages(t *testing.T) []goPackage {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Dir,GoFiles,Deps,Imports,TestImports,XTestImports", "jijian/...")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var list []goPackage
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p goPackage
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return list
		} else if err != nil {
			t.Fatal(err)
		}
		list = append(list, p)
	}
}

// importFaults names every look into a room that is closed to p, and Echo anywhere but above.
func importFaults(p goPackage) []string {
	from := room(p.ImportPath)
	open, known := rooms[from]
	if !known {
		return []string{p.ImportPath + " is in no known room"}
	}
	var faults []string
	for _, path := range slices.Concat(p.Imports, p.TestImports, p.XTestImports) {
		to := room(path)
		if to == "" || to == from || slices.Contains(open, to) || p.ImportPath == databaseMaker && to == "migrations" {
			continue
		}
		faults = append(faults, p.ImportPath+" imports "+path)
	}
	if from != "cmd" && from != "handlers" {
		for _, path := range p.Deps {
			if strings.HasPrefix(path, "github.com/labstack/echo") {
				faults = append(faults, p.ImportPath+" depends on "+path)
			}
		}
	}
	return faults
}

func TestRoomsLookOnlyWhereTheyMay(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range listPackages(t) {
		seen[room(p.ImportPath)] = true
		for _, fault := range importFaults(p) {
			t.Error(fault)
		}
	}
	for name := range rooms {
		if !seen[name] {
			t.Errorf("no package in room %s: is the list of rooms out of date?", name)
		}
	}
}

func TestImportFaults(t *testing.T) {
	for _, tt := range []struct {
		name string
		p    goPackage
		want int
	}{
		{"down", goPackage{ImportPath: "jijian/handlers", Imports: []string{"jijian/payroll/slippdf"}}, 0},
		{"up", goPackage{ImportPath: "jijian/payroll/slippdf", Imports: []string{"jijian/handlers"}}, 1},
		{"up from a test", goPackage{ImportPath: "jijian/piecework", XTestImports: []string{"jijian/payroll"}}, 1},
		{"own room", goPackage{ImportPath: "jijian/payroll", TestImports: []string{"jijian/payroll/exchange"}}, 0},
		{"domain in templates", goPackage{ImportPath: "jijian/templates", Imports: []string{"jijian/piecework"}}, 1},
		{"domain in migrations", goPackage{ImportPath: "jijian/migrations", TestImports: []string{"jijian/piecework"}}, 1},
		{"migrations in the domain", goPackage{ImportPath: "jijian/piecework", Imports: []string{"jijian/migrations"}}, 1},
		{"test databases", goPackage{ImportPath: databaseMaker, Imports: []string{"jijian/migrations"}}, 0},
		{"web below the handlers", goPackage{ImportPath: "jijian/payroll", Deps: []string{"github.com/labstack/echo/v4"}}, 1},
		{"web in the handlers", goPackage{ImportPath: "jijian/handlers", Deps: []string{"github.com/labstack/echo/v4"}}, 0},
		{"new room", goPackage{ImportPath: "jijian/util"}, 1},
	} {
		if faults := importFaults(tt.p); len(faults) != tt.want {
			t.Errorf("%s: %q, want %d", tt.name, faults, tt.want)
		}
	}
}

// queryCall matches the methods that build or send SQL, in bun's words and in database/sql's. Query alone is left to
// queryFaults, because net/url has a method of that name, too.
var queryCall = regexp.MustCompile(`^New(Select|Insert|Update|Delete|Merge|Raw|Values|TruncateTable|(Create|Drop)(Table|Index)|(Add|Drop)Column)$` +
	`|^(Exec|QueryRow|Prepare)(Context)?$|^QueryContext$`)

// queryFaults names every place in the files where SQL is built or sent.
func queryFaults(fset *token.FileSet, file *ast.File) []string {
	var faults []string
	ast.Inspect(file, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		method, ok := call.Fun.(*ast.SelectorExpr)
		if ok && (queryCall.MatchString(method.Sel.Name) || method.Sel.Name == "Query" && len(call.Args) > 0) {
			faults = append(faults, fmt.Sprintf("%s: %s", fset.Position(method.Sel.Pos()), method.Sel.Name))
		}
		return true
	})
	return faults
}

func TestHandlersHoldNoSQL(t *testing.T) {
	fset := token.NewFileSet()
	for _, p := range listPackages(t) {
		if room(p.ImportPath) != "handlers" {
			continue
		}
		for _, name := range p.GoFiles {
			file, err := parser.ParseFile(fset, filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			for _, fault := range queryFaults(fset, file) {
				t.Error(fault)
			}
		}
	}
}

func TestQueryFaults(t *testing.T) {
	for source, want := range map[string]int{
		`db.NewSelect().Model(&list).Scan(ctx)`:        1,
		`db.NewRaw("SELECT 1").Scan(ctx, &n)`:          1,
		`db.ExecContext(ctx, "DELETE FROM tallies")`:   1,
		`db.Query("SELECT 1")`:                         1,
		`db.QueryRow("SELECT 1").Scan(&n)`:             1,
		`c.Request().URL.Query().Get("page")`:          0,
		`piecework.Record(ctx, s.db, input)`:           0,
		`cmd.NewCreateTable().IfNotExists().Exec(ctx)`: 2,
	} {
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, "", "package p\nfunc f() { "+source+" }", 0)
		if err != nil {
			t.Fatal(err)
		}
		if faults := queryFaults(fset, file); len(faults) != want {
			t.Errorf("%s: %q, want %d", source, faults, want)
		}
	}
}
