package exchange

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"jijian/piecework"
)

// Fault is one thing wrong with what was to be imported.
type Fault struct {
	File   string // tallies.csv, or "month.xlsx sheet tallies"
	Row    int    // as an editor or a spreadsheet counts; 0 when the whole file is meant
	Column string // "" when the whole row is meant
	Value  string // what stands there, as it was read
	piecework.Message
}

// maxValue is how many characters of a value a line shows.
const maxValue = 60

// String is the fault on one line, such as
//
//	tallies.csv row 17 column good value "-3": must not be negative
func (f Fault) String() string {
	var b strings.Builder
	b.WriteString(f.File)
	if f.Row > 0 {
		fmt.Fprintf(&b, " row %d", f.Row)
	}
	if f.Column != "" {
		name := f.Column
		if piecework.CheckCode(name) != nil { // a column nobody knows may have any name
			name = strconv.Quote(name)
		}
		fmt.Fprintf(&b, " column %s value %s", name, strconv.Quote(shorten(f.Value)))
	}
	// The domain's sentences open with the value, for forms; here it stands in front already.
	sentence := f.Message.String()
	quoted := strconv.Quote(f.Value)
	if f.Column != "" && strings.HasPrefix(sentence, quoted) {
		sentence = strings.TrimLeft(sentence[len(quoted):], " :")
	}
	b.WriteString(": ")
	b.WriteString(shortenTo(sentence, 400))
	return b.String()
}

func shorten(s string) string { return shortenTo(s, maxValue) }

func shortenTo(s string, limit int) string {
	n := 0
	for i := range s {
		if n == limit {
			return s[:i] + "…"
		}
		n++
	}
	return s
}

// How many faults are reported, and after how many the reading stops altogether.
const (
	maxReported = 100
	maxCounted  = 10_000
)

// Faults is everything wrong that an import found; as an error it prints a line for each.
type Faults struct {
	List []Fault // the first 100, by file in the order of reading and by row
	More int     // how many were found beyond them
}

// add keeps a fault in its place: some of a file show only when its rows are held against each other.
func (f *Faults) add(fault Fault) {
	at := len(f.List)
	for at > 0 && f.List[at-1].File == fault.File && f.List[at-1].Row > fault.Row {
		at--
	}
	f.List = slices.Insert(f.List, at, fault)
	if len(f.List) > maxReported {
		f.List = f.List[:maxReported]
		f.More++
	}
}

// enough says whether it is no use to look for further faults.
func (f *Faults) enough() bool { return f.More >= maxCounted }

// err is nil when nothing was found.
func (f *Faults) err() error {
	if len(f.List) == 0 {
		return nil
	}
	return f
}

// Error lists the faults, one on a line.
func (f *Faults) Error() string {
	var b strings.Builder
	b.WriteString("nothing was imported:")
	for _, fault := range f.List {
		b.WriteByte('\n')
		b.WriteString(fault.String())
	}
	switch {
	case f.enough():
		fmt.Fprintf(&b, "\nand more than %d more", f.More)
	case f.More > 0:
		fmt.Fprintf(&b, "\nand %d more", f.More)
	}
	return b.String()
}

// Is makes errors.Is(err, piecework.ErrInvalid) work.
func (f *Faults) Is(target error) bool { return target == piecework.ErrInvalid }
