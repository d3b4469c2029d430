package payroll_test

import (
	"encoding/json"
	"maps"
	"math/big"
	"os"
	"slices"
	"testing"

	"jijian/payroll"
	"jijian/piecework"
	"jijian/piecework/pieceworktest"
)

// published is a worked example that somebody printed, or that follows from a rule that was printed; Source says where.
type published struct {
	*testing.T
	ID, Source, Kind string
	Inputs, Expected map[string]any

	checked map[string]bool
}

// in is a figure that goes in.
func (p *published) in(name string) string {
	p.Helper()
	s, ok := p.Inputs[name].(string)
	if !ok {
		p.Errorf("%s (%s): no figure %s", p.ID, p.Source, name)
		return "0"
	}
	return s
}

func (p *published) money(name string) piecework.Money { return pieceworktest.Money(p, p.in(name)) }

func (p *published) rate(name string) piecework.Rate { return pieceworktest.Rate(p, p.in(name)) }

func (p *published) number(name string) int64 { return dec(p.in(name)).IntPart() }

func (p *published) minutes(name string) int64 { return dec(p.in(name)).Mul(dec("60")).IntPart() }

// want compares a figure with what is printed.
func (p *published) want(name, got string) {
	p.Helper()
	p.checked[name] = true
	want, ok := p.Expected[name].(string)
	if !ok || !dec(got).Equal(dec(want)) {
		p.Errorf("%s (%s): %s is %s, want %v", p.ID, p.Source, name, got, p.Expected[name])
	}
}

// refuse holds that a figure which is printed wrongly is not what comes out.
func (p *published) refuse(name, got string) {
	p.Helper()
	p.checked[name] = true
	if dec(got).Equal(dec(p.Expected[name].(string))) {
		p.Errorf("%s (%s): %s is the misprint", p.ID, p.Source, got)
	}
}

// TestEveryPublishedFigure goes through all the rows that are kept; each figure of each must be compared with what the program finds.
func TestEveryPublishedFigure(t *testing.T) {
	file, err := os.ReadFile("testdata/oracles.json")
	if err != nil {
		t.Fatal(err)
	}
	var rows []published
	if err := json.Unmarshal(file, &rows); err != nil {
		t.Fatal(err)
	}
	seen, schedules := map[string]bool{}, tables(t)
	kinds := publishedKinds(schedules)
	for i := range rows {
		p := &rows[i]
		p.T, p.checked = t, map[string]bool{}
		check := kinds[p.Kind]
		if seen[p.ID] || p.Source == "" || check == nil {
			t.Errorf("%s: twice, without source, or of the unknown kind %q", p.ID, p.Kind)
			continue
		}
		seen[p.ID] = true
		check(p)
		for name := range p.Expected {
			if !p.checked[name] {
				t.Errorf("%s (%s): nobody looks at %s", p.ID, p.Source, name)
			}
		}
	}
	if len(seen) != 78 {
		t.Errorf("%d rows, want 78", len(seen))
	}
	for kind := range kinds {
		if !slices.ContainsFunc(rows, func(p published) bool { return p.Kind == kind }) {
			t.Errorf("no row is of the kind %s", kind)
		}
	}
}

