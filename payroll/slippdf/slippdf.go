// Package slippdf sets settlement slips as PDF documents: black on white, in Chinese or English, on A5, three to an A4 or on
// an 80 mm roll. It takes plain values and knows neither a database nor a clock, so the same slips always give the same
// bytes.
//
// Three rules hold throughout:
//
//   - No name can break a batch. Text is cleaned before it is measured (see [Printer.Write]); what the font lacks is
//     printed as 〓 and reported; a slip whose setting fails all the same is printed in short form.
//   - Figures are never cut. They shrink until they fit; only names, notes and footnotes may end in an ellipsis, and then a
//     warning says so.
//   - What can be read can be copied: every character is found by a text search, those above U+FFFF too.
package slippdf

import (
	"fmt"
	"io"
	"time"

	"jijian/piecework"
	"jijian/piecework/press"
)

// Format is the paper a slip is printed on.
type Format string

// The three kinds of paper.
const (
	A5      Format = "a5"   // 148 × 210 mm, a slip begins on a new page
	ThreeUp Format = "a4"   // A4 with cut lines, three thirds of 99 mm; a long slip takes the thirds that follow
	Thermal Format = "80mm" // a roll of 80 mm, one page as long as the slip needs
)

// Slip is one settlement slip as it is printed. Deductions, Tax, Net and Carried are not negative; the lines carry their
// own sign.
type Slip struct {
	Number   string
	Version  int // 1, 2 …; 0 is not printed
	Workshop string

	WorkerCode string
	WorkerName string

	From, To piecework.Date // inclusive work dates
	Approved piecework.Date // "" until approved
	Draft    bool           // prints a clear mark that this is not a settlement yet

	Currency string // ISO 4217; "" is CNY
	Lines    []Line

	Gross, Deductions, Tax, Net, Carried piecework.Money
	Carries                              []Carry // what Carried is made of, each printed under it

	Footnotes []string // the rules that were applied, numbered in print
	CheckURL  string   // what the QR code holds; "" prints none
	CheckCode string   // under it, digits in groups of four

	Confirmed string     // the moment at which the worker confirmed this version, such as 2026-11-05 14:03; "" leaves a line to sign on
	Signature [][][2]int // what she drew then, in a box of 1000 × 400 from its top left corner; nil: she tapped
}

// Carry is one thing that did not fit and is taken from the next slip.
type Carry struct {
	Kind   string // label in the language of the print, such as 借支 or Advance
	Since  piecework.Date
	Note   string
	Amount piecework.Money // not negative
}

// Line is one line of a slip: pieces at a rate, or an amount alone. Consecutive lines of the same Kind stand under one heading.
type Line struct {
	Kind      string // label in the language of the print, such as 计件 or Bonus
	Order     string
	Product   string
	Operation string // "" for an adjustment, which is then printed under its Kind

	HasQuantity bool // whether Quantity × Rate is printed before the amount
	Quantity    int64
	Rate        piecework.Rate
	Amount      piecework.Money

	Rework, ScrapWorkmanship, ScrapMaterial int64

	Note string
}

// Warning says what could not be printed as it was given. Its message is English and the key of a translation.
type Warning struct {
	Slip   int    // index in the batch
	Number string // of that slip
	piecework.Message
}

// Printer sets slips in one pair of fonts. It is safe for concurrent use.
type Printer struct{ fonts *press.Fonts }

// NewPrinter is a printer that sets slips in the given fonts. A character that one of their weights lacks counts as missing.
func NewPrinter(fonts *press.Fonts) *Printer { return &Printer{fonts} }

// Write prints a batch as one document, slips in the given order. lang is "zh" or "en"; any other is taken as "zh".
//
// Every text is cleaned first: broken UTF-8 and characters the fonts lack become 〓, control and direction marks are left
// out, blanks are folded. Each such loss is a warning, never an error. The error is [piecework.ErrInvalid] for an unknown
// format or an empty batch, and otherwise one of w or of the PDF library.
func (p *Printer) Write(w io.Writer, f Format, lang string, slips []Slip) ([]Warning, error) {
	paper, ok := papers[f]
	if !ok {
		return nil, piecework.InvalidField("format", "%q is not one of a5, a4, 80mm", string(f))
	}
	if len(slips) == 0 {
		return nil, piecework.InvalidField("slips", "there are no slips to print")
	}
	words := labelsFor(lang)
	var warnings []Warning
	var sheets []*press.Sheet
	for i := range slips {
		said := map[string]bool{}
		warn := func(format string, args ...any) {
			m := piecework.Message{Format: format, Args: args}
			if !said[m.String()] {
				said[m.String()] = true
				warnings = append(warnings, Warning{i, slips[i].Number, m})
			}
		}
		sheets = append(sheets, rescued(&slips[i], warn, func(slip *Slip) []*press.Sheet {
			return setSlip(paper, words, p.fonts, prepare(p.fonts, slip, words, warn), warn)
		})...)
	}
	layout := paper.layout()
	layout.Title, layout.Dated = words.title, fixedTime(slips)
	document, err := p.fonts.Write(layout, sheets)
	if err != nil {
		return warnings, fmt.Errorf("print slips: %w", err)
	}
	_, err = w.Write(document)
	return warnings, err
}

// rescued sets one slip. One that cannot be set as it is, for whatever reason, is set again with its figures alone, so that
// it never costs the batch.
func rescued(slip *Slip, warn func(string, ...any), set func(*Slip) []*press.Sheet) []*press.Sheet {
	sheets, err := attempt(slip, set)
	if err == nil {
		return sheets
	}
	warn("this slip could not be set and is printed in short form (%s)", err.Error())
	short := *slip
	short.Workshop, short.WorkerName, short.Lines, short.Footnotes, short.CheckURL = "", "", nil, nil, ""
	if sheets, err = attempt(&short, set); err != nil {
		warn("this slip could not be printed (%s)", err.Error())
	}
	return sheets
}

// attempt turns a panic into an error.
func attempt(slip *Slip, set func(*Slip) []*press.Sheet) (sheets []*press.Sheet, err error) {
	defer func() {
		if r := recover(); r != nil {
			sheets, err = nil, fmt.Errorf("%v", r)
		}
	}()
	return set(slip), nil
}

// fixedTime is the moment the document is dated with: it depends on the slips alone, so that a second print is the same.
func fixedTime(slips []Slip) time.Time {
	var last piecework.Date
	for i := range slips {
		last = max(last, slips[i].Approved, slips[i].To)
	}
	if t := last.Time(); !t.IsZero() {
		return t
	}
	return time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
}
