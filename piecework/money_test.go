package piecework_test

import (
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"jijian/piecework"
	"jijian/piecework/pieceworktest"
)

func TestParseMoney(t *testing.T) {
	for in, want := range map[string]string{
		"0": "0.00", "12.5": "12.50", "12.50": "12.50", "-12.5": "-12.50", "0.01": "0.01", "-0.01": "-0.01", "007.10": "7.10", "-0": "0.00", "-0.00": "0.00",
		"1.": "", ".5": "", "": "", " 1": "", "1 ": "", "1\n": "", "+1": "", "--1": "", "1-": "", "1e3": "", "1E-2": "", "0x10": "", "1,000": "", "1,5": "",
		"1.005": "", "1.000": "", "１２": "", "1２": "", "12．5": "", "٣": "", "一百": "", "¥5": "", "5元": "", "NaN": "", "Inf": "", "1/2": "", "1_000": "", "1.2.3": "",
		"−5":                 "", // a typographer's minus
		"922337203685477.58": "922337203685477.58", "-922337203685477.58": "-922337203685477.58",
		"922337203685477.59": "", "-922337203685477.59": "", "999999999999999": "", "1000000000000000": "",
	} {
		m, msg := piecework.ParseMoney(in)
		if msg != nil {
			if want != "" || !strings.Contains(msg.String(), fmt.Sprintf("%q", in)) {
				t.Errorf("ParseMoney(%q): %s, want %q", in, msg, want)
			}
		} else if m.String() != want {
			t.Errorf("ParseMoney(%q) = %s, want %q", in, m, want)
		}
	}
}

func TestParseRate(t *testing.T) {
	for in, want := range map[string]string{
		"0.0035": "0.0035", "0.000001": "0.000001", "0.35": "0.35", "0.350000": "0.35", "0.5": "0.50", "1": "1.00", "0": "0.00", "0.123456": "0.123456", "12.000100": "12.0001",
		"0.0000001": "", "0.0000000": "", "-0.35": "", "-0.000001": "", "3.5e-3": "", "3.5E-3": "", "0,0035": "", "０.35": "", "1,000.5": "", "": "", "abc": "", "+0.35": "",
		"92233720368.547758": "92233720368.547758", "92233720368.547759": "", "100000000000": "",
	} {
		r, msg := piecework.ParseRate(in)
		if msg != nil {
			if want != "" {
				t.Errorf("ParseRate(%q): %s, want %s", in, msg, want)
			}
		} else if r.String() != want {
			t.Errorf("ParseRate(%q) = %s, want %q", in, r, want)
		}
	}
}

func TestTimesRoundsOnceHalfAwayFromZero(t *testing.T) {
	for _, c := range []struct {
		rate   string
		pieces int64
		want   string
	}{
		{"0.125", 1, "0.13"}, {"0.125", -1, "-0.13"}, {"0.124999", 1, "0.12"}, {"0.124999", -1, "-0.12"},
		{"0.0035", 1, "0.00"}, {"0.0035", 2, "0.01"}, {"0.0035", 3, "0.01"}, {"0.0035", 10, "0.04"}, {"0.0035", 30, "0.11"}, {"0.0035", 3010, "10.54"}, {"0.0035", -10, "-0.04"},
		{"0.005", 1, "0.01"}, {"0.005", -1, "-0.01"}, {"0.004999", 1, "0.00"}, {"0.015", 1, "0.02"}, {"0.025", 1, "0.03"}, {"0.035", 1, "0.04"}, {"0.045", 1, "0.05"},
		{"1.005", 1, "1.01"}, {"2.675", 1, "2.68"}, {"1.115", 1, "1.12"}, // these come out a fen short in binary floats
		{"0.000001", 4999, "0.00"}, {"0.000001", 5000, "0.01"}, {"0.000001", 10_000_000, "10.00"}, {"0.333333", 3, "1.00"}, {"0", 1000, "0.00"}, {"0.35", 0, "0.00"},
		{"29.33", 0, "0.00"}, {"2.933", 75, "219.98"}, // 29.33 × 7.5 = 219.975, au-abc-cyril
		{"999999.999999", 10_000_000, "9999999999990.00"},
	} {
		if got := pieceworktest.Rate(t, c.rate).Times(c.pieces).String(); got != c.want {
			t.Errorf("%s × %d = %s, want %s", c.rate, c.pieces, got, c.want)
		}
	}
}

