package slipdoc

import (
	"fmt"
	"slices"
	"strings"

	"jijian/payroll"
	"jijian/piecework"
)

// schemeWords are what a slip says of work that is paid by time and of what is guaranteed.
type schemeWords struct {
	known, unknown, partly string // pieces, standard time, time taken, efficiency; sessions whose time is not known
	paidBefore             string // what the sessions come to by now, and what was paid of it
	shared                 string // pieces paid before share their time with others now
	cut                    string // what a correction comes to, what was taken, and the rest
	rate                   string // operation, standard pieces, time, wage of an hour
	plans                  map[piecework.Scheme]string
	bonus                  string // efficiency and bonus
	rounding               string
	rule                   map[piecework.Guarantee]string
	reckoned               string
	day                    string // day, guaranteed, earned, difference
	more                   string // how many days besides
}

var chineseSchemes = schemeWords{
	known: "%d 件，标准工时 %s，实际工时 %s，效率 %d%%", unknown: "%d 件，工时不明，按标准工时 %s 计", partly: "%d 件，标准工时 %s，其中 %d 场工时不明，按标准工时计",
	paidBefore: "至今应付 %s，已付 %s", shared: "与补记的计件分摊同一场工时，重新核算", cut: "应扣 %s，本期扣 %s，结转下期 %s",
	rate: "%s 按工时计酬：定额 %d 件 %s，每小时 %s，", plans: map[piecework.Scheme]string{
		piecework.Halsey:  "哈尔西制：付实际工时，另付节省工时的 %s",
		piecework.Rowan:   "罗恩制：付实际工时，再按节省工时占标准工时的比例加付",
		piecework.Gantt:   "甘特制：超过标准工时付实际工时，按时完成付标准工时另加 %s",
		piecework.Emerson: "爱默生制：付实际工时，再按效率（标准工时 ÷ 实际工时）加奖金：",
	},
	bonus: "%s%% 加 %s%%", rounding: "一场的工时按各工序标准工时分摊，每场四舍五入到分",
	rule: map[piecework.Guarantee]string{
		{Per: piecework.ByHour, Over: piecework.ByDay}: "每小时 %s，逐天核算", {Per: piecework.ByHour, Over: piecework.ByPeriod}: "每小时 %s，整期核算",
		{Per: piecework.ByDay, Over: piecework.ByDay}: "每天 %s，逐天核算", {Per: piecework.ByDay, Over: piecework.ByPeriod}: "每天 %s，整期核算",
		{Per: piecework.ByPeriod, Over: piecework.ByPeriod}: "每期 %s",
	},
	reckoned: "保底%s，计件不足的补足；奖金、补贴和加班、休息日、节假日的计件不算在内：", day: "%s 应 %s，计件 %s，补 %s", more: "，等 %d 天",
}

var englishSchemes = schemeWords{
	known: "%d pcs, standard time %s, time taken %s, efficiency %d%%", unknown: "%d pcs, time not known: paid by the standard time %s",
	partly:     "%d pcs, standard time %s; the time of %d sessions is not known, they are paid by the standard time",
	paidBefore: "due by now %s, paid before %s", shared: "shares its time with pieces recorded later and is reckoned again", cut: "to be taken %s, taken now %s, carried forward %s",
	rate: "%s is paid by time: %d pcs in %s, %s an hour, ", plans: map[piecework.Scheme]string{
		piecework.Halsey:  "Halsey's plan: the time taken, and %s of the time saved",
		piecework.Rowan:   "Rowan's plan: the time taken, and as much more of it as was saved of the standard time",
		piecework.Gantt:   "Gantt's plan: beyond the standard time the time taken, within it the standard time and %s on top",
		piecework.Emerson: "Emerson's plan: the time taken, with a bonus by efficiency (standard time ÷ time taken): ",
	},
	bonus: "%s%% earns %s%%", rounding: "the time of a session is divided by the standard times of its operations, and each session is rounded once",
	rule: map[piecework.Guarantee]string{
		{Per: piecework.ByHour, Over: piecework.ByDay}: "%s an hour, day by day", {Per: piecework.ByHour, Over: piecework.ByPeriod}: "%s an hour, over the period",
		{Per: piecework.ByDay, Over: piecework.ByDay}: "%s a day, day by day", {Per: piecework.ByDay, Over: piecework.ByPeriod}: "%s a day, over the period",
		{Per: piecework.ByPeriod, Over: piecework.ByPeriod}: "%s a period",
	},
	reckoned: "Guaranteed are %s; what the pieces lack is paid. Bonuses, allowances and pieces of overtime, rest days and holidays do not count: ",
	day:      "%s due %s, pieces %s, paid %s", more: ", and %d more days",
}