func publishedKinds(schedules map[payroll.IncomeType]*payroll.TaxTable) map[string]func(*published) {
	cumulative := func(of payroll.IncomeType) func(*published) {
		return func(p *published) { p.cumulative(schedules[of]) }
	}
	kinds := map[string]func(*published){
		"cn_salary_cumulative": cumulative(payroll.Salary), "cn_platform_cumulative": cumulative(payroll.Platform),
		"cn_salary_bracket": func(p *published) {
			tax := schedules[payroll.Salary].TaxOn(dec(p.in("cumulative_taxable")))
			p.want("cumulative_tax_1dp", tax.Round(1).String())
			more := schedules[payroll.Salary].TaxOn(dec(p.in("cumulative_taxable")).Add(dec("1")))
			p.want("rate", more.Sub(tax).String())
		},
		"cn_labour_withholding": func(p *published) {
			p.want("tax", payroll.Withhold(schedules[payroll.Labour], p.money("income"), payroll.YearToDate{}).String())
			if p.Expected["taxable"] != nil {
				p.want("taxable", payroll.Taxable(schedules[payroll.Labour], p.money("income"), payroll.YearToDate{}).String())
			}
		},
	}
	for name, check := range map[string]func(*published){
		"group_piece_allocation": (*published).group, "group_bonus_allocation": (*published).groupBonus, "scrap_rule_negative": (*published).scrap,
		"flsa_piece_overtime": (*published).overtime, "flsa_hourly_bonus": (*published).hourlyBonus, "piece_minimum_wage": (*published).minimumWage,
		"ca_226_2_rest_rate": (*published).rest, "piece_minimum_wage_topup": (*published).topUp,
		"uk_fair_piece_rate": (*published).fairRate, "uk_fair_piece_rate_step": (*published).assessed,
		"taylor_differential": (*published).taylor, "taylor_differential_pct": (*published).taylorPercent, "taylor_differential_pct_std": (*published).taylorPercent,
		"straight_piece": (*published).straight, "totals": (*published).totals, "published_misprint": (*published).misprint, "merrick": (*published).merrick,
		"emerson": (*published).emerson, "halsey": (*published).halsey, "rowan": (*published).rowan, "property_halsey_eq_rowan": (*published).halseyRowan,
		"gantt": (*published).gantt, "gantt_piece_variant": (*published).ganttPieces, "largest_remainder": (*published).seats,
		"cn_work_time": (*published).workTime, "cn_minimum_wage": (*published).minimumOf,
	} {
		kinds[name] = check
	}
	return kinds
}

// pay is the slip of one worker who made n pieces at a rate within some minutes (0: not known).
func pay(t testing.TB, r *piecework.PieceRate, n, minutes int64) payroll.Slip {
	t.Helper()
	r.OperationID, r.EffectiveFrom = 1, "2026-10-01"
	in := payroll.Input{Rates: piecework.NewRateBook([]piecework.PieceRate{*r}), Times: payroll.Presence{at{1, 1}: minutes},
		Hours: payroll.Hours{Minutes: map[int64]int64{1: minutes}}, Work: []payroll.Work{{WorkerID: 1, OrderID: 1, OperationID: 1, SessionID: 1, Day: "2026-10-05",
			Counts: piecework.Counts{Good: n}}}}
	res := payroll.Compute(in)
	if len(res.Slips) != 1 {
		t.Fatalf("%d slips", len(res.Slips))
	}
	return res.Slips[0]
}

// byTime is a rate by a plan where so many pieces should take so long; share is a percentage or a fraction.
func byTime(t testing.TB, scheme piecework.Scheme, hourly string, pieces, minutes int64, share string) *piecework.PieceRate {
	t.Helper()
	terms := piecework.Terms{Scheme: scheme, Hourly: pieceworktest.Rate(t, hourly), StandardPieces: pieces, StandardMinutes: minutes}
	if share != "" {
		var wrong *piecework.Message
		if terms.Premium, wrong = piecework.ParseFraction(share); wrong != nil {
			t.Fatal(wrong)
		}
	}
	return &piecework.PieceRate{ID: 1, Rate: terms.PieceWage(), Terms: terms}
}

// percent writes a share such as 0.5 as a percentage.
func percent(share string) string { return dec(share).Shift(2).String() }

func (p *published) halsey() {
	r := byTime(p, piecework.Halsey, p.in("rate"), 1, p.minutes("standard_hours"), percent(p.in("share")))
	s := pay(p, r, 1, p.minutes("actual_hours"))
	p.want("total", s.Gross.String())
	if p.Expected["bonus"] != nil {
		p.want("bonus", s.Gross.Sub(p.rate("rate").Times(p.number("actual_hours"))).String())
		p.want("effective_hourly", s.Hourly().String())
	}
}

