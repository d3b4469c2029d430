package exchange

import (
	"encoding/csv"
	"fmt"
	"io"
	"strings"

	"golang.org/x/text/encoding/simplifiedchinese"

	"jijian/payroll"
	"jijian/piecework"
)

// delimiters are those of a bank layout.
var delimiters = map[string]rune{"comma": ',', "semicolon": ';', "tab": '\t', "bar": '|'}

// bankHolds is what the columns hold: text that people typed never becomes a formula in a CSV, and in a workbook an account keeps
// every digit.
var bankHolds = map[payroll.BankField]holds{payroll.BankHolder: freeText, payroll.BankBranch: freeText, payroll.BankPurpose: freeText,
	payroll.BankNumber: pieces, payroll.BankAmount: amount}

// BankFile writes a payment file of a run as a bank wants it. purpose is what the column of that name says, day the day on which it is
// made. The same list gives the same bytes as CSV. Lines end in CRLF.
func BankFile(w io.Writer, format Format, layout *payroll.BankLayout, list *payroll.BankList, purpose string, day piecework.Date) error {
	rows := make([][]string, len(list.Pay))
	for i, p := range list.Pay {
		for _, c := range layout.Columns {
			cell := bankCell(c.Field, layout, list, p, i+1, purpose, day)
			if format == CSV && bankHolds[c.Field] == freeText {
				cell = disarm(cell)
			}
			rows[i] = append(rows[i], cell)
		}
	}
	columns := make([]outColumn, len(layout.Columns))
	for i, c := range layout.Columns {
		columns[i] = outColumn{holds: bankHolds[c.Field]}
		if layout.Header {
			columns[i].name = c.Title
		}
		if c.Field == payroll.BankAmount && layout.Amounts != "yuan" {
			columns[i].holds = map[string]holds{"grouped": exact, "fen": pieces}[layout.Amounts]
		}
	}
	if format == XLSX {
		return write(w, XLSX, "payments", columns, rows)
	}
	var text strings.Builder
	out := csv.NewWriter(&text)
	out.Comma, out.UseCRLF = delimiters[layout.Delimiter], true
	if layout.Header {
		titles := make([]string, len(columns))
		for i, c := range columns {
			titles[i] = disarm(c.name)
		}
		rows = append([][]string{titles}, rows...)
	}
	if err := out.WriteAll(rows); err != nil {
		return fmt.Errorf("write bank file: %w", err)
	}
	data := text.String()
	switch layout.Encoding {
	case "gb18030":
		var err error
		if data, err = simplifiedchinese.GB18030.NewEncoder().String(data); err != nil {
			return fmt.Errorf("write bank file as GB18030: %w", err)
		}
	case "utf-8-bom":
		data = "\uFEFF" + data
	}
	_, err := io.WriteString(w, data)
	return err
}

func bankCell(field payroll.BankField, layout *payroll.BankLayout, list *payroll.BankList, p payroll.BankPayment, n int, purpose string, day piecework.Date) string {
	switch field {
	case payroll.BankNumber:
		return number(int64(n))
	case payroll.BankAccount:
		return p.Personal.BankAccount
	case payroll.BankHolder:
		return p.Slip.Worker.Name
	case payroll.BankAmount:
		switch layout.Amounts {
		case "fen":
			return number(p.Amount.Fen())
		case "grouped":
			return grouped(p.Amount.String())
		}
		return p.Amount.String()
	case payroll.BankBranch:
		return p.Personal.BankName
	case payroll.BankIDNumber:
		return p.Personal.IDNumber
	case payroll.BankWorker:
		return p.Slip.Worker.Code
	case payroll.BankCurrency:
		return list.Run.Workshop.Currency
	case payroll.BankPurpose:
		return purpose
	case payroll.BankReference:
		return fmt.Sprintf("RUN%d-%s", list.Run.ID, p.Slip.Worker.Code)
	case payroll.BankDate:
		return strings.ReplaceAll(string(day), "-", "")
	}
	return ""
}

// grouped puts commas between the thousands of a plain positive amount.
func grouped(s string) string {
	whole, fraction, _ := strings.Cut(s, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	return whole + "." + fraction
}
