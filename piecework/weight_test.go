package piecework_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"jijian/piecework"
	"jijian/piecework/pieceworktest"
)

func TestWeighingPieces(t *testing.T) {
	for _, c := range []struct {
		gross, tare, unit string
		want              int64
	}{
		{"1250", "50", "2.4", 500},
		{"1251.2", "50", "2.4", 501}, // 500.5 rounds up
		{"1251.199", "50", "2.4", 500},
		{"52.7", "50", "0.0054", 500}, // eyelashes
		{"100", "99.999", "0.002", 1}, // half a piece
		{"100", "99.999", "0.0021", 0},
		{"0.001", "0", "100000", 0},
		{"1000000", "0", "0.000001", 1_000_000_000_000},
	} {
		w := weigh(t, c.gross, c.tare, c.unit)
		if got := w.Pieces(); got != c.want {
			t.Errorf("(%s − %s) ÷ %s: %d pieces, want %d", c.gross, c.tare, c.unit, got, c.want)
		}
		if w.Gross() != c.gross || w.Tare() != c.tare || w.Unit() != c.unit {
			t.Errorf("%s, %s and %s are written %s, %s and %s", c.gross, c.tare, c.unit, w.Gross(), w.Tare(), w.Unit())
		}
	}
}

func weigh(t testing.TB, gross, tare, unit string) piecework.Weighing {
	t.Helper()
	grams := func(s string, places int) int64 {
		n, msg := piecework.ParseGrams(s, places)
		if msg != nil {
			t.Fatalf("%s: %s", s, msg)
		}
		return n
	}
	return piecework.Weighing{GrossMG: grams(gross, 3), TareMG: grams(tare, 3), UnitUG: grams(unit, 6)}
}

// The count is never further from the true quotient than half a piece, and exactly half goes up.
func TestWeighingRoundsHalfUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := piecework.Weighing{TareMG: rapid.Int64Range(0, 1_000_000).Draw(t, "tare"), UnitUG: rapid.Int64Range(1, 5_000_000).Draw(t, "unit")}
		w.GrossMG = w.TareMG + rapid.Int64Range(1, 100_000_000).Draw(t, "net")
		if rapid.Bool().Draw(t, "exactly half") {
			w.UnitUG = 2000 * rapid.Int64Range(1, 2000).Draw(t, "even unit")
			w.GrossMG = w.TareMG + w.UnitUG/2000*(2*rapid.Int64Range(0, 9999).Draw(t, "pieces")+1)
		}
		net, off := (w.GrossMG-w.TareMG)*1000, w.Pieces()*w.UnitUG
		if d := 2 * (off - net); d > w.UnitUG || d <= -w.UnitUG {
			t.Fatalf("%+v: %d pieces are %d µg away", w, w.Pieces(), off-net)
		}
		v := &piecework.Invalid{}
		if w.Check(v, w.Pieces()); v.Err() != nil {
			t.Fatalf("%+v: its own count is refused: %v", w, v)
		}
		if w.Check(v, w.Pieces()+rapid.SampledFrom([]int64{-1, 1}).Draw(t, "off by")); v.Err() == nil {
			t.Fatalf("%+v: another count passes", w)
		}
	})
}

func TestParseGrams(t *testing.T) {
	for _, s := range []string{"", "-1", "1e3", "1,000", "1.2345", "1000000.001", "g", "１"} {
		if n, msg := piecework.ParseGrams(s, 3); msg == nil {
			t.Errorf("%q is read as %d", s, n)
		}
	}
}

func weighed(w piecework.Weighing) func(*piecework.NewTally) {
	return func(t *piecework.NewTally) { t.Weight, t.Good = w, w.Pieces() }
}

// scaled has the weights, whatever the count.
func scaled(w piecework.Weighing) func(*piecework.NewTally) {
	return func(t *piecework.NewTally) { t.Weight = w }
}

