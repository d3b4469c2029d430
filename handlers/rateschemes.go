package handlers

import (
	"math/big"
	"strings"

	"jijian/piecework"
	"jijian/templates"
)

// termFields are the names of the fields about plans by time.
var termFields = []string{"scheme", "hour_wage", "standard_pieces", "standard_minutes", "premium", "bonuses"}

// terms reads a plan by time and says whether there is one. Then what a piece comes to follows from it.
func (f *form) terms(r *piecework.PieceRate) bool {
	if r.Scheme = piecework.Scheme(f.text("scheme")); !r.ByTime() {
		return false
	}
	r.Hourly, r.StandardPieces, r.StandardMinutes = f.rate("hour_wage"), f.number("standard_pieces"), f.number("standard_minutes")
	var wrong *piecework.Message
	switch r.Scheme {
	case piecework.Halsey, piecework.Gantt:
		if f.text("premium") == "" {
			wrong = piecework.Msg("is required")
		} else {
			r.Premium, wrong = piecework.ParseFraction(f.text("premium"))
		}
		f.invalid.AddMsg("premium", wrong)
	case piecework.Emerson:
		r.Bonuses, wrong = piecework.ParseBonusTable(f.text("bonuses"))
		f.invalid.AddMsg("bonuses", wrong)
	}
	return true
}

// schemes are the plans by time to choose from.
func schemes(v *visit) []templates.Option {
	return []templates.Option{
		{Value: "", Text: v.says("By the piece")},
		{Value: string(piecework.Halsey), Text: v.says("Halsey: a share of the time saved")},
		{Value: string(piecework.Rowan), Text: v.says("Rowan: as much more as time was saved")},
		{Value: string(piecework.Gantt), Text: v.says("Gantt: the task in time earns a bonus")},
		{Value: string(piecework.Emerson), Text: v.says("Emerson: a bonus by efficiency")},
	}
}

// planShown is a plan by time in words and in figures.
type planShown struct {
	Name string
	*piecework.Terms
	Standard string // the time of the standard pieces
	Paces    []paceShown
}

// paceShown is what an hour comes to at a pace.
type paceShown struct {
	Efficiency int64
	PerHour    string // pieces, one decimal where there is one
	Hour       piecework.Money
}

// planOf shows the plan of a rate, or is nil where it has none.
func planOf(v *visit, r *piecework.PieceRate) *planShown {
	if !r.ByTime() {
		return nil
	}
	p := &planShown{Terms: &r.Terms, Standard: v.says("%d h %02d min", r.StandardMinutes/60, r.StandardMinutes%60)}
	for _, o := range schemes(v) {
		if o.Value == string(r.Scheme) {
			p.Name = o.Text
		}
	}
	hour := big.NewRat(60, 1)
	for _, percent := range []int64{50, 80, 100, 120, 150} {
		standard := new(big.Rat).Mul(hour, big.NewRat(percent, 100))
		pieces := new(big.Rat).Quo(standard, r.Standard(1))
		p.Paces = append(p.Paces, paceShown{percent, strings.TrimSuffix(pieces.FloatString(1), ".0"), piecework.RoundRat(r.Pay(r.Hourly, standard, hour))})
	}
	return p
}
