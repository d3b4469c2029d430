package label

import "jijian/piecework/press"

// Stock is what labels are printed on.
type Stock string

// The kinds of stock. The first two are A4 sheets of labels, the next two rolls of a label printer, one label a page.
const (
	Sheet24 Stock = "a4-24" // 3 × 8 labels of 70 × 37 mm
	Sheet40 Stock = "a4-40" // 4 × 10 labels of 52.5 × 29.7 mm
	Roll40  Stock = "40x30" // 40 × 30 mm
	Roll58  Stock = "58x40" // 58 × 40 mm
	Cards   Stock = "a4-10" // 2 × 5 cards of 105 × 59.4 mm, to hang up
)

// Stocks are what badges and tickets are printed on, in the order a form offers them.
var Stocks = []Stock{Sheet24, Sheet40, Roll40, Roll58}

// CommandStocks are what commands are printed on.
var CommandStocks = append([]Stock{Cards}, Stocks...)

// stock is the measure of one kind in millimetres, type sizes in points.
type stock struct {
	layout        press.Layout
	width, height float64 // of a label
	// Nothing dark stands nearer to the edges. On A4 it is what office printers cannot reach; labels at the edges of a sheet lie there.
	margin float64
	qr     float64 // the QR code without its quiet zone
	module float64 // the thinnest bar, at most
	bars   float64 // their height
	below  bool    // the bars stand below text and QR code alike, not below the text alone
	digits float64 // size of the short form
	body   float64
	heads  []press.Step // the first line; a long one is also broken, and as small as 7 pt
}

// No size is under 7 pt and no QR code under 15 mm.
var stocks = map[Stock]stock{
	Sheet24: {layout: sheets(3, 8, 70, 37, 0.5), width: 70, height: 37, margin: 4.5, qr: 20, module: 0.375, bars: 6.5, digits: 11, body: 8, heads: sizes(18, 16, 14, 12, 10)},
	Sheet40: {layout: sheets(4, 10, 52.5, 29.7, 0), width: 52.5, height: 29.7, margin: 4.5, qr: 15, module: 0.3, bars: 5.5, digits: 9, body: 7, heads: sizes(13, 11.5, 9)},
	Roll40:  {layout: roll(40, 30), width: 40, height: 30, margin: 1.8, qr: 15, module: 0.25, bars: 4.5, below: true, digits: 8.5, body: 7, heads: sizes(13, 11.5, 10, 9)},
	Roll58:  {layout: roll(58, 40), width: 58, height: 40, margin: 2.2, qr: 20, module: 0.375, bars: 6.5, below: true, digits: 11, body: 8, heads: sizes(18, 16, 14, 12, 10)},
	Cards:   {layout: cards(), width: 105, height: 59.4, margin: 8, qr: 34, module: 0.5, bars: 10, digits: 14, body: 11, heads: sizes(36, 30, 26, 22, 16)},
}

func sheets(columns, rows int, across, down, top float64) press.Layout {
	return press.Layout{Width: 210, Height: 297, Columns: columns, Rows: rows, Top: top, Across: across, Down: down}
}

func cards() press.Layout {
	l := sheets(2, 5, 105, 59.4, 0)
	l.CutLines = true
	return l
}

func roll(width, height float64) press.Layout {
	return press.Layout{Width: width, Height: height, Columns: 1, Rows: 1}
}

// sizes are headings of one line.
func sizes(points ...float64) []press.Step {
	steps := make([]press.Step, len(points))
	for i, size := range points {
		steps[i] = press.At(size, 1)
	}
	return steps
}

// PerPage is how many labels a page of the stock has, 0 for an unknown one.
func (s Stock) PerPage() int { return stocks[s].layout.Columns * stocks[s].layout.Rows }
