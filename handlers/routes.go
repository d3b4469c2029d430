package handlers

// How a page is added
//
//  1. Put its line into the table below: method, path, who may, handler. There is no other way to register a path, and a
//     line without anybody who may is refused at start.
//  2. Name what the path is about by its kind: "/orders/:order/close", not ":id". Before the handler runs, the thing must
//     exist and be visible to the person ([account.Identity.May]); otherwise the answer is "not found". So a handler reads
//     paramID(c, "order") and need not check again. Kinds are in piecework/account/identity.go.
//  3. Write the handler, func (s *Server) orderClose(c echo.Context) error: parse, one domain call, render or redirect.
//     Lists take s.filter(c), which is narrowed to what the person may see. Ids from a form go through f.id with its kind.
//     contractors.go is a whole example; view.go and form.go hold what it uses.
//  4. Add templates/pages/<thing>/<action>.html (see templates/README.md) and its words to templates/zh.json.
//  5. If it belongs into the menu, add a line to menu in view.go. TestPermissions walks the table: give it an id of each kind
//     your path names, if it has none yet.

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"jijian/piecework/account"
	"jijian/templates"
)

// may is the set of those who may ask for a path.
type may uint16

const (
	plain may = 1 << iota // anybody; nothing is known about the visitor
	open                  // anybody
	admin
	bookkeeper
	lead
	counter
	worker
	contractor
	officer

	books    = admin | bookkeeper
	office   = books | lead
	bench    = office | counter
	signedIn = bench | worker | contractor | officer
)

var mayOf = map[account.Role]may{account.Admin: admin, account.Bookkeeper: bookkeeper, account.Lead: lead, account.Counter: counter, account.Worker: worker,
	account.Contractor: contractor, account.Officer: officer}

const (
	get  = http.MethodGet
	post = http.MethodPost
)

// route is one line of the table. Pages have a handler, operations of the JSON interface an api.
type route struct {
	method, path string
	may          may
	handler      echo.HandlerFunc
	api          *operation
}

