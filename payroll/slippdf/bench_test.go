package slippdf_test

import (
	"fmt"
	"io"
	"testing"

	"jijian/payroll/slippdf"
)

// village is a batch of different people with different work: n slips of eight lines.
func village(t testing.TB, n int) []slippdf.Slip {
	t.Helper()
	surnames := []rune("王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕")
	given := []rune("秀兰桂英玉珍凤霞淑华丽娟红梅春燕海棠雪莲翠萍爱琴美玲素芳金花银杏彩云月娥巧珍喜妹")
	slips := make([]slippdf.Slip, n)
	for i := range slips {
		s := april(t, "zh")
		s.Number = fmt.Sprintf("HX-2026-10-%04d", i+1)
		s.WorkerCode = fmt.Sprintf("HX%03d", i+1)
		s.WorkerName = string([]rune{surnames[i%len(surnames)], given[i*7%len(given)], given[i*11%len(given)]})
		s.CheckCode = fmt.Sprintf("%04d 0739 %02d", i+1, i%97)
		s.CheckURL = fmt.Sprintf("https://jijian.example.org/c/%04d0739%02d", i+1, i%97)
		for j := range s.Lines {
			l := &s.Lines[j]
			if l.HasQuantity {
				l.Quantity += int64(i*13 + j)
				l.Amount = l.Rate.Times(l.Quantity)
			}
		}
		s.Gross, s.Deductions = s.Carried.Sub(s.Carried), s.Carried.Sub(s.Carried)
		slips[i] = total(s, s.Tax)
	}
	return slips
}

func benchmark(b *testing.B, n int) {
	p, slips := newPrinter(b), village(b, n)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := p.Write(io.Discard, slippdf.A5, "zh", slips); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "slips/s")
}

func BenchmarkSlipOne(b *testing.B)  { benchmark(b, 1) }
func BenchmarkSlips200(b *testing.B) { benchmark(b, 200) }
