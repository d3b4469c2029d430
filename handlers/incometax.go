package handlers

import (
	"github.com/labstack/echo/v4"

	"jijian/payroll"
	"jijian/piecework"
)

// incomeWords says what each rule of withholding is called and what it means, in one plain sentence.
var incomeWords = map[payroll.IncomeType]struct{ name, meaning *piecework.Message }{
	payroll.Untaxed: {piecework.Msg("No tax"), piecework.Msg("Nothing is withheld here. This holds until somebody decides otherwise.")},
	payroll.Labour: {piecework.Msg("Labour remuneration"),
		piecework.Msg("For work outside an employment, such as work at home: all pay of a calendar month is one payment. Up to 4,000, 800 of it is free; above, a fifth.")},
	payroll.Salary: {piecework.Msg("Salary"),
		piecework.Msg("For employees: each time the tax on all pay of the year is worked out, after the monthly allowance and her deductions, and what was withheld before is taken off.")},
	payroll.Platform: {piecework.Msg("Platform income"),
		piecework.Msg("Only for internet platforms that have registered with the tax office: as for a salary, but a fifth of the income is free first.")},
}

// incomeType is a rule of withholding in the words of the visitor.
type incomeType struct {
	Value         payroll.IncomeType
	Name, Meaning string
}

func incomeTypeOf(c echo.Context, t payroll.IncomeType) incomeType {
	words, lang := incomeWords[t], visitOf(c).lang
	return incomeType{t, inWords(lang, words.name), inWords(lang, words.meaning)}
}

// taxRule is a rule that was recorded for a worker, and how it stands today: applies, later or replaced.
type taxRule struct {
	payroll.IncomeSetting
	Name, State string
}

// taxRules are the rules of a worker, the latest first, and the name of the one that holds today.
func (s *Server) taxRules(c echo.Context, w *piecework.Worker) (list []taxRule, now incomeType, err error) {
	settings, err := payroll.IncomeSettings(c.Request().Context(), s.DB, w.ID)
	if err != nil {
		return nil, now, err
	}
	today, stands := w.Workshop.Today(), standing{}
	for _, r := range settings {
		list = append(list, taxRule{r, incomeTypeOf(c, r.Type).Name, stands.on(today, r.EffectiveFrom)})
	}
	return list, incomeTypeOf(c, payroll.RuleOn(settings, today).Type), nil
}

// standing tells how dated things stand on a day, asked about one after the other, the latest first.
type standing struct{ found bool }

// on is later, applies or replaced.
func (s *standing) on(today, from piecework.Date) string {
	switch {
	case from > today:
		return "later"
	case s.found:
		return "replaced"
	}
	s.found = true
	return "applies"
}

type workerTaxPage struct {
	Worker *piecework.Worker
	Rules  []taxRule
	Now    incomeType // that holds today
	Types  []incomeType
	Form   values
	Books  bool // the person may record a rule
}

// workerTax shows by which rules tax is withheld from a worker.
func (s *Server) workerTax(c echo.Context) error {
	return s.showWorkerTax(c, nil, values{"effective_from": string(s.today(c))})
}

func (s *Server) showWorkerTax(c echo.Context, wrong error, typed values) error {
	w, err := s.person(c)
	if err != nil {
		return err
	}
	p := workerTaxPage{Worker: w, Form: typed, Books: mayOf[visitOf(c).who.Role]&books != 0}
	if p.Rules, p.Now, err = s.taxRules(c, w); err != nil {
		return err
	}
	for _, t := range payroll.IncomeTypes {
		p.Types = append(p.Types, incomeTypeOf(c, t))
	}
	if wrong != nil {
		return s.again(c, wrong, "workers/tax", p)
	}
	return s.page(c, "workers/tax", p)
}

// workerTaxSet records the rule that holds for a worker from a day on.
func (s *Server) workerTaxSet(c echo.Context) error {
	f := readForm(c)
	rule := &payroll.IncomeSetting{WorkerID: paramID(c, "worker"), EffectiveFrom: f.date("effective_from"), Type: payroll.IncomeType(f.text("type")),
		MonthlyDeductions: f.moneyOrZero("monthly_deductions"), Reason: f.text("reason"), RecordedBy: visitOf(c).who.Name}
	if rule.Type == "" {
		f.invalid.Add("type", "choose one")
	}
	err := f.and(rule.Validate())
	if err == nil {
		err = payroll.SetIncomeType(c.Request().Context(), s.DB, rule)
	}
	if err != nil {
		return s.showWorkerTax(c, err, f.values())
	}
	return s.done(c, workerPath(rule.WorkerID)+"/tax", "%s holds from %s. Drafts take it up when they are computed again.",
		incomeTypeOf(c, rule.Type).Name, string(rule.EffectiveFrom))
}
