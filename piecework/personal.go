package piecework

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"
)

// Personal (个人信息) is what may identify a worker or reach her money, readable.
type Personal struct {
	IDNumber    string // 身份证号, 18 characters
	BankName    string
	BankAccount string // digits
	SavedAt     Instant
	SavedBy     string
}

// Masked is what a screen shows of it unless somebody has said why she needs more.
func (p Personal) Masked() Personal {
	p.IDNumber, p.BankAccount = Mask(p.IDNumber), Mask(p.BankAccount)
	return p
}

// Mask is a number with all but its first and last four characters hidden: 3702**********1234. Of a short one less is shown.
func Mask(s string) string {
	n := len(s)
	show := min(4, n/4)
	return s[:show] + strings.Repeat("*", n-2*show) + s[n-show:]
}

// PersonalColumn names one thing of a [Personal] as the database does.
type PersonalColumn string

// The columns, in the order in which they are shown.
const (
	IDNumber    PersonalColumn = "id_number"
	BankName    PersonalColumn = "bank_name"
	BankAccount PersonalColumn = "bank_account"
)

var personalColumns = []PersonalColumn{IDNumber, BankName, BankAccount}

// of is the text of a column.
func (p *Personal) of(c PersonalColumn) *string {
	switch c {
	case IDNumber:
		return &p.IDNumber
	case BankName:
		return &p.BankName
	}
	return &p.BankAccount
}

// Held are the columns that hold something.
func (p Personal) Held() []PersonalColumn {
	return slices.DeleteFunc(slices.Clone(personalColumns), func(c PersonalColumn) bool { return *p.of(c) == "" })
}

// sealedPersonal is a Personal as it is stored.
type sealedPersonal struct {
	bun.BaseModel `bun:"table:personal_data,alias:pd"`

	WorkerID    int64 `bun:",pk"`
	IDNumber    string
	BankName    string
	BankAccount string
	SavedAt     Instant
	SavedBy     string
}

// each does f for every column with its place, and keeps what it returns.
func (s *sealedPersonal) each(f func(place, text string) (string, error)) error {
	for _, c := range []struct {
		name PersonalColumn
		text *string
	}{{IDNumber, &s.IDNumber}, {BankName, &s.BankName}, {BankAccount, &s.BankAccount}} {
		text, err := f(place("personal_data", string(c.name), s.WorkerID), *c.text)
		if err != nil {
			return err
		}
		*c.text = text
	}
	return nil
}

func (s *sealedPersonal) open(keys *Keys) (Personal, error) {
	err := s.each(keys.open)
	return Personal{s.IDNumber, s.BankName, s.BankAccount, s.SavedAt, s.SavedBy}, err
}

// PersonalOf is what is held about workers, by id; who has nothing is missing. Whoever shows or hands it out says so with
// [NoteAccess]; a page shows it [Personal.Masked].
func PersonalOf(ctx context.Context, db bun.IDB, keys *Keys, workerIDs ...int64) (map[int64]Personal, error) {
	found := make(map[int64]Personal, len(workerIDs))
	for ids := range slices.Chunk(workerIDs, 1000) {
		var list []sealedPersonal
		if err := db.NewSelect().Model(&list).Where("worker_id IN (?)", bun.List(ids)).Scan(ctx); err != nil {
			return nil, fmt.Errorf("read personal data: %w", err)
		}
		for i := range list {
			p, err := list[i].open(keys)
			if err != nil {
				return nil, err
			}
			found[list[i].WorkerID] = p
		}
	}
	return found, nil
}

// SavePersonal keeps what is new about a worker in place of what was there, sealed, and notes who did it. What change does not name
// stays; an empty text takes the value away.
func SavePersonal(ctx context.Context, db bun.IDB, keys *Keys, workerID int64, change map[PersonalColumn]string, by string) error {
	if err := checkPersonal(change); err != nil {
		return err
	}
	if !keys.Usable() {
		return errNoKey()
	}
	return InTx(ctx, db, func(ctx context.Context, db bun.Tx) error {
		w, err := WorkerByID(ctx, db, workerID)
		if err != nil {
			return err
		}
		if err := w.Person(); err != nil {
			return err
		}
		known, err := PersonalOf(ctx, db, keys, workerID)
		if err != nil {
			return err
		}
		now, changed := known[workerID], []PersonalColumn(nil)
		for _, c := range personalColumns {
			if text, named := change[c]; named && cleanNumber(c, text) != *now.of(c) {
				*now.of(c) = cleanNumber(c, text)
				changed = append(changed, c)
			}
		}
		if len(changed) == 0 {
			return nil
		}
		row := &sealedPersonal{WorkerID: workerID, IDNumber: now.IDNumber, BankName: now.BankName, BankAccount: now.BankAccount, SavedAt: Now(), SavedBy: by}
		if err := row.each(keys.seal); err != nil {
			return err
		}
		_, err = db.NewInsert().Model(row).On("CONFLICT (worker_id) DO UPDATE").Set("id_number = EXCLUDED.id_number").Set("bank_name = EXCLUDED.bank_name").
			Set("bank_account = EXCLUDED.bank_account").Set("saved_at = EXCLUDED.saved_at").Set("saved_by = EXCLUDED.saved_by").Returning("NULL").Exec(ctx)
		if err != nil {
			return fmt.Errorf("keep personal data: %w", err)
		}
		return NoteAccess(ctx, db, PersonalAccess{WorkerID: workerID, Action: PersonalSaved, DoneBy: by}.About(changed...))
	})
}

