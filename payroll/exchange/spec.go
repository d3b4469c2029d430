package exchange

import (
	"fmt"
	"strings"

	"jijian/payroll"
	"jijian/piecework"
)

// Kind says what a column may hold.
type Kind int

// The kinds of column.
const (
	Code    Kind = iota // letters of any script, digits, - _ . /, 1 to 40 characters
	Text                // free text on one line
	Date                // 2026-10-31
	Clock               // 08:30
	Count               // whole pieces, not negative
	Rate                // money per piece, not negative, up to six decimals
	Money               // an amount, up to two decimals
	Weight              // a share, not negative, up to six decimals
	Enum                // one of Column.Values
	Instant             // 2026-10-31T09:30:00+08:00
	UID                 // printable ASCII without blanks, 1 to 64 characters
)

// numeric says whether a spreadsheet may calculate with the column.
func (k Kind) numeric() bool { return k == Count || k == Rate || k == Money || k == Weight }

// Column is one column of an import table.
type Column struct {
	Name     string
	Kind     Kind
	Required bool
	Or       string   // a column that may be filled in place of a required one
	Default  string   // what a blank cell means; "" is nothing
	Values   []string // of an Enum
	Limit    int      // characters of a Text
	ZH, EN   string   // what it is, for the person who fills it in
}

// Table is one import table: a file NAME.csv or a sheet NAME.
type Table struct {
	Name    string
	ZH, EN  string
	Columns []Column
}

// adjustmentKinds are the kinds of adjustment as a file writes them.
func adjustmentKinds() []string {
	var names []string
	for _, k := range payroll.AdjustmentKinds {
		names = append(names, string(k))
	}
	return names
}

func code(name, zh, en string) Column { return Column{Name: name, Kind: Code, ZH: zh, EN: en} }

func text(name string, limit int, zh, en string) Column {
	return Column{Name: name, Kind: Text, Limit: limit, ZH: zh, EN: en}
}

func of(kind Kind, name, zh, en string) Column { return Column{Name: name, Kind: kind, ZH: zh, EN: en} }

func count(name, zh, en string) Column {
	return Column{Name: name, Kind: Count, Default: "0", ZH: zh, EN: en}
}

// must marks a column that every row fills.
func must(c Column) Column {
	c.Required, c.Default = true, ""
	return c
}

// orElse marks a required column that may be blank where another one is filled.
func orElse(other string, c Column) Column {
	c.Or = other
	return c
}

func standard(value string, c Column) Column {
	c.Default = value
	return c
}

func oneOf(name string, values []string, zh, en string) Column {
	return Column{Name: name, Kind: Enum, Values: values, ZH: zh, EN: en}
}

