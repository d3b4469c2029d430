package handlers

import (
	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"
)

// operation is one call of the JSON interface.
type operation struct {
	register func(huma.API)
}

type docsPage struct{}

// registerAPI puts the operations of the table into the router and describes them.
func (s *Server) registerAPI() error {
	config := huma.Config{OpenAPI: &huma.OpenAPI{OpenAPI: "3.1.0", Info: &huma.Info{Title: "Jijian", Version: s.Version},
		Components: &huma.Components{Schemas: huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer)}},
		Formats: huma.DefaultFormats, DefaultFormat: "application/json"}
	api := humaecho.New(s.echo, config)
	for _, r := range s.routes() {
		if r.api != nil {
			r.api.register(api)
		}
	}
	return nil
}
