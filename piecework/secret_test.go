package piecework

import (
	"errors"
	"strings"
	"testing"
)

func TestKeys(t *testing.T) {
	text := NewKey()
	first, err := ParseKeys("# of the workshop\n" + text + "  # made in October\n")
	if err != nil {
		t.Fatal(err)
	}
	second, err := ParseKeys(NewKey() + "," + text)
	if err != nil {
		t.Fatal(err)
	}
	here := place("personal_data", "id_number", 7)
	sealed, err := first.seal(here, "110101199003070011")
	if err != nil || strings.Contains(sealed, "1101") || !strings.HasPrefix(sealed, "s1."+first.Current()+".") {
		t.Fatalf("sealed: %s, %v", sealed, err)
	}
	if again, _ := first.seal(here, "110101199003070011"); again == sealed {
		t.Error("the same text sealed twice looks the same")
	}
	for name, keys := range map[string]*Keys{"the key": first, "a new key before it": second} {
		if got, err := keys.open(here, sealed); err != nil || got != "110101199003070011" {
			t.Errorf("with %s: %q, %v", name, got, err)
		}
	}
	other, err := ParseKeys(NewKey())
	if err != nil {
		t.Fatal(err)
	}
	i := len(sealed) - 2
	for name, try := range map[string]struct {
		keys          *Keys
		place, sealed string
		conflict      bool
	}{
		"another row":      {first, place("personal_data", "id_number", 8), sealed, false},
		"another column":   {first, place("personal_data", "bank_account", 7), sealed, false},
		"changed":          {first, here, sealed[:i] + map[bool]string{true: "B", false: "A"}[sealed[i] == 'A'] + sealed[i+1:], false},
		"cut":              {first, here, sealed[:len(sealed)-8], false},
		"not sealed":       {first, here, "110101199003070011", false},
		"without its key":  {other, here, sealed, true},
		"without any key":  {nil, here, sealed, true},
		"not even base 64": {first, here, "s1." + first.Current() + ".§", false},
	} {
		text, err := try.keys.open(try.place, try.sealed)
		if err == nil || text != "" || errors.Is(err, ErrConflict) != try.conflict || strings.Contains(err.Error(), "1101") {
			t.Errorf("%s: %q, %v", name, text, err)
		}
	}
	var none *Keys
	if _, err := none.seal(here, "x"); !errors.Is(err, ErrConflict) || none.Usable() || none.Current() != "" {
		t.Errorf("without a key: %v", err)
	}
	if s, err := none.seal(here, ""); s != "" || err != nil {
		t.Errorf("nothing, sealed: %q, %v", s, err)
	}
	for _, wrong := range []string{"", "# nothing", "short", text[:40], text + "\n" + text[1:]} {
		if _, err := ParseKeys(wrong); !errors.Is(err, ErrInvalid) || len(wrong) > 20 && strings.Contains(err.Error(), wrong[:10]) {
			t.Errorf("ParseKeys(%q): %v", wrong, err)
		}
	}
}

// TestKeysAreFollowed reads keys again where that is asked for: before sealing, and for what an unknown key sealed.
func TestKeysAreFollowed(t *testing.T) {
	parse := func(text string) *Keys {
		k, err := ParseKeys(text)
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	old := NewKey()
	file, failing := old, false
	k := parse(file)
	k.Follow(func() (*Keys, error) {
		if failing {
			return nil, errors.New("gone")
		}
		return ParseKeys(file)
	})
	first := k.Current()
	file = NewKey() + "\n" + old
	newer := parse(file)
	sealed, err := newer.Seal("t", "c", 1, "text")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := k.Open("t", "c", 1, sealed); err != nil || got != "text" {
		t.Errorf("what the new key sealed: %q, %v", got, err)
	}
	if again, err := k.Seal("t", "c", 1, "text"); err != nil || !strings.HasPrefix(again, "s1."+newer.Current()+".") || k.Current() == first {
		t.Errorf("sealed with %.11s, %v", again, err)
	}
	file, failing = NewKey(), true
	unknown, err := parse(file).Seal("t", "c", 1, "text")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := k.Open("t", "c", 1, unknown); !errors.Is(err, ErrConflict) {
		t.Errorf("a key that cannot be read: %v", err)
	}
	if got, err := k.Open("t", "c", 1, sealed); err != nil || got != "text" {
		t.Errorf("keys that were there went when the file did: %q, %v", got, err)
	}
}
