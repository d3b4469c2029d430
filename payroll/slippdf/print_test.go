package slippdf_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"jijian/payroll/slippdf"
	"jijian/piecework"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var formats = []slippdf.Format{slippdf.A5, slippdf.ThreeUp, slippdf.Thermal}

// TestGolden holds what a reader sees of an approved slip and of a draft in every format and language.
func TestGolden(t *testing.T) {
	p := newPrinter(t)
	for _, lang := range []string{"zh", "en"} {
		for _, format := range formats {
			t.Run(lang+" "+string(format), func(t *testing.T) {
				slip := april(t, lang)
				draft := slip
				draft.Draft, draft.Approved, draft.Version, draft.Lines, draft.Footnotes = true, "", 2, nil, nil
				document, warnings := printed(t, p, format, lang, slip, draft)
				if len(warnings) > 0 {
					t.Errorf("warnings: %v", warnings)
				}
				got := poppler(t, document, "pdftotext", "-layout")
				file := filepath.Join("testdata", lang+"-"+string(format)+".txt")
				if *update {
					if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				if got != string(want) {
					t.Errorf("%s differs; run with -update and look at the difference. Got:\n%s", file, got)
				}
			})
		}
	}
}

func TestSameSlipsSameBytes(t *testing.T) {
	slips := village(t, 5)
	for _, format := range formats {
		first, _ := printed(t, newPrinter(t), format, "zh", slips...)
		for range 5 {
			if again, _ := printed(t, newPrinter(t), format, "zh", slips...); !bytes.Equal(first, again) {
				t.Fatalf("%s: two prints differ", format)
			}
		}
		if n := bytes.Count(first, []byte("(D:20261102000000)")); n != 2 { // made and changed on the day of approval
			t.Errorf("%s: %d of 2 dates of the document come from the slips", format, n)
		}
	}
}

// TestTwoHundred finds each name, quantity, rate and amount of a large batch in its text.
func TestTwoHundred(t *testing.T) {
	p, slips := newPrinter(t), village(t, 200)
	for _, format := range formats {
		document, warnings := printed(t, p, format, "zh", slips...)
		if len(warnings) > 0 {
			t.Errorf("%s: warnings %v", format, warnings)
		}
		text := plain(t, document, "-layout")
		for _, s := range slips {
			want := []string{s.Workshop, s.WorkerName, s.WorkerCode, s.Number, "¥" + s.Net.String(), s.Gross.String(),
				slippdf.Capitals(s.Net), s.CheckCode}
			for _, l := range s.Lines {
				want = append(want, l.Operation, l.Order, l.Product, l.Note, l.Amount.Abs().String())
				if l.HasQuantity {
					want = append(want, fmt.Sprintf("%d×%s=%s", l.Quantity, l.Rate, l.Amount))
				}
			}
			for _, w := range want {
				if !strings.Contains(text, strings.ReplaceAll(w, " ", "")) {
					t.Fatalf("%s, slip %s: %q is not in the text", format, s.Number, w)
				}
			}
		}
	}
}

// TestManyLines prints 200 lines over several pages: none is lost, each page repeats the head and says which it is.
func TestManyLines(t *testing.T) {
	p := newPrinter(t)
	for _, c := range []struct {
		format slippdf.Format
		pages  int // at least
	}{{slippdf.A5, 6}, {slippdf.ThreeUp, 12}, {slippdf.Thermal, 1}} {
		s := april(t, "zh")
		s.Lines = nil
		for i := range 200 {
			s.Lines = append(s.Lines, piece(t, "计件", fmt.Sprintf("单%03d", i), "绢花", fmt.Sprintf("工序%03d号", i), int64(1000+i), "0.35"))
		}
		document, _ := printed(t, p, c.format, "zh", total(s, piecework.Fen(0)))
		text := plain(t, document)
		sheets := strings.Count(text, "第1版") // the footer of each
		if sheets < c.pages {
			t.Errorf("%s: %d sheets, want at least %d", c.format, sheets, c.pages)
		}
		for i := range sheets {
			if page := fmt.Sprintf("第%d页共%d页", i+1, sheets); strings.Count(text, page) != 1 {
				t.Errorf("%s: %q is not printed exactly once", c.format, page)
			}
		}
		if heads := strings.Count(text, "工序/加工单"); heads < sheets-1 || heads > sheets {
			t.Errorf("%s: %d heads of the table on %d sheets", c.format, heads, sheets)
		}
		if names := strings.Count(text, s.WorkerName); names != sheets {
			t.Errorf("%s: the worker is named %d times on %d sheets", c.format, names, sheets)
		}
		for i := range 200 {
			for _, want := range []string{fmt.Sprintf("工序%03d号", i), fmt.Sprintf("单%03d", i), s.Lines[i].Amount.String()} {
				if !strings.Contains(text, want) {
					t.Errorf("%s: %q is lost", c.format, want)
				}
			}
		}
	}
}

// TestNothingOverThePaper prints the longest things allowed and looks for text outside of the paper's margins.
func TestNothingOverThePaper(t *testing.T) {
	p := newPrinter(t)
	name := strings.Repeat("巴依尔阿不都热合曼玛木提", 5)
	s := april(t, "zh")
	s.WorkerName, s.Workshop, s.Draft = name, name, true
	for i := range s.Lines {
		s.Lines[i].Order, s.Lines[i].Product = name, name
	}
	s.Lines[0].Operation = name
	s.Lines[1].Quantity, s.Lines[1].Amount = 1<<62, piecework.Fen(1<<62)
	s.Net = piecework.Fen(1 << 62)
	for _, format := range formats {
		document, warnings := printed(t, p, format, "zh", s)
		if len(warnings) > 0 {
			t.Errorf("%s: names of 60 characters do not fit: %v", format, warnings)
		}
		text := plain(t, document)
		if n := strings.Count(text, "巴依尔"); n < 5*(1+1+1+2*len(s.Lines))-20 {
			t.Errorf("%s: names of 60 characters are cut: %d parts found", format, n)
		}
		boxes := poppler(t, document, "pdftotext", "-bbox")
		var width, height float64
		for line := range strings.Lines(boxes) {
			switch {
			case strings.Contains(line, "<page "):
				width, height = attribute(t, line, "width"), attribute(t, line, "height")
			case strings.Contains(line, "<word "):
				if attribute(t, line, "xMin") < 9 || attribute(t, line, "xMax") > width-9 || attribute(t, line, "yMax") > height-3 {
					t.Errorf("%s: outside of the margins of %.0f × %.0f pt: %s", format, width, height, line)
				}
			}
		}
	}
}

func attribute(t *testing.T, line, name string) float64 {
	t.Helper()
	_, rest, _ := strings.Cut(line, name+`="`)
	value, _, _ := strings.Cut(rest, `"`)
	f, err := strconv.ParseFloat(value, 64)
	if err != nil {
		t.Fatalf("%s of %q: %v", name, line, err)
	}
	return f
}

// TestPoison puts a bad slip between two good ones: the batch prints, and the good ones are as they were.
func TestPoison(t *testing.T) {
	p := newPrinter(t)
	names := map[string]struct {
		name  string
		warns bool
		shows string // what stands in its place
	}{
		"empty":             {"", false, ""},
		"blanks":            {" \t\n ", false, ""},
		"emoji":             {"小花🌸妹", true, "小花〓妹"},
		"joined emoji":      {"👩‍🌾王", true, "〓〓王"},
		"invalid UTF-8":     {"王\xff\xfe梅", true, "王〓〓梅"},
		"truncated UTF-8":   {"王梅\xe5\xae", true, "王梅〓〓"},
		"surrogate":         {"王\xed\xa0\x80梅", true, "王〓〓〓梅"},
		"controls":          {"王\x00\x01\x1b[31m梅\x7f", true, "王[31m梅"},
		"line ends":         {"王\r\n梅", false, "王 梅"},
		"direction marks":   {"王\u202e梅\u2066花\u2069", true, "王梅花"},
		"right to left":     {"محمد", true, "〓〓〓〓"},
		"above the BMP":     {"王𬭎", false, "王𬭎"},
		"not in the font":   {"\U0001F9FF\U00030000王", true, "〓〓王"},
		"private use":       {"\uE000\uF8FF王", true, "〓〓王"},
		"noncharacter":      {"\uFFFF王\uFFFE\U0010FFFF", true, "王"},
		"accent apart":      {"Zoe\u0301", false, "Zoé"},
		"accents":           {"e" + strings.Repeat("\u0301", 5000), true, "é"},
		"PDF syntax":        {`王)\(>>endstream endobj`, false, `王)\(>>endstream endobj`},
		"verbs":             {"%s%d%!", false, "%s%d%!"},
		"10,000 characters": {strings.Repeat("王小梅与好姐妹们", 1250), true, "王小梅与好姐妹们王小梅"},
		"one long word":     {strings.Repeat("W", 10000), true, "WWWWWWWWWW"},
		"variation":         {"葛\U000E0100城", true, "葛城"},
	}
	good := village(t, 2)
	for _, format := range []slippdf.Format{slippdf.A5, slippdf.Thermal} {
		clean, _ := printed(t, p, format, "zh", good[0], april(t, "zh"), good[1])
		first, last := page(t, clean, 1), page(t, clean, 3)
		for what, c := range names {
			t.Run(string(format)+" "+what, func(t *testing.T) {
				bad := april(t, "zh")
				bad.WorkerName, bad.Workshop, bad.WorkerCode, bad.Number, bad.CheckCode = c.name, c.name, c.name, c.name, c.name
				bad.Currency, bad.CheckURL, bad.Footnotes = c.name, c.name, []string{c.name}
				bad.Approved, bad.From, bad.To = piecework.Date(c.name), piecework.Date(c.name), piecework.Date(c.name)
				l := &bad.Lines[0]
				l.Kind, l.Operation, l.Order, l.Product, l.Note = c.name, c.name, c.name, c.name, c.name
				document, warnings := printed(t, p, format, "zh", good[0], bad, good[1])
				if c.warns != slices.ContainsFunc(warnings, func(w slippdf.Warning) bool { return w.Slip == 1 && w.Number == c.name }) {
					t.Errorf("warnings are %v", warnings)
				}
				if slices.ContainsFunc(warnings, func(w slippdf.Warning) bool { return w.Slip != 1 }) {
					t.Errorf("good slips have warnings: %v", warnings)
				}
				if got := page(t, document, 1); got != first {
					t.Errorf("the slip before it changed:\n%s", got)
				}
				if got := page(t, document, pages(t, document)); got != last {
					t.Errorf("the slip after it changed:\n%s", got)
				}
				text := plain(t, document)
				for _, want := range []string{c.shows, bad.Net.String(), "936×0.28=262.08"} {
					if !strings.Contains(text, strings.ReplaceAll(want, " ", "")) {
						t.Errorf("%q is not printed", want)
					}
				}
			})
		}
	}
}

func page(t *testing.T, document []byte, n int) string {
	t.Helper()
	return poppler(t, document, "pdftotext", "-layout", "-f", strconv.Itoa(n), "-l", strconv.Itoa(n))
}

func pages(t *testing.T, document []byte) int {
	t.Helper()
	_, rest, _ := strings.Cut(poppler(t, document, "pdfinfo"), "Pages:")
	n, err := strconv.Atoi(strings.Fields(rest)[0])
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestEveryCharacter prints every Chinese character of the fonts, as a worker's name and as an operation, that is in both
// weights, and finds it in the text as itself.
func TestEveryCharacter(t *testing.T) {
	p := newPrinter(t)
	all := p.Ideographs()
	if len(all) < 8105 {
		t.Fatalf("the fonts cover %d Chinese characters, fewer than the 8105 of the national table", len(all))
	}
	for _, r := range "𬭎𬬭𬭶㑇䶮" {
		if !slices.Contains(all, r) {
			t.Errorf("the fonts lack %c", r)
		}
	}
	below := func(r rune) bool { return r <= 0xFFFF }
	if n := len(slices.DeleteFunc(slices.Clone(all), below)); n < 196 {
		t.Errorf("%d characters above U+FFFF, fewer than the 196 of the national table", n)
	}
	var slips []slippdf.Slip
	var names []string
	for chunk := range slices.Chunk(all, 25) {
		names = append(names, string(chunk))
		slips = append(slips, slippdf.Slip{WorkerName: string(chunk), Lines: []slippdf.Line{{Kind: "计件", Operation: string(chunk)}}})
	}
	document, warnings := printed(t, p, slippdf.ThreeUp, "zh", slips...)
	if len(warnings) > 0 {
		t.Errorf("warnings: %v", warnings)
	}
	text := plain(t, document)
	for _, name := range names {
		if n := strings.Count(text, name); n != 2 {
			t.Errorf("%s is found %d times, want 2", name, n)
		}
	}
}

func TestConcurrentPrints(t *testing.T) {
	p := newPrinter(t)
	slips := village(t, 4)
	want, _ := printed(t, p, slippdf.ThreeUp, "zh", slips...)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			var got bytes.Buffer
			if _, err := p.Write(&got, slippdf.ThreeUp, "zh", slips); err != nil || !bytes.Equal(got.Bytes(), want) {
				t.Errorf("a print beside others differs (error %v)", err)
			}
		})
	}
	wg.Wait()
}

func TestRefused(t *testing.T) {
	p := newPrinter(t)
	var out bytes.Buffer
	if _, err := p.Write(&out, "a3", "zh", village(t, 1)); !errors.Is(err, piecework.ErrInvalid) {
		t.Errorf("an unknown format: %v", err)
	}
	if _, err := p.Write(&out, slippdf.A5, "zh", nil); !errors.Is(err, piecework.ErrInvalid) {
		t.Errorf("no slips: %v", err)
	}
	if out.Len() > 0 {
		t.Errorf("%d bytes were written all the same", out.Len())
	}
}
