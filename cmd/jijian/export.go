package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/uptrace/bun"

	"jijian/payroll/exchange"
	"jijian/piecework"
)

// exporting is what the export command was asked for.
type exporting struct {
	what, format, file string
	run                int64
	contractor         string
	from, to           piecework.Date
}

func (a *app) export() *cobra.Command {
	var e exporting
	cmd := command("export lines|slips|payments|ledger --run ID\n  jijian export statement --contractor CODE --from DATE --to DATE",
		"Write a run, or a contractor's statement, as CSV or workbook",
		`Writes a pay run for other programs: its lines, its slips, the payments to make, or the pay ledger; or the statement of what
a contractor owes for the deliveries of some days. Without -o it goes to standard output.`,
		`  jijian export lines --run 12 -o lines.csv
  jijian export payments --run 12 --format xlsx -o payments.xlsx
  jijian export statement --contractor C01 --from 2026-10-01 --to 2026-10-31`,
		cobra.MatchAll(cobra.ExactArgs(1), cobra.OnlyValidArgs), func(ctx context.Context, args []string) error {
			e.what = args[0]
			if err := e.check(); err != nil {
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
	cmd.Flags().StringVar(&e.format, "format", "", "csv or xlsx (default: as the file's name says, else csv)")
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
	if e.format == "" && strings.HasSuffix(strings.ToLower(e.file), ".xlsx") {
		e.format = string(exchange.XLSX)
	}
	if _, err := exchange.ParseFormat(e.format); err != nil {
		return &usageError{err}
	}
	return nil
}

func (e *exporting) write(ctx context.Context, db *bun.DB, w io.Writer) error {
	format, err := exchange.ParseFormat(e.format)
	if err != nil {
		return err
	}
	if e.what == "statement" {
		return exchange.Statement(ctx, db, w, format, e.contractor, e.from, e.to)
	}
	return exchange.RunExports[e.what](ctx, db, w, format, e.run)
}
