// Package slipdoc turns settlement slips as they are stored into slips as they are printed: names for codes, words in the
// reader's language, and the rules that were applied as footnotes. The command line and the pages print the same.
package slipdoc

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"jijian/payroll"
	"jijian/payroll/slippdf"
	"jijian/piecework"
)

// in is the language of a code; any other than "en" is Chinese.
func in(lang string) *language {
	if lang == "en" {
		return &english
	}
	return &chinese
}

// Of is the printed form of a slip in "zh" or "en" (any other is "zh"). The slip comes from [payroll.SlipsOf] or
// [payroll.SlipByID], with everything printed on it. baseURL is where people reach the program, such as
// https://jijian.example; without it there is no QR code.
func Of(s *payroll.Slip, lang, baseURL string) slippdf.Slip {
	words := in(lang)
	doc := slippdf.Slip{
		Number: fmt.Sprintf("%d-%s", s.RunID, s.Worker.Code), Version: s.Version, Workshop: s.Run.Workshop.Name,
		WorkerCode: s.Worker.Code, WorkerName: s.Worker.Name,
		From: s.Run.PeriodFrom, To: s.Run.PeriodTo, Draft: s.IssuedAt == 0, Currency: s.Run.Workshop.Currency,
		Gross: s.Gross, Deductions: s.Deductions, Tax: s.Tax, Net: s.Net, Carried: s.CarriedForward,
		CheckCode: s.CheckCode,
	}
	if s.IssuedAt != 0 {
		doc.Approved = piecework.DateOf(s.IssuedAt.In(s.Run.Workshop.Location()))
	}
	doc.CheckURL = CheckURL(baseURL, s.CheckCode)
	doc.Confirmed, doc.Signature = Confirmed(s)
	for i := range s.Lines {
		doc.Lines = append(doc.Lines, words.line(s, &s.Lines[i]))
	}
	for i := range s.Carries {
		doc.Carries = append(doc.Carries, words.carry(s, &s.Carries[i]))
	}
	doc.Footnotes = words.footnotes(s)
	return doc
}

// All is the printed form of several slips.
func All(slips []payroll.Slip, lang, baseURL string) []slippdf.Slip {
	docs := make([]slippdf.Slip, len(slips))
	for i := range slips {
		docs[i] = Of(&slips[i], lang, baseURL)
	}
	return docs
}

// Confirmed is when the worker confirmed a slip version, in the time of the workshop, such as 2026-11-05 14:03, and what she drew as
// her signature. The slip comes as [Of] takes it.
func Confirmed(s *payroll.Slip) (at string, signature [][][2]int) {
	if s.Acknowledgement == nil {
		return "", nil
	}
	if s.Signature != nil {
		for _, line := range s.Signature.Lines() {
			var points [][2]int
			for _, p := range line {
				points = append(points, [2]int{p.X, p.Y})
			}
			signature = append(signature, points)
		}
	}
	return s.Acknowledgement.AcknowledgedAt.In(s.Run.Workshop.Location()).Format("2006-01-02 15:04"), signature
}

// ShortHash is the first 16 hexadecimal digits of what covers a slip and all before it, as paper and check page show them; "" for a draft.
func ShortHash(s *payroll.Slip) string { return hex.EncodeToString(s.Hash[:min(8, len(s.Hash))]) }

// CheckURL is the page on which anybody who holds a slip can check it; "" without a base address or a code.
func CheckURL(baseURL, code string) string {
	if baseURL == "" || code == "" {
		return ""
	}
	return strings.TrimSuffix(baseURL, "/") + "/c/" + code
}

func (words *language) line(s *payroll.Slip, l *payroll.Line) slippdf.Line {
	out := slippdf.Line{Kind: words.kinds[l.Kind], Amount: l.Amount, Rework: l.Rework, ScrapWorkmanship: l.ScrapWorkmanship, ScrapMaterial: l.ScrapMaterial}
	if l.Operation != nil {
		out.Operation = l.Operation.Name
	}
	if l.Order != nil {
		out.Order = l.Order.Code
		if l.Order.Product != nil {
			out.Product = l.Order.Product.Name
		}
	}
	notes := []string{l.Note}
	if l.Kind == payroll.Guarantee {
		notes = append(notes, words.guarantee(s))
	} else if len(l.Parts) > 0 {
		notes = append(notes, words.byTime(l))
	} else if whole := l.Rate.Times(l.Quantity); l.TeamID != 0 && l.IsWork() {
		notes = append(notes, strings.ReplaceAll(fmt.Sprintf(words.team, l.Quantity, l.Rate, l.TeamAmount, l.Share), "-", "−"))
	} else if l.IsWork() && whole.Cmp(l.Amount) == 0 {
		out.HasQuantity, out.Quantity, out.Rate = true, l.Quantity, l.Rate
	} else if l.IsWork() { // it did not fit: pieces × rate is not what was taken
		part := fmt.Sprintf(words.part, l.Quantity, l.Rate, whole, l.Amount.Neg(), l.Amount.Sub(whole))
		notes = append(notes, strings.ReplaceAll(part, "-", "−"))
	}
	if why := words.factor(l); why != "" {
		notes = append(notes, why)
	}
	if l.Repricing && len(l.Parts) == 0 {
		notes = append(notes, words.repriced)
	}
	if l.Kind == payroll.BackPay {
		notes = append(notes, words.backPay(l))
	} else if l.CorrectsRunID != 0 {
		notes = append(notes, fmt.Sprintf(words.corrects, l.CorrectsRunID))
	}
	if l.CarriedFromRunID != 0 {
		notes = append(notes, fmt.Sprintf(words.carriedFrom, l.CarriedFromRunID))
	}
	out.Note = strings.TrimPrefix(strings.Join(notes, " "), " ")
	return out
}

