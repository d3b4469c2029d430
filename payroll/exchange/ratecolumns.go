package exchange

import (
	"slices"
	"strconv"
	"strings"

	"jijian/piecework"
)

// maxTiersText is how long the steps of a rate, or the table of Emerson's plan, may be in a cell.
const maxTiersText = 1000

// rateColumns are the columns of a rate in tiers or by time. A row fills those of one of the two, or none.
func rateColumns() []Column {
	schemes := make([]string, len(piecework.Schemes))
	for i, s := range piecework.Schemes {
		schemes[i] = string(s)
	}
	return []Column{
		text("tiers", maxTiersText, "阶梯，用空格隔开：100:0.35 表示从第 100 件起，>100:0.35 表示超过 100 件；填了定额则为定额的百分数",
			"Tiers, divided by blanks: 100:0.35 is from 100 pieces on, >100:0.35 above 100; with a quota they are percentages of it"),
		oneOf("tier_mode", []string{string(piecework.Marginal), string(piecework.Whole)}, "到达阶梯后：marginal 只对超出的件数，whole 对全部件数", "What a tier does: marginal is for the pieces beyond, whole for all pieces"),
		oneOf("tier_span", []string{string(piecework.PerDay), string(piecework.PerSession), string(piecework.PerPeriod)}, "件数按天、按场次或按结算期累计", "Pieces are counted over a day, a session or a pay run"),
		of(Count, "quota", "定额（件）", "Quota in pieces"),
		oneOf("scheme", schemes, "工时奖励办法：哈尔西、罗恩、甘特、爱默生", "Plan by time"),
		of(Rate, "hour_wage", "每小时工资（元）", "Wage for an hour"),
		of(Count, "standard_pieces", "标准工时对应的件数", "So many pieces should take"),
		of(Count, "standard_minutes", "这些件数的标准工时（分钟）", "so many minutes"),
		text("premium", 20, "奖励比例，例如 50% 或 1/3（哈尔西、甘特）", "Premium, such as 50% or 1/3 (Halsey, Gantt)"),
		text("bonuses", maxTiersText, "效率与奖金，用空格隔开，例如 66.67:0 100:20（爱默生）", "Efficiency and bonus in percent, divided by blanks, such as 66.67:0 100:20 (Emerson)"),
	}
}

// readTerms fills a rate's tiers or its plan by time from a row, and reports what cannot be read. Whether they make sense the rate says itself.
func (im *importer) readTerms(r *Row, rate *piecework.PieceRate) {
	rate.TierMode, rate.TierSpan, rate.Quota = piecework.TierMode(r.Text("tier_mode")), piecework.TierSpan(r.Text("tier_span")), r.Int("quota")
	for cell := range strings.FieldsSeq(r.Text("tiers")) {
		tier, wrong := parseTier(cell, rate.Quota != 0)
		if wrong != nil {
			im.fault(r, "tiers", wrong)
			return
		}
		rate.Tiers = append(rate.Tiers, tier)
	}
	for _, column := range []string{"tier_mode", "tier_span", "quota"} {
		if r.Given(column) && len(rate.Tiers) == 0 {
			im.fault(r, column, piecework.Msg("belongs to tiers, and there are none"))
		}
	}
	rate.Terms = piecework.Terms{Scheme: piecework.Scheme(r.Text("scheme")), Hourly: piecework.Millionths(r.Int("hour_wage")),
		StandardPieces: r.Int("standard_pieces"), StandardMinutes: r.Int("standard_minutes")}
	for _, column := range []string{"hour_wage", "standard_pieces", "standard_minutes", "premium", "bonuses"} {
		if r.Given(column) && !rate.ByTime() {
			im.fault(r, column, piecework.Msg("belongs to a plan by time, and there is none"))
		}
	}
	var wrong *piecework.Message
	if r.Given("premium") {
		if rate.Premium, wrong = piecework.ParseFraction(r.Text("premium")); wrong != nil {
			im.fault(r, "premium", wrong)
		}
	}
	if r.Given("bonuses") {
		if rate.Bonuses, wrong = piecework.ParseBonusTable(strings.NewReplacer(" ", "\n", ":", " ").Replace(r.Text("bonuses"))); wrong != nil {
			im.fault(r, "bonuses", wrong)
		}
	}
	switch {
	case rate.ByTime() && r.Given("rate"):
		im.fault(r, "rate", piecework.Msg("a plan by time says itself what a piece comes to; leave it blank"))
	case !rate.ByTime() && !r.Given("rate"):
		im.fault(r, "rate", piecework.Msg("is required"))
	}
}

