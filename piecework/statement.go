package piecework

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"strconv"

	"github.com/uptrace/bun"
)

// ContractorStatement (对账单) is one version of what a contractor and a workshop have between them for a period, in the workshop's
// currency: Closing = Opening + Fees − Charged − Received. What a version says never changes. Once both sides have confirmed it, nothing
// more can be entered for the days up to its end.
type ContractorStatement struct {
	bun.BaseModel `bun:"table:contractor_statements,alias:cst"`

	ID           int64 `bun:",pk,autoincrement"`
	WorkshopID   int64
	ContractorID int64
	PeriodFrom   Date
	PeriodTo     Date
	Version      int
	Opening      Money // carried: the closing balance of everything before
	Fees         Money // of accepted pieces, each decision rounded to the fen once
	Charged      Money // chargebacks the contractor does not bear himself
	Received     Money
	Closing      Money
	Hash         []byte // SHA-256 of the content
	MadeAt       Instant
	MadeBy       string
	// When each side confirmed this version, and who for it; 0 while it has not.
	WorkshopAt   Instant
	WorkshopBy   string
	ContractorAt Instant
	ContractorBy string

	Workshop   *Workshop       `bun:"rel:belongs-to,join:workshop_id=id"`
	Contractor *Contractor     `bun:"rel:belongs-to,join:contractor_id=id"`
	Lines      []StatementLine `bun:"rel:has-many,join:id=statement_id"`
}

// Confirmed says whether both sides have confirmed the version.
func (s *ContractorStatement) Confirmed() bool { return s.WorkshopAt != 0 && s.ContractorAt != 0 }

// State is how a version stands.
func (s *ContractorStatement) State() string {
	switch {
	case s.Confirmed():
		return "confirmed"
	case s.WorkshopAt != 0 || s.ContractorAt != 0:
		return "half"
	}
	return "draft"
}

// LineKind is what a line of a statement is about.
type LineKind string

// The kinds of lines.
const (
	LineFee        LineKind = "fee"
	LineChargeback LineKind = "chargeback"
	LinePayment    LineKind = "payment"
)

// StatementLine is one fact of a contractor's account. The amount of a fee is Quantity × Rate, rounded half up to the fen; those of
// chargebacks and payments lower what is owed.
type StatementLine struct {
	bun.BaseModel `bun:"table:contractor_statement_lines,alias:csl"`

	ID           int64 `bun:",pk,autoincrement"`
	StatementID  int64
	Pos          int // from 1
	Kind         LineKind
	Day          Date
	OrderCode    string
	DeliveryCode string
	Product      string
	Note         string
	Quantity     int64
	Rate         Rate
	Amount       Money
}

// Repriced says whether the line prices pieces of earlier lines anew, because a fee for all of them was reached.
func (l *StatementLine) Repriced() bool { return l.Kind == LineFee && l.Note == RepricedNote }

// signed is what the line adds to what is owed.
func (l *StatementLine) signed() Money {
	if l.Kind == LineFee {
		return l.Amount
	}
	return l.Amount.Neg()
}

// content is what the hash covers.
func (s *ContractorStatement) content(workshop, contractor string) []byte {
	var c Canonical
	c.Text("contractor-statement/1", workshop, contractor, string(s.PeriodFrom), string(s.PeriodTo))
	c.Int(int64(s.Version), s.Opening.Fen(), s.Fees.Fen(), s.Charged.Fen(), s.Received.Fen(), s.Closing.Fen())
	for _, l := range s.Lines {
		c.Text(string(l.Kind), string(l.Day), l.OrderCode, l.DeliveryCode, l.Product, strconv.Quote(l.Note))
		c.Int(l.Quantity, l.Rate.Millionths(), l.Amount.Fen())
	}
	return c.Bytes()
}

