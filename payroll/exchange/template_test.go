package exchange

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/xuri/excelize/v2"
)

func templateFile(t *testing.T) string {
	t.Helper()
	var b bytes.Buffer
	if err := Template(&b); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "template.xlsx")
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// The empty template is a workbook that import reads: every table is there, with no rows and no faults.
func TestTemplateIsImportable(t *testing.T) {
	b, err := open(templateFile(t))
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if len(b.sheets) != len(Tables) {
		t.Fatalf("the template holds %d tables, want %d", len(b.sheets), len(Tables))
	}
	for _, s := range b.sheets {
		faults := &Faults{}
		err := s.each(faults, func(r *Row) error { t.Errorf("%s has row %d", s.name, r.Num); return nil })
		if err != nil || faults.err() != nil {
			t.Errorf("%s: %v %v", s.name, err, faults.err())
		}
	}
}

// Codes and dates are formatted as text, enums offer their values, the header stays in sight.
func TestTemplateGuardsWhatIsTyped(t *testing.T) {
	f, err := excelize.OpenFile(templateFile(t))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if first := f.GetSheetList()[0]; first != ReadMe {
		t.Errorf("the first sheet is %q", first)
	}
	for _, table := range Tables {
		rows, err := f.GetRows(table.Name)
		if err != nil || len(rows) != 1 || len(rows[0]) != len(table.Columns) {
			t.Fatalf("%s: rows %v, %v", table.Name, rows, err)
		}
		validations, err := f.GetDataValidations(table.Name)
		if err != nil {
			t.Fatal(err)
		}
		enums := 0
		for i, c := range table.Columns {
			if rows[0][i] != c.Name {
				t.Errorf("%s column %d is %q, want %q", table.Name, i, rows[0][i], c.Name)
			}
			if c.Kind == Enum {
				enums++
			}
			letter, _ := excelize.ColumnNumberToName(i + 1)
			id, err := f.GetColStyle(table.Name, letter)
			if err != nil {
				t.Fatal(err)
			}
			style, err := f.GetStyle(id)
			if err != nil {
				t.Fatal(err)
			}
			if text := style.NumFmt == 49; text == c.Kind.numeric() {
				t.Errorf("%s.%s: formatted as text: %v", table.Name, c.Name, text)
			}
		}
		if len(validations) != enums {
			t.Errorf("%s offers choices in %d columns, want %d", table.Name, len(validations), enums)
		}
		panes, err := f.GetPanes(table.Name)
		if err != nil || !panes.Freeze || panes.YSplit != 1 {
			t.Errorf("%s: the header is not frozen: %+v %v", table.Name, panes, err)
		}
	}
}

// Every column of every table is explained in both languages.
func TestTemplateExplainsEveryColumn(t *testing.T) {
	f, err := excelize.OpenFile(templateFile(t))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := f.GetRows(ReadMe)
	if err != nil {
		t.Fatal(err)
	}
	explained := map[string]bool{}
	for _, r := range rows {
		if len(r) == 7 && r[4] != "" && r[5] != "" && r[6] != "" {
			explained[r[0]+"."+r[1]] = true
		}
	}
	for _, table := range Tables {
		for _, c := range table.Columns {
			if !explained[table.Name+" "+table.ZH+"."+c.Name] {
				t.Errorf("%s.%s is not explained", table.Name, c.Name)
			}
		}
	}
}
