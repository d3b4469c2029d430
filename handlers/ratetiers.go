package handlers

import (
	"fmt"
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
		if f.text(row.At) == "" && f.text(row.Rate) == "" {
			continue
		}
		t := piecework.RateTier{Above: f.text(row.How) == "above", Rate: f.rate(row.Rate)}
		if r.Quota == 0 {
			t.Threshold = f.number(row.At)
		} else {
			t.Threshold = f.hundredths(row.At)
		}
		r.Tiers = append(r.Tiers, t)
	}
	if len(r.Tiers) == 0 {
		f.invalid.Add(tierRows()[0].At, "is required")
	}
}

// hundredths is a percentage with up to two decimals, in hundredths of a percent.
func (f *form) hundredths(field string) int64 {
	percent, msg := piecework.ParseMoney(f.text(field)) // a plain number with two decimals, like an amount
	f.need(field, msg)
	return percent.Fen()
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
