package exchange

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/uptrace/bun"

	"jijian/payroll"
	"jijian/payroll/slipdoc"
	"jijian/piecework"
)

// RunExports are the exports of a pay run by the name the command line has for them.
var RunExports = map[string]func(ctx context.Context, db bun.IDB, w io.Writer, format Format, runID int64) error{
	"lines":    Lines,
	"slips":    Slips,
	"payments": Payments,
	"ledger":   Ledger,
}

// run reads a run and its current slips with their lines, by worker code.
func run(ctx context.Context, db bun.IDB, runID int64) (*payroll.PayRun, []payroll.Slip, error) {
	r, err := payroll.RunByID(ctx, db, runID)
	if err != nil {
		return nil, nil, err
	}
	slips, err := payroll.SlipsOf(ctx, db, runID, 0)
	slices.SortStableFunc(slips, func(a, b payroll.Slip) int { return cmp.Compare(a.Worker.Code, b.Worker.Code) })
	return r, slips, err
}

var lineColumns = []outColumn{{"worker", exact, ""}, {"kind", exact, ""}, {"order", exact, ""}, {"operation", exact, ""},
	{"quantity", pieces, ""}, {"rate", perPiece, ""}, {"amount", amount, ""}}

// Lines writes every line of every slip of a run, sorted by worker, kind, order, operation (as written) and rate.
// Deductions are negative. Lines that are not for pieces have no quantity and no rate.
func Lines(ctx context.Context, db bun.IDB, w io.Writer, format Format, runID int64) error {
	_, slips, err := run(ctx, db, runID)
	if err != nil {
		return err
	}
	type line struct {
		worker, order, operation string
		*payroll.Line
	}
	var lines []line
	for i := range slips {
		for j := range slips[i].Lines {
			l := line{worker: slips[i].Worker.Code, Line: &slips[i].Lines[j]}
			if l.Order != nil {
				l.order = l.Order.Code
			}
			if l.Operation != nil {
				l.operation = l.Operation.Code
			}
			lines = append(lines, l)
		}
	}
	slices.SortStableFunc(lines, func(a, b line) int {
		return cmp.Or(cmp.Compare(a.worker, b.worker), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.order, b.order),
			cmp.Compare(a.operation, b.operation), a.Rate.Cmp(b.Rate), a.Amount.Cmp(b.Amount))
	})
	rows := make([][]string, len(lines))
	for i, l := range lines {
		rows[i] = []string{l.worker, string(l.Kind), l.order, l.operation, "", "", l.Amount.String()}
		if l.IsWork() {
			rows[i][4], rows[i][5] = number(l.Quantity), l.Rate.String()
		}
	}
	return write(w, format, "lines", lineColumns, rows)
}

var slipColumns = []outColumn{{"worker", exact, ""}, {"name", freeText, ""}, {"gross", amount, ""}, {"deductions", amount, ""},
	{"tax", amount, ""}, {"net", amount, ""}, {"carried_forward", amount, ""}}

// Slips writes the totals of every slip of a run by worker; all amounts are positive and net = gross − tax − deductions.
func Slips(ctx context.Context, db bun.IDB, w io.Writer, format Format, runID int64) error {
	_, slips, err := run(ctx, db, runID)
	if err != nil {
		return err
	}
	rows := make([][]string, len(slips))
	for i, s := range slips {
		rows[i] = []string{s.Worker.Code, s.Worker.Name, s.Gross.String(), s.Deductions.String(), s.Tax.String(), s.Net.String(), s.CarriedForward.String()}
	}
	return write(w, format, "slips", slipColumns, rows)
}

var paymentColumns = []outColumn{{"worker", exact, "工号"}, {"name", freeText, "姓名"}, {"amount", amount, "实发金额"},
	{"currency", exact, "币种"}, {"phone", freeText, "电话"}, {"reference", exact, "附言"}}

// Payments writes who is to receive how much: everybody of the run who is still owed more than 0, and of a run that is paid out who
// received how much. It tells of no accounts; reference is one for each payment, such as RUN7-W012.
func Payments(ctx context.Context, db bun.IDB, w io.Writer, format Format, runID int64) error {
	r, slips, err := run(ctx, db, runID)
	if err != nil {
		return err
	}
	paid, err := payroll.PaidOf(ctx, db, runID)
	if err != nil {
		return err
	}
	if r.Status == payroll.PaidOut { // all is paid: who received how much
		paid = nil
	}
	var rows [][]string
	for _, s := range slips {
		if left := s.Net.Sub(paid[s.WorkerID]); left.Sign() > 0 {
			rows = append(rows, []string{s.Worker.Code, s.Worker.Name, left.String(), r.Workshop.Currency, s.Worker.Phone,
				fmt.Sprintf("RUN%d-%s", runID, s.Worker.Code)})
		}
	}
	return write(w, format, "payments", paymentColumns, rows)
}

