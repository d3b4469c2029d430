package slippdf_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"jijian/payroll/slippdf"
	"jijian/piecework"
)

func TestCapitals(t *testing.T) {
	for _, c := range []struct {
		amount, want string
	}{
		{"0", "零元整"},
		{"0.01", "壹分"},
		{"0.10", "壹角整"},
		{"0.35", "叁角伍分"},
		{"1", "壹元整"},
		{"1.05", "壹元零伍分"},
		{"10", "壹拾元整"},
		{"10.50", "壹拾元伍角整"},
		{"11.11", "壹拾壹元壹角壹分"},
		{"100", "壹佰元整"},
		{"101", "壹佰零壹元整"},
		{"110", "壹佰壹拾元整"},
		{"1001", "壹仟零壹元整"},
		{"1010", "壹仟零壹拾元整"},
		{"1234.5", "壹仟贰佰叁拾肆元伍角整"},
		{"1409.50", "壹仟肆佰零玖元伍角整"},
		{"1680.32", "壹仟陆佰捌拾元叁角贰分"},
		{"6007.14", "陆仟零柒元壹角肆分"},
		{"10000", "壹万元整"},
		{"10001", "壹万零壹元整"},
		{"16409.02", "壹万陆仟肆佰零玖元零贰分"},
		{"20500", "贰万零伍佰元整"},
		{"100500", "壹拾万零伍佰元整"},
		{"107000.53", "壹拾万柒仟元伍角叁分"},
		{"1000000", "壹佰万元整"},
		{"1000001", "壹佰万零壹元整"},
		{"10100000", "壹仟零壹拾万元整"},
		{"100000000", "壹亿元整"},
		{"100000001", "壹亿零壹元整"},
		{"100050000", "壹亿零伍万元整"},
		{"107000000", "壹亿零柒佰万元整"},
		{"170000000", "壹亿柒仟万元整"},
		{"1000010000", "壹拾亿零壹万元整"},
		{"1000000000000", "壹万亿元整"},
		{"1000000000001", "壹万亿零壹元整"},
		{"1002000000000", "壹万零贰拾亿元整"},
		{"1234567890123.45", "壹万贰仟叁佰肆拾伍亿陆仟柒佰捌拾玖万零壹佰贰拾叁元肆角伍分"},
		{"10000000000000", "壹拾万亿元整"},
		{"-12.30", "负壹拾贰元叁角整"},
	} {
		m, msg := piecework.ParseMoney(c.amount)
		if msg != nil {
			t.Fatal(msg)
		}
		if got := slippdf.Capitals(m); got != c.want {
			t.Errorf("%s is %s, want %s", c.amount, got, c.want)
		}
	}
}

// readCapitals is the amount in fen that a person reads in the characters.
func readCapitals(s string) int64 {
	var whole, section, digit, fen int64
	for _, r := range s {
		switch i := int64(strings.Index("零壹贰叁肆伍陆柒捌玖", string(r))) / 3; {
		case strings.ContainsRune("零壹贰叁肆伍陆柒捌玖", r):
			digit = i
		case r == '拾':
			section, digit = section+digit*10, 0
		case r == '佰':
			section, digit = section+digit*100, 0
		case r == '仟':
			section, digit = section+digit*1000, 0
		case r == '万':
			whole, section, digit = whole+(section+digit)*1_0000, 0, 0
		case r == '亿':
			whole, section, digit = (whole+section+digit)*1_0000_0000, 0, 0
		case r == '元':
			fen, digit = (whole+section+digit)*100, 0
		case r == '角':
			fen, digit = fen+digit*10, 0
		case r == '分':
			fen, digit = fen+digit, 0
		}
	}
	if strings.HasPrefix(s, "负") {
		return -fen
	}
	return fen
}

// TestCapitalsRead reads random amounts back and looks for what the rules forbid.
func TestCapitalsRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		fen := rapid.Int64Range(-1e15, 1e15).Draw(t, "fen")
		if rapid.Bool().Draw(t, "with zeros") {
			fen -= fen % rapid.SampledFrom([]int64{10, 1e2, 1e5, 1e6, 1e10}).Draw(t, "zeros")
		}
		got := slippdf.Capitals(piecework.Fen(fen))
		if read := readCapitals(got); read != fen {
			t.Fatalf("%d fen is %s, which reads as %d", fen, got, read)
		}
		for _, bad := range []string{"零零", "零万", "零亿", "零元整", "零角", "零分"} {
			if fen != 0 && strings.Contains(got, bad) {
				t.Fatalf("%d fen is %s, with %s", fen, got, bad)
			}
		}
	})
}
