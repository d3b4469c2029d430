package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/uptrace/bun"

	"jijian/handlers"
	"jijian/payroll"
	"jijian/payroll/slipdoc"
	"jijian/payroll/slippdf"
	"jijian/piecework"
	"jijian/piecework/account"
	"jijian/templates"
)

func (a *app) settle() *cobra.Command {
	var workshop, order string
	var from, to piecework.Date
	var lock bool
	cmd := command("settle --workshop CODE --from DATE --to DATE [--order CODE] [--approve]", "Compute the pay of a workshop for a period",
		`Computes the pay run of a workshop for work dates, both ends included. The first line printed is "run ID", then its
totals and what a person should look at. Settling the same dates again computes the draft again. --order takes the tallies of
one order alone. --approve locks it, and the books say then that nobody else looked at it: in the browser a run is
approved by somebody who has entered nothing of it. Standard error tells how far it has come where that takes long.`,
		`  jijian settle --workshop MF01 --from 2026-10-01 --to 2026-10-31
  jijian settle --workshop MF01 --from 2026-10-01 --to 2026-10-31 --approve`,
		cobra.NoArgs, func(ctx context.Context, _ []string) error {
			return a.withBooks(ctx, func(ctx context.Context, db *bun.DB) error {
				w, err := piecework.WorkshopByCode(ctx, db, workshop)
				if err != nil {
					return err
				}
				bar := progress{w: a.stderr, live: isTerminal(a.stderr)}
				run, err := settleCodes(payroll.WithProgress(ctx, bar.settling), db, w, order, from, to)
				bar.end()
				if err != nil {
					return err
				}
				if lock {
					if err := approve(ctx, db, run.ID); err != nil {
						return err
					}
				}
				return a.printRun(ctx, db, run.ID)
			})
		})
	cmd.Flags().StringVar(&workshop, "workshop", "", "code of the workshop")
	cmd.Flags().Var(dateFlag{&from}, "from", "first work date")
	cmd.Flags().Var(dateFlag{&to}, "to", "last work date")
	cmd.Flags().StringVar(&order, "order", "", "code of the only order to settle; without it, every order")
	cmd.Flags().BoolVar(&lock, "approve", false, "lock the run: it can then be paid and never changes again")
	return require(cmd, "workshop", "from", "to")
}

// approve locks a run. Whoever holds the books themselves may, but nobody knows who that is: so the run and the audit trail say that nobody
// else looked at it.
func approve(ctx context.Context, db *bun.DB, runID int64) error {
	return piecework.InTx(ctx, db, func(ctx context.Context, db bun.Tx) error {
		if err := payroll.Approve(ctx, db, runID, recordedBy); err != nil {
			return err
		}
		return account.Note(ctx, db, account.Entry{DoneBy: recordedBy, Action: payroll.SeenByNobody.Format, Kind: "run", ThingID: runID})
	})
}

// settleCodes settles every order of a workshop, or ("" is none) the one with a code.
func settleCodes(ctx context.Context, db *bun.DB, w *piecework.Workshop, order string, from, to piecework.Date) (*payroll.PayRun, error) {
	if order == "" {
		return payroll.Settle(ctx, db, w.ID, from, to, recordedBy)
	}
	o, err := piecework.OrderByCode(ctx, db, order)
	if err != nil {
		return nil, err
	}
	if o.WorkshopID != w.ID {
		return nil, piecework.InvalidField("order", "order %s is not made in workshop %s", order, w.Code)
	}
	return payroll.SettleOrder(ctx, db, o.ID, from, to, recordedBy)
}

// printRun prints a run's totals and then what is worth a look.
func (a *app) printRun(ctx context.Context, db *bun.DB, id int64) error {
	run, err := payroll.RunByID(ctx, db, id)
	if err != nil {
		return err
	}
	t, err := payroll.TotalsOf(ctx, db, id)
	if err != nil {
		return err
	}
	review, err := payroll.ReviewOf(ctx, db, run)
	if err != nil {
		return err
	}
	err = a.printf("run %d\nworkshop %s\nperiod %s to %s\nstatus %s\nworkers %d\ngross %s\ndeductions %s\ntax %s\nnet %s\ncarried forward %s\n",
		run.ID, run.Workshop.Code, run.PeriodFrom, run.PeriodTo, run.Status, t.Workers, t.Gross, t.Deductions, t.Tax, t.Net, t.CarriedForward)
	if review.Arrears > 0 {
		err = errors.Join(err, a.printf("arrears of back-dated rates: %d lines, %s\n", review.Arrears, review.ArrearsSum))
	}
	for _, m := range review.WithoutRate {
		err = errors.Join(err, a.printf("without a rate: order %s, operation %s on %s: %d tallies of %d workers wait\n",
			m.Order.Code, m.Operation.Code, m.Day, m.Tallies, m.Workers))
	}
	for _, s := range review.OpenSessions {
		err = errors.Join(err, a.printf("still open: session %s on %s\n", s.Code, s.WorkDate))
	}
	return err
}