// backPay explains a line of arrears: which run, how many pieces, the rates, and what they came to before and come to now.
func (words *language) backPay(l *payroll.Line) string {
	note := fmt.Sprintf(words.arrears, l.CorrectsRunID, l.Quantity, l.OldRate, l.Rate)
	switch {
	case l.Quantity == 0:
		note = fmt.Sprintf(words.arrearsShared, l.CorrectsRunID)
	case l.PieceRate != nil && l.PieceRate.ByTime():
		note = fmt.Sprintf(words.arrearsByTime, l.CorrectsRunID, l.Quantity)
	}
	if l.Arrears != nil {
		note += fmt.Sprintf(words.arrearsPaid, l.Arrears.Paid, l.Arrears.Due)
		if rest := l.Arrears.Amount().Sub(l.Amount); !rest.IsZero() {
			note += fmt.Sprintf(words.arrearsRest, l.Amount.Neg(), rest.Neg())
		}
	}
	return note
}

// factor says from which rate the rate of a line comes, such as 加班 0.35 × 150%.
func (words *language) factor(l *payroll.Line) string {
	var parts []string
	if l.DayKind != piecework.OrdinaryDay {
		parts = append(parts, fmt.Sprintf("%s × %d%%", words.days[l.DayKind], l.DayPercent))
	}
	if l.Grade != "" && l.GradePercent != 100 {
		parts = append(parts, fmt.Sprintf("%s × %d%%", l.Grade, l.GradePercent))
	}
	if len(parts) == 0 {
		return ""
	}
	return fmt.Sprintf(words.agreed, l.AgreedRate) + strings.Join(parts, words.and)
}

// carry names what a slip carries forward by its kind, and a correction by its work where a line of the slip tells of it.
func (words *language) carry(s *payroll.Slip, c *payroll.Carry) slippdf.Carry {
	out := slippdf.Carry{Kind: words.kinds[c.Kind], Since: c.Since, Note: c.Note, Amount: c.Amount}
	if c.Kind == payroll.Advance {
		out.Kind = words.advance
	}
	of := func(l payroll.Line) bool {
		return c.OperationID != 0 && l.OperationID == c.OperationID && l.OrderID == c.OrderID && l.Operation != nil && l.Order != nil
	}
	if i := slices.IndexFunc(s.Lines, of); i >= 0 {
		out.Note = strings.TrimPrefix(out.Note+" "+s.Lines[i].Operation.Name+" "+s.Lines[i].Order.Code, " ")
	}
	return out
}

// footnotes are the rules behind the figures of this slip as its run used them, each only where it was used.
func (words *language) footnotes(s *payroll.Slip) []string {
	var notes []string
	uses := map[payroll.Kind]bool{}
	for i := range s.Lines {
		uses[s.Lines[i].Kind] = true
		uses[""] = uses[""] || s.Lines[i].IsWork()
	}
	for _, c := range s.Carries {
		uses[c.Kind] = true
	}
	if uses[""] {
		notes = append(notes, words.paid(s.Run.Policy), words.rounding)
	}
	if s.Run.Order != nil {
		notes = append(notes, fmt.Sprintf(words.order, s.Run.Order.Code))
	}
	notes = append(notes, words.ofTiers(s)...)
	notes = append(notes, words.ofSchemes(s)...)
	notes = append(notes, words.ofGuarantee(s)...)
	notes = append(notes, words.ofTime(s)...)
	notes = append(notes, words.ofTax(s)...)
	if uses[payroll.BackPay] {
		notes = append(notes, words.backPaid)
	}
	if uses[payroll.Correction] {
		notes = append(notes, words.correction)
	}
	if uses[payroll.Damage] {
		notes = append(notes, words.ofDamage(s))
	}
	if !s.CarriedForward.IsZero() {
		notes = append(notes, words.carried)
	}
	if s.Reason != "" {
		notes = append(notes, fmt.Sprintf(words.replaces, s.Version-1, s.Reason))
	}
	if s.CheckCode != "" {
		notes = append(notes, fmt.Sprintf(words.check, ShortHash(s)))
	}
	return notes
}