func (p *published) rowan() {
	p.want("total", pay(p, byTime(p, piecework.Rowan, p.in("rate"), 1, p.minutes("standard_hours"), ""), 1, p.minutes("actual_hours")).Gross.String())
}

func (p *published) halseyRowan() {
	p.rowan()
	p.want("total", pay(p, byTime(p, piecework.Halsey, p.in("rate"), 1, p.minutes("standard_hours"), "1/2"), 1, p.minutes("actual_hours")).Gross.String())
}

func (p *published) gantt() {
	s := pay(p, byTime(p, piecework.Gantt, p.in("rate"), 1, p.minutes("standard_hours"), percent(p.in("bonus"))), 1, p.minutes("actual_hours"))
	p.want("wage", s.Gross.String())
	if p.Expected["per_hour"] != nil {
		p.want("per_hour", s.Hourly().String())
	}
}

// ganttPieces has the bonus on the piece rate, and an hour guaranteed.
func (p *published) ganttPieces() {
	third := dec(p.in("piece_rate")).Mul(dec("4")).Div(dec("3")).String()
	r := steps(p.T, p.number("standard"), piecework.Whole, p.in("piece_rate"), "from 100%: "+dec(p.in("piece_rate")).Mul(dec("1.2")).String(), "above 100%: "+third)
	in := payroll.Input{Rates: piecework.NewRateBook([]piecework.PieceRate{*r}), Hours: payroll.Hours{Minutes: map[int64]int64{1: p.minutes("hours")}},
		Work: []payroll.Work{{WorkerID: 1, OrderID: 1, OperationID: 1, Day: "2026-10-05", Counts: piecework.Counts{Good: p.number("pieces")}}}}
	in.Guaranteed = payroll.Guaranteed{Guarantee: piecework.Guarantee{Amount: p.money("hourly_guarantee"), Per: piecework.ByHour, Over: piecework.ByDay},
		Minutes: map[payroll.WorkerDay]int64{{WorkerID: 1, Day: "2026-10-05"}: p.minutes("hours")}}
	p.want("wage", payroll.Compute(in).Slips[0].Gross.String())
	if p.in("bonus_at") != "0.20" || p.in("bonus_above") != "1/3" {
		p.Errorf("%s: another bonus", p.ID)
	}
}

// emerson has no bonus below two thirds, 20 % at full efficiency and one more for each percent above.
func (p *published) emerson() {
	r := byTime(p, piecework.Emerson, p.in("rate"), p.number("standard"), p.minutes("hours"), "")
	var wrong *piecework.Message
	if r.Bonuses, wrong = piecework.ParseBonusTable("66.67% 0%\n100% 20%\n300% 220%"); wrong != nil {
		p.Fatal(wrong)
	}
	p.want("wage", pay(p, r, p.number("output"), p.minutes("hours")).Gross.String())
}

func (p *published) merrick() {
	rate := dec(p.in("piece_rate"))
	bands := p.Inputs["bands"].([]any)
	of := func(i, j int) string { return bands[i].([]any)[j].(string) }
	r := steps(p.T, p.number("standard"), piecework.Whole, rate.Mul(dec(of(0, 1))).String(),
		"above "+percent(of(0, 0))+"%: "+rate.Mul(dec(of(1, 1))).String(), "above "+percent(of(1, 0))+"%: "+rate.Mul(dec(of(2, 1))).String())
	p.want("straight", pay(p, &piecework.PieceRate{Rate: p.rate("piece_rate")}, p.number("pieces"), 0).Gross.String())
	s := pay(p, r, p.number("pieces"), 0)
	p.want("merrick_exact", s.Lines[0].Rate.Decimal().Mul(dec(p.in("pieces"))).String())
	if exact := dec(p.Expected["merrick_exact"].(string)); !s.Gross.Decimal().Equal(exact.Round(2)) {
		p.Errorf("%s: pays %s", p.ID, s.Gross)
	}
}

