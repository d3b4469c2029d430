package payroll

import (
	"context"
	"fmt"
	"slices"

	"github.com/uptrace/bun"

	"jijian/piecework"
)

// BankField names what a column of a payment file holds.
type BankField string

// The fields.
const (
	BankNumber    BankField = "number"    // 1, 2, 3 … of the file
	BankAccount   BankField = "account"   // digits
	BankHolder    BankField = "name"      // the worker's name
	BankAmount    BankField = "amount"    // see BankAmounts
	BankBranch    BankField = "bank"      // as entered with the account
	BankIDNumber  BankField = "id_number" // 身份证号
	BankWorker    BankField = "worker"    // her code
	BankCurrency  BankField = "currency"  // CNY
	BankPurpose   BankField = "purpose"   // what is typed when the file is made, such as 十月工资
	BankReference BankField = "reference" // one for each payment: RUN7-A01
	BankDate      BankField = "date"      // 20261031, the day on which the file is made
	BankBlank     BankField = "blank"     // an empty column
)

// BankFields are all fields, in the order a form offers them.
var BankFields = []BankField{BankNumber, BankAccount, BankHolder, BankAmount, BankBranch, BankIDNumber, BankWorker, BankCurrency, BankPurpose, BankReference, BankDate, BankBlank}

// BankColumn is one column: what it holds, and its title.
type BankColumn struct {
	Field BankField `json:"field"`
	Title string    `json:"title"`
}

// What a layout may choose from, in the order a form offers it.
var (
	BankEncodings  = []string{"gb18030", "utf-8", "utf-8-bom"}
	BankDelimiters = []string{"comma", "semicolon", "tab", "bar"}
	// BankAmounts: yuan is 1234.50, grouped is 1,234.50, fen is 123450.
	BankAmounts = []string{"yuan", "grouped", "fen"}
)

// MaxBankColumns is how many columns a layout may have.
const MaxBankColumns = 12

// BankLayout (代发格式) is how a bank wants its payment file.
type BankLayout struct {
	bun.BaseModel `bun:"table:bank_layouts,alias:bl"`

	ID        int64 `bun:",pk,autoincrement"`
	Name      string
	Encoding  string // of CSV; a workbook has its own
	Delimiter string // of CSV
	Header    bool   // titles in the first row
	Amounts   string
	Columns   []BankColumn
	SavedAt   piecework.Instant // 0: it came with the program
	SavedBy   string
}

// Has says whether the file holds the field.
func (l *BankLayout) Has(f BankField) bool {
	return slices.ContainsFunc(l.Columns, func(c BankColumn) bool { return c.Field == f })
}

// Validate reports every wrong field. What is wrong with the columns is reported under "columns".
func (l *BankLayout) Validate() error {
	v := &piecework.Invalid{}
	if l.Name == "" {
		v.Add("name", "is required")
	}
	v.AddMsg("name", piecework.CheckText(l.Name, piecework.MaxName))
	for _, c := range []struct {
		field, value string
		of           []string
	}{{"encoding", l.Encoding, BankEncodings}, {"delimiter", l.Delimiter, BankDelimiters}, {"amounts", l.Amounts, BankAmounts}} {
		if !slices.Contains(c.of, c.value) {
			v.Add(c.field, "choose one")
		}
	}
	for i, c := range l.Columns {
		if !slices.Contains(BankFields, c.Field) {
			v.Add("columns", "column %d: choose what it holds", i+1)
		}
		if msg := piecework.CheckText(c.Title, piecework.MaxName); msg != nil {
			v.Add("columns", "column %d: %s", i+1, msg)
		}
		if l.Header && c.Title == "" && c.Field != BankBlank {
			v.Add("columns", "column %d: give it a title, or leave the header row out", i+1)
		}
	}
	if !l.Has(BankAccount) || !l.Has(BankHolder) || !l.Has(BankAmount) {
		v.Add("columns", "account, name and amount are always needed")
	}
	if len(l.Columns) > MaxBankColumns {
		v.Add("columns", "at most %d columns", MaxBankColumns)
	}
	return v.Err()
}

// SaveBankLayout adds a layout (ID 0) or changes one. Files that were made stay as they are.
func SaveBankLayout(ctx context.Context, db bun.IDB, l *BankLayout) error {
	if err := l.Validate(); err != nil {
		return err
	}
	l.SavedAt = piecework.Now()
	var err error
	if l.ID == 0 {
		_, err = db.NewInsert().Model(l).Exec(ctx)
	} else {
		_, err = db.NewUpdate().Model(l).WherePK().Exec(ctx)
	}
	if piecework.IsUnique(err) {
		return piecework.InvalidField("name", "%q is taken", l.Name)
	}
	if err != nil {
		return fmt.Errorf("save bank layout: %w", err)
	}
	return nil
}

// RemoveBankLayout takes a layout away.
func RemoveBankLayout(ctx context.Context, db bun.IDB, id int64) error {
	if _, err := db.NewDelete().Model((*BankLayout)(nil)).Where("id = ?", id).Exec(ctx); err != nil {
		return fmt.Errorf("remove bank layout: %w", err)
	}
	return nil
}

