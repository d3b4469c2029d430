package main

import (
	"bytes"
	"context"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/uptrace/bun"

	"jijian/payroll/demo/demotest"
	"jijian/piecework"
	"jijian/piecework/pieceworktest"
)

var update = flag.Bool("update", false, "write the golden files anew")

// cli is the program with a database.
type cli struct {
	*testing.T
	dsn string
}

// newCLI is the program with an up-to-date database of its own.
func newCLI(t *testing.T) cli {
	t.Helper()
	return cli{t, pieceworktest.DSN(t)}
}

// run types a command line and returns what it printed and its exit status.
func (c cli) run(stdin string, args ...string) (stdout, stderr string, code int) {
	c.Helper()
	var out, problems bytes.Buffer
	env := func(name string) string { return map[string]string{"JIJIAN_DB": c.dsn}[name] }
	code = run(c.Context(), args, env, strings.NewReader(stdin), &out, &problems)
	return out.String(), problems.String(), code
}

// ok types a command line that must succeed and say nothing on stderr.
func (c cli) ok(args ...string) string {
	c.Helper()
	stdout, stderr, code := c.run("", args...)
	if code != 0 || stderr != "" {
		c.Fatalf("jijian %s: exit %d\n%s", strings.Join(args, " "), code, stderr)
	}
	return stdout
}

// fails types a command line that must fail with the exit status and one line on stderr that holds the words.
func (c cli) fails(status int, words string, args ...string) {
	c.Helper()
	stdout, stderr, code := c.run("", args...)
	name := strings.Join(args, " ")
	if code != status {
		c.Errorf("jijian %s: exit %d, want %d", name, code, status)
	}
	if stdout != "" {
		c.Errorf("jijian %s: printed %q", name, stdout)
	}
	if strings.Count(stderr, "\n") != 1 || !strings.HasPrefix(stderr, "jijian") || !strings.Contains(stderr, words) {
		c.Errorf("jijian %s: want one line with %q on stderr, got:\n%s", name, words, stderr)
	}
}

// open opens the database of the command line.
func (c cli) open() *bun.DB {
	c.Helper()
	db, err := piecework.Open(c.dsn)
	if err != nil {
		c.Fatal(err)
	}
	c.Cleanup(func() {
		if err := db.Close(); err != nil {
			c.Error(err)
		}
	})
	return db
}

// demoCLI is the program with a database that holds the demo month of 23 November 2026.
func demoCLI(t *testing.T) cli {
	t.Helper()
	return cli{t, demotest.DSN(t)}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs (run with -update to take it):\n%s", path, got)
	}
}

func TestHelp(t *testing.T) {
	var pages strings.Builder
	var visit func(cmd *cobra.Command)
	visit = func(cmd *cobra.Command) {
		if cmd.Example == "" {
			t.Errorf("%s: help has no example", cmd.CommandPath())
		}
		args := append(strings.Fields(cmd.CommandPath())[1:], "--help")
		var out, problems bytes.Buffer
		held := func(string) string { return "hunter2" }
		if code := run(t.Context(), args, held, strings.NewReader(""), &out, &problems); code != 0 || problems.Len() > 0 {
			t.Errorf("%v: exit %d, %s", args, code, problems.String())
		}
		if strings.Contains(out.String(), "hunter2") {
			t.Errorf("%v shows what the environment holds", args)
		}
		pages.WriteString("$ jijian " + strings.Join(args, " ") + "\n" + out.String() + "\n")
		for _, c := range cmd.Commands() {
			visit(c)
		}
	}
	visit((&app{getenv: func(string) string { return "" }}).root())
	golden(t, "help.txt", pages.String())
}