// accountLines is everything between a workshop and a contractor through a day, by day; of one day fees come first.
func accountLines(ctx context.Context, db bun.IDB, workshopID, contractorID int64, until Date) ([]StatementLine, error) {
	lines, err := feeLines(ctx, db, workshopID, contractorID, until)
	if err != nil {
		return nil, err
	}
	var rest []StatementLine
	err = db.NewSelect().TableExpr("chargebacks AS cb").Join("JOIN processing_orders AS o ON o.id = cb.order_id").Join("JOIN products AS p ON p.id = o.product_id").
		ColumnExpr("'chargeback' AS kind, cb.charged_on AS day, o.code AS order_code, p.name AS product, cb.reason AS note, cb.pieces AS quantity, cb.amount").
		Where("o.workshop_id = ? AND o.contractor_id = ? AND cb.charged_on <= ? AND cb.withdrawn_at = 0 AND cb.bearer <> ?", workshopID, contractorID, until, BearsContractor).
		Order("cb.charged_on", "cb.id").Scan(ctx, &rest)
	if err != nil {
		return nil, wrap("list chargebacks", err)
	}
	lines = append(lines, rest...)
	rest = nil
	err = db.NewSelect().TableExpr("contractor_payments AS cp").ColumnExpr("'payment' AS kind, cp.received_on AS day, cp.note, cp.amount").
		Where("cp.workshop_id = ? AND cp.contractor_id = ? AND cp.received_on <= ?", workshopID, contractorID, until).
		Order("cp.received_on", "cp.id").Scan(ctx, &rest)
	if err != nil {
		return nil, wrap("list payments", err)
	}
	lines = append(lines, rest...)
	slices.SortStableFunc(lines, func(a, b StatementLine) int {
		return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(lineOrder[a.Kind], lineOrder[b.Kind]))
	})
	return lines, nil
}

var lineOrder = map[LineKind]int{LineFee: 0, LineChargeback: 1, LinePayment: 2}

// feeLines are the fees of what was accepted through a day, a line for each decision and fee, by day.
func feeLines(ctx context.Context, db bun.IDB, workshopID, contractorID int64, until Date) ([]StatementLine, error) {
	var list []*ProcessingOrder
	err := db.NewSelect().Model(&list).Relation("Product").Where("o.workshop_id = ? AND o.contractor_id = ?", workshopID, contractorID).Order("o.id").Scan(ctx)
	if err != nil || len(list) == 0 {
		return nil, wrap("list orders", err)
	}
	earned, err := FeesEarned(ctx, db, list...)
	if err != nil {
		return nil, err
	}
	var decided []struct {
		ID       int64
		Day      Date
		Delivery string
	}
	err = db.NewSelect().TableExpr("acceptances AS ac").Join("JOIN deliveries AS d ON d.id = ac.delivery_id").Join("JOIN processing_orders AS o ON o.id = d.order_id").
		ColumnExpr("ac.id, ac.decided_on AS day, d.code AS delivery").Where("o.workshop_id = ? AND o.contractor_id = ?", workshopID, contractorID).Scan(ctx, &decided)
	if err != nil {
		return nil, wrap("list decisions", err)
	}
	orders, decisions := map[int64]*ProcessingOrder{}, map[int64]int{}
	for _, o := range list {
		orders[o.ID] = o
	}
	for i := range decided {
		decisions[decided[i].ID] = i
	}
	slices.SortStableFunc(earned, func(a, b FeeLine) int { return cmp.Compare(a.AcceptanceID, b.AcceptanceID) })
	var lines []StatementLine
	for _, f := range earned {
		o, d := orders[f.OrderID], decided[decisions[f.AcceptanceID]]
		if d.Day <= until {
			lines = append(lines, StatementLine{Kind: LineFee, Day: d.Day, OrderCode: o.Code, DeliveryCode: d.Delivery, Product: o.Product.Name,
				Note: f.note(), Quantity: f.Quantity, Rate: f.Fee, Amount: f.Amount()})
		}
	}
	return lines, nil
}

// StatementOf works out what stands between a workshop and a contractor for a period as the books are now, without storing it.
func StatementOf(ctx context.Context, db bun.IDB, workshopID, contractorID int64, from, to Date) (*ContractorStatement, error) {
	v := &Invalid{}
	if from == "" {
		v.Add("from", "is required")
	}
	if to == "" {
		v.Add("to", "is required")
	} else if to < from {
		v.Add("to", "is before the first day %s", from)
	}
	if err := v.Err(); err != nil {
		return nil, err
	}
	facts, err := accountLines(ctx, db, workshopID, contractorID, to)
	if err != nil {
		return nil, err
	}
	s := &ContractorStatement{WorkshopID: workshopID, ContractorID: contractorID, PeriodFrom: from, PeriodTo: to}
	for _, l := range facts {
		s.Closing = s.Closing.Add(l.signed())
		if l.Day < from {
			s.Opening = s.Opening.Add(l.signed())
			continue
		}
		switch l.Kind {
		case LineFee:
			s.Fees = s.Fees.Add(l.Amount)
		case LineChargeback:
			s.Charged = s.Charged.Add(l.Amount)
		case LinePayment:
			s.Received = s.Received.Add(l.Amount)
		}
		l.Pos = len(s.Lines) + 1
		s.Lines = append(s.Lines, l)
	}
	if s.Workshop, err = WorkshopByID(ctx, db, workshopID); err != nil {
		return nil, err
	}
	s.Contractor, err = ContractorByID(ctx, db, contractorID)
	return s, err
}