// Tables are the import tables in the order in which they are read: what is named comes before what names it.
var Tables = []Table{
	{"workshops", "微工厂", "Workshops", []Column{
		must(code("code", "编号", "Code")),
		must(text("name", piecework.MaxName, "名称", "Name")),
		standard("Asia/Shanghai", text("timezone", 60, "时区", "Time zone")),
		standard("CNY", text("currency", 3, "币种", "Currency")),
	}},
	{"contractors", "加工商", "Contractors", []Column{
		must(code("code", "编号", "Code")),
		must(text("name", piecework.MaxName, "名称", "Name")),
		text("phone", piecework.MaxPhone, "电话", "Phone"),
	}},
	{"workers", "工人", "Workers", []Column{
		must(code("code", "工号", "Code")),
		must(text("name", piecework.MaxName, "姓名", "Name")),
		must(code("workshop", "微工厂编号", "Code of the workshop")),
		text("phone", piecework.MaxPhone, "电话", "Phone"),
		standard("1", of(Weight, "share_weight", "集体计件分配系数", "Part in a team's pay, relative to others")),
	}},
	{"products", "款式", "Products", []Column{
		must(code("code", "编号", "Code")),
		must(text("name", piecework.MaxName, "名称", "Name")),
		standard("other", oneOf("craft", piecework.Crafts, "工艺类别", "Craft")),
	}},
	{"operations", "工序", "Operations", []Column{
		must(code("product", "款式编号", "Code of the product")),
		must(code("code", "工序编号，在同一款式内唯一", "Code, unique within the product")),
		must(text("name", piecework.MaxName, "名称", "Name")),
		must(of(Count, "seq", "顺序号", "Place in the sequence")),
	}},
	{"orders", "来料加工单", "Processing orders", []Column{
		must(code("code", "编号", "Code")),
		must(code("workshop", "微工厂编号", "Code of the workshop")),
		must(code("contractor", "加工商编号", "Code of the contractor")),
		must(code("product", "款式编号", "Code of the product")),
		must(of(Count, "quantity", "数量（件）", "Pieces ordered")),
		must(of(Rate, "unit_fee", "每件加工费（元），最多六位小数", "Fee per accepted piece, up to six decimals")),
		must(of(Date, "ordered_on", "下单日期", "Day of the order")),
		of(Date, "due_on", "交货日期", "Day it is due"),
	}},
	{"rates", "工价", "Piece rates", append([]Column{
		must(code("product", "款式编号", "Code of the product")),
		must(code("operation", "工序编号", "Code of the operation")),
		code("order", "只对此加工单有效；留空则对该款式全部加工单有效", "For this order only; blank is every order of the product"),
		must(of(Date, "effective_from", "生效日期", "First day it applies")),
		orElse("scheme", must(of(Rate, "rate", "每件工价（元），最多六位小数；按工时计酬的留空", "Pay per piece, up to six decimals; blank where a plan pays by time"))),
	}, rateColumns()...)},
	{"sessions", "场次", "Work sessions", []Column{
		must(code("code", "编号", "Code")),
		must(code("workshop", "微工厂编号", "Code of the workshop")),
		must(of(Date, "date", "日期", "Day")),
		of(Clock, "starts_at", "开始时间", "Start"),
		of(Clock, "ends_at", "结束时间", "End"),
	}},
	{"tallies", "计件", "Tallies", []Column{
		must(of(UID, "uid", "唯一标识，同一标识只计一次", "Unique mark; the same mark counts once")),
		must(code("session", "场次编号", "Code of the session")),
		must(code("worker", "工号", "Code of the worker")),
		must(code("order", "加工单编号", "Code of the order")),
		must(code("operation", "工序编号", "Code of the operation")),
		must(of(Count, "good", "良品（件）", "Good pieces")),
		count("rework", "返工（件）", "Pieces to rework"),
		count("scrap_workmanship", "工废（件）", "Scrap by workmanship"),
		count("scrap_material", "料废（件）", "Scrap by material"),
		of(Instant, "recorded_at", "记录时间，须带时区", "Moment it was counted, with time zone"),
		of(UID, "reverses", "被冲销的计件的唯一标识", "uid of the tally this one strikes"),
	}},
	{"adjustments", "奖扣与借支", "Adjustments", []Column{
		must(code("worker", "工号", "Code of the worker")),
		must(of(Date, "date", "日期", "Day")),
		must(oneOf("kind", adjustmentKinds(), "类别", "Kind")),
		must(of(Money, "amount", "金额（元），总是正数，最多两位小数", "Amount, always positive, up to two decimals")),
		text("note", piecework.MaxNote, "备注", "Note"),
	}},
	{"deliveries", "交货", "Deliveries", []Column{
		must(code("code", "编号", "Code")),
		must(code("order", "加工单编号", "Code of the order")),
		must(of(Date, "date", "日期", "Day")),
		must(of(Count, "quantity", "交货数量（件）", "Pieces delivered")),
		count("accepted", "验收合格（件）", "Pieces accepted"),
		count("rejected", "不合格（件）", "Pieces rejected"),
		count("returned", "退货（件）", "Pieces returned"),
		text("note", piecework.MaxNote, "备注", "Note"),
		text("bundles", maxBundles, "所含各扎的菲票编码，用空格隔开；“编码:12”是其中 12 件；不知道就留空。各扎验收结果不同的，先不填验收，导入后在交货页面逐扎验收",
			"Codes of the bundle tickets that are in it, with blanks between them; CODE:12 is a part of 12 pieces; blank says nothing of them. Where not all of them share one fate, leave the decision out and enter it in the app"),
	}},
}

// maxBundles is how many characters a cell that names bundles may have.
const maxBundles = 20_000

// tableNamed is the table of that name, or nil.
func tableNamed(name string) *Table {
	for i := range Tables {
		if Tables[i].Name == name {
			return &Tables[i]
		}
	}
	return nil
}

// index is the place of a column in the table, or -1.
func (t *Table) index(column string) int {
	for i := range t.Columns {
		if t.Columns[i].Name == column {
			return i
		}
	}
	return -1
}

// columnNames lists the columns for a message.
func (t *Table) columnNames() string {
	names := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		names[i] = c.Name
	}
	return strings.Join(names, ", ")
}

// tableNames lists the tables for a message.
func tableNames() string {
	names := make([]string, len(Tables))
	for i, t := range Tables {
		names[i] = t.Name
	}
	return strings.Join(names, ", ")
}

// form describes what a column holds, in Chinese and in English, with an example.
func (c *Column) form() (zh, en string) {
	switch c.Kind {
	case Code:
		return "编号：字母、数字和 - _ . /，最多 40 个字符", "Code: letters, digits and - _ . /, at most 40 characters"
	case Text:
		return fmt.Sprintf("文字，最多 %d 个字符", c.Limit), fmt.Sprintf("Text, at most %d characters", c.Limit)
	case Date:
		return "日期，例如 2026-10-31", "Date, such as 2026-10-31"
	case Clock:
		return "时刻，例如 08:30", "Time of day, such as 08:30"
	case Count:
		return "整数，不带逗号", "Whole number, no commas"
	case Rate:
		return "数字，最多六位小数，例如 0.0035", "Number, up to six decimals, such as 0.0035"
	case Money:
		return "数字，最多两位小数，例如 12.50", "Number, up to two decimals, such as 12.50"
	case Weight:
		return "数字，最多六位小数，例如 1.2", "Number, up to six decimals, such as 1.2"
	case Enum:
		values := strings.Join(c.Values, ", ")
		return "只能是：" + values, "One of: " + values
	case Instant:
		return "时间，例如 2026-10-31T09:30:00+08:00", "Moment, such as 2026-10-31T09:30:00+08:00"
	case UID:
		return "1 至 64 个英文字符，不含空格", "1 to 64 ASCII characters, no blanks"
	}
	return "", ""
}