var ledgerColumns = []outColumn{
	{"employer", freeText, "用人单位"}, {"period_from", exact, "周期起"}, {"period_to", exact, "周期止"}, {"pay_date", exact, "支付日期"},
	{"worker", exact, "工号"}, {"name", freeText, "姓名"}, {"id_number", exact, "身份证号"}, {"phone", freeText, "联系方式"},
	{"worked_hours", hours, "工作时间"}, {"pieces", pieces, "计件数"},
	{"piece", amount, "计件工资"}, {"tier", amount, "阶梯工资"}, {"team", amount, "集体计件"}, {"premium", amount, "工时计件"}, {"guarantee", amount, "保底补差"}, {"bonus", amount, "奖金"}, {"allowance", amount, "补贴"},
	{"make_up", amount, "补差"}, {"correction_paid", amount, "补发更正"}, {"gross", amount, "应发合计"},
	{"tax", amount, "个人所得税"}, {"correction_taken", amount, "扣回更正"}, {"deduction", amount, "扣款"}, {"damage", amount, "赔偿"}, {"advance", amount, "借支"},
	{"withheld", amount, "代扣和扣减合计"}, {"net", amount, "实发"}, {"carried_forward", amount, "结转下期"},
	{"paid", freeText, "支付记录"}, {"signature", exact, "签名"}, {"keep_until", exact, "保存至"},
}

// Ledger writes the pay ledger of a run without identity numbers; see [WriteLedger].
func Ledger(ctx context.Context, db bun.IDB, w io.Writer, format Format, runID int64) error {
	l, err := payroll.LedgerOf(ctx, db, nil, runID, payroll.NoIDs)
	if err != nil {
		return err
	}
	return WriteLedger(w, format, l)
}

// WriteLedger writes a pay ledger (工资支付台账) with the fields that article 15 of the Regulations on ensuring wage payment to migrant
// workers asks for: one row a worker, payable items that sum to gross, withheld items that sum to withheld, what was paid when and how, and
// how she confirmed it, or a blank to sign in. Amounts are positive. Working hours are those of the sessions of the period that the
// worker was checked in and out of; blank when there are none.
func WriteLedger(w io.Writer, format Format, l *payroll.Ledger) error {
	r := l.Run
	rows := make([][]string, len(l.Rows))
	for i := range l.Rows {
		row := &l.Rows[i]
		s := &row.Slip
		out := []string{r.Workshop.Name, string(r.PeriodFrom), string(r.PeriodTo), string(row.PaidOn()), s.Worker.Code, s.Worker.Name, row.IDNumber, s.Worker.Phone,
			row.Hours, number(row.Pieces)}
		for _, item := range payroll.LedgerPayable {
			out = append(out, row.Items[item].String())
		}
		out = append(out, s.Gross.String())
		for _, item := range payroll.LedgerWithheld {
			out = append(out, row.Items[item].String())
		}
		rows[i] = append(out, row.Withheld().String(), s.Net.String(), s.CarriedForward.String(), paidText(row.Payments), signedText(s), string(l.KeepUntil))
	}
	return write(w, format, "ledger", ledgerColumns, rows)
}

// paidText is what was paid when and how, such as 2026-11-05 bank 1034.81.
func paidText(list []payroll.Payment) string {
	parts := make([]string, len(list))
	for i, p := range list {
		parts[i] = fmt.Sprintf("%s %s %s", p.PaidOn, p.Method, p.Amount)
	}
	return strings.Join(parts, "; ")
}

// signedText is when and how the worker confirmed her slip, with the beginning of the hash of the version; "" is a blank to sign in.
func signedText(s *payroll.Slip) string {
	at, drawn := slipdoc.Confirmed(s)
	if at == "" {
		return ""
	}
	how := "confirmed"
	if drawn != nil {
		how = "signed"
	}
	return fmt.Sprintf("%s %s %x", how, at, s.Acknowledgement.Hash[:min(4, len(s.Acknowledgement.Hash))])
}

var statementVersionColumns = []outColumn{{"kind", exact, "类别"}, {"date", exact, "日期"}, {"order", exact, "加工单"}, {"delivery", exact, "交货单"},
	{"product", freeText, "款式"}, {"note", freeText, "说明"}, {"quantity", pieces, "数量"}, {"unit_fee", perPiece, "加工费单价"}, {"amount", amount, "金额"}}

// StatementVersion writes one version of a contractor's statement: what was carried, every fee, chargeback and payment (the latter two below
// zero), and what is owed at the end, which the amounts above sum to. The last line is the version's hash.
func StatementVersion(w io.Writer, format Format, st *piecework.ContractorStatement) error {
	rows := [][]string{{"carried", string(st.PeriodFrom), "", "", "", "", "", "", st.Opening.String()}}
	for _, l := range st.Lines {
		row := []string{string(l.Kind), string(l.Day), l.OrderCode, l.DeliveryCode, l.Product, l.Note, "", "", l.Amount.String()}
		if l.Quantity != 0 {
			row[6] = number(l.Quantity)
		}
		if l.Kind == piecework.LineFee {
			row[7] = l.Rate.String()
		} else {
			row[8] = l.Amount.Neg().String()
		}
		rows = append(rows, row)
	}
	rows = append(rows, []string{"owed", string(st.PeriodTo), "", "", "", "", "", "", st.Closing.String()},
		[]string{"hash", "", "", "", "", fmt.Sprintf("%x", st.Hash), "", "", ""})
	return write(w, format, "statement", statementVersionColumns, rows)
}
