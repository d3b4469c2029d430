package piecework

import (
	"context"

	"github.com/uptrace/bun"
)

// Question is what a contractor asked about an order, and what he was answered.
type Question struct {
	bun.BaseModel `bun:"table:order_questions,alias:oq"`

	ID         int64 `bun:",pk,autoincrement"`
	OrderID    int64
	Question   string
	AskedAt    Instant
	AskedBy    string
	Answer     string
	AnsweredAt Instant // 0 while it waits
	AnsweredBy string

	Order *ProcessingOrder `bun:"rel:belongs-to,join:order_id=id"`
}

// Ask puts a question about an order.
func Ask(ctx context.Context, db bun.IDB, q *Question) error {
	v := &Invalid{}
	if q.Question == "" {
		v.Add("question", "is required")
	}
	v.AddMsg("question", CheckText(q.Question, MaxNote))
	checkName(v, "name", q.AskedBy)
	if err := v.Err(); err != nil {
		return err
	}
	q.AskedAt = Now()
	_, err := db.NewInsert().Model(q).Exec(ctx)
	return wrap("record question", err)
}

// AnswerQuestion answers a question, once: what the contractor has read stays.
func AnswerQuestion(ctx context.Context, db bun.IDB, id int64, answer, by string) error {
	v := &Invalid{}
	if answer == "" {
		v.Add("answer", "is required")
	}
	v.AddMsg("answer", CheckText(answer, MaxNote))
	if err := v.Err(); err != nil {
		return err
	}
	return changed(ctx, db.NewUpdate().Model((*Question)(nil)).Set("answer = ?", answer).Set("answered_at = ?", Now()).Set("answered_by = ?", by).
		Where("id = ? AND answered_at = 0", id), "This question was answered already.")
}

// Questions lists questions, those that wait first, then the latest. Status "waiting" leaves out those that are answered.
func Questions(ctx context.Context, db bun.IDB, f Filter) (Page[Question], error) {
	var list []Question
	q := f.underOrder(db.NewSelect().Model(&list).Relation("Order").Relation("Order.Contractor").Relation("Order.Product").
		OrderExpr("oq.answered_at = 0 DESC, oq.id DESC"), "oq.order_id")
	if f.Status == "waiting" {
		q = q.Where("oq.answered_at = 0")
	}
	return List(ctx, q, &list, f, "", "oq.question", `"order"."code"`)
}

// QuestionByID returns one question with its order, or a not-found error.
func QuestionByID(ctx context.Context, db bun.IDB, id int64) (*Question, error) {
	q := new(Question)
	err := db.NewSelect().Model(q).Relation("Order").Where("oq.id = ?", id).Scan(ctx)
	return q, found(err, "There is no such question.")
}
