package handlers

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"jijian/piecework"
)

// apiWeight describes how a tally was weighed.
type apiWeight struct {
	Gross string `json:"gross" doc:"the container with the pieces, in grams, up to three decimals" example:"1250.5"`
	Tare  string `json:"tare" doc:"the empty container, in grams, up to three decimals" example:"50"`
	Unit  string `json:"unit" doc:"one piece, in grams, up to six decimals" example:"0.0054"`
}

// readWeight reads the weights of a tally: three texts, so that no digit is lost. An absent field is a tally that was not weighed.
func readWeight(data json.RawMessage, into *piecework.Weighing) *piecework.Message {
	if absent(data) {
		return nil
	}
	var fields map[string]json.RawMessage
	if json.Unmarshal(data, &fields) != nil {
		return piecework.Msg("must be an object with gross, tare and unit")
	}
	for _, f := range []struct {
		name   string
		into   *int64
		places int
	}{{"gross", &into.GrossMG, 3}, {"tare", &into.TareMG, 3}, {"unit", &into.UnitUG, 6}} {
		var text string
		msg := readText(fields[f.name], &text, true)
		if msg == nil {
			*f.into, msg = piecework.ParseGrams(text, f.places)
		}
		if msg != nil {
			return piecework.Msg("%s: %s", f.name, msg)
		}
		delete(fields, f.name)
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) { // so that the same mistake gets the same answer
		return piecework.Msg("%s: %s", fmt.Sprintf("%.40q", name), piecework.Msg("is not a field"))
	}
	return nil
}
