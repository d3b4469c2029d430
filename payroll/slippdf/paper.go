package slippdf

import "jijian/piecework/press"

// paper is the measure of one format in millimetres, type sizes in points.
type paper struct {
	width, height float64 // of a sheet; of a roll the longest page a PDF reader must accept
	perPage       int     // sheets on one page
	roll          bool    // a page is as long as what is on it
	inline        bool    // an order stands beside its operation where both fit, and below elsewhere

	left, right, top, bottom float64 // the main column

	body, small float64      // sizes of the table and of what explains it
	names       []press.Step // the worker's name
	hero        float64      // the net pay
	code        float64      // width of the QR code with its quiet zone
	between     float64      // space between the lines of the table
	line        float64      // height of one of the totals
	panel       float64      // left edge of the panel with the totals, 0 where they follow the table
}

// The box of a drawn signature, see [Slip.Signature].
const (
	SignatureWidth  = 1000
	SignatureHeight = 400
)

// papers are the formats. No size is under 7 pt.
var papers = map[Format]paper{
	A5: {
		width: 148, height: 210, perPage: 1,
		left: 12, right: 136, top: 11, bottom: 198,
		body: 9, small: 7.5, hero: 24, code: 24, between: 1.5, line: 4.9,
		names: []press.Step{press.At(17, 1), press.At(13, 1), press.At(11, 2), press.At(8.5, 3), press.At(7, 3)},
	},
	ThreeUp: {
		width: 210, height: 99, perPage: 3, inline: true,
		left: 10, right: 136, top: 7, bottom: 89,
		body: 8.5, small: 7.5, hero: 20, code: 22, between: 1.2, line: 4.3, panel: 146,
		names: []press.Step{press.At(14, 1), press.At(11, 1), press.At(8.5, 2), press.At(7, 2)},
	},
	Thermal: {
		width: 80, height: 5000, perPage: 1, roll: true,
		left: 5, right: 75, top: 5, bottom: 4990,
		body: 9, small: 7.5, hero: 24, code: 28, between: 1.7, line: 4.9,
		names: []press.Step{press.At(15, 1), press.At(12, 1), press.At(10, 2), press.At(8, 3), press.At(7, 3)},
	},
}

// tightened is the same paper with less air: step 1 halves the space between the lines of the table, step 2 also sets an
// order beside its operation, the totals closer and the net pay smaller.
func (p paper) tightened(step int) paper {
	if step > 0 {
		p.between /= 2
	}
	if step > 1 {
		p.inline, p.line, p.hero = !p.roll, 0.9*p.line, 0.85*p.hero
	}
	return p
}

// layout is how sheets are put on pages.
func (p paper) layout() press.Layout {
	return press.Layout{Width: p.width, Height: p.height * float64(p.perPage), Columns: 1, Rows: p.perPage, Down: p.height, Roll: p.roll, CutLines: true}
}

// columns are the right edges of the figures, the middles of the signs between them, and what is left for the names.
type columns struct {
	size                       float64 // of the figures
	pieces, times, rate, point float64
	equals, amount             float64
	names                      float64 // width
}
