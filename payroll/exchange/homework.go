package exchange

import (
	"context"
	"fmt"
	"io"

	"github.com/uptrace/bun"

	"jijian/piecework"
)

var homeworkColumns = []outColumn{
	{"lot", exact, "编号"}, {"worker", exact, "工号"}, {"name", freeText, "姓名"}, {"phone", freeText, "联系方式"}, {"order", exact, "加工单"}, {"article", freeText, "款式"},
	{"operation", freeText, "工序"}, {"rate", perPiece, "工价"}, {"movement", exact, "类别"}, {"date", exact, "日期"}, {"quantity", pieces, "数量"},
	{"good", pieces, "良品"}, {"rework", pieces, "返工"}, {"scrap_workmanship", pieces, "工废"}, {"scrap_material", pieces, "料废"},
	{"due_on", exact, "约定交回"}, {"note", freeText, "备注"}, {"recorded_by", freeText, "经手人"},
}

// Homework writes the homework record: for every lot of take-home work that f asks for one row when it went out and one for each time
// something of it came in, with date, quantity, article, operation and the rate of that day (blank while none is agreed). The movement is
// out, in, unworked, lost or cancelled, so that out = in + unworked + lost + cancelled for a lot that is settled. Struck hand-ins and
// lifted closings are left out. day decides what is overdue.
func Homework(ctx context.Context, db bun.IDB, w io.Writer, format Format, f piecework.Filter, day piecework.Date) error {
	lots, err := piecework.AllTakeHomes(ctx, db, f, day)
	if err != nil {
		return err
	}
	returns, err := piecework.TakeHomeReturns(ctx, db, lots)
	if err != nil {
		return err
	}
	books := map[int64]*piecework.RateBook{}
	var rows [][]string
	for i := range lots {
		th := &lots[i]
		if books[th.WorkshopID] == nil {
			if books[th.WorkshopID], err = piecework.LoadRates(ctx, db, th.WorkshopID); err != nil {
				return err
			}
		}
		rows = append(rows, homeworkRows(th, returns[th.ID], books[th.WorkshopID])...)
	}
	return write(w, format, "homework", homeworkColumns, rows)
}

func homeworkRows(th *piecework.TakeHome, returns []piecework.TakeHomeReturn, book *piecework.RateBook) [][]string {
	row := func(movement string, on piecework.Date, quantity int64, counts []string, note, by string) []string {
		rate := ""
		if r, ok := book.On(th.OrderID, th.OperationID, on); ok {
			rate = r.String()
		}
		r := []string{fmt.Sprint(th.ID), th.Worker.Code, th.Worker.Name, th.Worker.Phone, th.Order.Code, th.Order.Product.Name, th.Operation.Name, rate,
			movement, string(on), number(quantity)}
		return append(append(r, counts...), string(th.DueOn), note, by)
	}
	blank := []string{"", "", "", ""}
	rows := [][]string{row("out", th.OutOn, th.Quantity, blank, th.Note, th.GivenBy)}
	for _, in := range returns {
		if t := in.Tally; !t.Struck() {
			counts := []string{number(t.Good), number(t.Rework), number(t.ScrapWorkmanship), number(t.ScrapMaterial)}
			rows = append(rows, row("in", t.WorkDate, t.Total(), counts, in.Note, t.RecordedBy))
		}
	}
	c := th.Closing()
	if c == nil {
		return rows
	}
	on := piecework.DateOf(c.ClosedAt.In(th.Workshop.Location()))
	if c.Kind == piecework.TakeHomeCancelled {
		return append(rows, row("cancelled", on, th.Quantity, blank, c.Reason, c.ClosedBy))
	}
	for _, rest := range []struct {
		movement string
		n        int64
	}{{"unworked", c.Unworked}, {"lost", c.Lost}} {
		if rest.n > 0 {
			rows = append(rows, row(rest.movement, on, rest.n, blank, c.Reason, c.ClosedBy))
		}
	}
	return rows
}
