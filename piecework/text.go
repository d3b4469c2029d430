package piecework

import (
	"unicode"
	"unicode/utf8"
)

func isCodeRune(r rune) bool {
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsDigit(r) || r == '-' || r == '_' || r == '.' || r == '/')
}

// isBadText holds for control characters, for invisible marks that reorder the text around them, and for bytes that are
// not UTF-8; rest is the text from r on.
func isBadText(r rune, rest string) bool {
	if r == utf8.RuneError {
		_, size := utf8.DecodeRuneInString(rest)
		return size == 1
	}
	return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)
}