// TestTimesIsExact compares with rationals: the rounded amount is within half a fen of the exact product, and where the
// product lies between two fen exactly it is the one further from zero.
func TestTimesIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		millionths := rapid.Int64Range(0, 200_000_000).Draw(t, "rate")
		if rapid.Bool().Draw(t, "half") {
			millionths = millionths / 5000 * 5000
		}
		pieces := rapid.Int64Range(-10_000_000, 10_000_000).Draw(t, "pieces")
		got := piecework.Millionths(millionths).Times(pieces).Fen()
		off := new(big.Rat).Sub(big.NewRat(got, 1), new(big.Rat).SetFrac(new(big.Int).Mul(big.NewInt(millionths), big.NewInt(pieces)), big.NewInt(10_000)))
		half := new(big.Rat).Abs(off).Cmp(big.NewRat(1, 2))
		if half > 0 || half == 0 && off.Sign() != sign(pieces) {
			t.Fatalf("%d millionths × %d = %d fen, off by %s", millionths, pieces, got, off.FloatString(4))
		}
		if mirror := piecework.Millionths(millionths).Times(-pieces).Fen(); mirror != -got {
			t.Fatalf("%d millionths × %d = %d fen, × %d = %d", millionths, pieces, got, -pieces, mirror)
		}
	})
}

func sign(n int64) int { return big.NewInt(n).Sign() }

func TestMoneyInAndOut(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	for _, fen := range []int64{0, 1, -1, 5, 10, 99, 100, 12345, -12345, math.MaxInt64 / 100, -math.MaxInt64 / 100} {
		m := piecework.Fen(fen)
		back, msg := piecework.ParseMoney(m.String())
		if msg != nil || back.Fen() != fen || back.Cmp(m) != 0 {
			t.Errorf("%d fen print as %s and read as %s, %v", fen, m, back, msg)
		}
		if text, err := json.Marshal(m); err != nil || string(text) != `"`+m.String()+`"` {
			t.Errorf("%d fen in JSON: %s, %v", fen, text, err)
		}
		if err := w.DB.NewSelect().ColumnExpr("CAST(? AS BIGINT)", m).Scan(w.Ctx, &back); err != nil || back.Fen() != fen {
			t.Errorf("%d fen come back from the database as %s, %v", fen, back, err)
		}
	}
	for _, millionths := range []int64{0, 1, 3500, 350000, 1_000_000, 123_456_789, math.MaxInt64 / 100} {
		r := piecework.Millionths(millionths)
		back, msg := piecework.ParseRate(r.String())
		if msg != nil || back.Millionths() != millionths {
			t.Errorf("%d millionths print as %s and read as %s, %v", millionths, r, back, msg)
		}
		if text, err := json.Marshal(r); err != nil || string(text) != `"`+r.String()+`"` {
			t.Errorf("%d millionths in JSON: %s, %v", millionths, text, err)
		}
		if err := w.DB.NewSelect().ColumnExpr("CAST(? AS BIGINT)", r).Scan(w.Ctx, &back); err != nil || back.Millionths() != millionths {
			t.Errorf("%d millionths come back from the database as %s, %v", millionths, back, err)
		}
	}
}

func TestMoneyThatDoesNotFitTheBooksIsRefused(t *testing.T) {
	huge := piecework.Millionths(math.MaxInt64 / 100).Times(10_000_000)
	if v, err := huge.Value(); err == nil {
		t.Errorf("%s would be stored as %v", huge, v)
	}
	if v, err := huge.Neg().Value(); err == nil {
		t.Errorf("%s would be stored as %v", huge.Neg(), v)
	}
	if v, err := piecework.Fen(math.MinInt64).Value(); err != nil || v != int64(math.MinInt64) {
		t.Errorf("the smallest amount is stored as %v, %v", v, err)
	}
}

func TestScanRefusesWhatIsNotAnInteger(t *testing.T) {
	var m piecework.Money
	var r piecework.Rate
	for _, src := range []any{1.5, "150", []byte("150"), true} {
		if m.Scan(src) == nil || r.Scan(src) == nil {
			t.Errorf("scanned %T into money", src)
		}
	}
	m, r = piecework.Fen(5), piecework.Millionths(5)
	if m.Scan(nil) != nil || r.Scan(nil) != nil || !m.IsZero() || !r.IsZero() {
		t.Errorf("NULL reads as %s and %s", m, r)
	}
}

func TestSplitPublished(t *testing.T) {
	for _, c := range []struct {
		source string
		whole  piecework.Money
		weight []int64
		want   []int64
	}{
		{"hamilton-1790: seats of the House by the census of 1790", piecework.Fen(60),
			[]int64{630560, 475327, 432879, 353523, 331589, 278514, 236841, 206236, 179570, 141822, 85533, 70835, 68705, 68446, 55540},
			[]int64{11, 8, 7, 6, 6, 5, 4, 3, 3, 2, 1, 1, 1, 1, 1}},
		{"group-bonus-150: 150 less 120 of time wages as 5:3:4", piecework.Fen(15000 - 12000), []int64{5, 3, 4}, []int64{1250, 750, 1000}},
		{"cn-group-6000: 2000 pieces at 3, by day wage × days", piecework.Millionths(3_000_000).Times(2000),
			[]int64{7170 * 22, 6214 * 22, 4780 * 21, 3824 * 20}, []int64{200811, 174037, 127789, 97363}},
	} {
		parts := fen(c.whole.Split(c.weight))
		if !slices.Equal(parts, c.want) {
			t.Errorf("%s: %v, want %v", c.source, parts, c.want)
		}
	}
}