func (a *app) slips() *cobra.Command {
	var runID int64
	var worker, file, format, lang, base string
	cmd := command("slips --run ID [--worker CODE] -o FILE.pdf", "Print the settlement slips of a run as PDF",
		`Prints the slips of a run, one document for all workers or for one. What could not be printed as it stands in the books,
such as a rare character, is named on standard error. The same run always gives the same bytes.`,
		`  jijian slips --run 12 -o slips.pdf
  jijian slips --run 12 --worker A07 --format 80mm -o A07.pdf`,
		cobra.NoArgs, func(ctx context.Context, _ []string) error {
			if err := checkLang(lang); err != nil {
				return err
			}
			return a.withBooks(ctx, func(ctx context.Context, db *bun.DB) error {
				slips, err := findSlips(ctx, db, runID, worker)
				if err != nil {
					return err
				}
				fonts, err := handlers.Fonts()
				if err != nil {
					return err
				}
				if base == "" {
					if base, err = checkAddress(ctx, db); err != nil {
						return err
					}
				}
				var warnings []slippdf.Warning
				err = a.write(file, func(w io.Writer) error {
					warnings, err = slippdf.NewPrinter(fonts).Write(w, slippdf.Format(format), lang, slipdoc.All(slips, lang, base))
					return err
				})
				for _, w := range warnings {
					fmt.Fprintf(a.stderr, "slip %s: %s\n", w.Number, w.Message.String())
				}
				return err
			})
		})
	cmd.Flags().Int64Var(&runID, "run", 0, "number of the run")
	cmd.Flags().StringVar(&worker, "worker", "", "code of one worker; without it, all")
	cmd.Flags().StringVarP(&file, "output", "o", "", "file to write; - is standard output")
	cmd.Flags().StringVar(&format, "format", string(slippdf.A5), "paper: a5, a4 (three to a sheet) or 80mm (roll)")
	cmd.Flags().StringVar(&lang, "lang", "zh", "language: zh or en")
	a.setting(cmd.Flags(), &base, "base-url", "JIJIAN_BASE_URL", "", "address people use, for the QR code (default: where the server was started last)")
	return require(cmd, "run", "output")
}

// checkLang says what is wrong with the language of a document, or nil.
func checkLang(lang string) error {
	if !slices.Contains(templates.Languages, lang) {
		return &usageError{fmt.Errorf("--lang %q is not one of %s", lang, strings.Join(templates.Languages, ", "))}
	}
	return nil
}

// checkAddress is where the QR codes of slips lead when nobody says otherwise: the server's address, or this machine's.
func checkAddress(ctx context.Context, db *bun.DB) (string, error) {
	address, err := piecework.Setting(ctx, db, piecework.AddressSetting)
	if address == "" {
		address = "http://localhost:8080"
	}
	return address, err
}

// findSlips is the current slips of a run, of one worker or ("") of all.
func findSlips(ctx context.Context, db *bun.DB, runID int64, worker string) ([]payroll.Slip, error) {
	if _, err := payroll.RunByID(ctx, db, runID); err != nil {
		return nil, err
	}
	workerID := int64(0)
	if worker != "" {
		w, err := piecework.WorkerByCode(ctx, db, worker)
		if err != nil {
			return nil, err
		}
		workerID = w.ID
	}
	slips, err := payroll.SlipsOf(ctx, db, runID, workerID)
	if err != nil {
		return nil, err
	}
	if len(slips) == 0 && worker != "" {
		return nil, piecework.NotFound("Run %v has no slip of worker %s.", runID, worker)
	}
	if len(slips) == 0 {
		return nil, piecework.NotFound("Run %v has no slips.", runID)
	}
	return slips, nil
}

// write lets f write a file that appears only when it is complete; "-" is standard output.
func (a *app) write(path string, f func(io.Writer) error) (err error) {
	if path == "-" || path == "" {
		return f(a.stdout)
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name()) // fails after the rename, as it should
	if err := errors.Join(f(tmp), tmp.Close()); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), path)
}

func (a *app) verify() *cobra.Command {
	return command("verify", "Recompute the books and name the first thing that is off",
		`Recomputes every hash chain, every slip from its lines, every run from the tallies it has claimed, and compares deliveries
with what was decided about them, order by order and bundle by bundle. Prints how much it went through;
exit status 1 and the first broken thing otherwise.`,
		`  jijian verify
  jijian verify --db backup.db`,
		cobra.NoArgs, func(ctx context.Context, _ []string) error {
			return a.withBooks(ctx, func(ctx context.Context, db *bun.DB) error {
				done, err := payroll.Verify(ctx, db)
				if err != nil {
					return err
				}
				return a.printf("%s\n", checked(done))
			})
		})
}

// checked says what a verification went through.
func checked(c payroll.Checked) string {
	return fmt.Sprintf("The books are sound: %d workshops, %d links in their chains, %d slips, %d runs, %d deliveries.",
		c.Workshops, c.Links, c.Slips, c.Runs, c.Deliveries)
}
