package templates

import (
	_ "embed"
	"encoding/json"
	"fmt"
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
// translation; a format without one is shown in English.
func Translate(lang, format string, args ...any) string {
	if chinese, ok := zh[format]; ok && Known(lang) == "zh" {
		format = chinese
	}
	return fmt.Sprintf(format, args...)
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