// ofTiers tells the steps of each rate with tiers that priced a line.
func (words *language) ofTiers(s *payroll.Slip) []string {
	var notes []string
	told := map[int64]bool{}
	for _, l := range s.Lines {
		r := l.PieceRate
		if r == nil || !r.Tiered() || told[r.ID] || l.Operation == nil {
			continue
		}
		told[r.ID] = true
		note := fmt.Sprintf(words.tier, l.Operation.Name, words.spans[r.TierSpan], r.Rate)
		if r.Quota != 0 {
			note += fmt.Sprintf(words.quota, r.Quota)
		}
		step := words.marginal
		if r.TierMode == piecework.Whole {
			step = words.whole
		}
		for i, t := range r.Tiers {
			note += fmt.Sprintf(step, r.Begins(i), t.Rate)
		}
		notes = append(notes, note+words.stop)
	}
	return notes
}

// ofTime holds the pay against the minimum wage for the hours, where they are known.
func (words *language) ofTime(s *payroll.Slip) []string {
	if s.Minutes == 0 {
		return nil
	}
	note := fmt.Sprintf(words.hours, s.Minutes/60, s.Minutes%60, amount(s, s.Hourly()))
	if !s.EarnedByOrder.IsZero() {
		note += fmt.Sprintf(words.byOrder, amount(s, s.EarnedByOrder))
	}
	if !s.MinimumHourly.IsZero() {
		note += fmt.Sprintf(words.minimum, amount(s, s.MinimumHourly))
		made := slices.ContainsFunc(s.Lines, func(l payroll.Line) bool { return l.Kind == payroll.MakeUp })
		switch {
		case !s.BelowMinimum():
			note += words.enough
		case made:
			note += fmt.Sprintf(words.toppedUp, amount(s, s.Shortfall()))
		default:
			note += fmt.Sprintf(words.short, amount(s, s.Shortfall()))
		}
	}
	return []string{note + words.stop}
}

// ofTax names the rule by which tax was withheld, and what of the month or year it took into account.
func (words *language) ofTax(s *payroll.Slip) []string {
	format, ok := words.tax[s.IncomeType]
	if !ok {
		return nil
	}
	note := fmt.Sprintf(format, amount(s, s.IncomeBefore.Add(s.Income)), amount(s, s.Income), amount(s, s.TaxBefore.Add(s.Tax)), amount(s, s.Tax))
	if s.IncomeType.Cumulative() {
		note += fmt.Sprintf(words.free, amount(s, s.TaxFree))
	}
	return []string{note}
}

// Why explains in words a line that no pieces stand behind, or only by a rule: tax, pay that is made up, damage. It is "" for others.
func Why(s *payroll.Slip, kind payroll.Kind, lang string) string {
	words := in(lang)
	switch kind {
	case payroll.Tax:
		return strings.Join(words.ofTax(s), " ")
	case payroll.MakeUp:
		return strings.Join(words.ofTime(s), " ")
	case payroll.Damage:
		return words.ofDamage(s)
	}
	return ""
}

// ofDamage says how much damage may take.
func (words *language) ofDamage(s *payroll.Slip) string {
	note := fmt.Sprintf(words.damage, s.Run.Policy.DamageCapPercent)
	if !s.MinimumPay().IsZero() {
		note += words.floor
	}
	return note + words.stop
}

// amount is money in the currency of the slip's workshop.
func amount(s *payroll.Slip, m piecework.Money) string {
	if c := s.Run.Workshop.Currency; c != "CNY" {
		return c + " " + m.String()
	}
	return "¥" + m.String()
}

// paid says which counted pieces are paid and which are not.
func (words *language) paid(p payroll.Policy) string {
	paid, unpaid := []string{words.good}, []string(nil)
	for _, c := range []struct {
		name string
		paid bool
	}{{words.material, p.PayScrapMaterial}, {words.workmanship, p.PayScrapWorkmanship}, {words.rework, p.PayRework}} {
		if c.paid {
			paid = append(paid, c.name)
		} else {
			unpaid = append(unpaid, c.name)
		}
	}
	note := fmt.Sprintf(words.paidPieces, strings.Join(paid, " + "))
	if len(unpaid) > 0 {
		note += fmt.Sprintf(words.unpaidPieces, strings.Join(unpaid, words.and))
	}
	return note + words.stop
}
