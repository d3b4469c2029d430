package piecework_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"jijian/piecework"
)

// vectors are what every reader of codes must agree on: this package and the scan page.
type vectors struct {
	Codes []struct {
		Text, Short, Kind string
		Serial            int64
		Also              []string // further ways to write it
	}
	Refused  map[string][]string // by why: "form" or "check"
	Commands map[string]string   // code by command
}

func readVectors(t *testing.T) (v vectors) {
	t.Helper()
	data, err := os.ReadFile("testdata/codes.json")
	if err == nil {
		err = json.Unmarshal(data, &v)
	}
	if err != nil || len(v.Codes) == 0 || len(v.Refused["form"]) == 0 || len(v.Refused["check"]) == 0 {
		t.Fatalf("vectors: %v", err)
	}
	return v
}

func TestCodeVectors(t *testing.T) {
	v := readVectors(t)
	for _, w := range v.Codes {
		c := piecework.Code{Kind: piecework.CodeKind(w.Kind), Serial: w.Serial}
		if c.String() != w.Text || c.Short() != w.Short || !c.Issuable() {
			t.Errorf("%v is %s and %s, want %s and %s", c, c.String(), c.Short(), w.Text, w.Short)
		}
		for _, s := range append(w.Also, w.Text, w.Short) {
			if got, msg := piecework.ParseCode(s); msg != nil || got != c {
				t.Errorf("%q is %v, %v; want %v", s, got, msg, c)
			}
		}
	}
	for why, list := range v.Refused {
		for _, s := range list {
			_, msg := piecework.ParseCode(s)
			if msg == nil || strings.Contains(msg.Format, "misread") != (why == "check") {
				t.Errorf("%q: %v, want it refused for its %s", s, msg, why)
			}
		}
	}
	if len(v.Commands) != len(piecework.Commands) {
		t.Errorf("%d commands, want %d", len(v.Commands), len(piecework.Commands))
	}
	for command, text := range v.Commands {
		c, msg := piecework.ParseCode(text)
		if msg != nil || c.Command() != piecework.Command(command) || c.Command().Code() != c {
			t.Errorf("%s is the command %q, %v; want %q", text, c.Command(), msg, command)
		}
	}
}

// TestCodeVectorsOnTheScanPage holds the scan page's reader of codes against the same vectors.
func TestCodeVectorsOnTheScanPage(t *testing.T) {
	source, err := os.ReadFile(filepath.Join("..", "templates", "assets", "scan", "codes.js"))
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile("testdata/codes.json")
	if err != nil {
		t.Fatal(err)
	}
	script := filepath.Join(t.TempDir(), "codes.mjs")
	if err := os.WriteFile(script, slices.Concat(source, []byte("\nconst v = "), data, []byte(againstVectors)), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("node", script).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "compared") {
		t.Fatalf("%v\n%s", err, out)
	}
}

const againstVectors = `
const same = (s, want, read) => { if (Object.keys(want).some((k) => want[k] !== read[k])) { console.log(s, read, 'instead of', want); process.exitCode = 1; } };
for (const c of v.codes) {
  for (const s of [c.text, c.short, ...c.also]) same(s, { kind: c.kind, serial: c.serial, text: c.text, short: c.short }, parse(s));
}
for (const s of v.refused.form) same(s, { wrong: 'none' }, parse(s));
for (const s of v.refused.check) same(s, { wrong: 'misread' }, parse(s));
for (const [command, s] of Object.entries(v.commands)) same(s, { command }, parse(s));
console.log('compared');
`