func (p *published) taylor() {
	s := pay(p, steps(p.T, p.number("standard"), piecework.Whole, p.in("low_rate"), "from 100%: "+p.in("high_rate")), p.number("pieces"), 0)
	p.want("wage", s.Gross.String())
	p.withMachine(s.Gross)
}

func (p *published) straight() {
	s := pay(p, &piecework.PieceRate{Rate: p.rate("rate")}, p.number("pieces"), 0)
	p.want("wage", s.Gross.String())
	p.withMachine(s.Gross)
}

func (p *published) withMachine(wage piecework.Money) {
	if p.Expected["total_cost"] != nil {
		total := wage.Add(p.money("machine_cost"))
		p.want("total_cost", total.String())
		p.want("cost_per_piece_2dp", piecework.RoundMoney(total.Decimal().DivRound(dec(p.in("pieces")), 16)).String())
	}
}

// taylorPercent gives percentages of a piece rate, which may be an hour's wage by an hour's task.
func (p *published) taylorPercent() {
	var rate, standard = "", int64(0)
	if p.Kind == "taylor_differential_pct" {
		rate, standard = dec(p.in("hourly_rate")).Div(dec(p.in("std_per_hour"))).String(), p.number("std_per_hour")*p.number("hours")
	} else {
		rate, standard = p.in("piece_rate"), p.number("standard")
	}
	of := func(name string) string { return dec(rate).Mul(dec(p.in(name))).String() }
	s := pay(p, steps(p.T, standard, piecework.Whole, of("low_pct"), "from 100%: "+of("high_pct")), p.number("pieces"), 0)
	p.want("wage", s.Gross.String())
	if p.Expected["piece_rate"] != nil {
		p.want("piece_rate", s.Lines[0].Rate.String())
	}
}

func (p *published) totals() {
	p.want("saving", p.money("day_work_cost").Sub(p.money("piece_work_cost")).String())
}

// misprint is a row whose printed answer breaks the rule that it illustrates.
func (p *published) misprint() {
	switch p.ID {
	case "merrick-bj-wrong":
		rate := dec(p.in("piece_rate"))
		r := steps(p.T, p.number("standard"), piecework.Whole, rate.String(), "above 83%: "+rate.Mul(dec("1.1")).String(), "above 100%: "+rate.Mul(dec("1.2")).String())
		p.checked["published_wrong"], p.checked["correct"] = true, true
		for i, n := range p.Inputs["pieces"].([]any) {
			got := pay(p, r, dec(n.(string)).IntPart(), 0).Gross.String()
			wrong, correct := p.Expected["published_wrong"].([]any)[i].(string), p.Expected["correct"].([]any)[i].(string)
			if got != correct || dec(got).Equal(dec(wrong)) {
				p.Errorf("%s: %s pieces come to %s, want %s and not %s", p.ID, n, got, correct, wrong)
			}
		}
	case "towne-halsey-honest-misprint":
		// In hundredths of a cent, so that the fen is their fourth decimal.
		r := byTime(p, piecework.Halsey, dec(p.in("rate_cents")).Shift(2).String(), 1, p.minutes("time_allowed"), p.in("share"))
		got := pay(p, r, 1, p.minutes("time_taken")).Gross.Decimal().Shift(-2).String()
		p.want("correct_total_cents_4dp", got)
		p.refuse("published_total_cents", got)
	case "quanswer-halsey-wrong":
		job := func(scheme piecework.Scheme, share string) string {
			return pay(p, byTime(p, scheme, p.in("rate"), 1, p.minutes("standard_hours"), share), 1, p.minutes("actual_hours")).Gross.String()
		}
		halsey := job(piecework.Halsey, percent(p.in("share")))
		p.want("correct_halsey", halsey)
		p.refuse("published_wrong_halsey", halsey)
		p.want("rowan", job(piecework.Rowan, ""))
	default:
		p.Errorf("%s: an unknown misprint", p.ID)
	}
}

