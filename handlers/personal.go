package handlers

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"github.com/labstack/echo/v4"

	"jijian/payroll"
	"jijian/payroll/exchange"
	"jijian/piecework"
	"jijian/piecework/account"
)

// personalPage is what is held about a worker beside her work, masked, and who has seen it.
type personalPage struct {
	Worker *piecework.Worker
	Zone   *time.Location
	Own    bool // the worker looks at herself
	Locked string
	Rows   []personalRow
	Plain  bool // the rows are unmasked, this once
	Form   values
	Log    piecework.Page[piecework.PersonalAccess]
	Admin  bool            // the person may erase it
	After  piecework.Date  // from which day on; "" when nothing asks for it
	Stays  []payroll.Stays // what would be left of what was written about her
}

// personalRow is one thing that may be held.
type personalRow struct {
	Name, Value string
}

// Held says whether there is anything that could be shown in full.
func (p *personalPage) Held() bool {
	for _, r := range p.Rows {
		if r.Value != "" {
			return true
		}
	}
	return false
}

// personalNames are the things that may be held, in words.
var personalNames = map[piecework.PersonalColumn]*piecework.Message{
	piecework.IDNumber: piecework.Msg("Identity number"), piecework.BankName: piecework.Msg("Bank"), piecework.BankAccount: piecework.Msg("Bank account"),
}

// accessNames are what can be done with it, in words.
var accessNames = map[piecework.PersonalAction]*piecework.Message{
	piecework.PersonalSaved: piecework.Msg("Entered or changed"), piecework.PersonalShown: piecework.Msg("Looked at in full"),
	piecework.PersonalBankFile: piecework.Msg("Put into a bank file"), piecework.PersonalLedger: piecework.Msg("Put into a wage ledger"),
	piecework.PersonalExported: piecework.Msg("Handed out with everything about her"), piecework.PersonalErased: piecework.Msg("Erased"),
}

// Where says in words what a text that stays is.
func (p *personalPage) Where(lang string, s payroll.Stays) string { return inWords(lang, s.What) }

// access is an entry of the log in words.
type access struct {
	piecework.PersonalAccess
	What   string
	Fields []string
}

// Accesses are the entries of the log in words.
func (p *personalPage) Accesses(lang string) []access {
	var list []access
	for _, a := range p.Log.Items {
		one := access{PersonalAccess: a, What: inWords(lang, accessNames[a.Action])}
		for _, c := range a.Columns() {
			one.Fields = append(one.Fields, inWords(lang, personalNames[c]))
		}
		list = append(list, one)
	}
	return list
}

func personalPath(id int64) string { return fmt.Sprintf("/workers/%d/personal", id) }

// personalOf makes the page of a worker, masked. What is sealed with a key that is not there is said, not shown.
func (s *Server) personalOf(c echo.Context, w *piecework.Worker, typed values) (*personalPage, error) {
	ctx, v := c.Request().Context(), visitOf(c)
	p := &personalPage{Worker: w, Zone: w.Workshop.Location(), Form: typed}
	all, err := piecework.PersonalOf(ctx, s.DB, s.Keys, w.ID)
	var problem *piecework.Problem
	switch {
	case errors.As(err, &problem):
		p.Locked = inWords(v.lang, &problem.Message)
	case err != nil:
		return nil, err
	case !s.Keys.Usable():
		p.Locked = inWords(v.lang, piecework.NoKey)
	}
	p.show(v, all[w.ID].Masked())
	if p.Log, err = piecework.AccessesOf(ctx, s.DB, w.ID, s.filter(c)); err != nil {
		return nil, err
	}
	if p.Admin = v.who.Role == account.Admin; p.Admin {
		if p.Stays, err = payroll.StaysAbout(ctx, s.DB, w.ID); err != nil {
			return nil, err
		}
	}
	p.After, err = payroll.EraseAfter(ctx, s.DB, w.ID)
	return p, err
}

