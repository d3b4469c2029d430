package exchange

import (
	"archive/zip"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"

	"jijian/payroll"
	"jijian/piecework"
)

// Person writes everything that is kept about a worker as a zip file: person.json with all of it, each table as CSV beside it, and the
// photos she sent. Amounts are in minor units and moments in milliseconds since 1970 UTC, as they are stored.
func Person(w io.Writer, h *payroll.Held) error {
	out := zip.NewWriter(w)
	tables := map[string][]map[string]any{}
	for _, t := range h.Tables {
		tables[t.Name] = []map[string]any{}
		for _, r := range t.Rows {
			row := map[string]any{}
			for i, column := range t.Columns {
				row[column] = r[i]
			}
			tables[t.Name] = append(tables[t.Name], row)
		}
	}
	whole := map[string]any{"worker": h.Worker.Code, "sealed_without_key": h.Sealed, "tables": tables,
		"personal_data": map[piecework.PersonalColumn]string{piecework.IDNumber: h.Personal.IDNumber, piecework.BankName: h.Personal.BankName, piecework.BankAccount: h.Personal.BankAccount}}
	f, err := out.Create("person.json")
	if err == nil {
		enc := json.NewEncoder(f)
		enc.SetIndent("", "  ")
		err = enc.Encode(whole)
	}
	for _, t := range h.Tables {
		if err == nil && len(t.Rows) > 0 {
			err = personTable(out, t)
		}
	}
	for _, p := range h.Photos {
		if err != nil {
			break
		}
		if f, err = out.Create(fmt.Sprintf("photos/%d.jpg", p.ID)); err == nil {
			_, err = f.Write(p.JPEG)
		}
	}
	if err != nil {
		return fmt.Errorf("write what is kept about %s: %w", h.Worker.Code, err)
	}
	if err := out.Close(); err != nil {
		return fmt.Errorf("write what is kept about %s: %w", h.Worker.Code, err)
	}
	return nil
}

// personTable writes one table as CSV.
func personTable(out *zip.Writer, t payroll.HeldTable) error {
	f, err := out.Create(t.Name + ".csv")
	if err != nil {
		return err
	}
	table := csv.NewWriter(f)
	rows := [][]string{t.Columns}
	for _, r := range t.Rows {
		row := make([]string, len(r))
		for i, v := range r {
			switch v := v.(type) {
			case nil:
			case string:
				row[i] = disarm(v)
			default:
				row[i] = fmt.Sprint(v)
			}
		}
		rows = append(rows, row)
	}
	return table.WriteAll(rows)
}