// routes is every path there is.
func (s *Server) routes() []route {
	return []route{
		{get, "/healthz", plain, s.health, nil},
		{get, "/readyz", plain, s.ready, nil},
		{get, templates.StaticPrefix + "*", plain, echo.WrapHandler(templates.Static()), nil},
		{get, "/sw.js", plain, s.serviceWorker, nil},
		{get, "/manifest.webmanifest", plain, s.manifest, nil},
		{get, "/me.webmanifest", plain, s.meManifest, nil},
		{get, "/push-sw.js", plain, s.pushWorker, nil},

		{get, "/", signedIn, s.home, nil},
		{get, "/signin", open, s.signinShow, nil},
		{post, "/signin", open, s.signin, nil},
		{get, "/signin/code", open, s.secondShow, nil},
		{post, "/signin/code", open, s.second, nil},
		{get, "/signin/with/:provider", open, s.elsewhereGo, nil},
		{get, "/signin/with/:provider/back", open, s.elsewhereBack, nil},
		{get, "/invite/:code", open, s.inviteShow, nil},
		{post, "/invite/:code", open, s.inviteAccept, nil},
		{post, "/signout", open, s.signout, nil},
		{post, "/lang", open, s.language, nil},
		{get, "/setup/:code", open, s.setupShow, nil},
		{post, "/setup/:code", open, s.setup, nil},

		{get, "/c", open, s.checkAsk, nil},
		{get, "/c/:code", open, s.check, nil},

		{get, "/q/:code", open, s.codeShow, nil},
		{get, "/Q/:code", open, s.codeShow, nil}, // as it stands in QR codes, which take capitals more easily

		{get, "/notices", office | worker, s.notices, nil},
		{post, "/notices/seen", office | worker, s.noticesSeen, nil},
		{post, "/notices/devices", office | worker, s.deviceAdd, nil},
		{post, "/notices/devices/remove", office | worker, s.deviceRemove, nil},
		{get, "/robots", admin, s.robots, nil},
		{post, "/robots", admin, s.robotCreate, nil},
		{post, "/robots/:robot/test", admin, s.robotTry, nil},
		{post, "/robots/:robot/remove", admin, s.robotRemove, nil},

		{get, "/users", admin, s.users, nil},
		{get, "/users/new", admin, s.userNew, nil},
		{post, "/users", admin, s.userCreate, nil},
		{get, "/users/:user", admin, s.userShow, nil},
		{post, "/users/:user/password", admin, s.userPassword, nil},
		{post, "/users/:user/disable", admin, s.userDisable, nil},
		{post, "/users/:user/enable", admin, s.userEnable, nil},
		{post, "/users/:user/role", admin, s.userRole, nil},
		{post, "/users/:user/workshops", admin, s.userWorkshopGive, nil},
		{post, "/users/:user/workshops/take", admin, s.userWorkshopTake, nil},
		{post, "/users/:user/invite", admin, s.userInvite, nil},
		{post, "/users/:user/signout", admin, s.userSignOut, nil},
		{post, "/users/:user/second/off", admin, s.userSecondOff, nil},
		{get, "/audit", admin, s.audit, nil},

		{get, "/account", signedIn, s.account, nil},
		{post, "/account/password", signedIn, s.accountPassword, nil},
		{get, pinPath, signedIn, s.accountPINShow, nil},
		{post, pinPath, signedIn, s.accountPIN, nil},
		{post, "/account/second", signedIn, s.accountSecond, nil},
		{post, "/account/second/confirm", signedIn, s.accountSecondConfirm, nil},
		{post, "/account/second/off", signedIn, s.accountSecondOff, nil},
		{post, "/account/link/:provider", signedIn, s.accountLink, nil},
		{post, "/account/unlink/:provider", signedIn, s.accountUnlink, nil},
		{post, "/account/sessions/end", signedIn, s.accountSessionEnd, nil},
		{post, "/workshop", office, s.workshopChoose, nil},
		{get, "/programme", admin | officer, s.programme, nil},

		{get, "/api/openapi.json", open, s.openAPIShow, nil},
		{get, "/api/docs", open, s.docsShow, nil},
		call(s, post, tallyPath, bench, "Record tallies", s.apiRecord).quickly(s.recordPlain),
		call(s, get, "/api/v1/sessions", office, "List work sessions, the latest first", s.apiSessions),
		call(s, get, "/api/v1/orders", office|contractor, "List processing orders, open ones first", s.apiOrders),
		call(s, get, "/api/v1/workers", office, "List workers by code", s.apiWorkers),
		call(s, post, "/api/v1/teams", bench, "Find or make the team of some workers", s.apiTeam),
		call(s, get, "/api/v1/runs", office, "List pay runs, the latest period first", s.apiRuns),
		call(s, get, "/api/v1/runs/:run/slips", office, "List the current slips of a pay run by worker", s.apiSlips),

		{get, "/contractors", office, s.contractors, nil},
		{get, "/contractors/new", office, s.contractorNew, nil},
		{post, "/contractors", office, s.contractorCreate, nil},
		{get, "/contractors/:contractor", office, s.contractorEdit, nil},
		{post, "/contractors/:contractor", office, s.contractorSave, nil},

		{get, "/orders", office | contractor, s.orders, nil},
		{get, "/orders/new", office, s.orderNew, nil},
		{post, "/orders", office, s.orderCreate, nil},
		{get, "/orders/:order", office | contractor, s.orderShow, nil},
		{get, "/orders/:order/edit", office, s.orderEdit, nil},
		{post, "/orders/:order", office, s.orderSave, nil},
		{post, "/orders/:order/close", office, s.orderClose, nil},
		{post, "/orders/:order/end", office, s.orderEnd, nil},
		{post, "/orders/:order/reopen", office, s.orderReopen, nil},
		{get, "/margins", office, s.margins, nil},
		{post, "/orders/:order/accept", office, s.orderAccept, nil},
		{get, "/orders/:order/fees", office, s.orderFeesShow, nil},
		{post, "/orders/:order/fees", office, s.orderFeesAgree, nil},
		{get, orderPhotosPath, office, s.orderPhotosShow, nil},
		{post, orderPhotosPath, office, s.orderPhotosAdd, nil},
		{post, "/orders/:order/photos/:photo/remove", office, s.orderPhotoRemove, nil},
		{get, "/orders/:order/materials", office, s.materialsShow, nil},
		{post, "/orders/:order/materials", office, s.materialMove, nil},
		{post, "/orders/:order/materials/needs", office, s.orderNeedSet, nil},
		{post, "/orders/:order/materials/charge", books, s.lossCharge, nil},
		{post, "/orders/:order/materials/:movement/strike", office, s.movementStrike, nil},
		{get, "/orders/:order/tickets", office, s.tickets, nil},
		{post, "/orders/:order/tickets", office, s.ticketsCut, nil},
		{get, "/orders/:order/tickets.pdf", office, s.ticketsPrint, nil},
		{get, "/tickets/:ticket", office, s.ticketShow, nil},
		{post, "/tickets/:ticket/split", office, s.ticketSplit, nil},
		{get, "/orders/:order/deliveries/new", office, s.deliveryNew, nil},
		{post, "/orders/:order/deliveries", office, s.deliveryCreate, nil},
		{get, "/deliveries", office | contractor, s.deliveries, nil},
		{get, "/deliveries/:delivery", office | contractor, s.deliveryShow, nil},
		{post, "/deliveries/:delivery", office | contractor, s.deliveryDecide, nil},
		{get, "/deliveries/:delivery/note.pdf", office | contractor, s.deliveryNote, nil},
		{post, "/acceptances/:acceptance/rework", office, s.reworkCut, nil},
		{get, "/orders/:order/links", office, s.links, nil},
		{post, "/orders/:order/links", office, s.linkMake, nil},
		{post, "/links/:link/revoke", office, s.linkRevoke, nil},
		// A link shows one order and nothing else: each of these asks the link what it may show.
		{get, "/d/:code", open, s.linkShow, nil},
		{post, "/d/:code/questions", open, s.linkAsk, nil},
		{get, "/d/:code/deliveries/:delivery", open, s.linkDeliveryShow, nil},
		{post, "/d/:code/deliveries/:delivery", open, s.linkDecide, nil},
		{get, "/d/:code/deliveries/:delivery/note.pdf", open, s.linkNote, nil},
		{get, "/d/:code/photos/:photo", open, s.linkPhoto, nil},
		{get, "/chargebacks", office | contractor, s.chargebacks, nil},
		{get, "/orders/:order/chargebacks/new", office, s.chargebackNew, nil},
		{post, "/orders/:order/chargebacks", office, s.chargebackCreate, nil},
		{get, "/chargebacks/:chargeback", office | contractor, s.chargebackShow, nil},
		{post, "/chargebacks/:chargeback/withdraw", office, s.chargebackWithdraw, nil},
		{get, "/statements", office | contractor, s.statements, nil},
		{get, "/statements/new", office, s.statementNew, nil},
		{post, "/statements", office, s.statementMake, nil},
		{get, "/statements/:statement", office | contractor, s.statementShow, nil},
		{get, "/statements/:statement/statement.pdf", office | contractor, s.statementPDF, nil},
		{get, "/statements/:statement/export", office | contractor, s.statementExport, nil},
		{post, "/statements/:statement/confirm", office | contractor, s.statementConfirm, nil},
		{get, "/contractors/:contractor/account", office | contractor, s.accountShow, nil},
		{post, "/contractors/:contractor/payments", office, s.paymentReceive, nil},
		{get, "/orders/:order/tieout", office, s.tieOutOrder, nil},
		{get, "/tickets/:ticket/tieout", office, s.tieOutTicket, nil},
		{get, "/questions", office | contractor, s.questions, nil},
		{post, "/orders/:order/questions", contractor, s.questionAsk, nil},
		{post, "/questions/:question", office, s.questionAnswer, nil},

		{get, "/photos/:photo", signedIn, s.photoShow, nil},

		{get, "/products", office, s.products, nil},
		{get, "/products/new", office, s.productNew, nil},
		{post, "/products", office, s.productCreate, nil},
		{get, "/products/:product", office, s.productShow, nil},
		{get, "/products/:product/materials", office, s.productMaterialsShow, nil},
		{post, "/products/:product/materials", office, s.productNeedSet, nil},
		{get, "/products/:product/edit", office, s.productEdit, nil},
		{post, "/products/:product", office, s.productSave, nil},
		{post, "/products/:product/operations", office, s.operationCreate, nil},
		{get, "/operations/:operation", office, s.operationEdit, nil},
		{post, "/operations/:operation", office, s.operationSave, nil},

		{get, "/workers", office, s.workers, nil},
		{get, "/workers/new", office, s.workerNew, nil},
		{post, "/workers", office, s.workerCreate, nil},
		{post, "/workers/badges.pdf", office, s.badgesPrint, nil},
		{get, "/workers/:worker", office, s.workerShow, nil},
		{post, "/workers/:worker/badge", office, s.badgeReplace, nil},
		{get, "/workers/:worker/signin", office, s.workerSignIn, nil},
		{post, "/workers/:worker/pin", office, s.workerPIN, nil},
		{get, "/workers/:worker/edit", office, s.workerEdit, nil},
		{post, "/workers/:worker", office, s.workerSave, nil},
		{get, "/workers/:worker/tax", office, s.workerTax, nil},
		{post, "/workers/:worker/tax", books, s.workerTaxSet, nil},
		{get, "/workers/:worker/personal", books, s.personal, nil},
		{post, "/workers/:worker/personal", books, s.personalSave, nil},
		{post, "/workers/:worker/personal/show", books, s.personalReveal, nil},
		{post, "/workers/:worker/personal/export", books, s.personalExport, nil},
		{post, "/workers/:worker/personal/erase", admin, s.personalErase, nil},
		{get, "/me/personal", worker, s.myPersonal, nil},
		{post, "/me/personal/export", worker, s.myPersonalExport, nil},
		{get, "/workers/:worker/grades", office, s.workerGrades, nil},
		{post, "/workers/:worker/grades", books, s.workerGradeSet, nil},
		{get, "/workshops", books, s.workshopsList, nil},
		{get, "/workshops/new", books, s.workshopNew, nil},
		{post, "/workshops", books, s.workshopCreate, nil},
		{get, "/workshops/:workshop", books, s.workshopEdit, nil},
		{post, "/workshops/:workshop", books, s.workshopSave, nil},

		{get, "/tax-tables", books, s.taxTables, nil},
		{get, "/tax-tables/new", books, s.taxTableNew, nil},
		{post, "/tax-tables", books, s.taxTableCreate, nil},
		{post, "/tax-tables/:taxtable/remove", books, s.taxTableRemove, nil},
		{get, "/bank-layouts", books, s.bankLayouts, nil},
		{get, "/bank-layouts/new", books, s.bankLayoutNew, nil},
		{post, "/bank-layouts", books, s.bankLayoutCreate, nil},
		{get, "/bank-layouts/:banklayout", books, s.bankLayoutEdit, nil},
		{post, "/bank-layouts/:banklayout", books, s.bankLayoutSave, nil},
		{post, "/bank-layouts/:banklayout/remove", books, s.bankLayoutRemove, nil},
		{get, "/minimum-wages", books, s.minimumWages, nil},
		{post, "/minimum-wages", books, s.minimumWageCreate, nil},
		{post, "/minimum-wages/:minimumwage/remove", books, s.minimumWageRemove, nil},

		{get, "/rates", office, s.rates, nil},
		{get, "/rates/new", office, s.rateNew, nil},
		{post, "/rates", office, s.rateCreate, nil},
		{get, "/rates/helper", office, s.rateHelper, nil},
		{post, "/rates/samples", office, s.rateSampleCreate, nil},
		{post, "/rates/samples/books", office, s.rateSamplesTake, nil},
		{post, "/rates/samples/:sample/withdraw", office, s.rateSampleWithdraw, nil},
		{get, "/rates/:rate", office, s.rateShow, nil},
		{get, "/rates/:rate/arrears", office, s.arrearsShow, nil},
		{post, "/rates/:rate/arrears", books, s.arrearsAgree, nil},
		{post, "/rates/:rate/withdraw", office, s.rateWithdraw, nil},

		{get, "/sessions", office, s.sessionsList, nil},
		{get, "/sessions/new", office, s.sessionNew, nil},
		{post, "/sessions", office, s.sessionCreate, nil},
		{post, "/sessions/close-past", office, s.sessionsClosePast, nil},
		{get, "/sessions/:session", office, s.sessionShow, nil},
		{post, "/sessions/:session", office, s.sessionRecord, nil},
		{get, "/sessions/:session/team", office, s.sessionTeam, nil},
		{post, "/sessions/:session/team", office, s.sessionTeamRecord, nil},
		{get, "/sessions/:session/weigh", office, s.sessionWeigh, nil},
		{post, "/sessions/:session/weigh", office, s.sessionWeighRecord, nil},
		{post, "/sessions/:session/commands.pdf", office, s.commandsPrint, nil},
		{post, "/sessions/:session/in", office, s.sessionIn, nil},
		{post, "/sessions/:session/out", office, s.sessionOut, nil},
		{post, "/sessions/:session/mark", office, s.sessionMark, nil},
		{post, "/sessions/:session/close", office, s.sessionClose, nil},
		{post, "/sessions/:session/reopen", office, s.sessionReopen, nil},
		{get, "/sessions/:session/closing", office, s.closingShow, nil},
		{get, "/sessions/:session/closing/:worker", office, s.closingWorker, nil},
		{post, "/sessions/:session/closing/:worker", office, s.closingSay, nil},
		{get, "/sessions/:session/board", office, s.wallShow, nil},
		{get, eventsPath, office, s.wallEvents, nil},

		{get, "/scan", bench, s.scan, nil},
		{get, "/scan/data", bench, s.scanData, nil},
		{get, scanImportPath, bench, s.scanImportShow, nil},
		{post, scanImportPath, bench, s.scanImportRead, nil},
		{post, "/scan/photo", bench, s.scanPhoto, nil},
		{get, "/takehomes", office, s.takeHomes, nil},
		{get, "/takehomes/new", office, s.takeHomeNew, nil},
		{post, "/takehomes", office, s.takeHomeCreate, nil},
		{get, "/takehomes/export", office, s.takeHomesExport, nil},
		{get, "/takehomes/:takehome", office, s.takeHomeShow, nil},
		{post, "/takehomes/:takehome/slip.pdf", office, s.takeHomePrint, nil},
		{post, "/takehomes/:takehome/in", office, s.takeHomeIn, nil},
		{post, "/takehomes/:takehome/close", office, s.takeHomeClose, nil},
		{post, "/takehomes/:takehome/cancel", office, s.takeHomeCancel, nil},
		{post, "/takehomes/:takehome/reopen", office, s.takeHomeReopen, nil},

		{get, "/tallies", office, s.tallies, nil},
		{get, "/tallies/:tally", office, s.tallyShow, nil},
		{post, "/tallies/:tally/strike", office, s.tallyStrike, nil},
		{post, "/tallies/:tally/undo", office, s.tallyUndo, nil},

		{get, "/review", office, s.review, nil},
		{post, "/review/right", office, s.reviewRight, nil},
		{post, "/review/tallies/:tally/strike", office, s.reviewStrike, nil},
		{get, "/review/held/:held", office, s.heldShow, nil},
		{post, "/review/held/:held/accept", office, s.heldAccept, nil},
		{post, "/review/held/:held/dismiss", office, s.heldDismiss, nil},

		{get, "/adjustments", office, s.adjustments, nil},
		{get, "/adjustments/new", office, s.adjustmentNew, nil},
		{post, "/adjustments", office, s.adjustmentCreate, nil},
		{post, "/adjustments/:adjustment/withdraw", office, s.adjustmentWithdraw, nil},
		{post, "/adjustments/:adjustment/approve", office, s.adjustmentApprove, nil},
		{post, "/adjustments/:adjustment/postpone", office, s.adjustmentPostpone, nil},

		{get, "/runs", office, s.runs, nil},
		{get, "/runs/new", office, s.runNew, nil},
		{post, "/runs", office, s.runCreate, nil},
		{get, "/runs/computing/:code", office, s.runComputing, nil},
		{get, "/runs/:run", office, s.runShow, nil},
		{post, "/runs/:run/recompute", office, s.runRecompute, nil},
		{post, "/runs/:run/discard", office, s.runDiscard, nil},
		{post, "/runs/:run/approve", books, s.runApprove, nil},
		{post, "/runs/:run/paid", books, s.runPaid, nil},
		{get, "/runs/:run/ledger", office, s.ledgerShow, nil},
		{get, "/runs/:run/ledger/download", office, s.ledgerDownload, nil},
		{post, "/runs/:run/ledger", books, s.ledgerWhole, nil},
		{get, "/runs/:run/bank", books, s.bankShow, nil},
		{post, "/runs/:run/bank", books, s.bankDownload, nil},
		{post, "/runs/:run/bank/paid", books, s.bankPaid, nil},
		{get, "/runs/:run/slips.pdf", office, s.runSlips, nil},
		{get, "/runs/:run/export", office, s.runExport, nil},

		{get, "/slips/:slip", office | worker, s.slipShow, nil},
		{get, "/slips/:slip/slip.pdf", office | worker, s.slipPDF, nil},
		{post, "/slips/:slip/reissue", office, s.slipReissue, nil},
		{post, "/slips/:slip/paid", books, s.slipPaid, nil},
		{post, "/slips/:slip/confirm", worker, s.slipConfirm, nil},
		{post, "/slips/:slip/dispute", worker, s.slipDispute, nil},
		{post, "/disputes/:dispute/answer", office, s.disputeAnswer, nil},
		{get, "/me", worker, s.me, nil},
	}
}

