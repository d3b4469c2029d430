package payroll

import (
	"context"

	"github.com/shopspring/decimal"
	"github.com/uptrace/bun"

	"jijian/piecework"
)

// Factor is at which percentage of the agreed rate pieces are paid, and why.
type Factor struct {
	DayKind      piecework.DayKind // what is special about the time
	DayPercent   int64             `bun:",nullzero,default:100"`
	Grade        string            // the worker's grade, such as 学徒
	GradePercent int64             `bun:",nullzero,default:100"`
}

// plain says whether the agreed rate holds as it is, also on lines that are not about pieces.
func (f Factor) plain() bool {
	return (f.DayPercent == 100 || f.DayPercent == 0) && (f.GradePercent == 100 || f.GradePercent == 0)
}

// of is the rate at that percentage, rounded half-up to the sixth decimal: the rate that is printed and multiplied.
func (f Factor) of(r piecework.Rate) piecework.Rate {
	percent := decimal.NewFromInt(f.DayPercent * f.GradePercent)
	return piecework.Millionths(decimal.NewFromInt(r.Millionths()).Mul(percent).Shift(-4).Round(0).IntPart())
}

// factor is the percentage of the rate some work is paid at.
func (in *Input) factor(w *Work) Factor {
	f := Factor{DayPercent: 100, GradePercent: 100}
	if s, ok := in.Marked[w.SessionID]; ok {
		f.DayKind, f.DayPercent = s.DayKind, s.RatePercent
	}
	if g := piecework.GradeOn(in.Grades[w.WorkerID], w.Day); g != nil && g.Percent != 100 {
		f.Grade, f.GradePercent = g.Name, g.Percent
	}
	return f
}

// addRules reads what decides about the pay of some work besides the rates: which sessions are marked, which workers have a grade,
// and who is in the teams.
func addRules(ctx context.Context, db bun.IDB, workshop *piecework.Workshop, in *Input) (err error) {
	if in.Marked, err = piecework.MarkedSessions(ctx, db, workshop.ID); err != nil {
		return err
	}
	if in.Grades, err = piecework.Grades(ctx, db, workshop.ID); err != nil {
		return err
	}
	return addTeams(ctx, db, workshop, in)
}
