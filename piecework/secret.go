package piecework

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
)

// Keys (密钥) seal what must not be readable in the database or in a copy of it. The first one seals, all of them open, so that a
// new key can come before the old one goes. A nil *Keys holds none. It is safe for concurrent use, and can be made to [Keys.Follow] its file.
//
// A sealed text is "s1.KEY.DATA": the key's id, and nonce and ciphertext of AES-256-GCM in base64. The additional data is the
// place of the text, table, column and row, so that a text moved to another row or column does not open there.
type Keys struct {
	list   []key                 // as they were read first
	newest atomic.Pointer[[]key] // as they were read last, nil: list
	again  func() (*Keys, error) // reads them again; nil: they stay
}

// key is one key with its id, the first four bytes of its SHA-256 in hexadecimal.
type key struct {
	id   string
	aead cipher.AEAD
}

// keyBytes is the length of a key: AES-256.
const keyBytes = 32

// sealMark begins every sealed text. Another way of sealing would begin with another one.
const sealMark = "s1"

// NewKey makes a key as [ParseKeys] reads it: 32 random bytes in base64.
func NewKey() string {
	raw := make([]byte, keyBytes)
	rand.Read(raw)
	return base64.StdEncoding.EncodeToString(raw)
}

// ParseKeys reads keys apart by blanks, commas or line ends; what follows # on a line is passed over. The first key seals. Its
// errors never hold any part of a key.
func ParseKeys(text string) (*Keys, error) {
	k := &Keys{}
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "#")
		for _, word := range strings.FieldsFunc(line, func(r rune) bool { return strings.ContainsRune(" \t\r\n,", r) }) {
			raw, err := base64.StdEncoding.DecodeString(word)
			if err != nil || len(raw) != keyBytes {
				return nil, InvalidField("key", "key %d is not %d bytes in base64; jijian rotate-key makes one", len(k.list)+1, keyBytes)
			}
			block, err := aes.NewCipher(raw)
			if err != nil {
				return nil, fmt.Errorf("make a cipher: %w", err)
			}
			aead, err := cipher.NewGCMWithRandomNonce(block)
			if err != nil {
				return nil, fmt.Errorf("make a cipher: %w", err)
			}
			sum := sha256.Sum256(raw)
			k.list = append(k.list, key{hex.EncodeToString(sum[:4]), aead})
		}
	}
	if len(k.list) == 0 {
		return nil, InvalidField("key", "there is no key; jijian rotate-key makes one")
	}
	return k, nil
}

// Follow lets a program that runs for long notice keys that were made meanwhile: read is asked before a text is sealed, and when one was
// sealed with a key that is not known. While it fails, the keys stay as they are. It must be called before the keys are used.
func (k *Keys) Follow(read func() (*Keys, error)) { k.again = read }

// refresh reads the keys again, if they are to be followed.
func (k *Keys) refresh() {
	if k == nil || k.again == nil {
		return
	}
	if fresh, err := k.again(); err == nil && fresh.Usable() {
		k.newest.Store(&fresh.list)
	}
}

// all are the keys, the first of which seals.
func (k *Keys) all() []key {
	if k == nil {
		return nil
	}
	if newest := k.newest.Load(); newest != nil {
		return *newest
	}
	return k.list
}

// Usable says whether there is a key to seal with.
func (k *Keys) Usable() bool { return len(k.all()) > 0 }

// Current is the id of the key that seals, "" without one.
func (k *Keys) Current() string {
	if !k.Usable() {
		return ""
	}
	return k.all()[0].id
}

// NoKey is what everybody is told who would need a key.
var NoKey = Msg("There is no key yet, so personal data cannot be kept. Make one with jijian rotate-key --key-file FILE, keep that file apart from the backups, and start the server with the same flag.")

func errNoKey() error { return &Problem{ErrConflict, *NoKey} }

// place names where a sealed text stands. No two places look alike.
func place(table, column string, row int64) string {
	return fmt.Sprintf("%s.%s.%d", table, column, row)
}

// seal makes a text unreadable without the key; "" stays "". Without a key it is a conflict that says what to do.
func (k *Keys) seal(place, text string) (string, error) {
	if text == "" {
		return "", nil
	}
	if !k.Usable() {
		return "", errNoKey()
	}
	k.refresh()
	first := k.all()[0]
	data := first.aead.Seal(nil, nil, []byte(text), []byte(place))
	return strings.Join([]string{sealMark, first.id, base64.RawURLEncoding.EncodeToString(data)}, "."), nil
}

// open makes a sealed text readable. It is a conflict when the key is not there, and an error of ours when the text was changed or
// stood elsewhere.
func (k *Keys) open(place, sealed string) (string, error) {
	if sealed == "" {
		return "", nil
	}
	parts := strings.Split(sealed, ".")
	if len(parts) != 3 || parts[0] != sealMark {
		return "", fmt.Errorf("%s is not sealed as it should be", place)
	}
	list := k.all()
	find := func() int { return slices.IndexFunc(list, func(one key) bool { return one.id == parts[1] }) }
	i := find()
	if i < 0 {
		k.refresh()
		list = k.all()
		i = find()
	}
	if i < 0 {
		return "", Conflict("Personal data is sealed with key %s, which this program was not given. Start it with the key file that holds it.", parts[1])
	}
	data, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil {
		return "", fmt.Errorf("%s is damaged", place)
	}
	text, err := list[i].aead.Open(nil, nil, data, []byte(place))
	if err != nil {
		return "", fmt.Errorf("%s was changed or belongs elsewhere: %w", place, err)
	}
	return string(text), nil
}

// Seal makes a text of a table's column and row unreadable without the key. Without a key it is a conflict that says what to do.
func (k *Keys) Seal(table, column string, row int64, text string) (string, error) {
	return k.seal(place(table, column, row), text)
}

// Open makes a text readable that [Keys.Seal] sealed for the same table, column and row.
func (k *Keys) Open(table, column string, row int64, sealed string) (string, error) {
	return k.open(place(table, column, row), sealed)
}

// Reseal seals a text with the first key unless it is so already, and says whether it changed.
func (k *Keys) Reseal(table, column string, row int64, sealed string) (fresh string, changed bool, err error) {
	if sealed == "" || strings.HasPrefix(sealed, sealMark+"."+k.Current()+".") {
		return sealed, false, nil
	}
	text, err := k.Open(table, column, row, sealed)
	if err != nil {
		return "", false, err
	}
	fresh, err = k.Seal(table, column, row, text)
	return fresh, err == nil, err
}