// byTime tells of a line paid by time: pieces, times, and what was paid of it before.
func (words *language) byTime(l *payroll.Line) string {
	all, unknown := l.InAll(), 0
	for _, p := range l.Parts {
		if p.Taken == 0 {
			unknown++
		}
	}
	w := &words.schemes
	var notes []string
	switch {
	case l.Repricing:
		notes = append(notes, w.shared)
	case unknown == 0:
		notes = append(notes, fmt.Sprintf(w.known, all.Pieces, all.StandardTime(), all.TakenTime(), all.Efficiency()))
	case unknown == len(l.Parts):
		notes = append(notes, fmt.Sprintf(w.unknown, all.Pieces, all.StandardTime()))
	default:
		notes = append(notes, fmt.Sprintf(w.partly, all.Pieces, all.StandardTime(), unknown))
	}
	if had := all.Had(); !had.IsZero() {
		notes = append(notes, fmt.Sprintf(w.paidBefore, all.Due, had))
	}
	if whole := all.Amount; whole.Cmp(l.Amount) != 0 {
		notes = append(notes, fmt.Sprintf(w.cut, whole.Neg(), l.Amount.Neg(), l.Amount.Sub(whole)))
	}
	return strings.ReplaceAll(strings.Join(notes, words.and), "-", "−")
}

// ofSchemes tells the plan of each rate by time that priced a line.
func (words *language) ofSchemes(s *payroll.Slip) []string {
	var notes []string
	var told []int64
	w := &words.schemes
	for _, l := range s.Lines {
		r := l.PieceRate
		if r == nil || !r.ByTime() || slices.Contains(told, r.ID) || l.Operation == nil {
			continue
		}
		told = append(told, r.ID)
		note := fmt.Sprintf(w.rate, l.Operation.Name, r.StandardPieces, payroll.Clock(r.StandardMinutes*60_000), r.Hourly)
		if plan := w.plans[r.Scheme]; strings.Contains(plan, "%s") {
			note += fmt.Sprintf(plan, r.Premium)
		} else {
			note += plan
		}
		for i, row := range r.Bonuses {
			if i > 0 {
				note += words.and
			}
			note += fmt.Sprintf(w.bonus, row.At(), row.Pays())
		}
		notes = append(notes, note+words.stop)
	}
	if len(notes) > 0 {
		notes = append(notes, w.rounding+words.stop)
	}
	return notes
}

// shownDays is how many days of a guarantee a printed slip lists.
const shownDays = 10

// ofGuarantee names the rule of the guarantee and the days on which the pieces fell short.
func (words *language) ofGuarantee(s *payroll.Slip) []string {
	i := slices.IndexFunc(s.Lines, func(l payroll.Line) bool { return l.Kind == payroll.Guarantee })
	if i < 0 {
		return nil
	}
	w, parts := &words.schemes, s.Lines[i].Parts
	note := fmt.Sprintf(w.reckoned, words.guarantee(s))
	for n, p := range parts[:min(len(parts), shownDays)] {
		if n > 0 {
			note += words.and
		}
		note += fmt.Sprintf(w.day, p.Day, p.Due, p.Had(), p.Amount)
	}
	if len(parts) > shownDays {
		note += fmt.Sprintf(w.more, len(parts)-shownDays)
	}
	return []string{note + words.stop}
}

// guarantee is the rule of the run's guarantee.
func (words *language) guarantee(s *payroll.Slip) string {
	g := s.Run.Guarantee
	return fmt.Sprintf(words.schemes.rule[piecework.Guarantee{Per: g.Per, Over: g.Over}], amount(s, g.Amount))
}
