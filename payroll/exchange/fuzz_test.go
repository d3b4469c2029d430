package exchange

import (
	"bytes"
	"encoding/csv"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"jijian/piecework"
)

// readCSV runs the reader over one table as the importer does.
func readCSV(table *Table, content []byte) (rows []Row, faults *Faults, err error) {
	faults = &Faults{}
	s := &sheet{table: table, name: table.Name + ".csv", lines: newCSVLines(io.NopCloser(bytes.NewReader(content)))}
	if err := s.readHeader(faults); err != nil || faults.err() != nil {
		return nil, faults, err
	}
	err = s.each(faults, func(r *Row) error {
		kept := *r
		kept.values = append([]value(nil), r.values...)
		rows = append(rows, kept)
		return nil
	})
	return rows, faults, err
}

// FuzzCSV holds for any bytes: the reader does not panic, blames rows that exist, and lets through only what the rules of
// the columns allow; what it let through reads the same after it is written again.
func FuzzCSV(f *testing.F) {
	for name, content := range month() {
		f.Add(name, []byte(content))
	}
	for _, bad := range badFiles {
		content := bad.new
		if bad.old != "" {
			content = strings.Replace(month()[bad.table], bad.old, bad.new, 1)
		}
		f.Add(bad.table, []byte(content))
	}
	f.Fuzz(func(t *testing.T, name string, content []byte) {
		table := tableNamed(name)
		if table == nil {
			return
		}
		rows, faults, err := readCSV(table, content)
		if err != nil {
			t.Fatalf("reading from memory failed: %v", err)
		}
		last := bytes.Count(content, []byte("\n")) + 1
		for _, fault := range faults.List {
			if fault.Row < 1 || fault.Row > last || !utf8.ValidString(fault.String()) || strings.ContainsAny(fault.String(), "\n\r\x00") {
				t.Errorf("a fault that cannot be shown: %q of %d rows", fault, last)
			}
		}
		if faults.err() == nil {
			checkRows(t, table, rows)
		}
	})
}

func checkRows(t *testing.T, table *Table, rows []Row) {
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	record := make([]string, len(table.Columns))
	for i, c := range table.Columns {
		record[i] = c.Name
	}
	w.Write(record)
	for _, r := range rows {
		for i, c := range table.Columns {
			v := r.values[i]
			record[i] = v.text
			switch {
			case c.Required && c.Or == "" && v.text == "":
				t.Errorf("row %d lacks %s", r.Num, c.Name)
			case v.n < 0:
				t.Errorf("row %d has %s %d", r.Num, c.Name, v.n)
			case c.Kind == Code && v.text != "" && piecework.CheckCode(v.text) != nil:
				t.Errorf("row %d has code %q", r.Num, v.text)
			}
		}
		w.Write(record)
	}
	w.Flush()
	again, faults, err := readCSV(table, out.Bytes())
	if err != nil || faults.err() != nil || len(again) != len(rows) {
		t.Fatalf("written again, %d rows became %d: %v %v", len(rows), len(again), faults.err(), err)
	}
	for i := range rows {
		for j := range table.Columns {
			if a, b := rows[i].values[j], again[i].values[j]; a.text != b.text || a.n != b.n {
				t.Errorf("row %d %s: %+v became %+v", rows[i].Num, table.Columns[j].Name, a, b)
			}
		}
	}
}