// parseTier reads a step such as 100:0.35 or >100:0.35; with a quota its threshold is a percentage.
func parseTier(cell string, percent bool) (t piecework.RateTier, wrong *piecework.Message) {
	at, rate, ok := strings.Cut(cell, ":")
	if !ok {
		return t, piecework.Msg("%q is not a tier such as 100:0.35", cell)
	}
	at, t.Above = strings.CutPrefix(at, ">")
	if percent {
		m, wrong := piecework.ParseMoney(at) // a plain number with two decimals, like an amount
		if wrong != nil {
			return t, wrong
		}
		t.Threshold = m.Fen()
	} else if t.Threshold, wrong = wholeNumber(at); wrong != nil {
		return t, wrong
	}
	t.Rate, wrong = piecework.ParseRate(rate)
	return t, wrong
}

func wholeNumber(s string) (int64, *piecework.Message) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0, piecework.Msg("%q is not a whole number such as 120", s)
	}
	return n, nil
}

// tiersText is the steps of a rate as a cell has them.
func tiersText(r *piecework.PieceRate) string {
	cells := make([]string, len(r.Tiers))
	for i, t := range r.Tiers {
		at := number(t.Threshold)
		if r.Quota != 0 {
			at = piecework.Fen(t.Threshold).String()
		}
		if t.Above {
			at = ">" + at
		}
		cells[i] = at + ":" + t.Rate.String()
	}
	return strings.Join(cells, " ")
}

// rateFields are the contents of a rate, each under the name of its column.
var rateFields = []field[piecework.PieceRate]{
	{"rate", func(r *piecework.PieceRate) string { return r.Rate.String() }},
	{"tiers", tiersText},
	{"tier_mode", func(r *piecework.PieceRate) string { return string(r.TierMode) }},
	{"tier_span", func(r *piecework.PieceRate) string { return string(r.TierSpan) }},
	{"quota", func(r *piecework.PieceRate) string { return number(r.Quota) }},
	{"scheme", func(r *piecework.PieceRate) string { return string(r.Scheme) }},
	{"hour_wage", func(r *piecework.PieceRate) string { return r.Hourly.String() }},
	{"standard_pieces", func(r *piecework.PieceRate) string { return number(r.StandardPieces) }},
	{"standard_minutes", func(r *piecework.PieceRate) string { return number(r.StandardMinutes) }},
	{"premium", func(r *piecework.PieceRate) string { return r.Premium.String() }},
	{"bonuses", func(r *piecework.PieceRate) string { return r.Bonuses.String() }},
}

// insertRates stores new rates with their tiers.
func (im *importer) insertRates(items []*piecework.PieceRate) error {
	if _, err := im.db.NewInsert().Model(&items).Exec(im.ctx); err != nil {
		return err
	}
	var tiers []piecework.RateTier
	for _, r := range items {
		for i := range r.Tiers {
			r.Tiers[i].RateID = r.ID
		}
		tiers = append(tiers, r.Tiers...)
	}
	for chunk := range slices.Chunk(tiers, batchSize) {
		if _, err := im.db.NewInsert().Model(&chunk).Returning("NULL").Exec(im.ctx); err != nil {
			return err
		}
	}
	return nil
}
