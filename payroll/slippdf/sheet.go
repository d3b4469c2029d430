package slippdf

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jung-kurt/gofpdf"
)

// sheet is one piece of paper of one slip as drawing orders, in millimetres from its top left corner: a page, or a third of
// one.
type sheet struct {
	height float64
	texts  []placed
	rules  []rule
	qr     code
}

// placed is a text; x and y are its left end on the base line.
type placed struct {
	x, y, size float64
	bold       bool
	white      bool // on the black bar
	text       string
}

// rule is a line, or a bar if it is thick.
type rule struct{ x, y, toX, toY, thick float64 }

// code is a QR code with its top left corner and its width, quiet zone included.
type code struct {
	path        string
	modules     int
	x, y, width float64
}

// hairline is the thinnest line that every printer of a village shop still prints unbroken.
const hairline = 0.3

// render writes the sheets as a PDF document.
func (p *Printer) render(paper paper, title string, dated time.Time, sheets []*sheet) ([]byte, error) {
	regular, bold := usedCodes(sheets)
	pdf := gofpdf.NewCustom(&gofpdf.InitType{UnitStr: "mm", Size: gofpdf.SizeType{Wd: paper.width, Ht: paper.pageHeight()}})
	pdf.SetCreationDate(dated)
	pdf.SetModificationDate(dated)
	pdf.SetCatalogSort(true)
	pdf.SetProducer("Jijian", true)
	pdf.SetTitle(title, true)
	pdf.SetMargins(0, 0, 0)
	pdf.SetAutoPageBreak(false, 0)
	pdf.AddUTF8FontFromBytes("slip", "", p.fonts.regular.cut(regular))
	pdf.AddUTF8FontFromBytes("slip", "B", p.fonts.bold.cut(bold))
	for i, sh := range sheets {
		third := i % paper.perPage
		if third == 0 {
			height := paper.pageHeight()
			if paper.roll {
				height = sh.height
			}
			pdf.AddPageFormat("P", gofpdf.SizeType{Wd: paper.width, Ht: height})
			cutLines(pdf, paper)
		}
		draw(pdf, sh, float64(third)*paper.height)
	}
	var out bytes.Buffer
	if err := pdf.Output(&out); err != nil {
		return nil, err
	}
	return p.fonts.withUnicode(out.Bytes(), union(regular, bold))
}

// cutLines marks where an A4 is cut: dashes from edge to edge, which also guide a guillotine.
func cutLines(pdf *gofpdf.Fpdf, paper paper) {
	pdf.SetLineWidth(hairline)
	for i := 1; i < paper.perPage; i++ {
		pdf.SetDashPattern([]float64{2, 1.5}, 0)
		pdf.Line(0, float64(i)*paper.height, paper.width, float64(i)*paper.height)
		pdf.SetDashPattern(nil, 0)
	}
}

// draw puts one sheet on the current page, down by so much.
func draw(pdf *gofpdf.Fpdf, sh *sheet, down float64) {
	for _, r := range sh.rules {
		pdf.SetLineWidth(r.thick)
		pdf.Line(r.x, r.y+down, r.toX, r.toY+down)
	}
	for _, t := range sh.texts {
		style := ""
		if t.bold {
			style = "B"
		}
		pdf.SetFont("slip", style, t.size)
		if t.white {
			pdf.RawWriteStr("1 g")
		}
		pdf.Text(t.x, t.y+down, t.text)
		if t.white {
			pdf.RawWriteStr("0 g")
		}
	}
	if sh.qr.path != "" {
		_, height := pdf.GetPageSize()
		scale := sh.qr.width / float64(sh.qr.modules) / millimetres
		pdf.RawWriteStr(fmt.Sprintf("q %.5f 0 0 %.5f %.3f %.3f cm %s Q", scale, scale,
			sh.qr.x/millimetres, (height-down-sh.qr.y-sh.qr.width)/millimetres, sh.qr.path))
	}
}

// usedCodes are the characters of all sheets in each weight, sorted.
func usedCodes(sheets []*sheet) (regular, bold []rune) {
	var used [2]map[rune]bool
	for i := range used {
		used[i] = map[rune]bool{' ': true}
	}
	for _, sh := range sheets {
		for _, t := range sh.texts {
			weight := used[0]
			if t.bold {
				weight = used[1]
			}
			for _, code := range t.text {
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
