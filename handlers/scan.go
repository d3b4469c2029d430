package handlers

import (
	"strings"

	"github.com/labstack/echo/v4"
)

// scanPolicy lets the scan page run WebAssembly, which reads the camera's pictures.
var scanPolicy = strings.Replace(policy, "default-src 'self';", "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; media-src 'self' blob:;", 1)

// scan shows the page at the bench. It is the same for all sessions and people, so that a device can keep it: what it shows comes
// from /scan/data, and the script reads the address.
func (s *Server) scan(c echo.Context) error {
	c.Response().Header().Set("Content-Security-Policy", scanPolicy)
	return s.page(c, "scan/show", nil)
}
