package templates

import "fmt"

// Status is how a state is shown: a colour, and always a word with it.
type Status struct {
	Kind string // Done, Wait, Bad, Live, or "" for what is none of them
	Text string
}

// statuses are the states of the things in the program. The words are keys of translations.
var statuses = map[string]Status{
	"open":      {Live, "Open"},
	"closed":    {Done, "Closed"},
	"draft":     {Wait, "Draft"},
	"approved":  {Done, "Approved"},
	"paid":      {Done, "Paid"},
	"discarded": {"", "Discarded"},
	"active":    {Done, "Active"},
	"left":      {"", "Left"},
	"rejected":  {Bad, "Rejected"},
	"struck":    {"", "Struck"},
	"disputed":  {Bad, "Disputed"},
	"confirmed": {Done, "Confirmed"},
	"silent":    {"", "Not confirmed yet"},
	"explained": {Done, "Explained"},
	"corrected": {Done, "Corrected"},
	"overdue":   {Bad, "Overdue"},
	"waiting":   {Wait, "Waiting"},
	"decided":   {Done, "Decided"},
	"complete":  {Done, "All delivered"},
	"quoted":    {Wait, "Quote"},
	"not_begun": {"", "Not begun"},
	"in_work":   {Live, "In work"},
	"settled":   {Done, "Settled"},

	"order_closed": {Done, "Closed"},
	"ended_early":  {Wait, "Ended early"},

	"out":       {Live, "At home"},
	"back":      {Done, "All back"},
	"cancelled": {"", "Cancelled"},
	"applies":   {Done, "Applies"},
	"later":     {Live, "Later"},
	"replaced":  {"", "Replaced"},
	"split":     {"", "Split"},
	"credited":  {Done, "Credited"},
	"half":      {Wait, "One side confirmed"},
	"works":     {Done, "Works"},
	"expired":   {"", "Expired"},
	"revoked":   {"", "Revoked"},
}

func statusOf(lang string, s any) Status {
	found, ok := statuses[fmt.Sprint(s)]
	if !ok {
		return Status{"", fmt.Sprint(s)}
	}
	found.Text = Translate(lang, found.Text)
	return found
}
