package demo

import (
	"jijian/payroll"
)

// measure times the workers of the first line before its rates were agreed, half an hour each, at all operations but packing.
func (m *month) measure() {
	l := m.shops[0].lines[0]
	for i, o := range l.operations[:len(l.operations)-1] {
		for k, at := range o.able {
			// At the rate agreed later they come to between 19 and 27 an hour.
			hourly := 19 + int64(5*k+2*i)%9
			pieces := hourly * 1_000_000 / (2 * mustRate(o.rate).Millionths())
			s := &payroll.RateSample{OperationID: l.product.Operations[i].ID, WorkerID: l.crew[at].ID, SampledOn: m.first.AddDays(-62),
				Pieces: pieces, Minutes: 30, RecordedBy: lead}
			m.try(func() error { return payroll.AddRateSample(m.ctx, m.db, s) })
		}
	}
}