// seal gives the statement its hash.
func (s *ContractorStatement) seal() {
	sum := sha256.Sum256(s.content(s.Workshop.Code, s.Contractor.Code))
	s.Hash = sum[:]
}

// MakeStatement stores the next version of a statement. Its period has ended and overlaps none that both sides have confirmed; where
// nothing has changed since the version before there is no other.
func MakeStatement(ctx context.Context, db bun.IDB, workshopID, contractorID int64, from, to Date, by string) (*ContractorStatement, error) {
	var s *ContractorStatement
	err := InTx(ctx, db, func(ctx context.Context, db bun.Tx) error {
		if err := LockWorkshop(ctx, db, workshopID); err != nil {
			return err
		}
		var err error
		if s, err = StatementOf(ctx, db, workshopID, contractorID, from, to); err != nil {
			return err
		}
		if to >= s.Workshop.Today() {
			return InvalidField("to", "must be before today: the day is not over")
		}
		if err := NotStated(ctx, db, workshopID, contractorID, from); err != nil {
			return err
		}
		versions, err := statementVersions(ctx, db, s)
		if err != nil {
			return err
		}
		if n := len(versions); n > 0 {
			last := &versions[n-1]
			if s.Version = last.Version; string(s.content(s.Workshop.Code, s.Contractor.Code)) == string(last.content(s.Workshop.Code, s.Contractor.Code)) {
				return Conflict("Nothing has changed since version %d.", last.Version)
			}
		}
		s.Version++
		s.seal()
		s.MadeAt, s.MadeBy = Now(), by
		if _, err := db.NewInsert().Model(s).Exec(ctx); err != nil {
			return wrap("store statement", err)
		}
		for i := range s.Lines {
			s.Lines[i].StatementID = s.ID
		}
		if len(s.Lines) > 0 {
			_, err = db.NewInsert().Model(&s.Lines).Exec(ctx)
		}
		return wrap("store statement", err)
	})
	return s, err
}

func byPos(q *bun.SelectQuery) *bun.SelectQuery { return q.Order("pos") }

// statementVersions are the versions of a statement with their lines, the first one first.
func statementVersions(ctx context.Context, db bun.IDB, s *ContractorStatement) ([]ContractorStatement, error) {
	var list []ContractorStatement
	err := db.NewSelect().Model(&list).Relation("Lines", byPos).Where("workshop_id = ? AND contractor_id = ? AND period_from = ? AND period_to = ?",
		s.WorkshopID, s.ContractorID, s.PeriodFrom, s.PeriodTo).Order("version").Scan(ctx)
	return list, wrap("list versions", err)
}

// NotStated is a conflict where a statement that both sides have confirmed reaches a day: what it says stands. Until the transaction ends
// nobody else confirms one.
func NotStated(ctx context.Context, db bun.Tx, workshopID, contractorID int64, day Date) error {
	if err := LockWorkshop(ctx, db, workshopID); err != nil {
		return err
	}
	var until []Date
	err := db.NewSelect().Model((*ContractorStatement)(nil)).Column("period_to").Where("workshop_id = ? AND contractor_id = ? AND period_to >= ?", workshopID, contractorID, day).
		Where("workshop_at <> 0 AND contractor_at <> 0").Order("period_to DESC").Limit(1).Scan(ctx, &until)
	if err != nil {
		return wrap("look for statements", err)
	}
	for _, last := range until {
		return Conflict("Both sides have confirmed the statement through %s. Choose a later day: it then stands on the next one.", last)
	}
	return nil
}

// Confirm confirms a version for one side. It must be the latest, and say what the books say.
func (s *ContractorStatement) Confirm(ctx context.Context, db bun.IDB, contractor bool, by string) error {
	return InTx(ctx, db, func(ctx context.Context, db bun.Tx) error {
		if err := NotStated(ctx, db, s.WorkshopID, s.ContractorID, s.PeriodFrom); err != nil {
			return err
		}
		versions, err := statementVersions(ctx, db, s)
		if err != nil {
			return err
		}
		if last := versions[len(versions)-1].Version; last != s.Version {
			return Conflict("There is version %d by now. Confirm that one.", last)
		}
		now, err := StatementOf(ctx, db, s.WorkshopID, s.ContractorID, s.PeriodFrom, s.PeriodTo)
		if err != nil {
			return err
		}
		now.Version = s.Version
		if now.seal(); string(now.Hash) != string(s.Hash) {
			return Conflict("Something was entered since this version was made. Make a new version first.")
		}
		side := "workshop"
		if contractor {
			side = "contractor"
		}
		return changed(ctx, db.NewUpdate().Model((*ContractorStatement)(nil)).Set("? = ?", bun.Ident(side+"_at"), Now()).Set("? = ?", bun.Ident(side+"_by"), by).
			Where("id = ? AND ? = 0", s.ID, bun.Ident(side+"_at")), "This side has confirmed the version already.")
	})
}

