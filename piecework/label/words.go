package label

import (
	"strings"

	"jijian/piecework"
)

// words are those of one language. Those with verbs are filled by fmt.
type words struct {
	badges, tickets, sheet string // titles of documents
	pieces                 string
	takeHomes              string // title of the document
	out, back              string // days of take-home work
	all, comma             string
	session                string
	commands               map[piecework.Command]command
}

// command is the name of a command and what it does.
type command struct{ name, means string }

// inOrder are the commands as they hang at the bench: how often, what became of the pieces, and what ends it.
var inOrder = []piecework.Command{piecework.Times10, piecework.Times50, piecework.Times100, piecework.AsRework, piecework.AsScrapByWorkmanship,
	piecework.AsScrapByMaterial, piecework.Undo, piecework.Finish}

var chinese = words{
	badges: "工牌", tickets: "菲票", sheet: "操作码",
	takeHomes: "带回家做", out: "%s 发出", back: "%s 前交回",
	pieces: "%d 件", all: "全部工序", comma: "、",
	session: "扫这个码，在本场计件",
	commands: map[piecework.Command]command{
		piecework.Times10:              {"×10", "加十件，可以连扫"},
		piecework.Times50:              {"×50", "加五十件，可以连扫"},
		piecework.Times100:             {"×100", "加一百件，可以连扫"},
		piecework.AsRework:             {"返工", "有一件要返工，可以连扫"},
		piecework.AsScrapByWorkmanship: {"工废", "有一件做坏了，可以连扫"},
		piecework.AsScrapByMaterial:    {"料废", "有一件料不好，可以连扫"},
		piecework.Undo:                 {"撤销", "撤销刚记的一笔"},
		piecework.Finish:               {"完成", "就是这些，记下来"},
	},
}

var english = words{
	badges: "Badges", tickets: "Bundle tickets", sheet: "Commands",
	takeHomes: "Take-home work", out: "Out %s", back: "Back by %s",
	pieces: "%d pcs", all: "All operations", comma: ", ",
	session: "Scan to count in this session",
	commands: map[piecework.Command]command{
		piecework.Times10:              {"Ten", "Adds ten pieces, each time"},
		piecework.Times50:              {"Fifty", "Adds fifty pieces, each time"},
		piecework.Times100:             {"A hundred", "Adds a hundred, each time"},
		piecework.AsRework:             {"Rework", "One piece to be done again"},
		piecework.AsScrapByWorkmanship: {"Work scrap", "One piece spoilt by the work"},
		piecework.AsScrapByMaterial:    {"Material scrap", "One spoilt by the material"},
		piecework.Undo:                 {"Undo", "Takes back the last entry"},
		piecework.Finish:               {"Done", "That is all: record it"},
	},
}

func wordsOf(lang string) *words {
	if lang == "en" {
		return &english
	}
	return &chinese
}

func (w *words) list(operations []string) string {
	if len(operations) == 0 {
		return w.all
	}
	return strings.Join(operations, w.comma)
}
