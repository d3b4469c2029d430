package press

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jung-kurt/gofpdf"
)

// Sheet is one piece of paper as drawing orders, in millimetres from its top left corner: a page, or a part of one.
type Sheet struct {
	Height  float64 // where a page is as long as what is on it
	Texts   []Text
	Rules   []Rule
	Symbols []Symbol
}

// Text is one line of type; X and Y are its left end on the base line. It is printable, see [Fonts.Printable].
type Text struct {
	X, Y, Size float64 // the size in points
	Bold       bool
	White      bool // on a black bar
	Text       string
}

// Rule is a line, or a bar if it is thick.
type Rule struct{ X, Y, ToX, ToY, Thick float64 }

// Symbol is a code for machines: a path in squares, the origin at its bottom left, with the box on the sheet that it fills.
type Symbol struct {
	Path                string
	Across, Down        int // squares
	X, Y, Width, Height float64
}

// Hairline is the thinnest line that every printer of a village shop still prints unbroken.
const Hairline = 0.3

// Layout says how sheets are put on pages, in millimetres.
type Layout struct {
	Width, Height float64 // of a page
	Columns, Rows int     // of sheets on it
	Left, Top     float64 // where the first sheet begins
	Across, Down  float64 // from a sheet to the one beside it and below it
	Roll          bool    // a page is as long as its sheet
	CutLines      bool    // dashes between the rows, from edge to edge, which also guide a guillotine
	Title         string
	Dated         time.Time // the moment the document is dated with
}

// Write makes the sheets a PDF document.
func (p *Fonts) Write(layout Layout, sheets []*Sheet) ([]byte, error) {
	regular, bold := usedCodes(sheets)
	pdf := gofpdf.NewCustom(&gofpdf.InitType{UnitStr: "mm", Size: gofpdf.SizeType{Wd: layout.Width, Ht: layout.Height}})
	pdf.SetCreationDate(layout.Dated)
	pdf.SetModificationDate(layout.Dated)
	pdf.SetCatalogSort(true)
	pdf.SetProducer("Jijian", true)
	pdf.SetTitle(layout.Title, true)
	pdf.SetMargins(0, 0, 0)
	pdf.SetAutoPageBreak(false, 0)
	pdf.AddUTF8FontFromBytes(family, "", p.Regular.cut(regular))
	pdf.AddUTF8FontFromBytes(family, "B", p.Bold.cut(bold))
	for i, sh := range sheets {
		at := i % (layout.Columns * layout.Rows)
		if at == 0 {
			height := layout.Height
			if layout.Roll {
				height = sh.Height
			}
			pdf.AddPageFormat("P", gofpdf.SizeType{Wd: layout.Width, Ht: height})
			cutLines(pdf, layout)
		}
		draw(pdf, sh, layout.Left+float64(at%layout.Columns)*layout.Across, layout.Top+float64(at/layout.Columns)*layout.Down)
	}
	var out bytes.Buffer
	if err := pdf.Output(&out); err != nil {
		return nil, err
	}
	return p.withUnicode(out.Bytes(), union(regular, bold))
}

// family is what the fonts are called within a document.
const family = "slip"

func cutLines(pdf *gofpdf.Fpdf, layout Layout) {
	pdf.SetLineWidth(Hairline)
	if !layout.CutLines {
		return
	}
	for i := 1; i < layout.Rows; i++ {
		dashes(pdf, 0, float64(i)*layout.Down, layout.Width, float64(i)*layout.Down)
	}
	for i := 1; i < layout.Columns; i++ {
		dashes(pdf, float64(i)*layout.Across, 0, float64(i)*layout.Across, layout.Height)
	}
}

func dashes(pdf *gofpdf.Fpdf, x, y, toX, toY float64) {
	pdf.SetDashPattern([]float64{2, 1.5}, 0)
	pdf.Line(x, y, toX, toY)
	pdf.SetDashPattern(nil, 0)
}

// draw puts one sheet on the current page, to the right and down by so much.
func draw(pdf *gofpdf.Fpdf, sh *Sheet, right, down float64) {
	for _, r := range sh.Rules {
		pdf.SetLineWidth(r.Thick)
		pdf.Line(r.X+right, r.Y+down, r.ToX+right, r.ToY+down)
	}
	for _, t := range sh.Texts {
		style := ""
		if t.Bold {
			style = "B"
		}
		pdf.SetFont(family, style, t.Size)
		if t.White {
			pdf.RawWriteStr("1 g")
		}
		pdf.Text(t.X+right, t.Y+down, t.Text)
		if t.White {
			pdf.RawWriteStr("0 g")
		}
	}
	_, height := pdf.GetPageSize()
	for _, s := range sh.Symbols {
		pdf.RawWriteStr(fmt.Sprintf("q %.5f 0 0 %.5f %.3f %.3f cm %s Q", s.Width/float64(s.Across)/Millimetres, s.Height/float64(s.Down)/Millimetres,
			(s.X+right)/Millimetres, (height-down-s.Y-s.Height)/Millimetres, s.Path))
	}
}

// usedCodes are the characters of all sheets in each weight, sorted.
func usedCodes(sheets []*Sheet) (regular, bold []rune) {
	var used [2]map[rune]bool
	for i := range used {
		used[i] = map[rune]bool{' ': true}
	}
	for _, sh := range sheets {
		for _, t := range sh.Texts {
			weight := used[0]
			if t.Bold {
				weight = used[1]
			}
			for _, code := range t.Text {
				weight[code] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(used[0])), slices.Sorted(maps.Keys(used[1]))
}

func union(a, b []rune) []rune {
	all := append(slices.Clone(a), b...)
	slices.Sort(all)
	return slices.Compact(all)
}
