package handlers

import (
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"
	"golang.org/x/time/rate"
)

// paces are how often an account, and a network nobody of which is signed in, may ask.
type paces struct{ people, strangers middleware.RateLimiterStore }

// newPace lets each key ask so often a second, and in a burst; who has not asked for some minutes is forgotten.
func newPace(perSecond rate.Limit, burst int) middleware.RateLimiterStore {
	return middleware.NewRateLimiterMemoryStoreWithConfig(middleware.RateLimiterMemoryStoreConfig{Rate: perSecond, Burst: burst, ExpiresIn: 3 * time.Minute})
}

// pace refuses who asks more often than a person or an honest program does: by account, or by network where nobody is signed in. Files that
// everybody may have cost nothing, and tallies from programs are let in as fast as they can be stored, which holds them back by itself.
func (s *Server) pace(c echo.Context, v *visit) error {
	store, key := s.strangers, network(c.RealIP())
	if v.signedIn() {
		if v.csrf == nil && c.Path() == tallyPath {
			return nil
		}
		store, key = s.people, strconv.FormatInt(v.who.UserID, 10)+" "+v.who.Name
	}
	allowed, err := store.Allow(key)
	if err != nil || allowed {
		return err
	}
	c.Response().Header().Set("Retry-After", "1")
	return echo.NewHTTPError(http.StatusTooManyRequests)
}
