package slippdf

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"jijian/piecework"
	"jijian/piecework/press"
)

// content is a slip as the texts that are printed: cleaned, formatted, in one language.
type content struct {
	workshop, name, code, period, number, approved string
	numbered                                       string // the number with the version
	draft                                          bool
	rows                                           []row
	gross, deductions, tax, net, carried           string
	carries                                        []sum
	netWords                                       string // 人民币…, "" for other currencies
	footnotes                                      []string
	qr                                             press.Symbol // without a place; without a path there is none
	checkCode                                      string
	confirmed                                      string       // when; "" leaves a line to sign on
	signature                                      press.Symbol // without a place; without a path she tapped
}

// row is one line of the table. pieces, whole and fraction are "" where there is an amount alone; the rate is in two parts
// so that the points stand under each other.
type row struct {
	heading                 string // printed above the row, "" under the heading of the row before
	title, detail, counts   string // counts: rework and scrap
	pieces, whole, fraction string
	amount                  string
}

func (r *row) piecework() bool { return r.pieces != "" }

// prepare turns a slip into what is printed and warns of what was lost.
func prepare(p *press.Fonts, slip *Slip, words *labels, warn func(string, ...any)) *content {
	text := func(field, s string) string { return p.Printable(field, s, warn) }
	currency := text("currency", slip.Currency)
	c := &content{
		workshop:   text("workshop", slip.Workshop),
		name:       text("worker", slip.WorkerName),
		code:       text("worker number", slip.WorkerCode),
		period:     text("period", fmt.Sprintf("%s – %s", slip.From, slip.To)),
		number:     text("slip number", slip.Number),
		approved:   text("approved", string(slip.Approved)),
		draft:      slip.Draft,
		gross:      figure(slip.Gross),
		deductions: figure(slip.Deductions.Neg()),
		tax:        figure(slip.Tax.Neg()),
		net:        symbol(currency) + figure(slip.Net),
		carried:    figure(slip.Carried),
		checkCode:  text("check code", grouped(slip.CheckCode)),
		confirmed:  text("confirmed", slip.Confirmed),
		signature:  press.Strokes(slip.Signature, SignatureWidth, SignatureHeight),
	}
	if c.approved == "" {
		c.approved = "–"
	}
	c.numbered = c.number
	if slip.Version > 0 {
		c.numbered = joined(c.number, fmt.Sprintf(words.version, slip.Version))
	}
	if symbol(currency) == symbol("") {
		c.netWords = "人民币" + Capitals(slip.Net)
	}
	for i, note := range slip.Footnotes {
		c.footnotes = append(c.footnotes, fmt.Sprintf("%d. %s", i+1, text("footnote", note)))
	}
	c.addRows(slip.Lines, words, text)
	for _, owed := range slip.Carries {
		c.carries = append(c.carries, sum{joined(text("kind", owed.Kind), text("date", string(owed.Since)), text("note", owed.Note)), figure(owed.Amount)})
	}
	if slip.CheckURL != "" {
		var err error
		if c.qr, err = press.QR(slip.CheckURL); err != nil {
			warn("the check address cannot be printed as a QR code: %s", err.Error())
		}
	}
	return c
}

func (c *content) addRows(lines []Line, words *labels, text func(field, s string) string) {
	kind := ""
	for i := range lines {
		l := &lines[i]
		r := row{
			title:  text("operation", l.Operation),
			detail: joined(text("order", l.Order), text("product", l.Product), text("note", l.Note)),
			counts: joined(counted(words.rework, l.Rework), counted(words.workmanship, l.ScrapWorkmanship),
				counted(words.material, l.ScrapMaterial)),
			amount: figure(l.Amount),
		}
		if l.HasQuantity {
			r.pieces = minus(strconv.FormatInt(l.Quantity, 10))
			r.whole, r.fraction, _ = strings.Cut(minus(l.Rate.String()), ".")
		}
		label := text("kind", l.Kind)
		switch {
		case r.title == "":
			r.title, kind = label, ""
		case label != kind:
			r.heading, kind = label, label
		}
		c.rows = append(c.rows, r)
	}
}

// joined sets a middle dot between what there is; in a Chinese font the dot brings its own room.
func joined(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), "·")
}

// counted is empty for none, so that only what happened is printed.
func counted(format string, n int64) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(format, n)
}

// grouped sets a blank after every fourth digit of a number that comes without any.
func grouped(digits string) string {
	if strings.ContainsFunc(digits, func(r rune) bool { return r < '0' || r > '9' }) {
		return digits
	}
	var groups []string
	for group := range slices.Chunk([]byte(digits), 4) {
		groups = append(groups, string(group))
	}
	return strings.Join(groups, " ")
}

// figure is an amount with a true minus sign.
func figure(m piecework.Money) string { return minus(m.String()) }

func minus(s string) string { return strings.Replace(s, "-", "−", 1) }

// symbol is what stands before an amount: the sign of the well-known currencies, else the code and a blank.
func symbol(currency string) string {
	switch currency {
	case "", "CNY":
		return "¥"
	case "USD":
		return "$"
	case "EUR":
		return "€"
	case "GBP":
		return "£"
	}
	return currency + " "
}
