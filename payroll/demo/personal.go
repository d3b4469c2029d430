package demo

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"jijian/piecework"
)

// Entrust gives the workers of a filled demo identity numbers and bank accounts, sealed with the keys; without keys it does nothing.
// Every number is made up: no place has the code 370999, no bank gives out cards that begin with 620000. Each eighth worker
// has no account and is paid in cash.
func Entrust(ctx context.Context, db bun.IDB, keys *piecework.Keys) error {
	if !keys.Usable() {
		return nil
	}
	var crew []piecework.Worker
	if err := db.NewSelect().Model(&crew).Where("NOT team").Order("id").Scan(ctx); err != nil {
		return fmt.Errorf("list the crew: %w", err)
	}
	return piecework.InTx(ctx, db, func(ctx context.Context, db bun.Tx) error {
		for i, w := range crew {
			change := map[piecework.PersonalColumn]string{
				piecework.IDNumber: checked(fmt.Sprintf("370999%d%02d%02d%03d", 1962+i%34, i%12+1, i%28+1, 2*i%1000), "0123456789X", piecework.CheckIDNumber)}
			if i%8 != 5 {
				change[piecework.BankName] = "示例农商银行" + []string{"城关", "新城", "仪阳"}[i%3] + "支行"
				change[piecework.BankAccount] = checked(fmt.Sprintf("620000%012d", 100_000+i), "0123456789", piecework.CheckBankAccount)
			}
			if err := piecework.SavePersonal(ctx, db, keys, w.ID, change, SignIns[1].Name); err != nil {
				return err
			}
		}
		return nil
	})
}

// checked is a number with the one of the check characters that fits.
func checked(number, characters string, check func(string) *piecework.Message) string {
	for _, c := range characters {
		if check(number+string(c)) == nil {
			return number + string(c)
		}
	}
	return number // is refused, with the reason
}
