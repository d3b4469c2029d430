package label

import (
	"fmt"
	"io"

	"jijian/piecework"
)

// TakeHome is the slip that goes with a lot of take-home work.
type TakeHome struct {
	Name       string // of the worker
	WorkerCode string
	Order      string
	Product    string
	Operation  string // its name
	Quantity   int64  // pieces that go out
	OutOn      piecework.Date
	DueOn      piecework.Date // "" when no day was agreed
	Code       piecework.Code
}

// TakeHomes prints slips of take-home work; see [Printer.Badges] for the errors.
func (p *Printer) TakeHomes(w io.Writer, job Job, lots []TakeHome) ([]Warning, error) {
	words := wordsOf(job.Lang)
	labels := make([]content, len(lots))
	for i, t := range lots {
		lines := []line{{field: "worker", text: t.Name, bold: true, head: true, beside: t.WorkerCode},
			{field: "quantity", text: fmt.Sprintf(words.pieces, t.Quantity) + " " + t.Operation, bold: true}}
		if t.DueOn != "" {
			lines = append(lines, line{field: "due on", text: fmt.Sprintf(words.back, t.DueOn[len("2026-"):]), bold: true})
		}
		labels[i] = content{code: t.Code, lines: append(lines, line{field: "order", text: t.Order}, line{field: "product", text: t.Product, lines: 2},
			line{field: "out on", text: fmt.Sprintf(words.out, t.OutOn[len("2026-"):])})}
	}
	return p.print(w, job, words.takeHomes, labels)
}
