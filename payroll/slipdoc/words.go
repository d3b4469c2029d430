package slipdoc

import "jijian/payroll"

// language is what a slip says in one language. Those with verbs are filled by fmt.
type language struct {
	kinds                                 map[payroll.Kind]string
	good, material, workmanship, rework   string
	paidPieces, unpaidPieces, and, stop   string
	rounding, correction, damage, carried string
	replaces, check                       string
	makeUp                                string
	taxes                                 map[payroll.IncomeType]string
	corrects, carriedFrom                 string
}

var chinese = language{
	kinds: map[payroll.Kind]string{
		payroll.Piece: "计件", payroll.Tier: "阶梯计件", payroll.Team: "集体计件", payroll.Bonus: "奖金", payroll.Allowance: "补贴",
		payroll.MakeUp: "补差", payroll.Tax: "个人所得税", payroll.Correction: "更正", payroll.Deduction: "扣款", payroll.Damage: "赔偿",
		payroll.Advance: "扣还借支",
	},
	good: "良品", material: "料废", workmanship: "工废", rework: "返工",
	paidPieces: "计件数 = %s", unpaidPieces: "；%s不计", and: "、", stop: "。",
	rounding:   "每行金额 = 计件数 × 单价，四舍五入到分；应发、扣款为各行之和。",
	correction: "更正的单价与原结算相同。",
	damage:     "赔偿每期最多扣应发的 %d%%。",
	carried:    "实发不低于零；扣不完的结转下期。",
	makeUp:     "补差使计件收入达到当地小时最低工资 %s 元。",
	taxes: map[payroll.IncomeType]string{
		payroll.Labour:   "个税按劳务报酬所得预扣，同月各次合并计算。",
		payroll.Salary:   "个税按工资薪金所得累计预扣。",
		payroll.Platform: "个税按平台从业人员劳务报酬累计预扣。",
	},
	replaces:    "本单取代第 %d 版，原因：%s",
	check:       "扫码可在网页上核对本单；号码是本单内容的指纹，改动任何数字都对不上。",
	corrects:    "更正第 %d 次结算",
	carriedFrom: "第 %d 次结算结转",
}

var english = language{
	kinds: map[payroll.Kind]string{
		payroll.Piece: "Piecework", payroll.Tier: "Tiered piecework", payroll.Team: "Team piecework", payroll.Bonus: "Bonus",
		payroll.Allowance: "Allowance", payroll.MakeUp: "Make-up pay", payroll.Tax: "Income tax", payroll.Correction: "Correction",
		payroll.Deduction: "Deduction", payroll.Damage: "Damage", payroll.Advance: "Advance repaid",
	},
	good: "good", material: "scrap by material", workmanship: "scrap by workmanship", rework: "rework",
	paidPieces: "Pieces = %s", unpaidPieces: "; not counted: %s", and: ", ", stop: ".",
	rounding:   "Amount of a line = pieces × rate, half a cent rounded up; gross and deductions are the sums of their lines.",
	correction: "A correction has the rate of the settlement it corrects.",
	damage:     "Damage takes at most %d%% of a period's gross pay.",
	carried:    "Net pay is never below zero; what could not be taken is carried forward.",
	makeUp:     "Make-up pay lifts piecework to the local minimum wage of %s an hour.",
	taxes: map[payroll.IncomeType]string{
		payroll.Labour:   "Tax is withheld as on labour remuneration, all payments of a month together.",
		payroll.Salary:   "Tax is withheld cumulatively, as on wages and salaries.",
		payroll.Platform: "Tax is withheld cumulatively, as on the labour remuneration of platform workers.",
	},
	replaces:    "This slip replaces version %d. Reason: %s",
	check:       "Scan the code to check this slip on a web page. The digits are a fingerprint of its content: no figure can be changed unseen.",
	corrects:    "corrects run %d",
	carriedFrom: "carried from run %d",
}