func (p *published) scrap() {
	in := payroll.Input{Policy: payroll.PolicyOf(piecework.NewWorkshop("W", "W"))}
	for i, line := range p.Inputs["lines"].([]any) {
		n := func(name string) int64 { return dec(line.(map[string]any)[name].(string)).IntPart() }
		in.Work = append(in.Work, payroll.Work{WorkerID: 1, OrderID: 1, OperationID: int64(i + 1), Day: "2026-10-01",
			Fixed:  &piecework.PieceRate{Rate: pieceworktest.Rate(p, line.(map[string]any)["rate"].(string))},
			Counts: piecework.Counts{Good: n("good"), ScrapMaterial: n("material_scrap"), ScrapWorkmanship: n("worker_scrap")}})
	}
	got := payroll.Compute(in).Slips[0].Gross.String()
	p.want("correct_by_formula", got)
	p.refuse("published_wrong", got)
}

func (p *published) group() {
	rate, standard := p.rate("rate"), piecework.Money{}
	in := payroll.Input{Teams: map[int64][]piecework.TeamMember{9: nil}, Present: payroll.Presence{}}
	var names []string
	for i, m := range p.Inputs["members"].([]any) {
		member := m.(map[string]any)
		daily, days := pieceworktest.Rate(p, member["daily"].(string)), dec(member["days"].(string)).IntPart()
		names = append(names, member["name"].(string))
		in.Teams[9] = append(in.Teams[9], piecework.TeamMember{WorkerID: int64(i + 1), ShareWeight: daily.Millionths()})
		in.Present[at{1, int64(i + 1)}] = days
		standard = standard.Add(daily.Times(days))
	}
	in.Work = []payroll.Work{{WorkerID: 9, OrderID: 1, OperationID: 1, SessionID: 1, Day: "2026-10-05", Counts: piecework.Counts{Good: p.number("pieces")}, Fixed: &piecework.PieceRate{Rate: rate}}}
	sum := piecework.Money{}
	for i, s := range payroll.Compute(in).Slips {
		if want := p.Expected["shares"].(map[string]any)[names[i]]; s.Gross.String() != want {
			p.Errorf("%s (%s): %s gets %s, want %s", p.ID, p.Source, names[i], s.Gross, want)
		}
		sum = sum.Add(s.Gross)
	}
	p.checked["shares"] = true
	p.want("group_total", sum.String())
	p.want("standard_total", standard.String())
}

func (p *published) groupBonus() {
	bonus := p.money("task_price").Sub(p.money("time_wages_total"))
	p.want("bonus", bonus.String())
	var weights []int64
	for _, r := range p.Inputs["ratio"].([]any) {
		weights = append(weights, dec(r.(string)).IntPart())
	}
	p.wantList("shares", bonus.Split(weights))
}

func (p *published) wantList(name string, got []piecework.Money) {
	p.Helper()
	p.checked[name] = true
	want := p.Expected[name].([]any)
	if len(got) != len(want) {
		p.Errorf("%s (%s): %d figures of %s, want %d", p.ID, p.Source, len(got), name, len(want))
	}
	for i := range min(len(got), len(want)) {
		if !got[i].Decimal().Equal(dec(want[i].(string))) {
			p.Errorf("%s (%s): %s %d is %s, want %s", p.ID, p.Source, name, i+1, got[i], want[i])
		}
	}
}

func (p *published) seats() {
	weights := p.Inputs["weights"].(map[string]any)
	states := slices.Sorted(maps.Keys(weights))
	var of []int64
	for _, s := range states {
		of = append(of, dec(weights[s].(string)).IntPart())
	}
	sum := int64(0)
	for i, seats := range piecework.Fen(p.number("total_units")).Split(of) {
		if want := p.Expected["shares"].(map[string]any)[states[i]].(string); seats.Fen() != dec(want).IntPart() {
			p.Errorf("%s (%s): %s has %d seats, want %s", p.ID, p.Source, states[i], seats.Fen(), want)
		}
		sum += seats.Fen()
	}
	p.checked["shares"] = true
	p.want("sum", dec("1").Mul(dec(big.NewInt(sum).String())).String())
}
