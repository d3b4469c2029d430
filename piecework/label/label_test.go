package label_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"jijian/piecework"
	"jijian/piecework/label"
	"jijian/piecework/press"
	"jijian/piecework/press/presstest"
)

func newPrinter(t testing.TB) *label.Printer {
	t.Helper()
	f, err := press.NewFonts(presstest.Weights(t))
	if err != nil {
		t.Fatal(err)
	}
	return label.NewPrinter(f)
}

const base = "https://jijian.example.org"

// code is the nth code of a kind that can be issued.
func code(kind piecework.CodeKind, n int64) piecework.Code {
	c := piecework.Code{Kind: kind, Serial: n}
	for !c.Issuable() {
		c.Serial++
	}
	return c
}

// tickets are those of several orders; their codes have short forms of every length.
func tickets(n int) []label.Ticket {
	products := []string{"绢花玫瑰 七头", "磁吸假睫毛 3D 自然款 混合长度 8-12mm 大容量装", "珍珠流苏耳环", "桃木平安牌（肥城）"}
	operations := [][]string{nil, {"剪瓣", "烫瓣"}, {"花瓣定型", "粘花成束", "缠杆", "整形", "装盒贴标", "质检"}, {"打磨抛光"}}
	list := make([]label.Ticket, n)
	serial := int64(1)
	for i := range list {
		c := code(piecework.TicketCode, serial)
		serial = c.Serial*5/4 + 1
		if serial > 9_000_000 {
			serial = int64(i)*37 + 100
		}
		list[i] = label.Ticket{Order: fmt.Sprintf("LH-%04d", 1000+i/20), Product: products[i%4], Number: int64(i + 1), Quantity: int64(50 + i%3*450), Operations: operations[i%4], Code: c}
	}
	return list
}

func badges(n int) []label.Badge {
	names := []string{"王秀英", "李𬭎", "巴依尔·阿不都热合曼玛木提", "Zoë Maria van der Woodsen-Featherstonehaugh", "陈静"}
	list := make([]label.Badge, n)
	for i := range list {
		list[i] = label.Badge{Name: names[i%len(names)], WorkerCode: fmt.Sprintf("A%02d", i+1), Workshop: "桃花社区第一微工厂", Code: code(piecework.WorkerBadge, int64(40+i*7))}
	}
	return list
}

// pdf writes a document to a file.
func pdf(t testing.TB, write func(*bytes.Buffer) ([]label.Warning, error)) (string, []label.Warning) {
	t.Helper()
	var out bytes.Buffer
	warnings, err := write(&out)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "labels.pdf")
	if err := os.WriteFile(file, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return file, warnings
}

func run(t testing.TB, tool string, args ...string) string {
	t.Helper()
	var problems bytes.Buffer
	cmd := exec.Command(tool, args...)
	cmd.Stderr = &problems
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", tool, err, problems.String())
	}
	return string(out)
}

// TestTicketsAreReadBack renders tickets of every stock at 200 dpi, cuts the pages up and reads each label with another program: the QR
// code and the bar code of all 60 on each of the four stocks.
func TestTicketsAreReadBack(t *testing.T) {
	p, list := newPrinter(t), tickets(60)
	var want []string
	for _, ticket := range list {
		want = append(want, "CODE-128:"+ticket.Code.Short(), "QR-Code:"+ticket.Code.Address(base))
	}
	slices.Sort(want)
	for _, stock := range label.Stocks {
		t.Run(string(stock), func(t *testing.T) {
			t.Parallel()
			file, _ := pdf(t, func(w *bytes.Buffer) ([]label.Warning, error) {
				return p.Tickets(w, label.Job{Stock: stock, Base: base}, list)
			})
			labels := cutUp(t, file, stock, len(list))
			found := strings.Split(strings.TrimSpace(run(t, "zbarimg", append([]string{"--quiet"}, labels...)...)), "\n")
			slices.Sort(found)
			if !slices.Equal(found, want) {
				missing := slices.DeleteFunc(slices.Clone(want), func(s string) bool { return slices.Contains(found, s) })
				t.Errorf("%d of %d codes are read back; missing %q", len(found), len(want), missing)
			}
		})
	}
}

// cutUp renders a document at 200 dpi and writes each of its labels to a file of its own.
func cutUp(t *testing.T, file string, stock label.Stock, n int) (labels []string) {
	t.Helper()
	dir := t.TempDir()
	run(t, "pdftoppm", "-r", "200", "-gray", file, filepath.Join(dir, "page"))
	pages, err := filepath.Glob(filepath.Join(dir, "page*"))
	if err != nil || len(pages) != (n+stock.PerPage()-1)/stock.PerPage() {
		t.Fatalf("%d pages, %v", len(pages), err)
	}
	columns := map[label.Stock]int{label.Sheet24: 3, label.Sheet40: 4}[stock]
	if columns == 0 {
		return pages
	}
	var page picture
	for i := range n {
		at := i % stock.PerPage()
		if at == 0 {
			page = readPicture(t, pages[i/stock.PerPage()])
		}
		w, h := page.width/columns, page.height*columns/stock.PerPage()
		name := filepath.Join(dir, fmt.Sprintf("label%d.pgm", i))
		if err := os.WriteFile(name, page.part(at%columns*w, at/columns*h, w, h), 0o600); err != nil {
			t.Fatal(err)
		}
		labels = append(labels, name)
	}
	return labels
}

