package demo

import (
	"fmt"
	"time"

	"jijian/piecework"
)

// areas are the places, each in the one before it; the workshops belong to the community.
var areas = []piecework.Area{
	{Code: marker, Name: "桃源市", Level: 1},
	{Code: "DEMO-01", Name: "桃溪镇", Level: 2},
	{Code: "DEMO-01-01", Name: "桃花社区", Level: 3},
	{Code: "DEMO-01-01-1", Name: "第一网格", Level: 4},
}

// crews are the workers of each workshop. Some names occur twice, one needs a character beyond the first 65,536, and one is
// written with a dot, as the names of real people do.
var crews = [][]string{
	{"王秀英", "张桂兰", "李玉梅", "刘淑珍", "陈爱华", "杨桂芳", "赵玉兰", "孙秀芝", "周美玲", "吴春燕",
		"徐凤英", "马桂荣", "朱秀兰", "胡晓红", "郭玉珍", "何丽萍", "高淑华", "林翠花", "王𬭎", "罗秀云"},
	{"王秀英", "张桂兰", "阿依古丽·买买提", "宋玉芬", "郑小丽", "谢桂香", "韩雪梅", "唐秀珍", "冯艳玲", "于淑芳",
		"董玉华", "萧丽娟", "程桂英", "曹秀梅", "袁小翠", "邓玉莲", "许凤霞", "傅春花", "沈桂琴", "欧阳秀丽"},
}

// learner is the code of a worker who is new to carving, and so slow that her pay stays under the minimum wage.
const learner = "A13"

// speciality is a product with its routing and how much of it a session makes.
type speciality struct {
	code, name, craft string
	contractor        int
	fee               string
	perSession        int64 // finished pieces
	operations        []step
}

// step is one operation: its rate, in how many tallies a session's pieces are counted, and who can do it (positions in the
// line's half of the crew).
type step struct {
	code, name, rate string
	tallies          int
	able             []int
}

var contractors = []string{"锦绣花坊", "桃源木艺社", "星睫美妆工坊", "缀珠饰品商行"}

// made is what each workshop makes; every line has ten of its workers.
var made = [][]speciality{
	{
		{"ROSE", "绢布玫瑰", "artificial_flower", 0, "0.28", 5400, []step{
			{"cut", "裁瓣", "0.0035", 4, []int{8, 9}},
			{"press", "烫瓣", "0.012", 6, []int{8, 9}},
			{"form", "组花", "0.085", 20, []int{0, 1, 2, 3, 4}},
			{"stem", "缠杆", "0.045", 12, []int{5, 6, 7}},
			{"pack", "装箱", "0.02", 6, []int{8, 9}}}},
		{"PEACE", "桃木平安牌", "peachwood", 1, "5.8", 280, []step{
			{"sand", "打磨", "0.35", 8, []int{8, 9}},
			{"carve", "雕刻", "2.6", 24, []int{0, 1, 2, 3, 4, 5, 6, 7}},
			{"wax", "上蜡", "0.28", 6, []int{8, 9}},
			{"cord", "穿绳", "0.12", 5, []int{8, 9}}}},
	},
	{
		{"LASH", "自然款假睫毛", "eyelash", 2, "0.86", 1600, []step{
			{"sort", "理毛", "0.06", 7, []int{7, 8}},
			{"knot", "编结", "0.38", 20, []int{0, 1, 2, 3, 4, 5, 6}},
			{"trim", "修剪", "0.055", 8, []int{7, 8, 9}},
			{"box", "装盒", "0.035", 6, []int{9}}}},
		{"PEARL", "珍珠流苏耳环", "earring", 3, "0.45", 3200, []step{
			{"bead", "穿珠", "0.18", 21, []int{0, 1, 2, 3, 4, 5, 6}},
			{"hook", "装钩", "0.06", 10, []int{7, 8, 9}},
			{"card", "上卡", "0.0275", 7, []int{8, 9}}}},
	},
}

