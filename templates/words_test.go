package templates

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"text/template/parse"
)

// TestWords holds zh.json to what the program says: every format in a page or a message has its Chinese, with the same
// verbs, and none is kept that nothing says any more.
func TestWords(t *testing.T) {
	said := map[string]string{}
	templateFormats(t, said)
	for _, room := range []string{"piecework", "payroll", "handlers", "templates"} {
		goFormats(t, filepath.Join("..", room), said)
	}
	for _, s := range statuses {
		said[s.Text] = "status.go"
	}
	if len(said) < 50 {
		t.Fatalf("only %d formats found: the search itself is broken", len(said))
	}
	var missing []string
	for format, where := range said {
		chinese, ok := zh[format]
		if !ok {
			line, _ := json.Marshal(format)
			missing = append(missing, fmt.Sprintf("%s\t%s: \"\",", where, line))
			continue
		}
		if a, b := verbs(format), verbs(chinese); a != b {
			t.Errorf("%s: %q takes %s, its Chinese %q takes %s", where, format, a, chinese, b)
		}
	}
	slices.Sort(missing)
	if len(missing) > 0 {
		t.Errorf("%d entries are missing in templates/zh.json:\n%s", len(missing), strings.Join(missing, "\n"))
	}
	for format := range zh {
		if _, ok := said[format]; !ok {
			t.Errorf("templates/zh.json: nothing says %q", format)
		}
	}
}

// templateFormats notes the literals given to t and tn, and the labels which fields get from their names.
func templateFormats(t *testing.T, said map[string]string) {
	pages, err := New()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range pages.Names() {
		page, err := pages.page(name, "en")
		if err != nil {
			t.Fatal(err)
		}
		for _, tmpl := range page.Templates() {
			if tmpl.Tree == nil {
				continue
			}
			where := tmpl.Tree.ParseName
			if where != "layout.html" && where != "partials.html" {
				where = name
			}
			each(tmpl.Tree.Root, func(call []parse.Node) {
				switch name := call[0].String(); {
				case name == "t" && len(call) > 1:
					note(said, where, call[1])
				case name == "tn" && len(call) > 3:
					note(said, where, call[3])
					if one, many := verbs(call[2].String()), verbs(call[3].String()); one != many || !strings.HasPrefix(one, "1:text") {
						t.Errorf("%s: %s takes %s, %s takes %s", where, call[2], one, call[3], many)
					}
				case name == "label" && len(call) > 1:
					noteLabel(said, where, call[1])
				case name == "dict":
					noteDict(said, where, call)
				}
			})
		}
	}
}

// noteDict notes the label of a field whose dict names an input and no label of its own.
func noteDict(said map[string]string, where string, call []parse.Node) {
	args := map[string]parse.Node{}
	for i := 1; i+1 < len(call); i += 2 {
		if key, ok := call[i].(*parse.StringNode); ok {
			args[key.Text] = call[i+1]
		}
	}
	if args["Label"] == nil && args["Name"] != nil {
		noteLabel(said, where, args["Name"])
	}
}

func note(said map[string]string, where string, n parse.Node) {
	if s, ok := n.(*parse.StringNode); ok {
		said[s.Text] = where
	}
}

func noteLabel(said map[string]string, where string, n parse.Node) {
	if s, ok := n.(*parse.StringNode); ok && s.Text != "" {
		said[Label("en", s.Text)] = where
	}
}

// each calls visit for every command of a parse tree: a name and its arguments.
func each(n parse.Node, visit func(call []parse.Node)) {
	branch := func(b *parse.BranchNode) {
		each(b.Pipe, visit)
		each(b.List, visit)
		if b.ElseList != nil {
			each(b.ElseList, visit)
		}
	}
	switch n := n.(type) {
	case *parse.ListNode:
		for _, sub := range n.Nodes {
			each(sub, visit)
		}
	case *parse.ActionNode:
		each(n.Pipe, visit)
	case *parse.IfNode:
		branch(&n.BranchNode)
	case *parse.RangeNode:
		branch(&n.BranchNode)
	case *parse.WithNode:
		branch(&n.BranchNode)
	case *parse.TemplateNode:
		if n.Pipe != nil {
			each(n.Pipe, visit)
		}
	case *parse.PipeNode:
		for _, c := range n.Cmds {
			visit(c.Args)
			for _, arg := range c.Args {
				each(arg, visit)
			}
		}
	}
}

// goFormats notes what the Go code of a folder says to people. The rule: an argument for a parameter named format is a
// message, one for a parameter named field is a field, whatever function of the folder or of piecework takes it.
func goFormats(t *testing.T, dir string, said map[string]string) {
	takes := map[string]map[string]int{}
	for _, from := range []string{filepath.Join("..", "piecework"), filepath.Join("..", "templates"), dir} {
		for _, f := range goFiles(t, from) {
			for _, d := range f.Decls {
				if fn, ok := d.(*ast.FuncDecl); ok && positions(fn) != nil {
					takes[fn.Name.Name] = positions(fn)
				}
			}
		}
	}
	for name, f := range goFiles(t, dir) {
		ast.Inspect(f, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			at := takes[calledName(call)]
			if i, ok := at["format"]; ok && i < len(call.Args) {
				if format, ok := literal(call.Args[i]); ok {
					said[format] = name
					if j, ok := at["field"]; ok {
						if field, _ := literal(call.Args[j]); field != "" {
							said[Label("en", field)] = name
						}
					}
				}
			}
			return true
		})
	}
}