// RotateKeys seals everything anew that is not sealed with the first of the keys, in one transaction, and returns how many workers
// that was. The keys must open what there is.
func RotateKeys(ctx context.Context, db bun.IDB, keys *Keys) (n int, err error) {
	err = InTx(ctx, db, func(ctx context.Context, db bun.Tx) error {
		var list []sealedPersonal
		if err := db.NewSelect().Model(&list).Order("worker_id").Scan(ctx); err != nil {
			return fmt.Errorf("read personal data: %w", err)
		}
		n = 0
		for i := range list {
			row, was := &list[i], list[i]
			err := row.each(func(place, text string) (string, error) {
				if strings.HasPrefix(text, sealMark+"."+keys.Current()+".") {
					return text, nil
				}
				text, err := keys.open(place, text)
				if err != nil {
					return "", err
				}
				return keys.seal(place, text)
			})
			if err != nil {
				return err
			}
			if *row == was {
				continue
			}
			n++
			if _, err := db.NewUpdate().Model(row).Column("id_number", "bank_name", "bank_account").WherePK().Exec(ctx); err != nil {
				return fmt.Errorf("keep personal data: %w", err)
			}
		}
		return nil
	})
	return n, err
}

// cleanNumber is a value as it is kept: numbers without the blanks and hyphens people put into them, in plain digits and capitals.
func cleanNumber(c PersonalColumn, text string) string {
	if c == BankName {
		return strings.TrimSpace(text)
	}
	return strings.ToUpper(strings.Map(func(r rune) rune {
		switch {
		case r == ' ' || r == '-' || r == '\u3000':
			return -1
		case r >= '０' && r <= '９':
			return r - '０' + '0'
		case r == 'Ｘ' || r == 'ｘ':
			return 'X'
		}
		return r
	}, text))
}

func checkPersonal(change map[PersonalColumn]string) error {
	v := &Invalid{}
	for c, text := range change {
		text = cleanNumber(c, text)
		switch {
		case text == "":
		case c == IDNumber:
			v.AddMsg(string(c), CheckIDNumber(text))
		case c == BankAccount:
			v.AddMsg(string(c), CheckBankAccount(text))
		default:
			v.AddMsg(string(c), CheckText(text, MaxName))
		}
	}
	slices.SortFunc(v.Fields, func(a, b FieldError) int { return cmp.Compare(b.Field, a.Field) })
	return v.Err()
}

// CheckIDNumber says what is wrong with a citizen's identity number, or nil: 17 digits and a check character by ISO 7064 MOD 11-2
// (GB 11643-1999), with a day of birth that has been. The message holds nothing of the number.
func CheckIDNumber(s string) *Message {
	const weights, checks = "\x07\x09\x0a\x05\x08\x04\x02\x01\x06\x03\x07\x09\x0a\x05\x08\x04\x02", "10X98765432"
	if len(s) != 18 {
		return Msg("has %d characters; an identity number has 18", len([]rune(s)))
	}
	sum := 0
	for i, weight := range []byte(weights) {
		if s[i] < '0' || s[i] > '9' {
			return Msg("holds something else than digits; only the last character may be X")
		}
		sum += int(s[i]-'0') * int(weight)
	}
	if born, err := time.Parse("20060102", s[6:14]); err != nil || born.Year() < 1900 || born.After(time.Now()) || s[0] == '0' {
		return Msg("holds a day of birth that cannot be; look at digits 7 to 14 again")
	}
	if checks[sum%11] != s[17] {
		return Msg("does not fit its last character: a digit is wrong or two are swapped")
	}
	return nil
}

