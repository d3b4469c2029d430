package handlers_test

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"os/exec"
	"strings"
	"testing"

	"jijian/piecework"
)

// readByScript reads codes as the scan page does: each comes back as its 8 characters and its digits, with the command if it is one, or "".
func readByScript(t *testing.T, inputs []string) []string {
	t.Helper()
	const script = `import {parse} from './codes.js';
let text = '';
for await (const part of process.stdin) text += part;
console.log(JSON.stringify(JSON.parse(text).map((s) => parse(s)).map((c) => c.wrong ? '' : [c.text, c.short, c.command ?? ''].join(' '))));`
	sent, err := json.Marshal(inputs)
	if err != nil {
		t.Fatal(err)
	}
	node := exec.Command("node", "--input-type=module", "--eval", script)
	node.Dir, node.Stdin = "../templates/assets/scan", bytes.NewReader(sent)
	var complaint strings.Builder
	node.Stderr = &complaint
	out, err := node.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, complaint.String())
	}
	var read []string
	if err := json.Unmarshal(out, &read); err != nil || len(read) != len(inputs) {
		t.Fatalf("%v, %d answers to %d inputs", err, len(read), len(inputs))
	}
	return read
}

// TestScanCodesAgree shows that page and program read the same of whatever is scanned: codes in both forms, as addresses, with
// every kind of slip, and what is no code.
func TestScanCodesAgree(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	inputs := []string{"", " ", "W", "0", "100010", "W0000000", "HTTPS://X.EXAMPLE/Q/W000001P", "https://x.example/q/w000001p?a=1#b", "/Q//Q/W000001P", "Ｗ０００００１Ｐ", "w0o0-0oi p", "𠮷", "C000001P\n"}
	for range 4000 {
		c := piecework.Code{Kind: piecework.CodeKind("WTSCHG"[r.IntN(6)]), Serial: r.Int64N(1 << (1 + r.IntN(31)))}
		text := []string{c.String(), c.Short(), c.Address("https://jijian.example"), strings.ToLower(c.String())}[r.IntN(4)]
		switch b := []byte(text); r.IntN(5) {
		case 0:
			b[len(b)-1-r.IntN(6)] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ*~$=-/ "[r.IntN(43)]
			text = string(b)
		case 1:
			i := len(b) - 2 - r.IntN(4)
			b[i], b[i+1] = b[i+1], b[i]
			text = string(b)
		case 2:
			text = text[:len(text)-r.IntN(3)] + "0 -9Z"[:r.IntN(6)]
		}
		inputs = append(inputs, text)
	}
	codes := 0
	for i, got := range readByScript(t, inputs) {
		want := ""
		if c, msg := piecework.ParseCode(inputs[i]); msg == nil {
			want = strings.Join([]string{c.String(), c.Short(), string(c.Command())}, " ")
			codes++
		}
		if got != want {
			t.Errorf("%q: the page reads %q, the program %q", inputs[i], got, want)
		}
	}
	if codes < 1000 {
		t.Errorf("only %d of the inputs were codes", codes)
	}
}
