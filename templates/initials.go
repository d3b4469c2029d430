package templates

import (
	"strings"
	"sync"
	"unicode"
)

// initials are the letters with which the readings of each standard Chinese character begin, in the order of the alphabet.
var initials = sync.OnceValue(func() map[rune]string {
	all := map[rune]string{}
	data, _ := built.ReadFile("dist/names/initials.txt") // absent when built without assets: names are then found by their characters
	for line := range strings.Lines(string(data)) {
		letter := line[:1]
		for _, c := range strings.TrimSpace(line[1:]) {
			all[c] += letter
		}
	}
	return all
})

// Initials are the letters under which a name is found by its pinyin: one group a character, with a letter for each of its
// readings, the groups apart by spaces. 单晓乐 is "cds x ly". Latin letters and digits stand for themselves; anything else is left out.
func Initials(name string) string {
	var groups []string
	for _, c := range strings.ToLower(name) {
		if group := initials()[c]; group != "" {
			groups = append(groups, group)
		} else if c <= unicode.MaxASCII && (unicode.IsLetter(c) || unicode.IsDigit(c)) {
			groups = append(groups, string(c))
		}
	}
	return strings.Join(groups, " ")
}
