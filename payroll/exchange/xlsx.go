package exchange

import (
	"archive/zip"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	"jijian/piecework"
)

// A workbook is a zip file of XML parts. It is read here part by part and row by row, because what a number means (a count,
// a day, a time) hangs on its cell's style, which the row iterator of excelize does not tell.

// ReadMe is the sheet of the template that explains the others; import passes over it.
const ReadMe = "说明 Read me"

// Bounds on what a workbook may unpack to, so that a small file cannot fill the memory.
const (
	maxBook    = 4 << 30   // all parts together; a million tallies are a quarter of it
	maxParts   = 1000      // files in the archive
	maxPart    = 64 << 20  // styles, relations, list of sheets
	maxStrings = 512 << 20 // text shared between cells
	maxCell    = 1 << 20   // characters of one cell; Excel stops at 32,767
)

// workbook is what all sheets of an .xlsx share.
type workbook struct {
	zip     *zip.ReadCloser
	is1904  bool
	styles  []form // what a number with that style shows
	strings stringTable
}

// stringTable keeps many short texts in one piece of memory.
type stringTable struct {
	all  strings.Builder
	ends []uint32
}

func (t *stringTable) add(s string) {
	t.all.WriteString(s)
	t.ends = append(t.ends, uint32(t.all.Len()))
}

func (t *stringTable) at(i int) (string, bool) {
	if i < 0 || i >= len(t.ends) {
		return "", false
	}
	start := uint32(0)
	if i > 0 {
		start = t.ends[i-1]
	}
	return t.all.String()[start:t.ends[i]], true
}

var errDamaged = errors.New("the workbook is damaged")

func (b *book) openWorkbook(name string, faults *Faults) error {
	base := filepath.Base(name)
	archive, err := zip.OpenReader(name)
	if err != nil {
		faults.add(Fault{File: base, Message: *piecework.Msg("is not an .xlsx workbook, or is protected by a password; save it again as .xlsx")})
		return nil
	}
	b.closer = archive
	if tooLarge(&archive.Reader) {
		faults.add(Fault{File: base, Message: *piecework.Msg("unpacks to more than any workbook of a workshop holds; divide it, or save it again without pictures")})
		return nil
	}
	w := &workbook{zip: archive}
	sheets, err := w.readParts()
	if err == nil {
		err = b.addSheets(w, base, sheets, faults)
	}
	if err != nil {
		faults.add(Fault{File: base, Message: *piecework.Msg("is damaged: %s", err.Error())})
	}
	return nil
}

// tooLarge says whether an archive claims to unpack to more than is read. One that unpacks to more than it claims is damaged, says the reader.
func tooLarge(archive *zip.Reader) bool {
	sum := uint64(0)
	for _, f := range archive.File {
		if sum += f.UncompressedSize64; f.UncompressedSize64 > maxBook || sum > maxBook {
			return true
		}
	}
	return len(archive.File) > maxParts
}

// addSheets opens the sheets that are tables, in the order of Tables. A sheet with another name and something in it is a
// fault: it is a table whose name was mistyped.
func (b *book) addSheets(w *workbook, base string, parts []sheetPart, faults *Faults) error {
	at := map[string]string{}
	for _, p := range parts {
		if tableNamed(p.name) != nil {
			at[p.name] = p.part
			continue
		}
		if p.name == ReadMe {
			continue
		}
		rows, err := w.rows(p.part)
		if err != nil {
			return err
		}
		_, _, err = rows.next()
		rows.Close()
		if err != io.EOF {
			faults.add(Fault{File: base + " sheet " + p.name, Message: *piecework.Msg("is not one of the tables %s", tableNames())})
		}
	}
	for i := range Tables {
		t := &Tables[i]
		part, ok := at[t.Name]
		if !ok {
			continue
		}
		rows, err := w.rows(part)
		if err != nil {
			return err
		}
		b.sheets = append(b.sheets, &sheet{table: t, name: base + " sheet " + t.Name, lines: rows})
	}
	return nil
}

// sheetPart is a sheet's name and the zip entry that holds it.
type sheetPart struct{ name, part string }

func (w *workbook) readParts() ([]sheetPart, error) {
	main := "xl/workbook.xml"
	relations, err := w.relations("")
	if err != nil {
		return nil, err
	}
	for _, r := range relations {
		if strings.HasSuffix(r.Type, "/officeDocument") {
			main = r.Target
		}
	}
	var doc struct {
		Properties struct {
			Date1904 string `xml:"date1904,attr"`
		} `xml:"workbookPr"`
		Sheets []struct {
			Name string     `xml:"name,attr"`
			Attr []xml.Attr `xml:",any,attr"`
		} `xml:"sheets>sheet"`
	}
	if err := w.decode(main, &doc); err != nil {
		return nil, err
	}
	w.is1904 = doc.Properties.Date1904 == "1" || doc.Properties.Date1904 == "true"
	if relations, err = w.relations(main); err != nil {
		return nil, err
	}
	for _, r := range relations {
		switch {
		case strings.HasSuffix(r.Type, "/styles"):
			err = w.readStyles(r.Target)
		case strings.HasSuffix(r.Type, "/sharedStrings"):
			err = w.readStrings(r.Target)
		}
		if err != nil {
			return nil, err
		}
	}
	var parts []sheetPart
	for _, s := range doc.Sheets {
		for _, a := range s.Attr {
			if r, ok := relations[a.Value]; ok && a.Name.Local == "id" && strings.HasSuffix(r.Type, "/worksheet") {
				parts = append(parts, sheetPart{s.Name, r.Target})
			}
		}
	}
	return parts, nil
}

