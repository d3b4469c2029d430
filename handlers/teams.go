package handlers

import (
	"context"

	"jijian/piecework"
)

// apiMember is one member of a team.
type apiMember struct {
	Worker      string `json:"worker" doc:"code"`
	Name        string `json:"name,omitempty" doc:"not read"`
	ShareWeight string `json:"share_weight,omitempty" doc:"her part in the team's pay relative to the others'; if absent, the one in her file" example:"1.5"`
}

type teamInput struct {
	Body struct {
		Workshop string      `json:"workshop,omitempty" doc:"code; not needed by those who see one workshop only"`
		Members  []apiMember `json:"members" minItems:"2" maxItems:"100"`
	}
}

type teamOutput struct {
	Body struct {
		Code    string      `json:"code" doc:"to be sent as the worker of a tally" example:"TEAM-4ZQ0M1K8XE"`
		Name    string      `json:"name"`
		Members []apiMember `json:"members" doc:"by code"`
	}
}

// apiTeam finds or makes the team of the members named and answers its code.
func (s *Server) apiTeam(ctx context.Context, in *teamInput) (*teamOutput, error) {
	workshopID, err := s.workshopNamed(ctx, in.Body.Workshop)
	if err != nil {
		return nil, err
	}
	v := &piecework.Invalid{}
	codes, weights := make([]string, len(in.Body.Members)), make([]int64, len(in.Body.Members))
	for i, m := range in.Body.Members {
		v.AddMsg("members", piecework.CheckCode(m.Worker))
		codes[i] = m.Worker
		if m.ShareWeight != "" {
			weight, msg := piecework.ParseShare(m.ShareWeight)
			v.AddMsg("members", msg)
			weights[i] = weight
		}
	}
	if err := v.Err(); err != nil {
		return nil, err
	}
	members, err := piecework.MembersByCode(ctx, s.DB, workshopID, codes)
	if err != nil {
		return nil, err
	}
	for i, weight := range weights {
		if weight != 0 {
			members[i].ShareWeight = weight
		}
	}
	team, err := piecework.TeamOf(ctx, s.DB, workshopID, members)
	if err != nil {
		return nil, err
	}
	all, err := piecework.TeamMembers(ctx, s.DB, team.ID)
	if err != nil {
		return nil, err
	}
	out := new(teamOutput)
	out.Body.Code, out.Body.Name = team.Code, team.Name
	for _, m := range all[team.ID] {
		out.Body.Members = append(out.Body.Members, apiMember{m.Worker.Code, m.Worker.Name, m.Share()})
	}
	return out, nil
}

// workshopNamed is the workshop a call is about: the only one the person sees, or the one named.
func (s *Server) workshopNamed(ctx context.Context, code string) (int64, error) {
	v := visitIn(ctx)
	own := v.who.WorkshopID
	if code == "" {
		if own == 0 {
			return 0, piecework.InvalidField("workshop", "is required")
		}
		return own, nil
	}
	w, err := piecework.WorkshopByCode(ctx, s.DB, printable(code))
	if err != nil {
		return 0, err
	}
	if own != 0 && w.ID != own && !v.belongs(w.ID) {
		return 0, piecework.NotFound("There is no workshop %q.", code)
	}
	return w.ID, nil
}