// sample is a product so new that one of its operations has no rate yet.
var sample = speciality{"PEONY", "牡丹花头（打样）", "artificial_flower", 0, "0.42", 0, []step{
	{"dye", "点色", "", 0, nil},
	{"bunch", "扎束", "0.11", 0, nil}}}

// settle puts people and products into the database.
func (m *month) settle() {
	parent := int64(0)
	for _, a := range areas {
		a.ParentID = parent
		m.try(func() error { _, err := m.db.NewInsert().Model(&a).Exec(m.ctx); return err })
		parent = a.ID
		if a.Level == 3 {
			m.settleShops(a.ID)
		}
	}
	for i, name := range contractors {
		c := &piecework.Contractor{Code: fmt.Sprintf("C%02d", i+1), Name: name, Phone: fmt.Sprintf("100-0000-02%02d", i+1)}
		m.try(func() error { return piecework.SaveContractor(m.ctx, m.db, c) })
		m.contractors = append(m.contractors, c)
	}
	for i, s := range m.shops {
		for k := range made[i] {
			s.lines = append(s.lines, &line{speciality: &made[i][k], product: m.product(&made[i][k]), crew: s.crew[10*k : 10*k+10]})
		}
	}
}

func (m *month) settleShops(area int64) {
	for i, names := range crews {
		s := &shop{Workshop: piecework.NewWorkshop(fmt.Sprintf("MF%02d", i+1), "桃花社区"+[]string{"第一", "第二"}[i]+"微工厂")}
		s.AreaID, s.saturdays = area, i == 0
		s.starts, s.ends = "08:00", "11:30"
		s.RepeatMinutes = 2 // here they hand in every few minutes
		if i == 0 {
			s.WageRegion = "山东二类" // the difference is only shown
		} else {
			s.starts, s.ends = "13:30", "17:00"
		}
		m.try(func() error { return piecework.SaveWorkshop(m.ctx, m.db, s.Workshop) })
		for k, name := range names {
			w := &piecework.Worker{Code: fmt.Sprintf("%c%02d", 'A'+i, k+1), Name: name, WorkshopID: s.ID,
				Phone: fmt.Sprintf("100-0000-01%02d", 20*i+k+1), ShareWeight: piecework.ShareWeightOne, Active: true}
			if k%10 == 0 {
				w.ShareWeight = piecework.ShareWeightOne * 6 / 5
			}
			m.try(func() error { return piecework.SaveWorker(m.ctx, m.db, w) })
			s.crew = append(s.crew, w)
		}
		m.shops = append(m.shops, s)
		for day := m.first; day < m.today; day = day.AddDays(1) {
			switch weekday := day.Time().Weekday(); {
			case weekday == time.Sunday, weekday == time.Saturday && !s.saturdays:
			default:
				s.days = append(s.days, day)
			}
		}
		s.days = append(s.days, m.today)
	}
}

func (m *month) product(s *speciality) *piecework.Product {
	p := &piecework.Product{Code: s.code, Name: s.name, Craft: s.craft}
	m.try(func() error { return piecework.SaveProduct(m.ctx, m.db, p) })
	for i, o := range s.operations {
		op := piecework.Operation{ProductID: p.ID, Code: o.code, Name: o.name, Seq: 10 * (i + 1)}
		m.try(func() error { return piecework.SaveOperation(m.ctx, m.db, &op) })
		p.Operations = append(p.Operations, op)
	}
	return p
}

