package paper_test

import (
	"bytes"
	"fmt"
	"image/png"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"

	"jijian/piecework"
	"jijian/piecework/paper"
	"jijian/piecework/press"
	"jijian/piecework/press/presstest"
)

// printed prints twice, which must give the same bytes, and answers the file and its text.
func printed(t *testing.T, print func(*paper.Printer, io.Writer) ([]paper.Warning, error)) (file, text string) {
	t.Helper()
	f, err := press.NewFonts(presstest.Weights(t))
	if err != nil {
		t.Fatal(err)
	}
	var once, again bytes.Buffer
	for _, to := range []*bytes.Buffer{&once, &again} {
		if warnings, err := print(paper.NewPrinter(f), to); err != nil || len(warnings) != 0 {
			t.Fatal(err, warnings)
		}
	}
	if !bytes.Equal(once.Bytes(), again.Bytes()) {
		t.Error("the second print differs")
	}
	file = filepath.Join(t.TempDir(), "paper.pdf")
	if err := os.WriteFile(file, once.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("pdftotext", "-layout", file, "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	return file, string(out)
}

func holds(t *testing.T, text string, want ...string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(text, w) {
			t.Errorf("%q is not in:\n%s", w, text)
		}
	}
}

var order = &piecework.ProcessingOrder{Code: "ROSE-261105", Quantity: 94500, Workshop: piecework.NewWorkshop("W1", "桃花社区第一微工厂"),
	Contractor: &piecework.Contractor{Code: "K1", Name: "锦绣花坊"}, Product: &piecework.Product{Code: "ROSE", Name: "绢布玫瑰"}}

// TestNote: the note says what goes to whom, and its QR code leads to the address that stands under it.
func TestNote(t *testing.T) {
	const address = "https://jijian.example.org/d/AAAAAAAAAAEAAAGjPubTq7ruqth0m3y5vC8fB8Q0dfc/deliveries/12"
	n := paper.Note{Delivery: &piecework.Delivery{Code: "D-261121", DeliveredOn: "2026-11-21", Quantity: 26934, Note: "分三箱", Order: order,
		Bundles: []piecework.DeliveryBundle{{Quantity: 1240, Ticket: &piecework.BundleTicket{Number: 7}}, {Quantity: 25694, Ticket: &piecework.BundleTicket{Number: 8}}}}, Before: 28486, Address: address, Until: "2027-01-20"}
	for lang, title := range map[string]string{"zh": "交货单", "en": "Delivery note"} {
		file, text := printed(t, func(p *paper.Printer, w io.Writer) ([]paper.Warning, error) { return p.Note(w, lang, n) })
		holds(t, text, title, "D-261121", "2026-11-21", "26,934", "28,486", "94,500", "ROSE-261105", "绢布玫瑰", "锦绣花坊", "桃花社区第一微工厂", "分三箱", "2027-01-20", "#7 × 1,240", "#8 × 25,694", address)
		size, err := exec.Command("pdfinfo", file).Output()
		if err != nil || !strings.Contains(string(size), "419.53 x 595.28 pts") || !strings.Contains(string(size), "Pages:           1") {
			t.Errorf("not one page of A5: %v %s", err, size)
		}
		if out, err := exec.Command("pdftoppm", "-r", "150", "-png", "-singlefile", file, file).CombinedOutput(); err != nil {
			t.Fatalf("%v %s", err, out)
		}
		picture, err := os.ReadFile(file + ".png")
		if err != nil {
			t.Fatal(err)
		}
		img, err := png.Decode(bytes.NewReader(picture))
		if err != nil {
			t.Fatal(err)
		}
		bitmap, err := gozxing.NewBinaryBitmapFromImage(img)
		if err != nil {
			t.Fatal(err)
		}
		read, err := qrcode.NewQRCodeReader().Decode(bitmap, nil)
		if err != nil || read.GetText() != address {
			t.Errorf("the QR code: %v %v", err, read)
		}
	}
}

// TestStatement: all lines stand on as many pages as they take, with the sums once and the hash on each.
func TestStatement(t *testing.T) {
	s := &piecework.ContractorStatement{Workshop: order.Workshop, Contractor: order.Contractor, PeriodFrom: "2026-10-01", PeriodTo: "2026-10-31", Version: 2,
		Opening: piecework.Fen(1234_56), Fees: piecework.Fen(900_00), Charged: piecework.Fen(36_00), Received: piecework.Fen(500_00), Closing: piecework.Fen(1598_56),
		Hash: bytes.Repeat([]byte{0xab}, 32), WorkshopAt: 1_790_000_000_000, WorkshopBy: "孙丽华"}
	for i := range 60 {
		s.Lines = append(s.Lines, piecework.StatementLine{Kind: piecework.LineFee, Day: "2026-10-05", DeliveryCode: fmt.Sprintf("D-%02d", i), Product: "绢布玫瑰", Quantity: 1000,
			Rate: piecework.Millionths(15_000), Amount: piecework.Fen(15_00)})
	}
	s.Lines = append(s.Lines, piecework.StatementLine{Kind: piecework.LineChargeback, Day: "2026-10-30", OrderCode: "ROSE-261001", Note: "粘合不牢", Quantity: 40, Amount: piecework.Fen(36_00)},
		piecework.StatementLine{Kind: piecework.LinePayment, Day: "2026-10-31", Note: "货款", Amount: piecework.Fen(500_00)})
	_, text := printed(t, func(p *paper.Printer, w io.Writer) ([]paper.Warning, error) {
		return p.Statement(w, "zh", s, piecework.Aged{Days30: piecework.Fen(400_00), Days60: piecework.Fen(1198_56)})
	})
	holds(t, text, "加工费对账单", "锦绣花坊", "D-00", "D-59", "0.015", "-36.00", "粘合不牢", "-500.00", "1598.56", "1198.56", "孙丽华 于 2026-09-21", "未确认", "第 2 页，共 2 页")
	if n := strings.Count(text, strings.Repeat("ab", 32)); n != 2 {
		t.Errorf("the hash stands on %d pages, want 2", n)
	}
	if n := strings.Count(text, "期末结欠"); n != 1 {
		t.Errorf("the sums stand there %d times", n)
	}
}
