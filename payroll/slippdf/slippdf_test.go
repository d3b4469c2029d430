package slippdf_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"jijian/payroll/slippdf"
	"jijian/piecework"
	"jijian/piecework/press"
	"jijian/piecework/press/presstest"
)

func newPrinter(t testing.TB) *slippdf.Printer {
	t.Helper()
	f, err := press.NewFonts(presstest.Weights(t))
	if err != nil {
		t.Fatal(err)
	}
	return slippdf.NewPrinter(f)
}

// printed is the document of a batch.
func printed(t testing.TB, p *slippdf.Printer, f slippdf.Format, lang string, slips ...slippdf.Slip) ([]byte, []slippdf.Warning) {
	t.Helper()
	var out bytes.Buffer
	warnings, err := p.Write(&out, f, lang, slips)
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes(), warnings
}

// poppler runs one of the PDF tools on a document and returns what it prints; an argument "-" after the file is added.
func poppler(t testing.TB, document []byte, tool string, args ...string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "slips.pdf")
	if err := os.WriteFile(file, document, 0o600); err != nil {
		t.Fatal(err)
	}
	args = append(args, file)
	if tool == "pdftotext" {
		args = append(args, "-")
	}
	var problems bytes.Buffer
	cmd := exec.Command(tool, args...)
	cmd.Stderr = &problems
	out, err := cmd.Output()
	if err != nil || problems.Len() > 0 {
		t.Fatalf("%s: %v\n%s", tool, err, problems.String())
	}
	return string(out)
}

// plain is the text of a document without blanks and line ends, so that a name is found wherever it was broken.
func plain(t testing.TB, document []byte, args ...string) string {
	t.Helper()
	return strings.Join(strings.Fields(poppler(t, document, "pdftotext", args...)), "")
}

func rate(t testing.TB, s string) piecework.Rate {
	t.Helper()
	r, msg := piecework.ParseRate(s)
	if msg != nil {
		t.Fatal(msg)
	}
	return r
}

// piece is a line of work.
func piece(t testing.TB, kind, order, product, operation string, quantity int64, at string) slippdf.Line {
	t.Helper()
	r := rate(t, at)
	return slippdf.Line{Kind: kind, Order: order, Product: product, Operation: operation, HasQuantity: true,
		Quantity: quantity, Rate: r, Amount: r.Times(quantity)}
}

// total fills in the sums of a slip from its lines.
func total(s slippdf.Slip, tax piecework.Money) slippdf.Slip {
	for _, l := range s.Lines {
		if l.Amount.Sign() > 0 {
			s.Gross = s.Gross.Add(l.Amount)
		} else {
			s.Deductions = s.Deductions.Sub(l.Amount)
		}
	}
	s.Tax = tax
	s.Net = s.Gross.Sub(s.Tax).Sub(s.Deductions)
	return s
}

// april is a month of a worker who makes flowers and lashes, in the words of a language.
func april(t testing.TB, lang string) slippdf.Slip {
	t.Helper()
	s := slippdf.Slip{
		Number: "HX-2026-10-0017", Version: 1, Workshop: "和兴社区手工坊", WorkerCode: "HX017", WorkerName: "李秀兰",
		From: "2026-10-01", To: "2026-10-31", Approved: "2026-11-02",
		CheckURL: "https://jijian.example.org/c/4821073956", CheckCode: "4821 0739 56",
		Footnotes: []string{
			"每一行：数量 × 单价，四舍五入到分，只进一次位；合计是各行之和。",
			"计件数 = 良品 + 料废；工废和返工不计件。",
			"扣款中的赔偿不超过本期应发的 20%，其余结转下期。",
		},
	}
	bonus, advance := "奖金", "借支"
	kind, names := "计件", [][3]string{
		{"LH-1023 玉龙工艺", "绢花玫瑰 七头", "花瓣定型"}, {"LH-1023 玉龙工艺", "绢花玫瑰 七头", "粘花成束"},
		{"JM-0988 青禾美睫", "磁吸假睫毛 3D", "排毛"}, {"JM-0988 青禾美睫", "磁吸假睫毛 3D", "装盒贴标"},
		{"EH-0412 宏艺饰品", "珍珠流苏耳环", "穿珠"}, {"TM-0077 肥城桃木", "桃木平安牌", "打磨抛光"},
	}
	notes := [2]string{"全勤奖", "10月12日预支"}
	if lang == "en" {
		kind, bonus, advance = "Piecework", "Bonus", "Advance"
		names = [][3]string{
			{"LH-1023 Yulong Crafts", "Silk rose, seven heads", "Shaping petals"}, {"LH-1023 Yulong Crafts", "Silk rose, seven heads", "Binding the bunch"},
			{"JM-0988 Qinghe Lashes", "Magnetic lashes 3D", "Setting hairs"}, {"JM-0988 Qinghe Lashes", "Magnetic lashes 3D", "Boxing and labelling"},
			{"EH-0412 Hongyi Jewellery", "Pearl tassel earring", "Threading pearls"}, {"TM-0077 Feicheng Peachwood", "Peachwood charm", "Polishing"},
		}
		notes = [2]string{"Full attendance", "Paid out on 12 October"}
		s.Workshop, s.WorkerName = "Hexing Community Workshop", "Li Xiulan"
		s.Footnotes = []string{
			"Each line is pieces × rate, rounded to the fen once; the totals are the sums of the lines.",
			"Pieces paid are good pieces and scrap by material; scrap by workmanship and rework are not paid.",
			"Damage deducted is at most 20% of gross; the rest is carried forward.",
		}
	}
	work := []struct {
		pieces int64
		rate   string
	}{{12480, "0.0035"}, {936, "0.28"}, {1650, "0.45"}, {1650, "0.06"}, {412, "1.125"}, {88, "3.50"}}
	for i, w := range work {
		s.Lines = append(s.Lines, piece(t, kind, names[i][0], names[i][1], names[i][2], w.pieces, w.rate))
	}
	s.Lines[1].Rework, s.Lines[1].ScrapWorkmanship = 6, 2
	s.Lines[2].ScrapMaterial = 15
	s.Lines = append(s.Lines,
		slippdf.Line{Kind: bonus, Note: notes[0], Amount: piecework.Fen(20000)},
		slippdf.Line{Kind: advance, Note: notes[1], Amount: piecework.Fen(-50000)})
	s.Carried = piecework.Fen(30000)
	return total(s, piecework.Fen(0))
}
