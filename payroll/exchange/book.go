package exchange

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"jijian/piecework"
)

// lines is the rows of one file or sheet, one at a time. next returns io.EOF after the last, a *lineError for a row that
// cannot be taken apart (the rows after it can), and any other error when reading must end.
type lines interface {
	// next returns the next row that is not empty; the slice is good until the following call.
	next() (num int, cells []cell, err error)
	// width says whether every row must have as many cells as the header.
	fixedWidth() bool
	date1904() bool
	Close() error
}

// lineError is a row whose cells cannot be told apart.
type lineError struct {
	num int
	piecework.Message
}

func (e *lineError) Error() string { return e.Message.String() }

// book is the tables found at one path, opened and with their headers understood.
type book struct {
	sheets []*sheet // in the order of Tables
	closer io.Closer
}

// Close releases the files.
func (b *book) Close() error {
	var errs []error
	for _, s := range b.sheets {
		errs = append(errs, s.lines.Close())
	}
	if b.closer != nil {
		errs = append(errs, b.closer.Close())
	}
	return errors.Join(errs...)
}

// open reads the headers of every table at path: a folder of CSV files or one .xlsx workbook. When files or headers are
// wrong the error is a *Faults, and nothing is open.
func open(path string) (*book, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("open what is to be imported: %w", err)
	}
	b, faults := &book{}, &Faults{}
	switch {
	case info.IsDir():
		err = b.openFolder(path, faults)
	case strings.EqualFold(filepath.Ext(path), ".xlsx"):
		err = b.openWorkbook(path, faults)
	default:
		err = piecework.InvalidField("path", "%q is neither a folder of CSV files nor an .xlsx workbook", filepath.Base(path))
	}
	if err == nil && len(b.sheets) == 0 && len(faults.List) == 0 {
		faults.add(Fault{File: filepath.Base(path), Message: *piecework.Msg("holds none of the tables %s", tableNames())})
	}
	for _, s := range b.sheets {
		if err == nil {
			err = s.readHeader(faults)
		}
	}
	if err == nil {
		err = faults.err()
	}
	if err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return b, nil
}

func (b *book) openFolder(dir string, faults *Faults) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("list the folder: %w", err)
	}
	present := map[string]bool{}
	for _, e := range entries {
		name, isCSV := strings.CutSuffix(strings.ToLower(e.Name()), ".csv")
		if e.IsDir() || !isCSV || strings.HasPrefix(name, ".") {
			continue
		}
		if t := tableNamed(name); t == nil || e.Name() != name+".csv" {
			faults.add(Fault{File: e.Name(), Message: *piecework.Msg("is not one of the tables %s (each NAME.csv)", tableNames())})
			continue
		}
		present[name] = true
	}
	for i := range Tables {
		t := &Tables[i]
		if !present[t.Name] {
			continue
		}
		f, err := os.Open(filepath.Join(dir, t.Name+".csv"))
		if err != nil {
			return fmt.Errorf("open table: %w", err)
		}
		b.sheets = append(b.sheets, &sheet{table: t, name: t.Name + ".csv", lines: newCSVLines(f)})
	}
	return nil
}

// sheet is one table to be read.
type sheet struct {
	table  *Table
	name   string // as faults call it
	lines  lines
	header []int // place in table.Columns of each cell
	absent []int // places of the columns that the file does not have
	broken bool  // a row could not be taken apart, so nobody knows which keys the file has
}

func (s *sheet) fault(num int, column, value string, msg *piecework.Message) Fault {
	return Fault{s.name, num, column, value, *msg}
}

func (s *sheet) readHeader(faults *Faults) error {
	num, cells, err := s.lines.next()
	var broken *lineError
	switch {
	case err == io.EOF:
		faults.add(s.fault(1, "", "", piecework.Msg("is empty; the first row names the columns %s", s.table.columnNames())))
		return nil
	case errors.As(err, &broken):
		faults.add(s.fault(broken.num, "", "", &broken.Message))
		return nil
	case err != nil:
		return s.wrap(err)
	}
	seen := make([]bool, len(s.table.Columns))
	for _, c := range cells {
		i := s.table.index(c.text)
		s.header = append(s.header, i)
		switch {
		case i < 0:
			name := strings.ToValidUTF8(c.text, "�")
			faults.add(s.fault(num, shorten(name), name, piecework.Msg("there is no such column; the columns are %s", s.table.columnNames())))
		case seen[i]:
			faults.add(s.fault(num, c.text, c.text, piecework.Msg("the column stands here twice")))
		default:
			seen[i] = true
		}
	}
	for i, c := range s.table.Columns {
		if seen[i] {
			continue
		}
		s.absent = append(s.absent, i)
		if c.Required {
			faults.add(s.fault(num, c.Name, "", piecework.Msg("the column is required and missing")))
		}
	}
	return nil
}

func (s *sheet) wrap(err error) error { return fmt.Errorf("read %s: %w", s.name, err) }

// each checks every row and hands it to visit; what is wrong goes to faults. The row is good until visit returns.
func (s *sheet) each(faults *Faults, visit func(*Row) error) error {
	row := &Row{table: s.table, values: make([]value, len(s.table.Columns))}
	for !faults.enough() {
		num, cells, err := s.lines.next()
		var broken *lineError
		switch {
		case err == io.EOF:
			return nil
		case errors.As(err, &broken):
			s.broken = true
			faults.add(s.fault(broken.num, "", "", &broken.Message))
			continue
		case err != nil:
			return s.wrap(err)
		}
		if blank(cells) {
			continue
		}
		row.Num = num
		if err := s.fill(row, cells, faults); err != nil {
			s.broken = true
			continue
		}
		if err := visit(row); err != nil {
			return err
		}
	}
	return nil
}

func blank(cells []cell) bool {
	for _, c := range cells {
		if c.text != "" {
			return false
		}
	}
	return true
}

var errWidth = errors.New("wrong number of cells")

// fill checks the cells of one row.
func (s *sheet) fill(row *Row, cells []cell, faults *Faults) error {
	if s.lines.fixedWidth() && len(cells) != len(s.header) {
		faults.add(s.fault(row.Num, "", "", piecework.Msg("has %d values, the header has %d", len(cells), len(s.header))))
		return errWidth
	}
	for len(cells) > len(s.header) {
		last := cells[len(cells)-1]
		if last.text != "" {
			faults.add(s.fault(row.Num, "", last.text, piecework.Msg("%q stands outside the columns", shorten(last.text))))
			return errWidth
		}
		cells = cells[:len(cells)-1]
	}
	row.OK = true
	for i, at := range s.header {
		var c cell
		if i < len(cells) {
			c = cells[i]
		}
		column, v := &s.table.Columns[at], &row.values[at]
		raw, msg := c.textFor(column.Kind, s.lines.date1904())
		if msg == nil {
			msg = v.set(column, raw)
		} else {
			*v = value{raw: raw, text: raw}
		}
		if msg != nil {
			v.wrong, row.OK = true, false
			faults.add(s.fault(row.Num, column.Name, v.raw, msg))
		}
	}
	for _, at := range s.absent {
		row.values[at].set(&s.table.Columns[at], "") // only optional columns can be absent, and a default is always good
	}
	return nil
}
