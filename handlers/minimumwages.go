package handlers

import (
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"jijian/payroll"
	"jijian/piecework"
	"jijian/templates"
)

type minimumWagesPage struct {
	Query   string
	Known   []string // every region
	Regions []region // those with Query in their names
	Form    values
}

// region is the minimum wages of one region, the latest first.
type region struct {
	Name  string
	Wages []datedWage
}

// datedWage is a minimum wage and how it stands today: applies, later or replaced.
type datedWage struct {
	payroll.MinimumWage
	State string
}

// minimumWages lists the minimum wages of every region and asks for another.
func (s *Server) minimumWages(c echo.Context) error {
	return s.showMinimumWages(c, nil, values{"region": c.QueryParam("region")})
}

func (s *Server) showMinimumWages(c echo.Context, wrong error, typed values) error {
	list, err := payroll.MinimumWages(c.Request().Context(), s.DB)
	if err != nil {
		return err
	}
	p, today, stands := minimumWagesPage{Form: typed, Query: strings.TrimSpace(printable(c.QueryParam("q")))}, s.today(c), standing{}
	for _, m := range list {
		if !slices.Contains(p.Known, m.Region) {
			p.Known = append(p.Known, m.Region)
		}
		if !strings.Contains(strings.ToLower(m.Region), strings.ToLower(p.Query)) {
			continue
		}
		if n := len(p.Regions); n == 0 || p.Regions[n-1].Name != m.Region {
			p.Regions, stands = append(p.Regions, region{Name: m.Region}), standing{}
		}
		r := &p.Regions[len(p.Regions)-1]
		r.Wages = append(r.Wages, datedWage{m, stands.on(today, m.EffectiveFrom)})
	}
	if wrong != nil {
		return s.again(c, wrong, "minimumwages/list", p)
	}
	return s.page(c, "minimumwages/list", p)
}

// minimumWageCreate adds a minimum wage.
func (s *Server) minimumWageCreate(c echo.Context) error {
	if err := mayChangeFigures(c); err != nil {
		return err
	}
	f := readForm(c)
	m := &payroll.MinimumWage{Region: f.text("region"), EffectiveFrom: f.date("effective_from"), Hourly: f.money("hourly"), Monthly: f.money("monthly"),
		Source: f.text("source"), RecordedBy: visitOf(c).who.Name}
	err := f.and(m.Validate())
	if err == nil {
		err = payroll.AddMinimumWage(c.Request().Context(), s.DB, m)
	}
	if err != nil {
		return s.showMinimumWages(c, err, f.values())
	}
	return s.done(c, "/minimum-wages", "The minimum wage of %s from %s is recorded. Drafts take it up when they are computed again.", m.Region, string(m.EffectiveFrom))
}

// minimumWageRemove takes a minimum wage back that no approved run has used.
func (s *Server) minimumWageRemove(c echo.Context) error {
	if err := mayChangeFigures(c); err != nil {
		return err
	}
	if err := payroll.RemoveMinimumWage(c.Request().Context(), s.DB, paramID(c, "minimumwage")); err != nil {
		return err
	}
	return s.done(c, "/minimum-wages", "The minimum wage is removed.")
}

// regions are the regions whose minimum wage is known, as choices; also is one that stays a choice whatever is known.
func (s *Server) regions(c echo.Context, also string) ([]templates.Option, error) {
	list, err := payroll.MinimumWages(c.Request().Context(), s.DB)
	if err != nil {
		return nil, err
	}
	var names []string
	if also != "" {
		names = append(names, also)
	}
	hourly := map[string]piecework.Money{}
	for i := len(list) - 1; i >= 0; i-- { // the earliest first, so that the one that holds stays
		names = append(names, list[i].Region)
		if list[i].EffectiveFrom <= s.today(c) {
			hourly[list[i].Region] = list[i].Hourly
		}
	}
	slices.Sort(names)
	var options []templates.Option
	for _, name := range slices.Compact(names) {
		text := name
		if h, ok := hourly[name]; ok {
			text = visitOf(c).says("%s: %s an hour", name, "¥"+h.String())
		}
		options = append(options, templates.Option{Value: name, Text: text})
	}
	return options, nil
}
