package exchange

import (
	"fmt"
	"io"

	"github.com/xuri/excelize/v2"
)

// Colours of the template: the accent for what must be filled in, a pale ground for the rest.
const (
	accent = "9C4A2F"
	ground = "F3ECE4"
	ink    = "2B2622"
)

// templateRows is how far down the choices of an enum column reach; a sheet has this many rows.
const templateRows = 1_048_576

// Template writes the empty workbook that Import reads: one sheet a table with its header row, and before them a sheet that
// explains every column in Chinese and English. Columns of codes, dates and texts are formatted as text, so that a
// spreadsheet keeps 007 and 2026-10-31 as they are typed.
func Template(w io.Writer) error {
	f := excelize.NewFile()
	defer f.Close()
	t := &templateWriter{f: f}
	t.styles()
	t.must(f.SetSheetName(f.GetSheetName(0), ReadMe))
	for i := range Tables {
		t.table(&Tables[i])
	}
	t.readMe()
	if t.err != nil {
		return fmt.Errorf("write the template: %w", t.err)
	}
	if _, err := f.WriteTo(w); err != nil {
		return fmt.Errorf("write the template: %w", err)
	}
	return nil
}

// templateWriter remembers the first error, so that the calls read like the workbook they make.
type templateWriter struct {
	f   *excelize.File
	err error

	required, optional, asText, wrapped, title int
}

func (t *templateWriter) must(err error) {
	if t.err == nil {
		t.err = err
	}
}

func (t *templateWriter) style(s *excelize.Style) int {
	id, err := t.f.NewStyle(s)
	t.must(err)
	return id
}

func (t *templateWriter) styles() {
	fill := func(colour string) excelize.Fill {
		return excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{colour}}
	}
	const formatText = 49 // "@"
	t.required = t.style(&excelize.Style{Font: &excelize.Font{Bold: true, Color: "FFFFFF"}, Fill: fill(accent), NumFmt: formatText})
	t.optional = t.style(&excelize.Style{Font: &excelize.Font{Color: ink}, Fill: fill(ground), NumFmt: formatText})
	t.asText = t.style(&excelize.Style{NumFmt: formatText})
	t.wrapped = t.style(&excelize.Style{Alignment: &excelize.Alignment{WrapText: true, Vertical: "top"}, NumFmt: formatText})
	t.title = t.style(&excelize.Style{Font: &excelize.Font{Bold: true, Size: 14, Color: accent}})
}

func (t *templateWriter) set(sheet string, column, row, style int, value string) {
	at, err := excelize.CoordinatesToCellName(column, row)
	t.must(err)
	t.must(t.f.SetCellStr(sheet, at, value))
	t.must(t.f.SetCellStyle(sheet, at, at, style))
}

func (t *templateWriter) table(table *Table) {
	_, err := t.f.NewSheet(table.Name)
	t.must(err)
	for i, c := range table.Columns {
		letter, err := excelize.ColumnNumberToName(i + 1)
		t.must(err)
		t.must(t.f.SetColWidth(table.Name, letter, letter, width(c)))
		if !c.Kind.numeric() {
			t.must(t.f.SetColStyle(table.Name, letter, t.asText))
		}
		style := t.optional
		if c.Required {
			style = t.required
		}
		t.set(table.Name, i+1, 1, style, c.Name)
		if c.Kind == Enum {
			choices := excelize.NewDataValidation(!c.Required)
			choices.Sqref = fmt.Sprintf("%s2:%s%d", letter, letter, templateRows)
			t.must(choices.SetDropList(c.Values))
			t.must(t.f.AddDataValidation(table.Name, choices))
		}
	}
	t.must(t.f.SetPanes(table.Name, &excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}))
}

func width(c Column) float64 {
	switch c.Kind {
	case UID:
		return 38
	case Instant:
		return 28
	case Text:
		return 24
	}
	return float64(max(12, len(c.Name)+2))
}

func (t *templateWriter) readMe() {
	row := 1
	for _, line := range []string{
		"导入说明 · How to fill in this workbook",
		"每张表第一行是列名，不要改动；从第二行起填写。深色列名必填。不用的表可以留空或删除。",
		"The first row of each sheet names the columns; leave it as it is and begin in row 2. Dark columns are required. Sheets you do not need may stay empty or be deleted.",
		"导入时整本一起检查：有一处错误就什么也不导入，并指出每处错误的表、行、列和值。同一文件导入两次，第二次不会改变任何数据。",
		"The whole workbook is checked first: with one fault nothing is imported, and every fault is shown with sheet, row, column and value. Importing the same file twice changes nothing the second time.",
	} {
		style := t.wrapped
		if row == 1 {
			style = t.title
		}
		t.must(t.f.MergeCell(ReadMe, fmt.Sprintf("A%d", row), fmt.Sprintf("G%d", row)))
		t.set(ReadMe, 1, row, style, line)
		t.must(t.f.SetRowHeight(ReadMe, row, 34))
		row++
	}
	row++
	for i, head := range []string{"表 Sheet", "列 Column", "必填 Required", "留空即 If blank", "含义 Meaning", "填写格式", "Format"} {
		t.set(ReadMe, i+1, row, t.required, head)
	}
	t.must(t.f.SetPanes(ReadMe, &excelize.Panes{Freeze: true, YSplit: row, TopLeftCell: fmt.Sprintf("A%d", row+1), ActivePane: "bottomLeft"}))
	for _, table := range Tables {
		for _, c := range table.Columns {
			row++
			required := ""
			if c.Required {
				required = "是 yes"
			}
			zh, en := c.form()
			for i, s := range []string{table.Name + " " + table.ZH, c.Name, required, c.Default, c.ZH + "\n" + c.EN, zh, en} {
				t.set(ReadMe, i+1, row, t.wrapped, s)
			}
			t.must(t.f.SetRowHeight(ReadMe, row, 34))
		}
	}
	for i, w := range []float64{22, 20, 14, 16, 44, 44, 44} {
		letter, err := excelize.ColumnNumberToName(i + 1)
		t.must(err)
		t.must(t.f.SetColWidth(ReadMe, letter, letter, w))
	}
	t.f.SetActiveSheet(0)
}
