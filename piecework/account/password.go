package account

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"jijian/piecework"
)

// Lengths of a password in characters. The upper bound only keeps one request from hashing megabytes.
const (
	MinPassword = 8
	MaxPassword = 200
)

// params are the costs of argon2id. A stored hash carries its own, so that raising these leaves old passwords working.
type params struct {
	memory  uint32 // KiB
	time    uint32
	threads uint8
}

// current are the costs OWASP recommends for argon2id on servers: 19 MiB, two passes, one lane.
var current = params{19 * 1024, 2, 1}

const (
	saltBytes = 16
	keyBytes  = 32
)

// hashing admits two hashes at a time, so that a burst of sign-ins costs time and not memory.
var hashing = make(chan struct{}, 2)

func (p params) key(password string, salt []byte, length uint32) []byte {
	hashing <- struct{}{}
	defer func() { <-hashing }()
	return argon2.IDKey([]byte(password), salt, p.time, p.memory, p.threads, length)
}

// checkPassword notes what is wrong with a password that somebody chose.
func checkPassword(v *piecework.Invalid, username, password string) {
	switch n := utf8.RuneCountInString(password); {
	case n < MinPassword:
		v.Add("password", "must have at least %d characters", MinPassword)
	case n > MaxPassword:
		v.Add("password", "is longer than %d characters", MaxPassword)
	case strings.EqualFold(password, username):
		v.Add("password", "must differ from the user name")
	case Leaked(password):
		v.Add("password", "is one of those that strangers try first: it has been in the loot of break-ins elsewhere. Choose another")
	case foreseeable(username, password):
		v.Add("password", "is easily guessed: it needs something beside digits, the user name and words such as password")
	}
}

// Leaked says whether a password is known from breaches. Who builds the program with such a list sets it before anything else runs.
var Leaked = func(password string) bool { return false }

// commonWords are what people put into a password who are asked for one here; docs/security.md names them, too.
var commonWords = []string{"password", "passwort", "mima", "密码", "jijian", "计件", "admin", "administrator", "root", "welcome", "qwertyuiop", "qwerty", "asdfghjkl", "asdfgh", "zxcvbnm",
	"zxcvbn", "woaini", "iloveyou", "letmein", "abcdefgh", "abc", "feicheng", "肥城"}

// leastOwn is how many characters of a password must be beside digits, signs, the user name and commonWords.
const leastOwn = 4

// foreseeable says whether next to nothing of a password is a person's own.
func foreseeable(username, password string) bool {
	left := strings.ToLower(password)
	for _, word := range append([]string{strings.ToLower(username)}, commonWords...) {
		if word != "" {
			left = strings.ReplaceAll(left, word, "")
		}
	}
	own := map[rune]bool{}
	for _, r := range left {
		if unicode.IsLetter(r) {
			own[r] = true // the same one many times is one
		}
	}
	return len(own) < leastOwn && utf8.RuneCountInString(password) < longEnough
}

// longEnough is the length at which a password may be made of anything.
const longEnough = 20

// hashPassword encodes password with a new salt in the usual form $argon2id$v=19$m=19456,t=2,p=1$salt$key.
func hashPassword(password string) string {
	salt := make([]byte, saltBytes)
	rand.Read(salt) // never fails
	b64 := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, current.memory, current.time, current.threads,
		b64(salt), b64(current.key(password, salt, keyBytes)))
}

// matches says whether password is the one that was encoded. A malformed encoding matches nothing.
func matches(encoded, password string) bool {
	p, salt, key, ok := decode(encoded)
	return ok && len(password) <= 4*MaxPassword && subtle.ConstantTimeCompare(key, p.key(password, salt, uint32(len(key)))) == 1
}

func decode(encoded string) (p params, salt, key []byte, ok bool) {
	parts := strings.Split(encoded, "$")
	if len(parts) != 6 || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return p, nil, nil, false
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &p.memory, &p.time, &p.threads); err != nil || p.time == 0 || p.threads == 0 {
		return p, nil, nil, false
	}
	salt, errSalt := base64.RawStdEncoding.DecodeString(parts[4])
	key, errKey := base64.RawStdEncoding.DecodeString(parts[5])
	return p, salt, key, errSalt == nil && errKey == nil && len(key) > 0
}

// nobody is the hash of a password nobody knows. Checking it makes an unknown user take as long as a wrong password.
var nobody = fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, current.memory, current.time, current.threads,
	strings.Repeat("A", 22), strings.Repeat("A", 43))
