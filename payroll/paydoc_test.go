package payroll_test

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"jijian/payroll"
	"jijian/piecework"
	"jijian/piecework/pieceworktest"
)

// TestTheExamplesOfThePayPage recomputes every example of docs/pay.md.
func TestTheExamplesOfThePayPage(t *testing.T) {
	page, err := os.ReadFile("../docs/pay.md")
	if err != nil {
		t.Fatal(err)
	}
	schedules := tables(t)
	blocks := strings.Split(string(page), "```pay\n")[1:]
	if len(blocks) < 18 {
		t.Fatalf("only %d examples found", len(blocks))
	}
	sections := strings.Count(string(page), "\n## ")
	if sections < 17 {
		t.Errorf("%d sections, want 17 or more", sections)
	}
	for n, block := range blocks {
		block, _, _ = strings.Cut(block, "```")
		e := example{T: t, tables: schedules}
		e.Policy = payroll.PolicyOf(piecework.NewWorkshop("W1", ""))
		e.Hours = payroll.Hours{Minutes: map[int64]int64{}}
		e.Teams = map[int64][]piecework.TeamMember{}
		var want string
		for line := range strings.Lines(block) {
			if strings.HasPrefix(line, "→ ") {
				want += line
			} else {
				e.read(strings.TrimSpace(line))
			}
		}
		e.Rates = piecework.NewRateBook(e.rates)
		if got := e.slip(); got != want {
			t.Errorf("example %d:\n%s\ncomes to\n%s", n+1, block, got)
		}
	}
}

// example is one block of the page under way to an input.
type example struct {
	*testing.T
	payroll.Input
	tables map[payroll.IncomeType]*payroll.TaxTable
	rates  []piecework.PieceRate
}

// read takes in one line: parts with a comma between them, each a few words and a value.
func (e *example) read(line string) {
	parts := strings.Split(line, ", ")
	first, rest, _ := strings.Cut(parts[0], " ")
	switch {
	case strings.HasPrefix(parts[0], "rate by "):
		e.rateByTime(strings.TrimPrefix(parts[0], "rate by "), parts[1:])
		return
	case first == "guaranteed" || first == "there":
		e.guarantee(first, rest, parts[1:])
		return
	}
	switch first {
	case "rate":
		rate, from, _ := strings.Cut(rest, " from ")
		r := piecework.PieceRate{OperationID: 1, EffectiveFrom: piecework.Date(from), Rate: pieceworktest.Rate(e, rate)}
		for _, p := range parts[1:] {
			e.rateWord(&r, p)
		}
		e.rates = append(e.rates, r)
	case "good", "struck":
		e.work(parts)
	case "hours":
		e.Hours.Minutes[1] = e.minutes(rest)
		e.Hours.Hourly = pieceworktest.Money(e, strings.TrimPrefix(parts[1], "minimum wage "))
		e.Hours.TopUp = len(parts) > 2 && parts[2] == "topped up"
	case "tax":
		e.tax(parts)
	case "bonus", "allowance", "deduction", "damage", "advance":
		amount := pieceworktest.Money(e, rest)
		if len(parts) > 1 && strings.HasPrefix(parts[1], "in parts of ") {
			e.Adjustments = append(e.Adjustments, payroll.Adjustment{WorkerID: 1, Kind: payroll.Kind(first), Amount: amount, WorkDate: "2026-10-10",
				Instalment: pieceworktest.Money(e, strings.TrimPrefix(parts[1], "in parts of "))})
			return
		}
		if len(parts) > 1 {
			run := e.number(strings.TrimPrefix(parts[1], "carried from run "))
			e.Carried = append(e.Carried, payroll.Owed{WorkerID: 1, Kind: payroll.Kind(first), Amount: amount, Since: "2026-09-05", FromRunID: run})
			return
		}
		e.Adjustments = append(e.Adjustments, payroll.Adjustment{WorkerID: 1, Kind: payroll.Kind(first), Amount: amount, WorkDate: "2026-10-10"})
	default:
		e.Errorf("the page says %q, which is not understood", line)
	}
}

// rateWord takes in what is said about a rate besides itself.
func (e *example) rateWord(r *piecework.PieceRate, p string) {
	words := strings.Fields(p)
	switch {
	case p == "for this order":
		r.OrderID = 1
	case p == "for all pieces":
		r.TierMode = piecework.Whole
	case words[0] == "by" && len(words) == 2:
		r.TierSpan = piecework.TierSpan(words[1])
	case len(words) == 4 && words[2] == "at":
		r.ID, r.Tiers = 1, append(r.Tiers, piecework.RateTier{Threshold: e.number(words[1]), Above: words[0] == "above", Rate: pieceworktest.Rate(e, words[3])})
		if r.TierMode == "" {
			r.TierMode = piecework.Marginal
		}
	default:
		e.Errorf("the page says %q of a rate, which is not understood", p)
	}
}

