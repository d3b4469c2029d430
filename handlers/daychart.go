package handlers

import (
	"jijian/payroll"
	"jijian/piecework"
)

// dayChart is what a worker earned on each of some days, as bars: measures are those of the picture, which is Width × chartHeight.
type dayChart struct {
	Days  []dayBar
	Width int
	Best  payroll.DayPay
	Sum   piecework.Money
}

// dayBar is one day of a chart.
type dayBar struct {
	payroll.DayPay
	X, Y, Height int64
	Kind         string // class of the bar: "now" for the last day, "rest" for one without pay
}

// measures of a chart; bars stand barStep apart and the highest fills chartHeight.
const (
	chartHeight = 80
	barWidth    = 16
	barStep     = 24
)

// newDayChart draws days; the last of them is today.
func newDayChart(days []payroll.DayPay) dayChart {
	c := dayChart{Width: barStep*len(days) - (barStep - barWidth)}
	for _, d := range days {
		if d.Amount.Cmp(c.Best.Amount) > 0 {
			c.Best = d
		}
		c.Sum = c.Sum.Add(d.Amount)
	}
	for i, d := range days {
		b := dayBar{DayPay: d, X: int64(i * barStep), Height: 2}
		if d.Amount.Sign() > 0 {
			b.Height = max(4, d.Amount.Fen()*chartHeight/c.Best.Amount.Fen())
		} else {
			b.Kind = "rest"
		}
		if i == len(days)-1 && b.Kind == "" {
			b.Kind = "now"
		}
		b.Y = chartHeight - b.Height
		c.Days = append(c.Days, b)
	}
	return c
}

// Height is how high the picture is.
func (dayChart) Height() int { return chartHeight }

// Earned lists the days with pay, the latest first.
func (c dayChart) Earned() []payroll.DayPay {
	var list []payroll.DayPay
	for i := len(c.Days) - 1; i >= 0; i-- {
		if c.Days[i].Amount.Sign() > 0 {
			list = append(list, c.Days[i].DayPay)
		}
	}
	return list
}
