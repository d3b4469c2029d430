package templates

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"slices"
)

// Languages are the languages of the pages, the usual one first.
var Languages = []string{"zh", "en"}

// Known is lang if the pages speak it, else the usual language.
func Known(lang string) string {
	for _, l := range Languages {
		if l == lang {
			return l
		}
	}
	return Languages[0]
}

//go:embed zh.json
var zhJSON []byte

// zh holds the Chinese format for each English one.
var zh = mustWords(zhJSON)

func mustWords(data []byte) map[string]string {
	words := map[string]string{}
	if err := json.Unmarshal(data, &words); err != nil {
		panic("templates/zh.json: " + err.Error())
	}
	return words
}

// Translate formats a message as fmt.Sprintf does, in the given language. The English format is the key of its
// translation; a format without one is shown in English. %d writes a count, with its thousands apart; %v a number that
// names something, such as a run or a ticket, as it is.
func Translate(lang, format string, args ...any) string {
	if chinese, ok := zh[format]; ok && Known(lang) == "zh" {
		format = chinese
	}
	args = slices.Clone(args) // which are the caller's
	for i, arg := range args {
		switch n := arg.(type) {
		case int:
			args[i] = number(n)
		case int64:
			args[i] = number(n)
		}
	}
	return fmt.Sprintf(format, args...)
}

// number is a whole number in a sentence.
type number int64

// Format groups the thousands for %d without a width.
func (n number) Format(s fmt.State, verb rune) {
	if _, wide := s.Width(); verb == 'd' && !wide {
		io.WriteString(s, grouped(int64(n)))
		return
	}
	fmt.Fprintf(s, fmt.FormatString(s, verb), int64(n))
}

// plural translates a sentence about n things. Both formats begin their arguments with %s, the count with its thousands
// grouped; the plural is the key of the translation, since Chinese has one form.
func plural(lang string, n any, one, many string, args ...any) (string, error) {
	count, err := group(n)
	if err != nil {
		return "", err
	}
	format := many
	if count == "1" && Known(lang) == "en" {
		format = one
	}
	return Translate(lang, format, append([]any{count}, args...)...), nil
}

// Day is a day as pages write it, such as 10月31日 周六; see [date].
func Day(lang string, day any) string {
	text, err := date(day, layouts[Known(lang)].day)
	if err != nil {
		return fmt.Sprint(day)
	}
	return text
}

// Period is an inclusive range of days as pages write it.
func Period(lang string, from, to any) string {
	text, err := period(Known(lang), from, to)
	if err != nil {
		return fmt.Sprint(from, " – ", to)
	}
	return text
}
