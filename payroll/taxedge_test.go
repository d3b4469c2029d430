package payroll_test

import (
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"jijian/payroll"
	"jijian/piecework"
)

// The brackets as the announcements print them, apart from the program's own data: up to so much taxable (0: no end), percent, quick deduction.
var printedBrackets = map[payroll.IncomeType][][3]int64{
	payroll.Labour:   {{20_000, 20, 0}, {50_000, 30, 2000}, {0, 40, 7000}},
	payroll.Salary:   {{36_000, 3, 0}, {144_000, 10, 2520}, {300_000, 20, 16_920}, {420_000, 25, 31_920}, {660_000, 30, 52_920}, {960_000, 35, 85_920}, {0, 45, 181_920}},
	payroll.Platform: {{36_000, 3, 0}, {144_000, 10, 2520}, {300_000, 20, 16_920}, {420_000, 25, 31_920}, {660_000, 30, 52_920}, {960_000, 35, 85_920}, {0, 45, 181_920}},
}

// taxOn is the tax on a taxable amount, bracket by bracket: each part of it at its own rate, without quick deductions.
func taxOn(brackets [][3]int64, taxable *big.Rat) *big.Rat {
	tax, from := new(big.Rat), new(big.Rat)
	for _, b := range brackets {
		to := taxable
		if upTo := new(big.Rat).SetInt64(b[0]); b[0] != 0 && upTo.Cmp(taxable) < 0 {
			to = upTo
		}
		if to.Cmp(from) > 0 {
			part := new(big.Rat).Sub(to, from)
			tax.Add(tax, part.Mul(part, big.NewRat(b[1], 100)))
			from = to
		}
	}
	return tax
}

// At every border, and a fen to each side of it, the tax is that of its parts and that by the printed quick deduction; and income that
// leads exactly there is withheld so.
func TestTheTaxAtEveryBorder(t *testing.T) {
	schedules := tables(t)
	for of, brackets := range printedBrackets {
		table := schedules[of]
		if len(table.Brackets) != len(brackets) {
			t.Fatalf("%s has %d brackets, want %d", of, len(table.Brackets), len(brackets))
		}
		for i, b := range brackets[:len(brackets)-1] {
			for _, off := range []int64{-1, 0, 1} {
				row := b
				if off > 0 {
					row = brackets[i+1]
				}
				fen := 100*b[0] + off
				taxable := big.NewRat(fen, 100)
				parts := taxOn(brackets, taxable)
				quick := new(big.Rat).Sub(new(big.Rat).Mul(taxable, big.NewRat(row[1], 100)), big.NewRat(row[2], 1))
				if got := table.TaxOn(piecework.Fen(fen).Decimal()).Rat(); got.Cmp(parts) != 0 || got.Cmp(quick) != 0 {
					t.Errorf("%s: tax on %s is %s, want %s = %s", of, taxable.FloatString(2), got.FloatString(6), parts.FloatString(6), quick.FloatString(6))
				}
				// Income of which a fifth is free reaches the border at 5/4 of it; a salary at 5,000 more.
				income := (fen*5 + 3) / 4
				if of == payroll.Salary {
					income = fen + 5000_00
				} else if of == payroll.Platform {
					income = ((fen+5000_00)*5 + 3) / 4
				}
				left := big.NewRat(income*8, 1000)
				if of == payroll.Salary {
					left = big.NewRat(income, 100)
				}
				if of != payroll.Labour {
					left.Sub(left, big.NewRat(5000, 1))
				}
				want := toFen(taxOn(brackets, left))
				if got := payroll.Withhold(table, piecework.Fen(income), payroll.YearToDate{Months: 1}); got.Fen() != want {
					t.Errorf("%s: %d fen are withheld on an income of %d, want %d", of, got.Fen(), income, want)
				}
			}
		}
	}
	// The two borders of labour remuneration that are not in the schedule.
	for income, want := range map[int64]int64{799_99: 0, 800_00: 0, 800_01: 0, 800_03: 1, 3999_99: 640_00, 4000_00: 640_00, 4000_01: 640_00, 4000_04: 640_01} {
		if got := payroll.Withhold(schedules[payroll.Labour], piecework.Fen(income), payroll.YearToDate{}); got.Fen() != want {
			t.Errorf("labour: %d fen are withheld on %d, want %d", got.Fen(), income, want)
		}
	}
}

// Whatever is earned in the months of a year, as long as no month is refunded what is withheld comes to the tax on the year, worked out at
// once; with a constant income no month ever is. A month of labour remuneration in any number of payments comes to the tax on its sum.
func TestAYearOfWithholdingIsTheAnnualTax(t *testing.T) {
	schedules := tables(t)
	rapid.Check(t, func(t *rapid.T) {
		of := rapid.SampledFrom([]payroll.IncomeType{payroll.Salary, payroll.Platform}).Draw(t, "type")
		months := rapid.Int64Range(1, 12).Draw(t, "months")
		income := rapid.Int64Range(0, 150_000_00).Draw(t, "income")
		off := rapid.Int64Range(0, 9000_00).Draw(t, "deductions")
		runs := rapid.Int64Range(1, 4).Draw(t, "runs a month")
		var before payroll.YearToDate
		for range months {
			before.Months++
			before.Deductions = before.Deductions.Add(piecework.Fen(off))
			weights := make([]int64, runs)
			for i := range weights {
				weights[i] = 1
			}
			for _, part := range piecework.Fen(income).Split(weights) {
				tax := payroll.Withhold(schedules[of], part, before)
				before.Income, before.Withheld = before.Income.Add(part), before.Withheld.Add(tax)
			}
		}
		taxable := big.NewRat(income*months, 100)
		if of == payroll.Platform {
			taxable.Mul(taxable, big.NewRat(8, 10))
		}
		taxable.Sub(taxable, big.NewRat((5000_00+off)*months, 100))
		if want := toFen(taxOn(printedBrackets[of], taxable)); before.Withheld.Fen() != want {
			t.Fatalf("%s: %d months of %d less %d: %d withheld, the year's tax is %d", of, months, income, off, before.Withheld.Fen(), want)
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		var before payroll.YearToDate
		sum := int64(0)
		for _, fen := range rapid.SliceOfN(rapid.Int64Range(0, 60_000_00), 1, 6).Draw(t, "payments") {
			tax := payroll.Withhold(schedules[payroll.Labour], piecework.Fen(fen), before)
			before.Income, before.Withheld, sum = before.Income.Add(piecework.Fen(fen)), before.Withheld.Add(tax), sum+fen
		}
		if want := secondLabourTax(sum); before.Withheld.Fen() != want {
			t.Fatalf("%d in several payments: %d withheld, want %d", sum, before.Withheld.Fen(), want)
		}
	})
}