// agree agrees rates and takes orders.
func (m *month) agree() {
	for i, s := range m.shops {
		for k, l := range s.lines {
			for j, o := range l.operations {
				m.rate(l.product.Operations[j], nil, m.first.AddDays(-60), o.rate)
			}
			m.stock(l)
			m.takeOrders(s, l, 2+3*i+2*k)
		}
	}
	// Forming a rose is paid better from the middle of the month on.
	rose, pearl := m.shops[0].lines[0], m.shops[1].lines[1]
	m.rate(rose.product.Operations[2], nil, m.middle.AddDays(1), "0.09")
	// Winding stems is paid by time from then on: 520 in an hour are usual, and who is faster keeps half of the time she saves.
	m.agreeRate(&piecework.PieceRate{OperationID: rose.product.Operations[3].ID, EffectiveFrom: m.middle.AddDays(1), Terms: piecework.Terms{Scheme: piecework.Halsey,
		Hourly: mustRate("23.40"), StandardPieces: 520, StandardMinutes: 60, Premium: piecework.Fraction{Num: 1, Den: 2}}})
	// Two orders have rates of their own: one for a tougher cloth, one that is urgent.
	m.rate(rose.product.Operations[0], rose.orders[1].ProcessingOrder, rose.orders[1].OrderedOn, "0.004")
	m.rate(pearl.product.Operations[0], pearl.orders[0].ProcessingOrder, pearl.orders[0].OrderedOn, "0.183333")

	p := m.product(&sample)
	m.rate(p.Operations[1], nil, m.first, sample.operations[1].rate)
	first := m.shops[0]
	first.sample = m.order(first, &line{speciality: &sample, product: p}, 1, 600, m.middle.AddDays(1), m.today.AddDays(9))
}

func (m *month) rate(op piecework.Operation, o *piecework.ProcessingOrder, from piecework.Date, rate string) {
	r := &piecework.PieceRate{OperationID: op.ID, EffectiveFrom: from, Rate: mustRate(rate)}
	if o != nil {
		r.OrderID = o.ID
	}
	m.agreeRate(r)
}

func (m *month) agreeRate(r *piecework.PieceRate) {
	r.CreatedBy = SignIns[1].Name
	m.try(func() error { return piecework.AddRate(m.ctx, m.db, r) })
}

// takeOrders divides what a line will make until today into orders: each keeps it busy for eight sessions, the one under
// way is four fifths done and due in so many days, and the next one is just in.
func (m *month) takeOrders(s *shop, l *line, dueIn int) {
	const each = 8
	at := 0
	for left := len(s.days); left > 2*each; left = len(s.days) - at {
		l.orders = append(l.orders, m.order(s, l, len(l.orders)+1, each*l.perSession, s.days[at].AddDays(-4), s.days[at+each].AddDays(3)))
		at += each
	}
	left := int64(len(s.days) - at)
	l.orders = append(l.orders,
		m.order(s, l, len(l.orders)+1, left*l.perSession*5/4/10*10, s.days[at].AddDays(-4), m.today.AddDays(dueIn)),
		m.order(s, l, len(l.orders)+2, 10*l.perSession, m.today.AddDays(-1), m.today.AddDays(24)))
}

func (m *month) order(s *shop, l *line, number int, quantity int64, from, due piecework.Date) *order {
	o := &piecework.ProcessingOrder{Code: fmt.Sprintf("%s-%s%02d", l.code, from.Time().Format("0601"), number), WorkshopID: s.ID,
		ContractorID: m.contractors[l.contractor].ID, ProductID: l.product.ID, Quantity: quantity, UnitFee: mustRate(l.fee), OrderedOn: from, DueOn: due}
	if l.code == needs[0].product {
		o.LossAllowed = 1_00
		o.Variants = []piecework.Variant{{Colour: "朱红", Quantity: quantity * 3 / 5}, {Colour: "粉白", Quantity: quantity - quantity*3/5}}
	}
	m.try(func() error { return piecework.SaveOrder(m.ctx, m.db, o) })
	return &order{ProcessingOrder: o, done: make([]int64, len(l.operations)), lost: make([]int64, len(l.operations))}
}

// mustRate reads a rate of the tables above.
func mustRate(s string) piecework.Rate {
	r, msg := piecework.ParseRate(s)
	if msg != nil {
		panic(msg.String())
	}
	return r
}
