package demo

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"math"

	"jijian/piecework"
)

// need is what a piece of a speciality takes of a material.
type need struct {
	product, code, name, unit, perPiece string
	step                                int // position of the operation that uses it
	own                                 bool
	cost                                string
}

var needs = []need{
	{"ROSE", "CLOTH", "绢布", "m", "0.012", 0, false, "9.5"},
	{"ROSE", "WIRE", "花杆铁丝", "kg", "0.0018", 3, true, "7.2"},
	{"PEARL", "BEAD", "仿珍珠", "pcs", "4", 0, false, "0.06"},
}

// stock writes down what pieces need, before orders are taken: they start with it.
func (m *month) stock(l *line) {
	for _, n := range needs {
		if n.product != l.code {
			continue
		}
		material := &piecework.Material{Code: n.code, Name: n.name, Unit: n.unit}
		m.try(func() error { return piecework.SaveMaterial(m.ctx, m.db, material) })
		m.try(func() error {
			return piecework.SetProductMaterial(m.ctx, m.db, l.product.ID, piecework.Need{MaterialID: material.ID, OperationID: l.product.Operations[n.step].ID,
				PerPiece: mustMeasure(n.perPiece), Own: n.own, UnitCost: mustRate(n.cost)})
		})
	}
}

// materials takes in what the roses under way need, gives some to a session, and counts what is left: a little is gone.
func (m *month) materials(s *shop) {
	l := s.lines[0]
	o := l.orders[len(l.orders)-2].ProcessingOrder
	uses := m.uses(o)
	for i := range uses {
		all := uses[i].PerPiece.Times(o.Quantity)
		for part, document := range []string{"JX-0917", "JX-0931"} {
			day := min(m.today, o.OrderedOn.AddDays(3+6*part))
			m.move(o, &uses[i], piecework.Receipt, all*51/100, day, document)
		}
	}
	for i := range m.uses(o) {
		if u := m.uses(o)[i]; !u.Own {
			m.move(o, &u, piecework.Stocktake, max(0, u.Here-u.Needed*14/1000)/500_000*500_000, m.today, "")
		}
	}
	m.try(func() error {
		return piecework.AgreeFees(m.ctx, m.db, o.ID, m.today.AddDays(1), []piecework.OrderFee{{Fee: mustRate(l.fee)}, {Above: o.Quantity * 9 / 10, Fee: mustRate("0.26")}}, SignIns[1].Name)
	})
	m.try(func() error {
		photo, err := piecework.ReadPhoto("photo", rose())
		if err != nil {
			return err
		}
		return piecework.AddOrderPhotos(m.ctx, m.db, o.ID, []*piecework.Photo{photo}, true, "封样：朱红，花径 6 cm", lead)
	})
	quote := *o
	quote.ID, quote.Code, quote.Quote, quote.AgainID, quote.Quantity, quote.OrderedOn, quote.DueOn = 0, "ROSE-Q1", true, o.ID, 20_000, m.today, m.today.AddDays(40)
	quote.Variants, quote.Note = nil, "春节前的加单，等锦绣花坊确认"
	m.try(func() error { return piecework.SaveOrder(m.ctx, m.db, &quote) })
}

func (m *month) uses(o *piecework.ProcessingOrder) (list []piecework.Use) {
	m.try(func() error {
		var err error
		list, err = piecework.MaterialUse(m.ctx, m.db, o)
		return err
	})
	return list
}

func (m *month) move(o *piecework.ProcessingOrder, u *piecework.Use, kind piecework.MovementKind, q piecework.Measure, day piecework.Date, document string) {
	move := &piecework.Movement{OrderID: o.ID, MaterialID: u.MaterialID, Kind: kind, Quantity: q, Counted: q, MovedOn: day, Document: document, RecordedBy: lead}
	m.try(func() error { return piecework.Move(m.ctx, m.db, move) })
}

// rose is a picture of the sample: petals around a centre.
func rose() []byte {
	const side = 480
	p := image.NewRGBA(image.Rect(0, 0, side, side))
	for y := range side {
		for x := range side {
			dx, dy := float64(x-side/2), float64(y-side/2)
			r, turn := math.Hypot(dx, dy), math.Atan2(dy, dx)
			edge := 150 + 34*math.Cos(5*turn)
			c := color.RGBA{250, 246, 240, 255}
			switch wave := math.Sin(r/13 + 3*turn); {
			case r < edge && wave > 0.2:
				c = color.RGBA{176, 32, 44, 255}
			case r < edge:
				c = color.RGBA{206, 62, 70, 255}
			}
			p.SetRGBA(x, y, c)
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, p); err != nil {
		panic(err) // into memory
	}
	return b.Bytes()
}

// mustMeasure reads a quantity of the tables above.
func mustMeasure(s string) piecework.Measure {
	q, msg := piecework.ParseMeasure(s)
	if msg != nil {
		panic(msg.String())
	}
	return q
}
