package handlers

import (
	"fmt"
	"strconv"
	"strings"

	"jijian/piecework"
	"jijian/templates"
)

// tierRow is one step of the form of a rate.
type tierRow struct {
	N             int
	At, How, Rate string // names of its fields
}

// tierRows are the steps a form offers.
func tierRows() []tierRow {
	rows := make([]tierRow, piecework.MaxTiers)
	for i := range rows {
		rows[i] = tierRow{i + 1, fmt.Sprintf("tier_%d_at", i+1), fmt.Sprintf("tier_%d_how", i+1), fmt.Sprintf("tier_%d_rate", i+1)}
	}
	return rows
}

// tierFields are the names of all the fields about tiers.
func tierFields() []string {
	names := []string{"tier_mode", "tier_span", "quota"}
	for _, r := range tierRows() {
		names = append(names, r.At, r.How, r.Rate)
	}
	return names
}

// tiers reads the steps of a rate. A row without threshold and rate is not one; without a mode there are none.
func (f *form) tiers(r *piecework.PieceRate) {
	if r.TierMode = piecework.TierMode(f.text("tier_mode")); r.TierMode == "" {
		return
	}
	r.TierSpan, r.Quota = piecework.TierSpan(f.text("tier_span")), f.number("quota")
	for _, row := range tierRows() {
		at, rate := f.text(row.At), f.text(row.Rate)
		if at == "" && rate == "" {
			continue
		}
		t := piecework.RateTier{Above: f.text(row.How) == "above"}
		var wrong *piecework.Message
		if t.Threshold, wrong = threshold(at, r.Quota != 0); wrong == nil {
			t.Rate, wrong = piecework.ParseRate(rate)
		}
		if wrong != nil {
			f.invalid.Add("tiers", "tier %d: %s", row.N, wrong)
		}
		r.Tiers = append(r.Tiers, t)
	}
	if len(r.Tiers) == 0 {
		f.invalid.Add("tiers", "is required")
	}
}

// threshold reads a number of pieces, or a percentage with up to two decimals as hundredths of a percent.
func threshold(s string, percent bool) (int64, *piecework.Message) {
	if percent {
		m, wrong := piecework.ParseMoney(s) // a plain number with two decimals, like an amount
		return m.Fen(), wrong
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0, piecework.Msg("%q is not a whole number such as 120", s)
	}
	return n, nil
}

// tierForm is what the form of a rate offers about tiers.
type tierForm struct{ view *visit }

// Modes are what a reached tier may do.
func (p tierForm) Modes() []templates.Option {
	return []templates.Option{
		{Value: "", Text: p.view.says("One rate for all pieces")},
		{Value: string(piecework.Marginal), Text: p.view.says("Tiers: the pieces above a threshold get another rate")},
		{Value: string(piecework.Whole), Text: p.view.says("Tiers: all pieces get the rate of the tier reached")},
	}
}

// Spans are over what pieces may be counted.
func (p tierForm) Spans() []templates.Option {
	return []templates.Option{
		{Value: string(piecework.PerDay), Text: p.view.says("a day")},
		{Value: string(piecework.PerSession), Text: p.view.says("a session")},
		{Value: string(piecework.PerPeriod), Text: p.view.says("a pay run")},
	}
}

// span is one of the spans in words.
func (p tierForm) span(of piecework.TierSpan) string {
	for _, o := range p.Spans() {
		if o.Value == string(of) {
			return o.Text
		}
	}
	return ""
}

// Hows are how a threshold is met.
func (p tierForm) Hows() []templates.Option {
	return []templates.Option{{Value: "from", Text: p.view.says("from")}, {Value: "above", Text: p.view.says("above")}}
}

// Rows are the steps the form offers.
func (p tierForm) Rows() []tierRow { return tierRows() }

// steps are the steps of a rate in words, such as "from piece 101 on ¥0.35".
func steps(v *visit, r *piecework.PieceRate) []string {
	var list []string
	for i, t := range r.Tiers {
		at := ""
		if r.Quota != 0 {
			percent := strings.TrimSuffix(piecework.Fen(t.Threshold).String(), ".00")
			at = v.says(" (%s%% of the quota)", percent)
		}
		if r.TierMode == piecework.Whole {
			list = append(list, v.says("from %d pieces on, all at %s", r.Begins(i), "¥"+t.Rate.String())+at)
		} else {
			list = append(list, v.says("from piece %d on %s", r.Begins(i), "¥"+t.Rate.String())+at)
		}
	}
	return list
}
