package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/uptrace/bun"

	"jijian/handlers"
	"jijian/payroll"
	"jijian/payroll/exchange"
	"jijian/payroll/ledgerpdf"
	"jijian/piecework"
)

// exporting is what the export command was asked for.
type exporting struct {
	what, format, file string
	run                int64
	contractor         string
	from, to           piecework.Date
	ids                bool   // of a ledger: whole identity numbers
	lang               string // of a ledger as PDF
	keys               *piecework.Keys
}

// pdf is the format of a ledger that is to be signed.
const pdf = "pdf"

func (a *app) export() *cobra.Command {
	var e exporting
	cmd := command("export lines|slips|payments|ledger --run ID\n  jijian export statement --contractor CODE --from DATE --to DATE",
		"Write a run, or a contractor's statement, as CSV or workbook",
		`Writes a pay run for other programs: its lines, its slips, the payments to make, or the pay ledger; or the statement of what
a contractor owes for the deliveries of some days. Without -o it goes to standard output. The ledger is also printed as PDF. It holds
whole identity numbers only with --id-numbers, and then each worker can read that it was made.`,
		`  jijian export lines --run 12 -o lines.csv
  jijian export payments --run 12 --format xlsx -o payments.xlsx
  jijian export ledger --run 12 -o ledger.pdf --id-numbers --key-file data/jijian.key
  jijian export statement --contractor C01 --from 2026-10-01 --to 2026-10-31`,
		cobra.MatchAll(cobra.ExactArgs(1), cobra.OnlyValidArgs), func(ctx context.Context, args []string) error {
			e.what = args[0]
			if err := e.check(); err != nil {
				return err
			}
			var err error
			if e.keys, err = a.keys(); err != nil {
				return err
			}
			return a.withBooks(ctx, func(ctx context.Context, db *bun.DB) error {
				return a.write(e.file, func(w io.Writer) error { return e.write(ctx, db, w) })
			})
		})
	cmd.ValidArgs = []string{"lines", "slips", "payments", "ledger", "statement"}
	cmd.Flags().Int64Var(&e.run, "run", 0, "number of the run")
	cmd.Flags().StringVar(&e.contractor, "contractor", "", "code of the contractor")
	cmd.Flags().Var(dateFlag{&e.from}, "from", "first day of the statement")
	cmd.Flags().Var(dateFlag{&e.to}, "to", "last day of the statement")
	cmd.Flags().StringVar(&e.format, "format", "", "csv or xlsx; of a ledger also pdf (default: as the file's name says, else csv)")
	cmd.Flags().BoolVar(&e.ids, "id-numbers", false, "put whole identity numbers into the ledger")
	cmd.Flags().StringVar(&e.lang, "lang", "zh", "language of a ledger as PDF: zh or en")
	cmd.Flags().StringVarP(&e.file, "output", "o", "", "file to write")
	return cmd
}

// check says what is missing on the command line.
func (e *exporting) check() error {
	missing := ""
	switch {
	case e.what != "statement" && e.run == 0:
		missing = "--run ID"
	case e.what == "statement" && (e.contractor == "" || e.from == "" || e.to == ""):
		missing = "--contractor CODE --from DATE --to DATE"
	}
	if missing != "" {
		return &usageError{fmt.Errorf(`type: jijian export %s %s`, e.what, missing)}
	}
	for _, format := range []string{string(exchange.XLSX), pdf} {
		if e.format == "" && strings.HasSuffix(strings.ToLower(e.file), "."+format) {
			e.format = format
		}
	}
	if e.what == "ledger" && e.format == pdf {
		return checkLang(e.lang)
	}
	if _, err := exchange.ParseFormat(e.format); err != nil {
		return &usageError{err}
	}
	return nil
}

func (e *exporting) write(ctx context.Context, db *bun.DB, w io.Writer) error {
	if e.what == "ledger" {
		return e.ledger(ctx, db, w)
	}
	format, err := exchange.ParseFormat(e.format)
	if err != nil {
		return err
	}
	if e.what == "statement" {
		return exchange.Statement(ctx, db, w, format, e.contractor, e.from, e.to)
	}
	return exchange.RunExports[e.what](ctx, db, w, format, e.run)
}

// ledger writes the pay ledger of a run.
func (e *exporting) ledger(ctx context.Context, db *bun.DB, w io.Writer) error {
	ids := payroll.NoIDs
	if e.ids {
		ids = payroll.WholeIDs
	}
	l, err := payroll.LedgerOf(ctx, db, e.keys, e.run, ids)
	if err != nil {
		return err
	}
	if e.ids {
		if err := l.Note(ctx, db, recordedBy); err != nil {
			return err
		}
	}
	if e.format != pdf {
		format, err := exchange.ParseFormat(e.format)
		if err != nil {
			return err
		}
		return exchange.WriteLedger(w, format, l)
	}
	fonts, err := handlers.Fonts()
	if err != nil {
		return err
	}
	_, err = ledgerpdf.Write(w, fonts, e.lang, l)
	return err
}