// goFiles are the Go files of a folder without its tests.
func goFiles(t *testing.T, dir string) map[string]*ast.File {
	files := map[string]*ast.File{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.Name() == "node_modules" {
			return fs.SkipDir
		}
		if filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		files[filepath.ToSlash(strings.TrimPrefix(path, "../"))] = f
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// positions maps the parameters named format and field to their places; nil if fn takes no format.
func positions(fn *ast.FuncDecl) map[string]int {
	at, i := map[string]int{}, 0
	for _, p := range fn.Type.Params.List {
		for _, name := range p.Names {
			if typ, ok := p.Type.(*ast.Ident); ok && typ.Name == "string" && (name.Name == "format" || name.Name == "field") {
				at[name.Name] = i
			}
			i++
		}
	}
	if _, ok := at["format"]; !ok {
		return nil
	}
	return at
}

func calledName(call *ast.CallExpr) string {
	switch fn := call.Fun.(type) {
	case *ast.Ident:
		return fn.Name
	case *ast.SelectorExpr:
		if pkg, ok := fn.X.(*ast.Ident); ok && (pkg.Name == "fmt" || pkg.Name == "log") {
			return ""
		}
		return fn.Sel.Name
	}
	return ""
}

// literal is the text of a string literal or of several joined by +.
func literal(e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		s, err := strconv.Unquote(e.Value)
		return s, err == nil && e.Kind == token.STRING
	case *ast.BinaryExpr:
		a, okA := literal(e.X)
		b, okB := literal(e.Y)
		return a + b, okA && okB
	}
	return "", false
}

var verb = regexp.MustCompile(`%(?:\[(\d+)\])?[-+# 0]*\d*(?:\.\d+)?([a-zA-Z%])`)

// verbs tells the arguments a format takes, by position, whatever their order in the sentence: "1:text 2:d". Quoted and
// plain text are the same argument; counts (d) and the numbers of things (v) are not.
func verbs(format string) string {
	at, next := map[int]string{}, 1
	for _, m := range verb.FindAllStringSubmatch(format, -1) {
		if m[2] == "%" {
			continue
		}
		if m[1] != "" {
			next, _ = strconv.Atoi(m[1])
		}
		kind := m[2]
		if strings.Contains("sq", kind) {
			kind = "text"
		}
		at[next] = kind
		next++
	}
	var all []string
	for i := 1; i <= 50; i++ {
		if at[i] != "" {
			all = append(all, fmt.Sprintf("%d:%s", i, at[i]))
		}
	}
	return strings.Join(all, " ")
}

func TestVerbs(t *testing.T) {
	for _, c := range []struct{ a, b string }{
		{"%q is longer than %d", "%[2]d < %[1]s"},
		{"100%% of %s", "%s 的 100%%"},
	} {
		if verbs(c.a) != verbs(c.b) {
			t.Errorf("%q takes %s, %q takes %s", c.a, verbs(c.a), c.b, verbs(c.b))
		}
	}
	if verbs("%d of %d") == verbs("%d of %s") || verbs("run %d") == verbs("run %v") || verbs("%s") == verbs("%s %s") || verbs("x") == verbs("%v") {
		t.Error("different verbs are taken for the same")
	}
}

func TestTranslate(t *testing.T) {
	for _, c := range []struct{ lang, format, want string }{
		{"zh", "Save", "保存"},
		{"en", "Save", "Save"},
		{"", "Save", "保存"},
		{"fr", "Save", "保存"},
		{"zh", "not in the list", "not in the list"},
	} {
		if got := Translate(c.lang, c.format); got != c.want {
			t.Errorf("Translate(%q, %q) = %q, want %q", c.lang, c.format, got, c.want)
		}
	}
}

func TestNumbersInSentences(t *testing.T) {
	for _, c := range []struct {
		lang, format string
		args         []any
		want         string
	}{
		{"zh", "only %d pieces wait for a decision", []any{12345}, "只有 12,345 件等待验收"},
		{"en", "only %d pieces wait for a decision", []any{int64(999)}, "only 999 pieces wait for a decision"},
		{"zh", "There is no pay run %v.", []any{int64(1234)}, "没有第 1234 号结算。"},
		{"en", "%d tickets were made, numbers %v to %v.", []any{1500, int64(1001), int64(2500)}, "1,500 tickets were made, numbers 1001 to 2500."},
		{"zh", "%d h %02d min", []any{int64(1200), int64(5)}, "1,200 小时 05 分"},
		{"en", "%q, %s: %d", []any{"1234", "5678", -1234567}, `"1234", 5678: −1,234,567`},
	} {
		before := fmt.Sprint(c.args...)
		if got := Translate(c.lang, c.format, c.args...); got != c.want || fmt.Sprint(c.args...) != before {
			t.Errorf("Translate(%q, %q, %v) = %q, want %q", c.lang, c.format, c.args, got, c.want)
		}
	}
}

// TestWordsFile refuses a key that is written twice, of which JSON readers keep only the last.
func TestWordsFile(t *testing.T) {
	data, err := os.ReadFile("zh.json")
	if err != nil {
		t.Fatal(err)
	}
	if entries := strings.Count(string(data), "\n  \""); entries != len(zh) {
		t.Errorf("zh.json has %d lines with an entry and %d entries: each on a line of its own, none twice", entries, len(zh))
	}
}
