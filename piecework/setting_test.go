package piecework_test

import (
	"testing"

	"jijian/piecework"
	"jijian/piecework/pieceworktest"
)

func TestASettingIsTheLastOneRemembered(t *testing.T) {
	ctx, db := t.Context(), pieceworktest.DB(t)
	for _, want := range []string{"", "http://one", "http://two"} {
		if want != "" {
			if err := piecework.Remember(ctx, db, piecework.AddressSetting, want); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := piecework.Setting(ctx, db, piecework.AddressSetting); err != nil || got != want {
			t.Errorf("remembered %q, %v; want %q", got, err, want)
		}
	}
}