func TestEveryCommandOfTheContractIsThere(t *testing.T) {
	root := (&app{getenv: func(string) string { return "" }}).root()
	for _, name := range []string{"demo", "serve", "migrate", "import", "template", "settle", "export", "slips", "verify", "backup", "restore", "token"} {
		if cmd, _, err := root.Find([]string{name}); err != nil || cmd.Name() != name {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestMisuseSaysWhatToType(t *testing.T) {
	c := newCLI(t)
	for _, tt := range []struct{ line, words string }{
		{"settel", `type "jijian --help"`},
		{"--nonsense", `type "jijian --help"`},
		{"settle", `"from", "to", "workshop"`},
		{"settle --workshop MF01 --from 2026-10-01", `type "jijian settle --help"`},
		{"settle --workshop MF01 --from 2026-02-30 --to 2026-03-31", `"2026-02-30" is not a date`},
		{"settle MF01", `type "jijian settle --help"`},
		{"import", `type "jijian import --help"`},
		{"import a b", `type "jijian import --help"`},
		{"template", `type "jijian template --help"`},
		{"export", `type "jijian export --help"`},
		{"export everything --run 1", `type "jijian export --help"`},
		{"export lines", "jijian export lines --run ID"},
		{"export statement --contractor C01", "--from DATE --to DATE"},
		{"export lines --run 1 --format pdf", "neither csv nor xlsx"},
		{"export lines --run one", "--run"},
		{"export ledger --run 1 --format pdf --lang fr", `"fr" is not one of zh, en`},
		{"slips --run 1", `"output"`},
		{"slips --run 1 --lang fr -o a.pdf", `"fr" is not one of zh, en`},
		{"backup", `type "jijian backup --help"`},
		{"restore", `type "jijian restore --help"`},
		{"token", `"role"`},
		{"token revoke three", `"three" is no number of a token`},
		{"user add lily", `"name", "role"`},
		{"user password", `type "jijian user password --help"`},
		{"serve --tls-cert cert.pem", "tls-key"},
		{"verify now", `type "jijian verify --help"`},
	} {
		c.fails(misused, tt.words, strings.Fields(tt.line)...)
	}
}

func TestFailuresSayWhatIsWrong(t *testing.T) {
	c := demoCLI(t)
	dir := t.TempDir()
	there := filepath.Join(dir, "there.xlsx")
	if err := os.WriteFile(there, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ line, words string }{
		{"settle --workshop MF99 --from 2026-10-01 --to 2026-10-31", `There is no workshop "MF99".`},
		{"settle --workshop MF01 --from 2026-10-31 --to 2026-10-01", "the first not after the last"},
		{"settle --workshop MF01 --from 2026-10-01 --to 2026-10-15", "run 1 already has it"},
		{"settle --workshop MF01 --from 2020-10-01 --to 2020-10-15", "Nothing to settle"},
		{"export lines --run 99", "There is no pay run 99."},
		{"export statement --contractor C99 --from 2026-10-01 --to 2026-10-31", `There is no contractor "C99".`},
		{"slips --run 99 -o " + dir + "/a.pdf", "There is no pay run 99."},
		{"slips --run 1 --worker B01 -o " + dir + "/a.pdf", "Run 1 has no slip of worker B01."},
		{"slips --run 1 --worker X -o " + dir + "/a.pdf", `There is no worker "X".`},
		{"slips --run 1 --format a3 -o " + dir + "/a.pdf", "not one of a5, a4, 80mm"},
		{"slips --run 1 -o " + dir + "/no/such/a.pdf", "no such file"},
		{"template " + dir + "/a.csv", "must end in .xlsx"},
		{"template " + there, "exists already"},
		{"import " + dir + "/nothing", "nothing"},
		{"backup " + there, "exists already"},
		{"restore " + dir + "/nothing", "no such file"},
		{"token --role worker", "admin, bookkeeper or lead"},
		{"token --role lead", "choose a workshop"},
		{"user add lead --role lead --name Lily --workshop MF01", `"lead" is taken`},
		{"user add lily --role lead --name Lily", "choose a workshop"},
		{"user password nobody", `There is no user "nobody".`},
		{"serve --addr nowhere:99999999", "cannot listen on nowhere:99999999"},
		{"serve --base-url jijian.example", "is not an address"},
		{"serve --addr 127.0.0.1:0 --tls-cert none.pem --tls-key none.pem", "read the certificate"},
		{"verify --db mysql://x", "neither a file path nor"},
		{"verify --db " + dir + "/none.db", "There is no database"},
	} {
		c.fails(failed, tt.words, strings.Fields(tt.line)...)
	}
	left, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(left) != 1 {
		t.Errorf("failures left files behind: %v, %v", left, err)
	}
}

func TestVersion(t *testing.T) {
	c := newCLI(t)
	if a, b := c.ok("version"), c.ok("--version"); a != b || a != "jijian "+version+"\n" {
		t.Errorf("%q and %q", a, b)
	}
}

func TestAFlagBeatsTheEnvironment(t *testing.T) {
	c := demoCLI(t)
	other := newCLI(t)
	if out := c.ok("user", "list"); !strings.Contains(out, "contractor") {
		t.Errorf("JIJIAN_DB is not used:\n%s", out)
	}
	if out := c.ok("user", "list", "--db", other.dsn); out != "" {
		t.Errorf("--db is not used:\n%s", out)
	}
}

func TestAnUnknownWordInTheEnvironmentIsRefused(t *testing.T) {
	var out, problems bytes.Buffer
	env := func(name string) string { return map[string]string{"JIJIAN_BEHIND_PROXY": "on"}[name] }
	code := run(t.Context(), []string{"serve", "--addr", "127.0.0.1:0", "--db", newCLI(t).dsn}, env, strings.NewReader(""), &out, &problems)
	if want := "jijian serve: JIJIAN_BEHIND_PROXY is \"on\"; it must be true or false\n"; code != misused || problems.String() != want {
		t.Errorf("exit %d: %q, want %q", code, problems.String(), want)
	}
}

func TestMessageIsOneLine(t *testing.T) {
	for in, want := range map[string]string{
		"plain":                         "plain",
		"cannot connect:\n\tdial tcp\n": "cannot connect:; dial tcp",
		"first\nsecond":                 "first; second",
	} {
		if got := message(errorText(in)); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}

type errorText string

func (e errorText) Error() string { return string(e) }

func TestAnInterruptedCommandFails(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out, problems bytes.Buffer
	env := func(string) string { return "" }
	if code := run(ctx, []string{"migrate", "--db", pieceworktest.EmptyDSN(t)}, env, strings.NewReader(""), &out, &problems); code != failed {
		t.Errorf("exit %d: %s", code, problems.String())
	}
}
