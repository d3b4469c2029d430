package payroll_test

import (
	"fmt"
	"strings"

	"jijian/payroll"
	"jijian/piecework"
	"jijian/piecework/pieceworktest"
)

// rateByTime reads a plan such as "halsey 50%", and its terms: "12 an hour", "60 in 60 minutes", "for operation 2".
func (e *example) rateByTime(plan string, parts []string) {
	scheme, figures, _ := strings.Cut(plan, " ")
	r := piecework.PieceRate{ID: int64(len(e.rates) + 1), OperationID: 1, EffectiveFrom: "2026-10-01", Terms: piecework.Terms{Scheme: piecework.Scheme(scheme)}}
	var wrong *piecework.Message
	switch r.Scheme {
	case piecework.Emerson:
		r.Bonuses, wrong = piecework.ParseBonusTable(strings.NewReplacer(" ", "\n", ":", " ").Replace(figures))
	case piecework.Halsey, piecework.Gantt:
		r.Premium, wrong = piecework.ParseFraction(figures)
	}
	if wrong != nil {
		e.Error(wrong)
	}
	for _, p := range parts {
		words := strings.Fields(p)
		switch {
		case strings.HasSuffix(p, " an hour"):
			r.Hourly = pieceworktest.Rate(e, words[0])
		case strings.HasSuffix(p, " minutes"):
			r.StandardPieces, r.StandardMinutes = e.number(words[0]), e.number(words[2])
		case strings.HasPrefix(p, "for operation "):
			r.OperationID = e.number(words[2])
		default:
			e.Errorf("the page says %q of a plan, which is not understood", p)
		}
	}
	r.Rate = r.PieceWage()
	e.rates = append(e.rates, r)
}

// guarantee reads "guaranteed 12 an hour, by day" and "there 8:00, on 2026-10-05".
func (e *example) guarantee(first, rest string, parts []string) {
	g := &e.Guaranteed
	if first == "there" {
		day := piecework.Date(strings.TrimPrefix(parts[0], "on "))
		g.Minutes = map[payroll.WorkerDay]int64{{WorkerID: 1, Day: day}: e.minutes(rest)}
		return
	}
	words := strings.Fields(rest)
	g.Amount, g.Per, g.Over = pieceworktest.Money(e, words[0]), piecework.Stretch(words[2]), piecework.Stretch(strings.TrimPrefix(parts[0], "by "))
	e.Until = "2026-10-31"
}

// minutes reads 7:30.
func (e *example) minutes(s string) int64 {
	hours, minutes, _ := strings.Cut(s, ":")
	return 60*e.number(hours) + e.number(minutes)
}

// inTime is what the page says of a line that is paid by time.
func inTime(l payroll.Line) string {
	all := l.InAll()
	if all.Taken == 0 {
		return fmt.Sprintf("%d, standard %s, time not known = ", l.Quantity, all.StandardTime())
	}
	return fmt.Sprintf("%d, standard %s, taken %s, efficiency %d%% = ", l.Quantity, all.StandardTime(), all.TakenTime(), all.Efficiency())
}
