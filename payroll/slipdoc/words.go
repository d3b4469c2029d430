package slipdoc

import (
	"jijian/payroll"
	"jijian/piecework"
)

// language is what a slip says in one language. Those with verbs are filled by fmt.
type language struct {
	kinds                                 map[payroll.Kind]string
	good, material, workmanship, rework   string
	paidPieces, unpaidPieces, and, stop   string
	rounding, correction, damage, carried string
	replaces, check                       string
	corrects, carriedFrom                 string
	arrears, arrearsPaid, arrearsRest     string // run, pieces, old and new rate; paid and due; taken now and carried forward
	arrearsByTime, arrearsShared          string // run and pieces that are paid by time now; run in which others share the time
	backPaid                              string // what arrears are
	order, byOrder                        string // of a run of one order; what such runs have paid for the same time
	part                                  string // of a correction that did not fit: pieces, rate, whole, taken, rest
	advance                               string // one that is still to be repaid
	repriced                              string // pieces paid before reach another tier
	team                                  string // of a share: the team's pieces, rate, amount, and the share
	tier, quota, marginal, whole          string // of a rate with tiers: operation, span, first rate; pieces; piece number, rate
	spans                                 map[piecework.TierSpan]string
	days                                  map[piecework.DayKind]string
	agreed                                string                        // the rate before factors
	tax                                   map[payroll.IncomeType]string // income and tax up to now and of the slip
	free                                  string                        // what the cumulative methods take off first
	hours, minimum                        string
	enough, short, toppedUp, floor        string
	schemes                               schemeWords
}

var chinese = language{
	schemes: chineseSchemes,
	kinds: map[payroll.Kind]string{
		payroll.Piece: "计件", payroll.Tier: "阶梯计件", payroll.Team: "集体计件", payroll.Premium: "工时计件", payroll.Guarantee: "保底补差", payroll.Bonus: "奖金", payroll.Allowance: "补贴",
		payroll.MakeUp: "补差", payroll.BackPay: "补发工价差额", payroll.Tax: "个人所得税", payroll.Correction: "更正", payroll.Deduction: "扣款", payroll.Damage: "赔偿",
		payroll.Advance: "扣还借支",
	},
	good: "良品", material: "料废", workmanship: "工废", rework: "返工",
	paidPieces: "计件数 = %s", unpaidPieces: "；%s不计", and: "、", stop: "。",
	rounding:      "每行金额 = 计件数 × 单价，四舍五入到分；应发、扣款为各行之和。",
	correction:    "更正的单价与原结算相同。",
	damage:        "赔偿每期最多扣应发的 %d%%",
	carried:       "实发不低于零；扣不完的结转下期。",
	replaces:      "本单取代第 %d 版，原因：%s",
	check:         "扫码可在网页上核对本单；号码是本单内容的指纹，改动任何数字都对不上。哈希 %s。",
	corrects:      "更正第 %d 次结算",
	carriedFrom:   "第 %d 次结算结转",
	arrearsByTime: "第 %d 次结算 %d 件，改按下列工时办法计酬", arrearsShared: "第 %d 次结算，同一场的其他工序改了计酬办法，工时重新分摊",
	arrears: "第 %d 次结算 %d 件，单价 %s 改为 %s", arrearsPaid: "：原为 %s，应为 %s", arrearsRest: "；本期扣 %s，结转下期 %s",
	backPaid: "工价事后调整：已结算的不改，差额在本单单列。",
	order:    "本单只结算加工单 %s 的计件；其余的由以后的结算支付。",
	byOrder:  "（含按单结算已付 %s）",
	part:     "%d × %s = %s，本期扣 %s，结转下期 %s",
	advance:  "借支",
	repriced: "先前已付的件数改按新达到的阶梯，补单价差额",
	team:     "集体 %d件 × %s = %s，份额 %s",
	tier:     "%s 为阶梯单价，按%s的件数：起步 %s", quota: "，定额 %d 件", marginal: "，第 %d 件起 %s", whole: "，满 %d 件全部按 %s",
	spans: map[piecework.TierSpan]string{piecework.PerDay: "每天", piecework.PerSession: "每场", piecework.PerPeriod: "整个周期"},
	days:  map[piecework.DayKind]string{piecework.Overtime: "加班", piecework.RestDay: "休息日", piecework.Holiday: "法定节假日"}, agreed: "工价 %s：",
	tax: map[payroll.IncomeType]string{
		payroll.Labour:   "个人所得税按劳务报酬预扣，一个自然月的收入合为一次：当月收入 %s，其中本期 %s；当月已扣税 %s，其中本期 %s。",
		payroll.Salary:   "个人所得税按工资薪金累计预扣：当年收入 %s，其中本期 %s；当年已扣税 %s，其中本期 %s。",
		payroll.Platform: "个人所得税按平台从业收入累计预扣，收入先减两成：当年收入 %s，其中本期 %s；当年已扣税 %s，其中本期 %s。",
	},
	free:  "至今减除费用和扣除合计 %s。",
	hours: "工时 %d 小时 %d 分，计件和奖金平均每小时 %s", minimum: "；当地最低工资每小时 %s",
	enough: "，不低于最低工资", short: "，按工时还差 %s，仅供对照", toppedUp: "，按工时差 %s，已补足",
	floor: "，扣后不低于按工时算的最低工资",
}