func (e *example) work(parts []string) {
	w := payroll.Work{WorkerID: 1, OrderID: 1, OperationID: 1, SessionID: int64(len(e.Work) + 1), Day: "2026-10-05"}
	for _, p := range parts {
		p, struck := strings.CutPrefix(p, "struck ")
		at := strings.LastIndexByte(p, ' ')
		what, value := p[:at], p[at+1:]
		switch what {
		case "good":
			w.Good = e.number(value)
			if struck {
				w.Good = -w.Good
			}
		case "rework":
			w.Rework = e.number(value)
		case "scrap by workmanship":
			w.ScrapWorkmanship = e.number(value)
		case "scrap by material":
			w.ScrapMaterial = e.number(value)
		case "on":
			w.Day = piecework.Date(value)
		case "at":
			rate := pieceworktest.Rate(e, value)
			w.Fixed = &piecework.PieceRate{Rate: rate}
		case "in":
			if e.Times == nil {
				e.Times = payroll.Presence{}
			}
			e.Times[payroll.Sitting{SessionID: w.SessionID, WorkerID: 1}] = e.minutes(value)
		case "in the same":
			w.SessionID--
		case "operation":
			w.OperationID = e.number(value)
		case "paid by run":
			w.CorrectsRunID = e.number(value)
		case "overtime":
			e.Marked = map[int64]piecework.WorkSession{w.SessionID: {DayKind: piecework.Overtime, RatePercent: e.number(value)}}
		case "grade":
			e.Grades = map[int64][]piecework.WorkerGrade{1: {{Name: "grade", Percent: e.number(value)}}}
		case "by a team with the share weights":
			w.WorkerID = 9
			for i, share := range strings.Split(value, ":") {
				e.Teams[9] = append(e.Teams[9], piecework.TeamMember{WorkerID: int64(i + 1), ShareWeight: pieceworktest.Rate(e, share).Millionths()})
			}
		default:
			e.Errorf("the page says %q, which is not understood", p)
		}
	}
	e.Work = append(e.Work, w)
}

func (e *example) tax(parts []string) {
	tax := payroll.WorkerTax{Table: e.tables[payroll.IncomeType(strings.TrimPrefix(parts[0], "tax as "))]}
	var monthly piecework.Money
	for _, p := range parts[1:] {
		at := strings.LastIndexByte(p, ' ')
		switch what, value := p[:at], p[at+1:]; what {
		case "month":
			tax.Before.Months = e.number(value)
		case "deductions":
			monthly = pieceworktest.Money(e, value)
		case "income before":
			tax.Before.Income = pieceworktest.Money(e, value)
		case "withheld before":
			tax.Before.Withheld = pieceworktest.Money(e, value)
		default:
			e.Errorf("the page says %q, which is not understood", p)
		}
	}
	tax.Before.Deductions = piecework.Fen(monthly.Fen() * tax.Before.Months)
	e.Tax = map[int64]payroll.WorkerTax{1: tax}
}

func (e *example) number(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		e.Error(err)
	}
	return n
}

// slip is what the example comes to, in the words of the page.
func (e *example) slip() string {
	slips := payroll.Compute(e.Input).Slips
	if len(e.Teams) > 0 {
		slips = slips[:1] // hers, and not the others'
	}
	if len(slips) != 1 {
		return fmt.Sprintf("%d slips", len(slips))
	}
	s := slips[0]
	var b strings.Builder
	for _, l := range s.Lines {
		fmt.Fprintf(&b, "→ %s ", l.Kind)
		if l.Kind == payroll.Premium {
			b.WriteString(inTime(l))
		} else if l.IsWork() {
			fmt.Fprintf(&b, "%d × %s = ", l.Quantity, l.Rate)
		}
		if l.TeamID != 0 {
			fmt.Fprintf(&b, "%s, share %s = ", l.TeamAmount, l.Share)
		}
		fmt.Fprintf(&b, "%s\n", l.Amount)
	}
	fmt.Fprintf(&b, "→ gross %s", s.Gross)
	for _, part := range []struct {
		name   string
		amount piecework.Money
		always bool
	}{{"tax", s.Tax, false}, {"deductions", s.Deductions, false}, {"net", s.Net, true}, {"carried", s.CarriedForward, false}} {
		if part.always || !part.amount.IsZero() {
			fmt.Fprintf(&b, ", %s %s", part.name, part.amount)
		}
	}
	b.WriteString("\n")
	if s.Minutes > 0 {
		fmt.Fprintf(&b, "→ %s an hour", s.Hourly())
		if s.BelowMinimum() {
			fmt.Fprintf(&b, ", %s missing", s.Shortfall())
		}
		b.WriteString("\n")
	}
	return b.String()
}
