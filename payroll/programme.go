package payroll

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"jijian/piecework"
)

// FewestShown is the smallest number of workers whose total a programme officer is shown: of fewer, a total says too much about each.
const FewestShown = 5

// programmeMonths is how many months back a programme officer is shown.
const programmeMonths = 12

// ProgrammeMonth is a month as a programme officer sees it: totals of workshops, nothing about persons.
type ProgrammeMonth struct {
	First piecework.Date // of the month
	Rows  []ProgrammeRow // by code of the workshop
	Shown ProgrammeRow   // the sum of the rows that are not hidden, so that nothing hidden can be worked out from it
	Mixed bool           // the shown rows are in several currencies, so that their pay has no sum
}

// Last is the last day of the month.
func (m ProgrammeMonth) Last() piecework.Date {
	_, last := m.First.Month()
	return last
}

// ProgrammeRow is what one workshop did in a month, after the slips that were issued for periods that ended in it.
type ProgrammeRow struct {
	Code, Name, Currency string
	// Hidden: fewer than [FewestShown] workers, or one of them earned more than half of it. The figures are zero then.
	Hidden  bool
	Workers int64
	Pieces  int64 // good ones, each operation counted for itself
	Gross   piecework.Money
}

// Programme is what workshops did in the latest months that are over, the latest first. workshopID 0 is every workshop. It reads only what
// has been issued: a draft that changes from day to day would tell by its changes what single persons did.
func Programme(ctx context.Context, db bun.IDB, workshopID int64, today piecework.Date) ([]ProgrammeMonth, error) {
	this, _ := today.Month()
	from := this
	for range programmeMonths {
		from, _ = from.AddDays(-1).Month()
	}
	where, args := "s.issued_at > 0 AND NOT s.superseded AND p.period_to >= ? AND p.period_to < ?", []any{from, this}
	if workshopID != 0 {
		where, args = where+" AND s.workshop_id = ?", append(args, workshopID)
	}
	var sums []struct {
		WorkshopID           int64
		Month                string
		Code, Name, Currency string
		Workers, Gross, Most int64
	}
	const month = "SUBSTR(CAST(p.period_to AS TEXT), 1, 7)"
	err := db.NewRaw("SELECT w.id AS workshop_id, x.month, w.code, w.name, w.currency, COUNT(*) AS workers, CAST(SUM(x.gross) AS BIGINT) AS gross, CAST(MAX(x.gross) AS BIGINT) AS most "+
		"FROM (SELECT s.workshop_id, "+month+" AS month, s.worker_id, SUM(s.gross) AS gross FROM slips s JOIN pay_runs p ON p.id = s.run_id WHERE "+where+
		" GROUP BY 1, 2, 3) x JOIN workshops w ON w.id = x.workshop_id GROUP BY w.id, x.month, w.code, w.name, w.currency ORDER BY x.month DESC, w.code", args...).Scan(ctx, &sums)
	if err != nil {
		return nil, fmt.Errorf("sum up the programme: %w", err)
	}
	var counts []struct {
		WorkshopID int64
		Month      string
		Pieces     int64
	}
	// A line of each member tells of all of a team's pieces: that of the first one counts.
	err = db.NewRaw("SELECT s.workshop_id, "+month+" AS month, CAST(SUM(l.good) AS BIGINT) AS pieces FROM slip_lines l JOIN slips s ON s.id = l.slip_id JOIN pay_runs p ON p.id = s.run_id "+
		"WHERE "+where+" AND l.kind IN ('piece', 'tier', 'premium', 'team') AND (l.team_id IS NULL OR s.worker_id = (SELECT MIN(m.worker_id) FROM team_members m WHERE m.team_id = l.team_id)) "+
		"GROUP BY 1, 2", args...).Scan(ctx, &counts)
	if err != nil {
		return nil, fmt.Errorf("count the programme: %w", err)
	}
	type place struct {
		workshop int64
		month    string
	}
	pieces := map[place]int64{}
	for _, n := range counts {
		pieces[place{n.WorkshopID, n.Month}] = n.Pieces
	}
	var list []ProgrammeMonth
	for _, x := range sums {
		first := piecework.Date(x.Month + "-01")
		if len(list) == 0 || list[len(list)-1].First != first {
			list = append(list, ProgrammeMonth{First: first})
		}
		row := ProgrammeRow{Code: x.Code, Name: x.Name, Currency: x.Currency, Hidden: x.Workers < FewestShown || 2*x.Most > x.Gross}
		if !row.Hidden {
			row.Workers, row.Pieces, row.Gross = x.Workers, pieces[place{x.WorkshopID, x.Month}], piecework.Fen(x.Gross)
		}
		list[len(list)-1].add(row)
	}
	return list, nil
}

// add adds a workshop to a month.
func (m *ProgrammeMonth) add(row ProgrammeRow) {
	m.Rows = append(m.Rows, row)
	if row.Hidden {
		return
	}
	m.Mixed = m.Mixed || m.Shown.Currency != "" && m.Shown.Currency != row.Currency
	m.Shown.Currency = row.Currency
	m.Shown.Workers += row.Workers
	m.Shown.Pieces += row.Pieces
	m.Shown.Gross = m.Shown.Gross.Add(row.Gross)
}
