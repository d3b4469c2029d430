package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/uptrace/bun"

	"jijian/piecework"
	"jijian/piecework/account"
	"jijian/piecework/pieceworktest"
)

// october is a small month as a folder of import tables.
var october = map[string]string{
	"workshops":   "code,name\nMF01,桃花微工厂\n",
	"contractors": "code,name\nC01,锦绣花坊\n",
	"workers":     "code,name,workshop\nA01,王秀英,MF01\nA02,张桂兰,MF01\n",
	"products":    "code,name,craft\nROSE,绢布玫瑰,artificial_flower\n",
	"operations":  "product,code,name,seq\nROSE,cut,裁瓣,1\nROSE,form,组花,2\nROSE,new,试做,3\n",
	"orders":      "code,workshop,contractor,product,quantity,unit_fee,ordered_on\nO1,MF01,C01,ROSE,5000,0.28,2026-10-01\n",
	"rates":       "product,operation,order,effective_from,rate\nROSE,cut,,2026-10-01,0.0035\nROSE,form,,2026-10-01,0.085\nROSE,form,,2026-10-16,0.09\nROSE,form,O1,2026-10-20,0.1\n",
	"sessions":    "code,workshop,date\nS1,MF01,2026-10-05\nS2,MF01,2026-10-20\n",
	"tallies": `uid,session,worker,order,operation,good,scrap_material,reverses
u1,S1,A01,O1,cut,3000,0,
u2,S1,A01,O1,form,100,5,
u3,S1,A02,O1,form,80,0,
u4,S2,A01,O1,form,50,0,
u5,S2,A02,O1,form,80,0,u3
u6,S2,A02,O1,new,7,0,
u7,S2,A02,O1,form,60,0,
`,
	"adjustments": "worker,date,kind,amount\nA01,2026-10-10,bonus,5\nA02,2026-10-11,advance,4\n",
	"deliveries":  "code,order,date,quantity,accepted,rejected\nD1,O1,2026-10-30,60,55,5\n",
}

