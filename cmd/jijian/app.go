package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/uptrace/bun"

	"jijian/migrations"
	"jijian/payroll/exchange"
	"jijian/piecework"
)

// app is one run of the program: where it reads and writes, and the database it was told to use.
type app struct {
	getenv         func(string) string
	stdin          io.Reader
	stdout, stderr io.Writer
	dsn            string
	keyFile        string
}

// The exit statuses beside 0.
const (
	failed  = 1 // what was asked could not be done
	misused = 2 // what was asked could not be understood
)

// recordedBy is who the books show for what the command line did.
const recordedBy = "command line"

// run is the program without the process around it. Whatever goes wrong is one message on stderr.
func run(ctx context.Context, args []string, getenv func(string) string, stdin io.Reader, stdout, stderr io.Writer) int {
	a := &app{getenv: getenv, stdin: stdin, stdout: stdout, stderr: stderr}
	root := a.root()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		return 0
	}
	fmt.Fprintf(stderr, "%s: %s\n", cmd.CommandPath(), message(err))
	var usage *usageError
	if errors.As(err, &usage) {
		return misused
	}
	return failed
}

// message is an error for a person at a terminal: one line, except for the faults of a file, which have one each.
func message(err error) string {
	var faults *exchange.Faults
	if errors.As(err, &faults) {
		return err.Error()
	}
	lines := strings.FieldsFunc(err.Error(), func(r rune) bool { return r == '\n' || r == '\r' })
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	return strings.Join(lines, "; ")
}

// usageError is a command line that could not be understood.
type usageError struct{ error }

// root is the command tree. cobra prints neither usage nor errors: run does, in one line.
func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "jijian",
		Short: "Piecework of a micro-factory, from the order to the settlement slip",
		Long: `Jijian keeps the books of a micro-factory: processing orders, pieces counted at the bench, pay and
settlement slips. One program, one database; every setting is a flag or an environment variable.`,
		Example: `  jijian demo                 try it with a made-up month
  jijian serve                run it for a real workshop
  jijian settle --help        what a command does and how it is typed`,
		Version:       version,
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          cobra.NoArgs,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetVersionTemplate("jijian {{.Version}}\n")
	root.CompletionOptions.HiddenDefaultCmd = true
	a.setting(root.PersistentFlags(), &a.dsn, "db", "JIJIAN_DB", "data/jijian.db",
		"database: a file path, sqlite:PATH, or a postgres:// address")
	a.setting(root.PersistentFlags(), &a.keyFile, "key-file", "JIJIAN_KEY_FILE", "",
		"file with the key that seals personal data; or the key itself in JIJIAN_KEY")
	root.AddCommand(a.demo(), a.serve(), a.migrate(), a.importCommand(), a.template(), a.settle(), a.export(), a.slips(),
		a.verify(), a.backup(), a.restore(), a.rotateKey(), a.token(), a.user(), a.versionCommand())
	explain(root)
	return root
}

// explain makes every complaint about flags and arguments end in what to type.
func explain(cmd *cobra.Command) {
	hint := func(cmd *cobra.Command, err error) error {
		if err == nil {
			return nil
		}
		return &usageError{fmt.Errorf("%w (type %q for help)", err, cmd.CommandPath()+" --help")}
	}
	cmd.SetFlagErrorFunc(hint)
	if args := cmd.Args; args != nil {
		cmd.Args = func(cmd *cobra.Command, list []string) error {
			if err := args(cmd, list); err != nil {
				return hint(cmd, err)
			}
			return hint(cmd, cmp.Or(cmd.ValidateRequiredFlags(), cmd.ValidateFlagGroups()))
		}
	}
	for _, c := range cmd.Commands() {
		explain(c)
	}
}

// setting defines a flag whose default an environment variable may change. Help shows the variable's name and never its
// value, which may hold a password.
func (a *app) setting(flags interface {
	StringVar(p *string, name, value, usage string)
}, p *string, name, variable, value, usage string) {
	flags.StringVar(p, name, value, usage+" ["+variable+"]")
	if v := a.getenv(variable); v != "" {
		*p = v
	}
}

// dateFlag is a flag that takes a date.
type dateFlag struct{ *piecework.Date }

// Set reads a date.
func (f dateFlag) Set(s string) error {
	d, msg := piecework.ParseDate(s)
	if msg != nil {
		return errors.New(msg.String())
	}
	*f.Date = d
	return nil
}

// String is the date as it was typed.
func (f dateFlag) String() string { return string(*f.Date) }

// Type is the word that stands for the value in help.
func (f dateFlag) Type() string { return "date" }

// require makes flags mandatory.
func require(cmd *cobra.Command, names ...string) *cobra.Command {
	for _, name := range names {
		if err := cmd.MarkFlagRequired(name); err != nil {
			panic(err) // the flag was not defined
		}
	}
	return cmd
}

// open opens the database; the caller closes it.
func (a *app) open() (*bun.DB, error) { return piecework.Open(a.dsn) }

// withDB runs f with the database, which must be up to date: a SQLite file is brought up to date on the way.
func (a *app) withDB(ctx context.Context, f func(ctx context.Context, db *bun.DB) error) (err error) {
	db, err := a.open()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := upToDate(ctx, db); err != nil {
		return err
	}
	return f(ctx, db)
}

// withBooks is withDB for commands that are about books which exist: a mistyped path is no new, empty database.
func (a *app) withBooks(ctx context.Context, f func(ctx context.Context, db *bun.DB) error) error {
	if path := a.newFile(); path != "" {
		return piecework.NotFound("There is no database %s. Name it with --db or JIJIAN_DB.", path)
	}
	return a.withDB(ctx, f)
}

// newFile is the SQLite file that opening the database would make; "" when it is there already, or on a server.
func (a *app) newFile() string {
	path := strings.TrimPrefix(a.dsn, "sqlite:")
	if strings.Contains(path, "://") {
		return ""
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		return ""
	}
	return path
}

// upToDate migrates a SQLite file, which has one user. PostgreSQL may have many programs on it, so there somebody decides when.
func upToDate(ctx context.Context, db *bun.DB) error {
	if piecework.IsSQLite(db) {
		_, err := migrations.Up(ctx, db)
		return err
	}
	behind, err := migrations.Pending(ctx, db)
	if err == nil && len(behind) > 0 {
		err = piecework.Conflict("the database is %d schema versions behind this program: run jijian migrate first", len(behind))
	}
	return err
}

// command is a cobra command of the usual shape.
func command(use, short, long, example string, args cobra.PositionalArgs, f func(ctx context.Context, args []string) error) *cobra.Command {
	return &cobra.Command{Use: use, Short: short, Long: long, Example: example, Args: args, DisableFlagsInUseLine: true,
		SilenceUsage: true, SilenceErrors: true,
		RunE: func(cmd *cobra.Command, args []string) error { return f(cmd.Context(), args) }}
}

// printf writes to standard output.
func (a *app) printf(format string, args ...any) error {
	_, err := fmt.Fprintf(a.stdout, format, args...)
	return err
}
