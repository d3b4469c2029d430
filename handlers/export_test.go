package handlers

import "jijian/piecework/account"

// Line is a line of the table as tests see it.
type Line struct {
	Method, Path string
	Open         bool // anybody may
	API          bool
	Roles        map[account.Role]bool
}

// Table is every line of the table.
func (s *Server) Table() []Line {
	var lines []Line
	for _, r := range s.routes() {
		l := Line{r.method, r.path, r.may&(open|plain) != 0, r.api != nil, map[account.Role]bool{}}
		for role, bit := range mayOf {
			l.Roles[role] = r.may&bit != 0
		}
		lines = append(lines, l)
	}
	return lines
}

// RegisterLine registers a line beside those of the table, as a careless change would.
func (s *Server) RegisterLine(method, path string) error {
	s.echo.Add(method, path, s.health)
	return s.register()
}

// Listen listens to a session without a connection.
func (s *Server) Listen(sessionID int64) (leave func(), ok bool) {
	_, leave, ok = s.watches.listen(sessionID, "")
	return leave, ok
}

// Hold shows computations with their progress at once, and leaves it to begin when they run.
func (s *Server) Hold(begin func(func())) { s.patience, s.begin = 0, begin }

// MaxListeners bounds how many listen at once.
const MaxListeners = maxListeners

// SetPace makes the limits on how often somebody may ask so narrow that a test reaches them whatever the machine's speed.
func (s *Server) SetPace(people, strangers int) {
	s.people, s.strangers = newPace(0, people), newPace(0, strangers)
}
