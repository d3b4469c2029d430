package handlers

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"jijian/piecework"
)

const scanImportPath = "/scan/import"

// savedQueue is the file in which a device hands over what it could not send; see assets/scan/store.js.
type savedQueue struct {
	Version int `json:"jijian_queue"`
	Queues  []struct {
		Workshop string            `json:"workshop"` // code
		Tallies  []json.RawMessage `json:"tallies"`  // as in the interface for programs
	} `json:"queues"`
}

// scanImport is what became of the tallies of such a file.
type scanImport struct {
	Done                        bool            // a file was read
	Rows                        []importedTally // what needs a person first
	Accepted, Duplicate, Person int
}

// importedTally is one tally of the file as far as it could be read.
type importedTally struct {
	piecework.NewTally
	Name   string // of the worker, when she is known
	At     time.Time
	Status piecework.TallyStatus
	Held   bool // it waits in the review queue
	Reason string
}

// scanImportShow asks for the file.
func (s *Server) scanImportShow(c echo.Context) error {
	return s.page(c, "scan/import", scanImport{})
}

// scanImportRead records the tallies of a file as if the device had sent them, and shows what became of each. The same file again, or the
// device sending after all, counts nothing twice.
func (s *Server) scanImportRead(c echo.Context) error {
	file, err := readQueue(c)
	if err != nil {
		return s.again(c, err, "scan/import", scanImport{})
	}
	p := scanImport{Done: true}
	var fine []importedTally
	for _, q := range file.Queues {
		rows, err := s.importQueue(c, q.Workshop, q.Tallies)
		if err != nil {
			return err
		}
		for _, row := range rows {
			switch row.Status {
			case piecework.Accepted:
				p.Accepted++
			case piecework.Duplicate:
				p.Duplicate++
			default:
				p.Person++
				p.Rows = append(p.Rows, row)
				continue
			}
			fine = append(fine, row)
		}
	}
	p.Rows = append(p.Rows, fine...)
	return s.page(c, "scan/import", p)
}

// maxQueue is how many tallies a file may hold.
const maxQueue = 20_000

// readQueue reads the file that was sent.
func readQueue(c echo.Context) (*savedQueue, error) {
	upload, err := c.FormFile("file")
	if errors.Is(err, http.ErrMissingFile) || errors.Is(err, http.ErrNotMultipart) {
		return nil, piecework.InvalidField("file", "choose the file that the device has saved")
	}
	if err != nil {
		return nil, err
	}
	f, err := upload.Open()
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(f)
	if err != nil {
		return nil, err
	}
	q := new(savedQueue)
	if err := json.Unmarshal(data, q); err != nil || q.Version != 1 {
		return nil, piecework.InvalidField("file", "is not a file that the scan page has saved, or it is damaged")
	}
	n := 0
	for _, of := range q.Queues {
		n += len(of.Tallies)
	}
	switch {
	case n == 0:
		return nil, piecework.InvalidField("file", "holds no tallies: the device had sent everything")
	case n > maxQueue:
		return nil, piecework.InvalidField("file", "holds %d tallies; one file carries at most %d", n, maxQueue)
	}
	return q, nil
}

// importQueue records the tallies of one workshop.
func (s *Server) importQueue(c echo.Context, workshop string, tallies []json.RawMessage) ([]importedTally, error) {
	ctx, v := c.Request().Context(), visitOf(c)
	list, err := piecework.Workshops(ctx, s.DB, v.who.WorkshopID)
	if err != nil {
		return nil, err
	}
	w := chosenWorkshop(list, workshop)
	if w == nil || workshop == "" {
		rows, refusal := make([]importedTally, len(tallies)), v.says("is of another workshop: somebody of it must read the file in")
		for i, data := range tallies {
			item, _ := readTally(data)
			rows[i] = importedTally{NewTally: item, At: momentOf(item, s.zone(c)), Status: piecework.Rejected, Reason: refusal}
		}
		return rows, nil
	}
	crew, err := piecework.Crew(ctx, s.DB, w.ID)
	if err != nil {
		return nil, err
	}
	names := map[string]string{}
	for _, worker := range crew {
		names[worker.Code] = worker.Name
	}
	var rows []importedTally
	for len(tallies) > 0 {
		n := min(len(tallies), maxTallies)
		batch, err := s.importBatch(c, tallies[:n], w.Location())
		if err != nil {
			return nil, err
		}
		for i := range batch {
			batch[i].Name = names[batch[i].Worker]
		}
		rows, tallies = append(rows, batch...), tallies[n:]
	}
	return rows, nil
}

// importBatch records tallies that one call may carry. What is refused is held for review, as it is when the device sends it.
func (s *Server) importBatch(c echo.Context, tallies []json.RawMessage, zone *time.Location) ([]importedTally, error) {
	v := visitOf(c)
	rows := make([]importedTally, len(tallies))
	batch := piecework.Batch{By: v.who.Actor(), Hold: true, Items: make([]piecework.NewTally, len(tallies))}
	for i, data := range tallies {
		item, wrong := readTally(data)
		item.Wrong, item.Sent = wrong, string(data)
		batch.Items[i], rows[i] = item, importedTally{NewTally: item, At: momentOf(item, zone)}
	}
	results, err := s.recorder.RecordBatch(c.Request().Context(), batch)
	if err != nil {
		return nil, err
	}
	for i, r := range results {
		rows[i].Status, rows[i].Held = r.Status, r.Held
		if r.Reason != nil {
			rows[i].Reason = inWords(v.lang, r.Reason)
		}
	}
	return rows, nil
}

// momentOf is when a tally was counted, the zero time when it does not say.
func momentOf(t piecework.NewTally, zone *time.Location) time.Time {
	if t.RecordedAt == 0 {
		return time.Time{}
	}
	return t.RecordedAt.In(zone)
}