func TestRecordWeighed(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	scales := weigh(t, "1250", "50", "2.4")
	ok := tally("k1", weighed(scales))
	for _, c := range []struct {
		name   string
		tally  piecework.NewTally
		status piecework.TallyStatus
		reason string
	}{
		{"weighed", ok, piecework.Accepted, ""},
		{"again", ok, piecework.Duplicate, ""},
		{"with another tare that rounds to the same", tally("k1", weighed(weigh(t, "1250.1", "50.1", "2.4"))), piecework.Rejected, "other content"},
		{"without weights", tally("k1", func(n *piecework.NewTally) { n.Good = 500 }), piecework.Rejected, "other content"},
		{"another count", tally("k2", weighed(scales), func(n *piecework.NewTally) { n.Good = 499 }), piecework.Rejected, "(1250 g − 50 g) ÷ 2.4 g is 500 pieces, not 499"},
		{"no unit", tally("k2", scaled(piecework.Weighing{GrossMG: 5, TareMG: 1})), piecework.Rejected, "the weight of one piece"},
		{"tare above gross", tally("k2", scaled(piecework.Weighing{GrossMG: 5, TareMG: 6, UnitUG: 1})), piecework.Rejected, "the full container"},
		{"a negative tare", tally("k2", scaled(piecework.Weighing{GrossMG: 5, TareMG: -6, UnitUG: 1})), piecework.Rejected, "the full container"},
		{"scrap besides", tally("k3", weighed(scales), func(n *piecework.NewTally) { n.ScrapMaterial = 3 }), piecework.Accepted, ""},
		{"its reversal", tally("k4", func(n *piecework.NewTally) { n.Good, n.Reverses = 500, "k1" }), piecework.Accepted, ""},
	} {
		res, err := piecework.RecordTallies(w.Ctx, w.DB, piecework.Actor{Name: "test"}, []piecework.NewTally{c.tally})
		w.Must(err)
		reason := ""
		if res[0].Reason != nil {
			reason = res[0].Reason.String()
		}
		if res[0].Status != c.status || !strings.Contains(reason, c.reason) {
			t.Errorf("%s: %s %q, want %s %q", c.name, res[0].Status, reason, c.status, c.reason)
		}
	}
	links := 0
	for l, err := range piecework.TallyLinks(w.Ctx, w.DB, w.Workshop.ID) {
		w.Must(err)
		want := "tally/1\n"
		if l.Name != "tally k4" {
			want = "tally/2\n"
		}
		if links++; !strings.HasPrefix(string(l.Content), want) || want == "tally/2\n" && !strings.HasSuffix(string(l.Content), "\n1250000\n50000\n2400000\n") {
			t.Errorf("%s covers %q", l.Name, l.Content)
		}
	}
	if links != 3 {
		t.Errorf("%d links", links)
	}
}

func TestUnitWeights(t *testing.T) {
	w := pieceworktest.NewWorld(t)
	units := func() map[int64]int64 {
		t.Helper()
		list, err := piecework.Operations(w.Ctx, w.DB)
		w.Must(err)
		units, err := piecework.UnitWeights(w.Ctx, w.DB, list)
		w.Must(err)
		return units
	}
	if got := units(); len(got) != 0 {
		t.Errorf("before anything is weighed: %v", got)
	}
	w.Record(tally("k1", weighed(weigh(t, "100", "0", "2.5"))))
	w.Record(tally("k2", weighed(weigh(t, "100", "0", "2"))))
	w.Record(tally("k3"))
	if got := units(); len(got) != 1 || got[w.Glue.ID] != 2_000_000 {
		t.Errorf("after the last weighing: %v", got)
	}
	w.Glue.UnitUG = 1_900_000
	w.Must(piecework.SaveOperation(w.Ctx, w.DB, &w.Glue))
	if got := units(); len(got) != 1 || got[w.Glue.ID] != 1_900_000 {
		t.Errorf("as set at the operation: %v", got)
	}
}
