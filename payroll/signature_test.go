package payroll_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"jijian/payroll"
	"jijian/piecework"
)

func TestParseStrokes(t *testing.T) {
	long := strings.TrimSpace(strings.Repeat("1,1 900,300 ", 2000))
	for text, want := range map[string]string{
		"0,0 1000,400":              "M0 0L1000 400",
		" 10,20  110,20 ; 500,300 ": "M10 20L110 20M500 300L500 300",
		long:                        "M1 1L900 300L1 1",
		"":                          "", "0,0;": "", "0,0 1001,0": "", "0,0 0,401": "", "-1,0 500,0": "", "0 500,0": "", "a,b 500,0": "", "0,0 30,30": "",
		`0,0 500,0"/><script>`: "", long + " 1,1": "", strings.Repeat("0,0 900,0;", 200) + "0,0": "",
	} {
		strokes, msg := payroll.ParseStrokes(text)
		got := ""
		if msg == nil {
			got = strokes.SVG()
		}
		if (want == "") != (got == "") || !strings.HasPrefix(got, want) {
			t.Errorf("ParseStrokes(%.40q) is %.60q, %v; want %q", text, got, msg, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		point := rapid.Custom(func(t *rapid.T) payroll.Point {
			return payroll.Point{X: rapid.IntRange(0, 1000).Draw(t, "x"), Y: rapid.IntRange(0, 400).Draw(t, "y")}
		})
		drawn := payroll.Strokes(rapid.SliceOfN(rapid.SliceOfN(point, 1, 5), 0, 5).Draw(t, "strokes"))
		drawn = append(drawn, []payroll.Point{{X: 0, Y: 0}, {X: 500, Y: 0}})
		again, msg := payroll.ParseStrokes(drawn.String())
		if msg != nil || again.String() != drawn.String() {
			t.Fatalf("%v came back as %v, %v", drawn, again, msg)
		}
	})
}

func TestSign(t *testing.T) {
	h := hear(t).approve()
	first, second := h.slip(0), h.slip(1)
	sign := func(slip *payroll.Slip, strokes string) error {
		return payroll.Sign(h.Ctx, h.DB, slip.ID, slip.WorkerID, strokes, "王秀英")
	}
	if err := sign(first, "1,1 2,2"); !errors.Is(err, piecework.ErrInvalid) {
		t.Errorf("a dot: %v", err)
	}
	if err := payroll.Sign(h.Ctx, h.DB, first.ID, second.WorkerID, "1,1 500,300", "李"); !errors.Is(err, piecework.ErrNotFound) {
		t.Errorf("another's slip: %v", err)
	}
	h.Must(sign(second, "")) // a tap
	for _, strokes := range []string{"1,1 500,300", "9,9 900,300"} {
		h.Must(sign(first, strokes)) // the second changes nothing
	}
	say, err := payroll.SayOf(h.Ctx, h.DB, first)
	h.Must(err)
	if g := say.Signature; say.State != payroll.Confirmed || g == nil || g.Strokes != "1,1 500,300" || !bytes.Equal(g.Hash, first.Hash) || g.SignedAt == 0 || g.SignedBy != "王秀英" {
		t.Errorf("signed %+v", say.Signature)
	}
	if s := h.slip(0); s.Signature == nil || s.Acknowledgement == nil || s.Acknowledgement.AcknowledgedAt != say.Acknowledgement.AcknowledgedAt {
		t.Errorf("the slip comes without its signature: %+v", s)
	}
	if s := h.slip(1); s.Signature != nil || s.Acknowledgement == nil {
		t.Errorf("a tap comes as %+v, %+v", s.Acknowledgement, s.Signature)
	}
	if _, err := h.DB.ExecContext(h.Ctx, "UPDATE signatures SET strokes = 'x'"); err == nil {
		t.Error("a signature can be changed")
	}
	_, err = payroll.Verify(h.Ctx, h.DB)
	h.Must(err)
	_, err = h.DB.ExecContext(h.Ctx, "DELETE FROM signatures")
	h.Must(err)
	forged := &payroll.Signature{SlipID: first.ID, Hash: second.Hash, Strokes: "1,1 500,300", SignedAt: 1, SignedBy: "x"}
	_, err = h.DB.NewInsert().Model(forged).Exec(h.Ctx)
	h.Must(err)
	if _, err := payroll.Verify(h.Ctx, h.DB); err == nil || !strings.Contains(err.Error(), "signed") {
		t.Errorf("a signature of another version: %v", err)
	}
}