// picture is a portable graymap.
type picture struct {
	width, height int
	gray          []byte
}

func readPicture(t *testing.T, name string) (p picture) {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Sscanf(string(data[:min(len(data), 40)]), "P5\n%d %d\n255\n", &p.width, &p.height); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	p.gray = data[len(data)-p.width*p.height:]
	return p
}

// part is what lies within a rectangle, as a file.
func (p picture) part(x, y, width, height int) []byte {
	part := fmt.Appendf(nil, "P5\n%d %d\n255\n", width, height)
	for row := y; row < y+height; row++ {
		part = append(part, p.gray[row*p.width+x:][:width]...)
	}
	return part
}

// TestCommandsAreReadBack does the same with the sheet of commands.
func TestCommandsAreReadBack(t *testing.T) {
	session := code(piecework.SessionCode, 12)
	file, warnings := pdf(t, func(w *bytes.Buffer) ([]label.Warning, error) {
		return newPrinter(t).Commands(w, label.Job{Stock: label.Cards, Base: base}, "W1-20261123-1", session)
	})
	if len(warnings) > 0 {
		t.Errorf("warnings %v", warnings)
	}
	dir := t.TempDir()
	run(t, "pdftoppm", "-r", "200", "-gray", "-png", "-singlefile", file, filepath.Join(dir, "sheet"))
	found := run(t, "zbarimg", "--quiet", filepath.Join(dir, "sheet.png"))
	codes := []piecework.Code{session}
	for _, c := range piecework.Commands {
		codes = append(codes, c.Code())
	}
	for _, c := range codes {
		for _, want := range []string{"CODE-128:" + c.Short(), "QR-Code:" + c.Address(base)} {
			if !strings.Contains(found, want+"\n") {
				t.Errorf("%s is not read back", want)
			}
		}
	}
	text := run(t, "pdftotext", file, "-")
	for _, want := range []string{"W1-20261123-1", "撤销", "Undo", "×10", "×50", "×100", "完成", "Done", "返工", "Rework", "工废", "料废"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not on the sheet", want)
		}
	}
}

// TestSameLabelsSameBytes: a second print is the first.
func TestSameLabelsSameBytes(t *testing.T) {
	for _, stock := range label.CommandStocks {
		var prints [2]bytes.Buffer
		for i := range prints {
			job := label.Job{Stock: stock, Base: base}
			if _, err := newPrinter(t).Tickets(&prints[i], job, tickets(30)); err != nil {
				t.Fatal(err)
			}
		}
		if !bytes.Equal(prints[0].Bytes(), prints[1].Bytes()) {
			t.Errorf("%s: two prints differ", stock)
		}
	}
}

// TestLabelsSayWhatTheyShould finds names, quantities and digits in the text, in either language.
func TestLabelsSayWhatTheyShould(t *testing.T) {
	p := newPrinter(t)
	for _, stock := range label.Stocks {
		for lang, all := range map[string][]string{"zh": {"500 件", "全部工序"}, "en": {"500 pcs", "All operations"}} {
			file, _ := pdf(t, func(w *bytes.Buffer) ([]label.Warning, error) {
				return p.Tickets(w, label.Job{Stock: stock, Lang: lang, Base: base}, tickets(5))
			})
			text := run(t, "pdftotext", "-layout", file, "-")
			for _, want := range append(all, "LH-1000", "#5", "绢花玫瑰 七头", "200 015", "桃木平安牌") {
				if !strings.Contains(text, want) {
					t.Errorf("%s %s: %q is not printed:\n%s", stock, lang, want, text)
				}
			}
		}
		file, warnings := pdf(t, func(w *bytes.Buffer) ([]label.Warning, error) {
			return p.Badges(w, label.Job{Stock: stock, Base: base}, badges(3))
		})
		text := strings.Join(strings.Fields(run(t, "pdftotext", "-layout", file, "-")), "")
		for _, want := range []string{"王秀英", "李𬭎", "A01", "100401"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: %q is not printed:\n%s", stock, want, text)
			}
		}
		if len(warnings) > 0 {
			t.Errorf("%s: warnings %v", stock, warnings)
		}
	}
}

