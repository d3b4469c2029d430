package slippdf

import (
	"strings"

	"jijian/piecework"
)

var (
	capitalDigits = [10]string{"零", "壹", "贰", "叁", "肆", "伍", "陆", "柒", "捌", "玖"}
	capitalUnits  = [4]string{"仟", "佰", "拾", ""}
)

// Capitals writes an amount in the characters that cannot be altered on paper, as bank forms want it: 1234.50 is
// 壹仟贰佰叁拾肆元伍角整. A run of zeros inside the number is one 零; 零 is left out where the rules leave it free, that is
// when only the last digit before 万, 亿 or 元 is zero and the next digit is not (壹拾万柒仟元整, 壹拾元伍角整). Any amount
// that [piecework.Money] holds can be written.
func Capitals(m piecework.Money) string {
	fen := m.Abs().Fen()
	yuan, jiao, cents := fen/100, fen/10%10, fen%10
	var s strings.Builder
	if m.Sign() < 0 {
		s.WriteString("负")
	}
	if yuan > 0 || fen == 0 {
		s.WriteString(capitalYuan(yuan) + "元")
	}
	switch {
	case jiao > 0:
		s.WriteString(capitalDigits[jiao] + "角")
	case cents > 0 && yuan > 0:
		s.WriteString("零")
	}
	if cents > 0 {
		s.WriteString(capitalDigits[cents] + "分")
	} else {
		s.WriteString("整")
	}
	return s.String()
}

// capitalYuan splits at 亿 and then at 万: each half reads like a number of its own.
func capitalYuan(n int64) string {
	for _, half := range []struct {
		unit int64
		name string
	}{{1_0000_0000, "亿"}, {1_0000, "万"}} {
		if n < half.unit {
			continue
		}
		s, rest := capitalYuan(n/half.unit)+half.name, n%half.unit
		switch {
		case rest == 0:
			return s
		case rest < half.unit/10:
			return s + "零" + capitalYuan(rest)
		}
		return s + capitalYuan(rest)
	}
	return capitalThousands(n)
}

// capitalThousands writes 0 to 9999.
func capitalThousands(n int64) string {
	if n == 0 {
		return capitalDigits[0]
	}
	var s string
	var zero bool
	for i, place := range []int64{1000, 100, 10, 1} {
		digit := n / place % 10
		if digit == 0 {
			zero = s != ""
			continue
		}
		if zero {
			s += capitalDigits[0]
			zero = false
		}
		s += capitalDigits[digit] + capitalUnits[i]
	}
	return s
}
