package demo

import (
	"fmt"
	"time"

	"jijian/payroll"
	"jijian/piecework"
)

// extra is an adjustment of the demo: half 0 is dated in the first half of the month, 1 in the second, 2 this week.
type extra struct {
	shop, worker, half int
	kind               payroll.Kind
	amount             int64 // yuan
	note               string
	each               int64 // yuan of an advance that one run takes back; 0: as much as fits
}

var extras = []extra{
	{0, 0, 0, payroll.Bonus, 50, "全勤奖", 0},
	{0, 4, 0, payroll.Advance, 2000, "家中急用借支", 0}, // more than she earns in half a month
	{0, 7, 0, payroll.Advance, 100, "借支", 0},
	{0, 9, 0, payroll.Allowance, 20, "交通补贴", 0},
	{0, 12, 0, payroll.Damage, 160, "损坏电动打磨头", 0}, // her pay is under the minimum wage: all of it waits
	{0, 15, 0, payroll.Bonus, 50, "全勤奖", 0},
	{0, 16, 0, payroll.Deduction, 36, "工作餐", 0},
	{0, 18, 0, payroll.Allowance, 20, "交通补贴", 0},
	{0, 0, 1, payroll.Bonus, 50, "全勤奖", 0},
	{0, 3, 1, payroll.Bonus, 80, "带教新人", 0},
	{0, 7, 1, payroll.Advance, 150, "借支", 0},
	{0, 10, 1, payroll.Deduction, 36, "工作餐", 0},
	{0, 18, 1, payroll.Allowance, 20, "交通补贴", 0},
	{1, 2, 0, payroll.Bonus, 50, "全勤奖", 0},
	{1, 5, 0, payroll.Advance, 200, "借支", 0},
	{1, 8, 0, payroll.Damage, 15, "剪刀断尖", 0},
	{1, 11, 0, payroll.Damage, 260, "损坏穿珠机", 0}, // more than a fifth of her pay
	{1, 13, 0, payroll.Allowance, 30, "交通补贴", 0},
	{1, 2, 1, payroll.Bonus, 50, "全勤奖", 0},
	{1, 19, 1, payroll.Advance, 120, "借支", 0},
	{0, 1, 2, payroll.Advance, 100, "借支", 0},
	{1, 0, 2, payroll.Allowance, 20, "交通补贴", 0},
	{0, 0, 2, payroll.Advance, 300, "孩子学费借支", 100},
}

// incomes are the rules by which tax is withheld from some of the first workshop's crew.
var incomes = []struct {
	worker int
	payroll.IncomeSetting
}{
	{3, payroll.IncomeSetting{Type: payroll.Labour, Reason: "在家做花，未签劳动合同"}},
	{5, payroll.IncomeSetting{Type: payroll.Labour, Reason: "在家做花，未签劳动合同"}},
	{14, payroll.IncomeSetting{Type: payroll.Salary, MonthlyDeductions: piecework.Fen(420_00), Reason: "已签劳动合同，个人社保每月 420 元"}},
}

// pay settles. The first half of the month is approved at the first workshop, with one slip disputed and issued again, and
// paid at the second; most workers have confirmed theirs; the second half is a draft at the first workshop, and at the second one order is paid by
// itself; the rest is open.
func (m *month) pay() {
	for _, e := range extras {
		day := []piecework.Date{m.middle.AddDays(-2), m.last.AddDays(-2), m.today}[e.half]
		a := &payroll.Adjustment{WorkerID: m.shops[e.shop].crew[e.worker].ID, WorkDate: day, Kind: e.kind, Amount: piecework.Fen(100 * e.amount),
			Note: e.note, RecordedBy: lead, Instalment: piecework.Fen(100 * e.each)}
		m.try(func() error { return payroll.Adjust(m.ctx, m.db, a) })
	}
	bookkeeper := SignIns[1].Name
	for _, i := range incomes {
		rule := i.IncomeSetting
		rule.WorkerID, rule.EffectiveFrom, rule.RecordedBy = m.shops[0].crew[i.worker].ID, m.first, bookkeeper
		m.try(func() error { return payroll.SetIncomeType(m.ctx, m.db, &rule) })
	}
	for i, s := range m.shops {
		m.try(func() error {
			run, err := payroll.Settle(m.ctx, m.db, s.ID, m.first, m.middle, bookkeeper)
			if err != nil {
				return err
			}
			if err := payroll.Approve(m.ctx, m.db, run.ID, SignIns[0].Name); err != nil {
				return err
			}
			if i == 1 {
				if err := payroll.PayRest(m.ctx, m.db, run.ID, payroll.Payment{Method: payroll.Cash, RecordedBy: bookkeeper}); err != nil {
					return err
				}
			} else if err := m.correct(s, run); err != nil {
				return err
			}
			return m.say(i, run)
		})
	}
	m.try(func() error { // from now on a day's pieces come to this much an hour at least
		m.shops[0].Guarantee = piecework.Guarantee{Amount: piecework.Fen(17_00), Per: piecework.ByHour, Over: piecework.ByDay}
		return piecework.SaveWorkshop(m.ctx, m.db, m.shops[0].Workshop)
	})
	m.try(func() error {
		_, err := payroll.Settle(m.ctx, m.db, m.shops[0].ID, m.middle.AddDays(1), m.last, lead) // so that the bookkeeper may approve it
		return err
	})
	m.try(func() error { return m.payOrder(m.shops[1], m.shops[1].lines[1].orders[1]) })
}

