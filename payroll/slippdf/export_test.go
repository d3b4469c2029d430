package slippdf

// Ideographs are all Chinese characters that the printer's fonts cover.
func (p *Printer) Ideographs() []rune { return p.fonts.Ideographs() }
