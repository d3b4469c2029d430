package handlers

import (
	"fmt"
	"slices"

	"github.com/labstack/echo/v4"

	"jijian/piecework"
	"jijian/templates"
)

type workshopList struct {
	Query string
	Adds  bool // the person may add one
	List  piecework.Page[piecework.Workshop]
}

// workshopsList lists the workshops the person sees.
func (s *Server) workshopsList(c echo.Context) error {
	f := s.filter(c)
	list, err := piecework.WorkshopsFound(c.Request().Context(), s.DB, f)
	if err != nil {
		return err
	}
	return s.page(c, "workshops/list", workshopList{f.Query, visitOf(c).who.WorkshopID == 0, list})
}

type workshopForm struct {
	Workshop *piecework.Workshop // nil: a new one
	Form     values
	Regions  []templates.Option // whose minimum wage can be chosen
}

// workshopForm shows the form of a workshop, with what is wrong in it if wrong is not nil.
func (s *Server) workshopForm(c echo.Context, wrong error, w *piecework.Workshop, typed values) error {
	p := workshopForm{Workshop: w, Form: typed}
	also := ""
	if w != nil {
		also = w.WageRegion
	}
	var err error
	if p.Regions, err = s.regions(c, also); err != nil {
		return err
	}
	if wrong != nil {
		return s.again(c, wrong, "workshops/form", p)
	}
	return s.page(c, "workshops/form", p)
}

// mayAddWorkshop is nil unless the person sees only one workshop: she would not see the new one.
func mayAddWorkshop(c echo.Context) error {
	if visitOf(c).who.WorkshopID != 0 {
		return piecework.Forbidden("You see one workshop only, so you cannot add another.")
	}
	return nil
}

// workshopNew asks for a new workshop and suggests the usual settings.
func (s *Server) workshopNew(c echo.Context) error {
	if err := mayAddWorkshop(c); err != nil {
		return err
	}
	code, err := piecework.NextCode(c.Request().Context(), s.DB, (*piecework.Workshop)(nil), 0, "W1")
	if err != nil {
		return err
	}
	return s.workshopForm(c, nil, nil, settingsOf(piecework.NewWorkshop(code, "")))
}

// settingsOf are the settings of a workshop as its form shows them.
func settingsOf(w *piecework.Workshop) values {
	typed := values{"code": w.Code, "name": w.Name, "timezone": w.Timezone, "damage_cap_percent": fmt.Sprint(w.DamageCapPercent),
		"wage_region": w.WageRegion, "team_share": string(w.TeamShare), "repeat_seconds": fmt.Sprint(w.RepeatSeconds), "repeat_minutes": fmt.Sprint(w.RepeatMinutes)}
	if w.Guarantee.Holds() {
		typed["guarantee_amount"], typed["guarantee_per"], typed["guarantee_over"] = w.Guarantee.Amount.String(), string(w.Guarantee.Per), string(w.Guarantee.Over)
	}
	typed["bear_material"], typed["bear_workmanship"] = string(w.BearMaterial), string(w.BearWorkmanship)
	if w.SecondPersonAbove >= 0 {
		typed["second_person_above"] = piecework.Fen(w.SecondPersonAbove).String()
	}
	for field, on := range map[string]bool{"pay_scrap_material": w.PayScrapMaterial, "pay_scrap_workmanship": w.PayScrapWorkmanship, "pay_rework": w.PayRework,
		"top_up": w.TopUp, "take_arrears": w.TakeArrears} {
		if on {
			typed[field] = "on"
		}
	}
	return typed
}

// workshopCreate adds a workshop.
func (s *Server) workshopCreate(c echo.Context) error {
	if err := mayAddWorkshop(c); err != nil {
		return err
	}
	f := readForm(c)
	w := piecework.NewWorkshop(f.text("code"), "")
	if err := s.saveWorkshop(c, f, w); err != nil {
		return s.workshopForm(c, err, nil, f.values())
	}
	return s.done(c, "/workshops", "Workshop %s was added.", w.Name)
}

// workshopEdit shows the settings of a workshop.
func (s *Server) workshopEdit(c echo.Context) error {
	w, err := piecework.WorkshopByID(c.Request().Context(), s.DB, paramID(c, "workshop"))
	if err != nil {
		return err
	}
	return s.workshopForm(c, nil, w, settingsOf(w))
}

// workshopSave changes the settings of a workshop; the code stays.
func (s *Server) workshopSave(c echo.Context) error {
	w, err := piecework.WorkshopByID(c.Request().Context(), s.DB, paramID(c, "workshop"))
	if err != nil {
		return err
	}
	f, was := readForm(c), *w
	if err := s.saveWorkshop(c, f, w); err != nil {
		return s.workshopForm(c, err, &was, f.values())
	}
	return s.done(c, "/workshops", "The settings of %s are saved. Drafts take them up when they are computed again.", w.Name)
}

func (s *Server) saveWorkshop(c echo.Context, f *form, w *piecework.Workshop) error {
	w.Name, w.Timezone = f.text("name"), f.text("timezone")
	w.PayScrapMaterial, w.PayScrapWorkmanship, w.PayRework = f.has("pay_scrap_material"), f.has("pay_scrap_workmanship"), f.has("pay_rework")
	w.DamageCapPercent = int(f.number("damage_cap_percent"))
	w.RepeatSeconds, w.RepeatMinutes = int(f.number("repeat_seconds")), int(f.number("repeat_minutes"))
	for field, bearer := range map[string]*piecework.Bearer{"bear_material": &w.BearMaterial, "bear_workmanship": &w.BearWorkmanship} {
		if f.has(field) {
			*bearer = piecework.Bearer(f.text(field))
		}
	}
	if share := f.text("team_share"); share != "" {
		w.TeamShare = piecework.TeamShare(share)
	}
	w.Guarantee = piecework.Guarantee{Per: piecework.Stretch(f.text("guarantee_per")), Over: piecework.Stretch(f.text("guarantee_over"))}
	if f.text("guarantee_amount") != "" {
		w.Guarantee.Amount = f.money("guarantee_amount")
	}
	w.SecondPersonAbove = -1
	if f.text("second_person_above") != "" {
		if w.SecondPersonAbove = f.money("second_person_above").Fen(); w.SecondPersonAbove < 0 {
			f.invalid.Add("second_person_above", "must not be negative")
		}
	}
	known, err := s.regions(f.c, w.WageRegion)
	if err != nil {
		return err
	}
	w.WageRegion, w.TopUp = f.text("wage_region"), f.has("top_up")
	w.TakeArrears = f.has("take_arrears")
	if w.WageRegion != "" && !slices.ContainsFunc(known, func(o templates.Option) bool { return o.Value == w.WageRegion }) {
		f.invalid.Add("wage_region", "choose one")
	}
	if w.TopUp && w.WageRegion == "" {
		f.invalid.Add("wage_region", "choose the region up to whose minimum wage is paid")
	}
	if err := f.and(w.Validate()); err != nil {
		return err
	}
	return piecework.SaveWorkshop(c.Request().Context(), s.DB, w)
}