func folder(t *testing.T, tables map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range tables {
		if err := os.WriteFile(filepath.Join(dir, name+".csv"), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// equal compares what a command printed, line by line.
func equal(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s:\n%s\nwant:\n%s", what, got, want)
	}
}

func TestAMonthFromTheFirstTableToTheSlip(t *testing.T) {
	c := cli{t, pieceworktest.EmptyDSN(t)}
	c.ok("migrate")
	dir := folder(t, october)
	if out := c.ok("import", dir); !regexp.MustCompile(`(?m)^tallies +7 new +0 unchanged$`).MatchString(out) {
		t.Errorf("import printed:\n%s", out)
	}
	if out := c.ok("import", dir); !strings.Contains(out, "Nothing has changed") {
		t.Errorf("the second import printed:\n%s", out)
	}
	period := []string{"settle", "--workshop", "MF01", "--from", "2026-10-01", "--to", "2026-10-31"}
	totals := `run 1
workshop MF01
period 2026-10-01 to 2026-10-31
status %s
workers 2
gross 35.43
deductions 4.00
tax 0.00
net 31.43
carried forward 0.00
without a rate: order O1, operation new on 2026-10-20: 1 tallies of 1 workers wait
still open: session S2 on 2026-10-20
still open: session S1 on 2026-10-05
`
	equal(t, "settle", c.ok(period...), fmt.Sprintf(totals, "draft"))
	equal(t, "settle again", c.ok(period...), fmt.Sprintf(totals, "draft"))
	equal(t, "approve", c.ok(append(period, "--approve")...), fmt.Sprintf(totals, "approved"))
	c.fails(failed, "run 1 already has it", period...)
	equal(t, "lines", c.ok("export", "lines", "--run", "1"), `worker,kind,order,operation,quantity,rate,amount
A01,bonus,,,,,5.00
A01,piece,O1,cut,3000,0.0035,10.50
A01,piece,O1,form,105,0.085,8.93
A01,piece,O1,form,50,0.10,5.00
A02,advance,,,,,-4.00
A02,piece,O1,form,60,0.10,6.00
`)
	equal(t, "slips", c.ok("export", "slips", "--run", "1"), `worker,name,gross,deductions,tax,net,carried_forward
A01,王秀英,29.43,0.00,0.00,29.43,0.00
A02,张桂兰,6.00,4.00,0.00,2.00,0.00
`)
	if out := c.ok("export", "statement", "--contractor", "C01", "--from", "2026-10-01", "--to", "2026-10-31"); !strings.Contains(out, "D1,2026-10-30,MF01,O1,ROSE,绢布玫瑰,60,55,5,0,0.28,15.40,CNY") {
		t.Errorf("statement:\n%s", out)
	}
	equal(t, "verify", c.ok("verify"), "The books are sound: 1 workshops, 9 links in their chains, 2 slips, 1 runs, 1 deliveries.\n")
}

func TestMigrateTwiceDoesItOnce(t *testing.T) {
	c := cli{t, pieceworktest.EmptyDSN(t)}
	if out := c.ok("migrate"); !strings.HasPrefix(out, "applied ") {
		t.Errorf("the first time: %s", out)
	}
	for _, args := range [][]string{{"migrate"}, {"migrate", "--unlock"}} {
		equal(t, "migrate", c.ok(args...), "The schema is up to date.\n")
	}
}

func TestAFaultyFileIsNamedFaultByFault(t *testing.T) {
	c := newCLI(t)
	tables := map[string]string{"workshops": "code,name\nMF01,\nMF 02,x\n"}
	stdout, stderr, code := c.run("", "import", folder(t, tables))
	if code != failed || stdout != "" {
		t.Errorf("exit %d, printed %q", code, stdout)
	}
	for _, want := range []string{"nothing was imported", "workshops.csv row 2 column name", `workshops.csv row 3 column code value "MF 02"`} {
		if !strings.Contains(stderr, want) {
			t.Errorf("%q is missing in:\n%s", want, stderr)
		}
	}
}

func TestImportSaysThatItMadeADatabase(t *testing.T) {
	c := liteCLI(t)
	dir := folder(t, october)
	if _, stderr, code := c.run("", "import", dir); code != 0 || stderr != "made a new database at "+c.dsn+"\n" {
		t.Errorf("exit %d: %q", code, stderr)
	}
	c.ok("import", dir) // says nothing on standard error
}

func TestTheTemplateCanBeImported(t *testing.T) {
	c := newCLI(t)
	path := filepath.Join(t.TempDir(), "month.xlsx")
	c.ok("template", path)
	if out := c.ok("import", path); !strings.Contains(out, "Nothing has changed") {
		t.Errorf("an empty workbook brought something:\n%s", out)
	}
}

func TestExportsGoToFilesInBothFormats(t *testing.T) {
	c := demoCLI(t)
	dir := t.TempDir()
	for _, what := range []string{"lines", "slips", "payments", "ledger"} {
		csv, xlsx := filepath.Join(dir, what+".csv"), filepath.Join(dir, what+".xlsx")
		c.ok("export", what, "--run", "1", "-o", csv)
		c.ok("export", what, "--run", "1", "-o", xlsx)
		text, err := os.ReadFile(csv)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, what, string(text), c.ok("export", what, "--run", "1"))
		if book, err := os.ReadFile(xlsx); err != nil || !bytes.HasPrefix(book, []byte("PK")) {
			t.Errorf("%s.xlsx is no workbook: %v", what, err)
		}
	}
}

func TestSlipsAsPDF(t *testing.T) {
	c := demoCLI(t)
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	for _, format := range []string{"a5", "a4", "80mm"} {
		c.ok("slips", "--run", "1", "--format", format, "--base-url", "https://jijian.example", "-o", path(format))
		c.ok("slips", "--run", "1", "--format", format, "--base-url", "https://jijian.example", "-o", path(format+"-again"))
		first, second := readFile(t, path(format)), readFile(t, path(format+"-again"))
		if !bytes.Equal(first, second) {
			t.Errorf("%s: two documents of one run differ", format)
		}
		text := pdfText(t, path(format))
		for _, want := range []string{"王秀英", "王𬭎", "绢布玫瑰", "1154.31", "845.69"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: %s is not in the document", format, want)
			}
		}
	}
	c.ok("slips", "--run", "1", "--worker", "A19", "--lang", "en", "-o", path("one"))
	if text := pdfText(t, path("one")); !strings.Contains(text, "Settlementslip") || strings.Contains(text, "王秀英") {
		t.Errorf("the slip of one worker in English:\n%s", text)
	}
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// pdfText is what can be found in a document, without blanks.
func pdfText(t *testing.T, path string) string {
	t.Helper()
	out, err := exec.Command("pdftotext", path, "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(strings.Fields(string(out)), "")
}

func TestVerifyNamesWhatWasChanged(t *testing.T) {
	c := demoCLI(t)
	db := c.open()
	for _, tt := range []struct{ change, undo, words string }{
		{"UPDATE slips SET gross = gross + 100, net = net + 100 WHERE id = 3", "UPDATE slips SET gross = gross - 100, net = net - 100 WHERE id = 3",
			"does not match its hash"},
		{"UPDATE slip_lines SET amount = amount + 1 WHERE pos = 1 AND slip_id IN (SELECT MAX(id) FROM slips WHERE run_id = 3)",
			"UPDATE slip_lines SET amount = amount - 1 WHERE pos = 1 AND slip_id IN (SELECT MAX(id) FROM slips WHERE run_id = 3)",
			"does not add up"},
		{"UPDATE slip_lines SET good = good + 1 WHERE kind = 'piece' AND slip_id IN (SELECT id FROM slips WHERE run_id = 3)",
			"UPDATE slip_lines SET good = good - 1 WHERE kind = 'piece' AND slip_id IN (SELECT id FROM slips WHERE run_id = 3)", "run 3:"},
		{"UPDATE workshops SET chain_seq = chain_seq + 1 WHERE code = 'MF02'", "UPDATE workshops SET chain_seq = chain_seq - 1 WHERE code = 'MF02'",
			"workshop MF02: the chain ends"},
		{"UPDATE workers SET code = 'Z99' WHERE code = 'B07'", "UPDATE workers SET code = 'B07' WHERE code = 'Z99'", "workshop MF02: link"},
	} {
		change(t, db, tt.change)
		c.fails(failed, tt.words, "verify")
		change(t, db, tt.undo)
		c.ok("verify")
	}
}

// change changes the books behind the program's back.
func change(t *testing.T, db *bun.DB, query string) {
	t.Helper()
	res, err := db.ExecContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		t.Fatalf("%s changed nothing, %v", query, err)
	}
}

func TestUsersAndTokens(t *testing.T) {
	c := demoCLI(t)
	db := c.open()
	signIn := func(name, password string) account.Role {
		t.Helper()
		u, err := account.Authenticate(t.Context(), db, name, password)
		if err != nil {
			t.Errorf("%s cannot sign in: %v", name, err)
			return ""
		}
		return u.Role
	}
	made := lastWord(c.ok("user", "add", "Lily", "--role", "lead", "--name", "李丽", "--workshop", "MF01"))
	if role := signIn("lily", made); role != account.Lead {
		t.Errorf("lily is %q", role)
	}
	c.ok("user", "add", "wang", "--role", "worker", "--name", "王𬭎", "--worker", "A19")
	c.ok("user", "add", "silk", "--role", "contractor", "--name", "锦绣", "--contractor", "C01")
	again := lastWord(c.ok("user", "password", "LILY"))
	if again == made {
		t.Error("the new password is the old one")
	}
	signIn("lily", again)
	if out, stderr, code := c.run("correct horse battery\n", "user", "password", "lily", "--password-stdin"); code != 0 || strings.Contains(out, "horse") {
		t.Errorf("exit %d: %s%s", code, out, stderr)
	}
	signIn("lily", "correct horse battery")
	if _, stderr, code := c.run("short\n", "user", "password", "lily", "--password-stdin"); code != failed || !strings.Contains(stderr, "at least") {
		t.Errorf("a short password: exit %d, %s", code, stderr)
	}
	list := c.ok("user", "list")
	for _, want := range []string{"lily                 lead        MF01     李丽", "wang                 worker      A19      王𬭎", "silk                 contractor  C01      锦绣"} {
		if !strings.Contains(list, want) {
			t.Errorf("%q is missing in:\n%s", want, list)
		}
	}
	token := lastWord(c.ok("token", "--role", "lead", "--workshop", "MF02"))
	if id, err := account.TokenIdentity(t.Context(), db, token); err != nil || id.Role != account.Lead || id.WorkshopID != 2 {
		t.Errorf("the token acts as %+v, %v", id, err)
	}
	tokens := c.ok("token", "list")
	if !strings.Contains(tokens, " lead        MF02 ") {
		t.Errorf("the tokens are\n%s", tokens)
	}
	number := strings.Fields(tokens)[1]
	c.ok("token", "revoke", number)
	if _, err := account.TokenIdentity(t.Context(), db, token); !errors.Is(err, piecework.ErrForbidden) {
		t.Errorf("the token was revoked: %v", err)
	}
	c.fails(failed, "revoked", "token", "revoke", number)
}

func lastWord(s string) string {
	words := strings.Fields(s)
	return words[len(words)-1]
}