// BankLayouts lists layouts by name.
func BankLayouts(ctx context.Context, db bun.IDB) ([]BankLayout, error) {
	var list []BankLayout
	if err := db.NewSelect().Model(&list).Order("name").Scan(ctx); err != nil {
		return nil, fmt.Errorf("list bank layouts: %w", err)
	}
	return list, nil
}

// BankLayoutByID returns one layout or a not-found error.
func BankLayoutByID(ctx context.Context, db bun.IDB, id int64) (*BankLayout, error) {
	l := new(BankLayout)
	if err := orNotFound(db.NewSelect().Model(l).Where("id = ?", id).Scan(ctx), "There is no such bank layout."); err != nil {
		return nil, err
	}
	return l, nil
}

// BankPayment is one row of a payment file.
type BankPayment struct {
	Slip     Slip // without lines, with Worker
	Amount   piecework.Money
	Personal piecework.Personal
}

// BankList is who of a run is paid by bank and how much, and who is not.
type BankList struct {
	Run     *PayRun
	Pay     []BankPayment
	Total   piecework.Money
	Without []Slip          // still owed something, but no account is kept of her
	Rest    piecework.Money // what those are owed
}

// BankListOf is what is still owed of an approved run, by worker code. Anybody who hands the accounts out notes it with
// [BankList.Note].
func BankListOf(ctx context.Context, db bun.IDB, keys *piecework.Keys, runID int64) (*BankList, error) {
	run, err := RunByID(ctx, db, runID)
	if err != nil {
		return nil, err
	}
	owed, err := run.owed(ctx, db)
	if err != nil {
		return nil, err
	}
	var slips []Slip
	err = db.NewSelect().Model(&slips).Relation("Worker").Where("sl.run_id = ? AND NOT sl.superseded", runID).Order("worker.code").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("read slips to be paid: %w", err)
	}
	slips = slices.DeleteFunc(slips, func(s Slip) bool { return owed[s.WorkerID].left().Sign() <= 0 })
	ids := make([]int64, len(slips))
	for i, s := range slips {
		ids[i] = s.WorkerID
	}
	personal, err := piecework.PersonalOf(ctx, db, keys, ids...)
	if err != nil {
		return nil, err
	}
	list := &BankList{Run: run}
	for _, s := range slips {
		left := owed[s.WorkerID].left()
		if p := personal[s.WorkerID]; p.BankAccount != "" {
			list.Pay = append(list.Pay, BankPayment{s, left, p})
			list.Total = list.Total.Add(left)
			continue
		}
		list.Without = append(list.Without, s)
		list.Rest = list.Rest.Add(left)
	}
	return list, nil
}

// Note writes down for each worker of the list that her account, and what else the layout holds of her, was handed out.
func (l *BankList) Note(ctx context.Context, db bun.IDB, layout *BankLayout, by string) error {
	columns := []piecework.PersonalColumn{piecework.BankAccount}
	if layout.Has(BankBranch) {
		columns = append(columns, piecework.BankName)
	}
	if layout.Has(BankIDNumber) {
		columns = append(columns, piecework.IDNumber)
	}
	entries := make([]piecework.PersonalAccess, len(l.Pay))
	for i, p := range l.Pay {
		entries[i] = piecework.PersonalAccess{WorkerID: p.Slip.WorkerID, Action: piecework.PersonalBankFile, Reason: layout.Name, RunID: l.Run.ID, DoneBy: by}.About(columns...)
	}
	return piecework.NoteAccess(ctx, db, entries...)
}

// PayByBank notes that everybody whose account the program keeps received by bank what she was still owed of a run. Of p, PaidOn, Note and
// RecordedBy count.
func PayByBank(ctx context.Context, db bun.IDB, keys *piecework.Keys, runID int64, p Payment) error {
	p.Amount, p.Method = piecework.Money{}, Bank
	if err := p.Validate(); err != nil {
		return err
	}
	return locked(ctx, db, runID, func(ctx context.Context, db bun.Tx, run *PayRun) error {
		list, err := BankListOf(ctx, db, keys, runID)
		if err != nil {
			return err
		}
		if len(list.Pay) == 0 {
			return piecework.Conflict("Nobody of this run is still owed anything by bank.")
		}
		owed, err := run.owed(ctx, db)
		if err != nil {
			return err
		}
		payments := make([]Payment, len(list.Pay))
		for i, one := range list.Pay {
			payments[i] = p
			payments[i].WorkerID, payments[i].Amount = one.Slip.WorkerID, one.Amount
			owed[one.Slip.WorkerID] = balance{owed[one.Slip.WorkerID].net, owed[one.Slip.WorkerID].net}
		}
		if err := run.pay(ctx, db, payments); err != nil {
			return err
		}
		return run.settlePaid(ctx, db, owed, p.RecordedBy)
	})
}