func TestCodeAddress(t *testing.T) {
	c := piecework.Code{Kind: piecework.TicketCode, Serial: 41}
	for _, base := range []string{"https://jijian.example", "https://jijian.example/"} {
		if got, want := c.Address(base), "HTTPS://JIJIAN.EXAMPLE/Q/"+c.String(); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	if got, msg := piecework.ParseCode(c.Address("http://192.168.1.5:8080")); msg != nil || got != c {
		t.Errorf("read back: %v, %v", got, msg)
	}
	if got := (piecework.Code{Kind: piecework.CommandCode, Serial: 999}).Command(); got != "" {
		t.Errorf("a command of a later program is %q", got)
	}
}

// aCode draws a code that may be issued, small serials as often as large ones.
func aCode(t *rapid.T) piecework.Code {
	c := piecework.Code{
		Kind:   piecework.CodeKind(rapid.SampledFrom(strings.Split("WTSCHG", "")).Draw(t, "kind")),
		Serial: rapid.OneOf(rapid.Int64Range(1, 99_999), rapid.Int64Range(1, piecework.MaxSerial)).Draw(t, "serial"),
	}
	for !c.Issuable() {
		c.Serial = c.Serial%piecework.MaxSerial + 1
	}
	return c
}

func TestCodeRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := aCode(t)
		for _, s := range []string{c.String(), c.Short(), strings.ToLower(c.String()), c.Address("http://a.example:81")} {
			if got, msg := piecework.ParseCode(s); msg != nil || got != c {
				t.Fatalf("%q is %v, %v; want %v", s, got, msg, c)
			}
		}
	})
}

// same are characters that are read alike.
var same = strings.NewReplacer("I", "1", "L", "1", "O", "0")

// TestCodeFindsSlips: any one wrong character and any two neighbours that changed places are found, in both forms.
func TestCodeFindsSlips(t *testing.T) {
	const characters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ*~$=/?%+."
	rapid.Check(t, func(t *rapid.T) {
		c := aCode(t)
		for _, right := range []string{c.String(), c.Short()} {
			var wrong []string
			for i := range right {
				for _, r := range characters {
					wrong = append(wrong, right[:i]+string(r)+right[i+1:])
				}
				if i > 0 {
					wrong = append(wrong, right[:i-1]+right[i:i+1]+right[i-1:i]+right[i+1:])
				}
			}
			for _, s := range wrong {
				if got, msg := piecework.ParseCode(s); msg == nil && same.Replace(s) != right {
					t.Fatalf("%q is taken for %v, though %q was meant", s, got, right)
				}
			}
		}
	})
}

// TestCodeLeavesOut: where one wrong character would turn a code into the short form of another, it is not issued.
func TestCodeLeavesOut(t *testing.T) {
	never := 0
	for serial := int64(1); serial < 200; serial++ {
		c := piecework.Code{Kind: piecework.WorkerBadge, Serial: serial}
		if last := c.String()[7]; strings.ContainsRune("*~$=U", rune(last)) == c.Issuable() {
			t.Errorf("%s: issuable %t", c, c.Issuable())
		}
		if !c.Issuable() {
			never++
		}
	}
	if never < 20 || never > 40 { // 5 of 37
		t.Errorf("%d of 200 serials are left out", never)
	}
	for _, c := range []piecework.Code{{}, {Kind: "T"}, {Kind: "X", Serial: 1}, {Kind: "WT", Serial: 1}, {Kind: "T", Serial: -1}, {Kind: "T", Serial: piecework.MaxSerial + 1}} {
		if c.Issuable() {
			t.Errorf("%+v may be issued", c)
		}
	}
}

// TestDamm holds the check digit against the example its inventor gives.
func TestDamm(t *testing.T) {
	c := piecework.Code{Kind: piecework.WorkerBadge, Serial: 42}
	short := c.Short()
	if len(short) != 6 || !strings.HasPrefix(short, "10042") {
		t.Fatalf("short form %q", short)
	}
	accepted := 0
	for d := range 10 {
		if _, msg := piecework.ParseCode("10042" + string(rune('0'+d))); msg == nil {
			accepted++
		}
	}
	if accepted != 1 {
		t.Errorf("%d of ten check digits are accepted", accepted)
	}
}

func FuzzParseCode(f *testing.F) {
	for _, s := range []string{"", "T0000421", "200420", "https://a.example/q/w000001m", "１００４２０", "t-0000 42", "\xff", "/q/", "99999999999999999999"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c, msg := piecework.ParseCode(s)
		if msg != nil {
			if msg.String() == "" {
				t.Errorf("%q is refused without a word", s)
			}
			return
		}
		for _, form := range []string{c.String(), c.Short()} {
			if again, msg := piecework.ParseCode(form); msg != nil || again != c {
				t.Errorf("%q is %v, but its form %q is %v, %v", s, c, form, again, msg)
			}
		}
		if !c.Issuable() || slices.Contains([]string{c.String(), c.Short()}, "") {
			t.Errorf("%q is %v, which is never issued", s, c)
		}
	})
}
