package handlers

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

const plainBody = `{"tallies":[{"uid":"019a-1","session":"S1","worker":"A1","order":"O1","operation":"cut","good":5},` +
	` {"uid" : "b","session":"S1","worker":"A1","order":"O1","operation":"cut","good":0,"rework":1,"scrap_workmanship":2,"scrap_material":3,` +
	`"ticket":"T1","recorded_at":"2026-10-05T08:00:00+08:00","reverses":"a","reason":"wrong count"}],"hold":true,"undo":false,"clock":1790000000000}`

// TestPlainCalls says which bodies take the short way.
func TestPlainCalls(t *testing.T) {
	one := `{"uid":"u","session":"S1","worker":"A1","order":"O1","operation":"cut","good":5`
	for body, want := range map[string]bool{
		plainBody:                                                             true,
		"\n" + plainBody + "\r\n ":                                            true,
		`{"tallies":[` + one + `}]}`:                                          true,
		`{"tallies":[` + one + `}]}x`:                                         false,
		`{"tallies":[` + one + `}]}{}`:                                        false,
		`{"tallies":[` + one + `}],}`:                                         false,
		`{"tallies":[` + one + `},]}`:                                         false,
		`{"tallies":[` + one + `,"good":5}]}`:                                 false,
		`{"tallies":[` + one + `,"more":5}]}`:                                 false,
		`{"tallies":[` + one + `,"weight":null}]}`:                            false,
		`{"tallies":[` + one + `,"ticket":null}]}`:                            false,
		`{"tallies":[` + one + `,"reason":"\u0041"}]}`:                        false,
		`{"tallies":[` + one + `,"reason":"数错了"}]}`:                           false,
		`{"tallies":[` + one + `,"recorded_at":"yesterday"}]}`:                false,
		`{"tallies":[` + one + `.0}]}`:                                        false,
		`{"tallies":[` + one + `e1}]}`:                                        false,
		`{"tallies":[` + strings.Replace(one, ":5", ":05", 1) + `}]}`:         false,
		`{"tallies":[` + strings.Replace(one, ":5", ":-5", 1) + `}]}`:         false,
		`{"tallies":[` + strings.Replace(one, `"u"`, `""`, 1) + `}]}`:         false,
		`{"tallies":[` + strings.Replace(one, `"good":5`, `"a":1`, 1) + `}]}`: false,
		`{"tallies":[]}`:                                                      false,
		`{"tallies":[` + one + `}],"clock":9999999999999999}`:                 false,
		`{"tallies":[` + one + `}],"hold":1}`:                                 false,
		`{"hold":true}`:                                                       false,
		`[]`:                                                                  false,
		``:                                                                    false,
		`{`:                                                                   false,
	} {
		if got := (&plainCall{text: body}).batch(); got != want {
			t.Errorf("%s: plain %t, want %t", body, got, want)
		}
	}
}

// TestPlainMeansTheSame damages a good body here and there. Whatever takes the short way must mean there what it means on the careful
// one.
func TestPlainMeansTheSame(t *testing.T) {
	took := 0
	rapid.Check(t, func(t *rapid.T) {
		body := []byte(plainBody)
		for range rapid.IntRange(0, 3).Draw(t, "times") {
			at := rapid.IntRange(0, len(body)-1).Draw(t, "at")
			c := rapid.OneOf(rapid.SampledFrom([]byte(`{}[]:,"\0159.-e tfn`+"\n\x00\x7f\xc3")), rapid.Byte()).Draw(t, "byte")
			switch rapid.IntRange(0, 2).Draw(t, "how") {
			case 0:
				body[at] = c
			case 1:
				body = append(body[:at], body[at+1:]...)
			case 2:
				body = append(body[:at], append([]byte{c}, body[at:]...)...)
			}
		}
		p := plainCall{text: string(body)}
		if !p.batch() {
			return
		}
		took++
		want, err := readBatch(body)
		if err != nil || !reflect.DeepEqual(p.Batch, *want) {
			t.Fatalf("%s\nmeans %s\nand should mean %s, %v", body, fmt.Sprintf("%+v", p.Batch), fmt.Sprintf("%+v", want), err)
		}
	})
	if took == 0 {
		t.Error("nothing took the short way")
	}
}