// relation is a link from one part of the zip to another.
type relation struct {
	ID     string `xml:"Id,attr"`
	Type   string `xml:"Type,attr"`
	Target string `xml:"Target,attr"`
}

// relations reads the links of a part; "" is the whole file.
func (w *workbook) relations(part string) (map[string]relation, error) {
	dir, base := path.Split(part)
	var doc struct {
		List []relation `xml:"Relationship"`
	}
	if err := w.decode(dir+"_rels/"+base+".rels", &doc); err != nil {
		return nil, err
	}
	byID := map[string]relation{}
	for _, r := range doc.List {
		if target, absolute := strings.CutPrefix(r.Target, "/"); absolute {
			r.Target = target
		} else {
			r.Target = path.Join(dir, r.Target)
		}
		byID[r.ID] = r
	}
	return byID, nil
}

func (w *workbook) decode(part string, into any) error {
	f, err := w.zip.Open(part)
	if err != nil {
		return fmt.Errorf("%w: %s is missing", errDamaged, part)
	}
	defer f.Close()
	if err := xml.NewDecoder(io.LimitReader(f, maxPart)).Decode(into); err != nil {
		return fmt.Errorf("%w: %s: %v", errDamaged, part, err)
	}
	return nil
}

func (w *workbook) readStyles(part string) error {
	var doc struct {
		Formats []struct {
			ID   int    `xml:"numFmtId,attr"`
			Code string `xml:"formatCode,attr"`
		} `xml:"numFmts>numFmt"`
		Cells []struct {
			Format int `xml:"numFmtId,attr"`
		} `xml:"cellXfs>xf"`
	}
	if err := w.decode(part, &doc); err != nil {
		return err
	}
	own := map[int]form{}
	for _, f := range doc.Formats {
		own[f.ID] = formOf(f.Code)
	}
	for _, c := range doc.Cells {
		how, ok := own[c.Format]
		if !ok {
			how = builtIn(c.Format)
		}
		w.styles = append(w.styles, how)
	}
	return nil
}

// builtIn is what the number formats show that Excel knows without being told; 27 to 36 and 50 to 58 are those of
// Chinese, Japanese and Korean.
func builtIn(id int) form {
	switch {
	case id == 22:
		return asMoment
	case id >= 14 && id <= 17, id >= 27 && id <= 31, id == 36, id >= 50 && id <= 54, id == 57, id == 58:
		return asDate
	case id >= 18 && id <= 21, id >= 32 && id <= 35, id >= 45 && id <= 47, id == 55, id == 56:
		return asTime
	}
	return asNumber
}

// formOf reads a number format such as yyyy"年"m"月"d"日" or [h]:mm.
func formOf(format string) form {
	day, clock := false, false
	for i := 0; i < len(format); i++ {
		switch c := format[i] | 0x20; {
		case format[i] == ';':
			i = len(format)
		case format[i] == '"':
			i += 1 + max(0, strings.IndexByte(format[i+1:], '"'))
		case format[i] == '\\', format[i] == '_', format[i] == '*':
			i++
		case format[i] == '[':
			end := max(0, strings.IndexByte(format[i:], ']'))
			inside := strings.ToLower(strings.Trim(format[i:i+end], "[]"))
			clock = clock || inside != "" && strings.Trim(inside, "hms") == ""
			i += end
		case c == 'y', c == 'd':
			day = true
		case c == 'h', c == 's':
			clock = true
		}
	}
	switch {
	case day && clock:
		return asMoment
	case day:
		return asDate
	case clock:
		return asTime
	}
	return asNumber
}

// readStrings reads the texts that cells share.
func (w *workbook) readStrings(part string) error {
	f, err := w.zip.Open(part)
	if err != nil {
		return fmt.Errorf("%w: %s is missing", errDamaged, part)
	}
	defer f.Close()
	d := xml.NewDecoder(f)
	for {
		t, err := d.RawToken()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%w: %s: %v", errDamaged, part, err)
		}
		if start, ok := t.(xml.StartElement); ok && start.Name.Local == "si" {
			s, err := richText(d, "si")
			if err != nil {
				return err
			}
			w.strings.add(s)
			if w.strings.all.Len() > maxStrings {
				return fmt.Errorf("%w: it holds more than %d MB of text", errDamaged, maxStrings>>20)
			}
		}
	}
}

// richText gathers the <t> inside an element, up to its end; <rPh> are reading aids and not part of the text.
func richText(d *xml.Decoder, end string) (string, error) {
	var b strings.Builder
	inText, inAid := false, false
	for {
		t, err := d.RawToken()
		if err != nil {
			return "", fmt.Errorf("%w: %v", errDamaged, err)
		}
		switch t := t.(type) {
		case xml.StartElement:
			inText = t.Name.Local == "t"
			inAid = inAid || t.Name.Local == "rPh"
		case xml.CharData:
			if inText && !inAid && b.Len() < maxCell {
				b.Write(t)
			}
		case xml.EndElement:
			inText = false
			switch t.Name.Local {
			case "rPh":
				inAid = false
			case end:
				return unescape(b.String()), nil
			}
		}
	}
}

// unescape undoes _x000D_, the way in which workbooks write characters that XML cannot hold.
func unescape(s string) string {
	if !strings.Contains(s, "_x") {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if i+7 <= len(s) && s[i] == '_' && s[i+1] == 'x' && s[i+6] == '_' {
			if n, err := strconv.ParseUint(s[i+2:i+6], 16, 16); err == nil {
				b.WriteRune(rune(n))
				i += 6
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
