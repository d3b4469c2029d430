package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/uptrace/bun"

	"jijian/migrations"
	"jijian/payroll"
	"jijian/payroll/exchange"
	"jijian/piecework"
)

func (a *app) migrate() *cobra.Command {
	var unlock bool
	cmd := command("migrate [--unlock]", "Bring the database's schema up to date",
		`Applies what is missing in the schema, each step whole or not at all. On SQLite every command does this by itself.`,
		`  jijian migrate --db postgres://jijian@db.example/jijian
  jijian migrate --unlock     after a crash, when nobody else is migrating`,
		cobra.NoArgs, func(ctx context.Context, _ []string) error {
			db, err := a.open()
			if err != nil {
				return err
			}
			defer db.Close()
			if unlock {
				if err := migrations.Unlock(ctx, db); err != nil {
					return err
				}
			}
			applied, err := migrations.Up(ctx, db)
			for _, name := range applied {
				if err := a.printf("applied %s\n", name); err != nil {
					return err
				}
			}
			if err == nil && len(applied) == 0 {
				err = a.printf("The schema is up to date.\n")
			}
			return err
		})
	cmd.Flags().BoolVar(&unlock, "unlock", false, "first take away the lock that a crash left behind")
	return cmd
}

func (a *app) importCommand() *cobra.Command {
	return command("import PATH", "Read a folder of CSV files or one workbook",
		`Reads PATH, a folder of CSV files or one .xlsx with sheets of the same names: all of it or, when anything is wrong, nothing.
Each fault is named with file, row, column and value. Importing the same files twice changes nothing the second time.`,
		`  jijian template month.xlsx      the workbook to fill in
  jijian import month.xlsx
  jijian import october/          a folder with workers.csv, tallies.csv …`,
		cobra.ExactArgs(1), func(ctx context.Context, args []string) error {
			made := a.newFile()
			return a.withDB(ctx, func(ctx context.Context, db *bun.DB) error {
				if made != "" {
					fmt.Fprintf(a.stderr, "made a new database at %s\n", made)
				}
				bar := progress{w: a.stderr, live: isTerminal(a.stderr)}
				result, err := exchange.Import(ctx, db, args[0], bar.show)
				bar.end()
				if err != nil {
					return err
				}
				return a.printf("%s", result)
			})
		})
}

func (a *app) template() *cobra.Command {
	return command("template FILE.xlsx", "Write the empty workbook that import reads",
		`Writes the workbook to fill in: one sheet a table, each column explained in Chinese and English. An existing file is not
overwritten, because somebody may have filled it in.`,
		`  jijian template month.xlsx`,
		cobra.ExactArgs(1), func(_ context.Context, args []string) error {
			if !strings.HasSuffix(strings.ToLower(args[0]), ".xlsx") {
				return piecework.InvalidField("file", "%q must end in .xlsx", args[0])
			}
			if _, err := os.Lstat(args[0]); err == nil {
				return piecework.Conflict("%s exists already; choose another name", args[0])
			}
			return a.write(args[0], exchange.Template)
		})
}

// progress shows how far an import or a settlement has come: on a terminal one line that changes, elsewhere a line now and then.
type progress struct {
	w     io.Writer
	live  bool
	part  string
	said  time.Time // when a line was written, or it began
	width int       // of the line on the terminal
}

// plainStep is how many rows pass between two lines where nobody watches.
const plainStep = 100_000

func (p *progress) show(table string, rows int64) {
	line := fmt.Sprintf("%s: %d rows", table, rows)
	if p.live {
		p.rewrite(table, line)
	} else if rows > 0 && rows%plainStep == 0 {
		fmt.Fprintln(p.w, line)
	}
}

// rewrite puts a line in the place of the one before, or below it where another part begins.
func (p *progress) rewrite(part, line string) {
	if part != p.part {
		p.end()
		p.part = part
	}
	fmt.Fprintf(p.w, "\r%-*s", p.width, line)
	p.width = len(line)
}

// plainPause is how long a settlement goes on between two lines where nobody watches.
const plainPause = 10 * time.Second

// settling shows how far a settlement has come.
func (p *progress) settling(at payroll.Progress) {
	words := map[payroll.Step]string{payroll.Adding: "adding up: session", payroll.Pricing: "working out the slips",
		payroll.Holding: "claiming the tallies: session", payroll.Writing: "writing: slip"}
	line := words[at.Step]
	if at.Total > 0 {
		line = fmt.Sprintf("%s %d of %d", line, at.Done+1, at.Total)
	}
	if p.said.IsZero() {
		p.said = time.Now()
	}
	if p.live {
		p.rewrite(string(at.Step), line)
	} else if time.Since(p.said) > plainPause {
		p.said = time.Now()
		fmt.Fprintln(p.w, line)
	}
}

// end leaves the line on the terminal as it is and starts the next.
func (p *progress) end() {
	if p.width > 0 {
		fmt.Fprintln(p.w)
		p.width = 0
	}
}

// isTerminal says whether somebody watches what is written to w.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
