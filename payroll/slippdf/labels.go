package slippdf

// labels are the words of one language. Those with verbs are filled by fmt.
type labels struct {
	title, draft                    string
	code, period, number, approved  string
	version                         string
	operation, pieces, rate, amount string
	rework, workmanship, material   string
	gross, deductions, tax, net     string
	carried, capitals               string
	check, signature, date          string
	confirmed                       string
	page, continued, empty          string
}

var chinese = labels{
	title: "结算单", draft: "草稿·未批准",
	code: "工号", period: "结算周期", number: "单号", approved: "批准日期",
	version:   "第 %d 版",
	operation: "工序 / 加工单", pieces: "计件数", rate: "单价", amount: "金额",
	rework: "返工 %d", workmanship: "工废 %d", material: "料废 %d",
	gross: "应发", deductions: "扣款", tax: "个税", net: "实发",
	carried: "结转下期", capitals: "实发大写",
	check: "扫码核对", signature: "本人签字", date: "日期",
	confirmed: "本人已在线确认",
	page:      "第 %d 页 共 %d 页", continued: "转下页", empty: "本期没有计件，也没有其他款项。",
}

var english = labels{
	title: "Settlement slip", draft: "DRAFT – not approved",
	code: "Worker no.", period: "Period", number: "Slip no.", approved: "Approved",
	version:   "version %d",
	operation: "Operation / order", pieces: "Pieces", rate: "Rate", amount: "Amount",
	rework: "rework %d", workmanship: "work scrap %d", material: "material scrap %d",
	gross: "Gross", deductions: "Deductions", tax: "Tax", net: "Net pay",
	carried: "Carried forward", capitals: "In Chinese capitals",
	check: "Scan to check", signature: "Signature", date: "Date",
	confirmed: "Confirmed by her online",
	page:      "Page %d of %d", continued: "continued", empty: "No work and no other amounts in this period.",
}

func labelsFor(lang string) *labels {
	if lang == "en" {
		return &english
	}
	return &chinese
}
