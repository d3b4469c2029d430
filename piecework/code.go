package piecework

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// CodeKind is what a code stands for: the letter it begins with.
type CodeKind string

// The kinds of codes. Their letters are digits of the base the codes are written in, so the check covers them too.
const (
	WorkerBadge  CodeKind = "W" // a worker's badge (工牌)
	TicketCode   CodeKind = "T" // a bundle ticket (菲票)
	SessionCode  CodeKind = "S" // a work session
	CommandCode  CodeKind = "C" // a command of the bench; see [Command]
	TakeHomeCode CodeKind = "H" // work taken home
	TeamBadge    CodeKind = "G" // a team's badge
)

// codeKinds are the letters of the kinds in the order of the digits that stand for them in the short form, from 1.
const codeKinds = "WTSCHG"

// Code is what is printed on a badge, a ticket or a sheet and read back by a scanner or a person. It is written in two forms:
//
//   - [Code.String], 8 characters: the kind's letter, six digits of the serial in Crockford's base 32, and his check
//     symbol over those seven, modulo 37;
//   - [Code.Short], digits alone, for scanners that type and for people: the kind's digit, the serial of at least four
//     decimal digits, and Damm's check digit.
//
// Either check finds every wrong character and every two neighbours that changed places, and no such slip makes one form of the
// other; see [Code.Issuable].
type Code struct {
	Kind   CodeKind
	Serial int64 // 1 to MaxSerial
}

// MaxSerial is the last serial a code has room for.
const MaxSerial = 1<<30 - 1

// crockford are the digits of base 32, then the further check symbols modulo 37.
const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ*~$=U"

const (
	serialDigits = 6
	codeLength   = 1 + serialDigits + 1
	shortSerial  = 4               // digits of a short form's serial, at least
	shortLength  = 1 + shortSerial // and the check digit
	maxShort     = 1 + 10 + 1
	maxCodeInput = 300 // bytes of an address that ends in a code
)

// String is the code in its 8 characters.
func (c Code) String() string {
	s := c.unchecked()
	return s + string(crockford[checkSymbol(s)])
}

// unchecked is the code without its check symbol.
func (c Code) unchecked() string {
	var digits [serialDigits]byte
	for i, n := serialDigits-1, c.Serial; i >= 0; i, n = i-1, n/32 {
		digits[i] = crockford[n%32]
	}
	return string(c.Kind) + string(digits[:])
}

// checkSymbol is the number that the digits spell in base 32, modulo 37.
func checkSymbol(digits string) int {
	n := 0
	for _, d := range []byte(digits) {
		n = (n*32 + strings.IndexByte(crockford, d)) % 37
	}
	return n
}

// Short is the code in digits alone, 6 or more.
func (c Code) Short() string {
	s := strconv.Itoa(strings.Index(codeKinds, string(c.Kind))+1) + fmt.Sprintf("%0*d", shortSerial, c.Serial)
	return s + string('0'+damm(s))
}

// damm is the check digit of a row of digits. A row that ends in its own check digit has 0.
func damm(digits string) byte {
	d := byte(0)
	for _, c := range []byte(digits) {
		d = quasigroup[d][c-'0'] - '0'
	}
	return d
}

// quasigroup is Damm's totally anti-symmetric quasigroup of order 10.
var quasigroup = [10]string{"0317598642", "7092154863", "4206871359", "1750983426", "6123045978",
	"3674209581", "5869720134", "8945362017", "9438617205", "2581436790"}

// Issuable says whether a thing may get the code. Left out are serials whose check symbol is neither letter nor digit, and those
// of which one wrong character could make the short form of another code: seven digits after the letter, the first not 0.
func (c Code) Issuable() bool {
	if len(c.Kind) != 1 || !strings.Contains(codeKinds, string(c.Kind)) || c.Serial < 1 || c.Serial > MaxSerial {
		return false
	}
	s := c.String()
	return strings.IndexByte(crockford, s[codeLength-1]) < 32 && (s[1] == '0' || !isDigits(s[1:]))
}

// Address is what the code's QR code holds: an address in upper case, which takes the fewest squares. base is that of the server,
// such as https://jijian.example.
func (c Code) Address(base string) string {
	return strings.ToUpper(strings.TrimSuffix(base, "/") + "/q/" + c.String())
}

