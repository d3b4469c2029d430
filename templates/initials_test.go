package templates

import "testing"

func TestInitials(t *testing.T) {
	for name, want := range map[string]string{
		"王秀英": "w x y", "单晓乐": "cds x ly", "曾仇": "cz cq", "解 查·尉": "jx cz wy", "欧阳": "o y", "𬭎": "h", "Anna 7": "a n n a 7", "": "", "〇…": "",
	} {
		if got := Initials(name); got != want {
			t.Errorf("Initials(%q) = %q, want %q", name, got, want)
		}
	}
}