// Statements lists statements, the latest period first, of each the latest version. Status "open" leaves out those that both sides have
// confirmed.
func Statements(ctx context.Context, db bun.IDB, f Filter) (Page[ContractorStatement], error) {
	var list []ContractorStatement
	q := db.NewSelect().Model(&list).Relation("Workshop").Relation("Contractor").OrderExpr("cst.period_to DESC, cst.id DESC").
		Where(`NOT EXISTS (SELECT 1 FROM contractor_statements n WHERE n.workshop_id = cst.workshop_id AND n.contractor_id = cst.contractor_id
			AND n.period_from = cst.period_from AND n.period_to = cst.period_to AND n.version > cst.version)`)
	for column, id := range map[string]int64{"cst.workshop_id": f.WorkshopID, "cst.contractor_id": f.ContractorID} {
		if id != 0 {
			q = q.Where(column+" = ?", id)
		}
	}
	if f.Status == "open" {
		q = q.Where("cst.workshop_at = 0 OR cst.contractor_at = 0")
	}
	return List(ctx, q, &list, f, "cst.period_to", "contractor.name", "contractor.code")
}

// StatementByID returns one version with its lines, or a not-found error.
func StatementByID(ctx context.Context, db bun.IDB, id int64) (*ContractorStatement, error) {
	s := new(ContractorStatement)
	err := db.NewSelect().Model(s).Relation("Workshop").Relation("Contractor").Relation("Lines", byPos).Where("cst.id = ?", id).Scan(ctx)
	return s, found(err, "There is no such statement.")
}

// LatestStatement is the latest version of the statement of exactly this period, or, where none was made, what the books say now: its
// version is then 0.
func LatestStatement(ctx context.Context, db bun.IDB, workshopID, contractorID int64, from, to Date) (*ContractorStatement, error) {
	versions, err := statementVersions(ctx, db, &ContractorStatement{WorkshopID: workshopID, ContractorID: contractorID, PeriodFrom: from, PeriodTo: to})
	if err != nil {
		return nil, err
	}
	if len(versions) == 0 {
		return StatementOf(ctx, db, workshopID, contractorID, from, to)
	}
	return StatementByID(ctx, db, versions[len(versions)-1].ID)
}

// StatementVersions are all versions of a statement, the first one first, without lines.
func StatementVersions(ctx context.Context, db bun.IDB, s *ContractorStatement) ([]ContractorStatement, error) {
	return statementVersions(ctx, db, s)
}

// CheckStatements recomputes every stored statement from its lines, and those that both sides have confirmed from the books. The error
// names the first that is off.
func CheckStatements(ctx context.Context, db bun.IDB) (int, error) {
	var ids []int64
	if err := db.NewSelect().Model((*ContractorStatement)(nil)).Column("id").Order("id").Scan(ctx, &ids); err != nil {
		return 0, wrap("list statements", err)
	}
	for _, id := range ids {
		s, err := StatementByID(ctx, db, id)
		if err != nil {
			return 0, err
		}
		was := s.Hash
		if s.seal(); string(s.Hash) != string(was) {
			return 0, fmt.Errorf("the statement of contractor %s through %s, version %d, does not match its hash", s.Contractor.Code, s.PeriodTo, s.Version)
		}
		if !s.Confirmed() {
			continue
		}
		now, err := StatementOf(ctx, db, s.WorkshopID, s.ContractorID, s.PeriodFrom, s.PeriodTo)
		if err != nil {
			return 0, err
		}
		now.Version = s.Version
		if now.seal(); string(now.Hash) != string(was) {
			return 0, fmt.Errorf("the statement of contractor %s through %s, version %d, is confirmed, but the books say something else by now", s.Contractor.Code, s.PeriodTo, s.Version)
		}
	}
	return len(ids), nil
}

// Billed is what contractors owe for the accepted pieces of orders, by order: each line rounded to the fen once, as on statements.
func Billed(ctx context.Context, db bun.IDB, list ...*ProcessingOrder) (map[int64]Money, error) {
	earned, err := FeesEarned(ctx, db, list...)
	sums := map[int64]Money{}
	for _, f := range earned {
		sums[f.OrderID] = sums[f.OrderID].Add(f.Amount())
	}
	return sums, err
}
