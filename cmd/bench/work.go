package main

import (
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// The workshop that the load comes from. The workers stand in a queue and hand in, one after the other, what they did at each operation
// of an order; then they queue again with the next order, and after the last order the clock moves on. So every tally is a different
// piece of work, as plausible as the next: nobody is too fast, nothing is handed in twice, and no operation overtakes the one before it.
const (
	workshop   = "BENCH"
	crew       = 100
	products   = 4
	operations = 5
	perRound   = crew * products * operations // tallies between two steps of the clock
	perSession = 2                            // steps of the clock in a session
	perDay     = 4                            // sessions in a day
	sessions   = 999
	step       = time.Hour
)

var (
	zone     = time.FixedZone("", 8*60*60)
	firstDay = time.Date(2026, 1, 5, 8, 0, 0, 0, zone)
)

// tables is the master data in the form that jijian import reads.
func tables() map[string][][]string {
	t := map[string][][]string{
		"workshops":   {{"code", "name"}, {workshop, "量具坊"}},
		"contractors": {{"code", "name"}, {"CT1", "锦绣花坊"}},
		"workers":     {{"code", "name", "workshop"}},
		"products":    {{"code", "name", "craft"}},
		"operations":  {{"product", "code", "name", "seq"}},
		"orders":      {{"code", "workshop", "contractor", "product", "quantity", "unit_fee", "ordered_on"}},
		"rates":       {{"product", "operation", "effective_from", "rate"}},
		"sessions":    {{"code", "workshop", "date", "starts_at"}},
	}
	add := func(table string, row ...string) { t[table] = append(t[table], row) }
	for i := range crew {
		add("workers", workerCode(i), "王秀英", workshop)
	}
	for p := range products {
		code := strconv.Itoa(p + 1)
		add("products", "P"+code, "绢花", "artificial_flower")
		add("orders", "O"+code, workshop, "CT1", "P"+code, "10000000", "0.9", "2026-01-01")
		for o := range operations {
			op := strconv.Itoa(o + 1)
			add("operations", "P"+code, "OP"+op, "工序"+op, op)
			add("rates", "P"+code, "OP"+op, "2026-01-01", "0.05")
		}
	}
	for i := range sessions {
		at := beginning(i)
		add("sessions", sessionCode(i), workshop, at.Format(time.DateOnly), at.Format("15:04"))
	}
	return t
}

func workerCode(i int) string  { return fmt.Sprintf("W%03d", i+1) }
func sessionCode(i int) string { return fmt.Sprintf("S%03d", i+1) }

// beginning is when a session begins.
func beginning(session int) time.Time {
	return firstDay.AddDate(0, 0, session/perDay).Add(time.Duration(session%perDay*perSession) * step)
}

// writeTables writes the master data into a folder.
func writeTables(dir string) error {
	for name, rows := range tables() {
		f, err := os.Create(filepath.Join(dir, name+".csv"))
		if err != nil {
			return err
		}
		if err := csv.NewWriter(f).WriteAll(rows); err != nil {
			return err
		}
		if err := f.Close(); err != nil {
			return err
		}
	}
	return nil
}

// uidPrefix makes the uids of a run version 7 UUIDs; the number of the tally fills the rest.
const uidPrefix = "019a0000-0000-7000-8000-"

// uid names tally n.
func uid(n int64) string { return fmt.Sprintf("%s%012d", uidPrefix, n) }

// appendTally writes tally n as JSON, with the fields that the interface for tallies has.
func appendTally(b []byte, n int64) []byte {
	round := int(n / perRound)
	session := round / perSession % sessions
	at := beginning(session).Add(time.Duration(round%perSession+1) * step)
	order, operation := int(n/(operations*crew))%products, int(n%operations)
	b = append(b, `{"uid":"`...)
	b = append(b, uidPrefix...)
	b = appendPadded(b, n, 12)
	b = append(b, `","session":"S`...)
	b = appendPadded(b, int64(session+1), 3)
	b = append(b, `","worker":"W`...)
	b = appendPadded(b, n/operations%crew+1, 3)
	b = append(b, `","order":"O`...)
	b = strconv.AppendInt(b, int64(order+1), 10)
	b = append(b, `","operation":"OP`...)
	b = strconv.AppendInt(b, int64(operation+1), 10)
	b = append(b, `","good":`...)
	// Each operation leaves enough over for the next, however the connections overtake one another; and little enough for the order to last.
	b = strconv.AppendInt(b, 1<<(operations-1-operation), 10)
	b = append(b, `,"recorded_at":"`...)
	b = at.AppendFormat(b, time.RFC3339)
	return append(b, `"}`...)
}

func appendPadded(b []byte, n int64, width int) []byte {
	for limit := int64(10); width > 1; width, limit = width-1, limit*10 {
		if n < limit {
			b = append(b, "00000000000000000000"[:width-1]...)
			break
		}
	}
	return strconv.AppendInt(b, n, 10)
}

// appendBatch writes a call with size tallies from number n on.
func appendBatch(b []byte, n int64, size int) []byte {
	b = append(b, `{"tallies":[`...)
	for i := range size {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendTally(b, n+int64(i))
	}
	return append(b, "]}"...)
}