// freeParams are path parameters that are not the id of a thing.
var freeParams = map[string]bool{"provider": true, "code": true, "*": true}

// Routes is every line of the table as method and path, such as "GET /orders/:order".
func (s *Server) Routes() []string { return slices.Sorted(maps.Keys(s.table)) }

// register puts the table into the router and makes sure that nothing else is in it.
func (s *Server) register() error {
	s.table = map[string]route{}
	for _, r := range s.routes() {
		key := r.method + " " + r.path
		if _, twice := s.table[key]; twice || r.may == 0 || (r.handler == nil) == (r.api == nil) {
			return fmt.Errorf("route %s: needs one permission, one handler and one line", key)
		}
		for _, part := range strings.FieldsFunc(r.path, func(c rune) bool { return c == '/' }) {
			if name, ok := strings.CutPrefix(part, ":"); ok && !account.Kinds(name) && !freeParams[name] {
				return fmt.Errorf("route %s: %q is neither a kind of thing nor in freeParams", key, name)
			}
		}
		s.table[key] = r
		if r.handler != nil {
			s.echo.Add(r.method, r.path, r.handler)
		}
	}
	if err := s.registerAPI(); err != nil {
		return err
	}
	for _, r := range s.echo.Routes() {
		if _, ok := s.table[r.Method+" "+r.Path]; !ok {
			return fmt.Errorf("route %s %s is not in the table", r.Method, r.Path)
		}
	}
	return nil
}