var english = language{
	schemes: englishSchemes,
	kinds: map[payroll.Kind]string{
		payroll.Piece: "Piecework", payroll.Tier: "Tiered piecework", payroll.Team: "Team piecework", payroll.Premium: "Paid by time", payroll.Guarantee: "Guarantee", payroll.Bonus: "Bonus",
		payroll.Allowance: "Allowance", payroll.MakeUp: "Make-up pay", payroll.BackPay: "Arrears", payroll.Tax: "Income tax", payroll.Correction: "Correction",
		payroll.Deduction: "Deduction", payroll.Damage: "Damage", payroll.Advance: "Advance repaid",
	},
	good: "good", material: "scrap by material", workmanship: "scrap by workmanship", rework: "rework",
	paidPieces: "Pieces = %s", unpaidPieces: "; not counted: %s", and: ", ", stop: ".",
	rounding:      "Amount of a line = pieces × rate, half a cent rounded up; gross and deductions are the sums of their lines.",
	correction:    "A correction has the rate of the settlement it corrects.",
	damage:        "Damage takes at most %d%% of a period's gross pay",
	carried:       "Net pay is never below zero; what could not be taken is carried forward.",
	replaces:      "This slip replaces version %d. Reason: %s",
	check:         "Scan to check this slip on a web page; its digits fit no other figures. Hash %s.",
	corrects:      "corrects run %d",
	carriedFrom:   "carried from run %d",
	arrearsByTime: "run %d: %d pieces are now paid by the plan below", arrearsShared: "run %d: other work of the same sessions is paid otherwise now, so their time is divided anew",
	arrears: "run %d: %d pieces at %s are now paid at %s", arrearsPaid: "; %s was paid, %s is due", arrearsRest: "; taken now %s, carried forward %s",
	backPaid: "A rate was changed for days that were settled: the difference is on a line of its own.",
	order:    "This slip settles order %s alone; a later settlement pays the rest.",
	byOrder:  " (with %s that was paid by the order)",
	part:     "%d × %s = %s; taken now %s, carried forward %s",
	advance:  "Advance",
	repriced: "pieces paid before now reach another tier: the difference in rate",
	team:     "team %d × %s = %s, share %s",
	tier:     "%s is paid in tiers by the pieces of %s: at first %s", quota: ", quota %d", marginal: ", from piece %d on %s", whole: ", from %d pieces on %s for all",
	spans: map[piecework.TierSpan]string{piecework.PerDay: "a day", piecework.PerSession: "a session", piecework.PerPeriod: "the period"},
	days:  map[piecework.DayKind]string{piecework.Overtime: "overtime", piecework.RestDay: "rest day", piecework.Holiday: "public holiday"}, agreed: "rate %s: ",
	tax: map[payroll.IncomeType]string{
		payroll.Labour:   "Income tax as on labour remuneration, all pay of a calendar month being one payment: income of the month %s, of it %s in this period; withheld %s, of it %s in this period.",
		payroll.Salary:   "Income tax as on a salary, by the year so far: income of the year %s, of it %s in this period; withheld %s, of it %s in this period.",
		payroll.Platform: "Income tax as on platform income, by the year so far and after a fifth of the income: income of the year %s, of it %s in this period; withheld %s, of it %s in this period.",
	},
	free:  " Allowances and deductions up to now: %s.",
	hours: "Time %d h %d min; pieces and bonuses come to %s an hour", minimum: "; the minimum wage here is %s an hour",
	enough: ", which is reached", short: ", for which %s is missing; this is shown for comparison", toppedUp: ", for which %s was missing and is made up",
	floor: ", and leaves the minimum wage for the hours",
}