func TestSplitTable(t *testing.T) {
	for _, c := range []struct {
		whole        int64
		weight, want []int64
	}{
		{100, []int64{1, 1, 1}, []int64{34, 33, 33}},     // the earlier position takes the odd fen
		{-100, []int64{1, 1, 1}, []int64{-34, -33, -33}}, // and gives it back
		{101, []int64{1, 1, 1}, []int64{34, 34, 33}},
		{100, []int64{0, 0, 0}, []int64{34, 33, 33}}, // no weights: equal
		{100, []int64{0, 1, 0}, []int64{0, 100, 0}},
		{1, []int64{1, 3}, []int64{0, 1}},
		{2, []int64{1, 1, 1, 1}, []int64{1, 1, 0, 0}},
		{0, []int64{2, 3}, []int64{0, 0}},
		{5, []int64{7}, []int64{5}},
		{10, nil, nil},
		{math.MaxInt64 / 100, []int64{math.MaxInt64, math.MaxInt64}, []int64{46116860184273879, 46116860184273879}},
	} {
		if got := fen(piecework.Fen(c.whole).Split(c.weight)); !slices.Equal(got, c.want) {
			t.Errorf("%d by %v: %v, want %v", c.whole, c.weight, got, c.want)
		}
	}
}

func fen(parts []piecework.Money) []int64 {
	var list []int64
	for _, p := range parts {
		list = append(list, p.Fen())
	}
	return list
}

// TestSplitIsFair holds largest remainder by its definition: the shares sum to the whole, each lies within a fen of what is
// due, and whoever got the fen above had no smaller remainder than anyone who did not, earlier positions winning ties.
func TestSplitIsFair(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		whole := rapid.Int64Range(-10_000_000, 10_000_000).Draw(t, "whole")
		weights := rapid.SliceOfN(rapid.Int64Range(0, 50), 1, 12).Draw(t, "weights")
		if rapid.Bool().Draw(t, "large") {
			weights = rapid.SliceOfN(rapid.Int64Range(0, 1_000_000_000), 1, 12).Draw(t, "weights")
		}
		parts := fen(piecework.Fen(whole).Split(weights))
		var sum, total int64
		for i, w := range weights {
			sum, total = sum+parts[i], total+w
		}
		if sum != whole {
			t.Fatalf("%v sum to %d, not %d", parts, sum, whole)
		}
		if total == 0 {
			return
		}
		size := max(whole, -whole)
		over := make([]bool, len(weights))
		rest := make([]int64, len(weights))
		for i, w := range weights {
			part := max(parts[i], -parts[i])
			floor, remainder := new(big.Int).QuoRem(new(big.Int).Mul(big.NewInt(size), big.NewInt(w)), big.NewInt(total), new(big.Int))
			over[i], rest[i] = part == floor.Int64()+1, remainder.Int64()
			if part != floor.Int64() && !over[i] {
				t.Fatalf("share %d of %d by %v is %d; due is %d and a bit", i, whole, weights, part, floor)
			}
		}
		for i := range weights {
			for j := range weights {
				if over[i] && !over[j] && (rest[i] < rest[j] || rest[i] == rest[j] && i > j) {
					t.Fatalf("%d by %v: %v; position %d got the fen that %d was nearer to", whole, weights, parts, i, j)
				}
				if weights[i] > weights[j] && parts[i]*int64(sign(whole)) < parts[j]*int64(sign(whole)) {
					t.Fatalf("%d by %v: %v; the larger weight got less", whole, weights, parts)
				}
			}
		}
	})
}

func TestMoneyArithmetic(t *testing.T) {
	a, b := piecework.Fen(1250), piecework.Fen(-375)
	for got, want := range map[string]string{
		a.Add(b).String(): "8.75", a.Sub(b).String(): "16.25", b.Abs().String(): "3.75", b.Neg().Add(a).Neg().String(): "-16.25",
		piecework.MinMoney(a, b).String():                                  "-3.75",
		piecework.RoundMoney(decimal.RequireFromString("-0.125")).String(): "-0.13",
	} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if a.Cmp(b) != 1 || b.Sign() != -1 || !a.Sub(a).IsZero() || piecework.MinMoney(b, a) != b {
		t.Error("comparing amounts")
	}
}
