package exchange

import (
	"errors"
	"strings"
	"testing"

	"jijian/piecework"
	"jijian/piecework/pieceworktest"
)

const termsHeader = "product,operation,effective_from,rate,tiers,tier_mode,tier_span,quota,scheme,hour_wage,standard_pieces,standard_minutes,premium,bonuses\n"

// Rates in tiers and by time come in with their terms; the same file again changes nothing, and other terms under the same day are a fault.
func TestImportRatesWithTerms(t *testing.T) {
	db := pieceworktest.DB(t)
	files := month()
	files["rates"] = termsHeader +
		"P1,cut,2026-10-01,0.0035,100:0.004 >200:0.0045,marginal,day,,,,,,,\n" +
		"P1,cut,2026-10-15,0.25,83:0.275 >100:0.3,whole,period,10,,,,,,\n" +
		"P1,glue,2026-10-01,,,,,,halsey,12,60,60,1/3,\n" +
		"P1,glue,2026-10-15,,,,,,emerson,10,800,480,,66.67:0 100:20\n" +
		"P2,cut,2026-10-01,0.05,,,,,,,,,,\n"
	folder := writeFolder(t, files)
	mustImport(t, db, folder)
	if res := mustImport(t, db, folder); res.New() != 0 {
		t.Errorf("the second time %d rows are new", res.New())
	}
	var got strings.Builder
	rates, err := piecework.Rates(t.Context(), db, piecework.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range rates.Items {
		r := &rates.Items[i]
		for _, f := range rateFields {
			got.WriteString(strings.ReplaceAll(f.text(r), "\n", " ") + ",")
		}
		got.WriteString("\n")
	}
	want := `0.25,83.00:0.275 >100.00:0.30,whole,period,10,,0.00,0,0,0%,,
0.0035,100:0.004 >200:0.0045,marginal,day,0,,0.00,0,0,0%,,
0.10,,,,0,emerson,10.00,800,480,0%,66.67% 0% 100% 20%,
0.20,,,,0,halsey,12.00,60,60,1/3,,
0.05,,,,0,,0.00,0,0,0%,,
`
	if got.String() != want {
		t.Errorf("stored\n%swant\n%s", got.String(), want)
	}
	for row, says := range map[string]string{
		"P1,cut,2026-11-01,0.1,100-0.2,whole,day,,,,,,,":         "row 2 column tiers value \"100-0.2\": is not a tier",
		"P1,cut,2026-11-01,0.1,200:0.2 100:0.3,whole,day,,,,,,,": "column tiers value \"200:0.2 100:0.3\": tier 2 must begin after",
		"P1,cut,2026-11-01,0.1,100:0.2,,day,,,,,,,":              "column tier_mode value \"\": choose what a reached tier does",
		"P1,cut,2026-11-01,0.1,,,day,,,,,,,":                     "column tier_span value \"day\": belongs to tiers",
		"P1,cut,2026-11-01,,,,,,,,,,,":                           "column rate value \"\": is required",
		"P1,cut,2026-11-01,0.1,,,,,halsey,12,60,60,50,":          "column rate value \"0.1\": a plan by time says itself",
		"P1,cut,2026-11-01,,,,,,halsey,12,60,60,,":               "column premium value \"\": must be more than 0",
		"P1,cut,2026-11-01,0.1,,,,,,12,,,,":                      "column hour_wage value \"12\": belongs to a plan by time",
		"P1,cut,2026-11-01,,100:0.2,whole,day,,rowan,12,60,60,,": "column scheme value \"rowan\": a rate has tiers or pays by time",
		"P1,cut,2026-11-01,,,,,,rowing,12,60,60,,":               "column scheme value \"rowing\": is not one of",
		"P1,cut,2026-10-01,0.0035,100:0.004,marginal,day,,,,,,,": "column tiers value \"100:0.004\": is stored already with \"100:0.004 >200:0.0045\"",
		"P1,glue,2026-10-01,,,,,,halsey,12,60,60,50%,":           "column premium value \"50%\": is stored already with \"1/3\"",
	} {
		_, err := Import(t.Context(), db, writeFolder(t, map[string]string{"rates": termsHeader + row + "\n"}), nil)
		var faults *Faults
		if !errors.As(err, &faults) || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, want … %s", row, err, says)
		}
	}
}