// TestAllOperations: a ticket names its operations where they fit, else says that they are all, and nothing is lost either way.
func TestAllOperations(t *testing.T) {
	p := newPrinter(t)
	ticket := label.Ticket{Order: "LH-1000", Product: "绢花玫瑰 七头", Number: 1, Quantity: 50, Operations: []string{"裁瓣", "烫瓣", "组花", "缠杆", "装箱"}, All: true, Code: code(piecework.TicketCode, 1)}
	for stock, want := range map[label.Stock]string{label.Sheet24: "裁瓣、烫瓣、组花、缠杆、装箱", label.Sheet40: "全部工序"} {
		file, warnings := pdf(t, func(w *bytes.Buffer) ([]label.Warning, error) {
			return p.Tickets(w, label.Job{Stock: stock, Base: base}, []label.Ticket{ticket})
		})
		if text := run(t, "pdftotext", file, "-"); !strings.Contains(text, want) || len(warnings) > 0 {
			t.Errorf("%s: no %q, warnings %v:\n%s", stock, want, warnings, text)
		}
	}
}

// TestTakeHomeSlips: the slip of a lot says who, what, how many and until when, and its code is read back.
func TestTakeHomeSlips(t *testing.T) {
	p := newPrinter(t)
	slip := label.TakeHome{Name: "欧阳素珍", WorkerCode: "A12", Order: "LH-1000", Product: "绢花玫瑰 七头", Operation: "粘花", Quantity: 1200,
		OutOn: "2026-11-02", DueOn: "2026-11-09", Code: code(piecework.TakeHomeCode, 12)}
	for _, stock := range label.Stocks {
		file, warnings := pdf(t, func(w *bytes.Buffer) ([]label.Warning, error) {
			return p.TakeHomes(w, label.Job{Stock: stock, Base: base}, []label.TakeHome{slip})
		})
		text := strings.Join(strings.Fields(run(t, "pdftotext", "-layout", file, "-")), "")
		for _, want := range []string{"欧阳素珍", "A12", "1200件粘花", "LH-1000", "11-09"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: %q is not printed:\n%s", stock, want, text)
			}
		}
		found := run(t, "zbarimg", append([]string{"--quiet"}, cutUp(t, file, stock, 1)...)...)
		for _, want := range []string{"CODE-128:" + slip.Code.Short(), "QR-Code:" + slip.Code.Address(base)} {
			if !strings.Contains(found, want) {
				t.Errorf("%s: %q is not read back from %q", stock, want, found)
			}
		}
		if len(warnings) > 0 {
			t.Errorf("%s: warnings %v", stock, warnings)
		}
	}
}

// TestAnyNamePrints: what cannot be printed or is far too long is reported, and costs no label.
func TestAnyNamePrints(t *testing.T) {
	p := newPrinter(t)
	for _, name := range []string{"", "🌸", "王\x00梅\xff", strings.Repeat("巴依尔阿不都热合曼", 40), strings.Repeat("W", 3000)} {
		for _, stock := range label.Stocks {
			list := append(badges(1), label.Badge{Name: name, WorkerCode: name, Workshop: name, Code: code(piecework.WorkerBadge, 77)}, badges(2)[1])
			file, warnings := pdf(t, func(w *bytes.Buffer) ([]label.Warning, error) {
				return p.Badges(w, label.Job{Stock: stock, Base: base}, list)
			})
			if reported := slices.ContainsFunc(warnings, func(w label.Warning) bool { return w.Label == 1 }); reported != (name != "") {
				t.Errorf("%s, %.20q: warnings %v", stock, name, warnings)
			}
			if text := run(t, "pdftotext", "-layout", file, "-"); !strings.Contains(text, "王秀英") || !strings.Contains(text, "A02") {
				t.Errorf("%s, %.20q: the others are lost", stock, name)
			}
		}
	}
}

func TestSkippedLabels(t *testing.T) {
	p := newPrinter(t)
	job := label.Job{Stock: label.Sheet24, Base: base, Skip: 23}
	file, _ := pdf(t, func(w *bytes.Buffer) ([]label.Warning, error) { return p.Badges(w, job, badges(2)) })
	first, second := run(t, "pdftotext", "-l", "1", file, "-"), run(t, "pdftotext", "-f", "2", file, "-")
	if !strings.Contains(first, "A01") || strings.Contains(first, "A02") || !strings.Contains(second, "A02") {
		t.Errorf("on the first sheet %q, on the second %q", first, second)
	}
	for what, job := range map[string]label.Job{"all of the sheet is used": {Stock: label.Sheet24, Skip: 24}, "less than nothing": {Stock: label.Sheet24, Skip: -1},
		"a roll": {Stock: label.Roll40, Skip: 1}, "no such stock": {Stock: "a4"}} {
		if _, err := p.Badges(&bytes.Buffer{}, job, badges(1)); !errors.Is(err, piecework.ErrInvalid) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := p.Badges(&bytes.Buffer{}, label.Job{Stock: label.Sheet24}, nil); !errors.Is(err, piecework.ErrInvalid) {
		t.Errorf("no badges: %v", err)
	}
}