// payOrder pays an order by itself when it is done. Its first operation has turned out harder than was thought: it is paid better from the first
// day on, and the run of the order has the arrears of what was settled.
func (m *month) payOrder(s *shop, o *order) error {
	bookkeeper := SignIns[1].Name
	rate := &piecework.PieceRate{OperationID: s.lines[1].product.Operations[0].ID, OrderID: o.ID, EffectiveFrom: o.OrderedOn, Rate: mustRate("0.19"), CreatedBy: bookkeeper}
	if err := piecework.CheckRate(m.ctx, m.db, rate); err != nil {
		return err
	}
	arrears, err := payroll.PreviewArrears(m.ctx, m.db, rate, s.ID)
	if err != nil {
		return err
	}
	if err := payroll.AgreeRate(m.ctx, m.db, rate, s.ID, arrears.Total(), bookkeeper); err != nil {
		return err
	}
	run, err := payroll.SettleOrder(m.ctx, m.db, o.ID, m.middle.AddDays(1), m.last, bookkeeper)
	if err != nil {
		return err
	}
	if err := payroll.Approve(m.ctx, m.db, run.ID, SignIns[0].Name); err != nil {
		return err
	}
	return payroll.PayRest(m.ctx, m.db, run.ID, payroll.Payment{Method: payroll.Bank, RecordedBy: bookkeeper})
}

// correct answers a worker who found a tally on her slip that is not hers: it is struck, and the slip issued again.
func (m *month) correct(s *shop, run *payroll.PayRun) error {
	wrong := m.struckLater[1].tally
	w, err := piecework.WorkerByCode(m.ctx, m.db, wrong.Worker)
	if err != nil {
		return err
	}
	slips, err := payroll.SlipsOf(m.ctx, m.db, run.ID, w.ID)
	if err != nil {
		return err
	}
	dispute, err := payroll.Raise(m.ctx, m.db, slips[0].ID, w.ID, fmt.Sprintf("有一笔 %d 件的不是我做的，多记了。", wrong.Good), w.Name)
	if err != nil {
		return err
	}
	ws := &piecework.WorkSession{Code: s.Code + "-" + m.today.Time().Format("060102")}
	m.record([]piecework.NewTally{m.reversal(ws, wrong, s.at(m.today, s.starts).Add(15*time.Minute), "工人核对后发现数量有误")})
	if m.err != nil {
		return m.err
	}
	_, err = payroll.Answer(m.ctx, m.db, dispute.ID, payroll.Corrected, "核对属实，多记的一笔已冲销。谢谢您指出来。", SignIns[1].Name)
	return err
}

// signatures are what was drawn on the phone by those who did; "" is a tap.
var signatures = []string{
	"180,264 183,309 176,321 161,298 143,256 128,219 119,194 122,175 136,150 161,123 193,111 227,131 259,181 283,238 297,278 298,289 289,281 273,270 254,262 238,248 229,217 231,169 246,125 271,109 304,127 339,168 373,206 398,230 413,243 417,258 409,279 394,293 376,282 361,242 353,188 355,148 369,135 394,146 426,162 461,172 492,180 517,201 530,238 532,279 523,299 506,287 487,250 471,210 462,187 465,178 479,172 504,158 537,144 573,147 606,177 632,224 647,265 650,279 642,268 627,248 609,236 594,230 586,219 589,193 603,158 628,134 659,140 694,172 726,211 750,236 763,241 765,240 756,246 739,259 721,262 704,243 696,204 698,165 712,148 738,158 771,180 806,196 839,199 865,202 880,218;180,330 500,318 860,300",
	"180,304 189,306 187,276 177,220 165,161 154,126 151,121 158,136 176,153 204,166 240,186 277,222 312,270 339,308 355,315 359,287 353,240 339,199 324,175 311,163 306,150 312,134 331,128 361,148 399,195 439,250 478,287 509,293 530,277 539,256 537,242 527,228 515,203 504,165 501,128 508,116 526,137 554,181 590,223 627,246 662,253 689,258 705,269 709,277 703,266 689,229 674,179 661,141 656,133 662,150 681,174 711,190 749,198 789,213 828,242 859,275 880,291;560,90 610,150;640,300 900,250",
	"",
}

// say has three of four workers confirm their slips. One disputes hers and still waits for an answer; who can sign in, or has a
// new version, has said nothing yet.
func (m *month) say(shop int, run *payroll.PayRun) error {
	const waits = 7 // at the first workshop; an advance is taken from her pay
	crew := m.shops[shop].crew
	slips, err := payroll.SlipsOf(m.ctx, m.db, run.ID, 0)
	if err != nil {
		return err
	}
	for i, slip := range slips {
		switch w := slip.Worker; {
		case shop == 0 && w.ID == crew[waits].ID:
			_, err = payroll.Raise(m.ctx, m.db, slip.ID, w.ID, "借支的 100 元我已经还了 50 元现金，单上还是扣了 100 元。", w.Name)
		case i%4 != 3 && w.ID != crew[0].ID && slip.Version == 1:
			err = payroll.Sign(m.ctx, m.db, slip.ID, w.ID, signatures[i%len(signatures)], w.Name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
