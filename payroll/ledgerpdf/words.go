package ledgerpdf

import "jijian/payroll"

// words are what a ledger says in one language. Those with verbs are filled by fmt.
type words struct {
	title, draft      string
	period, run       string // number of the run
	heads             [columns]string
	items             map[string]string
	methods           map[payroll.Method]string
	hours, pieces     string
	total, workers    string
	confirmed, unpaid string
	keep              string // years, day
	made, approved    string
	page              string
	colon             string
}

var chinese = words{
	title: "工资支付台账", draft: "草稿·未批准",
	period: "支付周期 %s 至 %s", run: "第 %d 号结算",
	heads: [columns]string{"序号", "姓名 / 工号", "身份证号 / 联系方式", "工时 / 件数", "应发项目", "应发合计", "代扣和扣减项目", "扣减合计", "实发", "支付日期和方式", "本人签名"},
	items: map[string]string{"piece": "计件", "tier": "阶梯计件", "team": "集体计件", "premium": "工时计件", "guarantee": "保底补差", "bonus": "奖金", "allowance": "补贴", "make_up": "补差",
		"correction_paid": "补发更正", "tax": "个人所得税", "correction_taken": "扣回更正", "deduction": "扣款", "damage": "赔偿", "advance": "借支"},
	methods: map[payroll.Method]string{payroll.Cash: "现金", payroll.Bank: "银行", payroll.WeChat: "微信", payroll.Alipay: "支付宝"},
	hours:   "%s 小时", pieces: "%d 件",
	total: "合计", workers: "%d 人", confirmed: "本人已在线确认", unpaid: "未支付",
	keep: "按《保障农民工工资支付条例》第十五条按支付周期编制，至少保存 %d 年：保存至 %s。",
	made: "制表 %s", approved: "批准 %s", page: "第 %d 页 共 %d 页", colon: " ",
}

var english = words{
	title: "Wage payment ledger", draft: "DRAFT – not approved",
	period: "Pay cycle %s to %s", run: "Run no. %d",
	heads: [columns]string{"No.", "Name / code", "ID number / contact", "Time / pieces", "Payable items", "Gross", "Withheld and deducted", "Taken", "Net", "Paid on, by", "Her signature"},
	items: map[string]string{"piece": "Piecework", "tier": "Tiered", "team": "Team", "premium": "Standard time", "guarantee": "Guarantee", "bonus": "Bonus", "allowance": "Allowance", "make_up": "Make-up pay",
		"correction_paid": "Corrections paid", "tax": "Income tax", "correction_taken": "Corrections taken", "deduction": "Deduction", "damage": "Damage", "advance": "Advance"},
	methods: map[payroll.Method]string{payroll.Cash: "cash", payroll.Bank: "bank", payroll.WeChat: "WeChat", payroll.Alipay: "Alipay"},
	hours:   "%s h", pieces: "%d pcs",
	total: "Total", workers: "%d workers", confirmed: "Confirmed online", unpaid: "not paid yet",
	keep: "Made by pay cycle after article 15 of the Regulations on ensuring wage payment to migrant workers; to be kept %d years at least: until %s.",
	made: "Made by %s", approved: "Approved by %s", page: "Page %d of %d", colon: " ",
}
