package exchange

import (
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"

	"jijian/piecework"
)

// Format is how an export is written.
type Format string

// The formats. CSV is UTF-8 without byte order mark, RFC 4180 with lines ended by LF, for programs; XLSX is for people.
const (
	CSV  Format = "csv"
	XLSX Format = "xlsx"
)

// ParseFormat reads the name of a format; "" is CSV.
func ParseFormat(s string) (Format, error) {
	switch f := Format(s); f {
	case "":
		return CSV, nil
	case CSV, XLSX:
		return f, nil
	}
	return "", piecework.InvalidField("format", "%q is neither csv nor xlsx", s)
}

// holds says what a column of an export holds.
type holds int

const (
	exact    holds = iota // a code or a word of ours, which cannot be a formula
	freeText              // what people typed
	pieces                // a whole number
	amount                // money with two decimals
	perPiece              // a rate with the decimals it was agreed with
	hours                 // hours with two decimals
)

// outColumn is one column of an export. Label, where there is one, stands before the name in workbooks. A workbook of columns without
// any name has no header row.
type outColumn struct {
	name  string
	holds holds
	label string
}

// output is an export on its way out, row by row. Every value is text; a blank stays blank.
type output interface {
	row(values []string) error
	close() error
}

func newOutput(w io.Writer, format Format, name string, columns []outColumn) (output, error) {
	if format == XLSX {
		return newXLSXOutput(w, name, columns)
	}
	c := &csvOutput{csv.NewWriter(w), columns}
	header := make([]string, len(columns))
	for i, column := range columns {
		header[i] = column.name
	}
	return c, c.csv.Write(header)
}

// write writes a whole export.
func write(w io.Writer, format Format, name string, columns []outColumn, rows [][]string) error {
	out, err := newOutput(w, format, name, columns)
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	for _, r := range rows {
		if err := out.row(r); err != nil {
			return fmt.Errorf("write %s: %w", name, err)
		}
	}
	if err := out.close(); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}

type csvOutput struct {
	csv     *csv.Writer
	columns []outColumn
}

func (c *csvOutput) row(values []string) error {
	for i, v := range values {
		if c.columns[i].holds == freeText {
			values[i] = disarm(v)
		}
	}
	return c.csv.Write(values)
}

func (c *csvOutput) close() error {
	c.csv.Flush()
	return c.csv.Error()
}

// disarm puts an apostrophe before typed text that a spreadsheet opening the CSV would take for a formula. Numbers are
// never touched: −3.50 is an amount.
func disarm(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r＝＋－＠", firstRune(s)) {
		return "'" + s
	}
	return s
}

func firstRune(s string) rune {
	for _, r := range s {
		return r
	}
	return 0
}

// xlsxOutput streams one sheet. Text is stored as text, so that nothing in it is ever a formula.
type xlsxOutput struct {
	to      io.Writer
	file    *excelize.File
	stream  *excelize.StreamWriter
	columns []outColumn
	styles  []int // by column
	next    int
}

func newXLSXOutput(w io.Writer, name string, columns []outColumn) (*xlsxOutput, error) {
	o := &xlsxOutput{to: w, file: excelize.NewFile(), columns: columns, next: 1}
	if err := o.begin(name); err != nil {
		return nil, fmt.Errorf("%w (%v)", err, o.file.Close())
	}
	return o, nil
}

func (o *xlsxOutput) begin(name string) error {
	if err := o.file.SetSheetName(o.file.GetSheetName(0), name); err != nil {
		return err
	}
	head, err := o.file.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}, Border: []excelize.Border{{Type: "bottom", Style: 1, Color: ink}}})
	if err != nil {
		return err
	}
	formats := map[holds]string{exact: "@", freeText: "@", pieces: "0", amount: "0.00", perPiece: "0.00####", hours: "0.00"}
	for _, c := range o.columns {
		format := formats[c.holds]
		style, err := o.file.NewStyle(&excelize.Style{CustomNumFmt: &format})
		if err != nil {
			return err
		}
		o.styles = append(o.styles, style)
	}
	if o.stream, err = o.file.NewStreamWriter(name); err != nil {
		return err
	}
	for i, c := range o.columns {
		width := 14.0
		if c.holds == freeText {
			width = 24
		}
		if err := o.stream.SetColWidth(i+1, i+1, width); err != nil {
			return err
		}
	}
	if untitled(o.columns) {
		return nil
	}
	if err := o.stream.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	header := make([]any, len(o.columns))
	for i, c := range o.columns {
		header[i] = excelize.Cell{StyleID: head, Value: strings.TrimSpace(c.label + " " + c.name)}
	}
	return o.cells(header)
}

func untitled(columns []outColumn) bool {
	return !slices.ContainsFunc(columns, func(c outColumn) bool { return c.name != "" })
}

func (o *xlsxOutput) cells(values []any) error {
	at, err := excelize.CoordinatesToCellName(1, o.next)
	if err != nil {
		return err
	}
	o.next++
	return o.stream.SetRow(at, values)
}

func (o *xlsxOutput) row(values []string) error {
	cells := make([]any, len(values))
	for i, v := range values {
		if v == "" {
			continue
		}
		cells[i] = excelize.Cell{StyleID: o.styles[i], Value: v}
		if o.columns[i].holds >= pieces {
			cells[i] = excelize.Cell{StyleID: o.styles[i], Value: numberCell(v)}
		}
	}
	return o.cells(cells)
}

// numberCell is a number that a workbook stores with exactly these digits, or the text when it has more than the 15 digits
// a spreadsheet keeps.
func numberCell(s string) any {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || strconv.FormatFloat(f, 'f', -1, 64) != trimZeros(s) || len(strings.Trim(s, "-.0")) > 16 {
		return s
	}
	return f
}

// trimZeros is a plain decimal without the noughts at its end.
func trimZeros(s string) string {
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}

func (o *xlsxOutput) close() error {
	if err := o.stream.Flush(); err != nil {
		return err
	}
	if _, err := o.file.WriteTo(o.to); err != nil {
		return err
	}
	return o.file.Close()
}