// ParseCode reads a code in either form, or an address that ends in one. It forgives small letters, spaces, hyphens, wide letters of
// Chinese input, I and L for 1, and O for 0. The message says that a check is wrong, or that it is no code at all; nothing needs to be
// looked up for that.
func ParseCode(s string) (Code, *Message) {
	text := bareCode(s)
	var c Code
	switch {
	case isDigits(text) && len(text) > shortLength && len(text) <= maxShort:
		serial, err := strconv.ParseInt(text[1:len(text)-1], 10, 64)
		if err != nil || text[0] == '0' || int(text[0]-'0') > len(codeKinds) {
			return Code{}, notACode(s)
		}
		c = Code{CodeKind(codeKinds[text[0]-'1' : text[0]-'0']), serial}
		if damm(text) != 0 {
			return Code{}, misread(s)
		}
		if c.Short() != text { // more zeros than there should be
			return Code{}, notACode(s)
		}
	case len(text) == codeLength && strings.Contains(codeKinds, text[:1]):
		c.Kind = CodeKind(text[:1])
		for _, d := range []byte(text[1 : codeLength-1]) {
			n := strings.IndexByte(crockford[:32], d)
			if n < 0 {
				return Code{}, notACode(s)
			}
			c.Serial = c.Serial*32 + int64(n)
		}
		if c.String() != text {
			return Code{}, misread(s)
		}
	default:
		return Code{}, notACode(s)
	}
	if !c.Issuable() {
		return Code{}, misread(s)
	}
	return c, nil
}

func notACode(s string) *Message {
	return Msg("%q is not a code. A code has 8 letters and digits, or 6 and more digits.", shown(s))
}

func misread(s string) *Message {
	return Msg("%q was misread or mistyped. Scan it or type it again.", shown(s))
}

// shown is as much of an input as a message repeats.
func shown(s string) string { return fmt.Sprintf("%.60s", s) }

// bareCode is the code within an input, as it should have been written; "" when it is far too long.
func bareCode(s string) string {
	if len(s) > maxCodeInput || !utf8.ValidString(s) {
		return ""
	}
	s = strings.Map(func(r rune) rune {
		if r >= '！' && r <= '～' {
			r -= '！' - '!'
		}
		if 'a' <= r && r <= 'z' {
			r -= 'a' - 'A'
		}
		switch r {
		case ' ', '\t', '\r', '\n', '\u00a0', '\u3000', '-':
			return -1
		}
		return r
	}, s)
	if i := strings.LastIndex(s, "/Q/"); i >= 0 {
		s = s[i+len("/Q/"):]
		if i := strings.IndexAny(s, "/?#"); i >= 0 {
			s = s[:i]
		}
	}
	return strings.NewReplacer("I", "1", "L", "1", "O", "0").Replace(s)
}

func isDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// Command is what a command code asks the bench for.
type Command string

// The commands. Each may be scanned several times.
const (
	Undo                 Command = "undo" // takes back the last entry
	Times10              Command = "x10"  // adds ten pieces to what is being counted
	Times50              Command = "x50"
	Finish               Command = "done" // records what was counted
	Times100             Command = "x100"
	AsRework             Command = "rework"            // one piece is handed back
	AsScrapByWorkmanship Command = "scrap_workmanship" // one piece was spoilt by the work
	AsScrapByMaterial    Command = "scrap_material"    // one piece was spoilt by the material
)

// Commands are all commands. The serial of a command's code is its place here, from 1: the list may grow at the end only.
var Commands = []Command{Undo, Times10, Times50, Finish, Times100, AsRework, AsScrapByWorkmanship, AsScrapByMaterial}

// Code is what is printed for a command; the zero value if there is no such command.
func (c Command) Code() Code {
	for i, other := range Commands {
		if other == c {
			return Code{CommandCode, int64(i + 1)}
		}
	}
	return Code{}
}

// Command is what a code asks for, and "" if it is no command or one of a later program.
func (c Code) Command() Command {
	if c.Kind != CommandCode || c.Serial < 1 || c.Serial > int64(len(Commands)) {
		return ""
	}
	return Commands[c.Serial-1]
}
