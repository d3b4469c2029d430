// Package payroll turns counted pieces into pay. [Compute] is the rule book: values in, values out, no database and no
// clock. A [PayRun] claims the tallies of a period, computes them, and once approved is never changed: what turns out wrong
// later becomes a line of the next run, or, before payment, a new version of one slip.
//
// The one rounding point is the line: pieces × rate, exact, half away from zero to the fen. Slip totals are sums of printed
// lines and run totals are sums of slips, so that anyone can check them with a pocket calculator.
package payroll
