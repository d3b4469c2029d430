package paper

// words are the texts of the papers in one language.
type words struct {
	note, scan, until, from, to, date, order, ordered, before, this, remark, bundles string
	counted, signs                                                                   []string

	statement, version, period, hash              string
	day, what, quantity, rate, amount             string
	opening, fees, charged, received, closing     string
	chargeback, payment, confirmedBy, unconfirmed string
	repriced                                      string
	workshop, contractor, page, nothing           string
	aged                                          [5]string
}

var chinese = words{
	note: "交货单", scan: "扫码验收", until: "%s 前有效", from: "交货", to: "收货", date: "日期", order: "加工单", ordered: "订单数量", before: "此前已交", this: "本次交货（件）",
	remark: "备注", bundles: "扎次", counted: []string{"合格", "不合格", "退货返修"}, signs: []string{"交货人", "收货人"},

	statement: "加工费对账单", version: "第 %d 版", period: "%s 至 %s", hash: "摘要",
	day: "日期", what: "摘要", quantity: "数量", rate: "单价", amount: "金额（%s）",
	opening: "上期结欠", fees: "本期加工费", charged: "本期反扣", received: "本期收款", closing: "期末结欠",
	chargeback: "反扣", payment: "收款", repriced: "前面件数补差", confirmedBy: "%s 于 %s 确认", unconfirmed: "未确认",
	workshop: "微工厂", contractor: "加工商", page: "第 %d 页，共 %d 页", nothing: "本期没有往来。",
	aged: [5]string{"30 天内", "31–60 天", "61–90 天", "90 天以上", "预收"},
}

var english = words{
	note: "Delivery note", scan: "Scan to accept", until: "until %s", from: "From", to: "To", date: "Date", order: "Order", ordered: "Ordered", before: "Delivered before",
	this: "This delivery (pcs)", remark: "Note", bundles: "Bundles", counted: []string{"Accepted", "Rejected", "Returned"}, signs: []string{"Delivered by", "Received by"},

	statement: "Statement of fees", version: "version %d", period: "%s to %s", hash: "Hash",
	day: "Date", what: "For", quantity: "Quantity", rate: "Fee", amount: "Amount (%s)",
	opening: "Carried from before", fees: "Fees", charged: "Charged back", received: "Payments", closing: "Owed at the end",
	chargeback: "Charged back", payment: "Payment", repriced: "difference for earlier pieces", confirmedBy: "confirmed by %s, %s", unconfirmed: "not confirmed",
	workshop: "Workshop", contractor: "Contractor", page: "Page %d of %d", nothing: "Nothing happened in this period.",
	aged: [5]string{"up to 30 days", "31–60 days", "61–90 days", "over 90 days", "paid ahead"},
}

// wordsOf are the words of a language; any other than English is taken as Chinese.
func wordsOf(lang string) words {
	if lang == "en" {
		return english
	}
	return chinese
}