// CheckBankAccount says what is wrong with the number of an account, or nil: 8 to 30 digits; of a bank card (62 with 16 to 19 digits,
// or 4 or 5 with 16) the last is a Luhn check digit. The message holds nothing of the number.
func CheckBankAccount(s string) *Message {
	for _, r := range s {
		if r < '0' || r > '9' {
			return Msg("holds something else than digits")
		}
	}
	n := len(s)
	if n < 8 || n > 30 {
		return Msg("has %d digits; an account has 8 to 30", n)
	}
	card := strings.HasPrefix(s, "62") && n >= 16 && n <= 19 || (s[0] == '4' || s[0] == '5') && n == 16
	if card && !luhn(s) {
		return Msg("does not fit its last digit: a digit is wrong or two are swapped")
	}
	return nil
}

// luhn says whether the last digit checks the others by the formula of ISO/IEC 7812-1.
func luhn(s string) bool {
	sum := 0
	for i := range len(s) {
		d := int(s[len(s)-1-i] - '0')
		if i%2 == 1 {
			d *= 2
		}
		sum += d/10 + d%10
	}
	return sum%10 == 0
}

// PersonalAction is what was done with personal data.
type PersonalAction string

// The actions.
const (
	PersonalSaved    PersonalAction = "saved"
	PersonalShown    PersonalAction = "shown"     // unmasked, on a page
	PersonalBankFile PersonalAction = "bank_file" // in a payment file of a run
	PersonalLedger   PersonalAction = "ledger"    // in the wage ledger of a run
	PersonalExported PersonalAction = "exported"  // with everything held about her
	PersonalErased   PersonalAction = "erased"
)

// PersonalAccess (查看记录) is one entry of the log of who did what with a worker's personal data. It is never changed.
type PersonalAccess struct {
	bun.BaseModel `bun:"table:personal_accesses,alias:pa"`

	ID       int64 `bun:",pk,autoincrement"`
	WorkerID int64
	Action   PersonalAction
	Fields   string // names of columns, apart by blanks
	Reason   string
	RunID    int64   `bun:",nullzero"` // of which a file was made
	DoneAt   Instant // set by NoteAccess
	DoneBy   string
}

// About is the entry for these columns.
func (a PersonalAccess) About(columns ...PersonalColumn) PersonalAccess {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = string(c)
	}
	a.Fields = strings.Join(names, " ")
	return a
}

// Columns are what the entry is about.
func (a PersonalAccess) Columns() []PersonalColumn {
	var list []PersonalColumn
	for name := range strings.FieldsSeq(a.Fields) {
		list = append(list, PersonalColumn(name))
	}
	return list
}

// NoteAccess writes down that personal data was changed, shown or handed out.
func NoteAccess(ctx context.Context, db bun.IDB, list ...PersonalAccess) error {
	for i := range list {
		list[i].DoneAt = Now()
	}
	for chunk := range slices.Chunk(list, 1000) {
		if _, err := db.NewInsert().Model(&chunk).Returning("NULL").Exec(ctx); err != nil {
			return fmt.Errorf("note who saw personal data: %w", err)
		}
	}
	return nil
}

// ShowPersonal is what is held about a worker, unmasked, for somebody who says why. It is noted before it is returned.
func ShowPersonal(ctx context.Context, db bun.IDB, keys *Keys, workerID int64, reason, by string) (Personal, error) {
	reason = strings.Join(strings.Fields(reason), " ")
	if reason == "" {
		return Personal{}, InvalidField("reason", "say why; the worker can read it")
	}
	v := &Invalid{}
	v.AddMsg("reason", CheckText(reason, MaxNote))
	if err := v.Err(); err != nil {
		return Personal{}, err
	}
	all, err := PersonalOf(ctx, db, keys, workerID)
	if err != nil {
		return Personal{}, err
	}
	p := all[workerID]
	if len(p.Held()) == 0 {
		return p, Conflict("Nothing is kept about her, so there is nothing to show.")
	}
	err = NoteAccess(ctx, db, PersonalAccess{WorkerID: workerID, Action: PersonalShown, Reason: reason, DoneBy: by}.About(p.Held()...))
	if err != nil {
		return Personal{}, err
	}
	return p, nil
}

// AccessesOf lists who did what with a worker's personal data, the latest first.
func AccessesOf(ctx context.Context, db bun.IDB, workerID int64, f Filter) (Page[PersonalAccess], error) {
	var list []PersonalAccess
	q := db.NewSelect().Model(&list).Where("worker_id = ?", workerID).Order("id DESC")
	return List(ctx, q, &list, Filter{Page: f.Page}, "")
}
