package handlers

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"jijian/piecework"
)

const reviewPath = "/review"

// reviewPage is what waits for a person, by day.
type reviewPage struct {
	Query string
	All   bool // the person sees several workshops
	Days  []reviewDay
	List  piecework.Page[piecework.Tally] // of the flagged ones
	Mine  int                             // how many on this page the person may not decide about
	Zone  *time.Location
	Form  values
}

type reviewDay struct {
	Day     piecework.Date
	Held    []refused
	Tallies []flagged
}

// flagged is a tally with what the guards noticed about it, in words.
type flagged struct {
	piecework.Tally
	Noticed []string
	Own     bool
}

// refused is a held tally with as much of it as can be read.
type refused struct {
	piecework.Held
	Sent              piecework.NewTally
	Worker, Operation string // names; "" where nothing is known by the code that was sent
	Why               string
	Own               bool
}

// refusedOf puts a held tally into words.
func refusedOf(v *visit, h *piecework.Held) refused {
	sent, _ := readTally(json.RawMessage(h.Content))
	return refused{Held: *h, Sent: sent, Why: inWords(v.lang, &h.Reason.Message), Own: h.HeldBy == v.who.Name}
}

// review shows the tallies about which something was noticed, and those that were refused and held.
func (s *Server) review(c echo.Context) error {
	p, err := s.reviewPage(c)
	if err != nil {
		return err
	}
	return s.page(c, "review/list", p)
}

func (s *Server) reviewPage(c echo.Context) (*reviewPage, error) {
	ctx, v, f := c.Request().Context(), visitOf(c), s.filter(c)
	p := &reviewPage{Query: f.Query, All: v.who.WorkshopID == 0, Zone: s.zone(c), Form: values{}}
	var err error
	if p.List, err = piecework.FlaggedTallies(ctx, s.DB, f); err != nil {
		return nil, err
	}
	held, err := piecework.HeldTallies(ctx, s.DB, piecework.Filter{WorkshopID: f.WorkshopID})
	if err != nil {
		return nil, err
	}
	days := map[piecework.Date]*reviewDay{}
	on := func(day piecework.Date) *reviewDay {
		if days[day] == nil {
			days[day] = &reviewDay{Day: day}
		}
		return days[day]
	}
	if f.Query == "" && f.Page <= 1 && held.Total > 0 {
		names, err := s.namesBehind(ctx, f.WorkshopID)
		if err != nil {
			return nil, err
		}
		for i := range held.Items {
			r := refusedOf(v, &held.Items[i])
			r.Worker, r.Operation = names.workers[r.Sent.Worker], names.operations[[2]string{r.Sent.Order, r.Sent.Operation}]
			day := on(piecework.DateOf(r.HeldAt.In(p.Zone)))
			day.Held = append(day.Held, r)
		}
	}
	for _, t := range p.List.Items {
		one := flagged{t, nil, t.RecordedBy == v.who.Name}
		for _, flag := range t.Flags {
			one.Noticed = append(one.Noticed, inWords(v.lang, flag.Message()))
		}
		if one.Own {
			p.Mine++
		}
		day := on(t.WorkDate)
		day.Tallies = append(day.Tallies, one)
	}
	for _, day := range days {
		p.Days = append(p.Days, *day)
	}
	slices.SortFunc(p.Days, func(a, b reviewDay) int { return cmp.Compare(b.Day, a.Day) })
	return p, nil
}

// names are the names behind codes.
type names struct {
	workers    map[string]string
	operations map[[2]string]string // by the codes of order and operation
}

// namesBehind are the names of the crew and of the operations of open orders, of a workshop or (0) of all.
func (s *Server) namesBehind(ctx context.Context, workshopID int64) (names, error) {
	n := names{map[string]string{}, map[[2]string]string{}}
	orders, err := piecework.OpenOrders(ctx, s.DB, workshopID)
	if err != nil {
		return n, err
	}
	for _, o := range orders {
		for _, op := range o.Product.Operations {
			n.operations[[2]string{o.Code, op.Code}] = op.Name
		}
	}
	workshops, err := piecework.Workshops(ctx, s.DB, workshopID)
	if err != nil {
		return n, err
	}
	for _, w := range workshops {
		crew, err := piecework.Crew(ctx, s.DB, w.ID)
		if err != nil {
			return n, err
		}
		for _, m := range crew {
			n.workers[m.Code] = m.Name
		}
	}
	return n, nil
}

// reviewRight closes what was noticed about the chosen tallies: they are right.
func (s *Server) reviewRight(c echo.Context) error {
	f := readForm(c)
	var ids []int64
	for _, text := range c.Request().PostForm["tally"] {
		id, err := strconv.ParseInt(text, 10, 64)
		if err != nil || visitOf(c).who.May(c.Request().Context(), s.DB, "tally", id) != nil {
			f.invalid.Add("tally", "choose at least one")
			break
		}
		ids = append(ids, id)
	}
	if len(ids) == 0 && len(f.invalid.Fields) == 0 {
		f.invalid.Add("tally", "choose at least one")
	}
	err := f.and(nil)
	if err == nil {
		err = piecework.FindRight(c.Request().Context(), s.DB, visitOf(c).who.Actor(), f.text("note"), ids...)
	}
	if err != nil {
		return s.reviewAgain(c, f, err)
	}
	return s.done(c, reviewPath, "%d tallies are right.", len(ids))
}

// reviewStrike strikes a tally that is not right after all.
func (s *Server) reviewStrike(c echo.Context) error {
	f := readForm(c)
	if err := piecework.StrikeFlagged(c.Request().Context(), s.DB, visitOf(c).who.Actor(), paramID(c, "tally"), f.text("reason")); err != nil {
		return s.reviewAgain(c, f, err)
	}
	return s.done(c, reviewPath, "The tally is struck. It stays visible and counts no more; record the right one if there is one.")
}

// reviewAgain shows the queue with what is wrong.
func (s *Server) reviewAgain(c echo.Context, f *form, wrong error) error {
	p, err := s.reviewPage(c)
	if err != nil {
		return err
	}
	p.Form = f.values()
	return s.again(c, wrong, "review/list", p)
}
