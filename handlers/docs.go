package handlers

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"
)

// docsPage is the description of the interface for people, made from the OpenAPI document.
type docsPage struct {
	Version, About string
	Operations     []docsOperation
}

type docsOperation struct {
	ID, Method, Path, Summary, About string
	Params, Body, Answer             []docsField
	Example                          string // of the body
}

// docsField is one parameter or field; Name is its way from the top, such as results[].status.
type docsField struct {
	Name, Type, Doc string
	Required        bool
}

func docsOf(doc *huma.OpenAPI) docsPage {
	page := docsPage{Version: doc.Info.Version, About: doc.Info.Description}
	for path, item := range doc.Paths {
		for _, op := range []*huma.Operation{item.Get, item.Post} {
			if op == nil {
				continue
			}
			d := docsOperation{ID: op.OperationID, Method: op.Method, Path: path, Summary: op.Summary, About: op.Description}
			for _, p := range op.Parameters {
				d.Params = append(d.Params, docsField{p.Name, typeName(p.Schema), p.Description, p.Required})
			}
			registry := doc.Components.Schemas
			if op.RequestBody != nil {
				d.Body = docsFields(registry, op.RequestBody.Content["application/json"].Schema, "")
				d.Example = tallyExample
			}
			d.Answer = docsFields(registry, op.Responses["200"].Content["application/json"].Schema, "")
			page.Operations = append(page.Operations, d)
		}
	}
	slices.SortFunc(page.Operations, func(a, b docsOperation) int {
		return cmp.Or(-cmp.Compare(a.Method, b.Method), cmp.Compare(a.Path, b.Path)) // what changes something comes first
	})
	return page
}

const tallyExample = `{"tallies": [{
  "uid": "019a2b3c-7d4e-7f00-8a1b-2c3d4e5f6071",
  "session": "S-1031-A", "worker": "A01",
  "order": "PO-1031", "operation": "glue",
  "good": 120, "scrap_material": 3,
  "recorded_at": "2026-10-31T09:30:00+08:00"
}]}`

// docsFields lists the fields of an object in its own order, those inside lists after their list.
func docsFields(registry huma.Registry, schema *huma.Schema, prefix string) []docsField {
	schema = resolved(registry, schema)
	var fields []docsField
	for _, name := range inOrder(schema) {
		field := schema.Properties[name]
		fields = append(fields, docsField{prefix + name, typeName(resolved(registry, field)), field.Description, slices.Contains(schema.Required, name)})
		if field.Items != nil {
			fields = append(fields, docsFields(registry, field.Items, prefix+name+"[].")...)
		}
	}
	return fields
}

// inOrder is the names of the fields of an object: those required as they are declared, then the others.
func inOrder(schema *huma.Schema) []string {
	var names []string
	for name := range schema.Properties {
		names = append(names, name)
	}
	slices.Sort(names)
	required := func(name string) int {
		if i := slices.Index(schema.Required, name); i >= 0 {
			return i
		}
		return len(schema.Required)
	}
	slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(required(a), required(b)) })
	return names
}

func resolved(registry huma.Registry, schema *huma.Schema) *huma.Schema {
	if schema.Ref != "" {
		return registry.SchemaFromRef(schema.Ref)
	}
	return schema
}

func typeName(schema *huma.Schema) string {
	name := schema.Type
	switch {
	case len(schema.Enum) > 0:
		var values []string
		for _, v := range schema.Enum {
			text, _ := json.Marshal(v)
			values = append(values, string(text))
		}
		name = strings.Join(values, " | ")
	case name == "array":
		name = "list"
	case schema.Format == "date" || schema.Format == "date-time":
		name = schema.Format
	}
	return name
}

// docsShow shows the description to people.
func (s *Server) docsShow(c echo.Context) error { return s.page(c, "api/docs", s.docs) }