// show puts what is held into the rows of the page.
func (p *personalPage) show(v *visit, held piecework.Personal) {
	p.Rows = []personalRow{
		{inWords(v.lang, personalNames[piecework.IDNumber]), held.IDNumber},
		{inWords(v.lang, personalNames[piecework.BankName]), held.BankName},
		{inWords(v.lang, personalNames[piecework.BankAccount]), held.BankAccount},
	}
}

// personal shows what is held about a worker, masked.
func (s *Server) personal(c echo.Context) error {
	w, err := s.person(c)
	if err != nil {
		return err
	}
	p, err := s.personalOf(c, w, values{})
	if err != nil {
		return err
	}
	return s.page(c, "personal/show", p)
}

// myPersonal shows a worker what is held about her and who has seen it.
func (s *Server) myPersonal(c echo.Context) error {
	w, err := piecework.WorkerByID(c.Request().Context(), s.DB, visitOf(c).who.WorkerID)
	if err != nil {
		return err
	}
	p, err := s.personalOf(c, w, values{})
	if err != nil {
		return err
	}
	p.Own = true
	return s.page(c, "personal/show", p)
}

// personalSave keeps what was typed; an empty field keeps what was there, a ticked box takes it away.
func (s *Server) personalSave(c echo.Context) error {
	w, err := s.person(c)
	if err != nil {
		return err
	}
	f, change := readForm(c), map[piecework.PersonalColumn]string{}
	for column := range personalNames {
		if text := f.text(string(column)); text != "" || f.has("remove_"+string(column)) {
			change[column] = text
		}
	}
	if err := piecework.SavePersonal(c.Request().Context(), s.DB, s.Keys, w.ID, change, visitOf(c).who.Name); err != nil {
		p, shown := s.personalOf(c, w, f.values())
		if shown != nil {
			return shown
		}
		return s.again(c, err, "personal/show", p)
	}
	return s.done(c, personalPath(w.ID), "What is kept about %s is saved, sealed.", w.Name)
}

// personalReveal shows it in full, this once, to somebody who says why.
func (s *Server) personalReveal(c echo.Context) error {
	w, err := s.person(c)
	if err != nil {
		return err
	}
	f, v := readForm(c), visitOf(c)
	plain, wrong := piecework.ShowPersonal(c.Request().Context(), s.DB, s.Keys, w.ID, f.text("reason"), v.who.Name)
	p, err := s.personalOf(c, w, f.values())
	if err != nil {
		return err
	}
	if wrong != nil {
		return s.again(c, wrong, "personal/show", p)
	}
	p.Plain = true
	p.show(v, plain)
	return s.page(c, "personal/show", p)
}

// personalExport hands out everything that is kept about a worker, for her.
func (s *Server) personalExport(c echo.Context) error {
	w, err := s.person(c)
	if err != nil {
		return err
	}
	return s.held(c, w.ID)
}

// myPersonalExport hands a worker everything that is kept about her.
func (s *Server) myPersonalExport(c echo.Context) error { return s.held(c, visitOf(c).who.WorkerID) }

func (s *Server) held(c echo.Context, workerID int64) error {
	h, err := payroll.HeldAbout(c.Request().Context(), s.DB, s.Keys, workerID, visitOf(c).who.Name)
	if err != nil {
		return err
	}
	var whole bytes.Buffer
	if err := exchange.Person(&whole, h); err != nil {
		return err
	}
	return download(c, h.Worker.Code+".zip", "application/zip", whole.Bytes())
}

// personalErase takes away what identifies a worker, for good, if nothing asks for it any more. Her code is typed to make sure.
func (s *Server) personalErase(c echo.Context) error {
	w, err := s.person(c)
	if err != nil {
		return err
	}
	f := readForm(c)
	if f.text("code") != w.Code {
		err = piecework.InvalidField("code", "type %s, so that nobody else is erased", w.Code)
	} else {
		err = payroll.Erase(c.Request().Context(), s.DB, w.ID, visitOf(c).who.Name)
	}
	if err != nil {
		p, shown := s.personalOf(c, w, f.values())
		if shown != nil {
			return shown
		}
		return s.again(c, err, "personal/show", p)
	}
	return s.done(c, personalPath(w.ID), "What identified worker %s is erased. Her figures stay, without a name.", w.Code)
}
